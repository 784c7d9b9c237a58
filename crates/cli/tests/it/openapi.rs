//! The façade describes itself to each key, and looks at values before the ERP is asked.

use serde_json::{Value as Json, json};

use crate::demo::{self, Demo, Got};

fn bearer(demo: &Demo, key: &str) -> String {
    format!("Bearer {}", demo.key(key))
}

fn document(demo: &Demo, key: &str) -> Json {
    let got = demo.request(
        "GET",
        "/api/v1/openapi.json",
        &[("authorization", &bearer(demo, key))],
        b"",
    );
    assert_eq!(got.status, 200, "{}", got.text());
    serde_json::from_slice(&got.body).expect("JSON")
}

fn send(demo: &Demo, key: &str, verb: &str, path: &str, body: &Json) -> Got {
    let headers = [
        ("authorization", &*bearer(demo, key)),
        ("content-type", "application/json"),
    ];
    demo.request(verb, path, &headers, body.to_string().as_bytes())
}

fn names(told: &Json, pointer: &str) -> Vec<String> {
    let found = told.pointer(pointer).and_then(Json::as_object);
    let found = found.unwrap_or_else(|| panic!("no {pointer}"));
    let mut names: Vec<String> = found.keys().cloned().collect();
    names.sort_unstable();
    names
}

#[test]
fn a_key_is_told_what_its_roles_allow_and_nothing_else() {
    let demo = Demo::start();
    let narrow = document(&demo, "odoo_narrow");
    assert_eq!(
        names(&narrow, "/paths"),
        ["/-/batch", "/res.partner", "/res.partner/{id}"]
    );
    let mut fields = names(&narrow, "/components/schemas/res.partner/properties");
    fields.sort_unstable();
    assert_eq!(fields, ["city", "id", "name"]);
    assert!(
        !narrow.to_string().contains("email"),
        "a closed field is not told of"
    );
    assert!(narrow["paths"]["/res.partner"].get("post").is_none());

    let full = document(&demo, "odoo_full");
    assert!(full.to_string().contains("email"), "yet there is one");
    let new = &full["components"]["schemas"]["sale.order.new"];
    assert_eq!(
        new["required"],
        json!(["partner_id"]),
        "the ERP fills the others"
    );
    assert!(
        new["properties"].get("amount_total").is_none(),
        "the ERP computes it"
    );
    assert!(
        full["paths"]
            .get("/sale.order/{id}/action_confirm")
            .is_some()
    );

    let customer = document(&demo, "erpnext_full");
    let kind = &customer["components"]["schemas"]["Customer.new"]["properties"]["customer_type"];
    assert_eq!(
        kind["enum"],
        json!(["Company", "Individual", "Partnership"]),
        "it cannot be empty"
    );
}

#[test]
fn however_many_ask_at_once_the_erp_is_asked_once() {
    let demo = Demo::start();
    for key in ["odoo_full", "erpnext_full"] {
        demo.reached();
        let (url, bearer) = (demo.url("/api/v1/openapi.json"), bearer(&demo, key));
        let ask = || {
            let request = http::Request::get(&url).header("authorization", &bearer);
            demo::send(request.body(Vec::new()).expect("a request"))
        };
        let told: Vec<Json> = std::thread::scope(|scope| {
            let asking: Vec<_> = (0..8).map(|_| scope.spawn(ask)).collect();
            let told = asking.into_iter().map(|one| one.join().expect("told"));
            told.map(|got| serde_json::from_slice(&got.body).expect("JSON"))
                .collect()
        });
        assert!(told[0]["paths"].is_object(), "{}", told[0]);
        assert!(told.iter().all(|one| *one == told[0]));
        let mut asked: Vec<String> = demo
            .reached()
            .iter()
            .map(|line| format!("{} {}", line["path"], line["model"]))
            .collect();
        assert!(!asked.is_empty(), "{key}: the ERP tells of its models");
        asked.sort_unstable();
        let all = asked.len();
        asked.dedup();
        assert_eq!(asked.len(), all, "{key}: nothing is asked twice");
    }
}

#[test]
fn nobody_is_told_nothing_and_nothing_is_asked() {
    let demo = Demo::start();
    document(&demo, "odoo");
    demo.reached();
    for headers in [&[][..], &[("authorization", "Bearer pk_nobody")][..]] {
        let got = demo.request("GET", "/api/v1/openapi.json", headers, b"");
        assert_eq!(got.status, 401);
        assert_eq!(got.content_type, "application/problem+json");
    }
    assert!(demo.reached().is_empty());
}

