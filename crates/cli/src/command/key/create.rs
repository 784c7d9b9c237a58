//! `portcullis key create`: a key is made, kept as a hash, and shown this once.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use ipnet::IpNet;
use portcullis_admin::approvals::{Judge, touched};
use portcullis_admin::chance;
use portcullis_admin::keys::{self, Made, Wanted};
use portcullis_admin::may::Leave;
use portcullis_gateway::{clock, tls};
use portcullis_identity::signing::{PublicKey, Scheme};
use portcullis_identity::{
    CertificateDigest, ErpLogin, Networks, PrincipalName, Style, Timestamp, UpstreamName,
};

use super::terms::TermArgs;
use crate::command::recorded;
use crate::operator;
use crate::place::Place;
use crate::show;

#[derive(clap::Args)]
pub(super) struct CreateArgs {
    /// Who will hold it, such as `web-shop`
    name: PrincipalName,

    /// The ERP that it opens; may be left out if there is only one
    #[arg(long)]
    pub(super) upstream: Option<UpstreamName>,

    /// The ERP user as whom its calls run
    #[arg(long, value_name = "LOGIN")]
    pub(super) user: ErpLogin,

    /// The ERP user as whom they run while that one is archived in the ERP; if it is left out,
    /// they are refused then
    #[arg(long, value_name = "LOGIN")]
    stand_in: Option<ErpLogin>,

    #[command(flatten)]
    terms: TermArgs,

    /// The way in which it may be shown: header, bearer, apikey, token, basic, password, query,
    /// certificate, signature, legacy-signature; may be given several times
    #[arg(long = "style", value_name = "STYLE")]
    styles: Vec<Style>,

    /// The client certificate that is shown in its place, in PEM
    #[arg(long, value_name = "FILE")]
    certificate: Option<PathBuf>,

    /// It signs its requests: hmac or ed25519 (RFC 9421), or one of the older schemes
    /// legacy-sorted-json, legacy-timestamp, legacy-request-time
    #[arg(long, value_name = "SCHEME", conflicts_with = "certificate")]
    signed: Option<Scheme>,

    /// The public half of the key pair that it signs with, in PEM; for `--signed ed25519`
    #[arg(long, value_name = "FILE", requires = "signed")]
    public_key: Option<PathBuf>,

    /// Each of its requests must be signed, over all that RFC 9421 signs here
    #[arg(long, requires = "signed")]
    must_sign: bool,

    /// Although the ERP user, or the one that stands in, is an administrator of the ERP
    #[arg(long)]
    administrator: bool,
}

pub(super) async fn create(
    place: &Place,
    args: CreateArgs,
    json: bool,
) -> anyhow::Result<ExitCode> {
    let at = place.installation().await?;
    let now = clock::now();
    let key = chance::api_key()?;
    let id = key.id();
    let wanted = args.wanted()?;
    let work = async {
        touched(&at, &Judge::Operator(&operator::name()), &id, None).await?;
        keys::create(&at, &Leave::All, key, wanted, now).await
    };
    let made = recorded(&at, ("key", "create"), id.as_str(), work).await?;
    if json {
        show::json(&made.told(now))?;
    } else {
        tell(&made)?;
    }
    Ok(ExitCode::SUCCESS)
}

impl CreateArgs {
    /// What is wanted, with what lies in files.
    pub(super) fn wanted(self) -> anyhow::Result<Wanted> {
        let limit = self.terms.limit();
        Ok(Wanted {
            name: self.name,
            upstream: self.upstream,
            user: self.user,
            stand_in: self.stand_in,
            roles: self.terms.roles,
            owner: self.terms.owner,
            purpose: self.terms.purpose,
            expires: self.terms.expires,
            networks: Networks(self.terms.networks),
            styles: self.styles,
            certificate: self.certificate.map(certificate).transpose()?,
            signed: self.signed,
            public_key: self.public_key.as_deref().map(public_key).transpose()?,
            must_sign: self.must_sign,
            administrator: self.administrator,
            limit,
        })
    }
}

/// Shows a key that was made, and what it signs with.
pub(super) fn tell(made: &Made) -> anyhow::Result<()> {
    for aside in &made.asides {
        show::aside(aside)?;
    }
    let Made {
        key, secret, row, ..
    } = made;
    let shows_whole = made.shows_whole();
    let expires = row
        .expires
        .map_or("never".to_owned(), Timestamp::to_rfc3339);
    show::line(&format!(
        "{} may call {} as {}; ends: {expires}",
        row.name, row.upstream, row.erp_login
    ))?;
    show::line("")?;
    if let Some(certificate) = &row.certificate {
        return show::line(&format!(
            "{} is whoever shows the client certificate of public key {certificate}.",
            row.id
        ));
    }
    if row.signing.is_some() {
        show::line(&format!("  key id          {}", row.id))?;
    }
    if let Some(secret) = secret {
        secret.expose(|text| show::line(&format!("  signing secret  {text}")))?;
    }
    if shows_whole {
        key.expose_whole(|whole| show::line(&format!("  key             {whole}")))?;
        key.expose_pair(|key, secret| show::line(&format!("  KEY:SECRET      {key}:{secret}")))?;
    }
    show::line("")?;
    if secret.is_some() {
        show::line("The signing secret is shown this once. It signs, and is never sent.")?;
    }
    if shows_whole {
        show::line(
            "The key is shown this once: only a hash of it is kept. KEY:SECRET is the same key, for clients that want a pair.",
        )?;
    }
    if let Some(signing) = &row.signing {
        let scheme = signing.scheme();
        show::line(&format!(
            "How a request is signed by {scheme}: docs/signing.md."
        ))?;
        if let Some(open) = scheme.unsigned() {
            show::line(&format!("{scheme} is for clients that have it: {open}."))?;
        }
    }
    Ok(())
}

/// The Ed25519 public key of a file.
pub(super) fn public_key(file: &Path) -> anyhow::Result<PublicKey> {
    let pem = std::fs::read(file).with_context(|| format!("{} cannot be read", file.display()))?;
    tls::public_key_of_pem(&pem)
        .with_context(|| format!("{} has no Ed25519 public key in PEM", file.display()))
}

fn certificate(file: PathBuf) -> anyhow::Result<CertificateDigest> {
    let pem = std::fs::read(&file).with_context(|| format!("{} cannot be read", file.display()))?;
    tls::digest_of_pem(&pem)
        .with_context(|| format!("{} has no certificate in PEM", file.display()))
}

/// An address by itself is a network.
pub(crate) fn network(text: &str) -> Result<IpNet, String> {
    portcullis_identity::network(text)
        .ok_or_else(|| "this is not an address or a network such as 192.0.2.0/24".to_owned())
}
