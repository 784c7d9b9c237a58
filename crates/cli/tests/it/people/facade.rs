//! The façade's own log-in, over either ERP.

use serde_json::{Value as Json, json};

use super::Person;
use super::town::{Town, logins, password};
use crate::sessions::{cookie, set_cookies};

const STAFF: &str = "roles = [\"reader\"]";
const ANNA: &str = "anna@example.com";

fn logged_in(url: &str, erp: &str) -> (Person, String) {
    let mut anna = Person::at(url);
    let body = json!({"login": ANNA, "password": password(ANNA)});
    let (got, answer) = anna.json("POST", &format!("/u/{erp}/api/v1/-/login"), &[], &body);
    assert_eq!(got.status, 200, "{answer}");
    assert_eq!(answer["data"]["login"], ANNA);
    anna.cookie = cookie(&got, "portcullis_session");
    let [line] = &set_cookies(&got)[..] else {
        panic!("one cookie: {:?}", set_cookies(&got))
    };
    assert!(
        line.contains("HttpOnly") && line.contains("SameSite=Lax"),
        "{line}"
    );
    let token = answer["data"]["csrf_token"].as_str().expect("a token");
    (anna, token.to_owned())
}

#[test]
fn a_page_logs_in_reads_writes_and_logs_out() {
    let town = Town::of(&logins(&[ANNA]), STAFF);
    let served = town.serve();
    for (erp, list, doc) in [
        ("odoo", "res.partner", json!({"name": "Of Anna"})),
        (
            "erpnext",
            "Customer",
            json!({"customer_name": "Of Anna", "customer_type": "Company"}),
        ),
    ] {
        let (anna, token) = logged_in(&served.url, erp);
        let own = |path: &str| format!("/u/{erp}/api/v1/{path}");
        let (got, told) = anna.json("GET", &own("-/csrf"), &[], &Json::Null);
        assert_eq!(got.status, 200, "{told}");
        assert_eq!(told["data"]["csrf_token"], *token);
        let (got, rows) = anna.json("GET", &own(list), &[], &Json::Null);
        assert_eq!(got.status, 200, "{erp}: {rows}");
        for header in ["x-csrf-token", "x-frappe-csrf-token"] {
            let mut doc = doc.clone();
            if erp == "erpnext" {
                doc["customer_name"] = json!(format!("Of Anna, {header}"));
            }
            let shown = [(header, token.as_str())];
            let (got, made) = anna.json("POST", &own(list), &shown, &doc);
            assert_eq!(got.status, 201, "{erp}: {made}");
        }
        town.odoo.heard();
        town.erpnext.heard();
        let foreign = ("sec-fetch-site", "cross-site");
        for (headers, status) in [
            (&[][..], 400),
            (&[("x-csrf-token", "wrong")], 400),
            (&[("x-csrf-token", ""), foreign], 400),
            (&[foreign], 400),
        ] {
            let (got, refused) = anna.json("POST", &own(list), headers, &doc);
            assert_eq!(got.status, status, "{erp} {headers:?}: {refused}");
            let (got, refused) = anna.json("POST", &own("-/logout"), headers, &Json::Null);
            assert_eq!(got.status, status, "{erp} {headers:?}: {refused}");
        }
        let (got, _) = anna.json("GET", &own(list), &[foreign], &Json::Null);
        assert_eq!(got.status, 400);
        let body = json!({"login": ANNA, "password": password(ANNA)});
        let (got, _) = Person::at(&served.url).json("POST", &own("-/login"), &[foreign], &body);
        assert_eq!(got.status, 400, "nor does another site log a browser in");
        assert!(set_cookies(&got).is_empty());
        let reached = town.odoo.heard().len() + town.erpnext.heard().len();
        assert_eq!(reached, 0, "{erp}");

        let shown = [("x-csrf-token", token.as_str())];
        let (got, _) = anna.json("POST", &own("-/logout"), &shown, &Json::Null);
        assert_eq!(got.status, 200);
        assert_eq!(
            cookie(&got, "portcullis_session").as_deref(),
            Some("portcullis_session=")
        );
        let (got, _) = anna.json("GET", &own(list), &[], &Json::Null);
        assert_eq!(got.status, 401);
    }
}

