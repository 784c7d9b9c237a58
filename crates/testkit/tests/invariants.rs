//! Invariants that need a part which fails: a journal that cannot write, a store that is gone.

#![expect(
    clippy::expect_used,
    reason = "a test fails by panicking, also in what its cases share"
)]

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::net::TcpListener;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use portcullis_audit::{Closing, Deed, Opening, WriterId};
use portcullis_erp::{Database, Dialect, Limits};
use portcullis_gateway::archive::{Archive, Keeping, Safe};
use portcullis_gateway::clock;
use portcullis_gateway::config::{Config, RestConfig, UpstreamConfig};
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
use portcullis_sandbox::odoo::{Key, Odoo, Options, User};
use portcullis_sandbox::{Running, UpstreamLog, serve};
use portcullis_storage::{Journal, JournalError, KeyRow, Keys as _, Sealed, Store};
use portcullis_store::{SqlStore, Vault, entropy};

const ROLE: &str = "[[rule]]\nname = \"contacts\"\nmodels = [\"res.partner\"]\noperations = [\"read\", \"create\", \"write\"]\nfields = \"*\"\n";

/// For how long an `Idempotency-Key` holds here.
const ONCE: Duration = Duration::from_millis(1500);

/// A journal that writes nothing down, and says so when it is told to fail.
struct Paper {
    torn: Arc<AtomicBool>,
    notes: Notes,
}

/// What closed records noted, each time.
type Notes = Arc<Mutex<Vec<Vec<String>>>>;

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
        let notes = closing.notes.iter().map(|note| note.what.to_owned());
        self.notes.lock().expect("notes").push(notes.collect());
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

/// A gateway before an Odoo look-alike, with parts that can be made to fail.
struct Yard {
    gateway: Gateway,
    store: Arc<SqlStore>,
    key: String,
    log: UpstreamLog,
    torn: Arc<AtomicBool>,
    notes: Notes,
    _odoo: Running,
    _folder: tempfile::TempDir,
}

impl Yard {
    async fn make() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let user = User {
            login: "integration".to_owned(),
            name: "Integration".to_owned(),
            role: portcullis_sandbox::odoo::Role::Sales,
            password: "a password of the look-alike".to_owned(),
            keys: vec![Key::rpc("0123456789abcdef")],
        };
        let odoo = Odoo::new(Options::new("demo", vec![user]));
        let uid = odoo.uid("integration");
        let log = UpstreamLog::in_memory();
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let running = serve(listener, Arc::new(odoo), log.clone()).expect("a look-alike");

        let name = UpstreamName::new("odoo").expect("a name");
        let login = ErpLogin::new("integration").expect("a login");
        let upstream = Upstream::new(
            &UpstreamConfig {
                name: name.clone(),
                family: Family::Odoo,
                url: running.url().parse().expect("a URL"),
                database: Database::new("demo").expect("a database"),
                dialect: Some(Dialect::JsonRpc),
                hosts: Vec::new(),
                concurrency: 4,
                patience: Duration::from_secs(10),
                answer: 1 << 20,
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
            },
            Arc::new(CursorSeal::new(Tagger::new(&Secret::new([7; 32])))),
        )
        .expect("an upstream");
        upstream.put_user(ErpUser::new(
            login.clone(),
            Secret::new("0123456789abcdef".to_owned()),
            uid,
        ));

