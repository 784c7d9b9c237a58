//! Methods that only a rule knows: listed by name, called on records that the rule opens.

use std::collections::{BTreeSet, VecDeque};

use portcullis_erp::{Call, Model, Shape, Value};

use crate::after::Does;
use crate::bench::{Bench, Held, No, no_access};
use crate::danger;
use crate::decision::Reason;
use crate::odoo::search::is_scalar;
use crate::odoo::view::View;
use crate::odoo::{bad_argument, load, names, numbers};
use crate::operation::{Family, Operation};
use crate::permit::{Afters, Permit};
use crate::protection::Protection;
use crate::rule::Arguments;
use crate::terms::Terms;

/// Judges a call of a method that no table describes.
pub(crate) fn judge(bench: &Bench<'_>, call: Call) -> Result<Permit, No> {
    if bench.denies(&call.model, Operation::Call, Some(&call.method)) {
        return Err(no_access(
            &call.model,
            Reason::Denied,
            "a rule with `deny = true` speaks of this",
        ));
    }
    let dangerous = danger::method(call.method.as_str(), Family::Odoo);
    let mut first_no: Option<No> = None;
    for held in bench.rules(&call.model, Operation::Call, None) {
        let listed = held.rule.methods.contains(&call.method) || !Protection::ListedMethods.is_on();
        if !listed || (dangerous && !names(&held, &call.model)) {
            continue;
        }
        match attempt(bench, held, &call) {
            Ok(permit) => return Ok(permit),
            Err(no) if no.wants.is_some() => return Err(no),
            Err(no) => first_no = first_no.or(Some(no)),
        }
    }
    Err(first_no.unwrap_or_else(|| {
        no_access(
            &call.model,
            if dangerous {
                Reason::Dangerous
            } else {
                Reason::UnknownMethod
            },
            format!(
                "no rule lists `{}`; add it to `methods` of a rule with operation `call`{}",
                call.method,
                if dangerous {
                    " that names the model"
                } else {
                    ""
                }
            ),
        )
    }))
}

fn attempt(bench: &Bench<'_>, held: Held<'_>, call: &Call) -> Result<Permit, No> {
    let view = View::new(bench, held, &call.model)?;
    let ids = call.ids.iter().flatten().count();
    held.at_most("ids", ids, held.records())?;
    let ids = numbers(call)?;
    let mut clean = call.clone();
    clean.context = view.context(&call.context)?;
    let any = held.rule.arguments == Arguments::Any;
    if !any {
        // Without ids, a first number or list of numbers might be the records.
        if let Some(argument) = call.named.iter().find(|(_, value)| !is_scalar(value)) {
            return Err(bad_argument(&view, argument.0));
        }
        if call.positional.iter().any(|value| !is_scalar(value)) {
            return Err(bad_argument(&view, "positional"));
        }
    }
    for (name, value) in &mut clean.named {
        if name == "context" {
            return Err(bad_argument(&view, name));
        }
        view.contexts_within(value)?;
    }
    for value in &mut clean.positional {
        view.contexts_within(value)?;
    }
    if call.method.as_str() == "load" {
        load::columns(bench, &view, call)?;
    }
    // Whoever may call what is not listed is not asked what it shows either.
    if Protection::ListedMethods.is_on()
        && danger::shows(call.method.as_str(), Family::Odoo)
        && !reads_all(bench, &call.model)?
    {
        return Err(view.refuse(
            Reason::HiddenByData,
            format!(
                "This key may not use `{}` of `{}`. Read the records instead.",
                call.method, call.model
            ),
            "the method answers values whatever is hidden: a rule without a domain must open all fields of the model for reading",
        ));
    }
    view.may_send(call.method.as_str(), Operation::Call)?;
    let mut guards = VecDeque::new();
    if let Some(bound) = view.of_sendable_models()? {
        if ids.is_empty() {
            return Err(bad_argument(&view, "ids"));
        }
        let guard = view.guard(&ids, Some(bound), &clean.context)?;
        guards.extend(view.watched(guard, Does::Acts)?);
    } else if view.own_domain()?.is_some() {
        if ids.is_empty() {
            return Err(view.refuse(
                Reason::Argument,
                format!(
                    "`{}` must be called on records with this key: give their ids.",
                    call.method
                ),
                "the rule has a domain, and the call names no records that it could be bound to",
            ));
        }
        let guard = view.guard(&ids, None, &clean.context)?;
        guards.extend(view.watched(guard, Does::Acts)?);
    }
    let shape = Shape {
        fields: BTreeSet::from_iter(call.named.keys().cloned())
            .into_iter()
            .collect(),
        domain: Vec::new(),
        context_keys: call.context.keys().cloned().collect(),
        ids: ids.len(),
        how: Vec::new(),
    };
    debug_assert!(
        any || clean
            .named
            .values()
            .all(|value| !matches!(value, Value::Map(_)))
    );
    Ok(Permit {
        rule: held.full_name(),
        operation: Operation::Call,
        shape,
        guards,
        call: clean,
        afters: Afters::default(),
        terms: if any { Terms::Anything } else { Terms::Single },
        caps: held.caps,
        paged: None,
        would: None,
        approval: false,
    })
}

/// Whether the caller may read every field of every record of a model.
fn reads_all(bench: &Bench<'_>, model: &Model) -> Result<bool, No> {
    for held in bench.rules(model, Operation::Read, None) {
        if View::new(bench, held, model)?.is_unrestricted() {
            return Ok(true);
        }
    }
    Ok(false)
}
