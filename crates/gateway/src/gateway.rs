//! The gateway of one core: the list of the rooms, and what surrounds it.

mod batch;
mod caught;
mod redirect;

use std::net::IpAddr;
use std::rc::Rc;
use std::sync::Arc;

use arc_swap::ArcSwap;
use http_body::Body as _;
use portcullis_audit::Outcome;
use portcullis_erp::Dialect;
use portcullis_identity::Timestamp;
use portcullis_storage::Journal;

use crate::approve;
use crate::archive::Archive;
use crate::audit::{self, End, Ledger};
use crate::authorize;
use crate::chance::Ids;
use crate::clock::{self, Stopwatch};
use crate::decode::{self, has_slot};
use crate::denial::{self, Denial, Why};
use crate::docs;
use crate::dry_run;
use crate::engine::{Bounds, Connections, Place};
use crate::filter;
use crate::gcra::Rate;
use crate::identify::{self, Desk};
use crate::issuers::Issuers;
use crate::keyring::Keyring;
use crate::limit;
use crate::listener::{self, Framing, RawRequest};
use crate::once;
use crate::operations;
use crate::origin::{self, Origin, Proxies};
use crate::respond::{self, Response};
use crate::route;
use crate::sessions::Sessions;
use crate::snapshot::Snapshot;
use crate::throttle::{self, Accounts, Proven, Throttle};
use crate::trail::{Story, Trail};
use crate::upstream::{self, Asker, Keeps, Links, Upstreams};
use crate::ways::Ways;
use caught::Caught;

/// What all cores share.
pub struct Shared {
    /// Policy and routes; exchanged as a whole.
    pub snapshot: ArcSwap<Snapshot>,
    /// The keys.
    pub keyring: Keyring,
    /// The issuers whose tokens are believed.
    pub issuers: Issuers,
    /// The sessions.
    pub sessions: Sessions,
    /// The proxies that are believed.
    pub proxies: Proxies,
    /// The connections that are open.
    pub(crate) connections: Arc<Connections>,
    /// In which ways credentials may come.
    pub(crate) ways: Ways,
    /// The addresses that failed.
    pub throttle: Throttle,
    /// The addresses from which good keys came.
    pub(crate) proven: Proven,
    /// The accounts at which somebody guesses.
    pub(crate) accounts: Arc<Accounts>,
    /// The ERPs.
    pub upstreams: Upstreams,
    /// What is kept of answers and errors.
    pub archive: Arc<Archive>,
}

/// What holds for addresses.
pub struct Addresses {
    /// How often one may fail.
    pub failures: Rate,
    /// How often somebody may fail at one account, from anywhere.
    pub account_failures: Rate,
    /// The proxies that are believed.
    pub proxies: Proxies,
    /// How many connections there may be.
    pub connections: Bounds,
    /// In which ways credentials may come.
    pub ways: Ways,
}

impl Shared {
    /// What all cores share, from its parts.
    pub fn new(
        snapshot: Snapshot,
        (keyring, issuers): (Keyring, Issuers),
        sessions: Sessions,
        addresses: Addresses,
        upstreams: Upstreams,
        archive: Archive,
    ) -> Self {
        Self {
            snapshot: ArcSwap::from_pointee(snapshot),
            keyring,
            issuers,
            sessions,
            proxies: addresses.proxies,
            connections: Connections::new(addresses.connections),
            ways: addresses.ways,
            throttle: Throttle::new(addresses.failures),
            proven: Proven::default(),
            accounts: Arc::new(Accounts::new(addresses.account_failures)),
            upstreams,
            archive: Arc::new(archive),
        }
    }
}

impl Shared {
    /// What `identify` knows of the world.
    fn desk(&self) -> Desk<'_> {
        Desk {
            keyring: &self.keyring,
            issuers: &self.issuers,
            sessions: &self.sessions,
            upstreams: &self.upstreams,
            ways: &self.ways,
            proven: &self.proven,
            accounts: &self.accounts,
        }
    }
}

/// The gateway of one core. Not shared between threads.
pub struct Gateway {
    shared: Arc<Shared>,
    ledger: Rc<Ledger>,
    links: Links,
    ids: Ids,
}

impl Gateway {
    /// A gateway over what all cores share, with a journal of its own.
    pub fn new(shared: Arc<Shared>, journal: Box<dyn Journal>) -> Self {
        let refusals = shared.throttle.rate().burst;
        Self {
            shared,
            ledger: Rc::new(Ledger::of_callers(journal, refusals)),
            links: Links::default(),
            ids: Ids::new(),
        }
    }

    /// A place for a connection of this peer; none if there is none left.
    pub(crate) fn place(&self, peer: IpAddr) -> Option<Place> {
        let shared = &*self.shared;
        let counted = (!shared.proxies.trust(peer)).then_some(peer);
        shared.connections.enter(counted)
    }

    /// One answer and one closed record for each request, whichever door it ended at.
    pub async fn serve(&self, raw: RawRequest) -> Response {
        if let Some(page) = self.page(&raw) {
            return page;
        }
        if batch::is_one(&raw.head) {
            return self.batch(raw).await;
        }
        self.one(raw).await
    }

