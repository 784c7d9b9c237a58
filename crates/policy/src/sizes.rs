//! How long the lists in a call may be. Judging takes time for each member, and so does the ERP.

/// Things to group by, lists of them, and aggregates.
pub(crate) const GROUPS: usize = 64;
/// Parts of an order.
pub(crate) const ORDER: usize = 32;
/// Fields that are named in one argument, and values of one record or row.
pub(crate) const FIELDS: usize = 1_000;
/// Records, rows of a table, commands on links.
pub(crate) const RECORDS: usize = 10_000;

/// Rows of a page, where neither the call nor the rule says less. Frappe has no such cap.
pub(crate) const PAGE: u32 = 1_000;

/// What is said of a list that is too long: to the caller and to the operator.
pub(crate) fn too_many(what: &str, most: usize) -> (String, String) {
    (
        format!("The argument `{what}` is too long: at most {most} at once. Ask in several calls."),
        format!("`{what}` holds more than {most}, which is the most that is judged"),
    )
}
