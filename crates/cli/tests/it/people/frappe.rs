//! Persons at an ERPNext.

use serde_json::{Value as Json, json};

use super::Person;
use super::town::{Town, logins, password};
use crate::sessions::set_cookies;

const STAFF: &str = "roles = [\"reader\"]";
const ANNA: &str = "anna@example.com";

#[test]
fn a_person_logs_in_and_calls_within_frappes_own_session() {
    let town = Town::of(&logins(&[ANNA]), STAFF);
    let served = town.serve();
    let mut anna = Person::at(&served.url);
    let got = anna.log_in_to_frappe(ANNA, &password(ANNA));
    assert_eq!(got.status, 200, "{}", got.text());
    let answer: Json = serde_json::from_slice(&got.body).unwrap();
    assert_eq!(answer["message"], "Logged In");
    assert!(set_cookies(&got)[0].starts_with("sid=pcs_"));
    let token = got.headers["x-frappe-csrf-token"].to_str().unwrap();

    let (got, rows) = anna.json("GET", "/api/resource/Customer", &[], &Json::Null);
    assert_eq!(got.status, 200, "{rows}");
    for header in ["x-frappe-csrf-token", "x-csrf-token"] {
        let name = format!("Of Anna by {header}");
        let doc = json!({"customer_name": name, "customer_type": "Company"});
        let shown = [(header, token)];
        let (got, made) = anna.json("POST", "/api/resource/Customer", &shown, &doc);
        assert_eq!(got.status, 200, "{made}");
        assert_eq!(made["data"]["owner"], ANNA, "{made}");
    }
    let (_, who) = anna.json(
        "GET",
        "/api/method/frappe.auth.get_logged_user",
        &[],
        &Json::Null,
    );
    assert_eq!(who["message"], ANNA);

    let heard = town.erpnext.heard();
    let secret =
        url::form_urlencoded::byte_serialize(password(ANNA).as_bytes()).collect::<String>();
    let told: Vec<_> = heard
        .iter()
        .filter(|heard| heard.body.contains(&secret))
        .collect();
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].line, "POST /api/method/login");
    let made: Vec<_> = heard
        .iter()
        .filter(|heard| heard.line == "POST /api/resource/Customer")
        .collect();
    assert_eq!(made.len(), 2);
    for made in made {
        assert!(made.cookie.starts_with("sid=") && !made.cookie.contains("pcs_"));
        assert!(
            made.head.contains("x-frappe-csrf-token: "),
            "Frappe's own token"
        );
        assert!(!made.head.contains(token), "and not ours");
        assert!(!made.head.contains("authorization"));
    }
    let own = heard.last().unwrap().cookie.clone();
    assert_eq!(anna.send("POST", "/api/method/logout", &[], "").status, 200);
    let heard = town.erpnext.heard();
    let ended = heard
        .iter()
        .find(|heard| heard.line == "POST /api/method/logout");
    assert_eq!(ended.expect("it ends there too").cookie, own);
    let (got, _) = anna.json("GET", "/api/resource/Customer", &[], &Json::Null);
    assert_eq!(got.status, 403);
}

#[test]
fn who_does_not_log_in_at_frappe_does_not_log_in_here() {
    let town = Town::of(
        &logins(&[ANNA, "bert@example.com", "guarded@example.com"]),
        STAFF,
    );
    let served = town.serve();
    let mut anna = Person::at(&served.url);
    assert_eq!(anna.log_in_to_frappe(ANNA, &password(ANNA)).status, 200);
    town.erpnext.heard();
    for (login, given, asked) in [
        (ANNA, "wrong", 1),
        ("nobody@example.com", "wrong", 1),
        ("Administrator", &*password("Administrator"), 0),
        ("administrator", &*password("Administrator"), 0),
    ] {
        let mut someone = Person::at(&served.url);
        let got = someone.log_in_to_frappe(login, given);
        assert_eq!(got.status, 401, "{login}: {}", got.text());
        assert!(
            someone.cookie.is_none_or(|cookie| cookie == "sid="),
            "{login}"
        );
        let heard = town.erpnext.heard();
        assert_eq!(heard.len(), asked, "{login}: {heard:?}");
    }
    let got = Person::at(&served.url).log_in_to_frappe("guarded@example.com", "right");
    assert_eq!(got.status, 401);
    assert!(got.text().contains("second factor"), "{}", got.text());
    assert!(
        !got.text().contains("0123"),
        "what Frappe asks is not passed on"
    );

    // By `cmd` it is the same log-in.
    let mut bert = Person::at(&served.url);
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let secret: String =
        url::form_urlencoded::byte_serialize(password("bert@example.com").as_bytes()).collect();
    let by = |given: &str| format!("cmd=login&usr=bert%40example.com&pwd={given}");
    let got = bert.send("POST", "/", &form, &by(&secret));
    assert_eq!(got.status, 200, "{}", got.text());
    bert.cookie = crate::sessions::cookie(&got, "sid");
    let (got, _) = bert.json("GET", "/api/resource/Customer", &[], &Json::Null);
    assert_eq!(got.status, 200);
    let got = Person::at(&served.url).send("POST", "/", &form, &by("wrong"));
    assert_eq!(got.status, 401, "{}", got.text());
}

#[test]
fn a_user_whom_frappe_disables_is_out_here_too() {
    let town = Town::of(&logins(&[ANNA, "bert@example.com"]), STAFF);
    let served = town.serve();
    let mut anna = Person::at(&served.url);
    assert_eq!(anna.log_in_to_frappe(ANNA, &password(ANNA)).status, 200);
    let (got, _) = anna.json("GET", "/api/resource/Customer", &[], &Json::Null);
    assert_eq!(got.status, 200);
    town.erpnext.disable(ANNA);
    let (got, answer) = anna.json("GET", "/api/resource/Customer", &[], &Json::Null);
    assert_eq!(got.status, 403, "{answer}");
    town.erpnext.heard();
    let (got, _) = anna.json("GET", "/api/resource/Customer", &[], &Json::Null);
    assert_eq!(got.status, 403);
    assert!(town.erpnext.heard().is_empty(), "our session has ended");
    let got = Person::at(&served.url).log_in_to_frappe(ANNA, &password(ANNA));
    assert_eq!(got.status, 401, "{}", got.text());
    let bert =
        Person::at(&served.url).log_in_to_frappe("bert@example.com", &password("bert@example.com"));
    assert_eq!(bert.status, 200, "others go on");
}
