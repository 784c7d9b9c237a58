//! Who has entered by `Authorization: Basic`, whose client shows login and password each time.
//!
//! The ERP checks them once; after that its session is used, for as long as a session here would
//! last. It is found by a keyed digest of login and password, so that neither is kept. Nothing of
//! this is stored: each process has its own, and forgets it when it ends, or when somebody ends all
//! sessions of a person, which the store tells.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use arc_swap::ArcSwapOption;
use papaya::HashMap;
use portcullis_identity::{ErpLogin, Timestamp};
use portcullis_storage::PersonEnd;
use tokio::sync::{Mutex, MutexGuard};

use crate::keyring::Holder;
use crate::people::folded;
use crate::sessions::Lasting;
use crate::upstream::ErpUser;

/// How many are remembered; the memory is forgotten when it is full, and the ERPs are asked anew.
const MOST: usize = 10_000;

/// The digest of an ERP, a login and a password.
pub(crate) type Mark = [u8; 32];

/// Who has entered, and who is about to.
#[derive(Default)]
pub(crate) struct Entered {
    places: HashMap<Mark, Arc<Place>>,
    /// Whose sessions were all ended, by login in lower case.
    ends: HashMap<String, End>,
}

/// An end of all sessions of a person.
#[derive(Clone, Copy)]
struct End {
    /// The moment that was told, by whatever clock: another one is another end.
    told: Timestamp,
    /// When it was learned here: of whom the ERP was asked by then has not entered.
    learned: Timestamp,
}

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
        let places = self.places.pin();
        let place = places.get(mark)?;
        let known = place.known(lasting, now);
        if known.is_none() && place.guest.load().is_some() {
            places.remove(mark);
        }
        known
    }

    /// The place of whoever is not known.
    pub(crate) fn place(&self, mark: Mark) -> Arc<Place> {
        let places = self.places.pin();
        if places.len() >= MOST {
            places.clear();
        }
        Arc::clone(places.get_or_insert_with(mark, Arc::default))
    }

    /// Forgets a place; whoever comes next has a new one.
    pub(crate) fn forget(&self, mark: &Mark) {
        self.places.pin().remove(mark);
    }

    /// All sessions of a person end: forgets who has entered as that person. Answers within which
    /// sessions of the ERP they were.
    pub(crate) fn end(
        &self,
        login: &ErpLogin,
        told: Timestamp,
        now: Timestamp,
    ) -> Vec<Arc<ErpUser>> {
        let person = folded(login.as_str());
        let end = End { told, learned: now };
        // Whoever is about to enter meanwhile looks here after it has.
        self.ends.pin().insert(person.clone(), end);
        let places = self.places.pin();
        let mut ended = Vec::new();
        for (mark, place) in &places {
            let guest = place.guest.load();
            let is_one = |guest: &Arc<Guest>| folded(guest.login()) == person;
            if guest.as_ref().is_some_and(is_one) {
                places.remove(mark);
                let guest = place.guest.swap(None);
                ended.extend(guest.and_then(|guest| guest.holder.user.clone()));
            }
        }
        ended
    }

    /// Takes over whose sessions were all ended, as the store tells; answers what `end` does.
    pub(crate) fn learn(&self, told: &[PersonEnd], now: Timestamp) -> Vec<Arc<ErpUser>> {
        let mut latest = BTreeMap::new();
        for end in told {
            let before = latest.entry(folded(end.login.as_str())).or_insert(end);
            if end.at > before.at {
                *before = end;
            }
        }
        let mut ended = Vec::new();
        for (person, end) in &latest {
            let known = self.ends.pin().get(person).copied();
            if known.is_none_or(|known| known.told < end.at) {
                ended.extend(self.end(&end.login, end.at, now));
            }
        }
        // What the store has forgotten is older than anybody here.
        self.ends
            .pin()
            .retain(|person, end| latest.contains_key(person) || end.learned >= now);
        ended
    }

    /// Whether all sessions of a person were ended since the ERP was asked about that person.
    pub(crate) fn is_ended(&self, holder: &Holder, asked: Timestamp) -> bool {
        let ends = self.ends.pin();
        let end = ends.get(&folded(holder.principal.erp_login().as_str()));
        end.is_some_and(|end| asked <= end.learned)
    }

    /// Forgets who has not come for too long.
    pub(crate) fn sweep(&self, lasting: &Lasting, now: Timestamp) {
        self.places.pin().retain(|_, place| {
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
    fn login(&self) -> &str {
        self.holder.principal.erp_login().as_str()
    }

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
