//! What a request meets on its way, in order: from where it comes, who asks, whether that may be,
//! its body, the record, the act.

use std::sync::Arc;

use axum::extract::Request;
use http::request::Parts;
use portcullis_administrators::{Known, Refused, wire};
use portcullis_audit::{Outcome, RequestId};
use portcullis_gateway::clock;
use portcullis_gateway::decode::is_foreign;
use portcullis_gateway::origin::Origin;
use portcullis_identity::{Administrator, Timestamp};

use super::vain::Counted;
use super::watch::Watch;
use super::{Api, Over, body, found};
use crate::identify::{self, Recognised, Shown};
use crate::may::{self, Act, Reach};
use crate::record::{Entry, Who};
use crate::refusal::Refusal;
use crate::routes::{Asked, By, Done, Needs, Planned};

/// A request, from where and when it came.
struct Arrived {
    request: RequestId,
    now: Timestamp,
    origin: Origin,
    /// How many seconds the address has to wait, unless it shows a credential that is good.
    debt: Option<u64>,
}

/// A path's parts, by name.
pub(super) type Parameters = Vec<(String, String)>;

impl Api {
    /// The road.
    pub(super) async fn pass(
        self: Arc<Self>,
        request: RequestId,
        (path, parameters): (Option<&'static str>, Parameters),
        asked: Request,
    ) -> Result<Done, Refusal> {
        let (head, body) = asked.into_parts();
        let arrived = self.arrived(request, &head)?;
        if arrived.origin.is_clear() {
            // Others may have read it: nothing that it shows or says is good, a password neither.
            let nobody = self.known(&head, &arrived).await.err();
            return Err(nobody.unwrap_or(Refusal::Unidentified));
        }
        let route = found(path, head.method.as_str());
        let by = match route.as_ref().map(|route| route.needs) {
            Ok(Needs::Open(act)) => self.entering(&head, &arrived, act)?,
            Ok(Needs::Session(_)) => self.with_session(&head, &arrived).await?,
            // Strangers are not told what there is.
            Ok(Needs::Leave(_)) | Err(_) => By::Administrator(self.known(&head, &arrived).await?),
        };
        let route = route?;
        let act = route.needs.act();
        let who = by.who();
        let refused = |refusal| self.refused(&arrived, who.as_ref(), act, refusal);
        let reach = match self.check(&by, route.needs, &head) {
            Ok(reach) => reach,
            Err(refusal) => return refused(refusal),
        };
        // Whoever sends it wants nothing to be done.
        if head.headers.contains_key("x-dry-run") {
            let message = "X-Dry-Run has no effect here: leave it out; nothing was done";
            return refused(Refusal::Malformed(message.to_owned()));
        }
        let body = match body::read(&head, body).await {
            Ok(body) => body,
            Err(refusal) => return refused(refusal),
        };
        let fields = match by {
            By::Nobody(_) => Vec::new(),
            By::Session(_) | By::Administrator(_) => body::members(&body),
        };
        let watch = match &by {
            By::Nobody(watch) => Some(Arc::clone(watch)),
            By::Session(_) | By::Administrator(_) => None,
        };
        let planned = (route.plan)(Asked {
            api: Arc::clone(&self),
            by,
            reach,
            address: arrived.origin.address(),
            now: arrived.now,
            query: head.uri.query().unwrap_or_default().to_owned(),
            headers: head.headers,
            parameters,
            body,
        });
        match (planned, watch) {
            (Err(refusal), _) => refused(refusal),
            (Ok(planned), Some(watch)) => self.entered(watch, planned).await,
            (Ok(planned), None) => self.done(arrived, (who, act), fields, planned).await,
        }
    }

    /// From where a request came, and whether the address has failed too often.
    fn arrived(&self, request: RequestId, head: &Parts) -> Result<Arrived, Refusal> {
        let over = head.extensions.get::<Over>().ok_or(Refusal::Failed)?;
        let origin = Origin::at(&self.proxies, over.peer, over.is_encrypted, &head.headers)
            .ok_or(Refusal::Unreadable)?;
        if !self.shared.snapshot.load().routes.serves(origin.address()) {
            return Err(Refusal::NotFromHere);
        }
        let now = clock::now();
        Ok(Arrived {
            request,
            now,
            origin,
            debt: self.throttle.wait(origin.address(), now),
        })
    }

    /// Somebody wants to come in: one request is taken off what the address may do, before
    /// anything of it is read, whatever becomes of it.
    fn entering(
        self: &Arc<Self>,
        head: &Parts,
        arrived: &Arrived,
        act: Act,
    ) -> Result<By, Refusal> {
        // A page of another site logs nobody in, and takes nothing off the address of whoever
        // looks at it.
        if is_foreign(&head.headers) {
            return Err(Refused::Forged.into());
        }
        let address = arrived.origin.address();
        let desk = self.desk();
        let shown = wire::device(&head.headers);
        let device = desk
            .as_ref()
            .and_then(|desk| desk.device(shown, arrived.now));
        // Whoever has logged in from this device has a pace of its own.
        let spent = match device.map(|device| device.account()) {
            Some(own) => {
                let tried = self.devices.begin(&own, address, arrived.now);
                tried.map(|tried| _ = tried.failed())
            }
            None => self.throttle.spend(address, arrived.now),
        };
        spent.map_err(Refusal::Paced)?;
        let api = Arc::clone(self);
        let watch = Watch::new(api, (arrived.request, arrived.now), address, act);
        Ok(By::Nobody(Arc::new(watch)))
    }

    /// Whose session is shown.
    async fn with_session(&self, head: &Parts, arrived: &Arrived) -> Result<By, Refusal> {
        let desk = self.desk().ok_or(Refusal::Unidentified)?;
        let address = arrived.origin.address();
        match wire::known(&desk, &head.headers, address, arrived.now).await {
            Ok(known) => Ok(By::Session(Box::new(known))),
            Err(Refused::Store(error)) => Err(Refusal::Store(error)),
            Err(refused) => {
                let nothing =
                    matches!(refused, Refused::NotLoggedIn) && !wire::is_shown(&head.headers);
                self.stranger(head, arrived, nothing)?;
                Err(refused.into())
            }
        }
    }

    /// Who asks. Whoever fails is charged, and is told the same whatever is wrong.
    async fn known(&self, head: &Parts, arrived: &Arrived) -> Result<Administrator, Refusal> {
        let shown = Shown {
            verb: head.method.as_str(),
            headers: &head.headers,
            address: arrived.origin.address(),
            is_clear: arrived.origin.is_clear(),
            now: arrived.now,
        };
        let (whose, is_nothing) = match identify::caller(&self.kinds, shown).await? {
            Recognised::Known(who) => return Ok(who),
            Recognised::Refused(whose) => (whose, false),
            Recognised::NotShown => (None, true),
        };
        if let Some((who, unmet)) = whose {
            let used = Counted {
                who,
                unmet,
                count: 1,
                request: arrived.request,
                at: arrived.now,
                address: arrived.origin.address(),
            };
            if self.vain.is_alone(&used) {
                self.write_vain(&used)?;
            }
        }
        self.stranger(head, arrived, is_nothing)?;
        Err(Refusal::Unidentified)
    }

    /// Writes down that a credential that is not good was used.
    fn write_vain(&self, used: &Counted) -> Result<(), Refusal> {
        let open = self.book.open(&Entry {
            request: used.request,
            at: used.at,
            who: Some(&Who::from(&used.who)),
            address: used.address,
            act: Act::new("self", "identify"),
            on: "",
            fields: &[],
        })?;
        let outcome = Outcome::Refused {
            reason: "unidentified",
        };
        let note = (used.unmet.as_str(), used.count);
        self.book.close_noted(open, outcome, (401, 0), note);
        Ok(())
    }

    /// Writes down what was counted of such uses and is due.
    pub(crate) fn write_due(&self, is_last: bool) {
        let due = match is_last {
            true => self.vain.all(clock::now()),
            false => self.vain.due(clock::now()),
        };
        for used in due {
            // A record that cannot be opened is logged; nothing was done.
            let _logged = self.write_vain(&used);
        }
    }

    /// Charges somebody who is not known to the address, and refuses one that has failed too
    /// often. What a page of another site has a browser ask, which shows nothing, is charged to
    /// nobody: it is not whoever looks at that page who asks.
    fn stranger(&self, head: &Parts, arrived: &Arrived, is_nothing: bool) -> Result<(), Refusal> {
        if is_nothing && is_foreign(&head.headers) {
            return Ok(());
        }
        if let Some(seconds) = arrived.debt {
            return Err(Refusal::Paced(seconds));
        }
        self.throttle.charge(arrived.origin.address(), arrived.now);
        Ok(())
    }

    /// How far whoever asks may go with what is asked.
    fn check(&self, by: &By, needs: Needs, head: &Parts) -> Result<Reach, Refusal> {
        match (by, needs) {
            (By::Administrator(who), Needs::Leave(act)) => {
                may::reach(who, act).ok_or(Refusal::NotAllowed(act))
            }
            (By::Session(known), Needs::Session(_)) => {
                let desk = self.desk().ok_or(Refusal::Nowhere)?;
                wire::check_own(&desk, known, (head.method.as_str(), &head.headers))?;
                Ok(Reach::Scope)
            }
            (By::Nobody(_), Needs::Open(_)) => Ok(Reach::Scope),
            (_, needs) => Err(Refusal::NotAllowed(needs.act())),
        }
    }

    /// Writes a refusal down, of somebody who is known.
    fn refused(
        &self,
        arrived: &Arrived,
        who: Option<&Who>,
        act: Act,
        refusal: Refusal,
    ) -> Result<Done, Refusal> {
        if who.is_none() {
            return Err(refusal);
        }
        let open = self.book.open(&entry(arrived, who, act, ("", &[])))?;
        let (status, reason, _) = refusal.told();
        self.book
            .close(open, Outcome::Refused { reason }, (status, 0), "");
        Err(refusal)
    }

    /// Does a log-in, to its end: also when the caller hangs up. Its record is opened within.
    async fn entered(&self, watch: Arc<Watch>, planned: Planned) -> Result<Done, Refusal> {
        let all = async move {
            let (done, panicked) = run(planned).await;
            let (outcome, status) = outcome(&done, panicked);
            watch.end(outcome, status);
            done
        };
        tokio::spawn(all).await.unwrap_or(Err(Refusal::Failed))
    }

    /// Writes down what is planned, and does it, to its end: also when the caller hangs up.
    async fn done(
        self: Arc<Self>,
        arrived: Arrived,
        (who, act): (Option<Who>, Act),
        fields: Vec<String>,
        planned: Planned,
    ) -> Result<Done, Refusal> {
        let entry = entry(&arrived, who.as_ref(), act, (&planned.on, &fields));
        let open = self.book.open(&entry)?;
        let address = arrived.origin.address();
        let all = async move {
            let (done, panicked) = run(planned).await;
            let (outcome, status) = outcome(&done, panicked);
            if status == 401 {
                self.throttle.charge(address, clock::now());
            }
            self.book.close(open, outcome, (status, 0), "");
            done
        };
        tokio::spawn(all).await.unwrap_or(Err(Refusal::Failed))
    }
}

impl By {
    /// Who it is, for the record.
    fn who(&self) -> Option<Who> {
        match self {
            Self::Nobody(_) => None,
            Self::Session(known) => Some(Who::by_session(name(known))),
            Self::Administrator(who) => Some(Who::from(who)),
        }
    }
}

fn name(known: &Known) -> &portcullis_identity::AdministratorName {
    &known.administrator.name
}

/// Does what is planned; answers also whether it panicked.
async fn run(planned: Planned) -> (Result<Done, Refusal>, bool) {
    match tokio::spawn(planned.run).await {
        Ok(done) => (done, false),
        Err(_) => (Err(Refusal::Failed), true),
    }
}

/// How it ended, for the record.
fn outcome(done: &Result<Done, Refusal>, panicked: bool) -> (Outcome<'static>, u16) {
    match done {
        Ok(done) => (Outcome::Done, done.status.as_u16()),
        Err(_) if panicked => (Outcome::Panicked, 500),
        Err(refusal) => {
            if let Refusal::Store(error) = refusal {
                tracing::error!(error = ?error, "the store did not do an administrative act");
            }
            let (status, reason, _) = refusal.told();
            (Outcome::Refused { reason }, status)
        }
    }
}

fn entry<'a>(
    arrived: &Arrived,
    who: Option<&'a Who>,
    act: Act,
    (on, fields): (&'a str, &'a [String]),
) -> Entry<'a> {
    Entry {
        request: arrived.request,
        at: arrived.now,
        who,
        address: arrived.origin.address(),
        act,
        on,
        fields,
    }
}
