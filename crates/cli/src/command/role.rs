//! `portcullis role`: the roles of the configuration and of the store.

mod profile;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Subcommand;
use comfy_table::Cell;
use portcullis_admin::Refusal;
use portcullis_admin::may::Leave;
use portcullis_admin::roles::{self, Known, describe, methods, operations, routes};
use portcullis_gateway::clock;
use portcullis_identity::RoleName;
use portcullis_policy::{Role, Rule};
use serde_json::json;

use crate::command::recorded;
use crate::place::{Place, PlaceArgs};
use crate::show;

#[derive(clap::Args)]
pub(crate) struct RoleArgs {
    #[command(subcommand)]
    command: RoleCommand,

    #[command(flatten)]
    place: PlaceArgs,

    /// Print JSON
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Subcommand)]
enum RoleCommand {
    /// List the roles of the configuration and of the store
    List,
    /// List the role profiles that come with the program
    Profiles,
    /// Show the rules of a role, or the text of a profile
    Show {
        /// The role
        #[arg(required_unless_present = "profile", conflicts_with = "profile")]
        name: Option<RoleName>,
        /// A profile (`role profiles` lists them), as it is written
        #[arg(long)]
        profile: Option<String>,
    },
    /// Put a role into the store, or replace it there
    Put {
        /// The role
        name: RoleName,
        /// The file with its rules (TOML)
        #[arg(required_unless_present = "profile", conflicts_with = "profile")]
        file: Option<PathBuf>,
        /// A profile instead of a file (`role profiles` lists them)
        #[arg(long)]
        profile: Option<String>,
    },
    /// Remove a role from the store
    Remove {
        /// The role
        name: RoleName,
    },
}

pub(crate) async fn run(args: RoleArgs) -> anyhow::Result<ExitCode> {
    match args.command {
        RoleCommand::Profiles => profile::list(args.json),
        RoleCommand::Show {
            profile: Some(name),
            ..
        } => profile::show(&name, args.json),
        RoleCommand::List => list(&args.place.find()?, args.json).await,
        RoleCommand::Show { name, .. } => {
            let name = name.context("a role or a profile is named")?;
            show_one(&args.place.find()?, &name, args.json).await
        }
        RoleCommand::Put {
            name,
            file,
            profile,
        } => {
            let written = match (profile, file) {
                (Some(profile), _) => Written::profile(&profile)?,
                (None, Some(file)) => Written::file(&file)?,
                (None, None) => anyhow::bail!("a file or a profile is named"),
            };
            put(&args.place.find()?, &name, &written, args.json).await
        }
        RoleCommand::Remove { name } => remove(&args.place.find()?, &name, args.json).await,
    }
}

/// A role as it is written, and where.
struct Written {
    at: String,
    text: String,
}

impl Written {
    fn file(file: &Path) -> anyhow::Result<Self> {
        let at = file.display().to_string();
        let text = std::fs::read_to_string(file)
            .with_context(|| format!("the role file {at} cannot be read"))?;
        Ok(Self { at, text })
    }

    fn profile(name: &str) -> anyhow::Result<Self> {
        let found = profile::find(name)?;
        Ok(Self {
            at: format!("profile {}", found.name),
            text: found.text.to_owned(),
        })
    }
}

/// The roles; those that cannot be read are said aside.
async fn known(place: &Place) -> anyhow::Result<Vec<Known>> {
    let (all, unreadable) = roles::list(&place.installation().await?, &Leave::All).await?;
    for name in unreadable {
        show::aside(&format!("the role `{name}` of the store cannot be read"))?;
    }
    Ok(all)
}

