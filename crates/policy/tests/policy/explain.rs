//! What `policy explain` suggests: it lets the call pass, opens what the call needs, and
//! changes no other cell of the matrix.

mod advice;
mod closure;

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr};

use portcullis_erp::domain::FieldKind;
use portcullis_erp::{Call, Model, Value};
use portcullis_identity::Timestamp;
use portcullis_policy::{
    Cell, Decision, Explanation, Family, Operation, Question, Remedy, Suggestion,
};

use crate::common::{Caller, call, document, json, on, within};
use crate::matrix::{frappe_calls, odoo_calls};
use crate::real;
const COMPANIES: &str = include_str!("../explain/companies.toml");
const ORDERS: &str = include_str!("../explain/orders.toml");

/// It sets a link that it does not show.
const TAGS: &str = include_str!("../explain/tags.toml");
const HIDES: &str = include_str!("../explain/hides.toml");

/// It holds elsewhere: another dialect, another network, another ERP.
const ELSEWHERE: &str = include_str!("../explain/elsewhere.toml");
const CUSTOMERS: &str = include_str!("../explain/customers.toml");

/// Refused calls, with the role that refuses them.
fn refused_calls() -> Vec<(Caller, Call)> {
    let lines = include_str!("../explain/refused.tsv").lines();
    let lines = lines.filter(|line| !line.starts_with('#'));
    lines.map(read).collect()
}

fn read(line: &str) -> (Caller, Call) {
    let parts: Vec<&str> = line.split('\t').collect();
    let [family, role, model, method, on_what, named, context] = parts.as_slice() else {
        panic!("{line}")
    };
    let role = match *role {
        "companies" => COMPANIES,
        "orders" => ORDERS,
        "tags" => TAGS,
        "hides" => HIDES,
        "elsewhere" => ELSEWHERE,
        "customers" => CUSTOMERS,
        other => panic!("{other}"),
    };
    let asked = match (*family, *on_what) {
        (_, "") => call(model, method, named),
        ("odoo", ids) => {
            let ids: Vec<i64> = ids.split(',').map(|id| id.parse().expect(id)).collect();
            on(model, method, &ids, named)
        }
        (_, name) => document(model, method, name, named),
    };
    let family = match *family {
        "odoo" => Family::Odoo,
        _ => Family::Frappe,
    };
    (caller(role, family), within(asked, context))
}

fn caller(role: &str, family: Family) -> Caller {
    let mut caller = Caller::new(&[("tested", role)], family);
    if family == Family::Frappe {
        caller.schema = real::erpnext();
    }
    caller
}

fn explained(caller: &Caller, asked: &Call) -> Explanation {
    caller.policy.explain(&Question {
        principal: &caller.principal,
        upstream: &caller.upstream,
        family: caller.family,
        dialect: caller.dialect,
        address: IpAddr::V4(Ipv4Addr::LOCALHOST),
        now: Timestamp(0),
        schema: &caller.schema,
        uid: Some(7),
        login: caller.principal.erp_login(),
        edition: caller.edition.clone(),
        call: asked.clone(),
    })
}

#[track_caller]
fn suggested(caller: &Caller, asked: &Call) -> Suggestion {
    match explained(caller, asked).remedy {
        Some(Remedy::Suggestion(suggestion)) => suggestion,
        other => panic!("{} {}: {other:?}", asked.model, asked.method),
    }
}

#[track_caller]
fn hopeless(caller: &Caller, asked: &Call) -> String {
    caller.refused(asked);
    match explained(caller, asked).remedy {
        Some(Remedy::None(why)) => why,
        other => panic!("{} {}: {other:?}", asked.model, asked.method),
    }
}

/// The matrix: each call that the printed one has, and each field of each model by itself.
fn cells(caller: &Caller, models: &BTreeSet<String>) -> BTreeMap<Cell, bool> {
    let mut cells: BTreeMap<Cell, bool> = BTreeMap::new();
    let mut put = |model: &str, operation, name: Option<String>, asked: &Call| {
        let allowed = matches!(caller.ask(asked), Decision::Allow(_));
        let cell = Cell {
            model: model.to_owned(),
            operation,
            name,
        };
        *cells.entry(cell).or_default() |= allowed;
    };
    for model in models {
        let calls = match caller.family {
            Family::Odoo => odoo_calls(model),
            Family::Frappe => frappe_calls(model),
        };
        for (at, asked) in calls.iter().enumerate() {
            let operation = done_by(asked);
            put(
                model,
                operation,
                Some(format!("{} #{at}", asked.method)),
                asked,
            );
        }
        let known = caller.schema.model(&Model::new(model).expect("a name"));
        for (name, facts) in known.into_iter().flat_map(|known| &known.fields) {
            let field = name.as_str();
            if field == "id" || (caller.family == Family::Frappe && STANDARD.contains(&field)) {
                continue;
            }
            let value = match facts.kind {
                FieldKind::Many2one | FieldKind::Integer => Value::Int(1),
                FieldKind::Boolean => Value::Bool(true),
                FieldKind::One2many | FieldKind::Many2many if caller.family == Family::Odoo => {
                    json("[[4, 1, 0]]")
                }
                FieldKind::One2many => json("[{}]"),
                FieldKind::Many2many
                | FieldKind::Float
                | FieldKind::Monetary
                | FieldKind::Char
                | FieldKind::Text
                | FieldKind::Html
                | FieldKind::Selection
                | FieldKind::Date
                | FieldKind::Datetime
                | FieldKind::Other => Value::from("x"),
            };
            let one = |value: Value| Value::Map([(field.to_owned(), value)].into_iter().collect());
            let names = || Value::List(vec![Value::from(field)]);
            let (read, create, write) = match caller.family {
                Family::Odoo => (
                    call(model, "search_read", "{}").with("fields", names()),
                    call(model, "create", "{}")
                        .with("vals_list", Value::List(vec![one(value.clone())])),
                    on(model, "write", &[1], "{}").with("vals", one(value)),
                ),
                Family::Frappe => (
                    call(model, "get_list", "{}").with("fields", names()),
                    call(model, "insert", "{}").with("doc", one(value.clone())),
                    document(model, "save", "X", "{}").with("doc", one(value)),
                ),
            };
            for (operation, asked) in [
                (Operation::Read, read),
                (Operation::Create, create),
                (Operation::Write, write),
            ] {
                put(model, operation, Some(field.to_owned()), &asked);
            }
        }
    }
    cells
}

