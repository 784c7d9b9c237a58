//! Where administrators connect, and how.

use std::net::SocketAddr;

use serde_json::{Value as Json, json};

use super::{Administered, LISTEN};
use crate::demo::Demo;
use crate::serve::Place;
use crate::tls::client::{Authority, ask};

const FILES: &str = "certificate-file = \"certificate.pem\"\nkey-file = \"key.pem\"\n";

#[test]
fn an_address_that_others_reach_is_encrypted_or_refused() {
    let demo = Demo::start();
    let authority = Authority::new();
    let check = |more: &str| {
        let place = Place::before(&demo, more);
        authority.sign("localhost").put(place.path());
        place.run(&["check"])
    };
    let open = "[admin]\nlisten = \"0.0.0.0:8641\"\n";
    for fine in [
        LISTEN.to_owned(),
        "[admin]\nlisten = \"[::1]:8641\"\n".to_owned(),
        format!("{open}{FILES}"),
        format!("[tls]\n{FILES}{open}"),
    ] {
        let (code, told) = check(&fine);
        assert_eq!(code, 0, "{fine}: {told}");
    }
    for (wrong, why) in [
        (open.to_owned(), "other machines"),
        (
            format!("{LISTEN}key-file = \"key.pem\"\n"),
            "belong together",
        ),
        (
            format!("{LISTEN}certificate-file = \"no.pem\"\nkey-file = \"key.pem\"\n"),
            "cannot be read",
        ),
        (
            "[admin]\nlisten = \"here\"\n".to_owned(),
            "address and a port",
        ),
        (format!("{LISTEN}cors = true\n"), "unknown field"),
        ("[admin]\n".to_owned(), "missing field"),
    ] {
        let (code, told) = check(&wrong);
        assert_eq!(code, 2, "{wrong}: {told}");
        let message = told["problems"][0]["message"].to_string();
        assert!(message.contains(why), "{message}");
    }
    let place = Place::before(&demo, "[admin]\nlisten = \"127.0.0.1:8640\"\n");
    let file = place.path().join("portcullis.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    let text = text.replacen("127.0.0.1:0", "127.0.0.1:8640", 1);
    std::fs::write(file, text).unwrap();
    let (code, told) = place.run(&["check"]);
    assert_eq!(code, 2);
    let message = told["problems"][0]["message"].to_string();
    assert!(message.contains("of their own"), "{message}");
}

#[test]
fn administrators_come_encrypted_where_there_is_a_certificate() {
    let demo = Demo::start();
    let place = Place::before(&demo, &format!("{LISTEN}{FILES}"));
    let authority = Authority::new();
    authority.sign("localhost").put(place.path());
    let gateway = Administered::at(place);
    let (key, _) = gateway.key("ops", "auditor", &[]);
    let door = gateway.admin.strip_prefix("https://").expect("https");
    let door: SocketAddr = door.parse().unwrap();
    let lines = |more: &str| {
        format!("GET /admin/v1/self HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{more}\r\n")
    };
    let client = authority.client(None, false);
    let got = ask(
        &client,
        door,
        &lines(&format!("Authorization: Bearer {key}\r\n")),
    )
    .unwrap();
    assert_eq!(got.status, 200, "{}", got.body);
    assert_eq!(ask(&client, door, &lines("")).unwrap().status, 401);
    let stranger = Authority::new().client(None, false);
    assert!(ask(&stranger, door, &lines("")).is_err());
}

#[test]
fn a_certificate_of_its_own_is_served_by_the_versions_of_the_gateways_door() {
    let demo = Demo::start();
    let speaks_1_2 = |more: &str| {
        let place = Place::before(&demo, &format!("{more}{LISTEN}{FILES}"));
        let authority = Authority::new();
        authority.sign("localhost").put(place.path());
        let gateway = Administered::at(place);
        let door = gateway.admin.strip_prefix("https://").expect("https");
        let door: SocketAddr = door.parse().unwrap();
        let lines = "GET /admin/v1/self HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
        let newer = ask(&authority.client(None, false), door, lines);
        assert_eq!(newer.unwrap().status, 401, "1.3 is spoken");
        ask(&authority.client(None, true), door, lines).is_ok()
    };
    assert!(speaks_1_2(""));
    assert!(speaks_1_2(&format!("[tls]\n{FILES}")));
    assert!(!speaks_1_2(&format!("[tls]\n{FILES}oldest = \"1.3\"\n")));
}

#[test]
fn what_is_done_at_the_command_line_is_recorded_too() {
    let demo = Demo::start();
    let place = Place::before(&demo, "");
    let (_, id) = place.key("shop", &[]);
    assert_eq!(place.run(&["key", "suspend", &id]).0, 0);
    assert_eq!(place.run(&["key", "revoke", &id]).0, 0);
    assert_eq!(place.run(&["key", "revoke", "pck_aaaaaaaaaaaaaaaa"]).0, 1);
    let role = place.path().join("reader.toml");
    let role = role.to_str().unwrap();
    assert_eq!(place.run(&["role", "put", "clerk", role]).0, 0);
    let trail = place.lines(&["audit", "tail", "-n", "100"]);
    let told: Vec<[&Json; 4]> = trail
        .iter()
        .filter(|line| line["as"] == "operator")
        .inspect(|line| assert!(!line["principal"].as_str().unwrap().is_empty()))
        .map(|line| {
            [
                &line["model"],
                &line["method"],
                &line["on"],
                &line["outcome"],
            ]
        })
        .collect();
    let expected = [
        ["key", "create", &id, "done"],
        ["key", "suspend", &id, "done"],
        ["key", "revoke", &id, "done"],
        ["key", "revoke", "pck_aaaaaaaaaaaaaaaa", "refused"],
        ["role", "put", "clerk", "done"],
    ];
    assert_eq!(json!(told), json!(expected));
    assert_eq!(place.run(&["audit", "verify"]).1["whole"], true);
}
