//! The one place in this crate that reads a clock.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use portcullis_identity::Timestamp;

/// The wall clock, for records and limits.
#[expect(clippy::disallowed_methods, reason = "this is the clock")]
pub fn now() -> Timestamp {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Timestamp(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}

/// A clock that never goes backwards, for durations.
#[expect(clippy::disallowed_methods, reason = "this is the clock")]
pub(crate) fn stopwatch() -> Stopwatch {
    Stopwatch(Instant::now())
}

/// Measures from the moment it was made.
#[derive(Clone, Copy)]
pub(crate) struct Stopwatch(Instant);

impl Stopwatch {
    pub(crate) fn elapsed(self) -> Duration {
        self.0.elapsed()
    }

    /// Whole microseconds.
    pub(crate) fn micros(self) -> u64 {
        u64::try_from(self.elapsed().as_micros()).unwrap_or(u64::MAX)
    }
}
