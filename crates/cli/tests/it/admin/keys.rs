//! The life of a key over HTTP, as the gateway sees it.

use serde_json::{Value as Json, json};

use super::{Administered, text};
use crate::demo::{Demo, send};
use crate::within;

/// Calls with a key at the gateway.
fn call(gateway: &Administered, key: &str) -> u16 {
    let url = format!("{}/json/2/res.partner/search_count", gateway.served.url);
    let request = http::Request::post(url)
        .header("content-type", "application/json")
        .header("x-api-key", key);
    send(request.body(b"{\"domain\":[]}".to_vec()).unwrap()).status
}

/// Waits until a key is answered so; a change is known within a second.
fn becomes(gateway: &Administered, key: &str, expected: u16) {
    let known = within(1500, || (call(gateway, key) == expected).then_some(()));
    assert!(known.is_some(), "it is not {expected} within a second");
}

const GENEROUS: &str =
    "[limits]\nper-minute = 60000\nburst = 10000\naddress-failures-burst = 10000\n";

fn wanted(more: &Json) -> Json {
    let mut body = json!({"name": "shop", "user": "integration", "roles": ["reader"]});
    for (member, value) in more.as_object().into_iter().flatten() {
        body[member] = value.clone();
    }
    body
}

#[test]
fn a_key_lives_over_http_and_the_gateway_knows_within_a_second() {
    let demo = Demo::start();
    let gateway = Administered::before(&demo, GENEROUS);
    let (ops, ops_id) = gateway.key("ops", "administrator", &[]);
    let post = |path: &str, body: &Json| gateway.done(&ops, "POST", path, body);
    let more = json!({
        "owner": "Ann", "purpose": "orders", "expires": "30d", "from": ["127.0.0.0/8"],
        "styles": ["header"], "limit": {"per-minute": 600, "burst": 50},
    });
    let got = gateway.ask(&ops, "POST", "/admin/v1/keys", &wanted(&more));
    assert_eq!(got.status, 201, "{}", got.text());
    let made: Json = serde_json::from_slice(&got.body).unwrap();
    let (key, id) = (text(&made, "key"), text(&made, "id"));
    let shown = gateway.place.run(&["key", "show", &id]).1;
    let answered = gateway.done(&ops, "GET", &format!("/admin/v1/keys/{id}"), &Json::Null);
    assert_eq!(answered, shown, "the command line shows the same");
    for member in [
        "id", "name", "owner", "purpose", "from", "styles", "limit", "expires",
    ] {
        assert_eq!(made[member], shown[member], "{member}");
    }
    becomes(&gateway, &key, 200);

    let path = |does: &str| format!("/admin/v1/keys/{id}/{does}");
    let suspended = post(&path("suspend"), &Json::Null);
    assert_eq!(
        (&suspended["state"], &suspended["changed"]),
        (&json!("suspended"), &json!(true))
    );
    becomes(&gateway, &key, 401);
    assert_eq!(post(&path("suspend"), &Json::Null)["changed"], false);
    post(&path("resume"), &Json::Null);
    becomes(&gateway, &key, 200);

    let next = post(&path("rotate"), &json!({"overlap": "1h"}));
    let next_key = text(&next, "key");
    becomes(&gateway, &next_key, 200);
    assert_eq!(call(&gateway, &key), 200, "both are good for a while");
    let again = gateway.refused(&ops, "POST", &path("rotate"), &Json::Null);
    assert_eq!(again, (409, "conflict".to_owned()));

    post(&path("revoke"), &Json::Null);
    becomes(&gateway, &key, 401);
    assert_eq!(call(&gateway, &next_key), 200);
    let resumed = post(&path("resume"), &Json::Null);
    assert_eq!(
        (&resumed["state"], &resumed["changed"]),
        (&json!("revoked"), &json!(false))
    );

    // Its secret is shown once, by the answer that made it.
    let (_, secret) = key.split_at(21);
    for path in ["/admin/v1/keys?all=true", &format!("/admin/v1/keys/{id}")] {
        let got = gateway.ask(&ops, "GET", path, &Json::Null);
        assert!(got.status == 200 && got.text().contains(&id), "{path}");
        assert!(!got.text().contains(secret), "{path}");
    }
    let listed = gateway.done(&ops, "GET", "/admin/v1/keys", &Json::Null);
    let listed: Vec<String> = listed["keys"]
        .as_array()
        .unwrap()
        .iter()
        .map(|key| text(key, "id"))
        .collect();
    assert_eq!(listed, [text(&next, "id")], "those that live");

    // Each act is one record, with who did it and with which key.
    let trail = gateway
        .place
        .lines(&["audit", "tail", "-n", "1000", "--key", &ops_id]);
    let done = |verb: &str, on: &str| {
        let found = trail
            .iter()
            .filter(|line| line["method"] == verb && line["on"] == on && line["outcome"] == "done");
        found.count()
    };
    assert_eq!(
        ["create", "suspend", "resume", "rotate", "revoke", "show"].map(|verb| done(verb, &id)),
        [1, 2, 2, 1, 1, 2],
        "{trail:?}"
    );
    let first = trail
        .iter()
        .find(|line| line["method"] == "create")
        .unwrap();
    assert_eq!(
        (
            &first["principal"],
            &first["as"],
            &first["dialect"],
            &first["model"]
        ),
        (
            &json!("ops"),
            &json!("administrator"),
            &json!("admin"),
            &json!("key")
        )
    );
    assert!(
        first["fields"]
            .as_array()
            .unwrap()
            .contains(&json!("owner"))
    );
    assert!(
        !first.to_string().contains("Ann"),
        "names of members, no values"
    );
    let report = gateway.place.run(&["audit", "verify"]);
    assert_eq!(report.1["whole"], true, "{report:?}");
}