        let store = Arc::new(
            SqlStore::open(&folder.path().join("store.db"))
                .await
                .expect("a store"),
        );
        let vault = Vault::open(&folder.path().join("master.key")).expect("a vault");
        let key = entropy::new_key().expect("a key");
        let role = RoleName::new("reader").expect("a name");
        let shop = PrincipalName::new("shop").expect("a name");
        let shop = Principal::integration(shop, key.id(), name, login, vec![role.clone()]);
        let row = KeyRow::new(key.id(), key.digest(&vault.pepper()), &shop, clock::now());
        store.insert(&row).await.expect("a row");
        let rate = Rate {
            per_minute: 60,
            burst: 1000,
        };
        let keyring = Keyring::new(
            Arc::clone(&store) as Arc<dyn Store>,
            Arc::new(Open),
            vault.pepper(),
            rate,
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
            Arc::clone(&store) as Arc<dyn Store>,
            vault.pepper(),
            lasting,
            Arc::new(Open),
        );
        let policy = Policy::new(1, vec![Role::from_toml(role, ROLE).expect("a role")]);
        let snapshot = Snapshot {
            policy,
            routes: Routes::default(),
            limits: Limits::default(),
            rpc_body: 1 << 20,
        };
        let keeping = Keeping {
            once: ONCE,
            answer: 1 << 10,
            per_caller: 10,
            caller_bytes: 1 << 20,
            originals: Duration::from_secs(60),
            most_originals: 10,
        };
        let archive = Archive::enter(Arc::clone(&store) as _, Arc::new(Open), keeping)
            .await
            .expect("an archive");
        let shared = Arc::new(Shared::new(
            snapshot,
            (keyring, Issuers::new(&[], rate).expect("no issuers")),
            sessions,
            Addresses {
                account_failures: Rate {
                    per_minute: 1,
                    burst: 10,
                },
                failures: rate,
                proxies: Proxies::default(),
                connections: Bounds { each: 9, all: 9 },
                ways: Ways::default(),
            },
            Upstreams::new(vec![upstream]),
            archive,
        ));
        let torn = Arc::new(AtomicBool::new(false));
        let notes = Notes::default();
        let gateway = Gateway::new(
            shared,
            Box::new(Paper {
                torn: Arc::clone(&torn),
                notes: Arc::clone(&notes),
            }),
        );
        Self {
            gateway,
            store,
            key: key.expose_whole(str::to_owned),
            log,
            torn,
            notes,
            _odoo: running,
            _folder: folder,
        }
    }

    async fn count(&self) -> Response {
        self.call("search_count", b"{\"domain\":[]}", &[]).await
    }

    async fn call(&self, method: &str, body: &'static [u8], headers: &[(&str, &str)]) -> Response {
        let mut request = http::Request::post(format!("/json/2/res.partner/{method}"))
            .header("host", "gateway")
            .header("content-type", "application/json")
            .header("x-api-key", &self.key);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let head = request.body(()).expect("a request").into_parts().0;
        let length = u64::try_from(body.len()).expect("a length");
        let peer = ([127, 0, 0, 1], 4711).into();
        self.gateway
            .serve(RawRequest {
                head,
                body: Body::Whole(body.into()),
                arrival: Arrival {
                    peer,
                    over: Over::Clear,
                },
                framing: Framing::Plain(Length::Told(length)),
                batch: None,
            })
            .await
    }

    fn reached(&self) -> usize {
        self.log.lines().len()
    }
}

fn in_one_core(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    tokio::task::LocalSet::new().block_on(&runtime, test);
}

#[test]
fn what_cannot_be_recorded_is_not_done() {
    in_one_core(async {
        let yard = Yard::make().await;
        assert_eq!(yard.count().await.status(), 200);
        let before = yard.reached();
        yard.torn.store(true, Ordering::Relaxed);
        assert_eq!(yard.count().await.status(), 503);
        assert_eq!(yard.reached(), before, "nothing arrived");
        yard.torn.store(false, Ordering::Relaxed);
        assert_eq!(
            yard.count().await.status(),
            200,
            "it goes on when records can be written again"
        );
    });
}

#[test]
fn an_idempotency_key_holds_for_its_time_and_no_longer() {
    in_one_core(async {
        let yard = Yard::make().await;
        let create = async || {
            let before = yard.reached();
            let vals = b"{\"vals_list\":[{\"name\":\"Once\"}]}";
            let answer = yard.call("create", vals, &[("idempotency-key", "k")]).await;
            assert_eq!(answer.status(), 200);
            let repeated = answer.headers().contains_key("idempotent-replayed");
            (yard.reached() > before, repeated)
        };
        assert_eq!(create().await, (true, false));
        assert_eq!(create().await, (false, true));
        tokio::time::sleep(ONCE).await;
        assert_eq!(create().await, (true, false), "it is a new key");
        assert_eq!(create().await, (false, true));
    });
}

