//! Judging Odoo's calls: the table says what each argument holds, the view says what is open,
//! and the call is rewritten so that it cannot reach further than the rule.

pub(crate) mod after;
pub(crate) mod binding;
pub(crate) mod commands;
pub(crate) mod context;
pub(crate) mod groups;
pub(crate) mod listed;
pub(crate) mod load;
pub(crate) mod mail;
pub(crate) mod search;
pub(crate) mod spec;
pub(crate) mod table;
pub(crate) mod values;
pub(crate) mod view;

mod arguments;
mod export;
mod plan;

use std::collections::BTreeSet;

use portcullis_erp::{Call, Map, Method, Model, RecordId, Shape, Value};

use crate::bench::{Bench, Held, No, no_access};
use crate::caps::Caps;
use crate::danger;
use crate::decision::{Reason, Refusal};
use crate::operation::{Family, Operation};
use crate::permit::{Afters, Permit};
use crate::rule::Models;
use crate::terms::Terms;

use self::arguments::Attempt;
use self::table::{Kind, Known};
use self::view::View;

/// The name under which what everybody may do stands in records.
const EVERYBODY: &str = "everybody/own-context";

/// Judges one call.
pub(crate) fn judge(bench: &Bench<'_>, call: Call) -> Result<Permit, No> {
    let method = call.method.as_str();
    if method.starts_with('_') || method.contains('.') {
        return Err(no_access(
            &call.model,
            Reason::PrivateMethod,
            format!("`{method}` is private to the ERP; nothing can allow it"),
        ));
    }
    if mail::known(method) {
        return mail::judge(bench, call);
    }
    let Some(known) = table::known(call.model.as_str(), method) else {
        return listed::judge(bench, call);
    };
    if known.kind == Kind::OwnContext {
        return own_context(bench, &call);
    }
    let operation = match known.kind {
        Kind::WebSave if call.ids.as_ref().is_none_or(Vec::is_empty) => Operation::Create,
        _ => known.operation,
    };
    if bench.denies(&call.model, operation, Some(&call.method)) {
        return Err(no_access(
            &call.model,
            Reason::Denied,
            "a rule with `deny = true` speaks of this",
        ));
    }
    match known.kind {
        Kind::FieldsGet => return fields_get(bench, call, known),
        Kind::Rights => return rights(bench, call, known),
        _ => {}
    }
    let mut first_no: Option<No> = None;
    for held in bench.rules(&call.model, operation, None) {
        match attempt(bench, held, &call, known, operation) {
            Ok(permit) => return Ok(permit),
            Err(no) if no.wants.is_some() => return Err(no),
            Err(no) => first_no = first_no.or(Some(no)),
        }
    }
    Err(first_no.unwrap_or_else(|| no_rule(bench, &call.model, operation)))
}

fn attempt(
    bench: &Bench<'_>,
    held: Held<'_>,
    call: &Call,
    known: &'static Known,
    operation: Operation,
) -> Result<Permit, No> {
    let view = View::new(bench, held, &call.model)?;
    view.may_send(known.method, operation)?;
    let mut attempt = Attempt::new(view, known, operation, call)?;
    attempt.arguments()?;
    plan::permit(attempt)
}

pub(crate) fn no_rule(bench: &Bench<'_>, model: &Model, operation: Operation) -> No {
    let dangerous = danger::model(model.as_str(), Family::Odoo) && !bench.knows(model);
    no_access(
        model,
        if dangerous {
            Reason::Dangerous
        } else {
            Reason::NoRule
        },
        format!(
            "no rule of the caller's roles allows `{}` on `{model}`; add one{}",
            operation.as_str(),
            if dangerous {
                " that names this model (`*` does not cover it)"
            } else {
                ""
            }
        ),
    )
}

/// The ids of a call, which are numbers in Odoo.
pub(crate) fn numbers(call: &Call) -> Result<Vec<i64>, No> {
    call.ids
        .iter()
        .flatten()
        .map(|id| match id {
            RecordId::Number(id) => Ok(*id),
            RecordId::Name(_) => Err(no_access(
                &call.model,
                Reason::Argument,
                "an id that is no number",
            )),
        })
        .collect()
}

/// Everybody who may do anything may ask for the own language and time zone.
fn own_context(bench: &Bench<'_>, call: &Call) -> Result<Permit, No> {
    if !bench.has_rules()
        || !call.named.is_empty()
        || !call.positional.is_empty()
        || call.ids.as_ref().is_some_and(|ids| !ids.is_empty())
    {
        return Err(no_access(
            &call.model,
            Reason::NoRule,
            "`context_get` takes no arguments here",
        ));
    }
    let mut clean = call.clone();
    clean.context = Map::new();
    clean.ids = None;
    let keys = ["lang", "tz", "uid"].map(str::to_owned);
    Ok(Permit {
        rule: EVERYBODY.to_owned(),
        operation: Operation::Read,
        shape: Shape::default(),
        guards: std::collections::VecDeque::new(),
        call: clean,
        afters: Afters::default(),
        terms: Terms::Values(BTreeSet::from(keys)),
        caps: Caps::default(),
        paged: None,
        would: None,
        approval: false,
    })
}

