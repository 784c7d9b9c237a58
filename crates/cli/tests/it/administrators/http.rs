//! Cookies, tokens against forged requests, and what is no request.

use serde_json::json;

use super::PASSWORD;
use super::office::Office;
use crate::demo::Got;

/// The cookie of an answer, as a browser sends it back, and how it was set.
fn cookie(got: &Got) -> (String, String) {
    let set = got.headers["set-cookie"].to_str().unwrap().to_owned();
    let (pair, attributes) = set.split_once(';').unwrap();
    (pair.to_owned(), attributes.trim().to_owned())
}

#[test]
fn a_page_logs_in_by_cookie_and_changes_something_with_the_token_only() {
    let office = Office::open("");
    office.add("anna", "administrator");
    office.enrol_totp("anna", -1);
    let mut asked = office.good("anna");
    asked["session"] = json!("cookie");
    let opened = office.post("session", None, &asked);
    assert_eq!(opened.status, 201, "{}", opened.text());
    let (pair, attributes) = cookie(&opened);
    assert!(pair.starts_with("__Host-portcullis-admin=pcl_"), "{pair}");
    assert_eq!(
        attributes,
        "Max-Age=43200; Path=/; Secure; HttpOnly; SameSite=Strict"
    );
    assert!(
        opened.json().get("token").is_none(),
        "a script does not see it"
    );
    let csrf = opened.json()["csrf-token"].as_str().unwrap().to_owned();

    let told = office.ask("GET", "session", &[("cookie", &pair)], b"");
    assert_eq!(
        (told.status, &told.json()["csrf-token"]),
        (200, &json!(csrf))
    );
    assert_eq!(
        office.ask("GET", "self", &[("cookie", &pair)], b"").status,
        200
    );

    let fresh = |headers: &[(&str, &str)]| {
        let headers = [&[("cookie", pair.as_str())], headers].concat();
        let got = office.ask("POST", "recovery-codes", &headers, b"");
        let kind = if got.status == 201 {
            String::new()
        } else {
            got.kind()
        };
        (got.status, kind)
    };
    assert_eq!(fresh(&[("x-csrf-token", &csrf)]), (201, String::new()));
    let forged = (403, "csrf-token-needed".to_owned());
    assert_eq!(fresh(&[]), forged, "no token");
    assert_eq!(fresh(&[("x-csrf-token", "wrong")]), forged);
    assert_eq!(
        fresh(&[("x-csrf-token", &csrf), ("x-csrf-token", "wrong")]),
        forged
    );
    assert_eq!(fresh(&[("sec-fetch-site", "same-origin")]), forged);
    let foreign = [("cookie", pair.as_str()), ("sec-fetch-site", "cross-site")];
    assert_eq!(
        office.ask("GET", "session", &foreign, b"").status,
        403,
        "another site reads nothing"
    );
    assert_eq!(office.ask("GET", "self", &foreign, b"").status, 401);
    // A page of another site cannot log somebody in either.
    let body = asked.to_string();
    for (header, value) in [
        ("sec-fetch-site", "cross-site"),
        ("origin", "https://elsewhere.example"),
    ] {
        let headers = [("content-type", "application/json"), (header, value)];
        let got = office.ask("POST", "session", &headers, body.as_bytes());
        assert_eq!(got.status, 403, "{}", got.text());
    }
    let plain = office.ask(
        "POST",
        "session",
        &[("content-type", "text/plain")],
        body.as_bytes(),
    );
    assert_eq!(plain.status, 415, "{}", plain.text());

    let headers = [("cookie", pair.as_str()), ("x-csrf-token", &csrf)];
    let out = office.ask("DELETE", "session", &headers, b"");
    assert_eq!(out.status, 200, "{}", out.text());
    let (gone, attributes) = cookie(&out);
    assert!(
        gone.ends_with('=') && attributes.starts_with("Max-Age=0;"),
        "{gone} {attributes}"
    );
    assert_eq!(
        office
            .ask("GET", "session", &[("cookie", &pair)], b"")
            .status,
        401
    );
}

