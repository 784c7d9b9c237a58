//! How what was installed is shown.

use std::process::ExitCode;

use portcullis_admin::record_rules::{Checked, Deed, Outcome, Seen, Step, modes};
use portcullis_identity::UpstreamName;
use portcullis_policy::Mode;
use serde_json::{Value, json};

use crate::show;

/// Whether it was done, would be, or is there.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Tense {
    Was,
    Would,
    Is,
}

/// Shows all of it; 1 where somebody should look.
pub(super) fn show(
    upstream: &UpstreamName,
    outcome: &Outcome,
    as_json: bool,
    tense: Tense,
) -> anyhow::Result<ExitCode> {
    if as_json {
        show::json(&told(upstream, outcome, tense))?;
    } else {
        tables(outcome, tense)?;
    }
    Ok(if outcome.is_wanting() {
        ExitCode::from(1)
    } else {
        ExitCode::SUCCESS
    })
}

fn tables(outcome: &Outcome, tense: Tense) -> anyhow::Result<()> {
    let mut rules = show::table(&["user", "model", "for", "roles", "rule", "what"]);
    for step in &outcome.steps {
        rules.add_row([
            step.login.as_str().into(),
            step.model.as_str().into(),
            modes(&step.modes).into(),
            listed(step).join(", ").into(),
            step.id.map_or_else(String::new, |id| id.to_string()).into(),
            what(step, tense),
        ]);
    }
    show::print(&rules, "there is no rule to speak of")?;
    if tense == Tense::Would {
        for step in &outcome.steps {
            show::line(&format!("\n{} for {}:", step.model, step.login))?;
            show::line(&step.text)?;
        }
    }
    for step in &outcome.steps {
        if let Some(why) = &step.why {
            let what = if step.deed == Deed::Stay {
                "left there"
            } else {
                "not installed"
            };
            show::aside(&format!(
                "{what} for `{}` on {}: {why}",
                step.login, step.model
            ))?;
        }
        if step.deed == Deed::Leave && tense != Tense::Is {
            show::aside(&format!(
                "a rule for `{}` on {} was changed by hand and is left as it is; --force makes it ours again",
                step.login, step.model
            ))?;
        }
    }
    for (login, left) in &outcome.left {
        let model = left
            .model
            .as_ref()
            .map_or("every model", |model| model.as_str());
        show::aside(&format!(
            "not installed for `{login}` on {model} ({}), because of `{}`: {}",
            modes(&left.modes),
            left.rule,
            left.because
        ))?;
    }
    for (login, warning) in &outcome.warnings {
        show::aside(&format!("`{login}`: {warning}"))?;
    }
    if !outcome.checked.is_empty() {
        let mut checked = show::table(&["user", "model", "records beyond the rule"]);
        for one in &outcome.checked {
            checked.add_row([
                one.login.to_string().into(),
                one.model.as_str().into(),
                seen(one),
            ]);
        }
        show::line("")?;
        show::print(&checked, "")?;
    }
    let lays = |step: &Step| !matches!(step.deed, Deed::Remove | Deed::Leave);
    if tense != Tense::Is && outcome.steps.iter().any(lays) {
        show::aside(
            "record rules are of records only: fields, methods and values stay with the gateway",
        )?;
    }
    Ok(())
}

fn listed(step: &Step) -> Vec<String> {
    step.roles.iter().map(ToString::to_string).collect()
}

/// What becomes of a rule, in a cell.
fn what(step: &Step, tense: Tense) -> comfy_table::Cell {
    let word = step.deed.as_str();
    match (step.deed, tense) {
        (Deed::Make | Deed::Change | Deed::Remove, Tense::Would) => {
            show::doubtful(format!("would be {word}"))
        }
        (Deed::Make | Deed::Change | Deed::Keep | Deed::Remove, _) => show::good(word),
        (Deed::Leave | Deed::Stay, _) => show::doubtful(word),
        (Deed::Refused | Deed::Lost, _) => show::bad(word),
    }
}

fn seen(checked: &Checked) -> comfy_table::Cell {
    match &checked.seen {
        Seen::Beyond(0) => show::good("none"),
        Seen::Beyond(count) => show::bad(count),
        Seen::Nothing => show::good("it may not read the model at all"),
        Seen::Broken(said) => show::bad(said),
        Seen::Unasked(why) => show::doubtful(format!("not asked: {why}")),
    }
}

fn told(upstream: &UpstreamName, outcome: &Outcome, tense: Tense) -> Value {
    let names = |modes: &std::collections::BTreeSet<Mode>| -> Vec<&'static str> {
        modes.iter().map(|mode| mode.as_str()).collect()
    };
    let rules = outcome.steps.iter().map(|step| {
        json!({
            "id": step.id,
            "user": step.login,
            "model": step.model,
            "operations": names(&step.modes),
            "roles": listed(step),
            "what": step.deed.as_str(),
            "domain": step.text,
            "why": step.why,
        })
    });
    let left = outcome.left.iter().map(|(login, left)| {
        json!({
            "user": login,
            "model": left.model.as_ref().map(ToString::to_string),
            "operations": names(&left.modes),
            "rule": left.rule,
            "because": left.because,
            "prevents": left.prevents,
        })
    });
    let warnings = outcome.warnings.iter();
    let warnings = warnings.map(|(login, warning)| json!({"user": login, "warning": warning}));
    let checked = outcome.checked.iter().map(|one| {
        let (beyond, why) = match &one.seen {
            Seen::Beyond(count) => (Some(*count), None),
            Seen::Nothing => (Some(0), Some("it may not read the model at all".to_owned())),
            Seen::Broken(said) | Seen::Unasked(said) => (None, Some(said.clone())),
        };
        json!({"user": one.login, "model": one.model, "beyond": beyond, "why": why})
    });
    json!({
        "upstream": upstream,
        "dry-run": tense == Tense::Would,
        "rules": rules.collect::<Vec<_>>(),
        "not-installed": left.collect::<Vec<_>>(),
        "warnings": warnings.collect::<Vec<_>>(),
        "checked": checked.collect::<Vec<_>>(),
    })
}
