//! Embedded look-alikes of Odoo and ERPNext.
