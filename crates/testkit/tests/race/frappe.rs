//! Ten thousand saves to a Frappe.
