//! Methods that only a rule knows: by their dotted names, methods of a document (`run_method`)
//! by their plain ones, functions of a DocType's module as `doctype.{name}`.

use portcullis_erp::{Call, Shape};

use super::view::FrappeView;
use crate::bench::{Bench, No, no_access};
use crate::danger;
use crate::decision::Reason;
use crate::egress;
use crate::odoo::names;
use crate::odoo::search::is_scalar;
use crate::operation::{Family, Operation};
use crate::permit::Permit;
use crate::protection::Protection;
use crate::rule::Arguments;
use crate::terms::Terms;

/// Arguments that name something else to be run or judged.
const NEVER: &[&str] = &["cmd", "run_method", "ignore_permissions", "flags"];

pub(super) fn judge(bench: &Bench<'_>, call: Call) -> Result<Permit, No> {
    if bench.denies(&call.model, Operation::Call, Some(&call.method)) {
        return Err(no_access(
            &call.model,
            Reason::Denied,
            "a rule with `deny = true` speaks of this",
        ));
    }
    let private = call
        .method
        .as_str()
        .split('.')
        .any(|part| part.starts_with('_'));
    let dangerous = danger::method(call.method.as_str(), Family::Frappe);
    let mut first_no: Option<No> = None;
    for held in bench.rules(&call.model, Operation::Call, None) {
        let listed = held.rule.methods.contains(&call.method) || !Protection::FrappeMethods.is_on();
        if private || !listed || (dangerous && !names(&held, &call.model)) {
            continue;
        }
        let view = FrappeView {
            bench,
            held,
            model: &call.model,
        };
        match attempt(&view, &call) {
            Ok(permit) => return Ok(permit),
            Err(no) if no.wants.is_some() => return Err(no),
            Err(no) => first_no = first_no.or(Some(no)),
        }
    }
    Err(first_no.unwrap_or_else(|| {
        no_access(
            &call.model,
            match (private, dangerous) {
                (true, _) => Reason::PrivateMethod,
                (_, true) => Reason::Dangerous,
                _ => Reason::UnknownMethod,
            },
            format!("no rule lists `{}`; add it to `methods` of a rule with operation `call` that names `{}`", call.method, call.model),
        )
    }))
}

fn attempt(view: &FrappeView<'_>, call: &Call) -> Result<Permit, No> {
    if view.held.pins.company.is_some() {
        return Err(view.pinned());
    }
    view.may_send(
        egress::method(call.method.as_str(), Family::Frappe)
            || egress::model(view.model.as_str(), Family::Frappe),
    )?;
    let any = view.held.rule.arguments == Arguments::Any;
    for (name, value) in &call.named {
        if NEVER.contains(&name.as_str()) || (!any && !is_scalar(value)) {
            return Err(view.bad_argument(name));
        }
    }
    if !call.positional.is_empty() || !call.context.is_empty() {
        return Err(view.bad_argument("positional"));
    }
    let guard = match super::one_name(call) {
        Some(name) => view.guard(name, false)?,
        None if call.ids.is_some() => return Err(view.bad_argument("name")),
        None => None,
    };
    if view.held.rule.domain.is_some() && call.ids.is_none() {
        return Err(view.refuse(
            Reason::Argument,
            format!(
                "This key may not do this with `{}`. Ask whoever gave you the key.",
                view.model
            ),
            "the rule has a domain, which a method of this kind cannot be bound to",
        ));
    }
    let shape = Shape {
        fields: call.named.keys().cloned().collect(),
        ids: call.ids.as_ref().map_or(0, Vec::len),
        ..Shape::default()
    };
    let terms = if any { Terms::Anything } else { Terms::Single };
    Ok(view.permit(Operation::Call, shape, guard, call.clone(), terms))
}