#[test]
fn one_request_shows_one_credential() {
    let office = Office::open("");
    office.add("anna", "administrator");
    office.enrol_totp("anna", -1);
    let token = office.log_in("anna");
    let (bearer, pair) = (
        format!("Bearer {token}"),
        format!("__Host-portcullis-admin={token}"),
    );
    let one = [("authorization", bearer.as_str())];
    assert_eq!(office.ask("GET", "session", &one, b"").status, 200);
    let both = [one[0], ("cookie", pair.as_str())];
    assert_eq!(office.ask("GET", "session", &both, b"").status, 400);
    assert_eq!(office.ask("GET", "self", &both, b"").status, 401);
    let twice = format!("{pair}; {pair}");
    assert_eq!(
        office
            .ask("GET", "session", &[("cookie", &twice)], b"")
            .status,
        400
    );
    let basic = [("authorization", "Basic YTpi")];
    assert_eq!(office.ask("GET", "session", &basic, b"").status, 400);
    assert_eq!(office.ask("GET", "session", &[], b"").status, 401);
    // Nothing of it opens the gateway itself.
    let url = format!("{}/json/2/res.partner/search_count", office.served.url);
    let request = http::Request::post(url)
        .header("content-type", "application/json")
        .header("authorization", bearer.as_str());
    let got = crate::demo::send(request.body(b"{\"domain\":[]}".to_vec()).unwrap());
    assert_eq!(got.status, 401, "{}", got.text());
}

#[test]
fn what_cannot_be_read_is_refused_without_its_words() {
    let office = Office::open("");
    office.add("anna", "administrator");
    assert_eq!(
        office
            .post(
                "session",
                None,
                &json!({"name": "anna", "password": PASSWORD})
            )
            .status,
        201
    );
    for body in [
        json!({"name": "anna"}),
        json!({"name": "anna", "password": PASSWORD, "more": 1}),
        json!({"name": "anna", "password": [PASSWORD]}),
        json!({"name": "anna", "password": PASSWORD, "code": "000000", "recovery-code": "a"}),
        json!([PASSWORD]),
    ] {
        let got = office.post("session", None, &body);
        assert_eq!(
            (got.status, got.kind()),
            (400, "malformed".to_owned()),
            "{body}"
        );
        assert!(!got.text().contains("giraffes"), "{}", got.text());
    }
    let verb = office.ask("PUT", "session", &[], b"");
    assert_eq!(verb.status, 401, "strangers are not told what there is");
}

#[test]
fn one_changes_ones_own_password() {
    let office = Office::open("");
    office.add("anna", "administrator");
    office.enrol_totp("anna", -1);
    let (token, other) = (office.log_in("anna"), office.log_in("anna"));
    let new = "seven calm hippos swim";
    let ask = |old: &str, new: &str| {
        let got = office.post("password", Some(&token), &json!({"old": old, "new": new}));
        let kind = if got.status == 200 {
            String::new()
        } else {
            got.kind()
        };
        (got.status, kind)
    };
    assert_eq!(ask("not this giraffe", new), (401, "wrong".to_owned()));
    assert_eq!(
        ask(PASSWORD, "short"),
        (422, "password-too-short".to_owned())
    );
    assert_eq!(
        ask(PASSWORD, "passwordpassword"),
        (422, "password-too-easy".to_owned())
    );
    assert_eq!(office.get("self", Some(&token)).status, 200);
    assert_eq!(ask(PASSWORD, new), (200, String::new()));
    for ended in [&token, &other] {
        assert_eq!(office.get("self", Some(ended)).status, 401);
    }
    let mut good = office.good("anna");
    assert_eq!(office.post("session", None, &good).status, 401);
    good["password"] = json!(new);
    assert_eq!(office.post("session", None, &good).status, 201);
}
