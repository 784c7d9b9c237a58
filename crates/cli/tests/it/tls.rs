//! TLS: who comes encrypted is served, what comes in clear is not believed, and a client's
//! certificate is a credential.

pub(crate) mod client;

use std::net::SocketAddr;

use crate::demo::Demo;
use crate::serve::{Place, Served};
use crate::{pause, within};
use client::{Authority, ask, ask_in_clear};

const FILES: &str = "[tls]\ncertificate-file = \"certificate.pem\"\nkey-file = \"key.pem\"\n";
const BODY: &str = "{\"domain\":[]}";

/// A request that counts contacts, with these header lines.
fn count(lines: &str) -> String {
    format!(
        "POST /json/2/res.partner/search_count HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n{lines}\r\n{BODY}",
        BODY.len()
    )
}

fn with_key(key: &str) -> String {
    count(&format!("X-API-Key: {key}\r\n"))
}

fn door(served: &Served) -> SocketAddr {
    let door = served.url.trim_start_matches("https://");
    door.parse().expect("an address over https")
}

fn free_port() -> u16 {
    let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    socket.local_addr().unwrap().port()
}

#[test]
fn clients_come_encrypted_and_certificates_are_renewed() {
    let demo = Demo::start();
    let place = Place::before(&demo, FILES);
    let authority = Authority::new();
    authority.sign("localhost").put(place.path());
    let (key, _) = place.key("shop", &[]);
    let served = place.serve();
    for oldest in [false, true] {
        let client = authority.client(None, oldest);
        let got = ask(&client, door(&served), &with_key(&key)).unwrap();
        assert_eq!(got.status, 200, "{}", got.body);
        assert!(
            got.head
                .contains("strict-transport-security: max-age=31536000")
        );
    }
    // Plain HTTP is no TLS: the handshake fails, and nothing is read of it.
    demo.reached();
    let clear = std::panic::catch_unwind(|| ask_in_clear(door(&served), &with_key(&key)));
    assert!(clear.is_err() || clear.is_ok_and(|got| got.status != 200));
    assert!(demo.reached().is_empty());

    let other = Authority::new();
    other.sign("localhost").put(place.path());
    let renewed = within(20_000, || {
        let client = other.client(None, false);
        let got = ask(&client, door(&served), &with_key(&key));
        got.is_ok_and(|got| got.status == 200).then_some(())
    });
    assert!(renewed.is_some(), "the new one is not taken over");
    let client = authority.client(None, false);
    assert!(ask(&client, door(&served), &with_key(&key)).is_err());
}

#[test]
fn only_tls_1_3_where_it_is_so_set() {
    let demo = Demo::start();
    let place = Place::before(&demo, &format!("{FILES}oldest = \"1.3\"\n"));
    let authority = Authority::new();
    authority.sign("localhost").put(place.path());
    let (key, _) = place.key("shop", &[]);
    let served = place.serve();
    let asked = |oldest| {
        let client = authority.client(None, oldest);
        ask(&client, door(&served), &with_key(&key)).map(|got| got.status)
    };
    assert_eq!(asked(false).unwrap(), 200);
    assert!(asked(true).is_err());
}

#[test]
fn the_open_door_sends_on_and_marks_keys_that_came_by_it() {
    let demo = Demo::start();
    let port = free_port();
    let more = format!("{FILES}redirect-from = \"127.0.0.1:{port}\"\n");
    let place = Place::before(&demo, &more);
    let authority = Authority::new();
    authority.sign("localhost").put(place.path());
    let (key, id) = place.key("shop", &[]);
    let (unmarked, unmarked_id) = place.key("till", &[]);
    let served = place.serve();
    let open = SocketAddr::from(([127, 0, 0, 1], port));
    let client = authority.client(None, false);
    let exposed = |id: &str| place.run(&["key", "show", id]).1["exposed"].clone();

    let sent = ask_in_clear(
        open,
        "GET /api/v1/docs HTTP/1.1\r\nHost: localhost:1\r\nConnection: close\r\n\r\n",
    );
    assert_eq!(sent.status, 308);
    let there = format!(
        "location: https://localhost:{}/api/v1/docs",
        door(&served).port()
    );
    assert!(sent.head.contains(&there), "{}", sent.head);

    for key in [&key, &unmarked] {
        let got = ask(&client, door(&served), &with_key(key)).unwrap();
        assert_eq!(got.status, 200);
    }
    assert!(exposed(&id).is_null());
    demo.reached();
    let got = ask_in_clear(open, &with_key(&key));
    assert_eq!(got.status, 401, "{}", got.body);
    assert!(got.body.contains("https only"), "{}", got.body);
    let guessed = ask_in_clear(open, &with_key("pck_guess"));
    let said = |got: &client::Got| {
        let body: serde_json::Value = serde_json::from_str(&got.body).unwrap();
        body["message"].clone()
    };
    assert_eq!(guessed.status, 401);
    assert_eq!(said(&guessed), said(&got), "a guess sounds the same");
    assert!(demo.reached().is_empty());
    assert!(exposed(&id).is_string(), "it is marked");
    assert!(exposed(&unmarked_id).is_null());
    let listed = place.run(&["key", "list"]).1;
    assert!(
        listed
            .to_string()
            .contains("others could read it: rotate it")
    );
    // It is marked, not shut: its holder has to be given another one first.
    let got = ask(&client, door(&served), &with_key(&key)).unwrap();
    assert_eq!(got.status, 200);
}

