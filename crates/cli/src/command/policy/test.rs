//! `policy test`: decisions that are expected, as data files.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use portcullis_identity::UpstreamName;
use portcullis_policy::{Decision, UserFacts};
use serde::Deserialize;
use serde_json::{Value, json};

use super::call;
use super::known::{self, Erp};
use super::who::{self, Who};
use crate::show;

#[derive(clap::Args)]
pub(crate) struct TestArgs {
    /// The files, TOML or JSON
    #[arg(required = true)]
    files: Vec<PathBuf>,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// A file. Paths in it are relative to it.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Suite {
    roles: Vec<PathBuf>,
    schema: Option<PathBuf>,
    erp: Option<Erp>,
    upstream: Option<UpstreamName>,
    #[serde(default)]
    user: User,
    case: Vec<Case>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct User {
    uid: Option<i64>,
    name: Option<String>,
    partner: Option<i64>,
    #[serde(default)]
    companies: Vec<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Case {
    name: String,
    call: Value,
    expect: Expected,
    /// The rule that allows it.
    rule: Option<String>,
    /// Why it is refused.
    reason: Option<String>,
    dialect: Option<String>,
    address: Option<std::net::IpAddr>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Expected {
    Allow,
    Refuse,
}

/// A decision that is another than the expected one.
struct Wrong {
    file: PathBuf,
    case: String,
    what: String,
}

/// Runs `policy test`.
pub(crate) fn run(args: &TestArgs) -> anyhow::Result<ExitCode> {
    let mut wrong = Vec::new();
    let mut count = 0;
    for file in &args.files {
        count += judge(file, &mut wrong).with_context(|| format!("`{}`", file.display()))?;
    }
    if args.json {
        let wrong = wrong
            .iter()
            .map(|wrong| json!({ "file": wrong.file, "case": wrong.case, "what": wrong.what }));
        show::json(&json!({ "cases": count, "wrong": wrong.collect::<Vec<_>>() }))?;
    } else {
        for wrong in &wrong {
            let file = wrong.file.display();
            show::line(&format!("{file}: {}: {}", wrong.case, wrong.what))?;
        }
        let right = count - wrong.len();
        show::line(&format!("{right} of {count} decisions are as expected"))?;
    }
    Ok(if wrong.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(1)
    })
}

/// Judges the cases of a file; answers how many there are.
fn judge(file: &Path, wrong: &mut Vec<Wrong>) -> anyhow::Result<usize> {
    let text = std::fs::read_to_string(file)?;
    let is_json = file.extension().is_some_and(|ending| ending == "json");
    let suite: Suite = if is_json {
        serde_json::from_str(&text)?
    } else {
        toml::from_str(&text)?
    };
    let folder = file.parent().unwrap_or(Path::new(""));
    let schema = suite.schema.map(|path| folder.join(path));
    let (family, schema) = known::find(schema.as_deref(), suite.erp)?;
    let roles: anyhow::Result<Vec<_>> = suite
        .roles
        .iter()
        .map(|path| who::role_of(&folder.join(path)))
        .collect();
    let upstream = match suite.upstream {
        Some(upstream) => upstream,
        None => UpstreamName::new("erp")?,
    };
    let user = UserFacts {
        name: suite.user.name,
        partner_id: suite.user.partner,
        company_ids: suite.user.companies,
    };
    let who = Who::of(roles?, upstream)?.running_as(suite.user.uid, user);
    let schema = who.knowing(schema);
    let count = suite.case.len();
    for case in suite.case {
        let asked = call::value_of(&case.call).and_then(|value| call::read(&value, family));
        let asked = asked.with_context(|| format!("case `{}`", case.name))?;
        let mut question = who.asks(family, &schema, asked);
        if let Some(name) = &case.dialect {
            let dialect = who::dialect(name).map_err(|error| anyhow::anyhow!(error));
            question.dialect = dialect.with_context(|| format!("case `{}`", case.name))?;
        }
        question.address = case.address.unwrap_or(question.address);
        if let Some(what) = differs(&case, who.policy.judge(question)) {
            wrong.push(Wrong {
                file: file.to_owned(),
                case: case.name,
                what,
            });
        }
    }
    Ok(count)
}

/// In what a decision is another than the expected one.
fn differs(case: &Case, decision: Decision) -> Option<String> {
    match (case.expect, decision) {
        (Expected::Allow, Decision::Allow(permit)) => {
            let rule = case.rule.as_deref()?;
            let differs = rule != permit.rule();
            differs.then(|| format!("allowed by `{}`, not by `{rule}`", permit.rule()))
        }
        (Expected::Refuse, Decision::Refuse(no)) => {
            if let Some(model) = no.wants() {
                return Some(format!("unknown: the fields of `{model}` are needed"));
            }
            if no.wants_user() {
                return Some("unknown: `user` must say who the ERP user is".to_owned());
            }
            let reason = case.reason.as_deref()?;
            let differs = reason != no.reason.as_str();
            differs.then(|| {
                let (found, advice) = (no.reason.as_str(), &no.advice);
                format!("refused for `{found}`, not for `{reason}`: {advice}")
            })
        }
        (Expected::Refuse, Decision::Allow(permit)) => {
            Some(format!("allowed by `{}`", permit.rule()))
        }
        (Expected::Allow, Decision::Refuse(no)) => {
            Some(format!("refused ({}): {}", no.reason.as_str(), no.advice))
        }
    }
}
