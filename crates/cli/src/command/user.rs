//! `portcullis user`: the ERP users as whom calls run, and their sealed credentials.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Subcommand;
use portcullis_gateway::clock;
use portcullis_identity::{ErpLogin, Secret, UpstreamName};
use portcullis_storage::Store as _;
use portcullis_store::Place as SealedPlace;
use serde_json::json;

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
    /// List the ERP users as whom calls can run
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
    /// Forget the credential of an ERP user
    Remove {
        /// The login name at the ERP
        login: ErpLogin,

        /// The ERP; may be left out if there is only one
        #[arg(long)]
        upstream: Option<UpstreamName>,
    },
}

struct Known {
    upstream: UpstreamName,
    login: ErpLogin,
    uid: Option<i64>,
    from: &'static str,
    updated: Option<String>,
}

pub(crate) async fn run(args: UserArgs) -> anyhow::Result<ExitCode> {
    let place = args.place.find()?;
    match args.command {
        UserCommand::List => list(&place, args.json).await,
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

async fn list(place: &Place, json: bool) -> anyhow::Result<ExitCode> {
    let mut all = Vec::new();
    for upstream in place.config.iter().flat_map(|config| &config.upstreams) {
        all.extend(upstream.users.iter().map(|user| Known {
            upstream: upstream.name.clone(),
            login: user.login.clone(),
            uid: user.uid,
            from: "file",
            updated: None,
        }));
    }
    for row in place.house().await?.store.erp_users().all().await? {
        all.push(Known {
            upstream: row.upstream,
            login: row.login,
            uid: row.uid,
            from: "store, sealed",
            updated: Some(show::second(row.updated)),
        });
    }
    if json {
        let all = all.iter().map(|user| {
            json!({
                "upstream": user.upstream,
                "login": user.login,
                "uid": user.uid,
                "from": if user.updated.is_some() { "store" } else { "file" },
                "updated": user.updated,
            })
        });
        show::json(&all.collect())?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut table = show::table(&["upstream", "login", "uid", "credential", "since"]);
    for user in all {
        table.add_row([
            user.upstream.to_string(),
            user.login.to_string(),
            user.uid.map_or_else(String::new, |uid| uid.to_string()),
            user.from.to_owned(),
            user.updated.unwrap_or_default(),
        ]);
    }
    show::print(
        &table,
        "there is no ERP user; `portcullis user add` keeps one",
    )?;
    Ok(ExitCode::SUCCESS)
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
    let house = place.house().await?;
    let sealed = house
        .vault
        .seal(&SealedPlace::erp_user(upstream, login), &secret)?;
    house
        .store
        .erp_users()
        .put(upstream, login, uid, &sealed, clock::now())
        .await?;
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
    let removed = place
        .house()
        .await?
        .store
        .erp_users()
        .remove(upstream, login)
        .await?;
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
fn read_secret(file: Option<&Path>) -> anyhow::Result<Secret<String>> {
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
