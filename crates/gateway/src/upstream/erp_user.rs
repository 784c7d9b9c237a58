//! An ERP user as whom calls run, and its credential in clear memory.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicI64, Ordering};

use portcullis_erp::dialect::UpstreamLogin;
use portcullis_erp::{Database, Map};
use portcullis_identity::{ErpLogin, Secret};

/// Stands for a uid that is not known yet. Odoo counts from 1.
const UNKNOWN: i64 = 0;

/// An ERP user.
pub struct ErpUser {
    login: ErpLogin,
    secret: Secret<String>,
    uid: AtomicI64,
    /// Its language and time zone, once they were asked for.
    pub(super) context: OnceLock<Map>,
}

impl ErpUser {
    /// A user with its password or API key; the uid may be found out later.
    pub fn new(login: ErpLogin, secret: Secret<String>, uid: Option<i64>) -> Self {
        Self {
            login,
            secret,
            uid: AtomicI64::new(uid.unwrap_or(UNKNOWN)),
            context: OnceLock::new(),
        }
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

    /// Lends the credential for as long as a request is written.
    pub(super) fn with_login<R>(
        &self,
        database: &Database,
        write: impl FnOnce(&UpstreamLogin<'_>) -> R,
    ) -> R {
        self.secret.expose(|secret| {
            write(&UpstreamLogin {
                database,
                uid: self.uid().unwrap_or(UNKNOWN),
                login: self.login.as_str(),
                secret,
            })
        })
    }
}
