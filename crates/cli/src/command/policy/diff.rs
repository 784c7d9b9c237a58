//! `policy diff`: the ledger's calls under two sets of roles, and what would change.
//!
//! Records hold names and no values. What depends on values, or on what a record does not hold,
//! is told as unknown; so is what the first set judges otherwise than the record says, for then
//! the call that is judged is not the one that was made.

mod told;

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use portcullis_admin::Installation;
use portcullis_admin::may::Leave;
use portcullis_admin::roles;
use portcullis_identity::{RoleName, Timestamp, UpstreamName};
use portcullis_policy::{
    Decision, Family, FieldPermission, Reason, Recorded, Role, Schema, UserFacts,
};
use portcullis_store::{Ledger, Record, Selection};

use self::told::{Change, Told};
use super::past;
use super::recorded;
use super::who::{self, Who};
use crate::house::ledger_folder;
use crate::place::PlaceArgs;
use crate::show;

#[derive(clap::Args)]
pub(crate) struct DiffArgs {
    /// The roles as they are: a folder of role files, one file, or `current` for those of the
    /// configuration and of the store
    before: PathBuf,

    /// The roles as they would be
    after: PathBuf,

    /// How far back: `7d`, `12h`, or a moment (2026-11-22T08:00:00Z)
    #[arg(long, default_value = "7d", value_parser = past::since)]
    since: Timestamp,

    /// Before this moment
    #[arg(long, value_parser = Timestamp::parse_rfc3339)]
    until: Option<Timestamp>,

    /// Only this caller, by name
    #[arg(long)]
    principal: Option<String>,

    /// Only this upstream
    #[arg(long)]
    upstream: Option<String>,

    /// Roles of every caller, instead of those of the keys in the store (may be given again)
    #[arg(long = "as", value_name = "ROLE")]
    names: Vec<RoleName>,

    /// What the ERPs answer to `fields_get`, or the metas of their `DocTypes` (one file for each
    /// kind of ERP)
    #[arg(long, value_name = "FILE")]
    schema: Vec<PathBuf>,

