//! Odoo search domains: read, bring to one form, evaluate, write.
