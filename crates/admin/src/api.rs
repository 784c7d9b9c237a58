//! The API: what a request meets on its way, in order.

mod answer;
mod body;

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::{RawPathParams, Request};
use axum::response::Response;
use axum::routing::any;
use portcullis_administrators::Desk;
use portcullis_audit::{Outcome, RequestId};
use portcullis_gateway::clock;
use portcullis_gateway::gateway::Shared;
use portcullis_gateway::gcra::Rate;
use portcullis_gateway::origin::{Origin, Proxies};
use portcullis_gateway::throttle::Throttle;
use portcullis_gateway::upstream::Upstreams;
use portcullis_identity::{Administrator, Timestamp};
use portcullis_storage::Journal;

use crate::chance;
use crate::identify::{self, Recognise, Recognised, Shown};
use crate::installation::Installation;
use crate::log_ins::LogIns;
use crate::may::{self, Act, Reach};
use crate::record::{Book, Entry};
use crate::refusal::Refusal;
use crate::routes::{Asked, Done, Needs, Planned, Route, TABLE};
use answer::Told;

/// What the API works with.
pub struct Api {
    installation: Arc<Installation>,
    shared: Arc<Shared>,
    kinds: Vec<Box<dyn Recognise>>,
    throttle: Throttle,
    proxies: Proxies,
    book: Book,
    /// Where people log in; none: nobody does.
    desk: Option<Arc<Desk>>,
}

/// Over which connection a request came.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Over {
    pub(crate) peer: SocketAddr,
    pub(crate) is_encrypted: bool,
}

/// A request, from where and when it came.
struct Arrived {
    request: RequestId,
    now: Timestamp,
    origin: Origin,
    /// How many seconds the address has to wait, unless it shows a credential that is good.
    debt: Option<u64>,
}

impl Api {
    /// An API that knows administrators by these kinds of credentials, and lets an address fail
    /// so often.
    pub fn new(
        (installation, shared): (Arc<Installation>, Arc<Shared>),
        kinds: Vec<Box<dyn Recognise>>,
        failures: Rate,
        journal: Box<dyn Journal>,
    ) -> Self {
        Self {
            installation,
            kinds,
            throttle: Throttle::new(failures),
            proxies: shared.proxies.clone(),
            shared,
            book: Book::new(journal),
            desk: None,
        }
    }

    /// What is administered.
    pub fn installation(&self) -> &Arc<Installation> {
        &self.installation
    }

    /// The ERPs of the running gateway.
    pub fn upstreams(&self) -> &Upstreams {
        &self.shared.upstreams
    }

    /// The same with a desk at which people log in.
    #[must_use]
    pub fn with_desk(mut self, desk: Arc<Desk>) -> Self {
        self.kinds.push(Box::new(LogIns::new(Arc::clone(&desk))));
        self.desk = Some(desk);
        self
    }

    /// Where people log in.
    pub(crate) fn desk(&self) -> Option<Arc<Desk>> {
        self.desk.clone()
    }

    /// The router of everything that can be asked.
    pub fn router(self: Arc<Self>) -> Router {
        let mut router = Router::new();
        let mut paths: Vec<&'static str> = all().map(|route| route.path).collect();
        paths.sort_unstable();
        paths.dedup();
        for path in paths {
            let api = Arc::clone(&self);
            let handler = move |parameters: RawPathParams, request: Request| {
                let parameters = parameters
                    .iter()
                    .map(|(name, value)| (name.to_owned(), value.to_owned()))
                    .collect();
                Arc::clone(&api).answer(Some(path), parameters, request)
            };
            router = router.route(path, any(handler));
        }
        router.fallback(move |request: Request| Arc::clone(&self).answer(None, Vec::new(), request))
    }

    async fn answer(
        self: Arc<Self>,
        path: Option<&'static str>,
        parameters: Vec<(String, String)>,
        request: Request,
    ) -> Response {
        let id = match chance::request() {
            Ok(id) => id,
            Err(refusal) => return answer::of(Told::Refused(refusal), None),
        };
        let told = match self.pass(id, path, parameters, request).await {
            Ok(done) => Told::Done(done),
            Err(refusal) => Told::Refused(refusal),
        };
        answer::of(told, Some(id))
    }

    /// The road.
    async fn pass(
        self: Arc<Self>,
        request: RequestId,
        path: Option<&'static str>,
        parameters: Vec<(String, String)>,
        asked: Request,
    ) -> Result<Done, Refusal> {
        let (head, body) = asked.into_parts();
        let arrived = self.arrived(request, &head)?;
        let verb = head.method.as_str();
        let (route, who) = match found(path, verb) {
            // Whoever logs in is nobody yet, and is not charged for it.
            Ok(route) if matches!(route.needs, Needs::Nobody(_)) => {
                self.let_in(&arrived)?;
                (route, None)
            }
            // Strangers are not told what there is.
            found => {
                let who = self.known(verb, &head.headers, &arrived).await?;
                (found?, Some(who))
            }
        };
        let act = route.needs.act();
        let reach = match (&who, route.needs) {
            (_, Needs::Nobody(_)) => Some(Reach::Scope),
            (Some(who), Needs::Leave(act)) => may::reach(who, act),
            (None, Needs::Leave(_)) => None,
        };
        let Some(reach) = reach else {
            return self.refused(&arrived, who.as_ref(), act, Refusal::NotAllowed);
        };
        let body = match body::read(&head, body).await {
            Ok(body) => body,
            Err(refusal) => return self.refused(&arrived, who.as_ref(), act, refusal),
        };
        let fields = body::members(&body);
        let query = head.uri.query().unwrap_or_default().to_owned();
        let planned = (route.plan)(Asked {
            api: Arc::clone(&self),
            who: who.clone(),
            reach,
            address: arrived.origin.address(),
            now: arrived.now,
            headers: head.headers,
            parameters,
            query,
            body,
        });
        match planned {
            Ok(planned) => self.done(arrived, who, (act, fields), planned).await,
            Err(refusal) => self.refused(&arrived, who.as_ref(), act, refusal),
        }
    }