    #[command(flatten)]
    place: PlaceArgs,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What is judged once, however often it was asked.
#[derive(PartialEq, Eq, Hash)]
struct Asked {
    call: Recorded,
    key: Option<String>,
    /// Upstream, dialect and address.
    from: (String, String, String),
    was: bool,
}

/// Runs `policy diff`: 1 where something would be refused or allowed that was not.
pub(crate) async fn run(args: DiffArgs) -> anyhow::Result<ExitCode> {
    let place = args.place.find()?;
    let at = place.installation().await?;
    let before = role_set(&args.before, &at).await?;
    let after = role_set(&args.after, &at).await?;
    let permissions = who::permissions(&at);
    let schemas = past::schemas(&args.schema)?;
    let held = match args.names.as_slice() {
        [] => past::roles_of_keys(&at).await?,
        _ => BTreeMap::new(),
    };
    let ledger = Ledger::new(&ledger_folder(place.data()));
    let records = ledger.records(&Selection {
        since: Some(args.since),
        until: args.until,
        principal: args.principal.clone(),
        upstream: args.upstream.clone(),
        ..Selection::default()
    })?;
    let mut told = Told::default();
    // Clients make the same call again and again: each is judged once.
    let mut judged: HashMap<Asked, Option<Change>> = HashMap::new();
    for record in &records {
        let Some(was) = recorded::was_allowed(record) else {
            told.others += 1;
            continue;
        };
        told.judged += 1;
        let opened = &record.opened;
        let asked = Asked {
            call: recorded::call(record),
            key: opened.key.clone(),
            from: (
                opened.upstream.clone(),
                opened.dialect.clone(),
                opened.address.clone(),
            ),
            was,
        };
        let change = match judged.get(&asked) {
            Some(change) => change.clone(),
            None => {
                let names = match (args.names.as_slice(), opened.key.as_deref()) {
                    ([], Some(key)) => held.get(key).map(Vec::as_slice),
                    ([], None) => None,
                    (names, _) => Some(names),
                };
                let family = recorded::family(record, place.config.as_deref());
                let change = match (names, family) {
                    (None, _) => Some(Change::unknown("whose roles judged it is not known")),
                    (_, None) => Some(Change::unknown("which kind of ERP it was for is not known")),
                    (Some(names), Some(family)) => {
                        let empty = Schema::new();
                        let schema = schemas.get(family.as_str()).unwrap_or(&empty);
                        let before = caller((&before, &permissions), names, record)?;
                        let after = caller((&after, &permissions), names, record)?;
                        changed(record, was, (&before, &after), (family, schema))
                    }
                };
                judged.insert(asked, change.clone());
                change
            }
        };
        let Some(change) = change else {
            told.same += 1;
            continue;
        };
        told.add(change, record);
    }
    if args.json {
        show::json(&told.as_json())?;
    } else {
        told.tell()?;
    }
    Ok(if told.changes() {
        ExitCode::from(1)
    } else {
        ExitCode::SUCCESS
    })
}

/// What would become of a recorded call; none where nothing changes.
fn changed(
    record: &Record,
    was: bool,
    (before, after): (&Who, &Who),
    (family, schema): (Family, &Schema),
) -> Option<Change> {
    let call = match recorded::call(record).call(family, schema) {
        Ok(call) => call,
        Err(why) => return Some(Change::unknown(why)),
    };
    let judge = |who: &Who| {
        let schema = who.knowing(schema.clone());
        match who.policy.judge(who.asks(family, &schema, call.clone())) {
            Decision::Allow(_) => Ok(None),
            Decision::Refuse(no) => match (no.wants(), no.wants_user(), no.reason) {
                (Some(model), ..) => Err(format!("the fields of `{model}` are needed (--schema)")),
                (None, true, _) => Err("a rule speaks of the ERP user".to_owned()),
                (None, false, Reason::Values) => Err("it depends on values".to_owned()),
                (None, false, reason) => Ok(Some(reason)),
            },
        }
    };
    let first = match judge(before) {
        Ok(first) => first,
        Err(why) => return Some(Change::Unknown(why)),
    };
    // What a guard finds is not in the policy's hands.
    if first.is_none() != was {
        let why = "the first set of roles judges it otherwise than the record says";
        return Some(Change::unknown(why));
    }
    match (was, judge(after)) {
        (_, Err(why)) => Some(Change::Unknown(why)),
        (true, Ok(Some(reason))) => Some(Change::Refused(reason.as_str())),
        (false, Ok(None)) => Some(Change::Allowed),
        (true, Ok(None)) | (false, Ok(Some(_))) => None,
    }
}

/// The caller of a record, with these roles of a set.
fn caller(
    (set, permissions): (&[Role], &[FieldPermission]),
    names: &[RoleName],
    record: &Record,
) -> anyhow::Result<Who> {
    let roles = set.iter().filter(|role| names.contains(role.name()));
    let upstream = UpstreamName::new(&record.opened.upstream)?;
    let who = Who::of(roles.cloned().collect(), upstream)?;
    let address = recorded::address(record).unwrap_or(who.address);
    let who = Who {
        dialect: recorded::dialect(record),
        address,
        ..who
    };
    // Any user does: which records a rule opens to it makes no difference to the judgement.
    let user = UserFacts {
        name: record.opened.login.clone(),
        partner_id: Some(1),
        company_ids: vec![1],
    };
    let who = Who {
        policy: who.policy.permitting(permissions.to_vec()),
        ..who
    };
    Ok(who.running_as(Some(1), user))
}

/// The roles of a folder, of a file, or of the installation.
async fn role_set(path: &Path, at: &Installation) -> anyhow::Result<Vec<Role>> {
    if path == Path::new("current") {
        let (known, _) = roles::list(at, &Leave::All).await?;
        return Ok(known.into_iter().map(|known| known.role).collect());
    }
    if !path.is_dir() {
        return Ok(vec![who::role_of(path)?]);
    }
    let place = || format!("the folder {} cannot be read", path.display());
    let mut set = Vec::new();
    for entry in std::fs::read_dir(path).with_context(place)? {
        let file = entry.with_context(place)?.path();
        if file.extension().is_some_and(|ending| ending == "toml") {
            set.push(who::role_of(&file)?);
        }
    }
    anyhow::ensure!(!set.is_empty(), "there is no role in {}", path.display());
    Ok(set)
}
