//! A client's native key is tried once, and gives way to a gateway key.

use serde_json::Value as Json;

use super::{enable, is_kept, opens_odoo, place, secret_of};
use crate::demo::Demo;
use crate::serve::Place;

/// What a client has, in a file of its own.
fn shown(place: &Place, secret: &str) -> String {
    let file = place.path().join("given");
    std::fs::write(&file, secret).expect("a file");
    file.display().to_string()
}

fn adopt(place: &Place, upstream: &str, user: &str, secret: &str, more: &[&str]) -> (i32, Json) {
    let file = shown(place, secret);
    let mut arguments = vec![
        "key",
        "adopt",
        "shop",
        "--upstream",
        upstream,
        "--user",
        user,
        "--role",
        "reader",
        "--secret-file",
        &file,
    ];
    arguments.extend_from_slice(more);
    place.run(&arguments)
}

#[test]
fn a_native_key_is_tried_and_replaced_and_revoked_where_that_is_wanted() {
    let demo = Demo::start();
    enable(&demo);
    let place = place(&demo, "", "");
    let first = secret_of(&demo, "odoo-integration");
    // The client's key, beside the one that calls run with from here on.
    let (code, said) = place.run(&["user", "rotate", "integration", "--upstream", "odoo"]);
    assert_eq!(code, 0, "{said}");
    let native = {
        let url = format!("{}/json/2/res.users.apikeys/generate", demo.fact("/odoo"));
        let admin = secret_of(&demo, "odoo-admin");
        let body = serde_json::json!({"key": admin, "scope": "rpc", "name": "x", "expiration_date": "2026-12-31"});
        let mut answer = ureq::post(url)
            .header("authorization", format!("Bearer {admin}"))
            .header("content-type", "application/json")
            .send(body.to_string())
            .expect("an answer");
        let text = answer.body_mut().read_to_string().expect("text");
        serde_json::from_str::<String>(&text).expect("a key")
    };
    assert!(opens_odoo(&demo, &native));
    let administrator = ["--administrator", "--revoke"];
    let (code, made) = adopt(&place, "odoo", "admin", &native, &administrator);
    assert_eq!(code, 0, "{made}");
    let key = made["key"].as_str().expect("a gateway key").to_owned();
    assert!(!opens_odoo(&demo, &native), "it is revoked at the ERP");
    assert!(!is_kept(&place, &native));
    let served = place.serve();
    assert_eq!(super::count(&served, &key).status, 200);

    for (user, secret, why) in [
        ("admin", native.as_str(), "it opens nothing any more"),
        ("admin", first.as_str(), "it was revoked"),
        (
            "admin",
            "0123456789abcdef0123456789abcdef01234567",
            "a guess",
        ),
    ] {
        let (code, made) = adopt(&place, "odoo", user, secret, &administrator);
        assert_eq!((code, &made), (2, &Json::Null), "{why}");
    }
    let own = secret_of(&demo, "odoo-admin");
    let (code, made) = adopt(&place, "odoo", "admin", &own, &administrator);
    assert_eq!((code, &made), (2, &Json::Null), "calls run with it");
    assert!(opens_odoo(&demo, &own));
    let (code, made) = adopt(&place, "odoo", "integration", &own, &[]);
    assert_eq!((code, &made), (2, &Json::Null), "it is of another user");
}

#[test]
fn a_pair_of_frappe_is_adopted_and_cannot_be_revoked() {
    let demo = Demo::start();
    let place = place(&demo, "", "");
    let pair = secret_of(&demo, "erpnext-integration");
    let login = "integration@example.com";
    let (code, made) = adopt(&place, "erpnext", login, &pair, &[]);
    assert_eq!(code, 0, "{made}");
    let served = place.serve();
    let key = made["key"].as_str().expect("a gateway key");
    assert_eq!(super::customers(&served, key).status, 200);
    let (key_half, _) = pair.split_once(':').expect("a pair");
    let wrong = format!("{key_half}:0123456789abcdef");
    let (code, made) = adopt(&place, "erpnext", login, &wrong, &[]);
    assert_eq!((code, &made), (2, &Json::Null));
}
