//! Sessions of ERP users at their ERP, for controllers that know no other credential.
//!
//! The gateway logs in by itself, as it asks its own questions: recorded, and with the sealed
//! password of the ERP user. The session is kept in memory until the ERP says that it is over,
//! and no client ever sees it.

use std::sync::Arc;

use http::header::SET_COOKIE;
use portcullis_erp::Dialect;
use portcullis_erp::visit::Sessions;
use portcullis_identity::{ErpLogin, Secret};
use portcullis_policy::Family;

use super::own::Unready;
use super::{AskError, Asker, ErpUser, Upstream};

impl Upstream {
    /// The session of an ERP user: the one that is kept, or a new one.
    pub(super) async fn session(
        &self,
        asker: &Asker<'_>,
        user: &ErpUser,
    ) -> Result<Arc<Secret<String>>, AskError> {
        if let Some(kept) = self.sessions.pin().get(user.login()) {
            return Ok(Arc::clone(kept));
        }
        let sessions = match self.family {
            Family::Odoo => Sessions::Odoo,
            Family::Frappe => Sessions::Frappe,
        };
        let outbound = user.with_login(&self.database, |login| sessions.write_login(login));
        let question = async {
            let sent = asker.links.send(self, outbound).await;
            let answer = sent.map_err(|_| Unready::Unreachable)?;
            let mut cookies = answer.headers.get_all(SET_COOKIE).iter();
            let session = cookies.find_map(|cookie| sessions.cookie_of(cookie.to_str().ok()?));
            let refused = || Unready::Refused(user.login().to_string());
            session.filter(|_| answer.status == 200).ok_or_else(refused)
        };
        let asked = ("res.users", "session");
        let begun = asker.ask(self, Dialect::Custom, asked, question).await;
        let session = begun.map_err(|error| {
            tracing::warn!(upstream.name = %self.name, %error, "a session could not be begun");
            AskError::NotSent
        })?;
        let session = Arc::new(Secret::new(session));
        let kept = Arc::clone(&session);
        self.sessions.pin().insert(user.login().clone(), kept);
        Ok(session)
    }

    /// Forgets a session that is over.
    pub(super) fn forget_session(&self, login: &ErpLogin) {
        self.sessions.pin().remove(login);
    }
}
