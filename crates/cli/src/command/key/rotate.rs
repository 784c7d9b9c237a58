//! `portcullis key rotate`: a new key with everything that the old one had, which goes on for
//! a while, so that its holder can change over.

use std::path::PathBuf;
use std::process::ExitCode;

use portcullis_gateway::clock;
use portcullis_identity::KeyId;
use portcullis_storage::{KeyRow, KeyState, Signing, Store as _};
use portcullis_store::entropy;

use super::create;
use super::signing;
use super::when::after;
use crate::place::Place;
use crate::show;

#[derive(clap::Args)]
pub(super) struct RotateArgs {
    /// The id of the old key
    id: KeyId,

    /// For how long the old key goes on: days (7d) or hours (12h)
    #[arg(long, default_value = "7d", value_name = "TIME")]
    overlap: String,

    /// The new public key in PEM, of a key that signs with Ed25519
    #[arg(long, value_name = "FILE")]
    public_key: Option<PathBuf>,

    /// When the new key ends; as for `key create`
    #[arg(long, value_name = "WHEN")]
    expires: Option<String>,
}

pub(super) async fn run(place: &Place, args: RotateArgs, json: bool) -> anyhow::Result<ExitCode> {
    let now = clock::now();
    let until = after(&args.overlap, now)?;
    let expires = create::ends(place, args.expires.as_deref(), now)?;
    let house = place.house().await?;
    let id = args.id;
    let Some(old) = house.store.keys().find(&id).await? else {
        show::aside(&format!("there is no key {id}"))?;
        return Ok(ExitCode::from(1));
    };
    anyhow::ensure!(
        old.certificate.is_none(),
        "{id} is a client certificate: renew it at its authority; a new key pair is a new key"
    );
    anyhow::ensure!(
        old.state(now) != KeyState::Revoked,
        "{id} is revoked: make a new key with `portcullis key create`"
    );
    let key = entropy::new_key()?;
    let scheme = old.signing.as_ref().map(Signing::scheme);
    anyhow::ensure!(
        scheme.is_some() || args.public_key.is_none(),
        "--public-key: {id} does not sign"
    );
    let made = scheme
        .map(|scheme| signing::make(scheme, args.public_key.as_ref(), &key.id(), &house.vault))
        .transpose()?;
    let new = KeyRow {
        id: key.id(),
        digest: key.digest(&house.vault.pepper()),
        signing: made.as_ref().map(|made| made.kept.clone()),
        created: now,
        expires,
        suspended: None,
        exposed: None,
        successor: None,
        ..old.clone()
    };
    if !house.store.keys().succeed(&id, until, &new).await? {
        let found = house.store.keys().find(&id).await?;
        let successor = found.and_then(|old| old.successor);
        let successor = successor.map_or_else(String::new, |id| format!(" by {id}"));
        show::aside(&format!("{id} was taken over already{successor}"))?;
        return Ok(ExitCode::from(1));
    }
    let secret = made.and_then(|made| made.secret);
    create::tell(&key, secret.as_ref(), &new, now, json)?;
    if !json {
        let ends = house.store.keys().find(&id).await?;
        let ends = ends.and_then(|old| old.expires).unwrap_or(until);
        show::line(&format!("{id} goes on until {}", show::second(ends)))?;
    }
    Ok(ExitCode::SUCCESS)
}
