//! Invariants that need a part which fails: a journal that cannot write, a store that is gone.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, also in what its cases share"
)]

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use portcullis_erp::Dialect;
use portcullis_gateway::clock;
use portcullis_gateway::config::Config;
use portcullis_gateway::gcra::Rate;
use portcullis_gateway::respond::Response;
use portcullis_policy::Family;
use portcullis_sandbox::odoo::{Key, Odoo, Options, User};
use portcullis_storage::Keys as _;
use portcullis_testkit::yard::{self, in_one_core};

const ROLE: &str = "[[rule]]\nname = \"contacts\"\nmodels = [\"res.partner\"]\noperations = [\"read\", \"create\", \"write\"]\nfields = \"*\"\n";

/// For how long an `Idempotency-Key` holds here.
const ONCE: Duration = Duration::from_millis(1500);

const SECRET: &str = "0123456789abcdef";

/// A yard before an Odoo, whose one key may read, make and change contacts.
struct Yard(yard::Yard);

impl std::ops::Deref for Yard {
    type Target = yard::Yard;

    fn deref(&self) -> &yard::Yard {
        &self.0
    }
}

impl Yard {
    async fn make() -> Self {
        let user = User {
            login: "integration".to_owned(),
            name: "Integration".to_owned(),
            role: portcullis_sandbox::odoo::Role::Sales,
            password: "a password of the look-alike".to_owned(),
            keys: vec![Key::rpc(SECRET)],
        };
        let odoo = Odoo::new(Options::new("demo", vec![user]));
        let plan = yard::Plan {
            family: Family::Odoo,
            spoken: Dialect::JsonRpc,
            login: "integration",
            secret: SECRET,
            uid: odoo.uid("integration"),
            roles: &[("reader", ROLE)],
            rate: Rate {
                per_minute: 60,
                burst: 1000,
            },
            once: ONCE,
        };
        Self(yard::Yard::before(Arc::new(odoo), &plan).await)
    }

    async fn count(&self) -> Response {
        self.call("search_count", b"{\"domain\":[]}", &[]).await
    }

    async fn call(&self, method: &str, body: &'static [u8], headers: &[(&str, &str)]) -> Response {
        let mut request = http::Request::post(format!("/json/2/res.partner/{method}"))
            .header("host", "gateway")
            .header("content-type", "application/json")
            .header("x-api-key", &self.keys[0]);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request.body(body.into()).expect("a request"))
            .await
    }

    fn reached(&self) -> usize {
        self.log.lines().len()
    }
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
            let notes = std::mem::take(&mut *notes).into_iter();
            notes.flat_map(|noted| noted.notes).collect::<Vec<_>>()
        };
        for _ in 0..ROOM {
            assert_eq!(fail().await, Vec::new());
        }
        assert_eq!(fail().await, [("error-not-kept".to_owned(), 1)]);
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
        let id = portcullis_identity::ApiKey::parse(&yard.keys[0])
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
