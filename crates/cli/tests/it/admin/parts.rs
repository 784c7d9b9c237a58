//! Long lists over HTTP, in parts: each row once, whatever the limit, and no part too large.

use serde_json::{Value as Json, json};

use super::{Administered, text};
use crate::demo::{Demo, send};

const GENEROUS: &str =
    "[limits]\nper-minute = 60000\nburst = 10000\naddress-failures-burst = 10000\n";

/// All parts of a list, with that many rows at the most each.
fn parts(gateway: &Administered, key: &str, path: &str, limit: usize) -> Vec<Vec<Json>> {
    let (bare, query) = path.split_once('?').unwrap_or((path, ""));
    let name = bare.rsplit_once('/').unwrap().1;
    let (mut parts, mut after) = (Vec::new(), String::new());
    loop {
        let path = format!("{bare}?limit={limit}{after}&{query}");
        let told = gateway.done(key, "GET", path.trim_end_matches('&'), &Json::Null);
        let rows = told[name].as_array().unwrap().clone();
        assert!(rows.len() <= limit, "{told}");
        parts.push(rows);
        assert!(parts.len() < 1_000, "it comes to an end");
        let next = told
            .get("next")
            .expect("an answer says whether there is more");
        let Some(next) = next.as_str() else {
            assert!(next.is_null(), "{told}");
            return parts;
        };
        after = format!("&after={next}");
    }
}

fn names(parts: &[Vec<Json>], member: &str) -> Vec<String> {
    parts.concat().iter().map(|row| text(row, member)).collect()
}

#[test]
fn keys_are_told_in_parts_to_each_what_it_may_see() {
    let demo = Demo::start();
    let gateway = Administered::before(&demo, GENEROUS);
    let (ops, _) = gateway.key("ops", "administrator", &[]);
    let (manager, _) = gateway.key("keys", "key-manager", &[]);
    let role = json!({"toml": crate::serve::READER});
    gateway.done(&ops, "PUT", "/admin/v1/roles/clerk", &role);
    let make = |body: Json| {
        let made = gateway.done(&ops, "POST", "/admin/v1/keys", &body);
        text(&made, "id")
    };
    // Every second one is beyond the manager's scope, by its role or by its ERP user.
    let mut ids = Vec::new();
    for number in 0..4 {
        let name = format!("shop-{number}");
        let body = |user, role| json!({"name": name, "user": user, "roles": [role], "administrator": user == "admin"});
        ids.push(make(body("integration", "reader")));
        ids.push(make(body("integration", "clerk")));
        ids.push(make(body("integration", "reader")));
        ids.push(make(body("admin", "reader")));
    }
    let path = "/admin/v1/keys";
    for (limit, count) in [(1, 16), (3, 6), (8, 2), (16, 1), (1000, 1)] {
        let told = parts(&gateway, &ops, path, limit);
        assert_eq!(names(&told, "id"), ids, "{limit}");
        assert_eq!(told.len(), count, "{limit}");
    }
    let seen: Vec<String> = ids.iter().step_by(2).cloned().collect();
    for limit in [1, 3, 8] {
        let told = parts(&gateway, &manager, path, limit);
        assert_eq!(names(&told, "id"), seen, "{limit}");
        assert!(told.iter().rev().skip(1).all(|part| part.len() == limit));
    }
    // Those that are over are told on wish.
    for id in ids.iter().take(5) {
        gateway.done(&ops, "POST", &format!("{path}/{id}/revoke"), &Json::Null);
    }
    assert_eq!(names(&parts(&gateway, &ops, path, 4), "id"), ids[5..]);
    let all = parts(&gateway, &ops, "/admin/v1/keys?all=true", 4);
    assert_eq!(names(&all, "id"), ids);
    // What is told of a key is the same, alone or in a part.
    let one = gateway.done(&ops, "GET", &format!("{path}/{}", ids[6]), &Json::Null);
    assert_eq!(all.concat()[6], one);
}

