//! `portcullis key adopt`: a client that has a key or password of the ERP gets a gateway key
//! for it. What it had is tried at the ERP once, and not kept.

use std::path::PathBuf;
use std::process::ExitCode;

use portcullis_admin::approvals::{Judge, touched};
use portcullis_admin::chance;
use portcullis_admin::keys::{self, Native};
use portcullis_admin::may::Leave;
use portcullis_gateway::clock;

use super::create::{CreateArgs, tell};
use crate::command::recorded;
use crate::command::user::read_secret;
use crate::operator;
use crate::place::Place;
use crate::show;

#[derive(clap::Args)]
pub(super) struct AdoptArgs {
    #[command(flatten)]
    create: CreateArgs,

    /// The file of the key or password that the client has (`KEY:SECRET` for Frappe); standard
    /// input if it is left out
    #[arg(long, value_name = "FILE")]
    secret_file: Option<PathBuf>,

    /// Revoke the ERP's key, where the ERP lets us (Odoo since 19)
    #[arg(long)]
    revoke: bool,
}

pub(super) async fn run(place: &Place, args: AdoptArgs, json: bool) -> anyhow::Result<ExitCode> {
    let secret = read_secret(args.secret_file.as_deref())?;
    let at = place.installation().await?;
    let now = clock::now();
    let wanted = (args.create.wanted()?, secret, args.revoke);
    let key = chance::api_key()?;
    let id = key.id();
    let work = async {
        touched(&at, &Judge::Operator(&operator::name()), &id, None).await?;
        keys::adopt(&at, &Leave::All, key, wanted, now).await
    };
    let adopted = recorded(&at, ("key", "adopt"), id.as_str(), work).await?;
    if json {
        show::json(&adopted.told(now))?;
    } else {
        tell(&adopted.made)?;
        show::aside(&adopted.native.said())?;
    }
    Ok(match adopted.native {
        Native::Lives(_) => ExitCode::from(1),
        Native::Own | Native::Kept | Native::Revoked => ExitCode::SUCCESS,
    })
}
