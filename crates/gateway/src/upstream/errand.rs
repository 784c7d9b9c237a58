//! One permit's plan, run: its guards, if it has any, then the call, and what is asked after it.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use portcullis_audit::RequestId;
use portcullis_erp::{Answer, Call, Fault, FaultKind, Value};
use portcullis_policy::{Permit, Sent};
use tokio::time::Instant;

use super::underway::Place;
use super::{AskError, Done, ErpUser, Links, Told, Upstream};
use crate::archive::Archive;
use crate::audit::{Aftermath, Ledger};
use crate::clock::{self, Stopwatch};
use crate::denial::Why;
use crate::origin::Origin;

/// How long may be looked at the records after a call, however many questions that takes.
const LOOKS: Duration = Duration::from_secs(10);

/// What is to be asked, of whom, as whom.
pub(crate) struct Errand {
    pub(super) permit: Box<Permit>,
    pub(super) upstream: Arc<Upstream>,
    pub(super) user: Arc<ErpUser>,
    pub(super) origin: Origin,
    pub(super) request: RequestId,
    pub(super) archive: Arc<Archive>,
    pub(super) ledger: Rc<Ledger>,
    /// Runs since the first guard was answered whose records are looked at after the call.
    pub(super) window: Option<Stopwatch>,
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
    /// What was found after the call.
    pub(crate) aftermath: Option<Aftermath>,
}

impl Ended {
    /// Nothing was sent but guards.
    fn of(done: Result<Done, Why>) -> Self {
        Self {
            done,
            was_sent: false,
            is_unkept: false,
            undone: None,
            aftermath: None,
        }
    }
}

impl Errand {
    /// Asks the guards, then the call itself, and then what is asked after it.
    pub(super) async fn run(self, links: &Links) -> Ended {
        let deadline = self.deadline();
        match self.guarded(links, deadline).await {
            Ok(errand) if errand.permit.is_watched() => errand.watched(links, deadline).await,
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
                ..Ended::of(Ok(Done::Again(errand.permit, kept)))
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
            is_unkept,
            ..Ended::of(done)
        };
        while self.permit.is_guard() {
            let asked = self.asked(links, self.permit.next());
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
            if self.permit.is_watched() {
                self.window.get_or_insert_with(clock::stopwatch);
            }
        }
        Ok(self)
    }

    /// Asks this.
    async fn asked(&self, links: &Links, call: &Call) -> Result<Told, AskError> {
        let asked = self
            .upstream
            .ask(links, call, &self.user, Some(self.origin));
        asked.await
    }

    /// The call, and what is asked after it. It goes on when the caller hangs up: otherwise
    /// whoever breaks a rule would.
    async fn watched(self, links: &Links, deadline: Option<Deadline>) -> Ended {
        let links = links.clone();
        let running = tokio::task::spawn_local(async move { self.call(&links, deadline).await });
        running.await.unwrap_or_else(|_| Ended {
            was_sent: true,
            ..Ended::of(Err(Why::Panicked))
        })
    }

    async fn call(mut self, links: &Links, deadline: Option<Deadline>) -> Ended {
        let place = self
            .upstream
            .underway
            .enter(self.user.login(), self.permit.changes());
        let outlook = self.permit.outlook();
        let mut aftermath = (!outlook.is_nothing())
            .then(|| Aftermath::begin(Rc::clone(&self.ledger), self.request, outlook));
        let asked = async {
            let call = self.permit.next();
            if self.permit.is_file() {
                let fetched = self.upstream.fetch(links, call, &self.user, self.origin);
                fetched.await
            } else {
                self.asked(links, call).await.map(Err)
            }
        };
        let asked = before(deadline, asked).await;
        let was_sent = !matches!(
            asked,
            Err(AskError::NotSent | AskError::Unsayable(_) | AskError::Over)
        );
        if !was_sent && let Some(aftermath) = aftermath.take() {
            aftermath.discharge();
        }
        if matches!(asked, Err(AskError::Over)) {
            return self.over();
        }
        let asked = asked.map(|answer| answer.map_err(|told| self.heard(told)));
        if let Some(aftermath) = &mut aftermath {
            aftermath.answered(self.window.map_or(0, Stopwatch::micros));
            let sent = match &asked {
                Ok(Ok(_) | Err(Answer::Value(_) | Answer::DoneWithoutResult)) => Sent::Done,
                Ok(Err(Answer::Fault(fault))) if is_refusal(fault) => {
                    *self.permit = self.permit.undone();
                    Sent::Failed
                }
                Ok(Err(Answer::Fault(_))) | Err(_) => Sent::Lost,
            };
            self = self.looked(links, sent, &place).await;
            aftermath.found(self.permit.findings());
            self.alert();
        }
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
            was_sent,
            is_unkept,
            aftermath,
            ..Ended::of(done)
        }
    }

    /// Asks what is asked after the call, within a time of its own.
    async fn looked(mut self, links: &Links, sent: Sent, place: &Place) -> Self {
        let until = Instant::now() + LOOKS;
        while let Some(call) = self.permit.after() {
            let asked = tokio::time::timeout_at(until, self.asked(links, call)).await;
            let answer = asked.map(|asked| asked.map(|told| told.answer));
            let permit = *self.permit;
            self.permit = Box::new(match answer {
                Ok(Ok(Answer::Value(value))) => permit.looked(&value, (sent, place.company())),
                Ok(Ok(Answer::DoneWithoutResult | Answer::Fault(_)) | Err(_)) | Err(_) => {
                    permit.unlooked()
                }
            });
        }
        self
    }

    /// Tells whoever looks after the gateway; values and records are named to nobody.
    fn alert(&self) {
        let found = self.permit.findings();
        if !found.is_alarming() {
            return;
        }
        tracing::warn!(
            request.id = %self.request,
            upstream.name = %self.upstream.name(),
            rule.id = self.permit.rule(),
            call.model = %self.permit.next().model,
            broken = found.broken,
            unsure = found.unsure,
            unchecked = found.unchecked,
            "records may have left the rule between its guard and the call",
        );
    }

    /// The ERP has ended the session before it did anything of this.
    fn over(self) -> Ended {
        Ended {
            is_unkept: self.is_unkept,
            undone: Some(Box::new(self)),
            ..Ended::of(Err(AskError::Over.why()))
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

/// Whether a fault is the ERP's own no, after which it has taken back whatever it did.
fn is_refusal(fault: &Fault) -> bool {
    matches!(
        fault.kind,
        FaultKind::AccessError
            | FaultKind::MissingRecord
            | FaultKind::UnknownModel
            | FaultKind::UnknownMethod
            | FaultKind::Validation
            | FaultKind::User
            | FaultKind::BadValue
            | FaultKind::BadArguments
            | FaultKind::Conflict
    )
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
