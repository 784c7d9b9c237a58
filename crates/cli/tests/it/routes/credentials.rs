//! The client's credential ends at the gateway; the ERP sees the one that the route adds.

use base64::Engine as _;
use portcullis_testkit::services;

use super::{Shop, json};

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
    shop.services.end_sessions();
    let form = [
        ("x-api-key", &*shop.key),
        ("content-type", "application/x-www-form-urlencoded"),
    ];
    let got = shop.ask("POST", "/api/form", &form, "name=Ann+B&note=%C3%A4");
    assert_eq!(
        (got.status, &*got.content_type),
        (200, "text/html; charset=utf-8")
    );
    assert!(got.headers.get("set-cookie").is_none());
    assert_eq!(lines(), ["POST /api/form", begun, "POST /api/form"]);
}
