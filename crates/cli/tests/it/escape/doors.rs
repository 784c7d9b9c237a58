//! The façade, its batch, routes to controllers, and the ERPs' own credentials shown here.

use serde_json::{Value as Json, json};

use super::{Cell, Who, secret_file};
use crate::serve::Place;
use crate::sessions::Visitor;

/// What is asked of Odoo's façade: verb, path, values.
fn asked() -> Vec<(&'static str, &'static str, Json)> {
    vec![
        (
            "POST",
            "res.users",
            json!({"name": "x", "login": "x", "password": "y"}),
        ),
        ("PATCH", "res.users/2", json!({"password": "x"})),
        ("PATCH", "res.users/2", json!({"totp_secret": "x"})),
        (
            "PATCH",
            "res.users/2",
            json!({"api_key_ids": [[0, 0, {"name": "x"}]]}),
        ),
        ("POST", "res.users.apikeys", json!({"name": "x"})),
        (
            "POST",
            "res.users.apikeys.description",
            json!({"name": "x", "duration": "0"}),
        ),
        (
            "POST",
            "change.password.own",
            json!({"new_password": "x", "confirm_password": "x"}),
        ),
        ("POST", "auth_totp.wizard", json!({"secret": "x"})),
        (
            "POST",
            "ir.actions.server",
            json!({"name": "x", "state": "code", "code": "x"}),
        ),
        (
            "POST",
            "ir.config_parameter",
            json!({"key": "base.enable_programmatic_api_keys", "value": "1"}),
        ),
        (
            "PATCH",
            "res.partner/3",
            json!({"user_ids": [[0, 0, {"login": "x", "password": "y"}]]}),
        ),
        ("PATCH", "res.partner/3", json!({"signup_type": "reset"})),
    ]
}

fn harmless(verb: &str) -> (&'static str, Json) {
    match verb {
        "POST" => ("res.partner", json!({"name": "x"})),
        _ => ("res.partner/3", json!({"city": "x"})),
    }
}

#[test]
fn the_facade_and_its_batch_make_no_credential() {
    let cell = Cell::shut();
    for (verb, path, values) in asked() {
        let (its_path, its_values) = harmless(verb);
        let place = |path: &str| format!("/u/odoo/api/v1/{path}");
        let done = cell.json(Who::Wide, "odoo", verb, &place(its_path), &its_values);
        assert!(matches!(done.status, 200 | 201), "{}", done.text());
        assert!(!cell.reached().is_empty());
        for who in [Who::Narrow, Who::Wide] {
            let got = cell.json(who, "odoo", verb, &place(path), &values);
            let what = format!("{who:?} {verb} {path} {values}: {}", got.text());
            assert!(matches!(got.status, 400 | 403 | 404), "{what}");
            cell.nothing_reached(&what);
        }
    }
    let items = |asked: Vec<(&str, &str, Json)>| {
        let item = |(verb, path, body): (&str, &str, Json)| json!({"method": verb, "path": format!("/api/v1/{path}"), "body": body});
        Json::Array(asked.into_iter().map(item).collect())
    };
    let batch = |who: Who, items: &Json| {
        let got = cell.json(who, "odoo", "POST", "/u/odoo/api/v1/-/batch", items);
        assert_eq!(got.status, 200, "{}", got.text());
        let body: Json = serde_json::from_slice(&got.body).expect("JSON");
        let answers = body["data"].as_array().expect("answers").clone();
        answers
            .iter()
            .map(|one| one["status"].as_u64().expect("a status"))
            .collect::<Vec<_>>()
    };
    let same = asked().into_iter().map(|(verb, _, _)| {
        let (path, values) = harmless(verb);
        (verb, path, values)
    });
    let done = batch(Who::Wide, &items(same.collect()));
    assert!(
        done.iter().all(|status| matches!(status, 200 | 201)),
        "{done:?}"
    );
    assert!(!cell.reached().is_empty());
    for who in [Who::Narrow, Who::Wide] {
        let refused = batch(who, &items(asked()));
        assert_eq!(refused.len(), asked().len());
        let barred = |status: &u64| matches!(status, 400 | 403 | 404);
        assert!(refused.iter().all(barred), "{refused:?}");
        cell.nothing_reached("a batch");
    }
}

#[test]
fn a_route_leads_to_its_controller_and_nowhere_else() {
    let cell = Cell::shut();
    let ask = |who, path: &str| {
        let key = cell.key(who, "odoo").to_owned();
        let headers = [
            ("x-api-key", key.as_str()),
            ("content-type", "application/json"),
        ];
        cell.send("POST", path, &headers, b"{\"params\":{}}").status
    };
    ask(Who::Wide, "/api/shop/order");
    let reached = cell.reached();
    assert_eq!(reached.len(), 1, "the controller is asked: {reached:?}");
    for path in [
        "/api/shop/../web/session/authenticate",
        "/api/shop/..%2Fweb%2Fsession%2Fauthenticate",
        "/api/shop/%2e%2e/json/2/res.users.apikeys/generate",
        "/api/shop/order%2F..%2F..%2Fjson%2F2%2Fres.users.apikeys%2Fgenerate",
        "/api/shop//web/login",
        "/api/shop/order;/web/login",
        "/web/login",
        "/web/reset_password",
        "/web/signup",
        "/auth_oauth/signin",
        "/web/session/change_password",
        "/web/webauthn/authenticate",
        "/mail/data",
    ] {
        for who in [Who::Narrow, Who::Wide] {
            let status = ask(who, path);
            assert!((400..500).contains(&status), "{path}: {status}");
            cell.nothing_reached(path);
        }
    }
    let status = ask(Who::Narrow, "/api/shop/order");
    assert_eq!(status, 404, "its role does not name the route");
    cell.nothing_reached("a route that is not the role's");
}

