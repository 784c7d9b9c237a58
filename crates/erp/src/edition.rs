//! Which edition of a record is meant: what `ETag` and `If-Match` are made of.

/// What a caller says of the edition of the one record that it asks for.
///
/// Both ERPs stamp a record with the moment of its last change ([`Edition::ODOO`],
/// [`Edition::FRAPPE`]); that stamp, as the ERP writes it, is the edition.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Edition {
    /// Nothing.
    #[default]
    Any,
    /// The answer should tell it, if the caller may see it at all.
    Told,
    /// The call may be done only if the record is in one of these.
    Seen(Vec<Box<str>>),
}

impl Edition {
    /// The field that holds it in Odoo, to the second.
    pub const ODOO: &str = "write_date";
    /// The field that holds it in Frappe, to the microsecond.
    pub const FRAPPE: &str = "modified";
}