#[test]
fn a_client_of_the_erp_is_adopted_by_what_it_has() {
    let demo = Demo::start();
    let gateway = Administered::before(&demo, GENEROUS);
    let (manager, _) = gateway.key("keys", "key-manager", &[]);
    let log = std::path::PathBuf::from(demo.fact("/upstream_log"));
    let secret = |name: &str| {
        let file = log.with_file_name("secrets").join(name);
        std::fs::read_to_string(file).unwrap().trim().to_owned()
    };
    let path = "/admin/v1/keys/adopt";
    let body = |secret: &str| json!({"key": wanted(&json!({})), "secret": secret});
    let made = gateway.done(&manager, "POST", path, &body(&secret("odoo-integration")));
    assert_eq!(made["native"], "own", "calls run with it, and it stays");
    becomes(&gateway, &text(&made, "key"), 200);
    for other in ["nothing", &secret("odoo-admin")] {
        let got = gateway.ask(&manager, "POST", path, &body(other));
        assert!(matches!(got.status, 422 | 502), "{}", got.text());
        assert!(!got.text().contains(other));
    }
    let listed = gateway.done(&manager, "GET", "/admin/v1/keys", &Json::Null);
    assert_eq!(listed["keys"].as_array().unwrap().len(), 1);
    for wrong in [json!({"secret": 5}), json!({"secret": "a\nb"})] {
        let mut body = body("x");
        body["secret"] = wrong["secret"].clone();
        let refused = gateway.refused(&manager, "POST", path, &body);
        assert_eq!(refused, (400, "malformed".to_owned()));
    }
}

