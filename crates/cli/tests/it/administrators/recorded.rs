//! What is written down of log-ins and of what people log in with: strangers leave nothing.

use serde_json::{Value as Json, json};

use super::office::{Office, totp_at};
use super::{PASSWORD, office};
use crate::within;

/// Headers of a request.
type Headers<'a> = &'a [(&'a str, &'a str)];

/// The records of the listener: who, what, with which thing, how it ended, which members.
fn records(office: &Office) -> Vec<[Json; 5]> {
    let lines = office.place.lines(&["audit", "tail", "-n", "500"]);
    let ours = lines.iter().filter(|line| line["dialect"] == "admin");
    ours.map(|line| {
        [
            line["principal"].clone(),
            json!(format!(
                "{} {}",
                line["model"].as_str().unwrap(),
                line["method"].as_str().unwrap()
            )),
            line["on"].clone(),
            line["outcome"].clone(),
            line["fields"].clone(),
        ]
    })
    .collect()
}

#[test]
fn what_strangers_make_up_is_written_nowhere_and_is_charged() {
    let office =
        Office::open("[limits]\naddress-failures-per-minute = 1\naddress-failures-burst = 12\n");
    office.add("anna", "administrator");
    let wrong = json!({"name": "anna", "password": "a guess of a password"});
    let fine = json!({"name": "anna", "password": PASSWORD});
    assert_eq!(office.post("session", None, &fine).status, 201);
    assert_eq!(office.post("session", None, &wrong).status, 401);
    let told = || {
        let told = records(&office);
        (told.len() == 2).then_some(told)
    };
    let known = within(2000, told).expect("a log-in, and a name that is there");
    let (nobody, nothing) = (Json::Null, Json::Null);
    assert_eq!(
        known,
        [
            [
                &json!("anna"),
                &json!("log-in open"),
                &json!("anna"),
                &json!("done"),
                &nothing
            ]
            .map(Clone::clone),
            [
                &nobody,
                &json!("log-in open"),
                &json!("anna"),
                &json!("refused"),
                &nothing
            ]
            .map(Clone::clone),
        ]
    );
    let made_up: serde_json::Map<String, Json> =
        (0..250).map(|n| (format!("{n:0270}"), json!(0))).collect();
    let made_up = Json::Object(made_up).to_string();
    let json = ("content-type", "application/json");
    let large = format!("\"{}\"", "x".repeat(256 << 10));
    let tries: [(&str, Headers<'_>, &str, u16); 10] = [
        ("session", &[json], &made_up, 400),
        ("session", &[("content-type", "text/plain")], "{}", 415),
        ("session", &[json], &large, 413),
        ("session?more=1", &[json], "{}", 400),
        (
            "session",
            &[json],
            r#"{"name":"nobody","password":"a guess of it"}"#,
            401,
        ),
        (
            "session",
            &[json],
            r#"{"name":"No Body","password":"a guess of it"}"#,
            401,
        ),
        (
            "session/passkey",
            &[json],
            r#"{"slip":"x","credential":{}}"#,
            410,
        ),
        ("session/enrolment", &[json], r#"{"code":"x"}"#, 410),
        ("session/enrolment", &[json], &made_up, 400),
        ("recovery-codes", &[("authorization", "Basic x")], "", 400),
    ];
    for (path, headers, body, status) in tries {
        let got = office.ask("POST", path, headers, body.as_bytes());
        assert_eq!(got.status, status, "{path}: {}", got.text());
    }
    // Two were before, and one more each is nothing that an address has.
    let got = office.post("session", None, &fine);
    assert_eq!(
        (got.status, got.kind()),
        (429, "paced".to_owned()),
        "each was charged"
    );
    assert!(got.headers.contains_key("retry-after"));
    assert_eq!(records(&office), known, "nothing of it is written down");
}

#[test]
fn a_body_is_not_read_of_an_address_that_has_asked_too_often() {
    let office =
        Office::open("[limits]\naddress-failures-per-minute = 1\naddress-failures-burst = 2\n");
    office.add("anna", "administrator");
    let fine = json!({"name": "anna", "password": PASSWORD});
    for _ in 0..2 {
        assert_eq!(office.post("session", None, &fine).status, 201);
    }
    let plain = [("content-type", "text/plain")];
    let got = office.ask("POST", "session", &plain, b"{}");
    assert_eq!(got.status, 429, "it would be 415: {}", got.text());
}

#[test]
fn what_people_do_to_what_they_log_in_with_is_recorded_as_theirs() {
    let office = Office::open("");
    office.add("anna", "administrator");
    office.enrol_totp("anna", -1);
    let token = office.log_in("anna");
    let bearer = Some(token.as_str());
    assert_eq!(office.get("session", bearer).status, 200);
    let begun = office.post("factors/totp", bearer, &json!({})).json();
    let code = totp_at(begun["secret"].as_str().unwrap(), 0);
    let confirm = json!({"slip": begun["slip"], "code": code});
    let done = office.post("factors/totp/confirm", bearer, &confirm);
    assert_eq!(done.status, 201, "{}", done.text());
    assert_eq!(
        office.post("recovery-codes", bearer, &json!({})).status,
        201
    );
    assert_eq!(office.delete("factors/app", bearer).status, 409);
    assert_eq!(office.delete("factors/passkey-x", bearer).status, 404);
    let change = json!({"old": PASSWORD, "new": "seven calm hippos swim"});
    assert_eq!(office.post("password", bearer, &change).status, 200);
    let mine = json!("anna");
    let expected = [
        ("log-in open", "anna", "done", json!(null)),
        ("log-in show", "", "done", json!(null)),
        ("factor begin", "app", "done", json!(null)),
        ("factor enrol", "app", "done", json!(["code", "slip"])),
        ("recovery-code create", "", "done", json!(null)),
        ("factor remove", "app", "refused", json!(null)),
        ("factor remove", "passkey-x", "refused", json!(null)),
        ("password change", "", "done", json!(["new", "old"])),
    ];
    let told = records(&office);
    let told: Vec<Json> = told
        .into_iter()
        .map(|[who, act, on, outcome, fields]| {
            assert_eq!(who, mine, "{act}");
            json!([act, on.as_str().unwrap_or_default(), outcome, fields])
        })
        .collect();
    let expected = expected.map(|(act, on, outcome, fields)| json!([act, on, outcome, fields]));
    assert_eq!(told, expected);
}

/// Somebody with the password alone is told apart from somebody who guesses at it.
#[test]
fn a_log_in_with_the_right_password_and_a_wrong_code_is_recorded_as_such() {
    let office = Office::open("");
    office.add("anna", "auditor");
    let enrolled = office.enrol_totp("anna", -1);
    let ask = |password: &str, code: &str| {
        let asked = json!({"name": "anna", "password": password, "code": code});
        office.post("session", None, &asked).status
    };
    assert_eq!(ask(PASSWORD, &totp_at(&enrolled.secret, 0)), 201);
    assert_eq!(ask(PASSWORD, "no code"), 401);
    assert_eq!(ask("a guess of a password", "no code"), 401);
    let told = within(2000, || {
        let told = records(&office);
        (told.len() == 3).then_some(told)
    });
    let told = told.expect("each is recorded");
    let who: Vec<_> = told
        .iter()
        .map(|[who, _, _, outcome, _]| (who, outcome))
        .collect();
    assert_eq!(
        json!(who),
        json!([["anna", "done"], ["anna", "refused"], [null, "refused"]])
    );
}

#[test]
fn nothing_is_taken_in_clear_through_a_proxy_and_what_was_shown_there_is_over() {
    let office = Office::open("[addresses]\ntrusted-proxies = [\"127.0.0.1\"]\n");
    office.add("anna", "administrator");
    office.enrol_totp("anna", -1);
    let good = office.good("anna");
    let ask = |verb: &str, path: &str, protocol: &str, bearer: Option<&str>, body: &str| {
        let bearer = bearer.map(|token| format!("Bearer {token}"));
        let mut headers = vec![
            ("x-forwarded-for", "192.0.2.7"),
            ("x-forwarded-proto", protocol),
            ("content-type", "application/json"),
        ];
        headers.extend(bearer.as_deref().map(|shown| ("authorization", shown)));
        office.ask(verb, path, &headers, body.as_bytes())
    };
    let good = good.to_string();
    // What came in clear was not even read: the code counts afterwards.
    let clear = ask("POST", "session", "http", None, &good);
    assert_eq!(
        (clear.status, clear.kind()),
        (401, "unidentified".to_owned())
    );
    let clear = ask("POST", "session", "http", None, "no JSON");
    assert_eq!(clear.status, 401, "it would be 400");
    let opened = ask("POST", "session", "https", None, &good);
    assert_eq!(opened.status, 201, "{}", opened.text());
    let token = opened.json()["token"].as_str().unwrap().to_owned();
    for (verb, path) in [
        ("GET", "self"),
        ("GET", "session"),
        ("POST", "factors/totp"),
    ] {
        let got = ask(verb, path, "https", Some(&token), "");
        assert_eq!(got.status, 200, "{path}: {}", got.text());
    }
    let clear = ask("POST", "factors/totp", "http", Some(&token), "");
    assert_eq!(
        (clear.status, clear.kind()),
        (401, "unidentified".to_owned())
    );
    let over = ask("GET", "session", "https", Some(&token), "");
    assert_eq!(
        over.status, 401,
        "a session that others may have read has ended"
    );

    let (_, made) = office.run(&["administrator", "key", "create", "ops", "--role", "auditor"]);
    let key = made["key"].as_str().unwrap();
    assert_eq!(ask("GET", "self", "https", Some(key), "").status, 200);
    let listed = || office.run(&["administrator", "key", "list"]).1[0].clone();
    assert_eq!(listed()["exposed"], json!(null));
    assert_eq!(ask("GET", "self", "http", Some(key), "").status, 401);
    assert!(listed()["exposed"].is_string(), "{}", listed());
    assert!(
        listed()["look"]
            .as_str()
            .unwrap()
            .contains("others could read it")
    );
    let told = office.place.lines(&["audit", "tail", "-n", "1"]);
    assert_eq!(told[0]["closed"]["notes"], json!([["key-in-clear", 1]]));
    assert_eq!(told[0]["principal"], "ops");
}

#[test]
fn addresses_that_are_not_served_are_not_served_here_either() {
    let office = Office::open(
        "[addresses]\ntrusted-proxies = [\"127.0.0.1\"]\ndeny = [\"203.0.113.0/24\"]\n",
    );
    office.add("anna", "administrator");
    let fine = json!({"name": "anna", "password": PASSWORD}).to_string();
    let from = |address: &str, verb: &str, path: &str| {
        let headers = [
            ("x-forwarded-for", address),
            ("x-forwarded-proto", "https"),
            ("content-type", "application/json"),
        ];
        let body = if verb == "POST" { fine.as_bytes() } else { b"" };
        office.ask(verb, path, &headers, body)
    };
    assert_eq!(from("192.0.2.7", "POST", "session").status, 201);
    assert_eq!(from("192.0.2.7", "GET", "self").status, 401);
    for (verb, path) in [
        ("POST", "session"),
        ("GET", "self"),
        ("GET", "session"),
        ("GET", "x"),
    ] {
        let got = from("203.0.113.7", verb, path);
        assert_eq!(
            (got.status, got.kind()),
            (403, "not-from-here".to_owned()),
            "{path}"
        );
    }
    assert_eq!(records(&office).len(), 1, "the one that was let in");
}

/// Many clients come by one proxy, and each has as many connections as any.
#[test]
fn connections_of_a_trusted_proxy_are_not_those_of_one_client() {
    let most = |more: &str| {
        let office = Office::open(more);
        let door = office.admin.strip_prefix("http://").unwrap().to_owned();
        let open: Vec<_> = (0..40)
            .map(|_| std::net::TcpStream::connect(&door).unwrap())
            .collect();
        crate::pause(300);
        let alive = open.iter().filter(|stream| {
            stream.set_nonblocking(true).unwrap();
            let mut byte = [0; 1];
            let closed = matches!(stream.peek(&mut byte), Ok(0));
            !closed
        });
        alive.count()
    };
    assert_eq!(most(""), 32, "one client");
    assert_eq!(most("[addresses]\ntrusted-proxies = [\"127.0.0.1\"]\n"), 40);
}

#[test]
fn whoever_shares_an_address_with_a_guesser_or_looks_at_a_page_goes_on() {
    let limits = "[limits]\naddress-failures-per-minute = 1\naddress-failures-burst = 6\n";
    let office = Office::at(office::place(limits), |_| {});
    office.add("anna", "administrator");
    office.enrol_totp("anna", -1);
    let token = office.log_in("anna");
    let bearer = Some(token.as_str());
    // A page of another site has her browser ask.
    for _ in 0..20 {
        for (verb, path) in [("GET", "self"), ("GET", "session"), ("POST", "session")] {
            let foreign = [("sec-fetch-site", "cross-site")];
            let got = office.ask(verb, path, &foreign, b"");
            assert!(matches!(got.status, 401 | 403), "{path}: {}", got.text());
        }
    }
    let again = office.post("session", None, &office.good("anna"));
    assert_eq!(
        again.status,
        201,
        "that is charged to nobody: {}",
        again.text()
    );
    // Somebody at the same address guesses.
    let mut last = 0;
    for _ in 0..8 {
        let wrong = json!({"name": "nobody", "password": "a guess of a password"});
        last = office.post("session", None, &wrong).status;
    }
    assert_eq!(last, 429);
    assert_eq!(office.get("session", None).status, 429, "strangers wait");
    for path in ["self", "session"] {
        assert_eq!(
            office.get(path, bearer).status,
            200,
            "{path} by a good session"
        );
    }
    assert_eq!(
        office.post("recovery-codes", bearer, &json!({})).status,
        201
    );
}
