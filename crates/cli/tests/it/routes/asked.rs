//! What is asked: judged, written anew, and told what is wrong with it.

use super::{ROUTES, Shop, json, key, place};
use crate::demo::send;

#[test]
fn what_is_sent_is_written_anew_from_what_was_judged() {
    let shop = Shop::open();
    let body =
        "{ \"name\" :\"\\u00c4nn\",\n \"big\": 123456789012345678901234567890, \"x\": 1.50 }";
    let got = shop.known("POST", "/rest/partner", body);
    assert_eq!(got.status, 201, "{}", got.text());
    let arrived = shop.one();
    assert_eq!(
        arrived.body,
        "{\"name\":\"Änn\",\"big\":123456789012345678901234567890,\"x\":1.5}"
    );
    assert_eq!(arrived.header("content-type"), "application/json");
    assert_eq!(
        arrived.header("content-length"),
        arrived.body.len().to_string()
    );
    assert!(!shop.gateway.url.contains(arrived.header("host")));
    let got = shop.known("GET", "/rest/partner/search?limit=5&name=A%26b+%C3%BC", "");
    assert_eq!(got.status, 200, "{}", got.text());
    assert_eq!(
        shop.one().line,
        "GET /rest/partner/search?limit=5&name=A%26b+%C3%BC"
    );
    let form = [
        ("x-api-key", &*shop.key),
        (
            "content-type",
            "application/x-www-form-urlencoded; charset=utf-8",
        ),
    ];
    assert_eq!(
        shop.ask("POST", "/api/form", &form, "name=a%20b&&note=")
            .status,
        200
    );
    let arrived = shop.services.arrived().pop().expect("a visit");
    assert!(arrived.body.starts_with("name=a+b&note=&csrf_token="));
}

#[test]
fn headers_go_on_only_where_the_route_lists_them() {
    let shop = Shop::open();
    let headers = [
        ("x-api-key", &*shop.key),
        ("content-type", "application/json"),
        ("accept-language", "de"),
        ("user-agent", "a client"),
        ("accept", "text/html"),
    ];
    assert_eq!(shop.ask("POST", "/my_service", &headers, "{}").status, 200);
    let arrived = shop.one();
    assert_eq!(arrived.header("accept-language"), "de");
    assert_eq!(arrived.header("user-agent"), "portcullis");
    assert_eq!(arrived.header("accept"), "application/json");
    // Whoever relies on this would do things twice.
    let mut headers = headers.to_vec();
    headers.push(("idempotency-key", "0123456789"));
    let got = shop.ask("POST", "/my_service", &headers, "{}");
    assert_eq!(got.status, 422, "{}", got.text());
    shop.nothing_arrived("an Idempotency-Key that has no effect");
}

#[test]
fn a_visit_that_is_tried_is_not_made() {
    let shop = Shop::open();
    let headers = [
        ("x-api-key", &*shop.key),
        ("content-type", "application/json"),
        ("x-dry-run", "1"),
    ];
    let got = shop.ask("POST", "/my_service", &headers, "{}");
    assert_eq!(got.status, 200, "{}", got.text());
    assert!(got.text().contains("\"dry-run\":true"), "{}", got.text());
    shop.nothing_arrived("a dry run");
    let got = shop.ask("POST", "/my_service", &headers, "[");
    assert_eq!(got.status, 400, "{}", got.text());
    shop.nothing_arrived("a dry run of a bad body");
    let got = shop.ask("POST", "/my_service", &headers[..2], "{}");
    assert_eq!(got.status, 200, "{}", got.text());
    shop.one();
}

#[test]
fn an_idempotency_key_goes_on_to_a_service_that_knows_it() {
    let shop = Shop::open();
    let listed = "request-headers = [\"Accept-Language\"]";
    let routes = ROUTES.replace(
        listed,
        "request-headers = [\"Accept-Language\", \"Idempotency-Key\"]",
    );
    let place = place(&shop.services, &routes);
    let key = key(&place, "shop", "reader");
    let gateway = place.serve();
    let visit = |once: &[&str]| {
        let mut request = http::Request::post(format!("{}/my_service", gateway.url))
            .header("x-api-key", &key)
            .header("content-type", "application/json");
        for once in once {
            request = request.header("idempotency-key", *once);
        }
        send(request.body(b"{}".to_vec()).unwrap())
    };
    // What it means is the service's own affair: it is asked each time.
    for _ in 0..2 {
        assert_eq!(visit(&["\"order-1\""]).status, 200);
        assert_eq!(shop.one().header("idempotency-key"), "\"order-1\"");
    }
    for bad in [&["a", "a"][..], &["a b"]] {
        assert_eq!(visit(bad).status, 400, "{bad:?}");
        shop.nothing_arrived("a key that can be read in two ways");
    }
}

