//! The API: what it works with, and its paths.

mod answer;
mod body;
mod road;
mod vain;
mod watch;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::Router;
use axum::extract::{RawPathParams, Request};
use axum::response::Response;
use axum::routing::any;
use portcullis_administrators::Desk;
use portcullis_gateway::gateway::Shared;
use portcullis_gateway::gcra::Rate;
use portcullis_gateway::origin::Proxies;
use portcullis_gateway::throttle::{Accounts, Throttle};
use portcullis_gateway::upstream::Upstreams;
use portcullis_storage::Journal;

use crate::chance;
use crate::identify::Recognise;
use crate::installation::Installation;
use crate::log_ins::LogIns;
use crate::record::Book;
use crate::refusal::Refusal;
use crate::routes::{Route, TABLE};
use answer::Told;
use vain::Vain;
pub use watch::Watch;

/// What the API works with.
pub struct Api {
    installation: Arc<Installation>,
    shared: Arc<Shared>,
    kinds: Vec<Box<dyn Recognise>>,
    throttle: Throttle,
    /// At which ERP users somebody tries secrets to adopt.
    adopts: Accounts,
    /// Devices from which people have logged in.
    devices: Accounts,
    proxies: Proxies,
    book: Book,
    /// Uses of credentials that are not good.
    vain: Vain,
    /// Where people log in; none: nobody does.
    desk: Option<Arc<Desk>>,
}

/// Over which connection a request came.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Over {
    pub(crate) peer: SocketAddr,
    pub(crate) is_encrypted: bool,
}

impl Api {
    /// An API that knows administrators by these kinds of credentials, and lets an address fail
    /// so often.
    pub fn new(
        (installation, shared): (Arc<Installation>, Arc<Shared>),
        kinds: Vec<Box<dyn Recognise>>,
        (failures, account_failures): (Rate, Rate),
        journal: Box<dyn Journal>,
    ) -> Self {
        Self {
            installation,
            kinds,
            throttle: Throttle::new(failures),
            adopts: Accounts::new(account_failures),
            devices: Accounts::new(failures),
            proxies: shared.proxies.clone(),
            shared,
            book: Book::new(journal),
            vain: Vain::new(failures.burst),
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

    /// The ERP users at which somebody tries secrets to adopt.
    pub(crate) fn adopts(&self) -> &Accounts {
        &self.adopts
    }

    /// Whether connections of this peer are a trusted proxy's.
    pub(crate) fn trusts(&self, peer: IpAddr) -> bool {
        self.proxies.trust(peer)
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
        let told = match self.pass(id, (path, parameters), request).await {
            Ok(done) => Told::Done(done),
            Err(refusal) => Told::Refused(refusal),
        };
        answer::of(told, Some(id))
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
