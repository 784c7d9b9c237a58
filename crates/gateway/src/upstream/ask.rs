//! One call to the ERP as one of its users: written, sent, read.

use std::sync::Arc;
use std::time::Duration;

use portcullis_erp::dialect::UpstreamLogin;
use portcullis_erp::{Answer, Call, Dialect, Fault, FaultKind, Limits, Outbound};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::link::{self, Links, SendError, Whole, message};
use super::native::is_denial;
use super::{ErpUser, Stream, Upstream};
use crate::denial::Why;
use crate::origin::Origin;

/// A file that the ERP has begun to send.
pub(crate) struct Opened {
    /// What the ERP says of its type.
    pub(crate) content_type: String,
    pub(crate) stream: Stream,
}

/// What the ERP answered, read, and in its own words.
pub(super) struct Told {
    pub(super) answer: Answer,
    pub(super) whole: Whole,
}

/// Why a call has no answer.
pub(super) enum AskError {
    NotSent,
    Lost,
    /// It takes longer than so many seconds, which is what the role has.
    Slow(u32),
    TooLarge,
    /// The person's own session at the ERP is over; nothing was done.
    Over,
    /// The ERP leads to its log-in: a session was over, or something was done that leads there.
    Shown,
    Unsayable(Fault),
}

impl Upstream {
    /// For whom is asked, if this ERP is to be told: one address, and the host that it is
    /// known by here. Nothing of it is what a client wrote.
    pub(super) fn forwarded(&self, origin: Option<Origin>) -> Vec<(&'static str, String)> {
        let Some(origin) = origin.filter(|_| self.forwarded) else {
            return Vec::new();
        };
        let scheme = if origin.encrypted { "https" } else { "http" };
        let address = origin.address.to_canonical();
        vec![
            ("x-forwarded-for", address.to_string()),
            ("x-forwarded-host", self.target.authority().to_owned()),
            ("x-forwarded-proto", scheme.to_owned()),
        ]
    }

    /// Sends one call as one ERP user, and reads the answer. What the gateway asks for itself
    /// comes from nowhere.
    ///
    /// An ERP that does not take the credential has not made the call. Where the credential was
    /// renewed meanwhile (Frappe replaces it at once, before anybody here can know the new one)
    /// the call is sent once more, with the new one.
    pub(super) async fn ask(
        &self,
        links: &Links,
        call: &Call,
        user: &ErpUser,
        origin: Option<Origin>,
    ) -> Result<Told, AskError> {
        let told = self.ask_once(links, call, user, origin).await?;
        if told.whole.status != http::StatusCode::UNAUTHORIZED {
            suspect(user, &told);
            return Ok(told);
        }
        let told = match self.renewed(user).await {
            Some(newer) => self.ask_once(links, call, &newer, origin).await?,
            None => told,
        };
        suspect(user, &told);
        Ok(told)
    }

    /// The user with another credential than this, if there is one or it comes in a moment.
    async fn renewed(&self, user: &ErpUser) -> Option<Arc<ErpUser>> {
        const STEP: Duration = Duration::from_millis(50);
        let newer = || {
            self.user(user.login())
                .filter(|now| now.is_newer_than(user))
        };
        if let Some(newer) = newer() {
            return Some(newer);
        }
        // Whoever is tried only, or is of the configuration, is renewed by nobody.
        let is_known = self.user(user.login()).is_some_and(|now| now.is_kept());
        if !is_known || user.session().is_some() || !user.is_hopeful() {
            return None;
        }
        for _ in 0..30 {
            tokio::time::sleep(STEP).await;
            if let Some(newer) = newer() {
                return Some(newer);
            }
        }
        user.give_up();
        None
    }

    pub(super) async fn ask_once(
        &self,
        links: &Links,
        call: &Call,
        user: &ErpUser,
        origin: Option<Origin>,
    ) -> Result<Told, AskError> {
        let (dialect, outbound) = self.written(call, user, origin)?;
        let _place = self.place(&self.places).await?;
        let whole = links.send(self, outbound).await?;
        self.heed(user, &whole)?;
        Ok(self.read(dialect, whole))
    }