#[test]
fn a_record_says_that_there_was_no_room_for_the_erps_words() {
    const ROOM: usize = 256;
    in_one_core(async {
        // Nobody files anything here, so that the room is used up.
        let yard = Yard::make().await;
        let fail = async || {
            let vals = b"{\"ids\":[999999999],\"vals\":{\"name\":\"x\"}}";
            assert_eq!(yard.call("write", vals, &[]).await.status(), 404);
            let mut notes = yard.notes.lock().expect("notes");
            std::mem::take(&mut *notes).concat()
        };
        for _ in 0..ROOM {
            assert_eq!(fail().await, Vec::<String>::new());
        }
        assert_eq!(fail().await, ["error-not-kept"]);
    });
}

/// How many requests the caller has left, as an answer tells it.
fn left(response: &Response) -> u32 {
    let told = response.headers().get("ratelimit-remaining");
    let told = told.and_then(|value| value.to_str().ok());
    told.and_then(|text| text.parse().ok()).expect("a number")
}

#[test]
fn a_question_that_comes_to_nothing_costs_as_much_as_a_call() {
    in_one_core(async {
        let one = left(&Yard::make().await.count().await);
        let yard = Yard::make().await;
        yard.torn.store(true, Ordering::Relaxed);
        for _ in 0..100 {
            let answer = yard.count().await;
            assert_eq!(answer.status(), 503, "the model's fields cannot be learned");
        }
        yard.torn.store(false, Ordering::Relaxed);
        let answer = yard.count().await;
        assert_eq!(answer.status(), 200);
        assert!(left(&answer) <= one - 50, "{} of {one}", left(&answer));
    });
}

#[test]
fn who_cannot_learn_of_revocations_refuses() {
    in_one_core(async {
        let yard = Yard::make().await;
        assert_eq!(yard.count().await.status(), 200);
        let before = yard.reached();
        yard.store.close().await;
        tokio::time::sleep(Duration::from_millis(1100)).await;
        assert_eq!(yard.count().await.status(), 503);
        assert_eq!(yard.reached(), before, "nothing arrived");
    });
}

#[test]
fn a_key_that_is_revoked_in_the_store_is_refused_without_being_told() {
    in_one_core(async {
        let yard = Yard::make().await;
        assert_eq!(yard.count().await.status(), 200);
        let id = portcullis_identity::ApiKey::parse(&yard.key)
            .expect("a key")
            .id();
        assert!(yard.store.revoke(&id, clock::now()).await.expect("a store"));
        tokio::time::sleep(Duration::from_millis(1100)).await;
        assert_eq!(yard.count().await.status(), 401);
    });
}

/// The names that an operator writes, so that a renamed setting is noticed here.
#[test]
fn a_misspelt_setting_is_an_error_and_quotes_its_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("portcullis.toml");
    let good = "listen = \"127.0.0.1:0\"\n[upstream.odoo]\nkind = \"odoo\"\nurl = \"http://127.0.0.1:9\"\ndatabase = \"demo\"\n";
    std::fs::write(&file, good).expect("a file");
    assert!(Config::read(&file).is_ok());
    for (wrong, line) in [
        (good.replace("listen", "lisen"), ":1:"),
        (good.replace("127.0.0.1:0", "nowhere"), ":1:"),
        (
            good.replace("http://127.0.0.1:9", "ftp://127.0.0.1:9"),
            ":4:",
        ),
        (good.replace("kind = \"odoo\"", "kind = \"sap\""), ":3:"),
    ] {
        std::fs::write(&file, wrong).expect("a file");
        let problems = Config::read(&file).expect_err("a problem");
        assert!(
            problems
                .iter()
                .any(|problem| problem.to_string().contains(line)),
            "{problems:?}"
        );
    }
}
