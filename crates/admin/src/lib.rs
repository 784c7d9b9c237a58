//! What administrators do: the operations, which the command line and the administrative API
//! share, and the API itself, on a listener of its own.
//!
//! A request to the API goes a short road (`api::pass`): where it came from, who it is
//! (`identify`), whether that may be done (`may`), what is to be done (`routes`), the record of
//! it, and then the act itself.
#![warn(missing_docs)]

pub mod administrators;
pub mod api;
pub mod approvals;
pub mod chance;
pub mod errand;
pub mod identify;
pub mod installation;
pub mod keys;
pub mod listener;
pub mod log_ins;
pub mod may;
pub mod part;
pub mod programs;
pub mod record;
pub mod record_rules;
pub mod refusal;
pub mod roles;
pub mod routes;
pub mod sessions;
pub mod users;

pub use installation::Installation;
pub use refusal::Refusal;
