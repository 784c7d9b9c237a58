//! Writers who move records out of a rule between its guard and the call: how often they come
//! through, and what is written down of it.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a test fails by panicking, also in what its cases share, and says what it did"
)]

mod frappe;
mod hook;
mod odoo;
mod site;
mod turns;
