//! One permit's plan, run: its guards, if it has any, and then the call.

use std::sync::Arc;
use std::time::Duration;

use portcullis_audit::RequestId;
use portcullis_erp::{Answer, Value};
use portcullis_policy::Permit;
use tokio::time::Instant;

use super::{AskError, Done, ErpUser, Links, Told, Upstream};
use crate::archive::Archive;
use crate::clock;
use crate::denial::Why;
use crate::origin::Origin;

/// What is to be asked, of whom, as whom.
pub(crate) struct Errand {
    pub(super) permit: Box<Permit>,
    pub(super) upstream: Arc<Upstream>,
    pub(super) user: Arc<ErpUser>,
    pub(super) origin: Origin,
    pub(super) request: RequestId,
    pub(super) archive: Arc<Archive>,
    /// Whether something that the ERP said of a failure found no room.
    pub(super) is_unkept: bool,
}

/// How a plan ended.
pub(crate) struct Ended {
    pub(crate) done: Result<Done, Why>,
    /// Whether the call itself may have reached the ERP; guards change nothing there.
    pub(crate) was_sent: bool,
    /// Whether something that the ERP said of a failure found no room.
    pub(crate) is_unkept: bool,
    /// What is still to be done, where the ERP has ended the session within which it was to be.
    pub(crate) undone: Option<Box<Errand>>,
}

impl Errand {
    /// Asks the guards, and then the call itself.
    pub(super) async fn run(self, links: &Links) -> Ended {
        let deadline = self.deadline();
        match self.guarded(links, deadline).await {
            Ok(errand) => errand.call(links, deadline).await,
            Err(ended) => ended,
        }
    }

    /// Asks the guards, and takes the answer that was given before in place of another.
    pub(super) async fn run_again(self, links: &Links, kept: Value) -> Ended {
        let deadline = self.deadline();
        match self.guarded(links, deadline).await {
            Ok(errand) => Ended {
                is_unkept: errand.is_unkept,
                done: Ok(Done::Again(errand.permit, kept)),
                was_sent: false,
                undone: None,
            },
            Err(ended) => ended,
        }
    }

    /// Until when the role lets the ERP work on this.
    fn deadline(&self) -> Option<Deadline> {
        let seconds = self.permit.caps().seconds?;
        let at = Instant::now() + Duration::from_secs(seconds.into());
        Some(Deadline { at, seconds })
    }

    async fn guarded(mut self, links: &Links, deadline: Option<Deadline>) -> Result<Self, Ended> {
        let stop = |done, is_unkept| Ended {
            done,
            was_sent: false,
            is_unkept,
            undone: None,
        };
        while self.permit.is_guard() {
            let asked = self.asked(links);
            let answer = match before(deadline, asked).await {
                Ok(told) => self.heard(told),
                Err(AskError::Over) => return Err(self.over()),
                Err(error) => return Err(stop(Err(error.why()), self.is_unkept)),
            };
            let value = match answer {
                Answer::Value(value) => value,
                Answer::DoneWithoutResult => Value::Null,
                Answer::Fault(fault) => return Err(stop(Ok(Done::Fault(fault)), self.is_unkept)),
            };
            match self.permit.guarded(&value) {
                Ok(next) => self.permit = Box::new(next),
                Err(refusal) => return Err(stop(Err(Why::GuardRefused(refusal)), self.is_unkept)),
            }
        }
        Ok(self)
    }

    /// Asks what is next.
    async fn asked(&self, links: &Links) -> Result<Told, AskError> {
        let asked = self
            .upstream
            .ask(links, self.permit.next(), &self.user, Some(self.origin));
        asked.await
    }

    async fn call(mut self, links: &Links, deadline: Option<Deadline>) -> Ended {
        let asked = async {
            if self.permit.is_file() {
                let call = self.permit.next();
                let fetched = self.upstream.fetch(links, call, &self.user, self.origin);
                fetched.await
            } else {
                self.asked(links).await.map(Err)
            }
        };
        let asked = before(deadline, asked).await;
        if matches!(asked, Err(AskError::Over)) {
            return self.over();
        }
        let was_sent = !matches!(asked, Err(AskError::NotSent | AskError::Unsayable(_)));
        let asked = asked.map(|answer| answer.map_err(|told| self.heard(told)));
        let is_unkept = self.is_unkept;
        let done = match asked {
            Ok(Ok(opened)) => Ok(Done::File(self.permit, opened)),
            Ok(Err(answer)) => Ok(match answer {
                Answer::Value(value) => Done::Result(self.permit, value),
                Answer::DoneWithoutResult => Done::Result(self.permit, Value::Null),
                Answer::Fault(fault) => Done::Fault(fault),
            }),
            Err(error) => Err(error.why()),
        };
        Ended {
            done,
            was_sent,
            is_unkept,
            undone: None,
        }
    }

    /// The ERP has ended the session before it did anything of this.
    fn over(self) -> Ended {
        Ended {
            done: Err(AskError::Over.why()),
            was_sent: false,
            is_unkept: self.is_unkept,
            undone: Some(Box::new(self)),
        }
    }

    /// Takes an answer; what the ERP says of a failure is kept for the administrator.
    fn heard(&mut self, told: Told) -> Answer {
        let Told { answer, whole } = told;
        if matches!(answer, Answer::Fault(_)) {
            let said = (whole.status, whole.body.as_ref());
            let name = self.upstream.name();
            let is_kept = self
                .archive
                .original(self.request, clock::now(), name, said);
            self.is_unkept |= !is_kept;
        }
        answer
    }
}

/// How long the ERP may work.
#[derive(Clone, Copy)]
struct Deadline {
    at: Instant,
    seconds: u32,
}

async fn before<T>(
    deadline: Option<Deadline>,
    asked: impl Future<Output = Result<T, AskError>>,
) -> Result<T, AskError> {
    match deadline {
        None => asked.await,
        Some(Deadline { at, seconds }) => tokio::time::timeout_at(at, asked)
            .await
            .unwrap_or(Err(AskError::Slow(seconds))),
    }
}
