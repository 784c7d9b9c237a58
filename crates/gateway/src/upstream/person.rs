//! A person who logs in with the password of the ERP, and what runs within the ERP's own session.
//!
//! The password goes upstream once, in the log-in, and is kept nowhere. The session that the ERP
//! opens never leaves the gateway; the ERP's second factor is not passed around.

use http::header::{LOCATION, SET_COOKIE};
use portcullis_erp::visit::LogIn;
use portcullis_erp::{Dialect, Outbound};
use portcullis_identity::{ErpLogin, Secret};
use portcullis_policy::Family;

use super::erp_user::ErpUser;
use super::link::Whole;
use super::own::Unready;
use super::session::Session;
use super::{AskError, Asker, Upstream};
use crate::origin::Origin;
use crate::people::People;

/// Why nobody is logged in.
pub(crate) enum NoLogIn {
    /// The ERP did not accept login and password, or the person may not come here.
    Refused,
    /// The ERP asks for a second factor.
    SecondFactor,
    /// The ERP was not reached, or did not answer like one.
    Unready,
}

impl Upstream {
    /// Who may log in here with the ERP's own password; none: nobody.
    pub(crate) fn people(&self) -> Option<&People> {
        self.people.as_ref()
    }

    /// Has the ERP check login and password, once. The person is who the ERP says it is.
    ///
    /// # Errors
    /// When nobody is logged in.
    pub(crate) async fn log_in(
        &self,
        asker: &Asker<'_>,
        login: &ErpLogin,
        password: Secret<String>,
        origin: Origin,
    ) -> Result<ErpUser, NoLogIn> {
        let sessions = self.kind_of_sessions();
        let guest = ErpUser::new(login.clone(), password, None);
        let mut outbound = guest.with_login(&self.database, |login| sessions.write_login(login));
        drop(guest);
        outbound.headers.extend(self.of_site());
        outbound.headers.extend(self.forwarded(Some(origin)));
        let mut refused = None;
        let question = async {
            let whole = self.exchange(asker, outbound).await?;
            let cookies = whole.headers.get_all(SET_COOKIE).iter();
            let cookies: Vec<&str> = cookies.filter_map(|line| line.to_str().ok()).collect();
            let no = match sessions.read_login(whole.returned(), &cookies) {
                LogIn::In(opened) => return Ok(opened),
                LogIn::Refused => NoLogIn::Refused,
                LogIn::SecondFactor => NoLogIn::SecondFactor,
                LogIn::Strange => return Err(Unready::Strange("a log-in")),
            };
            refused = Some(no);
            Err(Unready::Refused(login.to_string()))
        };
        let asked = ("res.users", "log-in");
        let by = self.with_sessions();
        let opened = asker.ask_for(self, by, asked, Some(origin.address), question);
        let opened = match opened.await {
            Ok(opened) => opened,
            Err(error) => {
                return Err(refused.unwrap_or_else(|| {
                    tracing::warn!(upstream.name = %self.name, %error, "nobody can log in");
                    NoLogIn::Unready
                }));
            }
        };
        let session = Session::new(Secret::new(opened.cookie), None);
        if self.family == Family::Frappe {
            // A session that was not shown the desk has none, and needs none.
            let told = self.token(asker, &session).await.is_ok();
            tracing::debug!(upstream.name = %self.name, told, "the token of a person's session");
        }
        let known = ErpLogin::new(&opened.login);
        let person = |login| ErpUser::person(login, session, opened.uid);
        match known.map(person) {
            Ok(user)
                if self
                    .people()
                    .is_some_and(|people| people.admit(user.login())) =>
            {
                Ok(user)
            }
            Ok(user) => {
                self.log_out(asker, &user).await;
                Err(NoLogIn::Refused)
            }
            Err(_) => Err(NoLogIn::Unready),
        }
    }

    /// Ends the ERP's own session of a person. One that cannot be ended is forgotten here all the
    /// same, and ends there by itself.
    pub async fn log_out(&self, asker: &Asker<'_>, user: &ErpUser) {
        let Some(session) = user.session() else {
            return;
        };
        session.end();
        let outbound = self.of_session(self.kind_of_sessions().write_logout(), session);
        let question = self.exchange(asker, outbound);
        let asked = ("res.users", "log-out");
        if let Err(error) = asker.ask(self, self.with_sessions(), asked, question).await {
            tracing::warn!(upstream.name = %self.name, %error, "the ERP's own session goes on");
        }
    }

    /// The dialect in which calls of this user are said.
    pub(crate) fn spoken_for(&self, user: &ErpUser) -> Option<Dialect> {
        match user.session() {
            Some(_) => Some(self.with_sessions()),
            None => self.spoken(),
        }
    }

    /// A request of this user, as it was written in a dialect: a person's gets the session.
    pub(super) fn credited_with(&self, outbound: Outbound, user: &ErpUser) -> Outbound {
        match user.session() {
            Some(session) => self.of_session(outbound, session),
            None => outbound,
        }
    }

    /// What an answer says of a person's session: that it is over, or exchanged.
    pub(super) fn heed(&self, user: &ErpUser, whole: &Whole) -> Result<(), AskError> {
        let Some(session) = user.session() else {
            return Ok(());
        };
        let sessions = self.kind_of_sessions();
        let location = whole.headers.get(LOCATION);
        let location = location.and_then(|value| value.to_str().ok());
        if sessions.is_over(whole.returned(), location.unwrap_or_default()) {
            session.end();
            return Err(AskError::Over);
        }
        if self.family == Family::Odoo && whole.status == 200 {
            let mut cookies = whole.headers.get_all(SET_COOKIE).iter();
            let new = cookies.find_map(|cookie| sessions.cookie_of(cookie.to_str().ok()?));
            if let Some(new) = new {
                session.exchange(new);
            }
        }
        Ok(())
    }

    /// The dialect that has sessions here.
    fn with_sessions(&self) -> Dialect {
        match self.family {
            Family::Odoo => Dialect::OdooCall,
            Family::Frappe => Dialect::FrappeResource,
        }
    }

    /// The header that names the site, where a server has several.
    fn of_site(&self) -> Option<(&'static str, String)> {
        let is_frappe = self.family == Family::Frappe;
        is_frappe.then(|| ("x-frappe-site-name", self.database.to_string()))
    }

    fn of_session(&self, mut outbound: Outbound, session: &Session) -> Outbound {
        outbound
            .headers
            .retain(|(name, _)| *name != "authorization");
        let named = |outbound: &Outbound, header| {
            let mut names = outbound.headers.iter();
            names.any(|(name, _)| *name == header)
        };
        if !named(&outbound, "x-frappe-site-name") {
            outbound.headers.extend(self.of_site());
        }
        session.with_cookie(|cookie| outbound.headers.push(("cookie", cookie.to_owned())));
        if self.family == Family::Frappe && outbound.verb != "GET" {
            let token = session.with_token(str::to_owned);
            outbound
                .headers
                .extend(token.map(|token| ("x-frappe-csrf-token", token)));
        }
        outbound
    }
}
