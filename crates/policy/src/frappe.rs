//! Judging Frappe's calls.

use portcullis_erp::{Call, Value};

use crate::bench::{Bench, No, no_access};
use crate::decision::Reason;
use crate::permit::Permit;

/// Judges one call.
pub(crate) fn judge(_bench: &Bench<'_>, call: Call) -> Result<Permit, No> {
    Err(no_access(&call.model, Reason::NoRule, "not judged yet"))
}

/// Reads a rule's domain as Frappe filters that must all hold: `[["field", "op", value], …]`.
pub(crate) fn rule_filters(value: &Value) -> Option<Vec<Value>> {
    let conditions = value.as_list()?;
    let plain = conditions.iter().all(|condition| {
        matches!(condition.as_list(), Some([Value::Text(_), Value::Text(_), _]))
    });
    plain.then(|| conditions.to_vec())
}
