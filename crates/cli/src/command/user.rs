//! `portcullis user`: the ERP users as whom calls run, and their sealed credentials.

mod list;
mod rotate;

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Subcommand;
use portcullis_admin::{Refusal, users};
use portcullis_gateway::clock;
use portcullis_identity::{ErpLogin, Secret, UpstreamName};
use serde_json::json;

use crate::command::recorded;
use crate::place::{Place, PlaceArgs};
use crate::show;

#[derive(clap::Args)]
pub(crate) struct UserArgs {
    #[command(subcommand)]
    command: UserCommand,

    #[command(flatten)]
    place: PlaceArgs,

    /// Print JSON
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Subcommand)]
enum UserCommand {
    /// List the ERP users as whom calls can run, and how their credentials fare
    List,
    /// Keep the credential of an ERP user, sealed; replaces one that is there
    Add {
        /// The login name at the ERP
        login: ErpLogin,

        /// The ERP; may be left out if there is only one
        #[arg(long)]
        upstream: Option<UpstreamName>,

        /// Odoo's number of the user; found out if it is left out
        #[arg(long)]
        uid: Option<i64>,

        /// The file of its password or API key (`KEY:SECRET` for Frappe); standard input if it is left out
        #[arg(long, value_name = "FILE")]
        secret_file: Option<PathBuf>,
    },
    /// Have the ERP make a new key for a user whose credential is kept, and retire the old one
    Rotate {
        /// The login name at the ERP
        login: ErpLogin,

        /// The ERP; may be left out if there is only one
        #[arg(long)]
        upstream: Option<UpstreamName>,

        /// Who makes it, where users may not do it themselves: a System Manager of Frappe
        #[arg(long, value_name = "LOGIN")]
        with: Option<ErpLogin>,
    },
    /// Forget the credential of an ERP user
    Remove {
        /// The login name at the ERP
        login: ErpLogin,

        /// The ERP; may be left out if there is only one
        #[arg(long)]
        upstream: Option<UpstreamName>,
    },
}

pub(crate) async fn run(args: UserArgs) -> anyhow::Result<ExitCode> {
    let place = args.place.find()?;
    match args.command {
        UserCommand::List => list::run(&place, args.json).await,
        UserCommand::Rotate {
            login,
            upstream,
            with,
        } => {
            let upstream = place.upstream(upstream.as_ref())?;
            rotate::run(&place, &upstream, &login, with.as_ref(), args.json).await
        }
        UserCommand::Add {
            login,
            upstream,
            uid,
            secret_file,
        } => {
            let upstream = place.upstream(upstream.as_ref())?;
            add(
                &place,
                &upstream,
                &login,
                uid,
                secret_file.as_deref(),
                args.json,
            )
            .await
        }
        UserCommand::Remove { login, upstream } => {
            let upstream = place.upstream(upstream.as_ref())?;
            remove(&place, &upstream, &login, args.json).await
        }
    }
}

async fn add(
    place: &Place,
    upstream: &UpstreamName,
    login: &ErpLogin,
    uid: Option<i64>,
    file: Option<&Path>,
    json: bool,
) -> anyhow::Result<ExitCode> {
    let secret = read_secret(file)?;
    let at = place.installation().await?;
    let work = users::put(&at, (upstream, login), uid, &secret, clock::now());
    let on = format!("{upstream}/{login}");
    recorded(&at, ("user", "put"), &on, work).await?;
    if json {
        show::json(&json!({ "upstream": upstream, "login": login, "uid": uid }))?;
    } else {
        show::line(&format!(
            "the credential of `{login}` at `{upstream}` is kept, sealed"
        ))?;
    }
    Ok(ExitCode::SUCCESS)
}

async fn remove(
    place: &Place,
    upstream: &UpstreamName,
    login: &ErpLogin,
    json: bool,
) -> anyhow::Result<ExitCode> {
    let at = place.installation().await?;
    let work = users::remove(&at, upstream, login);
    let on = format!("{upstream}/{login}");
    let removed = match recorded(&at, ("user", "remove"), &on, work).await {
        Ok(()) => true,
        Err(Refusal::Absent(_)) => false,
        Err(refusal) => return Err(refusal.into()),
    };
    if json {
        show::json(&json!({ "upstream": upstream, "login": login, "removed": removed }))?;
    } else if removed {
        show::line(&format!(
            "the credential of `{login}` at `{upstream}` is forgotten"
        ))?;
    } else {
        show::aside(&format!(
            "the store has no credential of `{login}` at `{upstream}`"
        ))?;
    }
    Ok(if removed {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(1)
    })
}

/// A credential is never an argument: other users of the machine see those.
pub(crate) fn read_secret(file: Option<&Path>) -> anyhow::Result<Secret<String>> {
    const MOST: u64 = 64 * 1024;
    // Never grown, so that no copy is left behind.
    let mut text = String::with_capacity(64 * 1024);
    match file {
        Some(file) => std::fs::File::open(file)
            .and_then(|file| file.take(MOST).read_to_string(&mut text))
            .with_context(|| format!("the secret file {} cannot be read", file.display()))?,
        None => std::io::stdin()
            .take(MOST)
            .read_to_string(&mut text)
            .context("the credential cannot be read from standard input")?,
    };
    text.truncate(text.trim_end_matches(['\r', '\n']).len());
    let secret = Secret::new(text);
    let is_one = secret.expose(|plain| !plain.is_empty() && !plain.contains('\n'));
    anyhow::ensure!(is_one, "the credential must be one line that is not empty");
    Ok(secret)
}
