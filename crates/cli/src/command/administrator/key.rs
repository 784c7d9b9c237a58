//! `portcullis administrator key`: the keys of programs that administer the gateway.

use std::process::ExitCode;

use clap::Subcommand;
use ipnet::IpNet;
use portcullis_admin::administrators::{self, Wanted, describe};
use portcullis_admin::chance;
use portcullis_gateway::clock;
use portcullis_identity::{
    AdminKeyId, AdminRole, Networks, PrincipalName, RoleName, Scope, ScopedUser, Timestamp,
};
use serde_json::Value;

use crate::command::key::network;
use crate::command::{recorded, refused};
use crate::place::Place;
use crate::show;

#[derive(Subcommand)]
pub(super) enum KeyCommand {
    /// Make an administrative key and show it, once
    Create(CreateArgs),
    /// List the administrative keys
    List {
        /// Also those that were revoked or have expired
        #[arg(long)]
        all: bool,
    },
    /// Revoke an administrative key: it opens nothing any more
    Revoke {
        /// Its id, as `administrator key list` shows it
        id: AdminKeyId,
    },
}

#[derive(clap::Args)]
pub(super) struct CreateArgs {
    /// Who will hold it, such as `terraform`
    name: PrincipalName,

    /// What it may do: auditor, approver, key-manager, administrator; may be given several times
    #[arg(long = "role", required = true, value_name = "ROLE")]
    roles: Vec<AdminRole>,

    /// A role that a key manager may give to keys; may be given several times
    #[arg(long = "may-give", value_name = "ROLE")]
    may_give: Vec<RoleName>,

    /// An ERP user as whom a key manager may let calls run; may be given several times
    #[arg(long = "may-use", value_name = "UPSTREAM/LOGIN")]
    may_use: Vec<ScopedUser>,

    /// The address or network that it is good from; may be given several times
    #[arg(long = "from", value_name = "NETWORK", value_parser = network)]
    networks: Vec<IpNet>,

    /// When it ends, as for `key create`
    #[arg(long, value_name = "WHEN")]
    expires: Option<String>,
}

pub(super) async fn run(
    place: &Place,
    command: KeyCommand,
    json: bool,
) -> anyhow::Result<ExitCode> {
    match command {
        KeyCommand::Create(create) => self::create(place, create, json).await,
        KeyCommand::List { all } => list(place, all, json).await,
        KeyCommand::Revoke { id } => revoke(place, id, json).await,
    }
}

async fn create(place: &Place, args: CreateArgs, json: bool) -> anyhow::Result<ExitCode> {
    let at = place.installation().await?;
    let now = clock::now();
    let wanted = Wanted {
        name: args.name,
        roles: args.roles,
        scope: Scope {
            roles: args.may_give,
            users: args.may_use,
        },
        maker: None,
        by: None,
        networks: Networks(args.networks),
        expires: args.expires,
    };
    let key = chance::admin_key()?;
    let id = key.id();
    let work = administrators::create(&at, key, wanted, now);
    let made = recorded(&at, ("admin-key", "create"), id.as_str(), work).await?;
    if json {
        show::json(&made.told(now))?;
        return Ok(ExitCode::SUCCESS);
    }
    let row = &made.row;
    let ends = row.expires.map_or("never".to_owned(), show::second);
    show::line(&format!(
        "{} may administer as {}; ends: {ends}",
        row.name,
        roles(&row.roles)
    ))?;
    show::line("")?;
    made.key
        .expose_whole(|whole| show::line(&format!("  {whole}")))?;
    show::line("")?;
    show::line(
        "The key is shown this once: only a hash of it is kept. It is sent as `Authorization: Bearer …` to the listener of `[admin]`, and opens no ERP.",
    )?;
    Ok(ExitCode::SUCCESS)
}

async fn list(place: &Place, all: bool, json: bool) -> anyhow::Result<ExitCode> {
    let at = place.installation().await?;
    let now = clock::now();
    let rows = administrators::list(&at, all, now).await?;
    if json {
        let told: Vec<Value> = rows.iter().map(|row| describe(row, now)).collect();
        show::json(&told.into())?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut table = show::table(&["id", "name", "roles", "scope", "ends", "used last", "state"]);
    for row in &rows {
        let users: Vec<String> = row.scope.users.iter().map(ToString::to_string).collect();
        let given: Vec<&str> = row.scope.roles.iter().map(RoleName::as_str).collect();
        let scope = match users.as_slice() {
            [] => "-".to_owned(),
            users => format!("{} as {}", given.join(", "), users.join(", ")),
        };
        let used = row.used.map(|(at, _)| at);
        let when = |moment: Option<Timestamp>| moment.map_or("never".to_owned(), show::second);
        table.add_row([
            row.id.to_string().into(),
            row.name.to_string().into(),
            roles(&row.roles).into(),
            scope.into(),
            when(row.expires).into(),
            when(used).into(),
            match row.state(now) {
                "valid" => show::good("valid"),
                other => show::bad(other),
            },
        ]);
    }
    show::print(
        &table,
        "there is no administrative key; `portcullis administrator key create` makes one",
    )?;
    Ok(ExitCode::SUCCESS)
}

async fn revoke(place: &Place, id: AdminKeyId, json: bool) -> anyhow::Result<ExitCode> {
    let at = place.installation().await?;
    let now = clock::now();
    let work = administrators::revoke(&at, &id, now);
    let revoked = recorded(&at, ("admin-key", "revoke"), id.as_str(), work).await;
    let (row, is_done) = match revoked {
        Ok(done) => done,
        Err(refusal) => return refused(refusal),
    };
    if json {
        show::json(&describe(&row, now))?;
    } else {
        let already = if is_done { "" } else { " already" };
        show::line(&format!("{id} ({}) is revoked{already}", row.name))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn roles(roles: &[AdminRole]) -> String {
    let names: Vec<&str> = roles.iter().map(|role| role.as_str()).collect();
    names.join(", ")
}
