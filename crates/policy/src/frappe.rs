//! Judging Frappe's calls: DocTypes, their fields by name, filters, documents.
//!
//! Frappe does not tell which field is a link and which a table, so nothing is guessed:
//! `table.field` is open only where a rule lists it so, functions and aliases are refused,
//! and a document answers with the fields that are open, whatever was asked.

mod about;
pub(crate) mod copies;
mod documents;
mod files;
mod listed;
mod lists;
pub(crate) mod mail;
mod many;
mod rename;
pub(crate) mod reports;
mod tables;
mod view;

use portcullis_erp::filters::Filters;
use portcullis_erp::{Call, RecordId, Value};

use crate::bench::{Bench, No, no_access};
use crate::decision::Reason;
use crate::operation::Operation;
use crate::permit::Permit;

use self::view::FrappeView;

/// Reads a rule's domain as Frappe filters that must all hold.
pub(crate) fn rule_filters(value: &Value) -> Option<Filters> {
    let conditions = value.as_list()?;
    let plain = conditions
        .iter()
        .all(|condition| matches!(condition.as_list(), Some([_, _, _])));
    if !plain {
        return None;
    }
    Filters::parse(value, &Value::Null).ok()
}

/// What a known method does; none for those that only a rule knows.
pub(crate) fn operation(method: &str) -> Option<Operation> {
    Some(match method {
        "get_list" | "get_count" | "get" | "get_meta" | "download_file" => Operation::Read,
        "frappe.client.get_value"
        | "frappe.client.get_single_value"
        | "frappe.client.has_permission"
        | "frappe.client.validate_link" => Operation::Read,
        "insert" | "insert_many" | "upload_file" => Operation::Create,
        "save" | "bulk_update" | "rename" => Operation::Write,
        "delete" => Operation::Delete,
        "submit" => Operation::Submit,
        "cancel" => Operation::Cancel,
        _ => return None,
    })
}

/// Judges one call.
pub(crate) fn judge(bench: &Bench<'_>, call: Call) -> Result<Permit, No> {
    bench.know(&call.model)?;
    if mail::known(call.method.as_str()) {
        return mail::judge(bench, &call);
    }
    let Some(operation) = operation(call.method.as_str()) else {
        return listed::judge(bench, call);
    };
    if bench.denies(&call.model, operation, Some(&call.method)) {
        return Err(no_access(
            &call.model,
            Reason::Denied,
            "a rule with `deny = true` speaks of this",
        ));
    }
    if matches!(call.method.as_str(), "insert_many" | "bulk_update") {
        return many::judge(bench, call);
    }
    let mut first_no: Option<No> = None;
    for held in bench.rules(&call.model, operation, None) {
        let view = FrappeView {
            bench,
            held,
            model: &call.model,
        };
        let judged = if held.pins.company.is_some() {
            Err(view.pinned())
        } else if !call.positional.is_empty() || !call.context.is_empty() {
            Err(view.bad_argument("positional"))
        } else {
            match call.method.as_str() {
                "get_list" => view.list(&call),
                "get_count" => view.count(&call),
                "get" => view.read(&call),
                "frappe.client.get_value" => view.value(&call),
                "get_meta" => view.meta(&call),
                "download_file" => view.download(&call),
                "frappe.client.get_single_value" => view.single_value(&call),
                "frappe.client.has_permission" => view.whether(&call),
                "frappe.client.validate_link" => view.link(&call),
                "insert" => view.insert(&call),
                "upload_file" => view.upload(&call),
                "save" => view.save(&call),
                "rename" => view.rename(&call),
                _ => view.change(&call, operation),
            }
        };
        match judged {
            Ok(permit) => return Ok(permit),
            Err(no) if no.wants.is_some() => return Err(no),
            Err(no) => first_no = first_no.or(Some(no)),
        }
    }
    Err(first_no.unwrap_or_else(|| {
        no_access(
            &call.model,
            Reason::NoRule,
            format!(
                "no rule of the caller's roles allows `{}` on `{}`; add one",
                operation.as_str(),
                call.model
            ),
        )
    }))
}

/// The one document that a call is on.
fn one_name(call: &Call) -> Option<&str> {
    match call.ids.as_deref() {
        Some([RecordId::Name(name)]) => Some(name),
        _ => None,
    }
}
