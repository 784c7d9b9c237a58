//! The record of a log-in, which is opened once somebody is known.
//!
//! What strangers make up is written nowhere: or whoever can reach the listener fills the disk,
//! and what cannot be recorded is not done, at any door. A name that somebody has and that was
//! tried in vain is written down after the answer: how long that takes must not tell it.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use portcullis_administrators::{Refused, Witness};
use portcullis_audit::{Outcome, RequestId};
use portcullis_identity::{AdministratorName, Timestamp};
use portcullis_storage::AdministratorRow;

use super::Api;
use crate::may::Act;
use crate::record::{Entry, Open, Who};

/// The record of a log-in.
pub struct Watch {
    api: Arc<Api>,
    request: RequestId,
    at: Timestamp,
    address: IpAddr,
    act: Act,
    seen: Mutex<Seen>,
}

/// What became known.
enum Seen {
    /// Nothing.
    Nothing,
    /// Who it is; the record is open.
    Known(Open),
    /// That this name was tried in vain.
    Missed(AdministratorName),
}

impl Watch {
    pub(super) fn new(
        api: Arc<Api>,
        (request, at): (RequestId, Timestamp),
        address: IpAddr,
        act: Act,
    ) -> Self {
        Self {
            api,
            request,
            at,
            address,
            act,
            seen: Mutex::new(Seen::Nothing),
        }
    }

    fn entry<'a>(&self, who: Option<&'a Who>, on: &'a str) -> Entry<'a> {
        Entry {
            request: self.request,
            at: self.at,
            who,
            address: self.address,
            act: self.act,
            on,
            fields: &[],
        }
    }

    /// Writes down how it ended, if anybody is known.
    pub(super) fn end(self: Arc<Self>, outcome: Outcome<'_>, status: u16) {
        let seen = std::mem::replace(&mut *self.seen(), Seen::Nothing);
        match seen {
            Seen::Nothing => {}
            Seen::Known(open) => self.api.book.close(open, outcome, (status, 0), ""),
            Seen::Missed(name) => {
                tokio::spawn(async move { self.tell_missed(&name, status) });
            }
        }
    }

    fn tell_missed(&self, name: &AdministratorName, status: u16) {
        // A record that cannot be opened is logged; nothing was done.
        if let Ok(open) = self.api.book.open(&self.entry(None, name.as_str())) {
            let outcome = Outcome::Refused { reason: "wrong" };
            self.api.book.close(open, outcome, (status, 0), "");
        }
    }

    fn seen(&self) -> std::sync::MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Witness for Watch {
    fn known(&self, who: &AdministratorRow) -> Result<(), Refused> {
        let name = who.name.as_str();
        let who = Who::by_session(&who.name);
        let open = self.api.book.open(&self.entry(Some(&who), name));
        *self.seen() = Seen::Known(open.map_err(|_| Refused::Unrecorded)?);
        Ok(())
    }

    fn missed(&self, name: &AdministratorName) {
        *self.seen() = Seen::Missed(name.clone());
    }
}
