//! The people who administer the gateway: by the program, as they and their programs use it.

mod authenticator;
mod bound;
mod clock;
mod commands;
mod guessing;
mod http;
pub(crate) mod office;
mod passkeys;
mod recorded;

use office::{Office, PASSWORD, totp_at};

use serde_json::json;

/// From the first command to a log-out, and nothing of it works twice.
#[test]
fn an_administrator_is_made_enrolled_and_logs_in() {
    let office = Office::open("");
    office.add("anna", "administrator");
    let secret = office.enrol_totp("anna", -1);
    assert_eq!(secret.recovery.len(), 10);

    let now = totp_at(&secret.secret, 0);
    let opened = office.post(
        "session",
        None,
        &json!({"name": "anna", "password": PASSWORD, "code": now}),
    );
    assert_eq!(opened.status, 201, "{}", opened.text());
    let token = opened.json()["token"].as_str().unwrap().to_owned();
    assert!(token.starts_with("pcl_"));
    assert_eq!(opened.json()["standing"], "full");
    let own = office.get("self", Some(&token));
    assert_eq!(own.status, 200, "{}", own.text());
    assert_eq!(
        (&own.json()["name"], &own.json()["roles"]),
        (&json!("anna"), &json!(["administrator"]))
    );

    // The same code, and that of the enrolment, count no more.
    for used in [now.clone(), totp_at(&secret.secret, -1)] {
        let again = office.post(
            "session",
            None,
            &json!({"name": "anna", "password": PASSWORD, "code": used}),
        );
        assert_eq!(
            (again.status, again.kind()),
            (401, "wrong".to_owned()),
            "{}",
            again.text()
        );
    }
    // A recovery code counts once, too.
    let recovery =
        json!({"name": "anna", "password": PASSWORD, "recovery-code": secret.recovery[0]});
    let once = office.post("session", None, &recovery);
    assert_eq!(once.status, 201, "{}", once.text());
    let twice = office.post("session", None, &recovery);
    assert_eq!((twice.status, twice.kind()), (401, "wrong".to_owned()));
    let (_, shown) = office.run(&["administrator", "show", "anna"]);
    assert_eq!(shown["recovery-codes-left"], 9);
    assert_eq!(shown["sessions"].as_array().unwrap().len(), 2);

    let out = office.delete("session", Some(&token));
    assert_eq!(out.status, 200, "{}", out.text());
    assert_eq!(office.get("self", Some(&token)).status, 401);
    let other = once.json()["token"].as_str().unwrap().to_owned();
    assert_eq!(
        office.get("self", Some(&other)).status,
        200,
        "another session goes on"
    );
    let all = office.delete("session/all", Some(&other));
    assert_eq!((all.status, &all.json()["ended"]), (200, &json!(1)));
    assert_eq!(office.get("self", Some(&other)).status, 401);
}

#[test]
fn whoever_has_no_second_factor_can_do_nothing_but_enrol_one() {
    let office = Office::open("");
    office.add("anna", "administrator");
    let opened = office.post(
        "session",
        None,
        &json!({"name": "anna", "password": PASSWORD}),
    );
    assert_eq!(
        (opened.status, &opened.json()["standing"]),
        (201, &json!("enrolling"))
    );
    let token = opened.json()["token"].as_str().unwrap().to_owned();
    assert_eq!(office.get("session", Some(&token)).status, 200);
    assert_eq!(
        office.get("self", Some(&token)).status,
        401,
        "it opens nothing of the administration"
    );
    for (verb, path) in [
        ("DELETE", "session/all"),
        ("POST", "recovery-codes"),
        ("DELETE", "factors/app"),
    ] {
        let got = office.ask(
            verb,
            path,
            &[("authorization", &format!("Bearer {token}"))],
            b"",
        );
        assert_eq!(
            (got.status, got.kind()),
            (403, "second-factor-required".to_owned()),
            "{path}"
        );
    }
    let change = json!({"old": PASSWORD, "new": "seven calm hippos swim"});
    let got = office.post("password", Some(&token), &change);
    assert_eq!(
        (got.status, got.kind()),
        (403, "second-factor-required".to_owned())
    );

    // A second session of the kind, by somebody else who knows the password.
    let other = office.post(
        "session",
        None,
        &json!({"name": "anna", "password": PASSWORD}),
    );
    let other = other.json()["token"].as_str().unwrap().to_owned();
    let begun = office.post("factors/totp", Some(&token), &json!({}));
    assert_eq!(begun.status, 200, "{}", begun.text());
    let (slip, secret) = (
        begun.json()["slip"].clone(),
        begun.json()["secret"].as_str().unwrap().to_owned(),
    );
    let stray = office.post(
        "factors/totp/confirm",
        Some(&token),
        &json!({"slip": "pce_nothing", "code": "000000"}),
    );
    assert_eq!((stray.status, stray.kind()), (410, "ended".to_owned()));
    let code = totp_at(&secret, 0);
    let done = office.post(
        "factors/totp/confirm",
        Some(&token),
        &json!({"slip": slip, "code": code}),
    );
    assert_eq!(done.status, 201, "{}", done.text());
    assert_eq!(done.json()["recovery-codes"].as_array().unwrap().len(), 10);

    for stale in [&token, &other] {
        assert_eq!(
            office.get("session", Some(stale)).status,
            401,
            "it has served"
        );
    }
    let alone = office.post(
        "session",
        None,
        &json!({"name": "anna", "password": PASSWORD}),
    );
    assert_eq!(
        (alone.status, alone.json()),
        (200, json!({"needs": "second-factor", "factors": ["totp"]}))
    );
    let next = totp_at(&secret, 1);
    let opened = office.post(
        "session",
        None,
        &json!({"name": "anna", "password": PASSWORD, "code": next}),
    );
    assert_eq!(
        (opened.status, &opened.json()["standing"]),
        (201, &json!("full")),
        "{}",
        opened.text()
    );
}

#[test]
fn whatever_is_wrong_is_answered_alike() {
    let office = Office::open("");
    office.add("anna", "auditor");
    let enrolled = office.enrol_totp("anna", -1);
    office.add("lara", "auditor");
    assert_eq!(office.run(&["administrator", "lock", "lara"]).0, 0);
    let fine = json!({"name": "anna", "password": PASSWORD, "code": totp_at(&enrolled.secret, 0)});
    assert_eq!(office.post("session", None, &fine).status, 201);
    let stale = totp_at(&enrolled.secret, -120);
    let mut answers = Vec::new();
    for wrong in [
        json!({"name": "anna", "password": "four rather even giraffes"}),
        json!({"name": "anna", "password": PASSWORD, "code": stale}),
        json!({"name": "anna", "password": PASSWORD, "code": "no code"}),
        json!({"name": "anna", "password": PASSWORD, "recovery-code": "aaaa-aaaa-aaaa-aaaa"}),
        json!({"name": "nobody", "password": PASSWORD}),
        json!({"name": "No Body", "password": PASSWORD}),
        json!({"name": "lara", "password": PASSWORD}),
    ] {
        let got = office.post("session", None, &wrong);
        assert_eq!(got.status, 401, "{wrong}: {}", got.text());
        let mut told = got.json();
        told.as_object_mut().unwrap().remove("instance");
        answers.push((got.headers.len(), told));
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:?}");
}
