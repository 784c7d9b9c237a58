//! The caps in one dialect after the other, and before an ERP that works too long.

use portcullis_erp::dialect::{Returned, UpstreamLogin};
use portcullis_erp::{Answer, Call, Database, Dialect, Fault, Limits, RecordId, Value};
use serde_json::{Value as Json, json};

use super::{CAPS, FRAPPE, LIMITS, ODOO, Yard, cap, rows};
use crate::demo::{Demo, Got, send};
use crate::relay::Relay;
use crate::serve::Place;

impl Yard {
    /// A call in this dialect, with the key in its slot.
    fn rpc(&self, dialect: Dialect, uid: i64, call: &Call) -> (Got, Result<Value, Fault>) {
        let database = Database::new("demo").expect("a database");
        let login = UpstreamLogin {
            database: &database,
            uid,
            login: "unused",
            secret: &self.odoo,
        };
        let outbound = dialect.write(call, &login).expect("it can be said");
        let mut request = http::Request::post(format!("{}{}", self.served.url, outbound.target));
        for (name, value) in &outbound.headers {
            request = request.header(*name, value);
        }
        let got = send(request.body(outbound.body).expect("a request"));
        let returned = Returned {
            status: got.status,
            content_type: &got.content_type,
            body: &got.body,
        };
        let answer = match dialect.read_answer(returned, &Limits::default()) {
            Answer::Value(value) => Ok(value),
            Answer::Fault(fault) => Err(fault),
            Answer::DoneWithoutResult => Ok(Value::Null),
        };
        (got, answer)
    }
}

#[test]
fn caps_are_the_same_in_the_rpc_dialects() {
    let yard = Yard::with(&format!("{CAPS}{ODOO}"));
    let uid = yard.demo.uid("odoo");
    for dialect in [Dialect::JsonRpc, Dialect::XmlRpc2] {
        let ask = |method: &str, ids: &[i64], named: &[(&str, Value)]| {
            let mut call = Call::new("res.partner", method).expect("names");
            if !ids.is_empty() {
                call = call.on(ids.iter().map(|id| RecordId::Number(*id)).collect());
            }
            for (name, value) in named {
                call = call.with(name, value.clone());
            }
            yard.rpc(dialect, uid, &call)
        };
        let texts = |all: &[&str]| Value::List(all.iter().map(|text| Value::from(*text)).collect());
        let everyone = ("domain", Value::List(Vec::new()));
        let fields = ("fields", texts(&["name"]));
        let (got, answer) = ask("search_read", &[], &[everyone.clone(), fields.clone()]);
        let rows = answer.expect("rows");
        assert_eq!(rows.as_list().expect("a list").len(), 2);
        assert_eq!(cap(&got), Some("page=2"), "{dialect:?}");
        let (got, answer) = ask("read", &[1, 3], std::slice::from_ref(&fields));
        assert!(answer.is_ok() && cap(&got).is_none(), "{}", got.text());
        yard.reached();

        let refused = |answer: Result<Value, Fault>, name: &str| {
            let told = answer.expect_err("a fault").message;
            assert!(
                told.contains(&format!("cap `{name}`")),
                "{dialect:?}: {told}"
            );
            assert_eq!(yard.reached(), Vec::<Json>::new(), "{dialect:?}: {name}");
        };
        refused(ask("read", &[1, 3, 7], &[fields]).1, "ids");
        let four = ("fields", texts(&["name", "email", "city", "comment"]));
        refused(ask("read", &[1], &[four]).1, "fields");
    }
}

