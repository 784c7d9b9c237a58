//! Odoo's XML-RPC, `/xmlrpc` and `/xmlrpc/2`.

pub mod codec;
