//! Strangers at the door of administrators: whatever they show, they are told the same, and
//! nothing is done.

use portcullis_admin::api;
use portcullis_admin::routes::Needs;
use serde_json::{Value as Json, json};

use super::{Administered, filled, problem};
use crate::administrators::office::{PASSWORD, add};
use crate::demo::{Demo, Got, send};
use crate::{pause, within};

/// Each route with what a stranger may ask of it. A route that is not here fails the test:
/// whoever adds one says here how strangers fare.
const TRIED: &[(&str, &str, &str)] = &[
    ("GET", "/admin/v1/self", ""),
    ("GET", "/admin/v1/state", ""),
    ("GET", "/admin/v1/keys", ""),
    (
        "POST",
        "/admin/v1/keys",
        r#"{"name":"x","user":"integration","roles":["reader"]}"#,
    ),
    (
        "POST",
        "/admin/v1/keys/adopt",
        r#"{"key":{"name":"x","user":"integration","roles":["reader"]},"secret":"x"}"#,
    ),
    (
        "POST",
        "/admin/v1/keys/import",
        r#"{"csv":"name,key,user_id/login\nx,3f9c1e7ab2d84c60a5f1,integration\n","roles":["reader"]}"#,
    ),
    ("GET", "/admin/v1/keys/{id}", ""),
    ("POST", "/admin/v1/keys/{id}/rotate", "{}"),
    ("POST", "/admin/v1/keys/{id}/suspend", ""),
    ("POST", "/admin/v1/keys/{id}/resume", ""),
    ("POST", "/admin/v1/keys/{id}/revoke", ""),
    (
        "PUT",
        "/admin/v1/keys/{id}/stand-in",
        r#"{"user":"integration"}"#,
    ),
    ("DELETE", "/admin/v1/keys/{id}/stand-in", ""),
    ("GET", "/admin/v1/roles", ""),
    ("GET", "/admin/v1/roles/{name}", ""),
    ("PUT", "/admin/v1/roles/{name}", r#"{"toml":""}"#),
    ("DELETE", "/admin/v1/roles/{name}", ""),
    ("GET", "/admin/v1/users", ""),
    (
        "PUT",
        "/admin/v1/users/{upstream}/{login}",
        r#"{"secret":"x"}"#,
    ),
    ("DELETE", "/admin/v1/users/{upstream}/{login}", ""),
    ("POST", "/admin/v1/users/{upstream}/{login}/rotate", ""),
    ("GET", "/admin/v1/sessions", ""),
    (
        "POST",
        "/admin/v1/sessions/end",
        r#"{"login":"integration"}"#,
    ),
    ("GET", "/admin/v1/approvals", ""),
    ("GET", "/admin/v1/approvals/{id}", ""),
    ("POST", "/admin/v1/approvals/{id}/approve", "{}"),
    ("POST", "/admin/v1/approvals/{id}/reject", "{}"),
    ("GET", "/admin/v1/admin-keys", ""),
    (
        "POST",
        "/admin/v1/admin-keys",
        r#"{"name":"x","roles":["administrator"]}"#,
    ),
    ("POST", "/admin/v1/admin-keys/{id}/revoke", ""),
];

/// The log-ins, which anybody may ask for: what a stranger may ask of them in vain, and what that
/// is answered.
const OPEN: &[(&str, &str, &str, u16)] = &[
    (
        "POST",
        "/admin/v1/session",
        r#"{"name":"anna","password":"a guess of a password"}"#,
        401,
    ),
    (
        "POST",
        "/admin/v1/session/passkey",
        r#"{"slip":"x","credential":{}}"#,
        410,
    ),
    (
        "POST",
        "/admin/v1/session/enrolment",
        r#"{"code":"x"}"#,
        410,
    ),
];

/// The routes of whoever has a session.
const OWN: &[(&str, &str, &str)] = &[
    ("GET", "/admin/v1/session", ""),
    ("DELETE", "/admin/v1/session", ""),
    ("DELETE", "/admin/v1/session/all", ""),
    (
        "POST",
        "/admin/v1/password",
        r#"{"old":"a guess of a password","new":"another guess of it"}"#,
    ),
    ("POST", "/admin/v1/recovery-codes", ""),
    ("POST", "/admin/v1/factors/totp", ""),
    (
        "POST",
        "/admin/v1/factors/totp/confirm",
        r#"{"slip":"x","code":"000000"}"#,
    ),
    ("POST", "/admin/v1/factors/passkey", ""),
    (
        "POST",
        "/admin/v1/factors/passkey/confirm",
        r#"{"slip":"x","credential":{},"label":"x"}"#,
    ),
    ("DELETE", "/admin/v1/factors/{id}", ""),
];

#[test]
fn every_route_is_in_the_list() {
    let open: Vec<_> = OPEN.iter().map(|(verb, path, ..)| (*verb, *path)).collect();
    let short = |list: &[(&'static str, &'static str, &str)]| -> Vec<_> {
        list.iter().map(|(verb, path, _)| (*verb, *path)).collect()
    };
    let (own, tried) = (short(OWN), short(TRIED));
    let served = |fits: fn(Needs) -> bool| -> Vec<_> {
        let all = api::all().filter(|route| fits(route.needs));
        all.map(|route| (route.verb, route.path)).collect()
    };
    let why = "say how strangers fare at the new route";
    assert_eq!(
        open,
        served(|needs| matches!(needs, Needs::Open(_))),
        "{why}"
    );
    assert_eq!(
        own,
        served(|needs| matches!(needs, Needs::Session(_))),
        "{why}"
    );
    assert_eq!(
        tried,
        served(|needs| matches!(needs, Needs::Leave(_))),
        "{why}"
    );
}

#[test]
fn where_people_are_known_strangers_get_nothing() {
    let demo = Demo::start();
    let more = "[limits]\naddress-failures-burst = 10000\n";
    let gateway = Administered::before(&demo, more);
    let (erp, id) = gateway.place.key("shop", &[]);
    add(&gateway.place, "anna", "administrator");
    let kept = || gateway.place.run(&["administrator", "show", "anna"]).1;
    let before = kept();
    assert_eq!(before["sessions"], json!([]));
    let program = gateway.key("ops", "administrator", &[]).0;
    for (credential, ambiguous) in [
        (None, 401),
        (Some(format!("Bearer {erp}")), 401),
        (Some(format!("Bearer {program}")), 401),
        (Some("Bearer pcl_x".to_owned()), 401),
        (Some("Basic YTpi".to_owned()), 400),
    ] {
        let ask = |verb: &str, path: &str, body: &str| {
            let mut headers = vec![("content-type", "application/json")];
            headers.extend(credential.as_deref().map(|shown| ("authorization", shown)));
            let got = gateway.send((verb, &filled(path, &id, "integration")), &headers, body);
            assert!(got.headers.get("set-cookie").is_none(), "{verb} {path}");
            (got.status, got.text())
        };
        for (verb, path, body, status) in OPEN {
            let got = ask(verb, path, body);
            assert_eq!(got.0, *status, "{verb} {path}: {}", got.1);
        }
        for (verb, path, body) in OWN {
            let got = ask(verb, path, body);
            assert_eq!(got.0, ambiguous, "{verb} {path}: {}", got.1);
        }
    }
    assert_eq!(kept(), before, "nothing was done");
    let fine = format!(r#"{{"name":"anna","password":"{PASSWORD}"}}"#);
    let json = [("content-type", "application/json")];
    let got = gateway.send(("POST", "/admin/v1/session"), &json, &fine);
    assert_eq!(got.status, 201, "she gets in: {}", got.text());
}

#[test]
fn whatever_strangers_show_they_are_told_the_same_and_nothing_is_done() {
    let demo = Demo::start();
    let more = "[limits]\naddress-failures-burst = 10000\n[addresses]\ntrusted-proxies = [\"127.0.0.1\"]\n";
    let gateway = Administered::before(&demo, more);
    let (erp, id) = gateway.place.key("shop", &[]);
    let soon = time::OffsetDateTime::now_utc() + time::Duration::seconds(3);
    let soon = soon
        .format(&time::format_description::well_known::Rfc3339)
        .unwrap();
    let admin = |name: &str, more: &[&str]| gateway.key(name, "administrator", more);
    let (good, good_id) = admin("good", &["--from", "192.0.2.0/24"]);
    let (expired, _) = admin("expired", &["--from", "192.0.2.0/24", "--expires", &soon]);
    let (revoked, revoked_id) = admin("revoked", &["--from", "192.0.2.0/24"]);
    let ask = |verb: &str, path: &str, body: &str, credential: Option<&str>, from: &str| {
        let mut headers = vec![
            ("x-forwarded-for", from),
            ("x-forwarded-proto", "https"),
            ("content-type", "application/json"),
        ];
        headers.extend(credential.map(|shown| ("authorization", shown)));
        gateway.send((verb, path), &headers, body)
    };
    let bearer = |key: &str| format!("Bearer {key}");
    let near = "192.0.2.7";
    for key in [&good, &expired, &revoked] {
        let got = ask("GET", "/admin/v1/self", "", Some(&bearer(key)), near);
        assert_eq!(got.status, 200, "it is good at first: {}", got.text());
    }
    let (code, _) = gateway
        .place
        .run(&["administrator", "key", "revoke", &revoked_id]);
    assert_eq!(code, 0);
    pause(3500);
    let (head, secret) = good.split_at(21);
    let other: String = secret.chars().rev().collect();
    let shown: Vec<(&str, Option<String>, &str)> = vec![
        ("nothing", None, near),
        ("a key of an ERP", Some(bearer(&erp)), near),
        ("an expired key", Some(bearer(&expired)), near),
        ("a revoked key", Some(bearer(&revoked)), near),
        ("a key from elsewhere", Some(bearer(&good)), "198.51.100.1"),
        (
            "another secret",
            Some(bearer(&format!("{head}{other}"))),
            near,
        ),
        ("no key", Some("Bearer pca_x".to_owned()), near),
        ("another scheme", Some(format!("Basic {good}")), near),
        ("half of one", Some(bearer(&good_id)), near),
    ];
    let kept = || {
        let (_, keys) = gateway.place.run(&["key", "list", "--all"]);
        let (_, mut admins) = gateway
            .place
            .run(&["administrator", "key", "list", "--all"]);
        for key in admins.as_array_mut().unwrap() {
            key["used"] = Json::Null;
        }
        let (_, roles) = gateway.place.run(&["role", "list"]);
        let (_, users) = gateway.place.run(&["user", "list"]);
        (keys, admins, roles, users)
    };
    let before = kept();
    demo.reached();
    let told = |got: &Got| {
        let mut body: Json = serde_json::from_slice(&got.body).unwrap();
        body["instance"] = Json::Null;
        (got.status, body, got.headers["www-authenticate"].clone())
    };
    let same = told(&ask("GET", "/admin/v1/self", "", None, near));
    assert_eq!(same.0, 401);
    let elsewhere = [("GET", "/admin/v1/nothing", ""), ("DELETE", "/", "")];
    for (verb, path, body) in TRIED.iter().chain(&elsewhere) {
        let path = filled(path, &id, "integration");
        for (what, credential, from) in &shown {
            let got = ask(verb, &path, body, credential.as_deref(), from);
            assert_eq!(told(&got), same, "{verb} {path} with {what}");
        }
    }
    assert!(demo.reached().is_empty(), "no ERP was asked");
    assert_eq!(kept(), before, "nothing was done");
    let trail = gateway.place.lines(&["audit", "tail", "-n", "500"]);
    for (who, why) in [
        ("expired", "key-expired"),
        ("revoked", "key-revoked"),
        ("good", "key-address"),
    ] {
        let found = trail.iter().filter(|line| {
            line["principal"] == who
                && line["outcome"] == "refused"
                && line["closed"]["notes"] == json!([[why, 1]])
        });
        assert_eq!(found.count(), TRIED.len() + elsewhere.len(), "{who}");
    }
}

#[test]
fn what_is_sent_in_clear_through_a_proxy_opens_nothing() {
    let demo = Demo::start();
    let more = "[addresses]\ntrusted-proxies = [\"127.0.0.1\"]\n";
    let gateway = Administered::before(&demo, more);
    let (key, _) = gateway.key("ops", "administrator", &[]);
    let bearer = format!("Bearer {key}");
    let ask = |protocol: &str| {
        let headers = [
            ("authorization", bearer.as_str()),
            ("x-forwarded-for", "192.0.2.7"),
            ("x-forwarded-proto", protocol),
        ];
        gateway.send(("GET", "/admin/v1/self"), &headers, "")
    };
    assert_eq!(ask("https").status, 200);
    assert_eq!(problem(&ask("http")), (401, "unidentified".to_owned()));
}

#[test]
fn an_address_that_guesses_waits_and_whoever_has_a_key_goes_on() {
    let demo = Demo::start();
    let more = "[limits]\naddress-failures-per-minute = 1\naddress-failures-burst = 3\n";
    let gateway = Administered::before(&demo, more);
    let (key, _) = gateway.key("ops", "auditor", &[]);
    let ask = |key: &str| gateway.ask(key, "GET", "/admin/v1/self", &Json::Null);
    assert_eq!(ask(&key).status, 200);
    let mut statuses = Vec::new();
    for _ in 0..5 {
        statuses.push(ask("pca_nothing").status);
    }
    assert_eq!(statuses, [401, 401, 401, 429, 429]);
    let paced = ask("pca_nothing");
    assert_eq!(problem(&paced).1, "paced");
    assert!(paced.headers.contains_key("retry-after"));
    assert_eq!(ask(&key).status, 200);
}

#[test]
fn each_door_serves_its_own_and_takes_its_own_keys() {
    let demo = Demo::start();
    let gateway = Administered::before(&demo, "");
    let (key, _) = gateway.key("ops", "administrator", &[]);
    let (erp, _) = gateway.place.key("shop", &[]);
    let public = |verb: &str, path: &str, key: &str| {
        let request = http::Request::builder()
            .method(verb)
            .uri(format!("{}{path}", gateway.served.url))
            .header("authorization", format!("Bearer {key}"))
            .header("content-type", "application/json");
        send(request.body(b"{\"domain\":[]}".to_vec()).unwrap()).status
    };
    let count = "/json/2/res.partner/search_count";
    let known = within(1500, || (public("POST", count, &erp) == 200).then_some(()));
    assert!(known.is_some(), "a key of the ERPs opens them");
    demo.reached();
    assert_eq!(public("POST", count, &key), 401, "it opens no ERP");
    for route in api::all() {
        let path = filled(route.path, "pck_aaaaaaaaaaaaaaaa", "integration");
        assert_eq!(public(route.verb, &path, &key), 404, "{path}");
    }
    assert!(demo.reached().is_empty());
    let got = gateway.ask(&key, "POST", count, &json!({"domain": []}));
    assert_eq!(problem(&got), (404, "nowhere".to_owned()));
}
