//! Roles for tests: as wide as a role can be, and some that make the policy rewrite calls.

/// Every model of Odoo, those that must be named too.
pub const ODOO_WIDE: &str = include_str!("roles/odoo-wide.toml");
/// Domains and some fields.
pub const ODOO_NARROW: &str = include_str!("roles/odoo-narrow.toml");
/// Every DocType, those that must be named too.
pub const FRAPPE_WIDE: &str = include_str!("roles/frappe-wide.toml");
/// Filters and some fields.
pub const FRAPPE_NARROW: &str = include_str!("roles/frappe-narrow.toml");
