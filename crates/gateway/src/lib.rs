//! The road: a request goes through rooms.
//!
//! [`Gateway::pass`](gateway::Gateway) is the list of the rooms and nothing else. Each room
//! takes the value that the one before made and makes the next; fields are private and values
//! are moved, so that skipping a room does not compile.
//!
//! In the order in which a request meets them: `listener`, `route`, `throttle`, `decode`,
//! `identify`, `authorize`, `limit`, `audit`, `once`, `approve`, `upstream`, `filter`, `respond`.

pub mod approve;
pub mod audit;
pub mod authorize;
pub mod decode;
pub mod filter;
pub mod identify;
pub mod limit;
pub mod listener;
pub mod once;
pub mod respond;
pub mod route;
pub mod throttle;
pub mod upstream;

pub mod denial;
pub mod trail;

pub mod archive;
mod chance;
pub mod clock;
pub mod config;
pub mod control;
pub mod controller;
mod docs;
mod dry_run;
pub mod engine;
pub mod gateway;
pub mod gcra;
pub mod issuers;
pub mod keyring;
mod nonces;
mod openapi;
mod operations;
pub mod origin;
pub mod people;
pub mod renewal;
pub mod secret_from;
pub mod sessions;
pub mod snapshot;
pub mod tls;
pub mod ways;

pub use denial::Denial;
pub use gateway::Gateway;
