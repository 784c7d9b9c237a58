//! `portcullis session`: who is logged in, and an end to it.

use std::process::ExitCode;

use clap::Subcommand;
use portcullis_admin::sessions::{self, describe, whose};
use portcullis_gateway::clock;
use portcullis_identity::{ErpLogin, KeyId, UpstreamName};
use portcullis_storage::Whose;
use serde_json::json;

use crate::command::recorded;
use crate::place::{Place, PlaceArgs};
use crate::show;

#[derive(clap::Args)]
pub(crate) struct SessionArgs {
    #[command(subcommand)]
    command: SessionCommand,

    #[command(flatten)]
    place: PlaceArgs,

    /// Print JSON
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Subcommand)]
enum SessionCommand {
    /// List the sessions, the newest first
    List,
    /// End all sessions of a person or of a key; running gateways know it within a second
    End {
        /// The login of the person at the ERP
        #[arg(long, required_unless_present = "key", conflicts_with = "key")]
        login: Option<ErpLogin>,

        /// The ERP of the person; may be left out if there is only one
        #[arg(long, requires = "login")]
        upstream: Option<UpstreamName>,

        /// The id of the key
        #[arg(long)]
        key: Option<KeyId>,
    },
}

pub(crate) async fn run(args: SessionArgs) -> anyhow::Result<ExitCode> {
    let place = args.place.find()?;
    match args.command {
        SessionCommand::List => list(&place, args.json).await,
        SessionCommand::End {
            login,
            upstream,
            key,
        } => {
            let whose = match (login, key) {
                (Some(login), _) => Whose::Person(place.upstream(upstream.as_ref())?, login),
                (None, Some(key)) => Whose::Key(key),
                (None, None) => anyhow::bail!("say whose sessions are to end"),
            };
            end(&place, &whose, args.json).await
        }
    }
}

async fn list(place: &Place, json: bool) -> anyhow::Result<ExitCode> {
    let now = clock::now();
    let all = sessions::list(&place.installation().await?, now).await?;
    if json {
        show::json(&all.iter().map(describe).collect())?;
        return Ok(ExitCode::SUCCESS);
    }
    let columns = ["of", "name", "upstream", "from", "opened", "seen", "ends"];
    let mut table = show::table(&columns);
    for row in &all {
        let (kind, upstream, name) = whose(row);
        table.add_row([
            kind.to_owned(),
            name,
            upstream.unwrap_or_default(),
            row.network.clone(),
            show::second(row.opened),
            show::second(row.seen),
            show::second(row.ends),
        ]);
    }
    show::print(&table, "nobody is logged in")?;
    Ok(ExitCode::SUCCESS)
}

async fn end(place: &Place, whose: &Whose, json: bool) -> anyhow::Result<ExitCode> {
    let at = place.installation().await?;
    let on = match whose {
        Whose::Key(key) => key.to_string(),
        Whose::Person(upstream, login) => format!("{upstream}/{login}"),
    };
    let work = sessions::end(&at, whose, clock::now());
    let ended = recorded(&at, ("session", "end"), &on, work).await?;
    // Only the gateways know who came by Basic, and whether there was anybody to forget.
    let forgets = match whose {
        Whose::Key(_) => false,
        Whose::Person(upstream, _) => at.remembers_basic(upstream),
    };
    if json {
        show::json(&json!({ "ended": ended }))?;
    } else {
        let plural = if ended == 1 { "" } else { "s" };
        show::line(&format!("{ended} session{plural} ended"))?;
        if forgets {
            show::line("who comes by Basic is asked for the password anew, within a second")?;
        }
    }
    Ok(if ended > 0 || forgets {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(1)
    })
}
