//! Each refusal in three ways: the success that it mirrors, the answer in the caller's
//! dialect, and that nothing arrived at the ERP.

use base64::Engine as _;
use portcullis_erp::{Answer, Call, Dialect, FaultKind, Value};

use crate::demo::{Demo, Got, ODOO};

fn count() -> Call {
    Call::new("res.partner", "search_count")
        .expect("names")
        .with("domain", Value::List(Vec::new()))
}

/// Asserts that a refusal has the shape that clients of this dialect know.
fn is_shaped(dialect: Dialect, got: &Got, name: &str, status: u16) {
    let text = got.text();
    match dialect {
        Dialect::XmlRpc1 => {
            assert_eq!(
                (got.status, &*got.content_type),
                (200, "text/xml; charset=utf-8"),
                "{text}"
            );
            assert!(
                text.contains("<fault>")
                    && text.contains("<name>faultCode</name>\n<value><string>"),
                "{text}"
            );
        }
        Dialect::XmlRpc2 => {
            assert_eq!(
                (got.status, &*got.content_type),
                (200, "text/xml; charset=utf-8"),
                "{text}"
            );
            assert!(
                text.contains("<fault>") && text.contains("<name>faultCode</name>\n<value><int>"),
                "{text}"
            );
        }
        Dialect::JsonRpc => {
            let body: serde_json::Value = serde_json::from_str(&text).expect("JSON");
            assert_eq!(got.status, 200);
            assert_eq!(body["error"]["data"]["name"], name, "{text}");
            assert_eq!(body["error"]["data"]["debug"], "", "{text}");
        }
        Dialect::Json2 => {
            let body: serde_json::Value = serde_json::from_str(&text).expect("JSON");
            assert_eq!(
                (got.status, &body["name"]),
                (status, &serde_json::json!(name)),
                "{text}"
            );
            assert_eq!(body["debug"], "", "{text}");
        }
        Dialect::OdooWeb
        | Dialect::OdooCall
        | Dialect::FrappeResource
        | Dialect::FrappeMethod
        | Dialect::FrappeV2
        | Dialect::FrappeFile
        | Dialect::Custom
        | Dialect::Rest => {
            panic!("not an Odoo call")
        }
    }
}

#[test]
fn a_wrong_credential_opens_nothing() {
    let demo = Demo::start();
    let (key, uid, database) = (
        demo.key("odoo"),
        demo.uid("odoo"),
        demo.fact("/database").to_owned(),
    );
    let mut cut = key.clone();
    cut.pop();
    let foreign = demo.key("erpnext").replace(':', "_");
    for dialect in ODOO.iter().copied() {
        let (_, answer) = demo.call_as(dialect, &key, uid, &database, &count());
        assert!(
            matches!(answer, Answer::Value(Value::Int(_))),
            "{dialect:?}"
        );
        demo.reached();
        let wrong: &[(&str, &str, i64, &str)] = &[
            ("a key that was cut", &cut, uid, &database),
            ("a word", "admin", uid, &database),
            ("a key of another ERP", &foreign, uid, &database),
            ("another database", &key, uid, "postgres"),
        ];
        for (what, secret, uid, database) in wrong {
            let (got, answer) = demo.call_as(dialect, secret, *uid, database, &count());
            let Answer::Fault(fault) = answer else {
                panic!("{dialect:?}, {what}")
            };
            assert_eq!(fault.kind, FaultKind::AccessDenied, "{dialect:?}, {what}");
            let name = if dialect == Dialect::Json2 {
                "werkzeug.exceptions.Unauthorized"
            } else {
                "odoo.exceptions.AccessDenied"
            };
            is_shaped(dialect, &got, name, 401);
            assert!(demo.reached().is_empty(), "{dialect:?}, {what}");
        }
        if dialect != Dialect::Json2 {
            let (_, answer) = demo.call_as(dialect, &key, 2, &database, &count());
            assert!(
                matches!(answer, Answer::Fault(fault) if fault.kind == FaultKind::AccessDenied),
                "a foreign uid"
            );
            assert!(demo.reached().is_empty());
        }
    }
}

#[test]
fn a_forbidden_call_is_refused_in_the_callers_dialect() {
    let demo = Demo::start();
    let forbidden = Call::new("res.partner", "unlink")
        .expect("names")
        .on(vec![portcullis_erp::RecordId::Number(1)]);
    for dialect in ODOO.iter().copied() {
        assert!(
            matches!(demo.call(dialect, "odoo", &count()).1, Answer::Value(_)),
            "{dialect:?}"
        );
        let uid = demo.uid("odoo");
        demo.reached();
        let (got, _) = demo.call_as(
            dialect,
            &demo.key("odoo"),
            uid,
            demo.fact("/database"),
            &forbidden,
        );
        is_shaped(dialect, &got, "odoo.exceptions.AccessError", 403);
        assert!(demo.reached().is_empty(), "{dialect:?}");
    }
}