#[test]
fn who_has_the_present_edition_is_not_sent_it_again() {
    let demo = Demo::start();
    let key = bearer(&demo, "odoo_narrow");
    let get = |tag: &str| {
        let mut headers = vec![("authorization", &*key)];
        if !tag.is_empty() {
            headers.push(("if-none-match", tag));
        }
        demo.request("GET", "/api/v1/openapi.json", &headers, b"")
    };
    let first = get("");
    let tag = first.headers["etag"].to_str().expect("a text").to_owned();
    demo.reached();
    let again = get(&tag);
    assert_eq!((again.status, again.body.len()), (304, 0));
    assert_eq!(get("\"another\"").status, 200);
    assert!(
        demo.reached().is_empty(),
        "what is known is not asked again"
    );
}

#[test]
fn values_that_do_not_fit_are_refused_with_the_fields_name_before_the_erp_is_asked() {
    let demo = Demo::start();
    let partner = "/api/v1/res.partner";
    let good = json!({"name": "Fits", "color": 3});
    assert_eq!(send(&demo, "odoo_full", "POST", partner, &good).status, 201);
    let customer = json!({"customer_name": "Fits", "customer_type": "Company"});
    let made = send(&demo, "erpnext_full", "POST", "/api/v1/Customer", &customer);
    assert_eq!(made.status, 201, "{}", made.text());
    demo.reached();
    for (key, path, body, field) in [
        ("odoo_full", partner, json!({"name": 5}), "name"),
        (
            "odoo_full",
            partner,
            json!({"name": "x", "color": "red"}),
            "color",
        ),
        (
            "odoo_full",
            partner,
            json!({"name": "x", "is_company": "yes"}),
            "is_company",
        ),
        (
            "odoo_full",
            partner,
            json!({"name": "x", "email": false}),
            "email",
        ),
        (
            "odoo_full",
            partner,
            json!({"name": "x", "type": "no such"}),
            "type",
        ),
        (
            "odoo_full",
            partner,
            json!({"name": "x", "write_date": "2026-01-01 00:00:00"}),
            "write_date",
        ),
        (
            "erpnext_full",
            "/api/v1/Customer",
            json!({"customer_name": "x".repeat(141)}),
            "customer_name",
        ),
        (
            "erpnext_full",
            "/api/v1/Customer",
            json!({"customer_type": "Nobody"}),
            "customer_type",
        ),
    ] {
        let got = send(&demo, key, "POST", path, &body);
        assert_eq!(got.status, 422, "{body}: {}", got.text());
        let problem: Json = serde_json::from_slice(&got.body).expect("JSON");
        assert_eq!(problem["field"], field, "{problem}");
    }
    assert!(demo.reached().is_empty());
}

#[test]
fn what_odoo_itself_takes_is_taken_in_its_own_dialects_and_what_it_never_takes_is_not_sent() {
    let demo = Demo::start();
    let create = |values: Json| {
        send(
            &demo,
            "odoo_full",
            "POST",
            "/json/2/res.partner/create",
            &json!({"vals_list": [values]}),
        )
    };
    let lenient = create(json!({"name": "Lenient", "color": "3", "type": "other"}));
    assert_eq!(lenient.status, 200, "{}", lenient.text());
    demo.reached();
    let wrong = create(json!({"name": "Wrong", "type": "no such"}));
    assert!(
        wrong.status >= 400 && wrong.text().contains("ValueError"),
        "{}",
        wrong.text()
    );
    assert!(demo.reached().is_empty());
}

#[test]
fn the_page_is_the_same_for_everybody_and_runs_nothing_of_others() {
    let demo = Demo::start();
    for (path, kind) in [
        ("/api/v1/docs", "text/html; charset=utf-8"),
        ("/u/odoo/api/v1/docs", "text/html; charset=utf-8"),
        ("/api/v1/docs/page.js", "text/javascript; charset=utf-8"),
        ("/api/v1/docs/page.css", "text/css; charset=utf-8"),
    ] {
        let got = demo.request("GET", path, &[], b"");
        assert_eq!((got.status, &*got.content_type), (200, kind), "{path}");
        let policy = got.headers["content-security-policy"]
            .to_str()
            .expect("a text");
        assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"));
        for outside in [
            "style=",
            "onclick",
            "http://",
            "https://",
            "innerHTML",
            "localStorage",
        ] {
            assert!(!got.text().contains(outside), "{outside} in {path}");
        }
        assert_eq!(demo.request("POST", path, &[], b"").status, 405, "{path}");
    }
    assert_eq!(
        demo.request("GET", "/api/v1/docs/page.json", &[], b"")
            .status,
        401
    );
    assert!(demo.reached().is_empty());
}