/// The methods of a model that some rule opens.
pub(crate) fn open_methods(bench: &Bench<'_>, model: &Model) -> BTreeSet<String> {
    let mut open = BTreeSet::new();
    for known in table::all() {
        let Ok(method) = Method::new(known.method) else {
            continue;
        };
        let operations: &[Operation] = match known.kind {
            Kind::FieldsGet => &[Operation::Read, Operation::Create, Operation::Write],
            Kind::Rights => Operation::ALL,
            Kind::WebSave => &[Operation::Create, Operation::Write],
            _ => std::slice::from_ref(&known.operation),
        };
        let allowed = operations.iter().any(|operation| {
            !bench.denies(model, *operation, Some(&method))
                && !bench.rules(model, *operation, None).is_empty()
        });
        if allowed {
            open.insert(known.method.to_owned());
        }
    }
    if !bench.rules(model, Operation::Mail, None).is_empty() {
        open.extend(mail::methods().map(str::to_owned));
    }
    for held in bench.rules(model, Operation::Call, None) {
        let listed = held.rule.methods.iter().filter(|method| {
            let dangerous = danger::method(method.as_str(), Family::Odoo);
            !bench.denies(model, Operation::Call, Some(method))
                && (!dangerous || names(&held, model))
        });
        open.extend(listed.map(ToString::to_string));
    }
    open
}

/// `fields_get` tells of every field that any rule opens for reading or writing. Clients read
/// what it names, so it names nothing that no rule gives.
fn fields_get(bench: &Bench<'_>, call: Call, known: &'static Known) -> Result<Permit, No> {
    let mut open = BTreeSet::new();
    let mut masked = BTreeSet::new();
    let mut first = None;
    for operation in [Operation::Read, Operation::Create, Operation::Write] {
        for held in bench.rules(&call.model, operation, None) {
            let view = View::new(bench, held, &call.model)?;
            for (name, facts) in &view.schema.fields {
                let name = name.as_str();
                // Lists of links to a model that is not open cannot be read, whoever may write
                // them: a client that reads what it was told of would be refused.
                if open.contains(name) || (facts.is_x2many() && !view.links_are_open(facts)?) {
                    continue;
                }
                let shown = match operation {
                    Operation::Read => view.shown(name).map(|(_, mask)| mask),
                    _ => view.writable(name, operation).map(|_| None),
                };
                match shown {
                    Ok(Some(_)) => {
                        masked.insert(name.to_owned());
                    }
                    Ok(None) => {
                        open.insert(name.to_owned());
                    }
                    Err(no) if no.wants.is_some() => return Err(no),
                    Err(_) => {}
                }
            }
            first = first.or(Some(view));
        }
    }
    // What another rule opens as it is, is told so.
    masked.retain(|name| !open.contains(name));
    open.extend(masked.iter().cloned());
    let Some(view) = first else {
        return Err(no_rule(bench, &call.model, Operation::Read));
    };
    let mut attempt = Attempt::new(view, known, Operation::Read, &call)?;
    attempt.arguments()?;
    let names: Vec<String> = match attempt.call.named.get("allfields") {
        Some(Value::List(names)) if !names.is_empty() => names
            .iter()
            .filter_map(|name| {
                name.as_str()
                    .filter(|name| open.contains(*name))
                    .map(str::to_owned)
            })
            .collect(),
        _ => open.iter().cloned().collect(),
    };
    // An empty list would mean all fields.
    let asked = if names.is_empty() {
        vec!["id".to_owned()]
    } else {
        names.clone()
    };
    let asked = asked.into_iter().map(Value::from).collect();
    attempt
        .call
        .named
        .insert("allfields".to_owned(), Value::List(asked));
    Ok(attempt.permit(Terms::FieldsGet {
        fields: names.into_iter().collect(),
        masked,
    }))
}

/// `check_access_rights`: what the ERP says and the role says.
fn rights(bench: &Bench<'_>, call: Call, known: &'static Known) -> Result<Permit, No> {
    let held = Operation::ALL
        .iter()
        .find_map(|operation| bench.rules(&call.model, *operation, None).first().copied());
    let Some(held) = held else {
        return Err(no_rule(bench, &call.model, Operation::Read));
    };
    let view = View::new(bench, held, &call.model)?;
    let mut attempt = Attempt::new(view, known, Operation::Read, &call)?;
    attempt.arguments()?;
    let asked = attempt.access.ok_or_else(|| {
        view.refuse(
            Reason::Argument,
            "Name the operation: read, write, create or unlink.",
            "`operation` is missing",
        )
    })?;
    let role_says = !bench.rules(&call.model, asked, None).is_empty();
    let raises = attempt
        .call
        .named
        .get("raise_exception")
        .is_none_or(|raise| !raise.is_nothing());
    if !role_says && raises {
        return Err(no_rule(bench, &call.model, asked));
    }
    Ok(attempt.permit(Terms::Whether { role_says }))
}

/// Whether a rule names this model itself.
pub(crate) fn names(held: &Held<'_>, model: &Model) -> bool {
    match &held.rule.models {
        Models::All => false,
        Models::Named(models) => models.contains(model),
    }
}

/// A refusal of an argument that cannot be judged.
pub(crate) fn bad_argument(view: &View<'_>, argument: &str) -> No {
    Box::new(
        Refusal::new(
            Reason::Argument,
            portcullis_erp::Fault::new(
                portcullis_erp::FaultKind::BadArguments,
                format!("The argument `{argument}` cannot be allowed here. Leave it out, or give it in its plain form."),
            ),
            format!("the argument `{argument}` is not known or not of a form that can be judged"),
        )
        .under(&view.held.full_name()),
    )
}