#[test]
fn what_a_body_lacks_is_named_by_its_pointer_and_only_to_those_who_may_come() {
    let shop = Shop::open();
    let fine = r#"{"lines": [{"product": "A", "qty": 2}]}"#;
    assert_eq!(shop.known("POST", "/api/orders", fine).status, 200);
    shop.services.arrived();
    for (body, status, says) in [
        ("{}", 422, "/lines is missing"),
        (
            r#"{"lines": [{"product": "A"}, {"qty": 1}]}"#,
            422,
            "/lines/1/product is missing",
        ),
        (
            r#"{"lines": [{"product": "A", "qty": "many"}]}"#,
            422,
            "/lines/0/qty is ",
        ),
        (
            r#"{"lines": [{"product": "A", "qty": 0}]}"#,
            422,
            "/lines/0/qty is ",
        ),
        (
            r#"{"lines": [], "admin": true}"#,
            422,
            "/admin is not known",
        ),
        (r#"{"lines": 7}"#, 422, "/lines is "),
        ("[]", 400, "object"),
        ("{", 400, "JSON"),
        (r#"{"lines": [], "lines": []}"#, 400, ""),
    ] {
        let got = shop.known("POST", "/api/orders", body);
        assert_eq!(got.status, status, "{body}: {}", got.text());
        assert_eq!(got.content_type, "application/problem+json");
        let detail = json(&got)["detail"].as_str().unwrap_or_default().to_owned();
        assert!(detail.contains(says), "{body}: {detail}");
        let field = json(&got)["field"].as_str().unwrap_or_default().to_owned();
        assert_eq!(!field.is_empty(), says.starts_with('/'), "{body}: {field}");
        assert!(says.starts_with(&field), "{body}: {field}");
        assert!(!detail.contains("many"), "{detail}");
        shop.nothing_arrived(body);
    }
    let stranger = [("content-type", "application/json")];
    let got = shop.ask("POST", "/api/orders", &stranger, "{}");
    assert_eq!(got.status, 401);
    assert!(!got.text().contains("lines"), "{}", got.text());
    let headers = [
        ("content-type", "application/json"),
        ("x-api-key", &*shop.other),
    ];
    let got = shop.ask("POST", "/api/orders", &headers, "{}");
    assert_eq!(got.status, 404);
    assert!(!got.text().contains("lines"), "{}", got.text());
    shop.nothing_arrived("those who may not come");
}

#[test]
fn what_a_route_does_not_take_is_refused() {
    let shop = Shop::open();
    assert_eq!(
        shop.known("GET", "/rest/partner/search?name=a", "").status,
        200
    );
    assert_eq!(
        shop.known("POST", "/rest/partner", r#"{"name": "a"}"#)
            .status,
        201
    );
    shop.services.arrived();
    for query in [
        "other=1",
        "name=a&name=b",
        "cmd=login",
        "name=%ff",
        "session_id=x",
        "sid=x",
    ] {
        let got = shop.known("GET", &format!("/rest/partner/search?{query}"), "");
        assert!(
            matches!(got.status, 400 | 422),
            "{query}: {} {}",
            got.status,
            got.text()
        );
        shop.nothing_arrived(query);
    }
    let long = format!("{{\"name\": \"{}\"}}", "x".repeat(1000));
    assert_eq!(shop.known("POST", "/rest/partner", &long).status, 413);
    for (kind, body, status) in [
        ("application/x-www-form-urlencoded", "name=a", 415),
        ("multipart/form-data; boundary=x", "--x--", 415),
        ("text/plain", "{}", 415),
        ("application/json; charset=utf-16", "{}", 415),
        ("application/json", "", 422),
        ("application/json", r#"{"name": "a", "cmd": "login"}"#, 422),
    ] {
        let headers = [("x-api-key", &*shop.key), ("content-type", kind)];
        let got = shop.ask("POST", "/rest/partner", &headers, body);
        assert_eq!(got.status, status, "{kind} {body}: {}", got.text());
        shop.nothing_arrived(kind);
    }
    let got = shop.known("POST", "/rest/partner/7", "{}");
    assert_eq!(got.status, 405, "{}", got.text());
    assert_eq!(got.headers.get("allow").unwrap(), "GET");
    for verb in ["OPTIONS", "HEAD", "TRACE", "BREW"] {
        assert_eq!(
            shop.known(verb, "/rest/partner/7", "").status,
            405,
            "{verb}"
        );
    }
    shop.nothing_arrived("verbs");
}

#[test]
fn each_visit_is_in_the_ledger_without_values() {
    let shop = Shop::open();
    let body = r#"{"name": "A Secret Name", "email": "a@example.com"}"#;
    assert_eq!(shop.known("POST", "/rest/partner", body).status, 201);
    assert_eq!(
        shop.known("POST", "/rest/partner", r#"{"email": "x"}"#)
            .status,
        422
    );
    let stranger = [("content-type", "application/json")];
    assert_eq!(shop.ask("POST", "/api/data", &stranger, "{}").status, 200);
    let records = shop.place.lines(&["audit", "tail", "-n", "1000"]);
    let text = format!("{records:?}");
    assert!(!text.contains("Secret Name"), "{text}");
    let visits: Vec<_> = records
        .iter()
        .filter(|record| record["dialect"] == "custom" && record["operation"] == "visit")
        .collect();
    let [made, open] = visits.as_slice() else {
        panic!("{text}")
    };
    assert_eq!(made["model"], "new-partner", "{text}");
    assert_eq!(made["method"], "POST");
    assert_eq!(made["rule"], "reader/shop");
    assert_eq!(made["fields"], serde_json::json!(["name", "email"]));
    assert_eq!(
        (&open["model"], &open["principal"]),
        (&"hello".into(), &serde_json::Value::Null)
    );
    let refused = records
        .iter()
        .any(|record| record["model"] == "new-partner" && record["operation"] == "refused");
    assert!(refused, "{text}");
}
