//! `portcullis key create`: a key is made, kept as a hash, and shown this once.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use ipnet::IpNet;
use portcullis_gateway::{clock, tls};
use portcullis_identity::signing::{Scheme, SigningSecret};
use portcullis_identity::{
    ApiKey, CertificateDigest, Conditions, ErpLogin, Networks, Principal, PrincipalName, RoleName,
    Style, Timestamp, UpstreamName,
};
use portcullis_storage::{KeyRow, RateLimit, Store as _};
use portcullis_store::entropy;

use super::describe::describe;
use super::signing;
use super::when::{DAY, moment};
use crate::errand::Errand;
use crate::house::House;
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

    /// What it may do; may be given several times
    #[arg(long = "role", required = true, value_name = "ROLE")]
    roles: Vec<RoleName>,

    /// Who answers for it
    #[arg(long, value_name = "TEXT", value_parser = note)]
    owner: Option<String>,

    /// What it is for
    #[arg(long, value_name = "TEXT", value_parser = note)]
    purpose: Option<String>,

    /// When it ends: a moment (2027-01-31T00:00:00Z), or days from now (90d); 90 days from now
    /// if nothing is said, or what the configuration says
    #[arg(long, value_name = "WHEN")]
    expires: Option<String>,

    /// The address or network that it is good from; may be given several times
    #[arg(long = "from", value_name = "NETWORK", value_parser = network)]
    networks: Vec<IpNet>,

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

    /// Although the ERP user is an administrator of the ERP
    #[arg(long)]
    administrator: bool,

    /// Calls a minute, where they differ from the configuration's
    #[arg(long, requires = "burst", value_parser = clap::value_parser!(u32).range(1..))]
    per_minute: Option<u32>,

    /// Calls at once
    #[arg(long, requires = "per_minute", value_parser = clap::value_parser!(u32).range(1..))]
    burst: Option<u32>,
}

pub(super) async fn create(
    place: &Place,
    args: CreateArgs,
    json: bool,
) -> anyhow::Result<ExitCode> {
    let now = clock::now();
    let expires = ends(place, args.expires.as_deref(), now)?;
    let upstream = place.upstream(args.upstream.as_ref())?;
    let certificate = args.certificate.map(certificate).transpose()?;
    let house = place.house().await?;
    place
        .check_user(&*house.store, &upstream, &args.user)
        .await?;
    place.check_roles(&*house.store, &args.roles).await?;
    if let Some(scheme) = args.signed
        && args.must_sign
    {
        anyhow::ensure!(
            !scheme.is_legacy(),
            "--must-sign: {scheme} leaves something unsigned; take hmac or ed25519"
        );
    }
    look_at_user(place, &house, &upstream, &args.user, args.administrator).await?;
    let key = entropy::new_key()?;
    let made = args
        .signed
        .map(|scheme| signing::make(scheme, args.public_key.as_ref(), &key.id(), &house.vault))
        .transpose()?;
    let holder = Principal::integration(args.name, key.id(), upstream, args.user, args.roles);
    let limit = args.per_minute.zip(args.burst);
    let row = KeyRow {
        owner: args.owner,
        purpose: args.purpose,
        conditions: Conditions {
            networks: Networks(args.networks),
            styles: match (certificate, args.signed) {
                // Its secret is shown to nobody, so that it opens nothing.
                (Some(_), _) => vec![Style::Certificate],
                (None, Some(scheme)) => signing::styles(scheme, args.styles),
                (None, None) => args.styles,
            },
            must_sign: args.must_sign,
        },
        certificate,
        signing: made.as_ref().map(|made| made.kept.clone()),
        expires,
        limit: limit.map(|(per_minute, burst)| RateLimit { per_minute, burst }),
        ..KeyRow::new(key.id(), key.digest(&house.vault.pepper()), &holder, now)
    };
    house.store.keys().insert(&row).await?;
    let secret = made.and_then(|made| made.secret);
    tell(&key, secret.as_ref(), &row, now, json)?;
    Ok(ExitCode::SUCCESS)
}

/// Refuses a user that the ERP says is an administrator, unless that is wanted: its key would
/// reach as far as the role's gaps. An ERP that does not tell hinders nobody.
async fn look_at_user(
    place: &Place,
    house: &House,
    upstream: &UpstreamName,
    login: &ErpLogin,
    is_wanted: bool,
) -> anyhow::Result<()> {
    if place.config.is_none() {
        return Ok(());
    }
    let errand = Errand::as_user(place, house, upstream, login).await?;
    let is = match errand.is_administrator(login).await {
        Ok(is) => is,
        Err(error) => {
            return show::aside(&format!(
                "whether `{login}` is an administrator of `{upstream}` is not known: {error}"
            ));
        }
    };
    let users = house.store.erp_users();
    users.note_standing(upstream, login, is).await?;
    anyhow::ensure!(
        is_wanted || !is,
        "`{login}` is an administrator of `{upstream}`: make a user there that may do what the client \
         needs, and no more; or say --administrator"
    );
    Ok(())
}

/// When a key ends: as it was said, or after as long as keys may last.
pub(super) fn ends(
    place: &Place,
    said: Option<&str>,
    now: Timestamp,
) -> anyhow::Result<Option<Timestamp>> {
    let longest = place.longest_days();
    let said = said.map(|text| moment(text, now)).transpose()?;
    let Some(longest) = longest else {
        return Ok(said);
    };
    let last = now.plus_millis(i64::from(longest.get()) * DAY);
    let ends = said.unwrap_or(last);
    anyhow::ensure!(
        ends <= last,
        "--expires: keys last {longest} days at the most here (`longest-days` of `[keys]`)"
    );
    Ok(Some(ends))
}

/// Shows a key that was made, and what it signs with.
pub(super) fn tell(
    key: &ApiKey,
    secret: Option<&SigningSecret>,
    row: &KeyRow,
    now: Timestamp,
    json: bool,
) -> anyhow::Result<()> {
    let styles = &row.conditions.styles;
    let shows_whole =
        row.certificate.is_none() && signing::shows_whole(row.signing.as_ref(), styles);
    if json {
        let mut shown = describe(row, None, now);
        if shows_whole {
            key.expose_whole(|whole| show::put(&mut shown, "key", whole));
            key.expose_pair(|key, secret| show::put(&mut shown, "pair", format!("{key}:{secret}")));
        }
        if let Some(secret) = secret {
            secret.expose(|text| show::put(&mut shown, "signing-secret", text));
        }
        return show::json(&shown);
    }
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

fn certificate(file: PathBuf) -> anyhow::Result<CertificateDigest> {
    let pem = std::fs::read(&file).with_context(|| format!("{} cannot be read", file.display()))?;
    tls::digest_of_pem(&pem)
        .with_context(|| format!("{} has no certificate in PEM", file.display()))
}

/// An address by itself is a network.
fn network(text: &str) -> Result<IpNet, String> {
    portcullis_identity::network(text)
        .ok_or_else(|| "this is not an address or a network such as 192.0.2.0/24".to_owned())
}

/// A text for people: one line, not endless.
fn note(text: &str) -> Result<String, String> {
    let fits = !text.is_empty() && text.len() <= 200 && !text.chars().any(char::is_control);
    fits.then(|| text.to_owned())
        .ok_or_else(|| "say it in one line of up to 200 bytes".to_owned())
}
