//! A key for the system and login and password for the person, on one request.

use serde_json::json;

use super::Person;
use super::basic::basic;
use super::town::{Town, logins, password};
use crate::serve::Served;

const BOTH: &str = "roles = [\"reader\"]\nbasic = \"beside-key\"";
const COUNT: &str = "/json/2/res.partner/search_count";

/// A till that may see names only, and only of companies.
const TILL: &str = r#"
[[rule]]
name = "names"
models = ["res.partner"]
operations = ["read"]
fields = ["name"]
domain = '[["is_company", "=", true]]'
"#;

fn till(town: &Town, more: &[&str]) -> (String, String) {
    let file = town.place.path().join("till.toml");
    std::fs::write(&file, TILL).unwrap();
    let path = file.display().to_string();
    let (code, said) = town.place.run(&["role", "put", "till", &path]);
    assert_eq!(code, 0, "{said}");
    let mut arguments = vec![
        "key",
        "create",
        "till",
        "--upstream",
        "odoo",
        "--user",
        "integration",
        "--role",
        "till",
        "--administrator",
    ];
    arguments.extend_from_slice(more);
    let (code, made) = town.place.run(&arguments);
    assert_eq!(code, 0, "{made}");
    let text = |member: &str| made[member].as_str().unwrap().to_owned();
    (text("key"), text("id"))
}

fn at(served: &Served, headers: &[(&'static str, &str)]) -> Person {
    let mut someone = Person::at(&served.url);
    let owned = headers
        .iter()
        .map(|(name, text)| (*name, (*text).to_owned()));
    someone.headers = owned.collect();
    someone
}

fn count(who: &Person) -> u16 {
    who.json("POST", COUNT, &[], &json!({"domain": []}))
        .0
        .status
}

#[test]
fn a_key_calls_for_a_person_within_what_both_may() {
    let town = Town::of(&logins(&["anna"]), BOTH);
    let (key, id) = till(&town, &[]);
    let served = town.serve();
    let anna = basic("anna", &password("anna"));
    for header in ["api-key", "x-api-key"] {
        let both = at(&served, &[(header, &key), ("authorization", &anna)]);
        assert_eq!(count(&both), 200);
    }
    let both = at(&served, &[("api-key", &key), ("authorization", &anna)]);
    let read = |fields: &[&str]| {
        let body = json!({"domain": [], "fields": fields});
        both.json("POST", "/json/2/res.partner/search_read", &[], &body)
    };
    let (got, rows) = read(&["name"]);
    assert_eq!(got.status, 200, "{rows}");
    let calls: Vec<_> = town
        .odoo
        .heard()
        .into_iter()
        .filter(|heard| heard.line == "POST /web/dataset/call_kw")
        .collect();
    let last = calls.last().unwrap();
    assert!(last.cookie.starts_with("session_id="), "{last:?}");
    assert!(
        last.body.contains("is_company"),
        "the key's domain: {last:?}"
    );
    let (got, said) = read(&["name", "email"]);
    assert_eq!(got.status, 403, "the key may not: {said}");
    let create = json!({"vals_list": [{"name": "x"}]});
    let (got, said) = both.json("POST", "/json/2/res.partner/create", &[], &create);
    assert_eq!(got.status, 403, "the person may, the key may not: {said}");

    let trail = town.place.lines(&["audit", "tail", "-n", "100"]);
    let named = trail.iter().find(|line| {
        line["principal"] == "till" && line["login"] == "anna" && line["key"] == id.as_str()
    });
    assert_eq!(named.expect("both are named in one record")["as"], "agent");
}

#[test]
fn each_of_the_two_must_be_good_and_may_come_so_only_where_it_is_said() {
    let town = Town::of(&logins(&["anna", "bert"]), BOTH);
    let (key, id) = till(&town, &["--from", "127.0.0.0/8"]);
    let (far, _) = till(&town, &["--from", "192.0.2.0/24"]);
    let served = town.serve();
    let anna = basic("anna", &password("anna"));
    let both = |key: &str, person: &str| {
        count(&at(&served, &[("api-key", key), ("authorization", person)]))
    };
    assert_eq!(both(&key, &anna), 200);
    town.odoo.heard();
    let wrong = format!("{key}a");
    assert_eq!(both(&wrong, &anna), 401);
    assert_eq!(both(&far, &anna), 401, "the key's networks hold");
    assert_eq!(both(&key, &basic("admin", &password("admin"))), 401);
    assert_eq!(
        count(&at(&served, &[("authorization", &anna)])),
        401,
        "alone"
    );
    let bearer = format!("Bearer {key}");
    let doubled = at(&served, &[("api-key", &key), ("authorization", &bearer)]);
    assert_eq!(count(&doubled), 400, "any other pair");
    let pair = key.rsplit_once('_').unwrap();
    let doubled = basic(pair.0, pair.1);
    assert_eq!(both(&key, &doubled), 400);
    assert!(town.odoo.heard().is_empty());
    assert_eq!(both(&key, &basic("anna", "wrong")), 401);
    assert_eq!(both(&key, &anna), 200);
    let (code, _) = town.place.run(&["key", "revoke", &id]);
    assert_eq!(code, 0);
    let over = crate::within(5000, || (both(&key, &anna) == 401).then_some(()));
    assert!(over.is_some(), "a revoked key calls for nobody");

    let shut = Town::of(&logins(&["anna"]), "roles = [\"reader\"]");
    let (key, _) = till(&shut, &[]);
    let served = shut.serve();
    assert_eq!(count(&at(&served, &[("api-key", &key)])), 200);
    shut.odoo.heard();
    let both = at(&served, &[("api-key", &key), ("authorization", &anna)]);
    assert_eq!(count(&both), 400);
    assert!(shut.odoo.heard().is_empty());
}