#[test]
fn caps_are_the_same_at_the_facade_over_both_erps() {
    let yard = Yard::with(&format!("{CAPS}{ODOO}{FRAPPE}"));
    for (key, path, one, all) in [
        (
            &yard.odoo,
            "/u/odoo/api/v1/res.partner",
            "name",
            "name,email,city,comment",
        ),
        (
            &yard.erpnext,
            "/u/erpnext/api/v1/Customer",
            "customer_name",
            "name,customer_name,territory,customer_group",
        ),
    ] {
        let get = |query: &str| {
            let url = format!("{}{path}?{query}", yard.served.url);
            let request = http::Request::get(url).header("x-api-key", key);
            send(request.body(Vec::new()).expect("a request"))
        };
        let within = get(&format!("fields={one}&limit=1"));
        assert_eq!((within.status, rows(&within), cap(&within)), (200, 1, None));
        // A list goes on where it was cut, by its own word.
        let paged = get(&format!("fields={one}&limit=50"));
        assert_eq!((paged.status, rows(&paged)), (200, 2), "{}", paged.text());
        assert_eq!(cap(&paged), Some("page=2"), "{}", paged.text());
        let mut all_rows = 0;
        let mut cursor = String::new();
        for _ in 0..100 {
            let got = get(&format!("fields={one}&limit=50{cursor}"));
            all_rows += rows(&got);
            let told: Json = serde_json::from_slice(&got.body).expect("JSON");
            let Some(next) = told["page"]["next"].as_str() else {
                break;
            };
            cursor = format!("&cursor={next}");
        }
        assert!(all_rows > 4, "{all_rows} rows of {path}");
        yard.reached();
        yard.refused(&get(&format!("fields={all}&limit=1")), 422, "fields");
    }
}

#[test]
fn no_way_to_list_is_cut_silently() {
    let wide = ODOO.replace("[\"name\", \"email\", \"city\", \"comment\"]", "\"*\"");
    let yard = Yard::with(&format!("[caps]\npage = 2\n{wide}{FRAPPE}"));
    let name = json!(["name"]);
    for (method, body) in [
        ("search", json!({ "domain": [] })),
        ("search_read", json!({ "domain": [], "fields": name })),
        (
            "web_search_read",
            json!({ "domain": [], "specification": { "name": {} } }),
        ),
        ("name_search", json!({ "name": "" })),
        (
            "read_group",
            json!({ "domain": [], "fields": [], "groupby": ["city"] }),
        ),
        (
            "formatted_read_group",
            json!({ "domain": [], "groupby": ["city"] }),
        ),
    ] {
        let got = yard.odoo(method, &body);
        assert_eq!(got.status, 200, "{method}: {}", got.text());
        let answer: Json = serde_json::from_slice(&got.body).expect("JSON");
        let rows = answer.get("records").unwrap_or(&answer);
        assert_eq!(
            rows.as_array().expect("rows").len(),
            2,
            "{method}: {answer}"
        );
        assert_eq!(cap(&got), Some("page=2"), "{method}: {answer}");
    }
    for (method, body) in [
        ("read", json!({ "fields": name })),
        ("web_read", json!({ "specification": { "name": {} } })),
    ] {
        let ask = |ids: &[i64]| {
            let mut body = body.clone();
            body["ids"] = json!(ids);
            yard.odoo(method, &body)
        };
        let two = ask(&[1, 3]);
        assert_eq!(two.status, 200, "{method}: {}", two.text());
        yard.reached();
        yard.refused(&ask(&[1, 3, 7]), 422, "page");
    }
    for path in [
        "/api/resource/Customer",
        "/api/v1/resource/Customer",
        "/api/v2/document/Customer",
        "/api/method/frappe.client.get_list?doctype=Customer",
        "/api/v2/method/frappe.client.get_list?doctype=Customer",
    ] {
        let request = http::Request::get(format!("{}/u/erpnext{path}", yard.served.url))
            .header("x-api-key", &yard.erpnext);
        let got = send(request.body(Vec::new()).expect("a request"));
        assert_eq!(got.status, 200, "{path}: {}", got.text());
        let answer: Json = serde_json::from_slice(&got.body).expect("JSON");
        let rows = answer.get("data").or(answer.get("message")).expect("rows");
        assert_eq!(rows.as_array().expect("rows").len(), 2, "{path}");
        assert_eq!(cap(&got), Some("page=2"), "{path}: {answer}");
    }
}

