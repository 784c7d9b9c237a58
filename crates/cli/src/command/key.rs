//! `portcullis key`: makes, lists and revokes API keys.
//!
//! A key is shown once, when it is made. A running gateway knows of it, and of a revocation,
//! within a second.

use std::process::ExitCode;

use clap::Subcommand;
use portcullis_gateway::clock;
use portcullis_identity::{
    ApiKey, ErpLogin, KeyId, PrincipalName, RoleName, Timestamp, UpstreamName,
};
use portcullis_storage::{KeyRow, RateLimit, Store as _};
use portcullis_store::entropy;
use serde_json::{Value, json};

use crate::place::{Place, PlaceArgs};
use crate::show;

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
    Create(CreateArgs),
    /// List the keys
    List {
        /// Also those that were revoked or have expired
        #[arg(long)]
        all: bool,
    },
    /// Revoke a key: it opens nothing any more, within a second, in every gateway
    Revoke {
        /// Its id, as `key list` shows it
        id: KeyId,
    },
}

#[derive(clap::Args)]
struct CreateArgs {
    /// Who will hold it, such as `web-shop`
    name: PrincipalName,

    /// The ERP that it opens; may be left out if there is only one
    #[arg(long)]
    upstream: Option<UpstreamName>,

    /// The ERP user as whom its calls run
    #[arg(long, value_name = "LOGIN")]
    user: ErpLogin,

    /// What it may do; may be given several times
    #[arg(long = "role", required = true, value_name = "ROLE")]
    roles: Vec<RoleName>,

    /// When it ends: a moment (2027-01-31T00:00:00Z), or days from now (90d)
    #[arg(long, value_name = "WHEN")]
    expires: Option<String>,

    /// Calls a minute, where they differ from the configuration's
    #[arg(long, requires = "burst", value_parser = clap::value_parser!(u32).range(1..))]
    per_minute: Option<u32>,

    /// Calls at once
    #[arg(long, requires = "per_minute", value_parser = clap::value_parser!(u32).range(1..))]
    burst: Option<u32>,
}

pub(crate) async fn run(args: KeyArgs) -> anyhow::Result<ExitCode> {
    let place = args.place.find()?;
    match args.command {
        KeyCommand::Create(create) => self::create(&place, create, args.json).await,
        KeyCommand::List { all } => list(&place, all, args.json).await,
        KeyCommand::Revoke { id } => revoke(&place, id, args.json).await,
    }
}

