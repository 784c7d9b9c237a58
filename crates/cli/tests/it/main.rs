//! The program as users run it: real processes, real sockets, real dialects.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a test fails by panicking, also in what its cases share"
)]

mod addresses;
mod admin;
mod administrators;
mod approval;
mod archived;
mod caps;
mod credentials;
mod demo;
mod dry_run;
mod escape;
mod flood;
mod foreign;
mod frappe;
mod keeping;
mod keys;
mod kill;
mod ledger;
mod manners;
mod narrow;
mod native;
mod odoo_parsing;
mod odoo_security;
mod once;
mod openapi;
mod people;
mod personal;
mod policy;
mod profiles;
mod raced;
mod record_rules;
mod refusals;
mod relay;
mod replay;
mod rest;
mod revoke;
mod routes;
mod serve;
mod sessions;
mod shared;
mod signing;
mod strangers;
mod terms;
mod throttle;
mod tls;
mod tokens;
mod ways;

/// Waits for what the program does by the clock.
#[expect(
    clippy::disallowed_methods,
    reason = "the program runs in a process of its own, by the real clock"
)]
pub(crate) fn pause(milliseconds: u64) {
    std::thread::sleep(std::time::Duration::from_millis(milliseconds));
}

/// Tries until there is something, for so many milliseconds at the most.
pub(crate) fn within<T>(milliseconds: u64, mut look: impl FnMut() -> Option<T>) -> Option<T> {
    const STEP: u64 = 50;
    (0..=milliseconds / STEP).find_map(|_| {
        let found = look();
        if found.is_none() {
            pause(STEP);
        }
        found
    })
}
