//! Who cannot log in, and who cannot use somebody's session.

use serde_json::json;

use super::{count, logged_in, set_cookies, visitor};
use crate::demo::Demo;

#[test]
fn a_refused_log_in_tells_nothing_of_logins() {
    let demo = Demo::start();
    let key = demo.key("odoo");
    let mut cut = key.clone();
    cut.pop();
    assert!(logged_in(&demo, "odoo").cookie.is_some());
    demo.reached();
    let mut answers = Vec::new();
    let login = demo.fact("/users/odoo").to_owned();
    for (login, key) in [
        (login.as_str(), cut.as_str()),
        (login.as_str(), "admin"),
        ("nobody", cut.as_str()),
        ("nobody", key.as_str()),
        ("admin", key.as_str()),
        (login.as_str(), demo.key("erpnext").as_str()),
        (login.as_str(), ""),
    ] {
        let mut someone = visitor(&demo);
        let (got, answer) = someone.log_in(login, key);
        assert!(set_cookies(&got).is_empty(), "{login}: {}", got.text());
        let error = &answer["error"];
        assert_eq!(
            error["data"]["name"], "odoo.exceptions.AccessDenied",
            "{answer}"
        );
        assert_eq!(error["code"], 0);
        answers.push((
            got.status,
            error["message"].clone(),
            error["data"]["message"].clone(),
        ));
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:?}");
    assert!(demo.reached().is_empty());
}

#[test]
fn one_request_has_one_credential() {
    let demo = Demo::start();
    let mine = logged_in(&demo, "odoo");
    let key = demo.key("odoo_full");
    assert!(mine.count()["result"].is_i64());
    demo.reached();
    let (got, _) = mine.ask("/web/dataset/call_kw", &[("x-api-key", &key)], &count());
    assert!(
        got.text().contains("more than one credential"),
        "{}",
        got.text()
    );
    let twice = mine.cookie.clone().expect("a cookie");
    let (got, _) = mine.ask("/web/dataset/call_kw", &[("cookie", &twice)], &count());
    assert!(
        got.text().contains("more than one cookie"),
        "{}",
        got.text()
    );
    assert!(demo.reached().is_empty());

    // The RPC faces do not look at cookies: a jar may send one along with the key.
    let args = json!([
        "demo",
        demo.uid("odoo"),
        demo.key("odoo"),
        "res.partner",
        "search_count",
        [[]]
    ]);
    let rpc = json!({"service": "object", "method": "execute_kw", "args": args});
    let (_, answer) = mine.ask("/jsonrpc", &[], &rpc);
    assert!(answer["result"].is_i64(), "{answer}");
    demo.reached();
    let headers = [("content-type", "application/json")];
    let got = mine.send(
        "POST",
        "/json/2/res.partner/search_count",
        &headers,
        "{\"domain\":[]}",
    );
    assert_eq!(got.status, 401, "and none is let in by one: {}", got.text());
    let mut wrong = args;
    wrong[2] = json!("");
    let rpc = json!({"service": "object", "method": "execute_kw", "args": wrong});
    let (_, answer) = mine.ask("/jsonrpc", &[], &rpc);
    assert!(answer["error"].is_object(), "{answer}");
    assert!(demo.reached().is_empty());
}

#[test]
fn other_sites_pages_cannot_use_a_session() {
    let demo = Demo::start();
    let mine = logged_in(&demo, "odoo");
    let own = format!(
        "http://{}",
        demo.fact("/gateway")
            .trim_start_matches("http://")
            .trim_end_matches('/')
    );
    for headers in [
        &[("sec-fetch-site", "same-origin")][..],
        &[("sec-fetch-site", "none")],
        &[("origin", own.as_str())],
    ] {
        let (_, answer) = mine.ask("/web/dataset/call_kw", headers, &count());
        assert!(answer["result"].is_i64(), "{headers:?}: {answer}");
    }
    let (_, info) = mine.ask("/web/session/get_session_info", &[], &json!({}));
    let token = info["result"]["csrf_token"]
        .as_str()
        .expect("a token")
        .to_owned();
    demo.reached();
    let foreign: [&[(&str, &str)]; 3] = [
        &[
            ("origin", "https://evil.example"),
            ("sec-fetch-site", "cross-site"),
        ],
        &[("sec-fetch-site", "same-site")],
        &[("origin", "null")],
    ];
    for headers in foreign {
        for path in [
            "/web/dataset/call_kw",
            "/web/session/get_session_info",
            "/web/session/destroy",
        ] {
            let (got, _) = mine.ask(path, headers, &count());
            assert_eq!(got.status, 400, "{path} {headers:?}: {}", got.text());
        }
        let params =
            json!({"db": "demo", "login": demo.fact("/users/odoo"), "password": demo.key("odoo")});
        let (got, _) = mine.ask("/web/session/authenticate", headers, &params);
        assert_eq!(got.status, 400, "nor log a browser in: {}", got.text());
        assert!(set_cookies(&got).is_empty());
    }
    let (got, _) = mine.ask(
        "/web/dataset/call_kw",
        &[("x-frappe-csrf-token", "wrong")],
        &count(),
    );
    assert_eq!(
        got.status, 400,
        "a wrong token is refused wherever it comes from"
    );
    // A form can be posted by any page; JSON cannot.
    let body = json!({"params": count()}).to_string();
    for content_type in ["text/plain", "application/x-www-form-urlencoded", ""] {
        let got = mine.send(
            "POST",
            "/web/dataset/call_kw",
            &[("content-type", content_type)],
            &body,
        );
        assert_eq!(got.status, 415, "{}", got.text());
    }
    assert!(demo.reached().is_empty());
    let mut headers = vec![("x-frappe-csrf-token", token.as_str())];
    headers.extend_from_slice(foreign[0]);
    let (_, answer) = mine.ask("/web/dataset/call_kw", &headers, &count());
    assert!(
        answer["result"].is_i64(),
        "who knows the token is no other site: {answer}"
    );
}
