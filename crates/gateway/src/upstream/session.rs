//! Sessions of ERP users at their ERP, for controllers that know no other credential.
//!
//! The gateway logs in by itself, as it asks its own questions: recorded, and with the sealed
//! password of the ERP user. The session is kept in memory until the ERP says that it is over,
//! and no client ever sees it. Where the ERP wants a token against forged requests beside the
//! session, that is asked for too: what came from the client was judged by our own.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use arc_swap::ArcSwap;
use http::header::{COOKIE, SET_COOKIE};
use portcullis_erp::visit::{LogIn, Sessions};
use portcullis_erp::{Dialect, Fault, FaultKind, Outbound, Visit};
use portcullis_identity::{ErpLogin, Secret};
use portcullis_policy::Family;
use zeroize::Zeroizing;

use super::forward::refused;
use super::link::{Message, message};
use super::own::Unready;
use super::visit::add;
use super::{AskError, Asker, ErpUser, Upstream};

/// The header in which Frappe wants its token.
const TOKEN: http::HeaderName = http::HeaderName::from_static("x-frappe-csrf-token");

/// A session at an ERP.
pub(crate) struct Session {
    /// `name=value`, to be sent back. Odoo exchanges it from time to time.
    cookie: ArcSwap<Secret<String>>,
    /// The token against forged requests, once it was asked for.
    token: OnceLock<Secret<String>>,
    /// Whether the ERP said that it is over.
    over: AtomicBool,
    /// Whether the cookie was exchanged and that is not kept yet.
    exchanged: AtomicBool,
}

impl Session {
    /// A session of this cookie.
    pub(crate) fn new(cookie: Secret<String>, token: Option<Secret<String>>) -> Self {
        Self {
            cookie: ArcSwap::from_pointee(cookie),
            token: token.map_or_else(OnceLock::new, OnceLock::from),
            over: AtomicBool::new(false),
            exchanged: AtomicBool::new(false),
        }
    }

    /// What is kept of it, to be sealed: the cookie, and the token in a second line.
    pub(crate) fn kept(&self) -> Zeroizing<Vec<u8>> {
        let mut kept = Zeroizing::new(Vec::new());
        self.cookie
            .load()
            .expose(|cookie| kept.extend_from_slice(cookie.as_bytes()));
        if let Some(token) = self.token.get() {
            kept.push(b'\n');
            token.expose(|token| kept.extend_from_slice(token.as_bytes()));
        }
        kept
    }

    /// The session of what was kept.
    pub(crate) fn of_kept(kept: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(kept).ok()?;
        let (cookie, token) = match text.split_once('\n') {
            Some((cookie, token)) => (cookie, Some(token)),
            None => (text, None),
        };
        Some(Self::new(cookie.into(), token.map(Secret::from)))
    }

    /// Whether the ERP said that it is over.
    pub(crate) fn is_over(&self) -> bool {
        self.over.load(Ordering::Acquire)
    }

    pub(crate) fn end(&self) {
        self.over.store(true, Ordering::Release);
    }

    /// Whether its cookie was exchanged since this was asked last.
    pub(crate) fn take_exchanged(&self) -> bool {
        self.exchanged.swap(false, Ordering::AcqRel)
    }

    pub(super) fn exchange(&self, cookie: String) {
        let is_new = self.cookie.load().expose(|known| *known != cookie);
        if is_new {
            self.cookie.store(Arc::new(Secret::new(cookie)));
            self.exchanged.store(true, Ordering::Release);
        }
    }

    pub(super) fn with_cookie<R>(&self, use_it: impl FnOnce(&str) -> R) -> R {
        self.cookie.load().expose(|cookie| use_it(cookie))
    }

    pub(super) fn with_token<R>(&self, use_it: impl FnOnce(&str) -> R) -> Option<R> {
        let token = self.token.get()?;
        Some(token.expose(|token| use_it(token)))
    }
}

impl Upstream {
    /// A visit within the session of an ERP user, as it goes over the wire.
    pub(super) async fn within(
        &self,
        asker: &Asker<'_>,
        visit: &Visit,
        user: &ErpUser,
    ) -> Result<Message, AskError> {
        let sessions = self.kind_of_sessions();
        let in_form = sessions.wants_token_in_form(visit);
        let in_header = sessions.wants_token_in_header(visit);
        let (session, token) = if in_form || in_header {
            self.with_token(asker, user).await?
        } else {
            let session = self.session(asker, user).await?;
            (session, Zeroizing::default())
        };
        let mut outbound = visit.write();
        if in_form {
            if !outbound.body.is_empty() {
                outbound.body.push(b'&');
            }
            outbound.body.extend_from_slice(b"csrf_token=");
            outbound.body.extend_from_slice(token.as_bytes());
        }
        let mut message = self.fitting(outbound)?;
        session.with_cookie(|cookie| add(&mut message, COOKIE, cookie))?;
        if in_header {
            add(&mut message, TOKEN, &token)?;
        }
        Ok(message)
    }

