//! The caps of a role: each refuses by its name, or is the limit of a list and is said beside
//! it. Over either ERP.

mod dialects;

use serde_json::{Value as Json, json};

use crate::demo::{Demo, Got, send};
use crate::serve::{Place, Served};

const LIMITS: &str = "[limits]\nper-minute = 600000\nburst = 10000\naddress-failures-per-minute = 600000\naddress-failures-burst = 10000\n";

const CAPS: &str = "[caps]\npage = 2\nfields = 3\nids = 2\nanswer-bytes = 600\nseconds = 20\n";

const ODOO: &str = "[[rule]]\nname = \"contacts\"\nmodels = [\"res.partner\"]\noperations = [\"read\", \"create\", \"write\"]\nfields = [\"name\", \"email\", \"city\", \"comment\"]\n";

const FRAPPE: &str = "[[rule]]\nname = \"customers\"\nmodels = [\"Customer\"]\noperations = [\"read\", \"create\", \"delete\"]\nfields = \"*\"\n";

struct Yard {
    demo: Demo,
    place: Place,
    served: Served,
    odoo: String,
    erpnext: String,
}

impl Yard {
    fn with(role: &str) -> Self {
        let demo = Demo::start();
        let place = Place::before_both(&demo, LIMITS);
        place.put_role(role);
        let odoo = place.key_at("odoo", "odoo", "integration");
        let erpnext = place.key_at("erpnext", "erpnext", "integration@example.com");
        let served = place.serve();
        demo.reached();
        Self {
            demo,
            place,
            served,
            odoo,
            erpnext,
        }
    }

    fn odoo(&self, method: &str, body: &Json) -> Got {
        let request =
            http::Request::post(format!("{}/json/2/res.partner/{method}", self.served.url))
                .header("content-type", "application/json")
                .header("x-api-key", &self.odoo);
        send(
            request
                .body(body.to_string().into_bytes())
                .expect("a request"),
        )
    }

    fn customers(&self, query: &str) -> Got {
        let query = query
            .replace('"', "%22")
            .replace('[', "%5B")
            .replace(']', "%5D");
        let url = format!("{}/api/resource/Customer?{query}", self.served.url);
        let request = http::Request::get(url).header("x-api-key", &self.erpnext);
        send(request.body(Vec::new()).expect("a request"))
    }

    /// What was asked of the ERPs, but for the fields of models.
    fn reached(&self) -> Vec<Json> {
        let mut all = self.demo.reached();
        all.retain(|line| line["call"] != "fields_get");
        all
    }

    /// Refused by this cap, and nothing reached an ERP.
    fn refused(&self, got: &Got, status: u16, cap: &str) {
        assert_eq!(got.status, status, "{}", got.text());
        assert!(
            got.text().contains(&format!("cap `{cap}`")),
            "{}",
            got.text()
        );
        assert_eq!(self.reached(), Vec::<Json>::new(), "{cap}");
    }
}

fn cap(got: &Got) -> Option<&str> {
    let cap = got.headers.get("x-portcullis-cap");
    cap.map(|cap| cap.to_str().expect("text"))
}

fn rows(got: &Got) -> usize {
    let answer: Json = serde_json::from_slice(&got.body).expect("JSON");
    let rows = answer.get("data").unwrap_or(&answer);
    rows.as_array().unwrap_or_else(|| panic!("{answer}")).len()
}

#[test]
fn caps_refuse_or_page_and_say_so_before_odoo() {
    let yard = Yard::with(&format!("{CAPS}{ODOO}"));
    let named = |limit: Json| json!({ "domain": [], "fields": ["name"], "limit": limit });
    let within = yard.odoo("search_read", &named(json!(1)));
    assert_eq!(
        (within.status, rows(&within), cap(&within)),
        (200, 1, None),
        "{}",
        within.text()
    );
    for limit in [json!(50), json!(0), json!(null)] {
        let paged = yard.odoo("search_read", &named(limit));
        assert_eq!(
            (rows(&paged), cap(&paged)),
            (2, Some("page=2")),
            "{}",
            paged.text()
        );
    }
    let paged = yard.odoo("search", &json!({ "domain": [] }));
    assert_eq!((rows(&paged), cap(&paged)), (2, Some("page=2")));
    yard.reached();

    let read =
        |ids: &[i64], fields: Json| yard.odoo("read", &json!({ "ids": ids, "fields": fields }));
    let whole = read(&[1, 3], json!(["name", "city"]));
    assert_eq!((whole.status, cap(&whole)), (200, None), "{}", whole.text());
    yard.reached();
    yard.refused(&read(&[1, 3, 7], json!(["name"])), 422, "ids");
    let four = json!(["name", "email", "city", "comment"]);
    yard.refused(&read(&[1], four), 422, "fields");
    yard.refused(
        &yard.odoo("search_read", &json!({ "domain": [], "limit": 1 })),
        422,
        "fields",
    );
    let contacts = |count: usize| {
        let names: Vec<Json> = (0..count)
            .map(|n| json!({ "name": n.to_string() }))
            .collect();
        yard.odoo("create", &json!({ "vals_list": names }))
    };
    assert_eq!(contacts(2).status, 200);
    yard.reached();
    yard.refused(&contacts(3), 422, "ids");

    let long = json!({ "vals_list": [{ "name": "Long", "comment": "x".repeat(2000) }] });
    assert_eq!(yard.odoo("create", &long).status, 200);
    let find = |fields: Json| {
        yard.odoo(
            "search_read",
            &json!({ "domain": [["name", "=", "Long"]], "fields": fields, "limit": 1 }),
        )
    };
    assert_eq!(find(json!(["name"])).status, 200);
    let large = find(json!(["comment"]));
    assert_eq!(large.status, 422, "{}", large.text());
    assert!(
        large.text().contains("cap `answer-bytes`"),
        "{}",
        large.text()
    );
    assert!(large.body.len() < 600 && !large.text().contains("xxx"));
}

