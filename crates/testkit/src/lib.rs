//! What the tests share: recorded exchanges with real servers, and what no answer may tell.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "what tests share fails as a test does"
)]

pub mod chance;
pub mod leaks;
pub mod postgres;
pub mod recorded;
pub mod roles;
pub mod services;
pub mod yard;
