//! `policy unused`: rights that nobody who holds a role used, and the role without them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use portcullis_identity::{RoleName, Timestamp};
use portcullis_policy::{Policy, Role, Unused, Used};
use serde_json::json;

use super::days::{Past, Wanted};
use super::past;
use crate::place::PlaceArgs;
use crate::show;

#[derive(clap::Args)]
pub(crate) struct UnusedArgs {
    /// From when on: `30d`, `12h`, or a moment (2026-11-22T08:00:00Z)
    #[arg(long, default_value = "30d", value_parser = past::since)]
    from: Timestamp,

    /// Only this role
    #[arg(long)]
    role: Option<RoleName>,

    /// Only the roles of this caller, by name; what others did with them counts as well
    #[arg(long, conflicts_with = "role")]
    principal: Option<String>,

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

/// A role, and what nobody used of it.
struct Looked<'a> {
    role: &'a Role,
    /// How many calls of those who hold it were looked at, and how many of them the role without
    /// the rest lets through.
    calls: u64,
    passing: u64,
    unused: Vec<Unused>,
    toml: String,
}

/// Runs `policy unused`: 1 where there are rights that nobody used.
pub(crate) async fn run(args: UnusedArgs) -> anyhow::Result<ExitCode> {
    let wanted = Wanted {
        since: args.from,
        until: None,
        principal: None,
        key: None,
        names: &[],
        schema: &args.schema,
    };
    let past = Past::read(&args.place, &wanted).await?;
    if let Some(name) = &args.role {
        let role = past.policy.role(name);
        role.with_context(|| format!("there is no role `{name}`"))?;
    }
    let of_principal: Option<BTreeSet<RoleName>> = args.principal.as_ref().map(|principal| {
        let days = past.days.keys();
        let own = days.filter(|whose| whose.caller == *principal);
        own.flat_map(|whose| whose.names.clone()).collect()
    });
    let is_wanted = |role: &&Role| {
        args.role.as_ref().is_none_or(|name| name == role.name())
            && of_principal
                .as_ref()
                .is_none_or(|names| names.contains(role.name()))
    };
    let mut used = Used::default();
    for (whose, day) in &past.days {
        let learnt = whose.lesson(&past.policy, &past.schemas, day, |lesson| {
            lesson.learn(&day.samples)
        })?;
        used.add(
            learnt
                .map_err(|why| anyhow::anyhow!("{}: {why}", whose.caller))?
                .used,
        );
    }
    past.strangers
        .iter()
        .cloned()
        .for_each(|sample| used.keep(sample));
    let mut looked = Vec::new();
    for role in past.policy.roles().filter(is_wanted) {
        let found = used.unused(role);
        let (unused, toml) = found.map_err(|why| anyhow::anyhow!("{}: {why}", role.name()))?;
        let cut = Role::from_toml(role.name().clone(), &toml);
        let cut = cut.map_err(|_| anyhow::anyhow!("{}: it cannot be read", role.name()))?;
        let (calls, passing) = judged(&past, cut)?;
        looked.push(Looked {
            role,
            calls,
            passing,
            unused,
            toml,
        });
    }
    if args.json {
        show::json(&as_json(&looked, past.strangers.len()))?;
    } else {
        tell(&looked, past.strangers.len())?;
    }
    Ok(if looked.iter().all(|one| one.unused.is_empty()) {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(1)
    })
}

/// How many calls of those who hold a role there were, and how many of those that pass under the
/// present roles pass with this one in its place.
fn judged(past: &Past, cut: Role) -> anyhow::Result<(u64, u64)> {
    let name = cut.name().clone();
    let others = past.policy.roles().filter(|role| *role.name() != name);
    let roles = others.cloned().chain([cut]).collect();
    let policy = Policy::new(0, roles).permitting(past.policy.permissions().to_vec());
    let (mut calls, mut passing) = (0, 0);
    let days = past.days.iter();
    for (whose, day) in days.filter(|(whose, _)| whose.names.contains(&name)) {
        let count = |policy: &Policy| {
            whose.lesson(policy, &past.schemas, day, |lesson| {
                lesson.passing(&day.samples)
            })
        };
        calls += count(&past.policy)?;
        passing += count(&policy)?;
    }
    Ok((calls, passing))
}

fn tell(looked: &[Looked<'_>], strangers: usize) -> anyhow::Result<()> {
    let mut table = show::table(&["role", "rule", "never used", ""]);
    for one in looked {
        for unused in &one.unused {
            table.add_row([
                one.role.name().to_string(),
                unused.rule.clone(),
                unused.what.to_owned(),
                unused.names.join(", "),
            ]);
        }
    }
    show::print(&table, "every right was used")?;
    if strangers > 0 {
        show::line(&format!(
            "{strangers} calls are of callers whose roles are not known: the fields of their rules are kept"
        ))?;
    }
    for one in looked.iter().filter(|one| !one.unused.is_empty()) {
        show::line("")?;
        show::line(&format!(
            "# {}.toml, without them: {} of {} calls pass.",
            one.role.name(),
            one.passing,
            one.calls
        ))?;
        show::line(one.toml.trim_end())?;
    }
    Ok(())
}

fn as_json(looked: &[Looked<'_>], strangers: usize) -> serde_json::Value {
    let roles = looked.iter().map(|one| {
        let mut rules: BTreeMap<&str, BTreeMap<&str, &[String]>> = BTreeMap::new();
        for unused in &one.unused {
            let rule = rules.entry(&unused.rule).or_default();
            rule.insert(unused.what, &unused.names);
        }
        json!({
            "role": one.role.name(),
            "calls": one.calls,
            "passing": one.passing,
            "unused": rules,
            "toml": one.toml,
        })
    });
    json!({ "roles": roles.collect::<Vec<_>>(), "callers-not-known": strangers })
}