#[test]
fn a_key_manager_gives_no_more_than_its_scope() {
    let demo = Demo::start();
    let gateway = Administered::before(&demo, GENEROUS);
    std::fs::write(
        gateway.place.path().join("wide.toml"),
        crate::serve::READER.replace("\"read\"", "\"read\", \"write\""),
    )
    .unwrap();
    let wide = gateway.place.path().join("wide.toml");
    let (code, _) = gateway
        .place
        .run(&["role", "put", "wide", wide.to_str().unwrap()]);
    assert_eq!(code, 0);
    let (manager, _) = gateway.key("keys", "key-manager", &[]);
    let (ops, _) = gateway.key("ops", "administrator", &[]);
    let keys = "/admin/v1/keys";
    let make = |who: &str, more: &Json| gateway.ask(who, "POST", keys, &wanted(more));
    let own = gateway.done(&manager, "POST", keys, &wanted(&json!({})));
    becomes(&gateway, &text(&own, "key"), 200);

    let beyond = [
        json!({"roles": ["wide"]}),
        json!({"roles": ["reader", "wide"]}),
        json!({"user": "admin", "administrator": true}),
    ];
    for more in &beyond {
        let made = make(&ops, more);
        assert_eq!(made.status, 201, "an administrator may: {}", made.text());
        let id = text(&serde_json::from_slice(&made.body).unwrap(), "id");
        let refused = super::problem(&make(&manager, more));
        assert_eq!(refused, (403, "out-of-scope".to_owned()), "{more}");
        // What is beyond the scope is not there.
        for (verb, does) in [
            ("GET", ""),
            ("POST", "/rotate"),
            ("POST", "/suspend"),
            ("POST", "/resume"),
            ("POST", "/revoke"),
        ] {
            let path = format!("{keys}/{id}{does}");
            let refused = gateway.refused(&manager, verb, &path, &Json::Null);
            assert_eq!(refused, (404, "absent".to_owned()), "{verb} {path}");
        }
        assert_eq!(
            gateway.done(&ops, "GET", &format!("{keys}/{id}"), &Json::Null)["state"],
            "valid"
        );
    }
    let listed = gateway.done(&manager, "GET", keys, &Json::Null);
    assert_eq!(listed["keys"].as_array().unwrap().len(), 1);
    assert_eq!(text(&listed["keys"][0], "id"), text(&own, "id"));
    let all = gateway.done(&ops, "GET", keys, &Json::Null);
    assert_eq!(all["keys"].as_array().unwrap().len(), 4);

    // Nor does it make itself an administrator, in the ERP or here.
    let refused = super::problem(&make(&manager, &json!({"administrator": true})));
    assert_eq!(refused, (403, "out-of-scope".to_owned()));
    let admin = json!({"name": "x", "roles": ["administrator"]});
    let refused = gateway.refused(&manager, "POST", "/admin/v1/admin-keys", &admin);
    assert_eq!(refused, (403, "not-allowed".to_owned()));
}

#[test]
fn a_key_manager_binds_no_administrator_of_the_erp_within_its_scope_either() {
    let demo = Demo::start();
    let gateway = Administered::before(&demo, GENEROUS);
    let (manager, _) = gateway.key("keys", "key-manager", &["--may-use", "odoo/admin"]);
    let (ops, _) = gateway.key("ops", "administrator", &[]);
    let keys = "/admin/v1/keys";
    gateway.done(&manager, "POST", keys, &wanted(&json!({})));
    let admin = wanted(&json!({"user": "admin"}));
    let refused = gateway.refused(&manager, "POST", keys, &admin);
    assert_eq!(refused, (422, "unfit".to_owned()), "it is an administrator");
    let wilful = wanted(&json!({"user": "admin", "administrator": true}));
    let refused = gateway.refused(&manager, "POST", keys, &wilful);
    assert_eq!(refused, (403, "out-of-scope".to_owned()));
    let made = gateway.done(&ops, "POST", keys, &wilful);
    let path = format!("{keys}/{}/rotate", text(&made, "id"));
    let refused = gateway.refused(&manager, "POST", &path, &Json::Null);
    assert_eq!(
        refused,
        (403, "out-of-scope".to_owned()),
        "nor takes one over"
    );
    gateway.done(&ops, "POST", &path, &Json::Null);
}

