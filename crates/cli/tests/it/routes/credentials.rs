//! The client's credential ends at the gateway; the ERP sees the one that the route adds.

use base64::Engine as _;
use portcullis_testkit::services;
use serde_json::Value as Json;

use super::{ROUTES, Shop, json, key, place, place_at};
use crate::demo::{Got, send};
use crate::relay::Relay;

/// What must not arrive at an ERP.
const OURS: &[&str] = &[
    "x-api-key",
    "cookie",
    "authorization",
    "x-forwarded-for",
    "forwarded",
    "x-odoo-database",
    "x-frappe-site-name",
    "accept-language",
    "origin",
    "x-anything",
];

#[test]
fn every_way_to_show_a_key_opens_a_route_and_none_of_them_goes_on() {
    let shop = Shop::open();
    let (id, secret) = shop.key.rsplit_once('_').expect("two halves");
    let basic = base64::engine::general_purpose::STANDARD.encode(format!("{id}:{secret}"));
    let styles = [
        ("api-key", shop.key.clone()),
        ("x-api-key", shop.key.clone()),
        ("authorization", format!("Bearer {}", shop.key)),
        ("authorization", format!("ApiKey {}", shop.key)),
        ("authorization", format!("token {id}:{secret}")),
        ("authorization", format!("Basic {basic}")),
    ];
    let ask = |credential: &[(&str, &str)]| {
        let mut headers = vec![
            ("content-type", "application/json"),
            ("x-forwarded-for", "192.0.2.1"),
            ("forwarded", "for=192.0.2.1"),
            ("x-frappe-site-name", "other"),
            ("x-anything", "at all"),
        ];
        headers.extend_from_slice(credential);
        shop.ask("POST", "/my_service", &headers, "{\"a\": 1}")
    };
    for (name, value) in &styles {
        let got = ask(&[(name, value)]);
        assert_eq!(got.status, 200, "{name}: {}", got.text());
        assert_eq!(json(&got)["ok"], true);
        let arrived = shop.one();
        assert_eq!(arrived.header("api-key"), services::KEY, "{name}");
        for ours in OURS {
            assert_eq!(arrived.header(ours), "", "{name}");
        }
        let all = format!("{arrived:?}");
        assert!(!all.contains(secret), "{name}: {all}");
    }
    let cut = shop.key.get(..shop.key.len() - 1).unwrap();
    for wrong in [
        &[][..],
        &[("x-api-key", "admin")],
        &[("x-api-key", cut)],
        &[("api-key", services::KEY)],
        &[("authorization", "Bearer erp-side-key")],
    ] {
        assert_eq!(ask(wrong).status, 401, "{wrong:?}");
        shop.nothing_arrived("a credential that is not good");
    }
    let twice = [("x-api-key", &*shop.key), ("api-key", &*shop.key)];
    assert_eq!(ask(&twice).status, 400);
    shop.nothing_arrived("two credentials");
}

#[test]
fn the_credential_that_a_route_adds_has_the_form_that_the_service_wants() {
    let shop = Shop::open();
    let basic = format!("{}:{}", services::USER.0, services::USER.1);
    let basic = base64::engine::general_purpose::STANDARD.encode(basic);
    let cases = [
        (
            "GET",
            "/rest/partner/7",
            "api-key",
            services::KEY.to_owned(),
        ),
        (
            "GET",
            "/fast/orders/7",
            "authorization",
            format!("Bearer {}", services::KEY),
        ),
        ("GET", "/basic/7", "authorization", format!("Basic {basic}")),
        (
            "POST",
            "/api/secure-data",
            "x-api-key",
            services::KEY.to_owned(),
        ),
    ];
    for (verb, path, header, value) in cases {
        let got = shop.known(verb, path, if verb == "POST" { "{}" } else { "" });
        assert_eq!(got.status, 200, "{path}: {}", got.text());
        let arrived = shop.one();
        assert_eq!(arrived.header(header), value, "{path}");
        assert!(!got.text().contains(services::KEY), "{path}");
    }
}