    /// A request as it goes over the wire, if the ERP takes one of its size.
    pub(super) fn fitting(&self, outbound: Outbound) -> Result<Message, AskError> {
        self.fits(&outbound)?;
        message(&self.target, outbound).ok_or(AskError::NotSent)
    }

    /// Forgets a session that is over.
    pub(super) fn forget_session(&self, login: &ErpLogin) {
        self.sessions.pin().remove(login);
    }

    /// The session of an ERP user: the one that is kept, or a new one.
    async fn session(&self, asker: &Asker<'_>, user: &ErpUser) -> Result<Arc<Session>, AskError> {
        if let Some(own) = user.session() {
            return Ok(Arc::clone(own));
        }
        if let Some(kept) = self.sessions.pin().get(user.login()) {
            return Ok(Arc::clone(kept));
        }
        let sessions = self.kind_of_sessions();
        let outbound = user.with_login(&self.database, |login| sessions.write_login(login));
        let question = async {
            let answer = self.exchange(asker, outbound).await?;
            let cookies = answer.headers.get_all(SET_COOKIE).iter();
            let cookies: Vec<&str> = cookies.filter_map(|line| line.to_str().ok()).collect();
            match sessions.read_login(answer.returned(), &cookies) {
                LogIn::In(opened) => Ok(opened.cookie),
                LogIn::Refused | LogIn::SecondFactor => {
                    Err(Unready::Refused(user.login().to_string()))
                }
                LogIn::Strange => Err(Unready::Strange("a log-in")),
            }
        };
        let asked = ("res.users", "session");
        let begun = asker.ask(self, Dialect::Custom, asked, question).await;
        let cookie = begun.map_err(|error| {
            if matches!(error, Unready::Refused(_)) {
                user.standing().refused();
            }
            tracing::warn!(upstream.name = %self.name, %error, "a session could not be begun");
            unbegun(&error)
        })?;
        let session = Arc::new(Session::new(Secret::new(cookie), None));
        let kept = Arc::clone(&session);
        self.sessions.pin().insert(user.login().clone(), kept);
        Ok(session)
    }

    /// A session and its token against forged requests.
    async fn with_token(
        &self,
        asker: &Asker<'_>,
        user: &ErpUser,
    ) -> Result<(Arc<Session>, Zeroizing<String>), AskError> {
        let session = self.session(asker, user).await?;
        if let Ok(token) = self.token(asker, &session).await {
            return Ok((session, token));
        }
        // A session that is over is told no token: once more, with a new one.
        self.forget_session(user.login());
        let session = self.session(asker, user).await?;
        let token = self.token(asker, &session).await.map_err(|error| {
            tracing::warn!(upstream.name = %self.name, %error, "a session's token is not told");
            unbegun(&error)
        })?;
        Ok((session, token))
    }

    pub(super) async fn token(
        &self,
        asker: &Asker<'_>,
        session: &Session,
    ) -> Result<Zeroizing<String>, Unready> {
        let clear = |token: &Secret<String>| token.expose(|text| Zeroizing::new(text.clone()));
        if let Some(known) = session.token.get() {
            return Ok(clear(known));
        }
        let sessions = self.kind_of_sessions();
        let strange = Unready::Strange("a page with a token");
        let page = message(&self.target, sessions.write_token_page());
        let mut page = page.ok_or_else(|| strange.clone())?;
        session
            .with_cookie(|cookie| add(&mut page, COOKIE, cookie))
            .map_err(|_| strange.clone())?;
        let question = async {
            let page = self.exchange_message(asker, page).await?;
            sessions.token_of(&page.body).ok_or(strange)
        };
        let asked = ("-", "token");
        let token = asker.ask(self, Dialect::Custom, asked, question).await?;
        Ok(clear(session.token.get_or_init(|| Secret::new(token))))
    }

    pub(super) fn kind_of_sessions(&self) -> Sessions {
        match self.family {
            Family::Odoo => Sessions::Odoo,
            Family::Frappe => Sessions::Frappe,
        }
    }
}

/// What the caller is told where a session could not be begun: nothing was done. Only where the
/// ERP refused the credential is that the reason.
fn unbegun(error: &Unready) -> AskError {
    match error {
        Unready::Unreachable | Unready::Unrecorded => AskError::NotSent,
        Unready::Refused(_) => AskError::Unsayable(refused()),
        Unready::Strange(_) => AskError::Unsayable(Fault::new(
            FaultKind::Unreachable,
            "the ERP failed when the gateway began a session there; nothing was done",
        )),
    }
}
