//! Callers who go on although they are refused: their refusals are counted instead of written one
//! by one, so that nobody fills the disk with them.
//!
//! Of a caller who has nothing left the first refusal of a flood is written as every refusal is.
//! Refusals whose caller is known, but not let in (a key that is over, an address that is not its
//! own), take nothing off the caller's allowance: so many of them are written by themselves as an
//! address may fail, and one a minute. What is beyond is written once a minute, and when it has
//! been quiet for a while, in one record with its number. Nothing of it has reached an ERP.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::AtomicI64;

use portcullis_audit::Outcome;
use portcullis_identity::{KeyId, PrincipalName, Timestamp, Unmet, UpstreamName};

use crate::gcra::Rate;
use crate::throttle;
use crate::trail::Story;

/// How a refusal reads of whoever has nothing left.
const REASON: &str = "limit.limited";

/// How long a flood may go on until its number is written, in microseconds.
const LONGEST: i64 = 60_000_000;

/// How long nobody asks in vain when a flood is over, in microseconds.
const QUIET: i64 = 5_000_000;

/// How many callers' floods are counted at once; with one more, all numbers are written.
const MOST: usize = 10_000;

/// How many floods of one caller are counted apart, by what is refused and from where; what comes
/// from elsewhere besides is counted as one.
const APART: usize = 16;

/// Whose flood.
type Of = (UpstreamName, PrincipalName, Option<KeyId>);

/// The floods of one core.
pub(super) struct Floods {
    callers: HashMap<Of, Caller>,
    /// How often refusals of somebody who is not let in are written by themselves.
    alone: Rate,
}

#[derive(Default)]
struct Caller {
    /// The state of what is written by itself.
    alone: AtomicI64,
    floods: Vec<Flood>,
}

struct Flood {
    kind: Kind,
    /// From where; none: from anywhere.
    network: Option<IpAddr>,
    /// When it was last written of.
    written: Timestamp,
    /// When the last one was refused.
    seen: Timestamp,
    /// How many were refused since it was written of, and the last of them.
    since: Option<Counted>,
}

/// What is refused, and why.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Kind {
    reason: &'static str,
    unmet: Option<Unmet>,
}

/// Refusals that were counted.
pub(super) struct Counted {
    pub(super) count: u64,
    pub(super) status: u16,
    pub(super) reason: &'static str,
    /// The note that says for how many refusals a record stands.
    pub(super) note: &'static str,
    pub(super) last: Story,
}

impl Floods {
    /// No floods. A caller who is known and not let in has so many refusals at once written by
    /// themselves.
    pub(super) fn new(at_once: u32) -> Self {
        Self {
            callers: HashMap::new(),
            alone: Rate {
                per_minute: 1,
                burst: at_once,
            },
        }
    }

    /// Counts a refusal that belongs to a flood; answers whether it did, and so is not to be
    /// written by itself.
    pub(super) fn counts(
        &mut self,
        story: &Story,
        outcome: Outcome<'static>,
        status: u16,
        now: Timestamp,
    ) -> bool {
        if story.opened || story.held.is_some() {
            return false;
        }
        let (Some(kind), Some((of, network))) = (kind(story, outcome), of(story)) else {
            return false;
        };
        let caller = self.callers.entry(of).or_default();
        if kind.takes_nothing() && self.alone.take(&caller.alone, now).admitted {
            return false;
        }
        let (flood, is_new) = caller.flood(kind, network, now);
        flood.seen = now;
        if is_new && !kind.takes_nothing() {
            return false;
        }
        let before = flood.since.take().map_or(0, |since| since.count);
        flood.since = Some(Counted {
            count: before.saturating_add(1),
            status,
            reason: kind.reason,
            note: kind.note(),
            last: story.alike(),
        });
        true
    }

    /// What is to be written now, if `write` can; what it cannot stays.
    pub(super) fn settle(&mut self, now: Timestamp, write: impl FnMut(&Counted) -> bool) {
        let is_crowded = self.callers.len() > MOST;
        self.write(now, is_crowded, write);
    }

    /// The same for everything that was counted.
    pub(super) fn settle_all(&mut self, now: Timestamp, write: impl FnMut(&Counted) -> bool) {
        self.write(now, true, write);
    }

    fn write(&mut self, now: Timestamp, is_all: bool, mut write: impl FnMut(&Counted) -> bool) {
        let passed = |moment: Timestamp| now.since(moment);
        let alone = self.alone;
        self.callers.retain(|_, caller| {
            caller.floods.retain_mut(|flood| {
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
            let is_even = alone.is_whole(&caller.alone, now);
            !(caller.floods.is_empty() && (is_all || is_even))
        });
    }
}

impl Caller {
    /// The flood to which a refusal belongs, and whether it begins with it.
    fn flood(&mut self, kind: Kind, network: IpAddr, now: Timestamp) -> (&mut Flood, bool) {
        let from = |network: Option<IpAddr>| {
            move |flood: &Flood| flood.kind == kind && flood.network == network
        };
        let is_apart = self.floods.iter().any(from(Some(network)));
        let network = (is_apart || self.floods.len() < APART).then_some(network);
        let known = self.floods.iter().position(from(network));
        let is_new = known.is_none();
        let place = known.unwrap_or(self.floods.len());
        if is_new {
            self.floods.push(Flood {
                kind,
                network,
                written: now,
                seen: now,
                since: None,
            });
        }
        #[expect(
            clippy::indexing_slicing,
            reason = "INVARIANT: it was found there, or put there, a moment ago"
        )]
        (&mut self.floods[place], is_new)
    }
}

impl Kind {
    /// Whether such a refusal takes nothing off the caller's allowance.
    fn takes_nothing(self) -> bool {
        self.reason != REASON
    }

    fn note(self) -> &'static str {
        match self.unmet {
            Some(unmet) => unmet.as_str(),
            None if self.takes_nothing() => "refused",
            None => "limited",
        }
    }
}

/// What is refused, if such refusals are counted: those that come before an allowance is asked,
/// and those of whoever has none left.
fn kind(story: &Story, outcome: Outcome<'static>) -> Option<Kind> {
    let Outcome::Refused { reason } = outcome else {
        return None;
    };
    let before = ["identify.", "throttle.", "authorize.unschooled"];
    let is_one = reason == REASON
        || story.unmet.is_some()
        || before.iter().any(|room| reason.starts_with(room));
    is_one.then_some(Kind {
        reason,
        unmet: story.unmet,
    })
}

fn of(story: &Story) -> Option<(Of, IpAddr)> {
    let caller = story.caller.as_deref()?;
    let whose = (
        caller.upstream().clone(),
        caller.name().clone(),
        caller.key().copied(),
    );
    Some((whose, throttle::network(story.address?)))
}

#[cfg(test)]
mod tests;