#[test]
fn caps_refuse_or_page_and_say_so_before_frappe() {
    let yard = Yard::with(&format!("{CAPS}{FRAPPE}"));
    let within = yard.customers("limit_page_length=1");
    assert_eq!(
        (within.status, rows(&within), cap(&within)),
        (200, 1, None),
        "{}",
        within.text()
    );
    for query in ["limit_page_length=50", "limit_page_length=0", ""] {
        let paged = yard.customers(query);
        assert_eq!(
            (rows(&paged), cap(&paged)),
            (2, Some("page=2")),
            "{query}: {}",
            paged.text()
        );
    }
    let three =
        yard.customers("fields=[\"name\",\"customer_name\",\"territory\"]&limit_page_length=1");
    assert_eq!(three.status, 200, "{}", three.text());
    yard.reached();
    let four = "fields=[\"name\",\"customer_name\",\"territory\",\"customer_group\"]";
    yard.refused(&yard.customers(four), 417, "fields");
    yard.refused(&yard.customers("fields=[\"*\"]"), 417, "fields");
}

#[test]
fn caps_are_told_by_check_and_role_show_and_must_be_numbers() {
    let yard = Yard::with(&format!("{CAPS}{ODOO}"));
    let caps = json!({ "page": 2, "fields": 3, "ids": 2, "answer-bytes": 600, "seconds": 20 });
    let (code, told) = yard.place.run(&["role", "show", "reader"]);
    assert_eq!((code, &told["caps"]), (0, &caps));
    let (code, told) = yard.place.run(&["check"]);
    assert_eq!((code, &told["caps"]["reader"]), (0, &caps));
    yard.place
        .put_role(&format!("[caps]\npage = 0\nrows = 1\n{ODOO}"));
    let (code, told) = yard.place.run(&["check"]);
    assert_eq!(code, 2);
    assert_eq!(told["problems"][0]["line"], 3, "{told}");
}

#[test]
fn what_the_erp_said_is_for_the_administrator_alone() {
    let yard = Yard::with(ODOO);
    let done = yard.odoo("search_count", &json!({ "domain": [] }));
    assert_eq!(done.status, 200);
    let failed = yard.odoo(
        "write",
        &json!({ "ids": [999_999_999], "vals": { "name": "x" } }),
    );
    assert!((400..600).contains(&failed.status), "{}", failed.text());
    let id = |got: &Got| {
        let id = got.headers.get("x-request-id").expect("an id");
        id.to_str().expect("text").to_owned()
    };
    assert_ne!(id(&done), id(&failed));
    let told: Json = serde_json::from_slice(&failed.body).expect("JSON");
    assert_eq!(told["context"]["request_id"], id(&failed), "{told}");
    assert!(!failed.text().contains("Traceback"), "{}", failed.text());

    // It is filed beside the request, not in it.
    let trace = |id: &str| yard.place.run(&["audit", "trace", id]);
    let mut traced = trace(&id(&failed));
    for _ in 0..50 {
        if traced.1["errors"] != json!([]) {
            break;
        }
        crate::pause(100);
        traced = trace(&id(&failed));
    }
    let (code, traced) = traced;
    assert_eq!(
        (code, &traced["records"][0]["method"]),
        (0, &json!("write")),
        "{traced}"
    );
    let text = traced["errors"][0]["text"]
        .as_str()
        .unwrap_or_else(|| panic!("{traced}"));
    assert!(
        text.contains("Traceback") && text.contains("MissingError"),
        "{text}"
    );
    let (code, traced) = trace(&id(&done));
    assert_eq!((code, &traced["errors"]), (0, &json!([])));
    assert_eq!(trace(&"0".repeat(32)).0, 1, "there is no such request");
}
