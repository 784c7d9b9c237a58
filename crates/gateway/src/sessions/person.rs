//! Sessions of people: what is kept of the ERP's own session, sealed, and what ends with it.

use std::sync::{Arc, OnceLock};

use portcullis_identity::{ErpLogin, SessionDigest, Timestamp, UpstreamName};
use portcullis_storage::{Opener, PersonRow, Sealed, StoreError, Whose as StoredWhose};
use zeroize::Zeroizing;

use super::Sessions;
use crate::archive::Safe;
use crate::keyring::Holder;
use crate::people::Mark;
use crate::upstream::{ErpSession, ErpUser};

/// The table that the ERPs' own sessions are sealed for.
const TABLE: &str = "session";

/// A person who is logged in.
pub(crate) struct Person {
    pub(crate) upstream: UpstreamName,
    /// With the ERP's own session.
    pub(crate) user: Arc<ErpUser>,
    /// What the person's rights are, once that was asked; none: nothing.
    pub(crate) holder: OnceLock<Option<Arc<Holder>>>,
    /// The session as it is kept.
    pub(super) sealed: Sealed,
}

impl Sessions {
    /// By what a login with a password is found again in memory; nobody can make it, or read
    /// anything out of it, without the gateway's own key.
    pub(crate) fn mark(&self, upstream: &UpstreamName, login: &str, password: &str) -> Mark {
        let length = u64::try_from(login.len()).unwrap_or(u64::MAX);
        self.safe.digest(&[
            b"login and password 1\0",
            upstream.as_str().as_bytes(),
            b"\0",
            &length.to_be_bytes(),
            login.as_bytes(),
            password.as_bytes(),
        ])
    }

    /// Keeps the ERP's own session of a person, if the ERP has exchanged it.
    pub(crate) async fn keep(&self, digest: &SessionDigest, user: &ErpUser) {
        if !user.session().is_some_and(|own| own.take_exchanged()) {
            return;
        }
        let kept = match self.seal(digest, user) {
            Some(sealed) => self
                .store
                .sessions()
                .exchange(digest, &sealed)
                .await
                .is_ok(),
            None => false,
        };
        if !kept {
            tracing::error!("an exchanged session of the ERP could not be kept and will end");
        }
    }

    /// Ends all sessions of a person; answers those of the ERP that went with them.
    ///
    /// # Errors
    /// When the store does not answer; then they may go on.
    pub(crate) async fn end_of(
        &self,
        upstream: &UpstreamName,
        login: &ErpLogin,
        now: Timestamp,
    ) -> Result<Vec<ErpUser>, StoreError> {
        let whose = StoredWhose::Person(upstream.clone(), login.clone());
        let rows = self.store.sessions().end_of(&whose, now).await?;
        let known = self.known.pin();
        let ended = rows.iter().filter_map(|row| {
            known.remove(&row.digest);
            match &row.opener {
                Opener::Person(person) => self.unseal(&row.digest, person),
                Opener::Key(_) => None,
            }
        });
        Ok(ended.collect())
    }

    /// The person of a session that is kept; none if the ERP's own cannot be opened.
    pub(super) fn person(&self, digest: &SessionDigest, row: &PersonRow) -> Option<Arc<Person>> {
        let Some(user) = self.unseal(digest, row) else {
            tracing::error!("a person's session cannot be opened");
            return None;
        };
        Some(Arc::new(Person {
            upstream: row.upstream.clone(),
            user: Arc::new(user),
            holder: OnceLock::new(),
            sealed: row.sealed.clone(),
        }))
    }

    pub(super) fn seal(&self, digest: &SessionDigest, user: &ErpUser) -> Option<Sealed> {
        let kept = user.session()?.kept();
        self.safe.seal(TABLE, &place(digest), kept.to_vec())
    }

    fn unseal(&self, digest: &SessionDigest, person: &PersonRow) -> Option<ErpUser> {
        unseal(&*self.safe, digest, person)
    }
}

/// A person within the ERP's own session, as it is kept; none if it cannot be opened.
pub fn unseal(safe: &dyn Safe, digest: &SessionDigest, person: &PersonRow) -> Option<ErpUser> {
    let kept = safe.open(TABLE, &place(digest), &person.sealed)?;
    let session = ErpSession::of_kept(&Zeroizing::new(kept))?;
    Some(ErpUser::person(person.login.clone(), session, person.uid))
}

/// Where the ERP's own session belongs: the digest in hexadecimal.
fn place(digest: &SessionDigest) -> String {
    data_encoding::HEXLOWER.encode(digest.as_bytes())
}