    /// A page that is the same for everybody; whatever could be read in two ways goes the road,
    /// and is refused there.
    fn page(&self, raw: &RawRequest) -> Option<Response> {
        let is_of_proxy = raw.head.uri.authority().is_some();
        if is_of_proxy || matches!(raw.framing, Framing::Ambiguous(_)) {
            return None;
        }
        let page = redirect::page(raw, &self.shared.ways)
            .or_else(|| operations::page(raw, &self.shared.keyring, clock::now()))
            .or_else(|| docs::page(raw))?;
        // To whom nothing is served, this is not either; but whoever looks after this machine
        // sees whether the gateway runs.
        let address = self.origin(raw).address;
        let is_served = self.shared.snapshot.load().routes.serves(address);
        let looks_after_it = address.to_canonical().is_loopback() && operations::is_one(raw);
        (is_served || looks_after_it).then_some(page)
    }

    async fn one(&self, raw: RawRequest) -> Response {
        let now = clock::now();
        let watch = clock::stopwatch();
        let origin = self.origin(&raw);
        let is_tried = dry_run::is_named(&raw.head.headers);
        let mut trail = Trail::begin(self.ids.next(), now);
        let (api, in_facade) = {
            let path = raw.head.uri.path();
            (denial::api_around(path), route::is_of_facade(path))
        };
        let result = Caught::new(self.pass(raw, origin, now, &mut trail)).await;
        let result = result.map_err(|denial| {
            let denial = denial.around(api);
            if in_facade {
                denial.or_to(Dialect::Rest)
            } else {
                denial
            }
        });
        let is_allowed = result.is_ok();
        let mut response = self.settle(result, &trail.tell(), origin.address, watch);
        if is_tried {
            respond::tried(&mut response, is_allowed);
        }
        response
    }

    fn origin(&self, raw: &RawRequest) -> Origin {
        let proxies = &self.shared.proxies;
        origin::of(proxies, &raw.arrival, &raw.head.headers)
    }

    fn asker(&self) -> Asker<'_> {
        Asker {
            links: &self.links,
            ledger: &self.ledger,
            ids: &self.ids,
        }
    }

    /// The road.
    async fn pass(
        &self,
        raw: RawRequest,
        origin: Origin,
        now: Timestamp,
        trail: &mut Trail,
    ) -> Result<Response, Denial> {
        let shared = &*self.shared;
        let snapshot = shared.snapshot.load_full();
        trail.judged_by(snapshot.policy.version());
        let desk = shared.desk();

        let asker = self.asker();
        let received = listener::receive(raw, origin)?;
        let routed = route::find(&snapshot.routes, received)?;
        let paced = throttle::by_address(&shared.throttle, &shared.ways, routed, now)?;
        let decoded = decode::read(paced, &snapshot, &desk, now, trail).await?;
        let identified = identify::caller(&desk, decoded, now, trail).await?;
        let permitted =
            authorize::call(&snapshot, &asker, &shared.sessions, identified, now, trail).await?;
        let admitted = limit::admit(permitted, now)?;
        let recorded = audit::open(&self.ledger, admitted, &snapshot, now, trail)?;
        let claimed = once::claim(&shared.archive, recorded, now).await?;
        let approved = approve::wait(&shared.archive, claimed, now, trail).await?;
        let keeps = Keeps {
            sessions: &shared.sessions,
            archive: &shared.archive,
            ledger: &self.ledger,
        };
        let answered = upstream::forward(&asker, &keeps, approved, now, trail).await?;
        let filtered = filter::apply(answered, trail)?;
        respond::with(filtered, trail)
    }

    /// Closes the record, charges the address, and makes a denial an answer.
    fn settle(
        &self,
        result: Result<Response, Denial>,
        story: &Story,
        address: IpAddr,
        watch: Stopwatch,
    ) -> Response {
        let outcome = match (&result, story.fault) {
            (Ok(_), None) => Outcome::Done,
            (Ok(_), Some(kind)) => Outcome::Fault {
                kind: audit::fault_name(kind),
            },
            (Err(denial), _) => audit::outcome(denial),
        };
        let suspicious = result.as_ref().err().is_some_and(Denial::is_suspicious);
        let waits = result
            .as_ref()
            .err()
            .is_some_and(|denial| matches!(denial.why(), Why::Paced(_)));
        if let (Some(caller), Ok(_)) = (&story.caller, &result)
            && story.dialect.is_some_and(has_slot)
        {
            self.shared.proven.note(caller, address, story.at);
        }
        // A route that is open to everybody has counted its visitors itself.
        let counted = story.dialect == Some(Dialect::Custom) && result.is_ok();
        if ((story.caller.is_none() && !counted) || suspicious) && !waits {
            self.shared.throttle.charge(address, story.at);
        }
        if matches!(outcome, Outcome::Panicked) {
            tracing::error!(request.id = %story.request, "a room panicked; the request was answered 500");
        }
        let is_repeated = story.repeated && result.is_ok();
        let mut response = result.unwrap_or_else(|denial| respond::denied(&denial, story.request));
        respond::sign(&mut response, story.request, is_repeated);
        let end = End {
            outcome,
            status: response.status().as_u16(),
            duration_us: watch.micros(),
            bytes_out: response.body().size_hint().exact().unwrap_or_default(),
        };
        self.ledger.close(story, end);
        response
    }

    /// Writes what is still in memory of closed records.
    pub fn flush(&self) {
        self.ledger.flush();
    }

    /// The same, and what is only written once it is over: nothing comes any more.
    pub fn finish(&self) {
        self.ledger.finish();
    }
}
