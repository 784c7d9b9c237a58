//! `portcullis check`: everything that is wrong with a configuration, at once.

use std::io::Write as _;
use std::process::ExitCode;

use portcullis_erp::Profile;
use portcullis_gateway::config::{Config, Problem, UpstreamConfig};
use portcullis_policy::Role;

use crate::args::CheckArgs;

pub(crate) fn run(args: &CheckArgs) -> anyhow::Result<ExitCode> {
    let problems = match Config::read_with_secrets(&args.config) {
        Ok(config) => {
            let mut out = anstream::stdout();
            if args.json {
                let upstreams: Vec<_> = config.upstreams.iter().map(described).collect();
                let routes: serde_json::Map<_, _> = config
                    .controllers
                    .iter()
                    .map(|route| (route.name().to_string(), route.summary().into()))
                    .collect();
                let caps: serde_json::Map<_, _> = config.roles.iter().map(capped).collect();
                let answer = serde_json::json!({
                    "problems": [],
                    "upstreams": upstreams,
                    "routes": routes,
                    "caps": caps,
                });
                writeln!(out, "{answer}")?;
            } else {
                writeln!(
                    out,
                    "{}: fine; {} upstreams, {} roles, {} routes, {} keys",
                    args.config.display(),
                    config.upstreams.len(),
                    config.roles.len(),
                    config.controllers.len(),
                    config.declared.len()
                )?;
                for upstream in &config.upstreams {
                    tell(&mut out, upstream)?;
                }
                for route in &config.controllers {
                    writeln!(out, "  {}: {}", route.name(), route.summary())?;
                }
                for role in &config.roles {
                    tell_caps(&mut out, role)?;
                }
            }
            return Ok(ExitCode::SUCCESS);
        }
        Err(problems) => problems,
    };
    if args.json {
        let problems: Vec<_> = problems.iter().map(Problem::to_json).collect();
        writeln!(
            anstream::stdout(),
            "{}",
            serde_json::json!({ "problems": problems })
        )?;
    } else {
        say(&problems)?;
    }
    Ok(ExitCode::from(2))
}

/// Says problems on standard error.
pub(super) fn say(problems: &[Problem]) -> std::io::Result<()> {
    let mut out = anstream::stderr();
    let red = anstyle::Style::new()
        .bold()
        .fg_color(Some(anstyle::AnsiColor::Red.into()));
    for problem in problems {
        writeln!(out, "{red}error:{red:#} {problem}\n")?;
    }
    let count = problems.len();
    writeln!(
        out,
        "{count} problem{} in the configuration",
        if count == 1 { "" } else { "s" }
    )
}

/// The caps of a role, for machines.
fn capped(role: &Role) -> (String, serde_json::Value) {
    (
        role.name().to_string(),
        portcullis_admin::roles::caps(role.caps()),
    )
}

/// The caps of a role, for people; nothing where it has none.
fn tell_caps(out: &mut impl std::io::Write, role: &Role) -> std::io::Result<()> {
    if role.caps().iter().next().is_none() {
        return Ok(());
    }
    writeln!(out, "role {}: caps {}", role.name(), role.caps())
}

/// What an upstream is taken for, for people.
fn tell(out: &mut impl std::io::Write, upstream: &UpstreamConfig) -> std::io::Result<()> {
    let name = &upstream.name;
    let Some(profile) = upstream.profile else {
        return writeln!(
            out,
            "{name}: profile `auto`: found by the version that it tells, else as usual"
        );
    };
    let secrets = if profile.keys_only {
        "API keys only"
    } else {
        "API keys or passwords"
    };
    writeln!(
        out,
        "{name}: profile `{profile}`: {} connections, requests up to {} MiB, {secrets}",
        connections(upstream),
        upstream.request.unwrap_or(profile.request) >> 20
    )?;
    for quirk in &profile.quirks {
        writeln!(out, "{name}: {}", quirk.words())?;
    }
    Ok(())
}

/// Whether a connection serves further requests.
fn connections(upstream: &UpstreamConfig) -> &'static str {
    if upstream.keep_alive { "kept" } else { "fresh" }
}

fn described(upstream: &UpstreamConfig) -> serde_json::Value {
    let quirks = upstream.profile.iter().flat_map(|profile| &profile.quirks);
    serde_json::json!({
        "name": upstream.name.as_str(),
        "profile": upstream.profile.map_or("auto", |profile| profile.name),
        "database": upstream.database.as_str(),
        "connections": connections(upstream),
        "request-bytes": upstream.request.or(upstream.profile.map(|profile| profile.request)),
        "keys-only": upstream.profile.is_some_and(|profile: &Profile| profile.keys_only),
        "quirks": quirks.map(|quirk| quirk.words()).collect::<Vec<_>>(),
    })
}