async fn create(place: &Place, args: CreateArgs, json: bool) -> anyhow::Result<ExitCode> {
    let now = clock::now();
    let expires = args
        .expires
        .as_deref()
        .map(|text| moment(text, now))
        .transpose()?;
    let upstream = place.upstream(args.upstream.as_ref())?;
    let house = place.house().await?;
    place
        .check_user(&*house.store, &upstream, &args.user)
        .await?;
    place.check_roles(&*house.store, &args.roles).await?;
    let key = entropy::new_key()?;
    let limit = args.per_minute.zip(args.burst);
    let row = KeyRow {
        id: key.id(),
        digest: key.digest(&house.vault.pepper()),
        name: args.name,
        upstream,
        erp_login: args.user,
        roles: args.roles,
        created: now,
        expires,
        revoked: None,
        limit: limit.map(|(per_minute, burst)| RateLimit { per_minute, burst }),
    };
    house.store.keys().insert(&row).await?;
    if json {
        let mut shown = describe(&row, now);
        key.expose_whole(|whole| show::put(&mut shown, "key", whole));
        key.expose_pair(|key, secret| show::put(&mut shown, "pair", format!("{key}:{secret}")));
        show::json(&shown)?;
    } else {
        tell(&key, &row)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn tell(key: &ApiKey, row: &KeyRow) -> anyhow::Result<()> {
    let expires = row
        .expires
        .map_or("never".to_owned(), Timestamp::to_rfc3339);
    show::line(&format!(
        "{} may call {} as {}; ends: {expires}",
        row.name, row.upstream, row.erp_login
    ))?;
    show::line("")?;
    key.expose_whole(|whole| show::line(&format!("  key         {whole}")))?;
    key.expose_pair(|key, secret| show::line(&format!("  KEY:SECRET  {key}:{secret}")))?;
    show::line("")?;
    show::line(
        "It is shown this once: only a hash of it is kept. The second line is the same key, for clients that want a pair.",
    )
}

async fn list(place: &Place, all: bool, json: bool) -> anyhow::Result<ExitCode> {
    let now = clock::now();
    let rows = place.house().await?.store.keys().all().await?;
    let rows: Vec<KeyRow> = rows
        .into_iter()
        .filter(|row| all || row.is_valid(now))
        .collect();
    if json {
        show::json(&rows.iter().map(|row| describe(row, now)).collect())?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut table = show::table(&[
        "id", "name", "upstream", "user", "roles", "created", "ends", "state",
    ]);
    for row in &rows {
        let state = match state(row, now) {
            word @ "valid" => show::good(word),
            word => show::bad(word),
        };
        table.add_row([
            row.id.to_string().into(),
            row.name.to_string().into(),
            row.upstream.to_string().into(),
            row.erp_login.to_string().into(),
            roles(row).join(", ").into(),
            show::second(row.created).into(),
            row.expires
                .map_or_else(|| "never".to_owned(), show::second)
                .into(),
            state,
        ]);
    }
    show::print(&table, "there is no key; `portcullis key create` makes one")?;
    Ok(ExitCode::SUCCESS)
}

async fn revoke(place: &Place, id: KeyId, json: bool) -> anyhow::Result<ExitCode> {
    let house = place.house().await?;
    let done = house.store.keys().revoke(&id, clock::now()).await?;
    let Some(row) = house.store.keys().find(&id).await? else {
        if json {
            show::json(&json!({ "id": id, "revoked": null }))?;
        }
        show::aside(&format!("there is no key {id}"))?;
        return Ok(ExitCode::from(1));
    };
    let revoked = row.revoked.map_or_else(String::new, Timestamp::to_rfc3339);
    if json {
        show::json(&json!({ "id": id, "revoked": revoked }))?;
    } else if done {
        show::line(&format!("{id} ({}) is revoked", row.name))?;
    } else {
        show::line(&format!(
            "{id} ({}) was revoked already, at {revoked}",
            row.name
        ))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn describe(row: &KeyRow, now: Timestamp) -> Value {
    json!({
        "id": row.id,
        "name": row.name,
        "upstream": row.upstream,
        "user": row.erp_login,
        "roles": row.roles,
        "created": row.created.to_rfc3339(),
        "expires": row.expires.map(Timestamp::to_rfc3339),
        "revoked": row.revoked.map(Timestamp::to_rfc3339),
        "limit": row.limit.map(|limit| json!({ "per-minute": limit.per_minute, "burst": limit.burst })),
        "state": state(row, now),
    })
}

fn state(row: &KeyRow, now: Timestamp) -> &'static str {
    match row.revoked {
        Some(_) => "revoked",
        None if row.is_valid(now) => "valid",
        None => "expired",
    }
}

fn roles(row: &KeyRow) -> Vec<&str> {
    row.roles.iter().map(RoleName::as_str).collect()
}

/// `2027-01-31T00:00:00Z`, or `90d`: days from now.
fn moment(text: &str, now: Timestamp) -> anyhow::Result<Timestamp> {
    const DAY: i64 = 24 * 60 * 60 * 1000;
    let moment = match text.strip_suffix('d').map(str::parse::<u32>) {
        Some(Ok(days)) => now.plus_millis(i64::from(days) * DAY),
        Some(Err(_)) | None => Timestamp::parse_rfc3339(text)?,
    };
    anyhow::ensure!(moment > now, "--expires: {moment} is not in the future");
    Ok(moment)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_in_both_forms() {
        let now = Timestamp::parse_rfc3339("2026-11-22T12:00:00Z").unwrap();
        assert_eq!(
            show::second(moment("2d", now).unwrap()),
            "2026-11-24T12:00:00Z"
        );
        assert_eq!(
            show::second(moment("2027-01-31T00:00:00Z", now).unwrap()),
            "2027-01-31T00:00:00Z"
        );
        assert!(moment("2026-01-31T00:00:00Z", now).is_err());
        assert!(moment("0d", now).is_err());
        assert!(moment("soon", now).is_err());
        assert!(moment("-1d", now).is_err());
    }
}