#[test]
fn a_session_of_the_erp_user_is_begun_kept_and_begun_again() {
    let shop = Shop::open();
    let body = r#"{"lines": [{"product": "A", "qty": 1}]}"#;
    let lines = || -> Vec<String> {
        let arrived = shop.services.arrived();
        arrived.into_iter().map(|one| one.line).collect()
    };
    let begun = "POST /web/session/authenticate";
    let visit = "POST /api/orders";
    let got = shop.known("POST", "/api/orders", body);
    assert_eq!(got.status, 200, "{}", got.text());
    assert_eq!(json(&got)["status"], "success");
    assert_eq!(lines(), [begun, visit]);
    let got = shop.known("POST", "/api/orders", body);
    assert_eq!(got.status, 200);
    let arrived = shop.one();
    assert_eq!(
        (&*arrived.line, arrived.header("cookie")),
        (visit, "session_id=s1")
    );
    assert!(got.headers.get("set-cookie").is_none());
    // A session that is over is answered before the controller runs: nothing is done twice.
    shop.services.end_sessions();
    assert_eq!(shop.known("POST", "/api/orders", body).status, 200);
    assert_eq!(lines(), [visit, begun, visit]);
    let form = [
        ("x-api-key", &*shop.key),
        ("content-type", "application/x-www-form-urlencoded"),
    ];
    // Odoo's own token against forged requests is asked for once a session.
    let post = || shop.ask("POST", "/api/form", &form, "name=Ann+B&note=%C3%A4");
    let got = post();
    assert_eq!(
        (got.status, &*got.content_type),
        (200, "text/html; charset=utf-8")
    );
    assert!(got.headers.get("set-cookie").is_none());
    // What the ERP shows runs nothing under the gateway's name.
    let policy = got.headers.get("content-security-policy").unwrap();
    assert!(policy.to_str().unwrap().starts_with("default-src 'none'"));
    let told = "GET /web";
    let form = "POST /api/form";
    assert_eq!(lines(), [told, form]);
    shop.services.end_sessions();
    // A controller may lead to the log-in by itself.
    assert_eq!(post().status, 504);
    assert_eq!(lines(), [form]);
    assert_eq!(post().status, 200);
    assert_eq!(lines(), [begun, told, form]);
    assert_eq!(post().status, 200);
    assert_eq!(lines(), [form]);
}

#[test]
fn an_erp_that_fails_at_a_log_in_is_not_said_to_refuse_the_credential() {
    let shop = Shop::open();
    let order = || shop.known("POST", "/api/orders", r#"{"lines": [{"product": "A"}]}"#);
    let form = || {
        let headers = [
            ("x-api-key", &*shop.key),
            ("content-type", "application/x-www-form-urlencoded"),
        ];
        shop.ask("POST", "/api/form", &headers, "name=Ann")
    };
    assert_eq!(order().status, 200);
    // The page that tells the token fails, and so does the log-in after it.
    shop.services.fail_sessions(true);
    shop.services.arrived();
    let failed = |got: &Got| {
        let said = got.text();
        assert!(said.contains("nothing was done"), "{said}");
        assert!(!said.contains("credential"), "{said}");
        assert!(!said.contains("Traceback"), "{said}");
        let arrived = shop.services.arrived();
        let done = arrived.iter().any(|one| one.line.contains("/api/"));
        assert!(!done, "{arrived:?}");
        got.status
    };
    assert_eq!(failed(&form()), 503);
    assert_eq!(failed(&order()), 503);
    shop.services.fail_sessions(false);
    assert_eq!((form().status, order().status), (200, 200));
}

#[test]
fn an_erp_that_refuses_the_password_of_a_route_is_said_to() {
    let services = services::Served::start();
    let place = place(&services, ROUTES);
    let key = key(&place, "shop", "reader");
    let order = |url: &str| {
        let request = http::Request::post(format!("{url}/api/orders"))
            .header("x-api-key", &key)
            .header("content-type", "application/json");
        let body = r#"{"lines": [{"product": "A"}]}"#;
        send(request.body(body.into()).expect("a request"))
    };
    let gateway = place.serve();
    assert_eq!(order(&gateway.url).status, 200);
    drop(gateway);
    std::fs::write(place.path().join("password"), "another-one").expect("a file");
    let gateway = place.serve();
    let got = order(&gateway.url);
    assert_eq!(got.status, 500, "{}", got.text());
    let said = "the gateway's own credential for the ERP was not accepted";
    assert!(got.text().contains(said), "{}", got.text());
}

#[test]
fn a_controller_that_leads_to_the_log_in_is_not_visited_twice_where_it_may_have_done_something() {
    let shop = Shop::open();
    let lines = || -> Vec<String> {
        let arrived = shop.services.arrived();
        arrived.into_iter().map(|one| one.line).collect()
    };
    let order = r#"{"lines": [{"product": "A", "qty": 1}]}"#;
    assert_eq!(shop.known("POST", "/api/orders", order).status, 200);
    lines();
    let begun = "POST /web/session/authenticate";
    // What only reads is asked again, within a new session.
    let read = "GET /api/leave";
    shop.known("GET", "/api/leave", "");
    assert_eq!(lines(), [read, begun, read]);
    let got = shop.known("POST", "/api/leave", "{}");
    assert_eq!(got.status, 504, "{}", got.text());
    assert!(got.text().contains("session is renewed"), "{}", got.text());
    assert_eq!(lines(), ["POST /api/leave"]);
    assert_eq!(shop.known("POST", "/api/orders", order).status, 200);
    assert_eq!(lines(), [begun, "POST /api/orders"], "it is a new session");
    let record = crate::within(3000, || {
        let trail = shop.place.lines(&["audit", "tail", "-n", "100"]);
        let of = |record: &&Json| record["model"] == "leave" && record["method"] == "POST";
        let found = trail.iter().find(of).cloned();
        found.filter(|record| record["closed"].is_object())
    });
    assert_eq!(record.expect("a record")["outcome"], "outcome unknown");
}

#[test]
fn a_log_in_for_a_route_takes_a_place_among_the_calls_that_run_at_once() {
    for (places, at_once) in [(4, 2..=4), (1, 1..=1)] {
        let services = services::Served::start();
        let relay = Relay::before(&services.url());
        let more = format!("concurrency = {places}\n");
        let place = place_at(&relay.url(), &more, ROUTES);
        let key = key(&place, "shop", "reader");
        let gateway = place.serve();
        relay.slow_down(150);
        let order = || {
            let request = http::Request::post(format!("{}/api/orders", gateway.url))
                .header("x-api-key", &key)
                .header("content-type", "application/json");
            let body = r#"{"lines": [{"product": "A", "qty": 1}]}"#;
            send(request.body(body.into()).expect("a request"))
        };
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| assert_eq!(order().status, 200));
            }
        });
        let most = relay.most_at_once();
        assert!(at_once.contains(&most), "{most} of {places} places");
    }
}

