//! The record of an administrative act: it is opened before the act, and closed after it.

use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use portcullis_audit::{Closing, Deed, Doer, Note, Outcome, RequestId};
use portcullis_gateway::clock;
use portcullis_identity::{AdminKeyId, Administrator, AdministratorName, Means, Timestamp};
use portcullis_storage::Journal;

use crate::chance;
use crate::installation::Installation;
use crate::may::Act;
use crate::refusal::Refusal;

/// Who does something, as it is written down.
#[derive(Debug, Clone)]
pub struct Who {
    name: String,
    key: Option<AdminKeyId>,
}

impl Who {
    /// Somebody with a session, whatever that is good for.
    pub fn by_session(name: &AdministratorName) -> Self {
        Self {
            name: name.to_string(),
            key: None,
        }
    }
}

impl From<&Administrator> for Who {
    fn from(who: &Administrator) -> Self {
        Self {
            name: who.name.to_string(),
            key: match who.by {
                Means::Key(key) => Some(key),
                Means::Session => None,
            },
        }
    }
}

/// What is written down of an act.
pub struct Entry<'a> {
    /// The request.
    pub request: RequestId,
    /// When it came.
    pub at: Timestamp,
    /// Who asks.
    pub who: Option<&'a Who>,
    /// From where.
    pub address: IpAddr,
    /// What is done.
    pub act: Act,
    /// With which thing; empty if with none in particular.
    pub on: &'a str,
    /// Which members were given.
    pub fields: &'a [String],
}

/// The journal of the API. One lane for all: administrators are few.
pub struct Book(Mutex<Box<dyn Journal>>);

/// A record that must be closed.
#[must_use = "what is opened is closed"]
pub struct Open {
    request: RequestId,
    at: Timestamp,
}

impl Book {
    /// A book over a journal of its own.
    pub fn new(journal: Box<dyn Journal>) -> Self {
        Self(Mutex::new(journal))
    }

    /// Opens a record.
    ///
    /// # Errors
    /// When it cannot be written; then the act is not done.
    pub fn open(&self, entry: &Entry<'_>) -> Result<Open, Refusal> {
        self.write(&Deed {
            request: entry.request,
            at: entry.at,
            who: entry.who.map(|who| Doer {
                name: &who.name,
                kind: "administrator",
                key: who.key,
            }),
            address: Some(entry.address),
            door: "admin",
            thing: entry.act.thing,
            verb: entry.act.verb,
            on: entry.on,
            fields: entry.fields,
        })
    }

    fn write(&self, deed: &Deed<'_>) -> Result<Open, Refusal> {
        let mut journal = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        journal.deed(deed).map_err(|error| {
            tracing::error!(%error, request.id = %deed.request, "a record could not be opened");
            Refusal::Unrecorded
        })?;
        Ok(Open {
            request: deed.request,
            at: deed.at,
        })
    }

    /// Closes a record.
    pub fn close(&self, open: Open, outcome: Outcome<'_>, how: (u16, usize), note: &str) {
        self.close_noted(open, outcome, how, (note, 1));
    }

    /// Closes a record that stands for several, with what and how many.
    pub fn close_noted(
        &self,
        open: Open,
        outcome: Outcome<'_>,
        (status, bytes): (u16, usize),
        (what, count): (&str, u64),
    ) {
        let now = clock::now();
        let note = [Note { what, count }];
        let notes = note.get(usize::from(note.iter().all(|note| note.what.is_empty()))..);
        let mut journal = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        journal.close(Closing {
            request: open.request,
            at: now,
            outcome,
            status,
            duration_us: u64::try_from(now.micros().saturating_sub(open.at.micros())).unwrap_or(0),
            bytes_out: u64::try_from(bytes).unwrap_or(u64::MAX),
            notes: notes.unwrap_or_default(),
        });
        if let Err(error) = journal.flush() {
            tracing::error!(%error, "a closed record could not be written; trying again with the next");
        }
    }
}

/// Does something at the command line, as the operator of the machine, on a lane of its own: it
/// is written down first.
///
/// # Errors
/// When it cannot be written down, or is refused.
pub async fn at_the_machine<T>(
    at: &Installation,
    operator: &str,
    (act, on): (Act, &str),
    work: impl Future<Output = Result<T, Refusal>>,
) -> Result<T, Refusal> {
    let journal = (at.journals)().map_err(|error| {
        tracing::error!(%error, "the ledger cannot be written");
        Refusal::Unrecorded
    })?;
    let book = Book::new(journal);
    let open = book.write(&Deed {
        request: chance::request()?,
        at: clock::now(),
        who: Some(Doer {
            name: operator,
            kind: "operator",
            key: None,
        }),
        address: None,
        door: "cli",
        thing: act.thing,
        verb: act.verb,
        on,
        fields: &[],
    })?;
    let done = work.await;
    let outcome = match &done {
        Ok(_) => Outcome::Done,
        Err(refusal) => Outcome::Refused {
            reason: refusal.told().1,
        },
    };
    book.close(open, outcome, (0, 0), "");
    done
}
