//! `policy learn`: the narrowest role that covers what a caller did, from the ledger.
//!
//! Only what was done is learnt from: never what was refused, what failed, or what something was
//! noticed about. So an attacker's calls widen nothing, but where a role is monitored.

mod told;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::ExitCode;

use portcullis_identity::{KeyId, RoleName, Timestamp};

use self::told::Proposal;
use super::days::{Past, Wanted};
use super::past;
use crate::place::PlaceArgs;
use crate::show;

#[derive(clap::Args)]
pub(crate) struct LearnArgs {
    /// From when on: `7d`, `12h`, or a moment (2026-11-22T08:00:00Z)
    #[arg(long, default_value = "7d", value_parser = past::since)]
    from: Timestamp,

    /// Before this moment
    #[arg(long, value_parser = Timestamp::parse_rfc3339)]
    until: Option<Timestamp>,

    /// The caller, by name
    #[arg(long, required_unless_present_any = ["key", "all"])]
    principal: Option<String>,

    /// The caller's key, by its id
    #[arg(long, conflicts_with = "principal")]
    key: Option<KeyId>,

    /// Every caller, one after the other
    #[arg(long, conflicts_with_all = ["principal", "key"])]
    all: bool,

    /// Roles of the caller, instead of those of its key in the store (may be given again)
    #[arg(long = "as", value_name = "ROLE")]
    names: Vec<RoleName>,

    /// What the ERPs answer to `fields_get`, or the metas of their `DocTypes` (one file for each
    /// kind of ERP)
    #[arg(long, value_name = "FILE")]
    schema: Vec<PathBuf>,

    /// Where to write the role: a file that ends in .toml, or a folder
    #[arg(long, value_name = "FILE|FOLDER")]
    to: Option<PathBuf>,

    #[command(flatten)]
    place: PlaceArgs,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Runs `policy learn`: 1 where there is nothing to learn from, or a role would open what is not
/// open now.
pub(crate) async fn run(args: LearnArgs) -> anyhow::Result<ExitCode> {
    let wanted = Wanted {
        since: args.from,
        until: args.until,
        principal: args.principal.clone(),
        key: args.key.as_ref().map(ToString::to_string),
        names: &args.names,
        schema: &args.schema,
    };
    let past = Past::read(&args.place, &wanted).await?;
    let Past {
        policy,
        schemas,
        days,
        strangers,
    } = &past;
    let mut proposals = Vec::new();
    for (whose, day) in days {
        let learnt = whose.lesson(policy, schemas, day, |lesson| lesson.learn(&day.samples))?;
        let learnt = learnt.map_err(|why| anyhow::anyhow!("{}: {why}", whose.caller))?;
        proposals.push(Proposal {
            caller: whose.caller.clone(),
            learnt,
            not_learnt: day.not_learnt.clone(),
            from: day.first,
            until: day.last,
            files: Vec::new(),
        });
    }
    let mut taken = BTreeSet::new();
    for proposal in &mut proposals {
        proposal.name_files(&mut taken);
    }
    let written = match &args.to {
        Some(to) => told::write(to, &proposals)?,
        None => Vec::new(),
    };
    if args.json {
        show::json(&told::as_json(&proposals, strangers.len()))?;
    } else if args.to.is_some() {
        told::tell(&proposals, &written)?;
    } else {
        told::print(&proposals)?;
    }
    let is_sound = |proposal: &Proposal| proposal.learnt.wider.is_empty();
    Ok(if !proposals.is_empty() && proposals.iter().all(is_sound) {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(1)
    })
}
