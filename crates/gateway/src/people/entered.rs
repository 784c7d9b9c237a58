//! Who has entered by `Authorization: Basic`, whose client shows login and password each time.
//!
//! The ERP checks them once; after that its session is used, for as long as a session here would
//! last. It is found by a keyed digest of login and password, so that neither is kept. Nothing of
//! this is stored: each process has its own, and forgets it when it ends.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use arc_swap::ArcSwapOption;
use papaya::HashMap;
use portcullis_identity::Timestamp;
use tokio::sync::{Mutex, MutexGuard};

use crate::keyring::Holder;
use crate::sessions::Lasting;

/// How many are remembered; the memory is forgotten when it is full, and the ERPs are asked anew.
const MOST: usize = 10_000;

/// The digest of an ERP, a login and a password.
pub(crate) type Mark = [u8; 32];

/// Who has entered, and who is about to.
#[derive(Default)]
pub(crate) struct Entered(HashMap<Mark, Arc<Place>>);

/// The place of one login with one password.
#[derive(Default)]
pub(crate) struct Place {
    guest: ArcSwapOption<Guest>,
    /// Of many who would ask the ERP at once, one does; the others learn from it why nobody
    /// entered, if nobody did.
    turn: Mutex<Option<NoEntry>>,
}

/// Somebody who has entered.
struct Guest {
    holder: Arc<Holder>,
    since: Timestamp,
    seen: AtomicI64,
}

/// Why nobody entered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoEntry {
    /// The ERP did not accept login and password, or this one may not come so.
    Refused,
    /// The ERP asks for a second factor.
    SecondFactor,
    /// The ERP was not reached, or did not tell what must be known.
    Unready,
}

/// Whose turn it is to ask the ERP.
pub(crate) enum Turn<'a> {
    /// Somebody else has, meanwhile: this is who entered.
    Entered(Arc<Holder>),
    /// Somebody else has, meanwhile, in vain.
    InVain(NoEntry),
    /// It is this one's.
    Mine(Asking<'a>),
}

/// The turn of whoever asks the ERP; the others wait until it is over.
pub(crate) struct Asking<'a> {
    place: &'a Place,
    turn: MutexGuard<'a, Option<NoEntry>>,
}

impl Entered {
    /// Who has entered with this login and password, if that still holds; it counts as used.
    pub(crate) fn known(
        &self,
        mark: &Mark,
        lasting: &Lasting,
        now: Timestamp,
    ) -> Option<Arc<Holder>> {
        let places = self.0.pin();
        let place = places.get(mark)?;
        let known = place.known(lasting, now);
        if known.is_none() && place.guest.load().is_some() {
            places.remove(mark);
        }
        known
    }

    /// The place of whoever is not known.
    pub(crate) fn place(&self, mark: Mark) -> Arc<Place> {
        let places = self.0.pin();
        if places.len() >= MOST {
            places.clear();
        }
        Arc::clone(places.get_or_insert_with(mark, Arc::default))
    }

    /// Forgets a place; whoever comes next has a new one.
    pub(crate) fn forget(&self, mark: &Mark) {
        self.0.pin().remove(mark);
    }

    /// Forgets who has not come for too long.
    pub(crate) fn sweep(&self, lasting: &Lasting, now: Timestamp) {
        self.0.pin().retain(|_, place| {
            let guest = place.guest.load();
            guest.as_ref().is_none_or(|guest| guest.holds(lasting, now))
        });
    }
}

impl Place {
    fn known(&self, lasting: &Lasting, now: Timestamp) -> Option<Arc<Holder>> {
        let guest = self.guest.load();
        let guest = guest.as_ref().filter(|guest| guest.holds(lasting, now))?;
        guest.seen.fetch_max(now.micros(), Ordering::AcqRel);
        Some(Arc::clone(&guest.holder))
    }

    /// Waits for the turn to ask the ERP.
    pub(crate) async fn turn(&self, lasting: &Lasting, now: Timestamp) -> Turn<'_> {
        let turn = self.turn.lock().await;
        match (self.known(lasting, now), *turn) {
            (Some(holder), _) => Turn::Entered(holder),
            (None, Some(no)) => Turn::InVain(no),
            (None, None) => Turn::Mine(Asking { place: self, turn }),
        }
    }
}

impl Asking<'_> {
    /// The ERP let this one in.
    pub(crate) fn enters(self, holder: &Arc<Holder>, now: Timestamp) {
        self.place.guest.store(Some(Arc::new(Guest {
            holder: Arc::clone(holder),
            since: now,
            seen: AtomicI64::new(now.micros()),
        })));
    }

    /// The ERP let nobody in: who waits here need not ask again.
    pub(crate) fn fails(mut self, no: NoEntry) {
        *self.turn = Some(no);
    }
}

impl Guest {
    /// Whether the ERP need not be asked again: a session here would still last, and the ERP
    /// has not ended its own.
    fn holds(&self, lasting: &Lasting, now: Timestamp) -> bool {
        let since = |moment: i64| now.micros().saturating_sub(moment);
        let own = self.holder.user.as_ref().and_then(|user| user.session());
        since(self.seen.load(Ordering::Acquire)) <= micros(lasting.idle)
            && since(self.since.micros()) < micros(lasting.absolute)
            && own.is_some_and(|own| !own.is_over())
    }
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