#[test]
fn more_than_a_hundred_are_not_told_at_once_unless_that_is_said() {
    let demo = Demo::start();
    let gateway = Administered::before(&demo, GENEROUS);
    let (ops, _) = gateway.key("ops", "administrator", &[]);
    let mut csv = "name,key,user_id/login\n".to_owned();
    for number in 0..120 {
        csv.push_str(&format!(
            "shop {number},Secret-{number:04}-of-a-shop-9x7q,integration\n"
        ));
    }
    let import = json!({"csv": csv, "roles": ["reader"]});
    gateway.done(&ops, "POST", "/admin/v1/keys/import", &import);
    let path = "/admin/v1/keys";
    let count = |path: &str| {
        let told = gateway.done(&ops, "GET", path, &Json::Null);
        let rows = told["keys"].as_array().unwrap().len();
        (rows, told["next"].is_string())
    };
    assert_eq!(count(path), (100, true));
    assert_eq!(count(&format!("{path}?limit=1000")), (120, false));
    assert_eq!(count(&format!("{path}?limit=119")), (119, true));
    let (_, listed) = gateway.place.run(&["key", "list"]);
    assert_eq!(listed.as_array().unwrap().len(), 120, "all of them");
    let of_users = gateway.done(&ops, "GET", "/admin/v1/users?limit=1", &Json::Null);
    let of_users = text(&of_users, "next");
    for query in [
        "limit=0".to_owned(),
        "limit=1001".to_owned(),
        "limit=-1".to_owned(),
        "limit=many".to_owned(),
        "after=".to_owned(),
        "after=x".to_owned(),
        format!("after={of_users}"),
        "limit=5&limit=6".to_owned(),
        "offset=100".to_owned(),
    ] {
        let refused = gateway.refused(&ops, "GET", &format!("{path}?{query}"), &Json::Null);
        assert_eq!(refused, (400, "malformed".to_owned()), "{query}");
    }
}

#[test]
fn administrative_keys_users_and_sessions_are_told_in_parts() {
    let demo = Demo::start();
    let gateway = Administered::before(&demo, GENEROUS);
    let (ops, ops_id) = gateway.key("ops", "administrator", &[]);
    let mut ids = vec![ops_id];
    for number in 0..4 {
        ids.push(gateway.key(&format!("ann-{number}"), "auditor", &[]).1);
    }
    let path = "/admin/v1/admin-keys";
    for limit in [1, 2, 5] {
        assert_eq!(names(&parts(&gateway, &ops, path, limit), "id"), ids);
    }
    let revoke = format!("{path}/{}/revoke", ids[2]);
    gateway.done(&ops, "POST", &revoke, &Json::Null);
    let all = parts(&gateway, &ops, "/admin/v1/admin-keys?all=true", 2);
    assert_eq!(names(&all, "id"), ids);
    ids.remove(2);
    assert_eq!(names(&parts(&gateway, &ops, path, 2), "id"), ids);

    for login in ["zoe", "anna b", "bert"] {
        let path = format!("/admin/v1/users/odoo/{}", login.replace(' ', "%20"));
        gateway.done(&ops, "PUT", &path, &json!({"secret": "one-of-these"}));
    }
    for limit in [1, 2, 3, 9] {
        let told = parts(&gateway, &ops, "/admin/v1/users", limit);
        let logins = ["admin", "integration", "anna b", "bert", "zoe"];
        assert_eq!(names(&told, "login"), logins, "{limit}");
    }

    let mut opened = Vec::new();
    for number in 0..3 {
        let (key, id) = gateway.place.key(&format!("shop-{number}"), &[]);
        let body = json!({"params": {"db": "demo", "login": "integration", "password": key}});
        let log_in = || {
            let url = format!("{}/web/session/authenticate", gateway.served.url);
            let request = http::Request::post(url).header("content-type", "application/json");
            send(request.body(body.to_string().into_bytes()).unwrap())
        };
        let known = crate::within(1500, || log_in().headers.get("set-cookie").map(drop));
        assert!(known.is_some(), "nobody is let in");
        opened.insert(0, id);
    }
    for limit in [1, 2, 9] {
        let told = parts(&gateway, &ops, "/admin/v1/sessions", limit);
        assert_eq!(names(&told, "name"), opened, "the newest first, {limit}");
    }
}
