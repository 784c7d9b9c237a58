//! `portcullis key rotate`: a new key with everything that the old one had, which goes on for
//! a while, so that its holder can change over.

use std::path::PathBuf;
use std::process::ExitCode;

use portcullis_admin::approvals::{Judge, touched};
use portcullis_admin::chance;
use portcullis_admin::keys::{self, Rotation};
use portcullis_admin::may::Leave;
use portcullis_gateway::clock;
use portcullis_identity::KeyId;

use super::create::{public_key, tell};
use crate::command::{recorded, refused};
use crate::operator;
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
    let at = place.installation().await?;
    let id = args.id;
    let rotation = Rotation {
        overlap: args.overlap,
        public_key: args.public_key.as_deref().map(public_key).transpose()?,
        expires: args.expires,
    };
    let key = chance::api_key()?;
    let work = async {
        let judge = Judge::Operator(&operator::name());
        touched(&at, &judge, &key.id(), Some(&id)).await?;
        keys::rotate(&at, &Leave::All, (id, key), rotation, now).await
    };
    let rotated = match recorded(&at, ("key", "rotate"), id.as_str(), work).await {
        Ok(rotated) => rotated,
        Err(refusal) => return refused(refusal),
    };
    if json {
        show::json(&rotated.told(now))?;
    } else {
        tell(&rotated.made)?;
        let ends = show::second(rotated.old_ends);
        show::line(&format!("{id} goes on until {ends}"))?;
    }
    Ok(ExitCode::SUCCESS)
}