async fn list(place: &Place, json: bool) -> anyhow::Result<ExitCode> {
    let all = known(place).await?;
    if json {
        show::json(&all.iter().map(describe).collect())?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut table = show::table(&["role", "rules", "models", "from", "monitored"]);
    for Known { role, source, .. } in &all {
        let models: Vec<String> = role.rules().iter().map(models).collect();
        table.add_row([
            role.name().to_string().into(),
            role.rules().len().to_string().into(),
            models.join(", ").into(),
            (*source).to_owned().into(),
            match role.monitored_until() {
                None => "".into(),
                Some(end) if role.monitors(clock::now()) => show::doubtful(format!("until {end}")),
                Some(end) => show::bad(format!("not now: {end}")),
            },
        ]);
    }
    show::print(
        &table,
        "there is no role; name files in the configuration's `roles`",
    )?;
    Ok(ExitCode::SUCCESS)
}

async fn show_one(place: &Place, name: &RoleName, json: bool) -> anyhow::Result<ExitCode> {
    let all = known(place).await?;
    let Some(found) = all.iter().find(|known| known.role.name() == name) else {
        show::aside(&format!("there is no role `{name}`"))?;
        return Ok(ExitCode::from(1));
    };
    if json {
        show::json(&describe(found))?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut table = show::table(&["rule", "", "models", "operations", "methods", "records"]);
    for rule in found.role.rules() {
        table.add_row([
            rule.name().into(),
            effect(rule.denies()),
            models(rule).into(),
            operations(rule).join(", ").into(),
            methods(rule).join(", ").into(),
            if rule.has_domain() { "some" } else { "all" }.into(),
        ]);
    }
    for rule in found.role.route_rules() {
        table.add_row([
            rule.name().into(),
            effect(rule.denies()),
            "-".into(),
            "visit".into(),
            routes(rule).join(", ").into(),
            "-".into(),
        ]);
    }
    show::print(&table, "the role has no rules: it allows nothing")?;
    if let Some(end) = found.role.monitored_until() {
        show::line(&format!(
            "monitored until {end}: what no rule allows passes and is written down"
        ))?;
    }
    let caps = found.role.caps();
    if caps.iter().next().is_some() {
        show::line(&format!("caps: {caps}"))?;
    }
    for rule in found.role.rules() {
        let masked: Vec<&str> = rule.masked().collect();
        if !masked.is_empty() {
            show::line(&format!("masked by {}: {}", rule.name(), masked.join(", ")))?;
        }
    }
    if !found.denied.is_empty() {
        show::line(&format!(
            "for other roles only: {}",
            found.denied.join(", ")
        ))?;
    }
    for (name, value) in found.role.pins().iter() {
        show::line(&format!("context: {name} = {value}"))?;
    }
    Ok(ExitCode::SUCCESS)
}

async fn put(
    place: &Place,
    name: &RoleName,
    written: &Written,
    json: bool,
) -> anyhow::Result<ExitCode> {
    let Written { at: place_of, text } = written;
    let role = match Role::from_toml(name.clone(), text) {
        Ok(role) => role,
        Err(errors) => {
            for error in &errors {
                let (line, column) = (error.line, error.column);
                show::aside(&format!("{place_of}:{line}:{column}: {}", error.message))?;
            }
            anyhow::bail!("the role was not put: {} to mend", errors.len());
        }
    };
    let at = place.installation().await?;
    let work = roles::put(&at, role, text, clock::now());
    let known = recorded(&at, ("role", "put"), name.as_str(), work).await?;
    if json {
        show::json(&describe(&known))?;
    } else {
        show::line(&format!(
            "the role `{name}` is in the store ({} rules)",
            known.role.rules().len()
        ))?;
    }
    Ok(ExitCode::SUCCESS)
}

async fn remove(place: &Place, name: &RoleName, json: bool) -> anyhow::Result<ExitCode> {
    let at = place.installation().await?;
    let work = roles::remove(&at, name);
    let removed = match recorded(&at, ("role", "remove"), name.as_str(), work).await {
        Ok(()) => true,
        Err(Refusal::Absent(_)) => false,
        Err(refusal) => return Err(refusal.into()),
    };
    if json {
        show::json(&json!({ "name": name, "removed": removed }))?;
    } else if removed {
        show::line(&format!("the role `{name}` is no longer in the store"))?;
    } else {
        show::aside(&format!("there is no role `{name}` in the store"))?;
    }
    Ok(if removed {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(1)
    })
}

fn effect(denies: bool) -> Cell {
    if denies {
        show::bad("deny")
    } else {
        show::good("allow")
    }
}

fn models(rule: &Rule) -> String {
    rule.models().map_or_else(
        || "all".to_owned(),
        |models| {
            models
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .join(", ")
        },
    )
}