#[test]
fn a_session_of_the_gateway_opens_a_route_with_its_token_only() {
    let shop = Shop::open();
    let login = serde_json::json!({"jsonrpc": "2.0", "params": {"db": "demo",
        "login": services::USER.0, "password": shop.key}});
    let got = shop.ask(
        "POST",
        "/web/session/authenticate",
        &[("content-type", "application/json")],
        &login.to_string(),
    );
    let cookie = got.headers.get("set-cookie").expect("a cookie");
    let cookie = cookie.to_str().unwrap().split(';').next().unwrap();
    let token = json(&got)["result"]["csrf_token"].clone();
    let token = token.as_str().expect("a token");
    shop.services.arrived();
    let ask = |headers: &[(&str, &str)], body: &str| {
        let mut all = vec![
            ("content-type", "application/x-www-form-urlencoded"),
            ("cookie", cookie),
        ];
        all.extend_from_slice(headers);
        shop.ask("POST", "/api/form", &all, body)
    };
    let own = ("sec-fetch-site", "same-origin");
    let got = ask(&[own], &format!("name=Ann&csrf_token={token}"));
    assert_eq!(got.status, 200, "{}", got.text());
    let arrived = shop.services.arrived().pop().expect("a visit");
    assert!(!arrived.body.contains(token), "{}", arrived.body);
    assert_eq!(arrived.header("cookie"), "session_id=s1");
    for (headers, body) in [
        (&[own][..], "name=Ann".to_owned()),
        (&[], "name=Ann".to_owned()),
        (&[own], format!("name=Ann&csrf_token={token}x")),
        (&[own], "name=Ann&csrf_token=".to_owned()),
        (&[("origin", "https://evil.example")], "name=Ann".to_owned()),
    ] {
        let got = ask(headers, &body);
        assert_eq!(got.status, 400, "{headers:?} {body}: {}", got.text());
        shop.nothing_arrived(&body);
    }
}

#[test]
fn a_page_of_another_site_sends_nobody_through_an_open_route() {
    let shop = Shop::open();
    let ask = |path: &str, more: &[(&str, &str)]| {
        let mut headers = vec![("content-type", "application/json")];
        headers.extend_from_slice(more);
        shop.ask("POST", path, &headers, "{}").status
    };
    let foreign = ("sec-fetch-site", "cross-site");
    assert_eq!(ask("/api/data", &[("sec-fetch-site", "same-origin")]), 200);
    shop.services.arrived();
    assert_eq!(ask("/api/data", &[foreign]), 400);
    assert_eq!(ask("/api/data", &[("origin", "https://evil.example")]), 400);
    shop.nothing_arrived("a page of another site");
    // What shows a key was not made by a page that knows none.
    assert_eq!(
        ask("/my_service", &[foreign, ("x-api-key", &shop.key)]),
        200
    );
}
