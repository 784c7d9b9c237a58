//! Who may ask what, over HTTP, as the table of `crates/admin/tests/matrix.txt` has it.

use portcullis_admin::api;
use portcullis_admin::may::{self, Reach};
use portcullis_admin::routes::Needs;
use portcullis_identity::{AdminRole, Administrator, Means, PrincipalName, Scope};
use serde_json::Value as Json;

use super::{Administered, filled, problem, text};
use crate::demo::Demo;

/// Whom the table lets do what a route does.
fn may(role: AdminRole, needs: Needs) -> Option<Reach> {
    let who = Administrator {
        name: PrincipalName::new("x").unwrap(),
        roles: vec![role],
        scope: Scope::default(),
        by: Means::Session,
    };
    may::reach(&who, needs.act())
}

#[test]
fn each_role_may_ask_what_the_table_says_and_nothing_else() {
    let demo = Demo::start();
    let gateway = Administered::before(&demo, "");
    demo.reached();
    let keys: Vec<(AdminRole, String)> = AdminRole::ALL
        .iter()
        .map(|role| (*role, gateway.key("x", role.as_str(), &[]).0))
        .collect();
    let mut denied = 0;
    for route in api::all() {
        if !matches!(route.needs, Needs::Leave(_)) {
            continue;
        }
        let (thing, verb) = (route.needs.act().thing, route.needs.act().verb);
        let absent = if thing == "admin-key" { "pca" } else { "pck" };
        let absent = format!("{absent}_aaaaaaaaaaaaaaaa");
        let path = filled(route.path, &absent, "nothing");
        for (role, key) in &keys {
            let got = gateway.ask(key, route.verb, &path, &Json::Null);
            let is_let = match got.status {
                200 | 201 => true,
                // What is let through asks for what there is not, or says nothing of it.
                400 | 404 | 422 => true,
                _ => {
                    assert_eq!(problem(&got), (403, "not-allowed".to_owned()), "{path}");
                    false
                }
            };
            denied += usize::from(!is_let);
            let expected = may(*role, route.needs).is_some();
            assert_eq!(is_let, expected, "{role}: {thing} {verb}: {}", got.text());
        }
    }
    assert!(denied > 5, "the table denies something");
    assert!(demo.reached().is_empty());
    // Each is one record, with who it was.
    let trail = gateway.place.lines(&["audit", "tail", "-n", "1000"]);
    let refused = trail
        .iter()
        .filter(|line| line["closed"]["reason"] == "not-allowed" && line["as"] == "administrator");
    assert_eq!(refused.count(), denied);
}

#[test]
fn what_a_route_does_stands_in_the_table() {
    let acts: Vec<_> = may::acts().collect();
    for route in api::all() {
        if let Needs::Leave(act) = route.needs {
            assert!(acts.contains(&act), "{act:?}");
            assert_eq!(may(AdminRole::Administrator, route.needs), Some(Reach::All));
        }
    }
}

#[test]
fn who_asks_is_told_who_it_is_and_no_secret() {
    let demo = Demo::start();
    let gateway = Administered::before(&demo, "");
    let (key, id) = gateway.key("Keys of the shop", "key-manager", &[]);
    let told = gateway.done(&key, "GET", "/admin/v1/self", &Json::Null);
    assert_eq!(text(&told, "name"), "Keys of the shop");
    assert_eq!(text(&told, "key"), id);
    assert_eq!(told["roles"], serde_json::json!(["key-manager"]));
    assert_eq!(
        told["scope"],
        serde_json::json!({
            "roles": ["reader"],
            "users": [{"upstream": "odoo", "login": "integration"}],
        })
    );
    let (auditor, _) = gateway.key("Ann", "auditor", &[]);
    let listed = gateway.ask(&auditor, "GET", "/admin/v1/admin-keys", &Json::Null);
    assert!(listed.text().contains(&id));
    let (_, secret) = key.split_at(21);
    assert!(!listed.text().contains(secret), "it is shown once only");
    assert!(
        !gateway
            .ask(&key, "GET", "/admin/v1/self", &Json::Null)
            .text()
            .contains(secret)
    );
}
