//! The Odoo look-alike.