#[test]
fn behind_a_proxy_that_says_http_nothing_is_believed() {
    let demo = Demo::start();
    let trusting = "[addresses]\ntrusted-proxies = [\"127.0.0.1\"]\n";
    let forwarded = |proto: &str, key: &str| {
        count(&format!(
            "X-Forwarded-For: 192.0.2.7\r\nX-Forwarded-Proto: {proto}\r\nX-API-Key: {key}\r\n"
        ))
    };
    for (clear, expected) in [("local", 401), ("anywhere", 200)] {
        let more = format!("{trusting}[credentials]\nin-clear = \"{clear}\"\n");
        let place = Place::before(&demo, &more);
        let (key, id) = place.key("shop", &[]);
        let served = place.serve();
        let door: SocketAddr = served.url.trim_start_matches("http://").parse().unwrap();
        assert_eq!(ask_in_clear(door, &forwarded("https", &key)).status, 200);
        demo.reached();
        assert_eq!(
            ask_in_clear(door, &forwarded("http", &key)).status,
            expected
        );
        assert_eq!(demo.reached().is_empty(), expected == 401);
        let exposed = place.run(&["key", "show", &id]).1["exposed"].is_string();
        assert_eq!(exposed, expected == 401);
    }
}

#[test]
fn a_certificate_that_its_authority_revoked_is_none() {
    let demo = Demo::start();
    let more = format!(
        "{FILES}client-authorities-file = \"clients.pem\"\nclient-revocations-file = \"revoked.pem\"\n"
    );
    let place = Place::before(&demo, &more);
    let (authority, clients) = (Authority::new(), Authority::new());
    authority.sign("localhost").put(place.path());
    let put = |name: &str, text: String| std::fs::write(place.path().join(name), text).unwrap();
    put("clients.pem", clients.pem());
    put("revoked.pem", clients.revoked(&[], 1));
    let named = ["shop", "till"].map(|name| {
        let own = clients.sign(name);
        put("own.pem", own.pem.clone());
        let file = place.path().join("own.pem");
        place.made(name, &["--certificate", file.to_str().unwrap()]);
        own
    });
    let [shop, till] = &named;
    let served = place.serve();
    let asked = |own: &client::Identity| {
        let client = authority.client(Some(own), false);
        ask(&client, door(&served), &count("")).map(|got| got.status)
    };
    for own in &named {
        assert_eq!(asked(own).unwrap(), 200);
    }
    put("revoked.pem", clients.revoked(&[shop], 1));
    within(20_000, || asked(shop).is_err().then_some(())).expect("it is shut out");
    assert_eq!(asked(till).unwrap(), 200, "another is not");
    // A list that is over does not tell who is still good.
    put("revoked.pem", clients.revoked(&[], -1));
    within(20_000, || asked(till).is_err().then_some(())).expect("nobody is known to be good");
    demo.reached();
    assert!(asked(shop).is_err());
    assert!(demo.reached().is_empty());
    put("revoked.pem", String::from("nothing"));
    assert_eq!(place.run(&["check"]).0, 2);
}

#[test]
fn certificates_of_clients_are_looked_at_with_each_connection() {
    let demo = Demo::start();
    let (authority, clients) = (Authority::new(), Authority::new());
    let resumes = |more: &str| {
        let place = Place::before(&demo, more);
        authority.sign("localhost").put(place.path());
        std::fs::write(place.path().join("clients.pem"), clients.pem()).unwrap();
        let served = place.serve();
        [false, true].map(|oldest| {
            let client = authority.client(Some(&clients.sign("shop")), oldest);
            client::is_taken_up_again(&client, door(&served), &count(""))
        })
    };
    assert_eq!(
        resumes(FILES),
        [true, true],
        "without them, it is cheaper so"
    );
    let asking = format!("{FILES}client-authorities-file = \"clients.pem\"\n");
    assert_eq!(resumes(&asking), [false, false]);
}