    /// Asks for a file as one ERP user: its bytes, or what the ERP says instead.
    pub(super) async fn fetch(
        &self,
        links: &Links,
        call: &Call,
        user: &ErpUser,
        origin: Origin,
    ) -> Result<Result<Opened, Told>, AskError> {
        let (dialect, outbound) = self.written(call, user, Some(origin))?;
        let places = (
            self.place(&self.files).await?,
            self.place(&self.places).await?,
        );
        let message = message(&self.target, outbound).ok_or(AskError::NotSent)?;
        let (sender, answer) = links.exchange(self, message, self.bounds()).await?;
        let is_file = answer.status() == http::StatusCode::OK
            && answer
                .headers()
                .contains_key(http::header::CONTENT_DISPOSITION);
        if !is_file {
            let whole = links.finish(self, sender, answer, self.bounds()).await?;
            self.heed(user, &whole)?;
            let told = self.read(dialect, whole);
            suspect(user, &told);
            return Ok(Err(told));
        }
        let (head, body) = answer.into_parts();
        Ok(Ok(Opened {
            content_type: link::content_type(&head),
            stream: Stream::new(body, self.patience, sender, places),
        }))
    }

    /// A call in the dialect that is spoken here, with the credential of the ERP user.
    pub(super) fn written(
        &self,
        call: &Call,
        user: &ErpUser,
        origin: Option<Origin>,
    ) -> Result<(Dialect, Outbound), AskError> {
        let dialect = self.spoken_for(user).ok_or(AskError::NotSent)?;
        let outbound = user.with_login(&self.database, |login: &UpstreamLogin<'_>| {
            dialect.write(call, login)
        });
        let mut outbound = self.credited_with(outbound.map_err(AskError::Unsayable)?, user);
        outbound.headers.extend(self.forwarded(origin));
        self.fits(&outbound)?;
        Ok((dialect, outbound))
    }

    /// Whether a request is within what this ERP takes.
    pub(super) fn fits(&self, outbound: &Outbound) -> Result<(), AskError> {
        let most = self
            .request
            .or_else(|| self.profile().map(|profile| profile.request));
        if most.is_some_and(|most| outbound.body.len() > most) {
            return Err(AskError::Unsayable(Fault::new(
                FaultKind::TooLarge,
                "the request is larger than the ERP takes; nothing was done",
            )));
        }
        Ok(())
    }

    /// A place among the calls that may run at once.
    pub(super) async fn place(
        &self,
        places: &Arc<Semaphore>,
    ) -> Result<OwnedSemaphorePermit, AskError> {
        let places = Arc::clone(places);
        match tokio::time::timeout(self.patience, places.acquire_owned()).await {
            Ok(Ok(place)) => Ok(place),
            Ok(Err(_)) | Err(_) => Err(AskError::NotSent),
        }
    }

    pub(super) fn read(&self, dialect: Dialect, whole: Whole) -> Told {
        Told {
            answer: dialect.read_answer(whole.returned(), &answer_limits(self.answer)),
            whole,
        }
    }
}

impl AskError {
    pub(super) fn why(self) -> Why {
        match self {
            Self::NotSent => Why::Unreachable,
            Self::Lost => Why::Lost,
            Self::Shown => Why::Renewed,
            Self::Slow(seconds) => Why::Slow(seconds),
            Self::TooLarge => Why::Unclean,
            Self::Over => Why::Expired,
            Self::Unsayable(fault) => Why::Unsayable(fault),
        }
    }
}

impl From<SendError> for AskError {
    fn from(error: SendError) -> Self {
        match error {
            SendError::NotSent => Self::NotSent,
            SendError::Lost => Self::Lost,
            SendError::TooLarge => Self::TooLarge,
        }
    }
}

/// Whose credential the ERP does not take may have been archived there: somebody finds out.
fn suspect(user: &ErpUser, told: &Told) {
    if let Answer::Fault(fault) = &told.answer
        && user.session().is_none()
        && is_denial(fault)
    {
        user.standing().refused();
    }
}

/// Within which bounds an answer is read.
pub(crate) fn answer_limits(body: usize) -> Limits {
    Limits {
        body,
        depth: 64,
        values: 5_000_000,
        batch: 0,
    }
}
