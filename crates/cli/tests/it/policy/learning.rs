//! `policy learn` and `policy unused` on the ledger of a gateway that served: what was refused
//! teaches nothing.

use std::fs;

use serde_json::{Value as Json, json};

use crate::demo::{Demo, Got, program, send};
use crate::serve::{Place, Served};

const FIELDS: &str = r#"{"res.partner": {
    "id": {"type": "integer", "store": true, "readonly": true},
    "name": {"type": "char", "store": true},
    "email": {"type": "char", "store": true},
    "city": {"type": "char", "store": true}
}}"#;

const ROLE: &str = "[[rule]]\nname = \"contacts\"\nmodels = [\"res.partner\"]\noperations = [\"read\", \"write\", \"delete\"]\nfields = [\"name\", \"city\"]\n";

fn ask(served: &Served, key: &str, method: &str, body: &Json) -> Got {
    let url = format!("{}/json/2/res.partner/{method}", served.url);
    let request = http::Request::post(url)
        .header("content-type", "application/json")
        .header("x-api-key", key);
    send(request.body(body.to_string().into_bytes()).unwrap())
}

#[test]
fn an_attackers_refused_calls_widen_no_role_and_unused_rights_are_told() {
    let demo = Demo::start();
    let place = Place::before_both(&demo, "");
    place.put_role(ROLE);
    let key = place.key_at("shop", "odoo", "integration");
    let served = place.serve();
    let names = json!({"fields": ["name"], "limit": 1});
    for _ in 0..3 {
        assert_eq!(ask(&served, &key, "search_read", &names).status, 200);
    }
    crate::pause(1_500);
    fs::write(place.path().join("fields.json"), FIELDS).unwrap();
    let schema = place.path().join("fields.json");
    let schema = schema.to_str().unwrap();
    let learn = || {
        let (code, told) =
            place.run(&["policy", "learn", "--principal", "shop", "--schema", schema]);
        let one = told["proposals"][0].clone();
        let toml = one["roles"][0]["toml"].as_str().expect("a role").to_owned();
        let rules = toml.split_once("[[rule]]").expect("a rule").1.to_owned();
        (code, one, rules)
    };
    let (code, one, before) = learn();
    assert_eq!(
        (code, &one["calls"], &one["passing"]),
        (0, &json!(3), &json!(3)),
        "{one}"
    );
    assert_eq!(
        before,
        "\nname = \"contacts\"\nmodels = [\"res.partner\"]\noperations = [\"read\"]\nfields = [\"name\"]\n"
    );
    // What is open and not done, and what is not: the second is asked for, and refused.
    let refused = [
        ("search_read", json!({"fields": ["email"]})),
        ("create", json!({"vals_list": [{"name": "x"}]})),
        ("name_create", json!({"name": "x"})),
    ];
    for (method, body) in &refused {
        assert_eq!(ask(&served, &key, method, body).status, 403, "{method}");
    }
    // What the ERP refuses is no better.
    let gone = ask(
        &served,
        &key,
        "write",
        &json!({"ids": [987_654], "vals": {"city": "x"}}),
    );
    assert_ne!(gone.status, 200, "{}", gone.text());
    // Nor is what was only tried.
    let url = format!("{}/json/2/res.partner/write", served.url);
    let tried = http::Request::post(url)
        .header("content-type", "application/json")
        .header("x-api-key", &key)
        .header("x-dry-run", "1");
    let body = json!({"ids": [7], "vals": {"city": "x"}});
    let tried = send(tried.body(body.to_string().into_bytes()).unwrap());
    assert!(tried.status < 300, "{}", tried.text());
    crate::pause(1_500);
    let (code, one, after) = learn();
    assert_eq!((code, &after), (0, &before), "{one}");
    assert_eq!(one["calls"], json!(3), "{one}");
    let left: u64 = one["not-learnt-from"]
        .as_object()
        .unwrap()
        .values()
        .filter_map(Json::as_u64)
        .sum();
    assert_eq!(left, 5, "{one}");

    let unused = || place.run(&["policy", "unused", "--role", "reader", "--schema", schema]);
    let (code, told) = unused();
    let reader = &told["roles"][0];
    assert_eq!((code, &reader["passing"]), (1, &json!(3)), "{told}");
    assert_eq!(
        reader["unused"],
        json!({"contacts": {"operations": ["write", "delete"], "fields": ["city"]}})
    );
    place.put_role(reader["toml"].as_str().expect("a role"));
    assert_eq!(unused().0, 0);
    assert_eq!(ask(&served, &key, "search_read", &names).status, 200);
    drop(served);
}

#[test]
fn roles_are_written_as_files_and_nothing_is_written_over() {
    let demo = Demo::start();
    let place = Place::before_both(&demo, "");
    place.put_role(ROLE);
    let key = place.key_at("The Shop", "odoo", "integration");
    let served = place.serve();
    let names = json!({"fields": ["name"], "limit": 1});
    assert_eq!(ask(&served, &key, "search_read", &names).status, 200);
    crate::pause(1_500);
    drop(served);
    let at = |name: &str| place.path().join(name).to_str().unwrap().to_owned();
    fs::write(at("fields.json"), FIELDS).unwrap();
    let learn = |to: &str| {
        let (schema, to) = (at("fields.json"), at(to));
        place
            .run(&["policy", "learn", "--all", "--schema", &schema, "--to", &to])
            .0
    };
    assert_eq!(learn("learnt"), 0);
    let written = fs::read_to_string(at("learnt/learnt-the-shop.toml")).unwrap();
    assert!(
        written.starts_with("# Learnt from 1 calls of `The Shop`"),
        "{written}"
    );
    let check = program()
        .args(["policy", "check", &at("learnt/learnt-the-shop.toml")])
        .status();
    assert!(check.unwrap().success());
    assert_eq!(learn("one.toml"), 0);
    assert_eq!(fs::read_to_string(at("one.toml")).unwrap(), written);
    assert_ne!(learn("one.toml"), 0, "it is there");
    // Who did nothing is nobody to learn from.
    let (code, told) = place.run(&["policy", "learn", "--principal", "nobody"]);
    assert_eq!((code, &told["proposals"]), (1, &json!([])), "{told}");
}