#[test]
fn a_clients_certificate_is_a_credential() {
    let demo = Demo::start();
    let more = format!("{FILES}client-authorities-file = \"clients.pem\"\n");
    let place = Place::before(&demo, &more);
    let (authority, clients) = (Authority::new(), Authority::new());
    authority.sign("localhost").put(place.path());
    std::fs::write(place.path().join("clients.pem"), clients.pem()).unwrap();
    let shop = clients.sign("shop.example");
    let file = place.path().join("shop.pem");
    std::fs::write(&file, &shop.pem).unwrap();
    let certificate = file.to_str().unwrap();
    let made = place.made("shop", &["--certificate", certificate]);
    assert!(made["key"].is_null(), "it has no other credential");
    let (key, _) = place.key("till", &[]);
    let served = place.serve();
    let asked = |own: Option<&client::Identity>, lines: &str| {
        let client = authority.client(own, false);
        ask(&client, door(&served), &count(lines)).map(|got| got.status)
    };
    assert_eq!(asked(Some(&shop), "").unwrap(), 200);
    let trail = place.lines(&["audit", "tail"]);
    assert!(
        trail.iter().any(|line| line["principal"] == "shop"),
        "{trail:?}"
    );
    // A browser shows it whoever's page asks: another site's page gets nothing by it.
    demo.reached();
    let foreign = "Sec-Fetch-Site: cross-site\r\nOrigin: https://evil.example\r\n";
    assert_ne!(asked(Some(&shop), foreign).unwrap(), 200);
    assert!(demo.reached().is_empty());
    assert_eq!(
        asked(Some(&shop), "Sec-Fetch-Site: same-origin\r\n").unwrap(),
        200
    );
    // Renewed for the same key pair, it is the same credential.
    let renewed = clients.renew("shop.example", shop.into_key());
    assert_eq!(asked(Some(&renewed), "").unwrap(), 200);
    let key_too = format!("X-API-Key: {key}\r\n");
    assert_eq!(
        asked(Some(&renewed), &key_too).unwrap(),
        200,
        "the key counts"
    );

    demo.reached();
    assert_eq!(asked(None, "").unwrap(), 401);
    let unknown = clients.sign("other.example");
    assert_eq!(
        asked(Some(&unknown), "").unwrap(),
        401,
        "it is bound to no key"
    );
    assert_eq!(
        asked(Some(&unknown), &key_too).unwrap(),
        200,
        "and no credential"
    );
    demo.reached();
    let forged = Authority::new().sign("shop.example");
    assert!(
        asked(Some(&forged), &key_too).is_err(),
        "another authority signed it"
    );
    let id = made["id"].as_str().unwrap();
    assert_eq!(place.run(&["key", "revoke", id]).0, 0);
    pause(1000);
    assert_eq!(asked(Some(&renewed), "").unwrap(), 401);
    assert!(demo.reached().is_empty());
}

#[test]
fn a_clients_certificate_opens_what_a_key_in_a_header_opens() {
    let demo = Demo::start();
    let more = format!("{FILES}client-authorities-file = \"clients.pem\"\n");
    let place = Place::before(&demo, &more);
    let (authority, clients) = (Authority::new(), Authority::new());
    authority.sign("localhost").put(place.path());
    std::fs::write(place.path().join("clients.pem"), clients.pem()).unwrap();
    let shop = clients.sign("shop.example");
    let file = place.path().join("shop.pem");
    std::fs::write(&file, &shop.pem).unwrap();
    place.made("shop", &["--certificate", file.to_str().unwrap()]);
    let served = place.serve();
    let padding = 200 << 10;
    let told = format!("Content-Length: {}", BODY.len());
    let more = format!("Content-Length: {}", BODY.len() + padding);
    let large = count("").replacen(&told, &more, 1) + &" ".repeat(padding);
    let asked = |own: Option<&client::Identity>, request: &str| {
        let client = authority.client(own, false);
        ask(&client, door(&served), request).unwrap().status
    };
    assert_eq!(asked(Some(&shop), &count("")), 200);
    assert_eq!(asked(Some(&shop), &large), 200, "large bodies");
    demo.reached();
    // While it fails, it is forgiven two a second: a slow machine needs more tries.
    let owes = (0..600).any(|_| asked(None, &count("")) == 429);
    assert!(owes, "the address is in debt");
    assert!(demo.reached().is_empty());
    assert_eq!(asked(Some(&shop), &count("")), 200);
    assert_eq!(asked(Some(&shop), &large), 200);
}