    /// From where a request came, and whether the address has failed too often.
    fn arrived(&self, request: RequestId, head: &http::request::Parts) -> Result<Arrived, Refusal> {
        let over = head.extensions.get::<Over>().ok_or(Refusal::Failed)?;
        let origin = Origin::at(&self.proxies, over.peer, over.is_encrypted, &head.headers)
            .ok_or(Refusal::Unreadable)?;
        let now = clock::now();
        Ok(Arrived {
            request,
            now,
            origin,
            debt: self.throttle.wait(origin.address(), now),
        })
    }

    /// Who asks. Whoever fails is charged, and is told the same whatever is wrong.
    async fn known(
        &self,
        verb: &str,
        headers: &http::HeaderMap,
        arrived: &Arrived,
    ) -> Result<Administrator, Refusal> {
        let shown = Shown {
            verb,
            headers,
            address: arrived.origin.address(),
            now: arrived.now,
        };
        let found = if arrived.origin.is_clear() {
            // Others may have read it.
            Recognised::Refused(None)
        } else {
            identify::caller(&self.kinds, shown).await?
        };
        let whose = match found {
            Recognised::Known(who) => return Ok(who),
            Recognised::Refused(whose) => whose,
            Recognised::NotShown => None,
        };
        if let Some((who, unmet)) = whose {
            let act = Act::new("self", "identify");
            let entry = Entry {
                request: arrived.request,
                at: arrived.now,
                who: Some(&who),
                address: arrived.origin.address(),
                act,
                on: "",
                fields: &[],
            };
            let open = self.book.open(&entry)?;
            let outcome = Outcome::Refused {
                reason: "unidentified",
            };
            self.book.close(open, outcome, (401, 0), unmet.as_str());
        }
        self.let_in(arrived)?;
        self.throttle.charge(arrived.origin.address(), arrived.now);
        Err(Refusal::Unidentified)
    }

    /// Refuses an address that has failed too often.
    fn let_in(&self, arrived: &Arrived) -> Result<(), Refusal> {
        arrived
            .debt
            .map_or(Ok(()), |seconds| Err(Refusal::Paced(seconds)))
    }

    /// Writes a refusal down.
    fn refused(
        &self,
        arrived: &Arrived,
        who: Option<&Administrator>,
        act: Act,
        refusal: Refusal,
    ) -> Result<Done, Refusal> {
        let entry = entry(arrived, who, act, ("", &[]));
        let open = self.book.open(&entry)?;
        let (status, reason, _) = refusal.told();
        self.book
            .close(open, Outcome::Refused { reason }, (status, 0), "");
        Err(refusal)
    }

    /// Writes down what is planned, and does it, to its end: also when the caller hangs up.
    async fn done(
        self: Arc<Self>,
        arrived: Arrived,
        who: Option<Administrator>,
        (act, fields): (Act, Vec<String>),
        planned: Planned,
    ) -> Result<Done, Refusal> {
        let Planned { on, run } = planned;
        let entry = entry(&arrived, who.as_ref(), act, (&on, &fields));
        let open = self.book.open(&entry)?;
        let address = arrived.origin.address();
        let all = async move {
            let done = tokio::spawn(run).await;
            let panicked = done.is_err();
            let done = done.unwrap_or(Err(Refusal::Failed));
            let (outcome, status) = match &done {
                Ok(done) => (Outcome::Done, done.status.as_u16()),
                Err(_) if panicked => (Outcome::Panicked, 500),
                Err(refusal) => {
                    let (status, reason, _) = refusal.told();
                    if let Refusal::Store(error) = refusal {
                        tracing::error!(error = ?error, "the store did not do an administrative act");
                    }
                    if status == 401 {
                        self.throttle.charge(address, clock::now());
                    }
                    (Outcome::Refused { reason }, status)
                }
            };
            self.book.close(open, outcome, (status, 0), "");
            done
        };
        tokio::spawn(all).await.unwrap_or(Err(Refusal::Failed))
    }
}

fn entry<'a>(
    arrived: &Arrived,
    who: Option<&'a Administrator>,
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

/// Every route.
pub fn all() -> impl Iterator<Item = &'static Route> {
    TABLE.iter().flat_map(|part| part.iter())
}

/// The route of a path and a method.
fn found(path: Option<&'static str>, verb: &str) -> Result<&'static Route, Refusal> {
    let path = path.ok_or(Refusal::Nowhere)?;
    let here = || all().filter(|route| route.path == path);
    here().find(|route| route.verb == verb).ok_or_else(|| {
        let verbs: Vec<&str> = here().map(|route| route.verb).collect();
        Refusal::Verb(verbs.join(", "))
    })
}
