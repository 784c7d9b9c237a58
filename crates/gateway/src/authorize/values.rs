//! Do the values fit their fields? Looked at once a call is allowed, before the ERP is asked.

use portcullis_erp::{Call, Dialect, Fault, Model};
use portcullis_policy::{Family, Fit, Schema};

use crate::upstream::Upstream;

/// The DocType that must be known before the values of a call can be looked at.
pub(super) fn unknown<'c>(
    call: &'c Call,
    dialect: Dialect,
    upstream: &Upstream,
    schema: &Schema,
) -> Option<&'c Model> {
    let filters = call.method.as_str() == "get_list" && call.named.contains_key("filters");
    let wanted = (filters || matches!(call.method.as_str(), "insert" | "save"))
        && dialect == Dialect::Rest
        && upstream.family() == Family::Frappe
        && schema.model(&call.model).is_none()
        && !schema.is_absent(&call.model);
    wanted.then_some(&call.model)
}

/// The first value that does not fit.
pub(super) fn unfit(
    call: &Call,
    dialect: Dialect,
    upstream: &Upstream,
    schema: &Schema,
) -> Option<Fault> {
    let fit = if dialect == Dialect::Rest {
        Fit::Exact
    } else {
        Fit::Lenient
    };
    portcullis_policy::unfit(call, schema, upstream.family(), fit)
}
