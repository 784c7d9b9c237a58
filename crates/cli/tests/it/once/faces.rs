//! Every face by which a record is made takes an `Idempotency-Key`, and none makes two.

use std::collections::BTreeSet;

use portcullis_erp::dialect::UpstreamLogin;
use portcullis_erp::{Call, Database, Dialect, Value};
use serde_json::{Value as Json, json};

use super::{LIMITS, MAKER, header};
use crate::demo::{Demo, Got, send};
use crate::serve::{Place, Served};

const CUSTOMERS: &str = r#"
[[rule]]
name = "customers"
models = ["Customer"]
operations = ["create", "write", "read"]
fields = ["name", "customer_name", "customer_type"]
write-fields = ["customer_name", "customer_type"]
"#;

/// A gateway before both ERPs, and two keys for each.
pub(crate) struct Both {
    pub(crate) demo: Demo,
    pub(crate) place: Place,
    pub(crate) served: Served,
    odoo: [String; 2],
    erpnext: [String; 2],
    pub(crate) uid: i64,
}

/// One way to make a record of this name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Face {
    CallKw,
    Json2,
    Rpc(Dialect),
    OdooRest,
    OdooBatch,
    Resource,
    Method,
    V2,
    V2Method,
    FrappeRest,
    FrappeBatch,
}

pub(crate) const FACES: &[Face] = &[
    Face::CallKw,
    Face::Json2,
    Face::Rpc(Dialect::JsonRpc),
    Face::Rpc(Dialect::XmlRpc1),
    Face::Rpc(Dialect::XmlRpc2),
    Face::OdooRest,
    Face::OdooBatch,
    Face::Resource,
    Face::Method,
    Face::V2,
    Face::V2Method,
    Face::FrappeRest,
    Face::FrappeBatch,
];

impl Face {
    fn is_odoo(self) -> bool {
        match self {
            Self::CallKw | Self::Json2 | Self::Rpc(_) | Self::OdooRest | Self::OdooBatch => true,
            Self::Resource
            | Self::Method
            | Self::V2
            | Self::V2Method
            | Self::FrappeRest
            | Self::FrappeBatch => false,
        }
    }

    pub(crate) fn is_batch(self) -> bool {
        matches!(self, Self::OdooBatch | Self::FrappeBatch)
    }

    /// Path, content type and body of a request that makes `name`; `once` is for a batch.
    fn written(self, uid: i64, key: &str, name: &str, once: &str) -> (String, String, String) {
        let customer = json!({ "customer_name": name, "customer_type": "Company" });
        let mut doc = customer.clone();
        doc["doctype"] = json!("Customer");
        let batch = |path: &str, body: &Json| {
            json!([{ "method": "POST", "path": path, "headers": { "Idempotency-Key": once },
                "body": body }])
        };
        let (path, body) = match self {
            Self::Rpc(dialect) => {
                let values = Value::Map(
                    [("name".to_owned(), Value::from(name))]
                        .into_iter()
                        .collect(),
                );
                let call = Call::new("res.partner", "create")
                    .expect("names")
                    .with("vals_list", Value::List(vec![values]));
                let database = Database::new("demo").expect("a database");
                let login = UpstreamLogin {
                    database: &database,
                    uid,
                    login: "unused",
                    secret: key,
                };
                let outbound = dialect.write(&call, &login).expect("it can be said");
                let kind = outbound
                    .headers
                    .iter()
                    .find(|(name, _)| *name == "content-type");
                let kind = kind
                    .map_or("text/xml", |(_, kind)| kind.as_str())
                    .to_owned();
                let body = String::from_utf8(outbound.body).expect("text");
                return (outbound.target, kind, body);
            }
            Self::CallKw => (
                "/web/dataset/call_kw",
                json!({ "jsonrpc": "2.0", "params": { "model": "res.partner", "method": "create",
                    "args": [[{ "name": name }]], "kwargs": {} } }),
            ),
            Self::Json2 => (
                "/json/2/res.partner/create",
                json!({ "vals_list": [{ "name": name }] }),
            ),
            Self::OdooRest => ("/api/v1/res.partner", json!({ "name": name })),
            Self::OdooBatch => (
                "/api/v1/-/batch",
                batch("/api/v1/res.partner", &json!({ "name": name })),
            ),
            Self::Resource => ("/api/resource/Customer", customer),
            Self::Method => ("/api/method/frappe.client.insert", json!({ "doc": doc })),
            Self::V2 => ("/api/v2/document/Customer", customer),
            Self::V2Method => ("/api/v2/method/frappe.client.insert", json!({ "doc": doc })),
            Self::FrappeRest => ("/u/erpnext/api/v1/Customer", customer),
            Self::FrappeBatch => (
                "/u/erpnext/api/v1/-/batch",
                batch("/api/v1/Customer", &customer),
            ),
        };
        (
            path.to_owned(),
            "application/json".to_owned(),
            body.to_string(),
        )
    }

