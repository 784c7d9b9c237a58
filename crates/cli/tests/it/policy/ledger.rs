//! `policy diff` and `policy explain --request` on the ledger of a gateway that served; and what
//! callers are told of reasons.

use std::fs;

use serde_json::{Value as Json, json};

use crate::demo::{Demo, Got, program, send};
use crate::serve::Place;

const FIELDS: &str = r#"{"res.partner": {
    "id": {"type": "integer", "store": true, "readonly": true},
    "name": {"type": "char", "store": true},
    "email": {"type": "char", "store": true},
    "city": {"type": "char", "store": true}
}}"#;

const ROLE: &str = "[[rule]]\nname = \"contacts\"\nmodels = [\"res.partner\"]\noperations = [\"read\", \"write\"]\nfields = [\"name\", \"email\", \"city\"]\n";

#[test]
fn the_calls_of_the_ledger_are_judged_under_other_roles() {
    let demo = Demo::start();
    let place = Place::before_both(&demo, "");
    place.put_role(ROLE);
    let key = place.key_at("shop", "odoo", "integration");
    let served = place.serve();
    let ask = |method: &str, body: &Json| -> Got {
        let url = format!("{}/json/2/res.partner/{method}", served.url);
        let request = http::Request::post(url)
            .header("content-type", "application/json")
            .header("x-api-key", &key);
        send(request.body(body.to_string().into_bytes()).unwrap())
    };
    for _ in 0..3 {
        let rows = ask(
            "search_read",
            &json!({"fields": ["name", "email"], "limit": 1}),
        );
        assert_eq!(rows.status, 200, "{}", rows.text());
    }
    assert_eq!(ask("search_read", &json!({"fields": ["name"]})).status, 200);
    let refused = ask("unlink", &json!({"ids": [1]}));
    assert_eq!(refused.status, 403, "{}", refused.text());
    let id = refused.headers["x-request-id"].to_str().unwrap().to_owned();
    // The ledger's last lines are written a moment later.
    crate::pause(1_500);
    drop(served);
    let folder = place.path();
    fs::write(folder.join("fields.json"), FIELDS).unwrap();
    fs::create_dir(folder.join("new")).unwrap();
    let at = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let diff = |role: &str| {
        fs::write(folder.join("new/reader.toml"), role).unwrap();
        let (code, told) = place.run(&[
            "policy",
            "diff",
            "current",
            &at("new"),
            "--schema",
            &at("fields.json"),
        ]);
        (code, told)
    };
    let (code, told) = diff(ROLE);
    assert_eq!(
        (code, &told["calls"], &told["same"]),
        (0, &json!(5), &json!(5)),
        "{told}"
    );
    let (code, told) = diff(&ROLE.replace("\"email\", ", ""));
    assert_eq!(
        (code, &told["would-be-refused"], &told["same"]),
        (1, &json!(3), &json!(2)),
        "{told}"
    );
    let group = &told["groups"][0];
    assert_eq!(
        (&group["change"], &group["reason"], &group["calls"]),
        (&json!("would-be-refused"), &json!("field"), &json!(3))
    );
    assert_eq!(
        (&group["principal"], &group["method"]),
        (&json!("shop"), &json!("search_read"))
    );
    let (code, told) = diff(&ROLE.replace("\"write\"", "\"write\", \"delete\""));
    assert_eq!((code, &told["would-be-allowed"]), (1, &json!(1)), "{told}");
    // The refusal itself is explained by the roles of the key that was shown.
    let (code, told) = place.run(&[
        "policy",
        "explain",
        "--request",
        &id,
        "--schema",
        &at("fields.json"),
    ]);
    assert_eq!((code, &told["reason"]), (1, &json!("no-rule")), "{told}");
    assert!(
        told["suggestion"]["toml"]
            .as_str()
            .unwrap()
            .contains("operations = [\"delete\"]")
    );
}

#[test]
fn a_reason_is_told_only_where_the_role_says_so() {
    let demo = Demo::start();
    let place = Place::before_both(&demo, "");
    let asked = |role: &str| {
        place.put_role(role);
        let key = place.key_at(
            if role.starts_with("explains") {
                "open"
            } else {
                "shut"
            },
            "odoo",
            "integration",
        );
        let served = place.serve();
        let ask = |fields: &Json| -> Got {
            let url = format!("{}/json/2/res.partner/search_read", served.url);
            let request = http::Request::post(url)
                .header("content-type", "application/json")
                .header("x-api-key", &key);
            let body = json!({ "fields": fields }).to_string();
            send(request.body(body.into_bytes()).unwrap())
        };
        let fine = ask(&json!(["name"]));
        assert_eq!(fine.status, 200, "{}", fine.text());
        assert!(!fine.headers.contains_key("x-portcullis-reason"));
        ask(&json!(["name", "phone"]))
    };
    let reason = |got: &Got| {
        let header = got.headers.get("x-portcullis-reason");
        header.map(|value| value.to_str().unwrap().to_owned())
    };
    let silent = asked(ROLE);
    assert_eq!(
        (silent.status, reason(&silent)),
        (403, None),
        "{}",
        silent.text()
    );
    let open = asked(&format!("explains = true\n{ROLE}"));
    assert_eq!(open.status, 403);
    assert_eq!(
        reason(&open).as_deref(),
        Some("field; rule=\"reader/contacts\"")
    );
}

#[test]
fn what_an_erp_tells_of_its_models_is_a_schema() {
    let demo = Demo::start();
    let place = Place::before_both(&demo, "");
    let folder = place.path();
    fs::write(
        folder.join("shop.toml"),
        ROLE.replace("\"city\"", "\"town\""),
    )
    .unwrap();
    let at = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let ask = |arguments: &[&str]| {
        let all: Vec<&str> = ["policy", "schema"]
            .into_iter()
            .chain(arguments.iter().copied())
            .collect();
        place.run(&all)
    };
    let odoo = ["--upstream", "odoo", "--as", "integration"];
    let (code, told) = ask(&[&odoo[..], &["--role", &at("shop.toml"), "--linked"]].concat());
    assert_eq!(code, 0, "{told}");
    assert_eq!(told["res.partner"]["email"]["type"], "char");
    assert!(told["res.country"]["code"].is_object(), "{told}");
    fs::write(folder.join("fields.json"), told.to_string()).unwrap();
    let output = program()
        .args([
            "policy",
            "check",
            &at("shop.toml"),
            "--schema",
            &at("fields.json"),
            "--json",
        ])
        .output()
        .unwrap();
    let found: Json = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{found}");
    assert!(found["findings"][0].to_string().contains("town"), "{found}");
    let (code, told) = ask(&[&odoo[..], &["res.partner", "no.such.model"]].concat());
    assert_eq!((code, told["no.such.model"].is_null()), (1, true), "{told}");
    let erpnext = [
        "--upstream",
        "erpnext",
        "--as",
        "integration@example.com",
        "Sales Order",
    ];
    let (code, told) = ask(&erpnext);
    assert_eq!(code, 0, "{told}");
    assert!(told["Sales Order"]["fields"].is_array(), "{told}");
    let (code, _) = ask(&["--upstream", "odoo", "--as", "nobody", "res.partner"]);
    assert_eq!(code, 2);
}
