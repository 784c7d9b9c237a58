//! Sessions: opened at log-in, known by a cookie, ended at log-out.
//!
//! A session has no rights of its own: it names the key that opened it, and the key says who
//! calls, as whom, with which roles and how often. So whoever revokes a key has ended its
//! sessions. What is known here of a session is asked again of the store after half a second,
//! so that all processes over one store agree; when the store does not answer, nobody is
//! let in.

pub(crate) mod act;
pub(crate) mod cookie;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use papaya::HashMap;
use portcullis_identity::{CsrfToken, KeyId, Pepper, SessionDigest, SessionToken, Timestamp};
use portcullis_storage::{SessionRow, Store, StoreError};

use crate::chance;

/// How old what is known of a session may be, in microseconds.
const STALE: i64 = 500_000;

/// How long a caller waits for what the store says.
const WAIT: Duration = Duration::from_millis(500);

/// How many sessions are remembered; the memory is forgotten when it is full.
const MOST: usize = 100_000;

/// How often at the most it is written down that a session was used: this many times in the
/// time after which an unused one ends.
const NOTES: i64 = 20;

/// How long sessions last, how many a key has, and what their cookies say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lasting {
    /// How long an unused session lasts.
    pub idle: Duration,
    /// How long any session lasts.
    pub absolute: Duration,
    /// How many a key has at a time.
    pub per_key: u32,
    /// Whether cookies are for encrypted connections only.
    pub secure: Secure,
}

/// Whether cookies are for encrypted connections only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Secure {
    /// Always.
    Always,
    /// Unless the client is on this machine and no proxy says that it came encrypted.
    Auto,
    /// Never.
    Never,
}

/// The sessions of the store, as far as they were asked for.
pub struct Sessions {
    store: Arc<dyn Store>,
    pepper: Pepper,
    lasting: Lasting,
    known: HashMap<SessionDigest, Arc<Known>>,
}

/// What is known of a session.
struct Known {
    key: KeyId,
    ends: Timestamp,
    /// When the store was asked last.
    looked: AtomicI64,
    /// When it was used last.
    seen: AtomicI64,
    /// When its use was written down last.
    noted: AtomicI64,
}

/// A session that is good now.
pub struct Session {
    /// What it is known by.
    pub digest: SessionDigest,
    /// The key that opened it.
    pub key: KeyId,
}

/// Why a session could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// There are no random bytes.
    #[error("the system gives no random bytes")]
    Chance,
    /// It could not be kept.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Sessions {
    /// The sessions of a store.
    pub fn new(store: Arc<dyn Store>, pepper: Pepper, lasting: Lasting) -> Self {
        Self {
            store,
            pepper,
            lasting,
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
            None => match self.look_up(&digest).await? {
                Some(row) => self.remember(&row, now),
                None => {
                    self.known.pin().remove(&digest);
                    return Ok(None);
                }
            },
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
        Ok(Some(Session {
            digest,
            key: known.key,
        }))
    }

    /// Opens a session for the holder of a key. Its token is always a new one. A client that
    /// logs in for each call and never out fills nothing: what it did not use for longest ends.
    ///
    /// # Errors
    /// When it cannot be kept, or there is no chance to make a token of.
    pub async fn open(
        &self,
        key: KeyId,
        now: Timestamp,
    ) -> Result<(SessionToken, SessionDigest), OpenError> {
        let token = chance::token().ok_or(OpenError::Chance)?;
        let row = SessionRow {
            digest: token.digest(&self.pepper),
            key,
            opened: now,
            seen: now,
            ends: Timestamp(now.micros().saturating_add(micros(self.lasting.absolute))),
        };
        let sessions = self.store.sessions();
        let ended = sessions.open(&row, self.lasting.per_key).await?;
        if ended > 0 {
            tracing::debug!(key.id = %key, ended, "a key has more sessions than it may have");
        }
        self.remember(&row, now);
        Ok((token, row.digest))
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

    fn remember(&self, row: &SessionRow, now: Timestamp) -> Arc<Known> {
        let known = self.known.pin();
        let seen = known.get(&row.digest).map_or(row.seen.micros(), |old| {
            old.seen.load(Ordering::Acquire).max(row.seen.micros())
        });
        if known.len() >= MOST {
            known.clear();
        }
        let fresh = Arc::new(Known {
            key: row.key,
            ends: row.ends,
            looked: AtomicI64::new(now.micros()),
            seen: AtomicI64::new(seen),
            noted: AtomicI64::new(row.seen.micros()),
        });
        known.insert(row.digest, Arc::clone(&fresh));
        fresh
    }
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}