    /// The whole request to the gateway at `url`.
    pub(crate) fn request(
        self,
        url: &str,
        uid: i64,
        key: &str,
        once: &str,
        name: &str,
    ) -> http::Request<Vec<u8>> {
        let (path, kind, body) = self.written(uid, key, name, once);
        let mut request = http::Request::post(format!("{url}{path}")).header("content-type", kind);
        if !matches!(self, Self::Rpc(_)) {
            request = request.header("x-api-key", key);
        }
        if !self.is_batch() {
            request = request.header("idempotency-key", once);
        }
        request.body(body.into_bytes()).expect("a request")
    }
}

impl Both {
    pub(crate) fn start() -> Self {
        let demo = Demo::start();
        let place = Place::before_both(&demo, LIMITS);
        place.put_role(&format!("{MAKER}{CUSTOMERS}"));
        let uid = demo.uid("odoo");
        let odoo = ["a", "b"].map(|name| place.key_at(name, "odoo", "integration"));
        let erpnext =
            ["c", "d"].map(|name| place.key_at(name, "erpnext", "integration@example.com"));
        let served = place.serve();
        Self {
            demo,
            place,
            served,
            odoo,
            erpnext,
            uid,
        }
    }

    pub(crate) fn keys(&self, face: Face) -> &[String; 2] {
        if face.is_odoo() {
            &self.odoo
        } else {
            &self.erpnext
        }
    }

    fn make(&self, face: Face, key: &str, once: &str, name: &str) -> Got {
        send(face.request(&self.served.url, self.uid, key, once, name))
    }

    /// How often records were made at the ERPs since this was asked last.
    pub(crate) fn made(&self) -> usize {
        let is_made = |line: &Json| {
            matches!(
                line["call"].as_str(),
                Some("create" | "insert" | "frappe.client.insert")
            )
        };
        self.demo
            .reached()
            .iter()
            .filter(|line| is_made(line))
            .count()
    }
}

/// What a face answers, but for what each request has of its own.
pub(crate) fn told(face: Face, got: &Got) -> (u16, String) {
    if !face.is_batch() {
        return (got.status, got.text());
    }
    let answer: Json = serde_json::from_slice(&got.body).expect("JSON");
    let one = &answer["data"][0];
    let status = one["status"].as_u64().expect("a status");
    (
        u16::try_from(status).expect("a status"),
        one["body"].to_string(),
    )
}

/// Whether this is no fault, in the words of the face.
pub(crate) fn is_done(face: Face, told: &(u16, String)) -> bool {
    let is_xml = matches!(face, Face::Rpc(Dialect::XmlRpc1 | Dialect::XmlRpc2));
    let error = if is_xml { "<fault>" } else { "error" };
    matches!(told.0, 200 | 201) && !told.1.contains(error)
}