#[test]
fn authenticate_answers_the_bound_uid_or_false() {
    let demo = Demo::start();
    let ask = |login: &str, secret: &str| {
        let body = serde_json::json!({"id": "7", "params": {"service": "common", "method": "authenticate",
            "args": [demo.fact("/database"), login, secret, {}]}});
        let got = demo.post(
            "/jsonrpc",
            &[("content-type", "application/json")],
            body.to_string().as_bytes(),
        );
        serde_json::from_slice::<serde_json::Value>(&got.body).expect("JSON")
    };
    let key = demo.key("odoo");
    let good = ask("integration", &key);
    assert!(good["result"].is_i64() && good["id"] == "7", "{good}");
    assert_eq!(
        ask("admin", &key)["result"],
        false,
        "the key is bound to another user"
    );
    assert_eq!(ask("integration", "nonsense")["result"], false);
    assert!(demo.reached().is_empty(), "the ERP is not asked");
}

#[test]
fn every_header_style_carries_a_key_and_two_are_one_too_many() {
    let demo = Demo::start();
    let key = demo.key("odoo");
    let (id, secret) = key.rsplit_once('_').expect("two halves");
    let basic = base64::engine::general_purpose::STANDARD.encode(format!("{id}:{secret}"));
    let path = "/json/2/res.partner/search_count";
    let ask = |headers: &[(&str, &str)]| {
        let mut all = vec![("content-type", "application/json")];
        all.extend_from_slice(headers);
        demo.post(path, &all, b"{\"domain\":[]}").status
    };
    let styles = [
        ("x-api-key", key.clone()),
        ("api-key", key.clone()),
        ("authorization", format!("Bearer {key}")),
        ("authorization", format!("ApiKey {key}")),
        ("authorization", format!("token {id}:{secret}")),
        ("authorization", format!("Basic {basic}")),
    ];
    for (name, value) in &styles {
        assert_eq!(ask(&[(name, value)]), 200, "{name}: {value}");
    }
    demo.reached();
    assert_eq!(
        ask(&[("x-api-key", &key), ("api-key", &key)]),
        400,
        "two credentials"
    );
    assert_eq!(
        ask(&[
            ("x-api-key", &key),
            ("authorization", &format!("Bearer {key}"))
        ]),
        400
    );
    assert_eq!(ask(&[("authorization", &format!("Digest {key}"))]), 401);
    assert_eq!(ask(&[]), 401);
    assert!(demo.reached().is_empty());
}

#[test]
fn frappe_is_refused_as_frappe_refuses() {
    let demo = Demo::start();
    let token = format!("token {}", demo.key("erpnext"));
    let list = demo.request(
        "GET",
        "/api/resource/Customer",
        &[("authorization", &token)],
        b"",
    );
    assert_eq!(list.status, 200, "{}", list.text());
    let body: serde_json::Value = serde_json::from_slice(&list.body).expect("JSON");
    let name = body["data"][0]["name"]
        .as_str()
        .expect("a name")
        .replace(' ', "%20")
        .replace('&', "%26");
    demo.reached();
    let refused = [
        ("DELETE", format!("/api/resource/Customer/{name}"), 403),
        ("GET", "/api/resource/User".to_owned(), 403),
        ("GET", "/api/resource/No%20Such".to_owned(), 403),
        ("GET", "/api/method/frappe.client.get_password?doctype=User&name=Administrator&fieldname=api_secret".to_owned(), 403),
        ("GET", "/api/method/ping?cmd=frappe.client.get_list".to_owned(), 417),
    ];
    for (verb, path, status) in refused {
        let got = demo.request(verb, &path, &[("authorization", &token)], b"");
        assert_eq!(got.status, status, "{verb} {path}: {}", got.text());
        let body: serde_json::Value = serde_json::from_slice(&got.body).expect("JSON");
        assert!(
            body["exc_type"].is_string() && !got.text().contains("Traceback"),
            "{}",
            got.text()
        );
        assert!(demo.reached().is_empty(), "{verb} {path}");
    }
    let wrong = demo.request(
        "GET",
        "/api/resource/Customer",
        &[("authorization", "token a:b")],
        b"",
    );
    assert_eq!(wrong.status, 401, "{}", wrong.text());
    assert!(demo.reached().is_empty());
    assert!(
        list.headers.get("set-cookie").is_none(),
        "the ERP's cookies stay behind"
    );
}
