//! `portcullis key`: the life of an API key.
//!
//! A key is shown once, when it is made. A running gateway knows of it, and of whatever is
//! changed about it, within a second.

mod adopt;
mod change;
mod create;
mod generate;
mod import;
mod list;
mod rotate;
mod terms;

pub(crate) use create::network;

use std::process::ExitCode;

use clap::Subcommand;
use portcullis_admin::keys::Change;
use portcullis_identity::KeyId;

use crate::place::PlaceArgs;

#[derive(clap::Args)]
pub(crate) struct KeyArgs {
    #[command(subcommand)]
    command: KeyCommand,

    #[command(flatten)]
    place: PlaceArgs,

    /// Print JSON
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Subcommand)]
enum KeyCommand {
    /// Make a key and show it, once
    Create(create::CreateArgs),
    /// Make a key for a client that has a key or password of the ERP, which is tried there once
    Adopt(adopt::AdoptArgs),
    /// Print a key that opens nothing until the configuration declares it (`[[key]]`)
    Generate,
    /// Take over the keys of OCA's auth_api_key, with the secrets that their clients have
    Import(import::ImportArgs),
    /// List the keys, and when each was used last
    List {
        /// Also those that were revoked or have expired
        #[arg(long)]
        all: bool,
    },
    /// Show all that is known of a key
    Show {
        /// Its id, as `key list` shows it
        id: KeyId,
    },
    /// Make the key that takes over from another, which goes on for a while
    Rotate(rotate::RotateArgs),
    /// Refuse a key until it is resumed
    Suspend {
        /// Its id
        id: KeyId,
    },
    /// Take a key again that was suspended
    Resume {
        /// Its id
        id: KeyId,
    },
    /// Set as whom a key's calls run while its ERP user is archived, or that nobody stands in
    StandIn(change::StandInArgs),
    /// Revoke a key: it opens nothing any more, within a second, in every gateway
    Revoke {
        /// Its id
        id: KeyId,
    },
}

pub(crate) async fn run(args: KeyArgs) -> anyhow::Result<ExitCode> {
    let json = args.json;
    if matches!(args.command, KeyCommand::Generate) {
        return generate::run(json);
    }
    let place = args.place.find()?;
    match args.command {
        KeyCommand::Create(create) => create::create(&place, create, json).await,
        KeyCommand::Adopt(adopt) => adopt::run(&place, adopt, json).await,
        KeyCommand::Generate => generate::run(json),
        KeyCommand::Import(import) => import::run(&place, import, json).await,
        KeyCommand::List { all } => list::run(&place, all, json).await,
        KeyCommand::Show { id } => list::one(&place, id, json).await,
        KeyCommand::Rotate(rotate) => rotate::run(&place, rotate, json).await,
        KeyCommand::Suspend { id } => change::run(&place, id, Change::Suspend, json).await,
        KeyCommand::Resume { id } => change::run(&place, id, Change::Resume, json).await,
        KeyCommand::StandIn(args) => change::stand_in(&place, args, json).await,
        KeyCommand::Revoke { id } => change::run(&place, id, Change::Revoke, json).await,
    }
}
