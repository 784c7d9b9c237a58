//! One test at a time, for protections are switched for the whole process; and how figures are
//! told.

use std::sync::{Mutex, PoisonError};

use portcullis_policy::Protection;
use portcullis_testkit::yard::in_one_core;

static TURN: Mutex<()> = Mutex::new(());

/// Runs a test with all protections but this one.
pub(crate) fn without(protection: Option<Protection>, test: impl Future<Output = ()>) {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    Protection::switch_off(protection);
    in_one_core(test);
    Protection::switch_off(None);
}

/// The middle one, and the one that 99 of 100 do not exceed.
pub(crate) fn median_and_p99(mut figures: Vec<u64>) -> (u64, u64) {
    figures.sort_unstable();
    let at = |part: usize| {
        let last = figures.len().saturating_sub(1);
        figures.get(last * part / 100).copied().unwrap_or_default()
    };
    (at(50), at(99))
}
