//! Every face takes signatures, and none takes what was changed or seen before.

use portcullis_testkit::services;

use super::*;

fn faces(uid: i64) -> Vec<(&'static str, Request)> {
    let rpc = |password: &str| {
        format!(
            "{{\"jsonrpc\": \"2.0\", \"id\": 1, \"method\": \"call\", \"params\": {{\"service\": \"object\", \"method\": \"execute_kw\", \"args\": [\"demo\", {uid}, \"{password}\", \"res.partner\", \"search_count\", [[]]]}}}}"
        )
    };
    let xml = format!(
        "<?xml version=\"1.0\"?><methodCall><methodName>execute_kw</methodName><params><param><value><string>demo</string></value></param><param><value><int>{uid}</int></value></param><param><value><string></string></value></param><param><value><string>res.partner</string></value></param><param><value><string>search_count</string></value></param><param><value><array><data><value><array><data></data></array></value></data></array></value></param></params></methodCall>"
    );
    let kw = "{\"params\": {\"model\": \"res.partner\", \"method\": \"search_count\", \"args\": [[]], \"kwargs\": {}}}";
    vec![
        ("odoo", Request::count()),
        ("odoo", Request::new("POST", "/jsonrpc", &rpc(""))),
        ("odoo", Request::new("POST", "/xmlrpc/2/object", &xml)),
        ("odoo", Request::new("POST", "/xmlrpc/object", &xml)),
        ("odoo", Request::new("POST", "/web/dataset/call_kw", kw)),
        (
            "odoo",
            Request::new("GET", "/api/v1/res.partner?limit=1&fields=name", ""),
        ),
        (
            "odoo",
            Request::new("POST", "/api/v1/res.partner", "{\"name\": \"Rest\"}"),
        ),
        (
            "odoo",
            Request::new("GET", "/u/odoo/api/v1/res.partner", ""),
        ),
        (
            "erpnext",
            Request::new("GET", "/api/resource/Customer?limit_page_length=1", ""),
        ),
        (
            "erpnext",
            Request::new(
                "POST",
                "/api/resource/Customer",
                "{\"customer_name\": \"One\"}",
            ),
        ),
        (
            "erpnext",
            Request::new(
                "GET",
                "/api/method/frappe.client.get_count?doctype=Customer",
                "",
            ),
        ),
        (
            "erpnext",
            Request::new("GET", "/api/v2/document/Customer", ""),
        ),
        (
            "erpnext",
            Request::new("GET", "/?cmd=frappe.client.get_count&doctype=Customer", ""),
        ),
    ]
}

fn is_good(got: &Got) -> bool {
    let text = got.text();
    matches!(got.status, 200 | 201) && !text.contains("<fault>") && !text.contains("\"error\"")
}

#[test]
fn each_dialect_is_signed_and_each_signature_counts_once() {
    let demo = Demo::start();
    let place = place(&demo);
    let signers = ["odoo", "erpnext"].map(|upstream| {
        let more = ["--upstream", upstream, "--must-sign"];
        let name = |way: &str| format!("{upstream}-{way}");
        [
            Signer::hmac(&place, &name("secret"), &more),
            Signer::ed25519(&place, &name("pair"), &more),
        ]
    });
    let served = place.serve();
    for (upstream, request) in faces(demo.uid("odoo")) {
        for signer in &signers[usize::from(upstream == "erpnext")] {
            demo.reached();
            let signed = signer.sign(&request);
            let got = signed.send(&served);
            assert!(
                is_good(&got),
                "{}: {} {}",
                request.target,
                got.status,
                got.text()
            );
            assert!(!demo.reached().is_empty(), "{}", request.target);
            let mut others = vec![("again", signed.clone()), ("unsigned", request.clone())];
            let mut change = |what, change: &dyn Fn(&mut Request)| {
                let mut other = signer.sign(&request);
                change(&mut other);
                others.push((what, other));
            };
            if request.body.is_empty() {
                change("query", &|r| {
                    r.target = match r.target.split_once('?') {
                        Some((path, query)) => format!("{path}?{query}&limit_start=1"),
                        None => format!("{}?limit=1", r.target),
                    };
                });
            } else {
                change("body", &|r| r.body.push(' '));
            }
            change("key", &|r| {
                for (name, value) in &mut r.headers {
                    if name == "signature-input" {
                        *value = value.replace(&signer.id, "pck_aaaqeayeaudaocaj");
                    }
                }
            });
            for (what, other) in others {
                let got = other.send(&served);
                assert!(!is_good(&got), "{what}: {} {}", request.target, got.text());
                assert!(demo.reached().is_empty(), "{what}: {}", request.target);
            }
        }
    }
}

#[test]
fn a_custom_controller_is_signed_as_any_other_path() {
    let services = services::Served::start();
    let place = crate::routes::place(&services, crate::routes::ROUTES);
    let signer = Signer::hmac(&place, "shop", &["--must-sign"]);
    let served = place.serve();
    let order = "{\"jsonrpc\": \"2.0\", \"params\": {\"lines\": []}}";
    let request = Request::new("POST", "/api/plain/orders", order);
    let signed = signer.sign(&request);
    let got = signed.send(&served);
    assert_eq!(got.status, 200, "{}", got.text());
    assert!(!services.arrived().is_empty());
    let mut changed = signer.sign(&request);
    changed.body = order.replace("[]", "[ ]");
    for (what, other) in [
        ("again", &signed),
        ("unsigned", &request),
        ("changed", &changed),
    ] {
        let got = other.send(&served);
        assert!(
            matches!(got.status, 401 | 403),
            "{what}: {} {}",
            got.status,
            got.text()
        );
        let arrived = services.arrived();
        assert!(arrived.is_empty(), "{what}: {arrived:?}");
    }
}

#[test]
fn a_header_that_a_route_hands_on_is_covered_or_nothing_is_done() {
    const COVERED: &[&str] = &["@method", "@path", "content-digest", "content-type"];
    const WITH: &[&str] = &[
        "@method",
        "@path",
        "content-digest",
        "content-type",
        "accept-language",
    ];
    let services = services::Served::start();
    let place = crate::routes::place(&services, crate::routes::ROUTES);
    let signer = Signer::hmac(&place, "shop", &["--must-sign"]);
    let served = place.serve();
    let over = |covers| How {
        covers: Some(covers),
        ..How::default()
    };
    let plain = Request::new("POST", "/my_service", "{}");
    let french = plain.clone().with("accept-language", "fr");
    let got = signer.sign_so(&french, &over(WITH)).send(&served);
    assert_eq!(got.status, 200, "{}", got.text());
    assert_eq!(services.arrived()[0].header("accept-language"), "fr");
    let mut changed = signer.sign_so(&french, &over(WITH));
    for (name, value) in &mut changed.headers {
        if name == "accept-language" {
            "de".clone_into(value);
        }
    }
    for (what, other) in [
        ("changed", &changed),
        (
            "slipped in",
            &signer.sign(&plain).with("accept-language", "fr"),
        ),
        ("open", &signer.sign_so(&french, &over(COVERED))),
    ] {
        let got = other.send(&served);
        assert!(matches!(got.status, 401 | 403), "{what}: {}", got.text());
        let arrived = services.arrived();
        assert!(arrived.is_empty(), "{what}: {arrived:?}");
    }
}
