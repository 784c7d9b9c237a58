//! Methods that only a rule knows: by their dotted names, methods of a document (`run_method`)
//! by their plain ones, functions of a DocType's module as `doctype.{name}`.

use portcullis_erp::{Call, Method, Shape, Value};

use super::reports;
use super::view::{Aim, FrappeView};
use crate::after::Does;
use crate::bench::{Bench, Held, No, no_access};
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
        let listed =
            listed && (runs_what_is_listed(&held, &call) || !Protection::FrappeMethods.is_on());
        if private || !listed || (dangerous && !names(&held, &call.model)) {
            continue;
        }
        let runs = reports::runs_what_is_named(held.rule, &call);
        if !runs && Protection::FrappeMethods.is_on() {
            first_no = first_no.or(Some(unnamed_report(&held, &call)));
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

fn unnamed_report(held: &Held<'_>, call: &Call) -> No {
    let advice = "the report must be named in `reports` of the rule, and be given filters only";
    let mut no = no_access(&call.model, Reason::Argument, advice);
    no.rule = Some(held.full_name());
    no
}

fn attempt(view: &FrappeView<'_>, call: &Call) -> Result<Permit, No> {
    if view.held.pins.company.is_some() {
        return Err(view.pinned());
    }
    if Protection::FrappeMethods.is_on() && danger::shows(call.method.as_str(), Family::Frappe) {
        let rules = view.bench.rules(&call.model, Operation::Read, None);
        let reads_all = rules.into_iter().any(|held| {
            let view = FrappeView { held, ..*view };
            view.is_unrestricted()
        });
        if !reads_all {
            return Err(view.refuse(
                Reason::HiddenByData,
                format!(
                    "This key may not use `{}` of `{}`. Read the documents instead.",
                    call.method, call.model
                ),
                "the function answers values whatever is hidden: a rule without a domain must open all fields of the DocType for reading",
            ));
        }
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
        Some(name) => view.guard(name, Aim::Does(Does::Acts))?,
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

/// Functions that run another one, which an argument names: that one must be listed as well.
const RUNNING: &[&str] = &[
    "run_doc_method",
    "runserverobj",
    "make_mapped_doc",
    "map_docs",
];

fn runs_what_is_listed(held: &Held<'_>, call: &Call) -> bool {
    let method = call.method.as_str();
    let last = method.rsplit('.').next().unwrap_or(method);
    if !RUNNING.contains(&last) {
        return true;
    }
    let named = call.named.get("method").and_then(Value::as_str);
    let named = named.and_then(|name| Method::new(name).ok());
    // A document that the caller sends along would be taken as it is.
    let sends = ["docs", "doc"].iter().any(|name| {
        call.named
            .get(*name)
            .is_some_and(|value| !value.is_nothing())
    });
    !sends
        && named.is_some_and(|named| {
            held.rule.methods.contains(&named)
                && !named.as_str().split('.').any(|part| part.starts_with('_'))
        })
}
