//! Roles, ERP users, sessions and the state of things over HTTP.

use serde_json::{Value as Json, json};

use super::{Administered, problem, text};
use crate::demo::{Demo, Got, send};
use crate::native::enable;
use crate::serve::READER;
use crate::within;

const GENEROUS: &str =
    "[limits]\nper-minute = 60000\nburst = 10000\naddress-failures-burst = 10000\n";

fn call(gateway: &Administered, headers: &[(&str, &str)]) -> Got {
    let url = format!("{}/json/2/res.partner/search_count", gateway.served.url);
    let mut request = http::Request::post(url).header("content-type", "application/json");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    send(request.body(b"{\"domain\":[]}".to_vec()).unwrap())
}

/// Waits until a key is answered so; a change is known within a second.
fn becomes(gateway: &Administered, key: &str, expected: u16) {
    let asked = || call(gateway, &[("x-api-key", key)]).status;
    let known = within(1500, || (asked() == expected).then_some(()));
    assert!(known.is_some(), "it is not {expected} within a second");
}

#[test]
fn a_role_is_put_narrowed_and_removed_and_its_keys_feel_it() {
    let demo = Demo::start();
    let gateway = Administered::before(&demo, GENEROUS);
    let (ops, _) = gateway.key("ops", "administrator", &[]);
    let (manager, _) = gateway.key("keys", "key-manager", &[]);
    let path = "/admin/v1/roles/clerk";
    let put = |text: &str| gateway.done(&ops, "PUT", path, &json!({"toml": text}));
    let told = put(READER);
    assert_eq!(
        (&told["from"], &told["name"]),
        (&json!("store"), &json!("clerk"))
    );
    let (_, known) = gateway.place.run(&["role", "show", "clerk"]);
    assert_eq!(known, told, "the command line shows the same");
    let body = json!({"name": "shop", "user": "integration", "roles": ["clerk"]});
    let key = gateway.done(&ops, "POST", "/admin/v1/keys", &body);
    let key = text(&key, "key");
    becomes(&gateway, &key, 200);
    put(&READER.replace("res.partner", "res.country"));
    becomes(&gateway, &key, 403);
    let wrong = gateway.ask(&ops, "PUT", path, &json!({"toml": "[[rule]]\nname = 5\n"}));
    assert_eq!(problem(&wrong), (422, "unfit".to_owned()));
    assert!(wrong.text().contains("line 2"), "{}", wrong.text());
    assert_eq!(
        gateway.done(&ops, "GET", path, &Json::Null)["rules"][0]["models"],
        json!(["res.country"]),
        "it stays as it was"
    );
    let names = |who: &str| {
        let listed = gateway.done(who, "GET", "/admin/v1/roles", &Json::Null);
        let roles = listed["roles"].as_array().unwrap();
        roles
            .iter()
            .map(|role| text(role, "name"))
            .collect::<Vec<_>>()
    };
    assert_eq!(names(&ops), ["clerk", "reader"]);
    assert_eq!(names(&manager), ["reader"], "those that it may give");
    let beyond = gateway.refused(&manager, "GET", path, &Json::Null);
    assert_eq!(beyond, (404, "absent".to_owned()));
    gateway.done(&ops, "DELETE", path, &Json::Null);
    assert_eq!(
        gateway.refused(&ops, "DELETE", path, &Json::Null),
        (404, "absent".to_owned())
    );
    assert_eq!(names(&ops), ["reader"]);
}

