//! Two ERPs that differ only in what a role hides answer everything alike; and what it opens is
//! answered as the ERP answers.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a test fails by panicking, also in what its cases share, and says what it did"
)]

mod frappe;
mod odoo;
mod secrets;
mod timeless;
mod twins;
