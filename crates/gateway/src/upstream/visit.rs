//! A visit to a custom controller, with the credential that its route adds.
//!
//! What is sent is written from the visit; of the client's headers only those go on that the
//! route lists, and no credential of a client ever does.

use std::sync::Arc;

use base64::Engine as _;
use http::header::{ACCEPT, AUTHORIZATION, LOCATION};
use http::{HeaderName, HeaderValue};
use portcullis_erp::visit::Over;
use portcullis_erp::{Fault, FaultKind, Verb, Visit};
use portcullis_identity::ErpLogin;
use portcullis_policy::Passage;
use zeroize::Zeroizing;

use super::link::{Bounds, Message, Whole};
use super::{AskError, Asker, ErpUser, Upstream};
use crate::controller::{Controller, Credential, How, Whose};
use crate::origin::Origin;

impl Upstream {
    /// Makes the visit of a passage, and reads the answer. `user` is the ERP user as whom the caller's calls
    /// run.
    pub(super) async fn visit(
        &self,
        asker: &Asker<'_>,
        (passage, controller): (&Passage, &Controller),
        user: Option<&Arc<ErpUser>>,
        origin: Origin,
    ) -> Result<Whole, AskError> {
        let visit = passage.visit();
        let Some(Credential::Session(login)) = &controller.credential else {
            let mut message = self.fitting(visit.write())?;
            if let Some(Credential::Shown { how, whose }) = &controller.credential {
                let (name, value) = self.shown(controller, how, whose, user)?;
                add(&mut message, name, &value)?;
            }
            return self.send(asker, (visit, origin), controller, message).await;
        };
        let user = self.credited(login.as_ref(), user)?;
        let message = self.within(asker, visit, &user).await?;
        let whole = self
            .send(asker, (visit, origin), controller, message)
            .await?;
        let location = whole.headers.get(LOCATION);
        let location = location.and_then(|value| value.to_str().ok());
        let sessions = self.kind_of_sessions();
        let over = sessions.over(whole.returned(), location.unwrap_or_default());
        if over == Over::No {
            return Ok(whole);
        }
        match user.session() {
            Some(own) => own.end(),
            None => self.forget_session(user.login()),
        }
        if over == Over::Perhaps && visit.verb() != Verb::Get {
            return Err(AskError::Shown);
        }
        if user.session().is_some() {
            return Err(AskError::Over);
        }
        // The session was over, so nothing was done: once more, with a new one.
        let message = self.within(asker, visit, &user).await?;
        self.send(asker, (visit, origin), controller, message).await
    }

    async fn send(
        &self,
        asker: &Asker<'_>,
        (visit, origin): (&Visit, Origin),
        controller: &Controller,
        mut message: Message,
    ) -> Result<Whole, AskError> {
        let forwarded = self.forwarded(Some(origin));
        let forwarded = forwarded.iter().map(|(name, value)| (*name, value));
        let own = visit.headers().iter();
        let own = own.map(|(name, value)| (name.as_str(), value));
        for (name, value) in own.chain(forwarded) {
            let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| unsayable())?;
            let value = HeaderValue::from_str(value).map_err(|_| unsayable())?;
            message.headers_mut().insert(name, value);
        }
        let kinds = controller.gives.terms.kinds.join(", ");
        if let Ok(kinds) = HeaderValue::from_str(&kinds) {
            message.headers_mut().insert(ACCEPT, kinds);
        }
        let bounds = Bounds {
            patience: controller.gives.patience.unwrap_or(self.patience),
            answer: controller.gives.bytes.min(self.answer),
        };
        let _place = self.place(&self.places).await?;
        Ok(asker.links.send_within(self, message, bounds).await?)
    }

    /// The header with the credential of a route.
    fn shown(
        &self,
        controller: &Controller,
        how: &How,
        whose: &Whose,
        user: Option<&Arc<ErpUser>>,
    ) -> Result<(HeaderName, Zeroizing<String>), AskError> {
        let user = match whose {
            // A person's session is no secret that a controller could be shown.
            Whose::Caller => self.credited(None, user.filter(|user| user.session().is_none()))?,
            Whose::User(login) => self.credited(Some(login), user)?,
            Whose::File(_) => {
                let secrets = self.secrets.pin();
                let secret = secrets.get(&controller.name).ok_or_else(uncredited)?;
                return Ok(secret.expose(|secret| how.show(None, secret)));
            }
        };
        Ok(user.with_login(&self.database, |login| {
            how.show(Some(login.login), login.secret)
        }))
    }

    /// The ERP user whose credential is added: the one that the route names, or the caller's.
    fn credited(
        &self,
        login: Option<&ErpLogin>,
        user: Option<&Arc<ErpUser>>,
    ) -> Result<Arc<ErpUser>, AskError> {
        match login {
            Some(login) => self.user(login),
            None => user.cloned(),
        }
        .ok_or_else(uncredited)
    }
}

impl How {
    /// How a secret is shown. One from a file says its login itself, where a login is shown.
    fn show(&self, login: Option<&str>, secret: &str) -> (HeaderName, Zeroizing<String>) {
        let (name, value) = match self {
            Self::Header(name) => (name.clone(), secret.to_owned()),
            Self::Bearer => (AUTHORIZATION, format!("Bearer {secret}")),
            Self::Token => (AUTHORIZATION, format!("token {secret}")),
            Self::Basic => {
                let pair = Zeroizing::new(match login {
                    Some(login) => format!("{login}:{secret}"),
                    None => secret.to_owned(),
                });
                let text = base64::engine::general_purpose::STANDARD.encode(pair.as_bytes());
                (AUTHORIZATION, format!("Basic {text}"))
            }
        };
        (name, Zeroizing::new(value))
    }
}

/// Adds a header that holds a secret.
pub(super) fn add(message: &mut Message, name: HeaderName, value: &str) -> Result<(), AskError> {
    let mut value = HeaderValue::from_str(value).map_err(|_| uncredited())?;
    value.set_sensitive(true);
    message.headers_mut().insert(name, value);
    Ok(())
}

fn unsayable() -> AskError {
    AskError::Unsayable(Fault::new(
        FaultKind::BadArguments,
        "this cannot be said to the ERP",
    ))
}

pub(super) fn uncredited() -> AskError {
    AskError::Unsayable(Fault::new(
        FaultKind::Internal,
        "the gateway has no credential for the ERP here; tell the operator of the gateway",
    ))
}