#[test]
fn the_credential_of_an_erp_user_is_put_renewed_and_forgotten_and_never_shown() {
    let demo = Demo::start();
    let gateway = Administered::before(&demo, GENEROUS);
    let (ops, _) = gateway.key("ops", "administrator", &[]);
    let (auditor, _) = gateway.key("Ann", "auditor", &[]);
    let (manager, _) = gateway.key("keys", "key-manager", &[]);
    let (key, _) = gateway.place.key("shop", &[]);
    becomes(&gateway, &key, 200);
    let log = std::path::PathBuf::from(demo.fact("/upstream_log"));
    let file = log.with_file_name("secrets").join("odoo-integration");
    let secret = std::fs::read_to_string(file).unwrap().trim().to_owned();
    let path = "/admin/v1/users/odoo/integration";
    let told = gateway.ask(&ops, "PUT", path, &json!({"secret": secret}));
    assert_eq!(told.status, 200, "{}", told.text());
    assert!(!told.text().contains(&secret));
    let of = |who: &str| {
        let got = gateway.ask(who, "GET", "/admin/v1/users", &Json::Null);
        assert!(!got.text().contains(&secret), "it is never shown");
        let listed: Json = serde_json::from_slice(&got.body).unwrap();
        let users = listed["users"].as_array().unwrap().clone();
        let mut users: Vec<String> = users
            .iter()
            .map(|user| format!("{} {}", text(user, "login"), text(user, "from")))
            .collect();
        users.sort();
        users
    };
    let all = ["admin file", "integration file", "integration store"];
    assert_eq!(of(&auditor), all);
    assert_eq!(of(&manager), ["integration file", "integration store"]);
    becomes(&gateway, &key, 200);

    let rotate = format!("{path}/rotate");
    enable(&demo);
    let renewed = gateway.done(&ops, "POST", &rotate, &Json::Null);
    assert!(
        renewed["expires"].is_string() && renewed["old-lives"].is_null(),
        "{renewed}"
    );
    becomes(&gateway, &key, 200);
    let (_, health) = gateway.place.run(&["user", "list"]);
    let mut health = health.as_array().unwrap().iter();
    assert!(health.any(|user| user["from"] == "store" && user["rotated"].is_string()));

    gateway.done(&ops, "DELETE", path, &Json::Null);
    for (verb, path) in [
        ("DELETE", path),
        ("DELETE", "/admin/v1/users/nowhere/integration"),
        ("DELETE", "/admin/v1/users/odoo/a%2Fb"),
    ] {
        let refused = gateway.refused(&ops, verb, path, &Json::Null);
        assert_eq!(refused, (404, "absent".to_owned()), "{path}");
    }
    let trail = gateway.place.lines(&["audit", "tail", "-n", "1000"]);
    let put = trail
        .iter()
        .find(|line| line["model"] == "user" && line["method"] == "put");
    let put = put.unwrap();
    assert_eq!(
        (&put["on"], &put["fields"]),
        (&json!("odoo/integration"), &json!(["secret"]))
    );
    assert!(!Json::from(trail.clone()).to_string().contains(&secret));
}

#[test]
fn the_sessions_of_a_key_are_seen_and_ended() {
    let demo = Demo::start();
    let gateway = Administered::before(&demo, GENEROUS);
    let (ops, _) = gateway.key("ops", "administrator", &[]);
    let (key, id) = gateway.place.key("shop", &[]);
    becomes(&gateway, &key, 200);
    let log_in = json!({"params": {"db": "demo", "login": "integration", "password": key}});
    let web = |path: &str, cookie: &str, body: &Json| {
        let request = http::Request::post(format!("{}{path}", gateway.served.url))
            .header("content-type", "application/json")
            .header("cookie", cookie);
        send(request.body(body.to_string().into_bytes()).unwrap())
    };
    let got = web("/web/session/authenticate", "", &log_in);
    let cookie = got.headers["set-cookie"].to_str().unwrap();
    let cookie = cookie.split(';').next().unwrap();
    let is_in = || {
        let told = web(
            "/web/session/get_session_info",
            cookie,
            &json!({"params": {}}),
        );
        told.text().contains("\"result\"")
    };
    assert!(is_in());
    let listed = gateway.ask(&ops, "GET", "/admin/v1/sessions", &Json::Null);
    assert!(!listed.text().contains(cookie.split_once('=').unwrap().1));
    let listed: Json = serde_json::from_slice(&listed.body).unwrap();
    assert_eq!(listed["sessions"].as_array().unwrap().len(), 1);
    assert_eq!(listed["sessions"][0]["name"], id.as_str());
    let end = |body: &Json| gateway.ask(&ops, "POST", "/admin/v1/sessions/end", body);
    for body in [
        json!({}),
        json!({"key": id, "login": "integration"}),
        json!({"key": id, "upstream": "odoo"}),
        json!({"upstream": "odoo"}),
    ] {
        assert_eq!(problem(&end(&body)), (422, "unfit".to_owned()), "{body}");
    }
    assert!(is_in());
    let told: Json = serde_json::from_slice(&end(&json!({"key": id})).body).unwrap();
    assert_eq!(told["ended"], 1);
    let out = within(1500, || (!is_in()).then_some(()));
    assert!(out.is_some(), "it goes on after a second");
}

#[test]
fn the_state_of_things_is_told() {
    let demo = Demo::start();
    let gateway = Administered::before(&demo, "");
    let (auditor, _) = gateway.key("Ann", "auditor", &[]);
    gateway.place.key("shop", &[]);
    let told = gateway.done(&auditor, "GET", "/admin/v1/state", &Json::Null);
    assert_eq!(told["upstreams"][0]["name"], "odoo");
    assert_eq!(told["upstreams"][0]["ready"], true);
    assert_eq!(told["keys"], 1);
}
