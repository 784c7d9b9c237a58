//! The generic cell rate algorithm, in whole microseconds.
//!
//! One number is kept for each caller: the theoretical arrival time (TAT) of his next request.
//! With `per_minute` requests a minute, each moves the TAT by one interval; a request is
//! admitted while the TAT lies at most `burst` intervals ahead of now.

use std::sync::atomic::{AtomicI64, Ordering};

use portcullis_identity::Timestamp;

const MINUTE: i64 = 60_000_000;

/// How many, how fast.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// Requests a minute in the long run.
    pub per_minute: u32,
    /// Requests at once.
    pub burst: u32,
}

impl Default for Rate {
    /// As often as a key whose limit nobody has set.
    fn default() -> Self {
        Self {
            per_minute: 60,
            burst: 10,
        }
    }
}

/// What a request was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Whether it may go on.
    pub(crate) admitted: bool,
    /// How many more would be admitted right now.
    pub(crate) remaining: u32,
    /// Microseconds until the caller has its whole burst again (admitted), or until one
    /// request would be admitted (refused).
    pub(crate) wait: i64,
}

/// A request that was counted before it was known whether it counts.
#[derive(Debug)]
pub(crate) struct Taken {
    /// Until when it counts.
    until: Timestamp,
    /// Whether none is left after it.
    pub(crate) is_last: bool,
}

impl Rate {
    fn interval(self) -> i64 {
        MINUTE
            .checked_div(i64::from(self.per_minute))
            .unwrap_or(MINUTE)
            .max(1)
    }

    /// Judges a request without counting it.
    pub(crate) fn look(self, cell: &AtomicI64, now: Timestamp) -> Tally {
        self.tally(cell.load(Ordering::Acquire), now).0
    }

    /// Judges a request and counts it if it is admitted.
    pub(crate) fn take(self, cell: &AtomicI64, now: Timestamp) -> Tally {
        self.taken(cell, now).0
    }

    /// Whether the whole burst is there.
    pub(crate) fn is_whole(self, cell: &AtomicI64, now: Timestamp) -> bool {
        cell.load(Ordering::Acquire) <= now.micros()
    }

    /// Counts a request that may be given back, if it is admitted.
    ///
    /// # Errors
    /// When it is not: in how many microseconds one would be.
    pub(crate) fn borrow(self, cell: &AtomicI64, now: Timestamp) -> Result<Taken, i64> {
        let (tally, until) = self.taken(cell, now);
        match tally.admitted {
            true => Ok(Taken {
                until: Timestamp(until),
                is_last: tally.remaining == 0,
            }),
            false => Err(tally.wait),
        }
    }

    /// Gives back what was counted; nothing, where it does not count any more.
    pub(crate) fn give_back(self, cell: &AtomicI64, taken: &Taken, now: Timestamp) {
        if now < taken.until {
            cell.fetch_sub(self.interval(), Ordering::AcqRel);
        }
    }

    /// Judges a request and counts it if it is admitted; answers also until when it counts.
    fn taken(self, cell: &AtomicI64, now: Timestamp) -> (Tally, i64) {
        let mut seen = cell.load(Ordering::Acquire);
        loop {
            let (tally, next) = self.tally(seen, now);
            if !tally.admitted {
                return (tally, next);
            }
            match cell.compare_exchange_weak(seen, next, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => return (tally, next),
                Err(other) => seen = other,
            }
        }
    }

    /// Counts a request that was let through before it was known to count.
    pub(crate) fn charge(self, cell: &AtomicI64, now: Timestamp) {
        let interval = self.interval();
        let most = now
            .micros()
            .saturating_add(interval.saturating_mul(i64::from(self.burst) + 1));
        let mut seen = cell.load(Ordering::Acquire);
        loop {
            let next = seen.max(now.micros()).saturating_add(interval).min(most);
            match cell.compare_exchange_weak(seen, next, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => return,
                Err(other) => seen = other,
            }
        }
    }

    fn tally(self, tat: i64, now: Timestamp) -> (Tally, i64) {
        let now = now.micros();
        let interval = self.interval();
        let span = interval.saturating_mul(i64::from(self.burst.max(1)));
        let start = tat.max(now);
        let next = start.saturating_add(interval);
        let room = now.saturating_add(span).saturating_sub(next);
        if room < 0 {
            return (
                Tally {
                    admitted: false,
                    remaining: 0,
                    wait: room.saturating_neg(),
                },
                next,
            );
        }
        let remaining = room.checked_div(interval).unwrap_or(0);
        let tally = Tally {
            admitted: true,
            remaining: u32::try_from(remaining).unwrap_or(u32::MAX),
            wait: next.saturating_sub(now),
        };
        (tally, next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(micros: i64) -> Timestamp {
        Timestamp(micros)
    }

    #[test]
    fn a_burst_and_then_the_rate() {
        let rate = Rate {
            per_minute: 60,
            burst: 10,
        };
        let cell = AtomicI64::new(0);
        let start = 1_000_000_000;
        let admitted = (0..50)
            .filter(|_| rate.take(&cell, at(start)).admitted)
            .count();
        assert_eq!(admitted, 10);
        let refused = rate.take(&cell, at(start));
        assert_eq!(refused.wait, 1_000_000);
        assert!(!rate.take(&cell, at(start + 999_999)).admitted);
        assert!(rate.take(&cell, at(start + 1_000_000)).admitted);
        assert!(!rate.take(&cell, at(start + 1_000_000)).admitted);
    }

    #[test]
    fn in_the_long_run_the_rate_holds() {
        let rate = Rate {
            per_minute: 60,
            burst: 10,
        };
        let cell = AtomicI64::new(0);
        let admitted = (0..600_000_i64)
            .step_by(100)
            .filter(|milli| rate.take(&cell, at(1_000_000_000 + milli * 1000)).admitted)
            .count();
        assert_eq!(admitted, 609, "ten minutes of 60 and one burst");
    }

    #[test]
    fn what_is_given_back_is_there_again_and_nothing_more() {
        let rate = Rate {
            per_minute: 60,
            burst: 3,
        };
        let cell = AtomicI64::new(0);
        let start = at(1_000_000_000);
        let borrow = |now| rate.borrow(&cell, now);
        let [one, two, three] = [0, 1, 2].map(|_| borrow(start).unwrap());
        assert!(!one.is_last && !two.is_last && three.is_last);
        assert_eq!(borrow(start).unwrap_err(), 1_000_000);
        rate.give_back(&cell, &two, start);
        assert!(borrow(start).unwrap().is_last);
        assert!(borrow(start).is_err());
        // What has come free by itself is not given back besides.
        let later = at(1_000_000_000 + 3_500_000);
        let new = borrow(later).unwrap();
        for old in [&one, &three] {
            rate.give_back(&cell, old, later);
        }
        assert_eq!(rate.look(&cell, later).remaining, 1);
        rate.give_back(&cell, &new, later);
        assert_eq!(rate.look(&cell, later).remaining, 2);
    }

    #[test]
    fn what_was_charged_is_waited_for() {
        let rate = Rate {
            per_minute: 60,
            burst: 2,
        };
        let cell = AtomicI64::new(0);
        let now = at(1_000_000_000);
        assert!(rate.look(&cell, now).admitted);
        rate.charge(&cell, now);
        assert!(rate.look(&cell, now).admitted);
        rate.charge(&cell, now);
        assert!(!rate.look(&cell, now).admitted);
        for _ in 0..100 {
            rate.charge(&cell, now);
        }
        assert!(
            rate.look(&cell, at(1_000_000_000 + 3_000_000)).admitted,
            "never locked for long"
        );
    }
}