#[test]
fn administrative_keys_are_made_and_revoked_over_http_at_once() {
    let demo = Demo::start();
    let gateway = Administered::before(&demo, "");
    let (ops, _) = gateway.key("ops", "administrator", &[]);
    let body = json!({"name": "audit", "roles": ["auditor"], "expires": "1d"});
    let made = gateway.done(&ops, "POST", "/admin/v1/admin-keys", &body);
    let (key, id) = (text(&made, "key"), text(&made, "id"));
    let who = |key: &str| {
        gateway
            .ask(key, "GET", "/admin/v1/self", &Json::Null)
            .status
    };
    assert_eq!(who(&key), 200);
    let path = format!("/admin/v1/admin-keys/{id}/revoke");
    assert_eq!(
        gateway.done(&ops, "POST", &path, &Json::Null)["state"],
        "revoked"
    );
    assert_eq!(who(&key), 401);
    let listed = gateway.done(&ops, "GET", "/admin/v1/admin-keys?all=true", &Json::Null);
    let used = |name: &str| {
        let keys = listed["admin-keys"].as_array().unwrap();
        let found = keys.iter().find(|key| key["name"] == name).unwrap();
        found["used"]["address"].clone()
    };
    assert_eq!(
        (used("ops"), used("audit")),
        (json!("127.0.0.1"), json!("127.0.0.1"))
    );
    for (body, status) in [
        (json!({"name": "x", "roles": []}), 422),
        (json!({"name": "x", "roles": ["owner"]}), 400),
        (json!({"name": "x", "roles": ["key-manager"]}), 422),
        (
            json!({"name": "x", "roles": ["auditor"], "scope": {"roles": ["reader"]}}),
            422,
        ),
        (
            json!({"name": "x", "roles": ["key-manager"], "scope": {
                "roles": ["nothing"], "users": [{"upstream": "odoo", "login": "integration"}]}}),
            422,
        ),
        (
            json!({"name": "x", "roles": ["auditor"], "expires": "91d"}),
            422,
        ),
    ] {
        let got = gateway.ask(&ops, "POST", "/admin/v1/admin-keys", &body);
        assert_eq!(got.status, status, "{body}: {}", got.text());
    }
}

#[test]
fn what_is_not_known_in_a_request_is_an_error() {
    let demo = Demo::start();
    let gateway = Administered::before(&demo, "");
    let (ops, _) = gateway.key("ops", "administrator", &[]);
    let keys = "/admin/v1/keys";
    let made = gateway.done(&ops, "POST", keys, &wanted(&json!({})));
    let id = text(&made, "id");
    let malformed = (400, "malformed".to_owned());
    for body in [
        wanted(&json!({"admin": true})),
        wanted(&json!({"expires": 5})),
        wanted(&json!({"limit": {"per-minute": 0, "burst": 1}})),
        json!([]),
    ] {
        assert_eq!(
            gateway.refused(&ops, "POST", keys, &body),
            malformed,
            "{body}"
        );
    }
    let revoke = format!("{keys}/{id}/revoke");
    let refused = gateway.refused(&ops, "POST", &revoke, &json!({"why": "x"}));
    assert_eq!(refused, malformed);
    let refused = gateway.refused(&ops, "GET", "/admin/v1/keys?every=true", &Json::Null);
    assert_eq!(refused, malformed);
    for body in [
        json!({"name": "shop", "user": "nobody", "roles": ["reader"]}),
        json!({"name": "shop", "user": "integration", "roles": ["nothing"]}),
        json!({"name": "shop", "user": "integration", "roles": []}),
        wanted(&json!({"must-sign": true})),
        wanted(&json!({"signed": "rot13"})),
        wanted(&json!({"from": ["nowhere"]})),
        wanted(&json!({"expires": "91d"})),
        wanted(&json!({"owner": "a\nb"})),
        wanted(&json!({"certificate": "x"})),
    ] {
        let refused = gateway.refused(&ops, "POST", keys, &body);
        assert_eq!(refused, (422, "unfit".to_owned()), "{body}");
    }
    assert_eq!(
        gateway.done(&ops, "GET", keys, &Json::Null)["keys"]
            .as_array()
            .unwrap()
            .len(),
        1
    );

    let bearer = format!("Bearer {ops}");
    let own = ("authorization", bearer.as_str());
    let form = [own, ("content-type", "application/x-www-form-urlencoded")];
    let got = gateway.send(("POST", keys), &form, &wanted(&json!({})).to_string());
    assert_eq!(super::problem(&got), (415, "media-type".to_owned()));
    let json_type = ("content-type", "application/json");
    let got = gateway.send(("POST", keys), &[own, json_type], &" ".repeat(300 << 10));
    assert_eq!(super::problem(&got), (413, "too-large".to_owned()));
    let got = gateway.send(("DELETE", keys), &[own], "");
    assert_eq!(super::problem(&got), (405, "verb".to_owned()));
    assert_eq!(got.headers["allow"], "GET, POST");
    let twice = [own, ("authorization", "Bearer x")];
    assert_eq!(gateway.send(("GET", keys), &twice, "").status, 401);
}
