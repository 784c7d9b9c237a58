//! `portcullis role`: the roles of the configuration and of the store.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Subcommand;
use comfy_table::Cell;
use portcullis_gateway::clock;
use portcullis_identity::RoleName;
use portcullis_policy::{Role, RouteRule, Rule};
use portcullis_storage::Store as _;
use serde_json::{Value, json};

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
    /// Show the rules of a role
    Show {
        /// The role
        name: RoleName,
    },
    /// Put a role into the store, or replace it there
    Put {
        /// The role
        name: RoleName,
        /// The file with its rules (TOML)
        file: PathBuf,
    },
    /// Remove a role from the store
    Remove {
        /// The role
        name: RoleName,
    },
}

/// A role, and where it stands.
struct Known {
    role: Role,
    source: &'static str,
}

pub(crate) async fn run(args: RoleArgs) -> anyhow::Result<ExitCode> {
    let place = args.place.find()?;
    match args.command {
        RoleCommand::List => list(&place, args.json).await,
        RoleCommand::Show { name } => show_one(&place, &name, args.json).await,
        RoleCommand::Put { name, file } => put(&place, &name, &file, args.json).await,
        RoleCommand::Remove { name } => remove(&place, &name, args.json).await,
    }
}

async fn known(place: &Place) -> anyhow::Result<Vec<Known>> {
    let mut all: Vec<Known> = place
        .config
        .iter()
        .flat_map(|config| &config.roles)
        .map(|role| Known {
            role: role.clone(),
            source: "configuration",
        })
        .collect();
    for (name, text) in place.house().await?.store.roles().all().await? {
        match Role::from_toml(name.clone(), &text) {
            Ok(role) => all.push(Known {
                role,
                source: "store",
            }),
            Err(_) => show::aside(&format!("the role `{name}` of the store cannot be read"))?,
        }
    }
    all.sort_by(|one, other| one.role.name().cmp(other.role.name()));
    Ok(all)
}

async fn list(place: &Place, json: bool) -> anyhow::Result<ExitCode> {
    let all = known(place).await?;
    if json {
        show::json(&all.iter().map(describe).collect())?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut table = show::table(&["role", "rules", "models", "from"]);
    for Known { role, source } in &all {
        let models: Vec<String> = role.rules().iter().map(models).collect();
        table.add_row([
            role.name().to_string(),
            role.rules().len().to_string(),
            models.join(", "),
            (*source).to_owned(),
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
    let caps = found.role.caps();
    if caps.iter().next().is_some() {
        show::line(&format!("caps: {caps}"))?;
    }
    Ok(ExitCode::SUCCESS)
}

async fn put(
    place: &Place,
    name: &RoleName,
    file: &std::path::Path,
    json: bool,
) -> anyhow::Result<ExitCode> {
    let text = std::fs::read_to_string(file)
        .with_context(|| format!("the role file {} cannot be read", file.display()))?;
    let role = match Role::from_toml(name.clone(), &text) {
        Ok(role) => role,
        Err(errors) => {
            for error in &errors {
                let (line, column) = (error.line, error.column);
                show::aside(&format!(
                    "{}:{line}:{column}: {}",
                    file.display(),
                    error.message
                ))?;
            }
            anyhow::bail!("the role was not put: {} to mend", errors.len());
        }
    };
    let house = place.house().await?;
    house.store.roles().put(name, &text, clock::now()).await?;
    let known = Known {
        role,
        source: "store",
    };
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
    let removed = place.house().await?.store.roles().remove(name).await?;
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

fn describe(known: &Known) -> Value {
    let rules: Vec<Value> = known
        .role
        .rules()
        .iter()
        .map(|rule| {
            json!({
                "name": rule.name(),
                "effect": if rule.denies() { "deny" } else { "allow" },
                "models": rule.models().map(|models| models.iter().map(ToString::to_string).collect::<Vec<_>>()),
                "operations": operations(rule),
                "methods": methods(rule),
                "all-records": !rule.has_domain(),
            })
        })
        .collect();
    let routes: Vec<Value> = known
        .role
        .route_rules()
        .iter()
        .map(|rule| {
            json!({
                "name": rule.name(),
                "effect": if rule.denies() { "deny" } else { "allow" },
                "routes": routes(rule),
            })
        })
        .collect();
    json!({
        "name": known.role.name(),
        "from": known.source,
        "caps": show::caps(known.role.caps()),
        "rules": rules,
        "routes": routes,
    })
}

fn effect(denies: bool) -> Cell {
    if denies {
        show::bad("deny")
    } else {
        show::good("allow")
    }
}

fn routes(rule: &RouteRule) -> Vec<String> {
    rule.routes().iter().map(ToString::to_string).collect()
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

fn operations(rule: &Rule) -> Vec<&'static str> {
    rule.operations()
        .iter()
        .map(|operation| operation.as_str())
        .collect()
}

fn methods(rule: &Rule) -> Vec<String> {
    rule.methods().iter().map(ToString::to_string).collect()
}
