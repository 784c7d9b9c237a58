//! A gateway in this process, before a look-alike: for what cannot be seen from outside, and for
//! more calls than processes could bear.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::net::TcpListener;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::BodyExt as _;
use portcullis_audit::{Closing, Deed, Opening, Outcome, WriterId};
use portcullis_erp::{Database, Dialect, Limits};
use portcullis_gateway::archive::{Archive, Keeping, Safe, Waits};
use portcullis_gateway::clock;
use portcullis_gateway::config::{RestConfig, UpstreamConfig};
use portcullis_gateway::engine::Bounds;
use portcullis_gateway::gateway::{Addresses, Gateway, Shared};
use portcullis_gateway::gcra::Rate;
use portcullis_gateway::issuers::Issuers;
use portcullis_gateway::keyring::Keyring;
use portcullis_gateway::listener::{Arrival, Body, Framing, Length, Over, RawRequest};
use portcullis_gateway::origin::Proxies;
use portcullis_gateway::respond::Response;
use portcullis_gateway::sessions::{Lasting, OnChange, Secure, Sessions};
use portcullis_gateway::snapshot::{Routes, Snapshot};
use portcullis_gateway::upstream::{CursorSeal, ErpUser, Upstream, Upstreams};
use portcullis_gateway::ways::Ways;
use portcullis_identity::{
    Conditions, ErpLogin, Principal, PrincipalName, RoleName, Secret, Tagger, UpstreamName,
};
use portcullis_policy::{Family, Policy, Role};
use portcullis_sandbox::{Handler, Running, UpstreamLog, serve};
use portcullis_storage::{Journal, JournalError, KeyRow, Keys as _, Sealed, Store};
use portcullis_store::{SqlStore, Vault, entropy};

/// A journal that writes nothing down, and says so when it is told to fail.
struct Paper {
    torn: Arc<AtomicBool>,
    notes: Notes,
}

/// What closed records noted.
pub type Notes = Arc<Mutex<Vec<Noted>>>;

/// What one of them noted.
#[derive(Debug, Clone)]
pub struct Noted {
    /// The request, as `X-Request-Id` names it.
    pub request: String,
    /// Whether its outcome is unknown.
    pub is_unknown: bool,
    /// What, and how often.
    pub notes: Vec<(String, u64)>,
}

impl Journal for Paper {
    fn open(&mut self, _: &Opening<'_>) -> Result<(), JournalError> {
        if self.torn.load(Ordering::Relaxed) {
            return Err(JournalError::NoLane);
        }
        Ok(())
    }
    fn deed(&mut self, _: &Deed<'_>) -> Result<(), JournalError> {
        Ok(())
    }
    fn close(&mut self, closing: Closing<'_>) {
        let notes = closing.notes.iter();
        let notes = notes.map(|note| (note.what.to_owned(), note.count));
        self.notes.lock().expect("notes").push(Noted {
            request: closing.request.to_string(),
            is_unknown: closing.outcome == Outcome::Unknown,
            notes: notes.collect(),
        });
    }
    fn flush(&mut self) -> Result<(), JournalError> {
        Ok(())
    }
    fn writer(&self) -> WriterId {
        WriterId(0)
    }
}

/// A safe that hides nothing: what is kept here is nobody's.
struct Open;

impl Safe for Open {
    fn seal(&self, _: &'static str, _: &str, plain: Vec<u8>) -> Option<Sealed> {
        Some(Sealed(plain))
    }
    fn open(&self, _: &'static str, _: &str, sealed: &Sealed) -> Option<Vec<u8>> {
        Some(sealed.0.clone())
    }
    fn digest(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut hasher = DefaultHasher::new();
        parts.hash(&mut hasher);
        let mut digest = [0; 32];
        digest[..8].copy_from_slice(&hasher.finish().to_be_bytes());
        digest
    }
}

/// What a yard is made of.
pub struct Plan<'a> {
    /// The kind of ERP.
    pub family: Family,
    /// In which dialect it is spoken to.
    pub spoken: Dialect,
    /// The ERP user as whom calls run.
    pub login: &'a str,
    /// That user's credential.
    pub secret: &'a str,
    /// That user's number, in Odoo.
    pub uid: Option<i64>,
    /// The roles: each has a key of its own.
    pub roles: &'a [(&'a str, &'a str)],
    /// How often a key may call.
    pub rate: Rate,
    /// For how long an `Idempotency-Key` holds.
    pub once: Duration,
}

/// The name of the upstream.
pub const UPSTREAM: &str = "erp";

/// A gateway before a look-alike, with parts that can be made to fail.
pub struct Yard {
    /// The gateway.
    pub gateway: Gateway,
    /// Its store.
    pub store: Arc<SqlStore>,
    /// One key for each role, in their order.
    pub keys: Vec<String>,
    /// What reached the look-alike.
    pub log: UpstreamLog,
    /// Whether the journal fails.
    pub torn: Arc<AtomicBool>,
    /// What closed records noted.
    pub notes: Notes,
    running: Running,
    _folder: tempfile::TempDir,
}

