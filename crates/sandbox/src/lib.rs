//! Embedded look-alikes of Odoo and ERPNext.
//!
//! They are what `portcullis demo` shows and what the tests of the gateway stand on: an
//! embedded default and a test double, not a replacement of either ERP. Each is a state
//! machine from the bytes of a request to the bytes of an answer ([`Handler`]); [`serve`] puts
//! one on a socket. Every answer carries `X-Portcullis-Sandbox`, so that nobody mistakes one
//! for the real thing.

mod clock;
pub mod erpnext;
pub mod http;
pub mod odoo;
mod serve;
mod upstream_log;

pub use http::{Handler, Request, Response, Seen};
pub use serve::{Running, serve};
pub use upstream_log::UpstreamLog;
