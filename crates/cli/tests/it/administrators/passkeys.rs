//! Passkeys, with a real authenticator in software.

use serde_json::{Value as Json, json};

use super::authenticator::{Device, Holder};
use super::office::Office;
use super::{PASSWORD, totp_at};

const ORIGIN: &str = "https://admin.example.com";

/// A session that is good for an enrolment, by a code of the command line.
fn enrolling(office: &Office) -> String {
    let (code, made) = office.run(&["administrator", "passkey", "anna"]);
    assert_eq!(code, 0, "{made}");
    let opened = office.post("session/enrolment", None, &json!({"code": made["code"]}));
    assert_eq!(
        (opened.status, &opened.json()["standing"]),
        (201, &json!("enrolling")),
        "{}",
        opened.text()
    );
    let again = office.post("session/enrolment", None, &json!({"code": made["code"]}));
    assert_eq!((again.status, again.kind()), (410, "ended".to_owned()));
    opened.json()["token"].as_str().unwrap().to_owned()
}

async fn register(office: &Office, device: &mut Device) -> Json {
    let token = enrolling(office);
    let begun = office.post("factors/passkey", Some(&token), &json!({}));
    assert_eq!(begun.status, 200, "{}", begun.text());
    let begun = begun.json();
    let credential = device.create(&begun["options"]).await.unwrap();
    let answer = json!({"slip": begun["slip"], "credential": credential, "label": "laptop"});
    let done = office.post("factors/passkey/confirm", Some(&token), &answer);
    assert_eq!(done.status, 201, "{}", done.text());
    assert_eq!(
        office.get("session", Some(&token)).status,
        401,
        "it has served"
    );
    done.json()
}

/// The first step of a log-in.
fn begin(office: &Office) -> Json {
    let begun = office.post(
        "session",
        None,
        &json!({"name": "anna", "password": PASSWORD, "passkey": true}),
    );
    assert_eq!(begun.status, 200, "{}", begun.text());
    begun.json()
}

#[tokio::test]
async fn a_passkey_is_registered_and_logs_in_once_for_each_question() {
    let office = Office::open("");
    office.add("anna", "administrator");
    let mut device = Device::new(ORIGIN);
    let done = register(&office, &mut device).await;
    assert_eq!(done["recovery-codes"].as_array().unwrap().len(), 10);
    let (_, shown) = office.run(&["administrator", "show", "anna"]);
    let factor = &shown["factors"][0];
    assert_eq!(
        (&factor["kind"], &factor["label"], &factor["used"]),
        (&json!("passkey"), &json!("laptop"), &Json::Null)
    );

    let begun = begin(&office);
    let credential = device.get(&begun["options"]).await.unwrap();
    let answer = json!({"slip": begun["slip"], "credential": credential});
    let opened = office.post("session/passkey", None, &answer);
    assert_eq!(
        (opened.status, &opened.json()["standing"]),
        (201, &json!("full")),
        "{}",
        opened.text()
    );
    let token = opened.json()["token"].as_str().unwrap().to_owned();
    assert_eq!(office.get("self", Some(&token)).status, 200);
    let (_, shown) = office.run(&["administrator", "show", "anna"]);
    assert!(shown["factors"][0]["used"].is_string(), "{shown}");

    let again = office.post("session/passkey", None, &answer);
    assert_eq!(
        (again.status, again.kind()),
        (410, "ended".to_owned()),
        "the same answer"
    );
    let later = begin(&office);
    let replayed = json!({"slip": later["slip"], "credential": answer["credential"]});
    let replayed = office.post("session/passkey", None, &replayed);
    assert_eq!(
        (replayed.status, replayed.kind()),
        (401, "wrong".to_owned()),
        "to another question"
    );
    let unknown = office.post(
        "session",
        None,
        &json!({"name": "anna", "password": "no giraffes at all", "passkey": true}),
    );
    assert_eq!(
        (unknown.status, unknown.kind()),
        (401, "wrong".to_owned()),
        "not without the password"
    );

    // A second one, by the session; then the first one may go.
    let begun = office
        .post("factors/passkey", Some(&token), &json!({}))
        .json();
    let mut other = Device::new(ORIGIN);
    let credential = other.create(&begun["options"]).await.unwrap();
    let answer = json!({"slip": begun["slip"], "credential": credential});
    let done = office.post("factors/passkey/confirm", Some(&token), &answer);
    assert_eq!(done.status, 201, "{}", done.text());
    assert!(
        done.json().get("recovery-codes").is_none(),
        "there are some"
    );
    assert_eq!(
        office.get("session", Some(&token)).json()["factors"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    let first = format!("factors/{}", factor["id"].as_str().unwrap());
    assert_eq!(office.delete(&first, Some(&token)).status, 200);
    assert_eq!(office.delete(&first, Some(&token)).status, 404);
    let begun = begin(&office);
    assert!(
        device.get(&begun["options"]).await.is_err(),
        "it is not asked for"
    );
    let credential = other.get(&begun["options"]).await.unwrap();
    let opened = office.post(
        "session/passkey",
        None,
        &json!({"slip": begun["slip"], "credential": credential}),
    );
    assert_eq!(opened.status, 201, "{}", opened.text());
}

#[tokio::test]
async fn an_answer_of_another_site_without_its_holder_or_of_a_copy_is_not_taken() {
    let office = Office::open("");
    office.add("anna", "administrator");
    let mut device = Device::new(ORIGIN);
    register(&office, &mut device).await;
    let finish = async |device: &mut Device| {
        let begun = begin(&office);
        let credential = device.get(&begun["options"]).await;
        let credential = credential.map_err(|error| format!("{error:?}"))?;
        let got = office.post(
            "session/passkey",
            None,
            &json!({"slip": begun["slip"], "credential": credential}),
        );
        Ok::<u16, String>(got.status)
    };
    let copy = device.passkey.clone();
    assert_eq!(finish(&mut device).await, Ok(201));

    // The counter of a copy stands where that of the device was before.
    let mut copied = Device::new(ORIGIN);
    copied.passkey = copy;
    assert_eq!(finish(&mut copied).await, Ok(401), "a copy");
    device.holder = Holder { verified: false };
    assert_ne!(finish(&mut device).await, Ok(201), "nobody showed a finger");
    device.holder = Holder { verified: true };
    let mut elsewhere = Device::new("https://admin.example.net");
    elsewhere.passkey = device.passkey.clone();
    assert_ne!(
        finish(&mut elsewhere).await,
        Ok(201),
        "the pages of another site"
    );
    assert_eq!(finish(&mut device).await, Ok(201), "itself, after all that");
}

#[test]
fn without_an_origin_there_are_none_and_apps_go_on() {
    let place = super::office::place("");
    let text = std::fs::read_to_string(place.path().join("portcullis.toml")).unwrap();
    let text = text.replace("origin = \"https://admin.example.com\"\n", "");
    std::fs::write(place.path().join("portcullis.toml"), text).unwrap();
    let office = Office::at(place, drop);
    office.add("anna", "administrator");
    let enrolled = office.enrol_totp("anna", -1);
    let token = enrolling(&office);
    let begun = office.post("factors/passkey", Some(&token), &json!({}));
    assert_eq!(
        (begun.status, begun.kind()),
        (409, "no-passkeys".to_owned())
    );
    let code = totp_at(&enrolled.secret, 0);
    let opened = office.post(
        "session",
        None,
        &json!({"name": "anna", "password": PASSWORD, "code": code}),
    );
    assert_eq!(opened.status, 201, "{}", opened.text());
}