impl Yard {
    /// A gateway before this look-alike.
    pub async fn before<H: Handler>(erp: Arc<H>, plan: &Plan<'_>) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let log = UpstreamLog::in_memory();
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let running = serve(listener, erp, log.clone()).expect("a look-alike");
        let name = UpstreamName::new(UPSTREAM).expect("a name");
        let login = ErpLogin::new(plan.login).expect("a login");
        let upstream = upstream(&name, running.url(), plan);
        upstream.put_user(ErpUser::new(
            login.clone(),
            Secret::new(plan.secret.to_owned()),
            plan.uid,
        ));

        let file = folder.path().join("store.db");
        let store = Arc::new(SqlStore::open(&file).await.expect("a store"));
        let vault = Vault::open(&folder.path().join("master.key")).expect("a vault");
        let mut keys = Vec::new();
        let mut roles = Vec::new();
        for (role, text) in plan.roles {
            let role = RoleName::new(role).expect("a name");
            roles.push(Role::from_toml(role.clone(), text).expect("a role"));
            let key = entropy::new_key().expect("a key");
            let holder = PrincipalName::new(role.as_str()).expect("a name");
            let holder =
                Principal::integration(holder, key.id(), name.clone(), login.clone(), vec![role]);
            let digest = key.digest(&vault.pepper());
            let row = KeyRow::new(key.id(), digest, &holder, clock::now());
            store.insert(&row).await.expect("a row");
            keys.push(key.expose_whole(str::to_owned));
        }
        let shared = shared(&store, &vault, Policy::new(1, roles), upstream, plan).await;
        let torn = Arc::new(AtomicBool::new(false));
        let notes = Notes::default();
        let gateway = Gateway::new(
            Arc::new(shared),
            Box::new(Paper {
                torn: Arc::clone(&torn),
                notes: Arc::clone(&notes),
            }),
        );
        Self {
            gateway,
            store,
            keys,
            log,
            torn,
            notes,
            running,
            _folder: folder,
        }
    }

    /// Where the look-alike is.
    pub fn erp(&self) -> String {
        self.running.url()
    }

    /// Sends one request through the gateway.
    pub async fn send(&self, request: http::Request<Bytes>) -> Response {
        let (head, body) = request.into_parts();
        let length = u64::try_from(body.len()).expect("a length");
        let peer = ([127, 0, 0, 1], 4711).into();
        let raw = RawRequest {
            head,
            body: Body::Whole(body),
            arrival: Arrival {
                peer,
                over: Over::Clear,
            },
            framing: Framing::Plain(Length::Told(length)),
            batch: None,
        };
        self.gateway.serve(raw).await
    }

    /// The same; answers status and body.
    pub async fn exchange(&self, request: http::Request<Bytes>) -> (u16, Bytes) {
        let response = self.send(request).await;
        let status = response.status().as_u16();
        let body = response.into_body().collect().await.expect("a body");
        (status, body.to_bytes())
    }
}

fn upstream(name: &UpstreamName, url: String, plan: &Plan<'_>) -> Upstream {
    let config = UpstreamConfig {
        name: name.clone(),
        family: plan.family,
        url: url.parse().expect("a URL"),
        database: Database::new("demo").expect("a database"),
        dialect: Some(plan.spoken),
        hosts: Vec::new(),
        concurrency: 4,
        patience: Duration::from_secs(10),
        answer: 16 << 20,
        profile: None,
        request: None,
        keep_alive: false,
        conditions: Conditions::default(),
        rotation: None,
        forwarded: false,
        list_database: true,
        users: Vec::new(),
        people: None,
        rest: RestConfig::default(),
    };
    let seal = CursorSeal::new(Tagger::new(&Secret::new([7; 32])));
    Upstream::new(&config, Arc::new(seal)).expect("an upstream")
}

async fn shared(
    store: &Arc<SqlStore>,
    vault: &Vault,
    policy: Policy,
    upstream: Upstream,
    plan: &Plan<'_>,
) -> Shared {
    let keyring = Keyring::new(
        Arc::clone(store) as Arc<dyn Store>,
        Arc::new(Open),
        vault.pepper(),
        plan.rate,
    );
    let lasting = Lasting {
        idle: Duration::from_secs(60),
        absolute: Duration::from_secs(3600),
        per_key: 3,
        secure: Secure::Auto,
        on_new_network: OnChange::Ignore,
        on_new_agent: OnChange::End,
    };
    let sessions = Sessions::new(
        Arc::clone(store) as Arc<dyn Store>,
        vault.pepper(),
        lasting,
        Arc::new(Open),
    );
    let snapshot = Snapshot {
        policy,
        routes: Routes::default(),
        limits: Limits::default(),
        rpc_body: 1 << 20,
    };
    let keeping = Keeping {
        once: plan.once,
        answer: 1 << 10,
        per_caller: 10,
        caller_bytes: 1 << 20,
        approvals: Waits::default(),
        originals: Duration::from_secs(60),
        most_originals: 10,
    };
    let archive = Archive::enter(Arc::clone(store) as _, Arc::new(Open), keeping)
        .await
        .expect("an archive");
    Shared::new(
        snapshot,
        (keyring, Issuers::new(&[], plan.rate).expect("no issuers")),
        sessions,
        Addresses {
            account_failures: Rate {
                per_minute: 1,
                burst: 10,
            },
            failures: plan.rate,
            proxies: Proxies::default(),
            connections: Bounds { each: 9, all: 9 },
            ways: Ways::default(),
        },
        Upstreams::new(vec![upstream]),
        archive,
    )
}

/// Runs a test on one core, as the gateway's engine runs.
pub fn in_one_core(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    tokio::task::LocalSet::new().block_on(&runtime, test);
}