/// Fields that may always be sent, for clients send them back.
const STANDARD: &[&str] = &[
    "name",
    "owner",
    "creation",
    "modified",
    "modified_by",
    "docstatus",
    "idx",
];

/// What a call of the printed matrix does.
fn done_by(asked: &Call) -> Operation {
    match asked.method.as_str() {
        "create" | "name_create" | "copy" | "default_get" | "insert" => {
            match asked.named.get("doc").and_then(Value::as_map) {
                Some(doc) if doc.contains_key("docstatus") => Operation::Submit,
                _ => Operation::Create,
            }
        }
        "write" | "web_save" | "action_archive" | "web_resequence" => Operation::Write,
        "save" => match asked.named.get("doc").and_then(Value::as_map) {
            Some(doc) if doc.contains_key("docstatus") => Operation::Cancel,
            _ => Operation::Write,
        },
        "unlink" | "delete" => Operation::Delete,
        "submit" => Operation::Submit,
        "cancel" => Operation::Cancel,
        "check_access_rights"
            if asked.named.get("operation").and_then(Value::as_str) == Some("unlink") =>
        {
            Operation::Delete
        }
        _ => Operation::Read,
    }
}

/// The call passes; nothing else does that did not, and nothing is refused that was not.
#[track_caller]
fn changes_nothing_else(caller: &Caller, asked: &Call) -> Suggestion {
    let no = caller.refused(asked);
    let suggestion = suggested(caller, asked);
    let policy = suggestion.applied(&caller.policy).expect(&suggestion.toml);
    let after = Caller {
        policy,
        principal: caller.principal.clone(),
        upstream: caller.upstream.clone(),
        family: caller.family,
        dialect: caller.dialect,
        schema: caller.schema.clone(),
        edition: caller.edition.clone(),
    };
    after.allowed(asked);
    let models: BTreeSet<String> = caller
        .schema
        .models()
        .map(|(model, _)| model.to_string())
        .collect();
    let (before, now) = (cells(caller, &models), cells(&after, &models));
    assert_eq!(before.len(), now.len());
    let opens = |model: &str, operation: Operation, name: Option<&str>| {
        suggestion.opens.contains(&Cell {
            model: model.to_owned(),
            operation,
            name: name.map(str::to_owned),
        })
    };
    for (cell, was) in &before {
        if *was == now[cell] {
            continue;
        }
        let Cell {
            model,
            operation,
            name,
        } = cell;
        let name = name.as_deref().expect("cells of this matrix have names");
        let place = format!(
            "{model} {} {name}, {no:?}\n{}",
            operation.as_str(),
            suggestion.toml
        );
        assert!(!was, "refused now: {place}");
        let meant = match name.split_once(" #") {
            // What tells of rights tells of what was opened.
            Some(("fields_get", _)) => suggestion.opens.iter().any(|cell| cell.model == *model),
            Some((method, _)) => {
                opens(model, *operation, None) || opens(model, Operation::Call, Some(method))
            }
            None => opens(model, *operation, Some(name)),
        };
        assert!(meant, "opened as well: {place}");
    }
    suggestion
}

#[test]
fn more_than_fifty_refusals_are_mended_without_opening_anything_else() {
    let mut distinct = BTreeSet::new();
    let mut reasons = BTreeSet::new();
    for (caller, asked) in refused_calls() {
        let no = caller.refused(&asked);
        reasons.insert(no.reason.as_str());
        distinct.insert(asked.canonical());
        changes_nothing_else(&caller, &asked);
    }
    assert!(distinct.len() >= 50, "{}", distinct.len());
    // Every reason that has a remedy.
    let wanted = [
        "no-rule",
        "unknown-method",
        "field",
        "hidden-by-data",
        "write-field",
        "context",
        "link",
        "argument",
    ];
    for reason in wanted {
        assert!(reasons.contains(reason), "{reason} in {reasons:?}");
    }
}