#[test]
fn who_logs_out_everywhere_has_no_session_left() {
    let town = Town::of(&logins(&[ANNA, "bert"]), STAFF);
    let served = town.serve();
    let (one, token) = logged_in(&served.url, "odoo");
    let (other, _) = logged_in(&served.url, "odoo");
    let (elsewhere, _) = logged_in(&served.url, "erpnext");
    let mut bert = Person::at(&served.url);
    bert.log_in("bert", &password("bert"));
    let list = |person: &Person, path: &str| person.json("GET", path, &[], &Json::Null).0.status;
    assert_eq!(list(&one, "/u/odoo/api/v1/res.partner"), 200);
    assert_eq!(list(&other, "/u/odoo/api/v1/res.partner"), 200);
    town.odoo.heard();
    let shown = [("x-csrf-token", token.as_str())];
    let path = "/u/odoo/api/v1/-/logout";
    let (got, _) = one.json("POST", path, &shown, &json!({"everywhere": "yes"}));
    assert_eq!(got.status, 422, "{}", got.text());
    let (got, _) = one.json("POST", path, &shown, &json!({"everywhere": true}));
    assert_eq!(got.status, 200, "{}", got.text());
    let heard = town.odoo.heard();
    let ended = heard
        .iter()
        .filter(|heard| heard.line == "POST /web/session/destroy");
    assert_eq!(ended.count(), 2, "at the ERP too: {heard:?}");
    assert_eq!(list(&one, "/u/odoo/api/v1/res.partner"), 401);
    assert_eq!(list(&other, "/u/odoo/api/v1/res.partner"), 401);
    assert_eq!(
        list(&elsewhere, "/u/erpnext/api/v1/Customer"),
        200,
        "the other ERP's goes on"
    );
    assert!(bert.count()["result"].is_i64());
}

#[test]
fn a_wrong_log_in_is_told_nothing_and_a_batch_logs_nobody_in() {
    let town = Town::of(&logins(&[ANNA]), STAFF);
    let served = town.serve();
    drop(logged_in(&served.url, "odoo"));
    let path = "/u/odoo/api/v1/-/login";
    let mut told = Vec::new();
    for login in [ANNA, "nobody", "admin"] {
        let body = json!({"login": login, "password": "wrong"});
        let (got, mut answer) = Person::at(&served.url).json("POST", path, &[], &body);
        assert_eq!(got.status, 401, "{answer}");
        answer.as_object_mut().unwrap().remove("instance");
        told.push(answer);
    }
    told.dedup();
    assert_eq!(told.len(), 1, "{told:?}");
    for body in [
        json!({"login": ANNA}),
        json!({"login": ANNA, "password": 7}),
        json!({"login": ANNA, "pasword": "typed-wrong"}),
        json!({"login": ANNA, "password": "x", "more": 1}),
    ] {
        let (got, answer) = Person::at(&served.url).json("POST", path, &[], &body);
        assert!([400, 422].contains(&got.status), "{answer}");
        assert!(!got.text().contains("typed-wrong"));
    }
    town.odoo.heard();
    let (key, _) = town
        .place
        .key("batcher", &["--upstream", "odoo", "--administrator"]);
    crate::pause(1000);
    let key = [("x-api-key", key.as_str())];
    let items = json!([
        {"method": "GET", "path": "/api/v1/res.partner?limit=1"},
        {"method": "POST", "path": "/api/v1/-/login",
         "body": {"login": ANNA, "password": password(ANNA)}},
    ]);
    let (got, answer) =
        Person::at(&served.url).json("POST", "/u/odoo/api/v1/-/batch", &key, &items);
    assert_eq!(got.status, 200, "{answer}");
    assert_eq!(answer["data"][0]["status"], 200, "{answer}");
    assert_eq!(answer["data"][1]["status"], 404, "{answer}");
    let heard = town.odoo.heard();
    assert!(
        heard
            .iter()
            .all(|heard| !heard.line.contains("authenticate")),
        "{heard:?}"
    );
}
