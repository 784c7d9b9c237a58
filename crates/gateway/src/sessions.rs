//! Sessions: opened at log-in, known by a cookie, ended at log-out.
//!
//! A session has no rights of its own: it names the key that opened it, and the key says who
//! calls, as whom, with which roles and how often. So whoever revokes a key has ended its
//! sessions. A person's session holds the ERP's own, sealed; its roles are the configuration's.
//! What is known here of a session is asked again of the store after half a second, so that all
//! processes over one store agree; when the store does not answer, nobody is let in.

pub(crate) mod act;
pub(crate) mod cookie;
mod from;
mod lasting;
mod person;

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use papaya::HashMap;
use portcullis_identity::{
    CsrfToken, KeyId, Pepper, SessionDigest, SessionToken, Style, Timestamp, UpstreamName,
};
use portcullis_storage::{Opener, PersonRow, SessionRow, Store, StoreError, Whose as StoredWhose};

use crate::archive::Safe;
use crate::chance;
use crate::upstream::ErpUser;
pub use cookie::read as cookie_of;
pub use from::{From, network};
pub use lasting::{Lasting, OnChange, Secure};
pub(crate) use person::Person;
pub use person::unseal;

/// How old what is known of a session may be, in microseconds.
const STALE: i64 = 500_000;

/// How long a caller waits for what the store says.
const WAIT: Duration = Duration::from_millis(500);

/// How many sessions are remembered; the memory is forgotten when it is full.
const MOST: usize = 100_000;

/// How often at the most it is written down that a session was used: this many times in the
/// time after which an unused one ends.
const NOTES: i64 = 20;

/// The sessions of the store, as far as they were asked for.
pub struct Sessions {
    store: Arc<dyn Store>,
    pepper: Pepper,
    lasting: Lasting,
    safe: Arc<dyn Safe>,
    known: HashMap<SessionDigest, Arc<Known>>,
}

/// What is known of a session.
struct Known {
    whose: Whose,
    style: Option<Style>,
    from: From,
    ends: Timestamp,
    /// When the store was asked last.
    looked: AtomicI64,
    /// When it was used last.
    seen: AtomicI64,
    /// When its use was written down last.
    noted: AtomicI64,
}

/// Whose a session is.
#[derive(Clone)]
pub(crate) enum Whose {
    /// The holder's of the key that opened it.
    Key(KeyId),
    /// A person's.
    Person(Arc<Person>),
}

/// A session that is good now.
pub struct Session {
    /// What it is known by.
    pub digest: SessionDigest,
    /// Who opened it.
    pub(crate) whose: Whose,
    /// In which way the credential was shown that opened it; none if that was not noted.
    pub(crate) style: Option<Style>,
    /// From where, and with what client.
    from: From,
}

/// For whom a session is opened.
pub(crate) enum Comer {
    /// The holder of a key.
    Key(KeyId),
    /// A person, with the ERP's own session.
    Person(UpstreamName, Arc<ErpUser>),
}