#[test]
fn every_face_makes_one_and_repeats_its_answer() {
    let both = Both::start();
    for face in FACES {
        let [key, second] = both.keys(*face);
        let once = format!("{face:?}");
        let make = |key: &str, name: &str| both.make(*face, key, &once, name);
        let first = told(*face, &make(key, "One"));
        assert!(is_done(*face, &first), "{face:?}: {first:?}");
        assert_eq!(both.made(), 1, "{face:?}");
        let again = make(key, "One");
        assert_eq!((told(*face, &again), both.made()), (first, 0), "{face:?}");
        if !face.is_batch() {
            assert_eq!(
                header(&again, "idempotent-replayed"),
                Some("true"),
                "{face:?}"
            );
        }
        let other = told(*face, &make(key, "Two"));
        assert!(other.1.contains("another call"), "{face:?}: {other:?}");
        assert!(!is_done(*face, &other), "{face:?}: {other:?}");
        assert_eq!(both.made(), 0, "{face:?}");
        let elses = told(*face, &make(second, "Two"));
        assert!(is_done(*face, &elses), "{face:?}: {elses:?}");
        assert_eq!(both.made(), 1, "another caller's key is its own: {face:?}");
    }
}

#[test]
fn a_hundred_at_once_make_one_by_every_face() {
    let both = Both::start();
    let other = both.place.serve();
    for face in FACES {
        let [key, _] = both.keys(*face);
        let first = format!("first-{face:?}");
        let first = told(*face, &both.make(*face, key, &first, "First"));
        assert!(is_done(*face, &first), "{face:?}: {first:?}");
        both.made();
        let answers = std::sync::Mutex::new(BTreeSet::new());
        let once = format!("many-{face:?}");
        std::thread::scope(|scope| {
            for turn in 0..100 {
                let url = [&both.served.url, &other.url][turn % 2];
                let request = face.request(url, both.uid, key, &once, "Many");
                scope.spawn(|| {
                    let told = told(*face, &send(request));
                    if is_done(*face, &told) {
                        answers.lock().expect("answers").insert(told.1);
                    } else {
                        assert!(told.1.contains("still runs"), "{face:?}: {told:?}");
                    }
                });
            }
        });
        let answers = answers.into_inner().expect("answers");
        assert_eq!(answers.len(), 1, "{face:?}: {answers:?}");
        assert_eq!(both.made(), 1, "{face:?}");
    }
}

#[test]
fn a_kept_answer_goes_through_the_terms_of_today() {
    let both = Both::start();
    for face in [Face::Resource, Face::V2, Face::Method, Face::FrappeRest] {
        both.place.put_role(&format!("{MAKER}{CUSTOMERS}"));
        crate::pause(1200);
        let [key, _] = both.keys(face);
        let once = format!("{face:?}");
        let first = both.make(face, key, &once, "One").text();
        assert!(first.contains("\"customer_name\""), "{face:?}: {first}");
        assert!(first.contains("\"customer_type\""), "{face:?}: {first}");
        both.made();

        let narrow = CUSTOMERS.replacen(", \"customer_type\"", "", 1);
        both.place.put_role(&format!("{MAKER}{narrow}"));
        crate::pause(1200);
        let again = both.make(face, key, &once, "One");
        assert_eq!(
            header(&again, "idempotent-replayed"),
            Some("true"),
            "{face:?}"
        );
        let again = again.text();
        assert!(again.contains("\"customer_name\""), "{face:?}: {again}");
        assert!(!again.contains("\"customer_type\""), "{face:?}: {again}");

        let shut = CUSTOMERS.replace("\"create\", ", "");
        both.place.put_role(&format!("{MAKER}{shut}"));
        crate::pause(1200);
        let refused = both.make(face, key, &once, "One");
        assert_eq!(refused.status, 403, "{face:?}: {}", refused.text());
        assert!(!refused.text().contains("\"customer_type\""));
        assert_eq!(both.made(), 0, "{face:?}");
    }
}
