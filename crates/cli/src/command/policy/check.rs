//! `policy check`: what is wrong with role files, and what may be.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use portcullis_gateway::config::Problem;
use portcullis_identity::RoleName;
use portcullis_policy::{Finding, FindingKind, Role};
use serde_json::Value;

use super::known::{self, Erp};
use crate::command::check;
use crate::show;

#[derive(clap::Args)]
pub(crate) struct CheckArgs {
    /// The role files
    #[arg(required = true)]
    files: Vec<PathBuf>,

    /// What the ERP answers to `fields_get`, or the metas of its `DocTypes`, by model: names are
    /// held against it
    #[arg(long, value_name = "FILE")]
    schema: Option<PathBuf>,

    /// Which kind of ERP, where the schema is not to tell it
    #[arg(long, value_enum, requires = "schema")]
    erp: Option<Erp>,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Runs `policy check`: 2 where a role cannot be read, 1 where there are findings.
pub(crate) fn run(args: &CheckArgs) -> anyhow::Result<ExitCode> {
    let known = match &args.schema {
        Some(path) => Some(known::find(Some(path), args.erp)?),
        None => None,
    };
    let mut problems = Vec::new();
    let mut findings = Vec::new();
    for file in &args.files {
        let text = std::fs::read_to_string(file)
            .with_context(|| format!("the role file {} cannot be read", file.display()))?;
        let stem = file.file_stem().and_then(|stem| stem.to_str());
        let name = RoleName::new(stem.unwrap_or_default())
            .with_context(|| format!("the name of {} is no role's name", file.display()))?;
        match Role::from_toml(name, &text) {
            Err(errors) => problems.extend(
                errors
                    .into_iter()
                    .map(|error| Problem::at(file, &text, error.line, error.column, error.message)),
            ),
            Ok(role) => {
                let known = known.as_ref().map(|(family, schema)| (*family, schema));
                let found = role.lint(known);
                findings.extend(found.into_iter().map(|found| placed(file, &text, found)));
            }
        }
    }
    if args.json {
        let told = |problems: &[Problem]| -> Vec<Value> {
            problems.iter().map(Problem::to_json).collect()
        };
        show::json(&serde_json::json!({
            "problems": told(&problems),
            "findings": told(&findings),
        }))?;
    } else {
        if !problems.is_empty() {
            check::say(&problems)?;
        }
        warn(&findings)?;
        if problems.is_empty() && findings.is_empty() {
            let count = args.files.len();
            let s = if count == 1 { "" } else { "s" };
            show::line(&format!("{count} role{s}: fine"))?;
        }
    }
    Ok(match (problems.is_empty(), findings.is_empty()) {
        (false, _) => ExitCode::from(2),
        (true, false) => ExitCode::from(1),
        (true, true) => ExitCode::SUCCESS,
    })
}

/// A finding at the name of its rule.
fn placed(file: &Path, text: &str, found: Finding) -> Problem {
    let is_name = |line: &str| {
        let value = line.trim_start().strip_prefix("name").map(str::trim_start);
        let value = value.and_then(|rest| rest.strip_prefix('=')).map(str::trim);
        value.is_some_and(|value| {
            value.starts_with(&format!("\"{}\"", found.rule))
                || value.starts_with(&format!("'{}'", found.rule))
        })
    };
    let is_head = |line: &str| line.trim_start().starts_with(&found.rule);
    let line = match found.kind {
        FindingKind::Monitored => text.lines().position(is_head),
        FindingKind::Unreachable
        | FindingKind::OverWide
        | FindingKind::UnknownModel
        | FindingKind::UnknownField => text.lines().position(is_name),
    };
    let line = line.unwrap_or(0);
    let shown = text.lines().nth(line).unwrap_or_default();
    let column = shown.find(['"', '\'']).unwrap_or(0);
    let message = format!("{} ({})", found.message, found.kind.as_str());
    Problem::at(file, text, line + 1, column + 1, message)
}

/// Says findings on standard error.
fn warn(findings: &[Problem]) -> anyhow::Result<()> {
    let mut out = anstream::stderr();
    let yellow = anstyle::Style::new()
        .bold()
        .fg_color(Some(anstyle::AnsiColor::Yellow.into()));
    for found in findings {
        writeln!(out, "{yellow}warning:{yellow:#} {found}\n")?;
    }
    if !findings.is_empty() {
        let count = findings.len();
        let s = if count == 1 { "" } else { "s" };
        writeln!(out, "{count} finding{s}")?;
    }
    Ok(())
}
