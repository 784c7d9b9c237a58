//! Frappe's log-in and log-out, and its token against forged requests.

use serde_json::{Value as Json, json};

use super::{Visitor, cookie, set_cookies, visitor};
use crate::demo::Demo;

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

fn credentials(demo: &Demo) -> (String, String) {
    let login = demo.fact("/users/erpnext_full").replace('@', "%40");
    (login, demo.key("erpnext_full"))
}

/// Somebody who logged in to Frappe, and the token that the answer told.
fn frappe(demo: &Demo) -> (Visitor, String) {
    let mut someone = visitor(demo);
    let (login, key) = credentials(demo);
    let body = format!("usr={login}&pwd={key}");
    let got = someone.send("POST", "/api/method/login", &[FORM], &body);
    assert_eq!(got.status, 200, "{}", got.text());
    let answer: Json = serde_json::from_slice(&got.body).expect("JSON");
    assert_eq!(answer["message"], "Logged In");
    someone.cookie = cookie(&got, "sid");
    let token = got.headers["x-frappe-csrf-token"].to_str().expect("text");
    (someone, token.to_owned())
}

#[test]
fn frappe_logs_in_and_out_with_a_key() {
    let demo = Demo::start();
    let (login, key) = credentials(&demo);
    let mut someone = visitor(&demo);
    let body = json!({"usr": demo.fact("/users/erpnext_full"), "pwd": key}).to_string();
    let json = ("content-type", "application/json");
    for path in ["/api/method/login", "/api/v1/method/login"] {
        let got = someone.send("POST", path, &[json], &body);
        assert_eq!(got.status, 200, "{path}: {}", got.text());
        let names = ["sid", "system_user", "full_name", "user_id", "user_image"];
        assert_eq!(set_cookies(&got).len(), names.len());
        assert_eq!(
            cookie(&got, "user_id"),
            Some(format!("user_id={}", login.replace('.', "%2E")))
        );
        assert!(set_cookies(&got)[0].contains("HttpOnly; Path=/; SameSite=Lax"));
        someone.cookie = cookie(&got, "sid");
    }
    let who = someone.send("GET", "/api/method/frappe.auth.get_logged_user", &[], "");
    assert!(
        who.text().contains(demo.fact("/users/erpnext_full")),
        "{}",
        who.text()
    );
    let list = "/api/resource/Customer?limit_page_length=1";
    assert_eq!(someone.send("GET", list, &[], "").status, 200);
    demo.reached();

    let nobody = visitor(&demo);
    for (verb, path, headers, body) in [
        (
            "GET",
            format!("/api/method/login?usr={login}&pwd={key}"),
            None,
            String::new(),
        ),
        (
            "POST",
            format!("/api/method/login?usr={login}&pwd={key}"),
            None,
            String::new(),
        ),
        (
            "POST",
            format!("/api/method/login?pwd={key}"),
            Some(FORM),
            format!("usr={login}"),
        ),
        (
            "POST",
            "/api/method/login".to_owned(),
            Some(FORM),
            format!("usr={login}&pwd=wrong"),
        ),
        (
            "POST",
            "/api/method/login".to_owned(),
            Some(FORM),
            format!("usr=nobody&pwd={key}"),
        ),
        (
            "POST",
            "/api/method/login".to_owned(),
            Some(FORM),
            format!("usr={login}"),
        ),
        ("POST", "/api/method/login".to_owned(), None, String::new()),
    ] {
        let headers: Vec<_> = headers.into_iter().collect();
        let got = nobody.send(verb, &path, &headers, &body);
        assert!(
            (400..500).contains(&got.status),
            "{verb} {path}: {}",
            got.status
        );
        assert!(set_cookies(&got).is_empty());
        assert!(!got.text().contains("pck_"), "{}", got.text());
    }
    let sid = someone.cookie.clone().expect("a cookie");
    for path in [
        format!("{list}&{sid}"),
        format!("/api/method/frappe.auth.get_logged_user?{sid}"),
    ] {
        let got = nobody.send("GET", &path, &[], "");
        assert!((400..500).contains(&got.status), "{}", got.text());
    }
    let got = someone.send(
        "GET",
        list,
        &[("authorization", &format!("token {key}"))],
        "",
    );
    assert!(
        got.text().contains("more than one credential"),
        "{}",
        got.text()
    );
    assert!(demo.reached().is_empty());

    let out = someone.send("GET", "/api/method/logout", &[], "");
    assert_eq!(out.status, 200, "{}", out.text());
    assert!(out.text().contains("Guest"));
    assert_eq!(cookie(&out, "sid").as_deref(), Some("sid="));
    for path in [list, "/api/method/frappe.auth.get_logged_user"] {
        let got = someone.send("GET", path, &[], "");
        assert_eq!(got.status, 403, "{}", got.text());
        assert!(
            got.text().contains("\"session_expired\":1"),
            "{}",
            got.text()
        );
        // The cookie would stand in the way of a key.
        assert_eq!(cookie(&got, "sid").as_deref(), Some("sid="));
    }
    let again = someone.send("POST", "/api/method/logout", &[], "");
    assert_eq!(again.status, 200, "{}", again.text());
    assert!(demo.reached().is_empty());
}