#[test]
fn records_and_bytes_are_counted_before_frappe_too() {
    let yard = Yard::with(&format!("{CAPS}{FRAPPE}"));
    let send = |path: &str, body: &Json| {
        let request = http::Request::post(format!("{}{path}", yard.served.url))
            .header("content-type", "application/json")
            .header("x-api-key", &yard.erpnext);
        send(
            request
                .body(body.to_string().into_bytes())
                .expect("a request"),
        )
    };
    let many = |count: usize| {
        let docs: Vec<Json> = (0..count)
            .map(|n| json!({ "doctype": "Customer", "customer_name": format!("Many {n}") }))
            .collect();
        send(
            "/api/method/frappe.client.insert_many",
            &json!({ "docs": docs }),
        )
    };
    let two = many(2);
    assert_eq!(two.status, 200, "{}", two.text());
    yard.reached();
    yard.refused(&many(3), 417, "ids");

    let named = |name: &str| {
        send(
            "/api/resource/Customer",
            &json!({ "customer_name": name, "customer_type": "Company" }),
        )
    };
    assert_eq!(named("Short").status, 200);
    let name = "L".repeat(130);
    yard.reached();
    let done = send(
        "/api/resource/Customer",
        &json!({ "customer_name": name, "customer_details": "x".repeat(700) }),
    );
    // It was done, and this is said: a withheld answer is no undone call.
    assert!(done.text().contains("the call was done"), "{}", done.text());
    assert!(
        done.text().contains("cap `answer-bytes`"),
        "{}",
        done.text()
    );
    assert!(!done.text().contains("xxx"));
    assert_eq!(yard.reached().len(), 1);
    let short =
        yard.customers("filters=[[\"customer_name\",\"like\",\"Short%25\"]]&limit_page_length=1");
    assert_eq!(short.status, 200, "{}", short.text());
    let read = |name: &str| {
        let url = format!("{}/api/resource/Customer/{name}", yard.served.url);
        let request = http::Request::get(url).header("x-api-key", &yard.erpnext);
        crate::demo::send(request.body(Vec::new()).expect("a request"))
    };
    assert_eq!(read("Short").status, 200);
    let large = read(&name);
    assert_eq!(large.status, 417, "{}", large.text());
    assert!(
        large.text().contains("cap `answer-bytes`"),
        "{}",
        large.text()
    );
}

#[test]
fn an_erp_that_works_longer_than_the_cap_is_not_waited_for() {
    let role = format!("[caps]\nseconds = 1\n{ODOO}{FRAPPE}");
    for frappe in [false, true] {
        let demo = Demo::start();
        let relay = Relay::before(demo.fact(if frappe { "/erpnext" } else { "/odoo" }));
        let place = if frappe {
            Place::before_frappe(&demo, &relay.url(), LIMITS)
        } else {
            Place::before_url(&demo, &relay.url(), LIMITS)
        };
        place.put_role(&role);
        let user = if frappe {
            "integration@example.com"
        } else {
            "integration"
        };
        let (key, _) = place.key_of("reader", user, &[]);
        let served = place.serve();
        let ask = |path: &str, body: &Json, once: &str| {
            let request = http::Request::post(format!("{}{path}", served.url))
                .header("content-type", "application/json")
                .header("x-api-key", &key)
                .header("idempotency-key", once);
            send(
                request
                    .body(body.to_string().into_bytes())
                    .expect("a request"),
            )
        };
        let make = |once: &str| {
            if frappe {
                ask(
                    "/api/resource/Customer",
                    &json!({ "customer_name": once }),
                    once,
                )
            } else {
                ask(
                    "/json/2/res.partner/create",
                    &json!({ "vals_list": [{ "name": once }] }),
                    once,
                )
            }
        };
        let read = || {
            if frappe {
                let body = json!({ "doctype": "Customer", "fields": ["name"] });
                ask("/api/method/frappe.client.get_list", &body, "r")
            } else {
                let body = json!({ "domain": [], "fields": ["name"] });
                ask("/json/2/res.partner/search_read", &body, "r")
            }
        };
        assert_eq!(make("quick").status, 200);
        assert_eq!(read().status, 200);
        relay.slow_down(1600);
        for got in [read(), make("slow")] {
            assert!(got.status >= 500, "{}", got.text());
            assert!(got.text().contains("cap `seconds`"), "{}", got.text());
            assert!(got.text().contains("longer than 1 s"), "{}", got.text());
        }
        relay.slow_down(0);
        crate::pause(1000);
        demo.reached();
        let again = make("slow");
        assert_eq!(again.status, 409, "{}", again.text());
        assert!(again.text().contains("outcome unknown"), "{}", again.text());
        assert!(demo.reached().is_empty(), "it is not guessed");
    }
}