#[test]
fn no_route_may_lead_to_where_credentials_are_made() {
    let configured = |to: &str| {
        let text = format!(
            "listen = \"127.0.0.1:0\"\nroles = [\"reader.toml\"]\n[[route]]\nname = \"shop\"\npath = \"/api/shop\"\n\
             to = \"{to}\"\nupstream = \"odoo\"\nverbs = [\"POST\"]\nany-body = true\n\
             [upstream.odoo]\nkind = \"odoo\"\nurl = \"http://127.0.0.1:9\"\ndatabase = \"demo\"\n"
        );
        let place = Place::of(&text, super::NARROW);
        place.run(&["check"])
    };
    let (code, said) = configured("/shop/orders");
    assert_eq!(code, 0, "{said}");
    for to in [
        "/web/session/authenticate",
        "/web/dataset/call_kw",
        "/json/2/res.users.apikeys/generate",
        "/jsonrpc",
        "/xmlrpc/2/object",
        "/api/method/frappe.core.doctype.user.user.generate_keys",
        "/api/resource/User",
        "/api/v2/document/User",
    ] {
        let (code, said) = configured(to);
        assert_eq!(code, 2, "{to}: {said}");
    }
}

/// The cookie of a session at Odoo itself, past the gateway.
fn native_session(odoo: &str, password: &str) -> String {
    let login = json!({"params": {"db": "demo", "login": "integration", "password": password}});
    let answer = ureq::post(format!("{odoo}/web/session/authenticate"))
        .header("content-type", "application/json")
        .send(login.to_string())
        .expect("an answer");
    let cookie = answer.headers()["set-cookie"].to_str().expect("text");
    let (pair, _) = cookie.split_once(';').expect("a cookie");
    pair.to_owned()
}

#[test]
fn the_erps_own_credentials_open_nothing_here() {
    let cell = Cell::shut();
    let secret = |name: &str| {
        let text = std::fs::read_to_string(secret_file(&cell.demo, name));
        text.expect("a secret of the demo")
    };
    let (password, key) = (secret("odoo-integration-password"), secret("odoo-admin"));
    let pair = secret("erpnext-administrator");
    // At the ERP itself they do open, which is what makes this a test.
    let native = native_session(cell.demo.fact("/odoo"), &password);
    cell.demo.reached();

    let mut own = Visitor::of(&cell.served.url);
    let (_, info) = own.log_in("admin", cell.key(Who::Narrow, "odoo"));
    assert!(info["result"]["uid"].is_i64(), "{info}");
    for (login, given) in [
        ("integration", &password),
        ("admin", &password),
        ("admin", &key),
    ] {
        let mut visitor = Visitor::of(&cell.served.url);
        let (_, refused) = visitor.log_in(login, given);
        assert!(refused["error"].is_object(), "{refused}");
        assert!(visitor.cookie.is_none());
    }
    assert!(own.count()["result"].is_i64());
    cell.reached();
    let mut borrowed = Visitor::of(&cell.served.url);
    borrowed.cookie = Some(native);
    assert!(borrowed.count()["error"].is_object());
    cell.nothing_reached("a session of the ERP");

    let count = |value: &str| {
        let headers = [
            ("authorization", value),
            ("content-type", "application/json"),
        ];
        let path = "/json/2/res.partner/search_count";
        cell.send("POST", path, &headers, b"{\"domain\":[]}").status
    };
    assert_eq!(
        count(&format!("Bearer {}", cell.key(Who::Narrow, "odoo"))),
        200
    );
    cell.reached();
    assert_eq!(count(&format!("Bearer {key}")), 401);
    assert_eq!(count(&format!("Bearer {password}")), 401);
    let customers = |headers: &[(&str, &str)], more: &str| {
        let path = format!("/api/resource/Customer?limit_page_length=1{more}");
        cell.send("GET", &path, headers, b"").status
    };
    let bearer = format!("Bearer {}", cell.key(Who::Narrow, "erpnext"));
    assert_eq!(customers(&[("authorization", &bearer)], ""), 200);
    cell.reached();
    let token = format!("token {pair}");
    assert_eq!(customers(&[("authorization", &token)], ""), 401);
    // `sid` would say who asks, whatever the key.
    for more in ["&sid=Administrator", "&sid=Guest"] {
        let status = customers(&[("authorization", &bearer)], more);
        assert!((400..500).contains(&status), "{more}: {status}");
    }
    let cookie = [("cookie", "sid=Administrator")];
    assert!((400..500).contains(&customers(&cookie, "")));
    cell.nothing_reached("what is the ERP's own");
}