#[test]
fn frappe_asks_other_sites_for_the_token() {
    let demo = Demo::start();
    let (mine, token) = frappe(&demo);
    let body = "customer_name=Csrf&customer_type=Company";
    let make = |more: &[(&str, &str)], body: &str| {
        let mut headers = vec![FORM];
        headers.extend_from_slice(more);
        mine.send("POST", "/api/resource/Customer", &headers, body)
    };
    let foreign = [
        ("origin", "https://evil.example"),
        ("sec-fetch-site", "cross-site"),
    ];
    let shown = ("x-frappe-csrf-token", token.as_str());
    let good = make(&[], body);
    assert_eq!(good.status, 200, "clients send no token: {}", good.text());
    demo.reached();
    for refused in [
        make(&foreign, body),
        make(&[("x-frappe-csrf-token", "wrong")], body),
        make(&foreign, &format!("{body}&csrf_token=wrong")),
        mine.send("GET", "/api/resource/Customer", &foreign, ""),
        mine.send("GET", "/api/method/logout", &foreign, ""),
    ] {
        assert_eq!(refused.status, 400, "{}", refused.text());
        assert!(
            refused.text().contains("CSRFTokenError"),
            "{}",
            refused.text()
        );
    }
    assert!(demo.reached().is_empty());
    let by_header = make(
        &[shown, foreign[0], foreign[1]],
        "customer_name=Header&customer_type=Company",
    );
    assert_eq!(by_header.status, 200, "{}", by_header.text());
    let by_field = make(
        &foreign,
        &format!("customer_name=Field&customer_type=Company&csrf_token={token}"),
    );
    assert_eq!(by_field.status, 200, "{}", by_field.text());
    let (_, others) = frappe(&demo);
    assert_ne!(token, others);
    assert_eq!(make(&[("x-frappe-csrf-token", &others)], body).status, 400);
}

#[test]
fn a_form_of_a_page_that_stands_under_our_name_needs_the_token() {
    let demo = Demo::start();
    let (mine, token) = frappe(&demo);
    let make = |mode: &str, token: &str| {
        let headers = [
            FORM,
            ("sec-fetch-site", "same-origin"),
            ("sec-fetch-mode", mode),
        ];
        let body = format!("customer_name=Formed&customer_type=Company{token}");
        let got = mine.send("POST", "/api/resource/Customer", &headers, &body);
        (got.status, demo.reached().len())
    };
    assert_eq!(make("cors", ""), (200, 1), "a script of our own");
    assert_eq!(make("navigate", &format!("&csrf_token={token}")), (200, 1));
    assert_eq!(make("navigate", ""), (400, 0));
    assert_eq!(make("navigate", "&csrf_token=wrong"), (400, 0));
}