/// Why a session could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// There are no random bytes.
    #[error("the system gives no random bytes")]
    Chance,
    /// The ERP's own session cannot be sealed.
    #[error("the ERP's own session cannot be sealed")]
    Seal,
    /// It could not be kept.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Sessions {
    /// The sessions of a store.
    pub fn new(
        store: Arc<dyn Store>,
        pepper: Pepper,
        lasting: Lasting,
        safe: Arc<dyn Safe>,
    ) -> Self {
        Self {
            store,
            pepper,
            lasting,
            safe,
            known: HashMap::new(),
        }
    }

    /// Whether a session of this token was served by this process before.
    pub(crate) fn knows(&self, token: &SessionToken) -> bool {
        self.known.pin().contains_key(&token.digest(&self.pepper))
    }

    /// The session of a token, if it is good now; it counts as used.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn find(
        &self,
        token: &SessionToken,
        now: Timestamp,
    ) -> Result<Option<Session>, StoreError> {
        let digest = token.digest(&self.pepper);
        let remembered = self.known.pin().get(&digest).cloned();
        let fresh = remembered.filter(|known| {
            now.micros()
                .saturating_sub(known.looked.load(Ordering::Acquire))
                <= STALE
        });
        let known = match fresh {
            Some(known) => known,
            None => {
                let row = self.look_up(&digest).await?;
                let Some(known) = row.and_then(|row| self.remember(&row, now)) else {
                    self.known.pin().remove(&digest);
                    return Ok(None);
                };
                known
            }
        };
        let idle = micros(self.lasting.idle);
        let unused = now
            .micros()
            .saturating_sub(known.seen.load(Ordering::Acquire));
        if now >= known.ends || unused > idle {
            return Ok(None);
        }
        known.seen.fetch_max(now.micros(), Ordering::AcqRel);
        let since = now
            .micros()
            .saturating_sub(known.noted.load(Ordering::Acquire));
        if since > idle / NOTES {
            known.noted.store(now.micros(), Ordering::Release);
            self.store.sessions().touch(&digest, now).await?;
        }
        if let Whose::Person(person) = &known.whose
            && person.user.session().is_some_and(|own| own.is_over())
        {
            self.end(&digest).await?;
            return Ok(None);
        }
        Ok(Some(Session {
            digest,
            whose: known.whose.clone(),
            style: known.style,
            from: known.from.clone(),
        }))
    }

    /// Whether a session that was found is used as it was opened: from where, and with what
    /// client. One that is not has ended, if it is to.
    ///
    /// # Errors
    /// When the store does not answer.
    pub(crate) async fn is_as_it_was(
        &self,
        session: &Session,
        from: &From,
    ) -> Result<bool, StoreError> {
        let changed = session.from.changed(from, &self.lasting);
        if changed {
            tracing::warn!("a session was used from elsewhere, or by another client, and ends");
            self.end(&session.digest).await?;
        }
        Ok(!changed)
    }

    /// How long sessions last.
    pub(crate) fn lasting(&self) -> &Lasting {
        &self.lasting
    }

    /// From where, and with what client, a request comes.
    pub(crate) fn from(&self, address: IpAddr, agent: &str) -> From {
        From::of(address, agent, &self.pepper)
    }

    /// Opens a session for somebody. Its token is always a new one. A client that
    /// logs in for each call and never out fills nothing: what it did not use for longest ends.
    ///
    /// # Errors
    /// When it cannot be kept, or there is no chance to make a token of.
    pub(crate) async fn open_for(
        &self,
        comer: &Comer,
        (style, from): (Option<Style>, From),
        now: Timestamp,
    ) -> Result<(SessionToken, SessionDigest), OpenError> {
        let token = chance::token().ok_or(OpenError::Chance)?;
        let digest = token.digest(&self.pepper);
        let opener = match comer {
            Comer::Key(key) => Opener::Key(*key),
            Comer::Person(upstream, user) => Opener::Person(PersonRow {
                upstream: upstream.clone(),
                login: user.login().clone(),
                uid: user.uid(),
                sealed: self.seal(&digest, user).ok_or(OpenError::Seal)?,
            }),
        };
        let row = SessionRow {
            digest,
            opener,
            style,
            network: from.network,
            agent: from.agent,
            opened: now,
            seen: now,
            ends: Timestamp(now.micros().saturating_add(micros(self.lasting.absolute))),
        };
        let sessions = self.store.sessions();
        let ended = sessions.open(&row, self.lasting.per_key).await?;
        if ended > 0 {
            tracing::debug!(ended, "somebody has more sessions than one may have");
        }
        self.remember(&row, now);
        Ok((token, row.digest))
    }

    /// Opens a session for the holder of a key, from nowhere and in no way.
    ///
    /// # Errors
    /// As for anybody.
    pub async fn open(
        &self,
        key: KeyId,
        now: Timestamp,
    ) -> Result<(SessionToken, SessionDigest), OpenError> {
        let how = (None, From::default());
        self.open_for(&Comer::Key(key), how, now).await
    }

    /// Ends all sessions that a key opened.
    ///
    /// # Errors
    /// When the store does not answer; then they may go on.
    pub(crate) async fn end_of_key(&self, key: KeyId, now: Timestamp) -> Result<(), StoreError> {
        let whose = StoredWhose::Key(key);
        let rows = self.store.sessions().end_of(&whose, now).await?;
        let known = self.known.pin();
        for row in &rows {
            known.remove(&row.digest);
        }
        Ok(())
    }

    /// Ends a session.
    ///
    /// # Errors
    /// When the store does not answer; then it may go on.
    pub async fn end(&self, digest: &SessionDigest) -> Result<(), StoreError> {
        self.store.sessions().end(digest).await?;
        self.known.pin().remove(digest);
        Ok(())
    }

    /// The token against forged requests of a session.
    pub fn csrf(&self, digest: &SessionDigest) -> CsrfToken {
        digest.csrf(&self.pepper)
    }

    /// Removes what is over from the store, and forgets it.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn sweep(&self, now: Timestamp) -> Result<(), StoreError> {
        let idle_since = Timestamp(now.micros().saturating_sub(micros(self.lasting.idle)));
        // A use is written down late, so a session is kept that much longer.
        let late = micros(self.lasting.idle) / NOTES;
        let kept_since = Timestamp(idle_since.micros().saturating_sub(late));
        self.store.sessions().sweep(now, kept_since).await?;
        // Whoever came before that is over by now, in each process.
        let oldest = Timestamp(now.micros().saturating_sub(micros(self.lasting.absolute)));
        self.store.sessions().forget_ends(oldest).await?;
        self.known.pin().retain(|_, known| {
            now < known.ends && known.seen.load(Ordering::Acquire) >= idle_since.micros()
        });
        Ok(())
    }

    /// What the store says of a session; whoever asks does not wait for long.
    async fn look_up(&self, digest: &SessionDigest) -> Result<Option<SessionRow>, StoreError> {
        let asked = tokio::time::timeout(WAIT, self.store.sessions().look_up(digest));
        asked.await.unwrap_or_else(|late| {
            Err(StoreError::Unavailable {
                what: "look a session up",
                source: Box::new(late),
            })
        })
    }

    /// Takes in what is kept of a session; none if the ERP's own cannot be opened.
    fn remember(&self, row: &SessionRow, now: Timestamp) -> Option<Arc<Known>> {
        let known = self.known.pin();
        let whose = match (&row.opener, known.get(&row.digest).map(|old| &old.whose)) {
            (Opener::Key(key), _) => Whose::Key(*key),
            (Opener::Person(person), Some(Whose::Person(old))) if old.sealed == person.sealed => {
                Whose::Person(Arc::clone(old))
            }
            (Opener::Person(person), _) => Whose::Person(self.person(&row.digest, person)?),
        };
        let seen = known.get(&row.digest).map_or(row.seen.micros(), |old| {
            old.seen.load(Ordering::Acquire).max(row.seen.micros())
        });
        if known.len() >= MOST {
            known.clear();
        }
        let fresh = Arc::new(Known {
            whose,
            style: row.style,
            from: From::kept(&row.network, &row.agent),
            ends: row.ends,
            looked: AtomicI64::new(now.micros()),
            seen: AtomicI64::new(seen),
            noted: AtomicI64::new(row.seen.micros()),
        });
        known.insert(row.digest, Arc::clone(&fresh));
        Some(fresh)
    }
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}
