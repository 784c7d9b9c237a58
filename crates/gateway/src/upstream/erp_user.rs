//! An ERP user as whom calls run, and its credential in clear memory.

use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, OnceLock};

use portcullis_erp::dialect::UpstreamLogin;
use portcullis_erp::{Database, Map, Value};
use portcullis_identity::{ErpLogin, Secret};

use super::session::Session;
use super::standing::Standing;

/// Stands for a uid that is not known yet. Odoo counts from 1.
const UNKNOWN: i64 = 0;

/// An ERP user.
pub struct ErpUser {
    login: ErpLogin,
    credential: Credential,
    uid: AtomicI64,
    waited: AtomicBool,
    /// Whether its credential lies in the store, where it may be renewed.
    kept: bool,
    /// Whether it is archived; lives on when its credential is put anew.
    standing: Arc<Standing>,
    /// As whom a Frappe knows it, once that was told.
    pub(super) name: OnceLock<String>,
    /// Its language and time zone, once they were asked for.
    pub(super) context: OnceLock<Map>,
}

/// With what it calls.
enum Credential {
    /// Password or API key.
    Secret(Secret<String>),
    /// The ERP's own session of a person who logged in.
    Session(Arc<Session>),
}

impl ErpUser {
    /// A user with its password or API key; the uid may be found out later.
    pub fn new(login: ErpLogin, secret: Secret<String>, uid: Option<i64>) -> Self {
        Self::with(login, Credential::Secret(secret), uid)
    }

    /// A person who logged in, by the ERP's own session.
    pub(crate) fn person(login: ErpLogin, session: Session, uid: Option<i64>) -> Self {
        Self::with(login, Credential::Session(Arc::new(session)), uid)
    }

    fn with(login: ErpLogin, credential: Credential, uid: Option<i64>) -> Self {
        Self {
            login,
            credential,
            uid: AtomicI64::new(uid.unwrap_or(UNKNOWN)),
            waited: AtomicBool::new(false),
            kept: false,
            standing: Arc::default(),
            name: OnceLock::new(),
            context: OnceLock::new(),
        }
    }

    /// The same user, whose credential lies in the store.
    #[must_use]
    pub fn kept(mut self) -> Self {
        self.kept = true;
        self
    }

    /// What is known of whether it is archived.
    pub(crate) fn standing(&self) -> &Standing {
        &self.standing
    }

    /// The same user, whose standing is that of the one whose place it takes.
    #[must_use]
    pub(super) fn after(mut self, other: &Self) -> Self {
        self.standing = Arc::clone(&other.standing);
        self.standing.doubt();
        self
    }

    /// Whether its credential lies in the store.
    pub(super) fn is_kept(&self) -> bool {
        self.kept
    }

    /// Its login name.
    pub fn login(&self) -> &ErpLogin {
        &self.login
    }

    /// Odoo's number of the user, once it is known.
    pub fn uid(&self) -> Option<i64> {
        Some(self.uid.load(Ordering::Acquire)).filter(|uid| *uid != UNKNOWN)
    }

    pub(super) fn learn_uid(&self, uid: i64) {
        self.uid.store(uid, Ordering::Release);
    }

    /// Whether this is its credential.
    pub fn has(&self, other: &Secret<String>) -> bool {
        match &self.credential {
            Credential::Secret(own) => own.expose(|own| other.expose(|other| own == other)),
            Credential::Session(_) => false,
        }
    }

    /// Whether its credential is a secret that is not the other's: a newer one of the same
    /// user. A person's session has none, and nobody's secret takes its place.
    pub(super) fn is_newer_than(&self, other: &Self) -> bool {
        match &other.credential {
            Credential::Secret(secret) => !self.has(secret) && self.session().is_none(),
            Credential::Session(_) => false,
        }
    }

    /// The credential as an argument of the few questions that are about it.
    pub(super) fn exposed(&self) -> Value {
        match &self.credential {
            Credential::Secret(secret) => secret.expose(|plain| Value::from(plain.as_str())),
            Credential::Session(_) => Value::Null,
        }
    }

    /// Whether nobody has waited in vain for a newer credential.
    pub(super) fn is_hopeful(&self) -> bool {
        !self.waited.load(Ordering::Relaxed)
    }

    /// Somebody has.
    pub(super) fn give_up(&self) {
        self.waited.store(true, Ordering::Relaxed);
    }

    /// The ERP's own session, if it is a person's.
    pub(crate) fn session(&self) -> Option<&Arc<Session>> {
        match &self.credential {
            Credential::Session(session) => Some(session),
            Credential::Secret(_) => None,
        }
    }

    /// Lends the credential for as long as a request is written. A session is none that a
    /// dialect could write: its cookie is added to what was written.
    pub(super) fn with_login<R>(
        &self,
        database: &Database,
        write: impl FnOnce(&UpstreamLogin<'_>) -> R,
    ) -> R {
        let lend = |secret: &str| {
            write(&UpstreamLogin {
                database,
                uid: self.uid().unwrap_or(UNKNOWN),
                login: self.login.as_str(),
                secret,
            })
        };
        match &self.credential {
            Credential::Secret(secret) => secret.expose(|secret| lend(secret)),
            Credential::Session(_) => lend(""),
        }
    }
}
