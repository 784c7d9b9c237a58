//! Functions that run a report of Frappe, which an argument names. A report answers values of
//! whatever DocTypes it likes, so that the rule must name it (`reports`).

use portcullis_erp::value::from_json;
use portcullis_erp::{Call, Limits, Method, Value};

use crate::rule::Rule;

/// The functions, by what they begin with.
const RUNNERS: &str = "frappe.desk.query_report.";

/// What they may be given. `custom_columns` would add fields of any DocType, `user` let the report
/// run for somebody else.
const ARGUMENTS: &[&str] = &[
    "report_name",
    "filters",
    "ignore_prepared_report",
    "is_tree",
    "parent_field",
    "are_default_filters",
    "file_format_type",
    "include_indentation",
    "include_filters",
    "visible_idx",
];

/// Whether a method runs a report.
pub(crate) fn is_runner(method: &Method) -> bool {
    method.as_str().starts_with(RUNNERS)
}

/// The report that a call runs.
pub(crate) fn named(call: &Call) -> Option<String> {
    let name = call.named.get("report_name").and_then(Value::as_str);
    name.filter(|_| is_runner(&call.method)).map(str::to_owned)
}

/// Whether a call that runs a report runs one that the rule names, and says nothing else that is
/// not known.
pub(super) fn runs_what_is_named(rule: &Rule, call: &Call) -> bool {
    if !is_runner(&call.method) {
        return true;
    }
    named(call).is_some_and(|name| rule.reports.contains(&name))
        && !call.named.get("filters").is_some_and(names_another)
        && call
            .named
            .keys()
            .all(|name| ARGUMENTS.contains(&name.as_str()))
}

/// A filter by which Frappe answers what somebody prepared before, whatever report that was of.
const PREPARED: &str = "prepared_report_name";

/// Whether filters (a map, or its JSON as text) name what a report prepared before.
fn names_another(filters: &Value) -> bool {
    match filters {
        Value::Map(filters) => filters.contains_key(PREPARED),
        // However its letters are escaped: what cannot be read is not sent.
        Value::Text(text) if text.trim().is_empty() => false,
        Value::Text(text) => match from_json(text.as_bytes(), &Limits::default()) {
            Ok(Value::Map(filters)) => filters.contains_key(PREPARED),
            _ => true,
        },
        Value::Null => false,
        _ => true,
    }
}
