//! Callers who go on although they have nothing left: their refusals are counted instead of
//! written one by one, so that nobody fills the disk with them.
//!
//! The first of a flood is written as every refusal is. What follows from the same caller and
//! subscriber is written once a minute, and when it has been quiet for a while, in one record with
//! its number. Nothing of it has reached an ERP.

use std::collections::HashMap;
use std::net::IpAddr;

use portcullis_audit::Outcome;
use portcullis_identity::{KeyId, PrincipalName, Timestamp, UpstreamName};

use crate::throttle;
use crate::trail::Story;

/// The note that says for how many refusals a record stands.
pub(super) const LIMITED: &str = "limited";

/// How a refusal of that kind reads in a record.
pub(super) const REASON: &str = "limit.limited";

/// How long a flood may go on until its number is written, in microseconds.
const LONGEST: i64 = 60_000_000;

/// How long nobody asks in vain when a flood is over, in microseconds.
const QUIET: i64 = 5_000_000;

/// How many floods are counted at once; with one more, all numbers are written.
const MOST: usize = 10_000;

/// Whose flood, and from where.
type Of = (UpstreamName, PrincipalName, Option<KeyId>, IpAddr);

/// The floods of one core.
#[derive(Default)]
pub(super) struct Floods(HashMap<Of, Flood>);

struct Flood {
    /// When it was last written of.
    written: Timestamp,
    /// When the last one was refused.
    seen: Timestamp,
    /// How many were refused since it was written of, and the last of them.
    since: Option<Counted>,
}

/// Refusals that were counted.
pub(super) struct Counted {
    pub(super) count: u64,
    pub(super) status: u16,
    pub(super) last: Story,
}

impl Floods {
    /// Counts a refusal that belongs to a flood; answers whether it did, and so is not to be
    /// written by itself.
    pub(super) fn counts(
        &mut self,
        story: &Story,
        outcome: Outcome<'_>,
        status: u16,
        now: Timestamp,
    ) -> bool {
        let is_one = outcome == Outcome::Refused { reason: REASON };
        if !is_one || story.opened || story.unmet.is_some() || story.held.is_some() {
            return false;
        }
        let Some(of) = of(story) else {
            return false;
        };
        let Some(flood) = self.0.get_mut(&of) else {
            let flood = Flood {
                written: now,
                seen: now,
                since: None,
            };
            self.0.insert(of, flood);
            return false;
        };
        flood.seen = now;
        let before = flood.since.take().map_or(0, |since| since.count);
        flood.since = Some(Counted {
            count: before.saturating_add(1),
            status,
            last: story.alike(),
        });
        true
    }

    /// What is to be written now, if `write` can; what it cannot stays.
    pub(super) fn settle(&mut self, now: Timestamp, write: impl FnMut(&Counted) -> bool) {
        let is_crowded = self.0.len() > MOST;
        self.write(now, is_crowded, write);
    }

    /// The same for everything that was counted.
    pub(super) fn settle_all(&mut self, now: Timestamp, write: impl FnMut(&Counted) -> bool) {
        self.write(now, true, write);
    }

    fn write(&mut self, now: Timestamp, is_all: bool, mut write: impl FnMut(&Counted) -> bool) {
        let passed = |moment: Timestamp| now.micros().saturating_sub(moment.micros());
        self.0.retain(|_, flood| {
            let is_over = is_all || passed(flood.seen) >= QUIET;
            if !is_over && passed(flood.written) < LONGEST {
                return true;
            }
            let is_written = flood.since.as_ref().is_none_or(&mut write);
            if is_written {
                flood.written = now;
                flood.since = None;
            }
            !(is_over && is_written)
        });
    }
}

fn of(story: &Story) -> Option<Of> {
    let caller = story.caller.as_deref()?;
    Some((
        caller.upstream().clone(),
        caller.name().clone(),
        caller.key().copied(),
        throttle::network(story.address?),
    ))
}

#[cfg(test)]
mod tests;
