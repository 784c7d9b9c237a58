//! Whose address counts, what the ERP is told of it, and how much an address may take up.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::time::Duration;

use crate::demo::{Demo, Got, send};
use crate::relay::Relay;
use crate::serve::{Place, READER, Served};
use crate::within;

const COUNT: &str = "/json/2/res.partner/search_count";
const STRICT: &str = "[limits]\naddress-failures-per-minute = 60\naddress-failures-burst = 5\nper-minute = 6000\nburst = 1000\n[credentials]\nin-clear = \"anywhere\"\n";
const TRUSTING: &str = "[addresses]\ntrusted-proxies = [\"127.0.0.0/8\", \"10.1.2.3\"]\n";

fn ask(served: &Served, key: &str, headers: &[(&str, &str)], body: &[u8]) -> Got {
    let mut request = http::Request::post(format!("{}{COUNT}", served.url))
        .header("content-type", "application/json")
        .header("x-api-key", key);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    send(request.body(body.to_vec()).expect("a request"))
}

fn ask_for(served: &Served, key: &str, client: &str) -> u16 {
    ask(
        served,
        key,
        &[("x-forwarded-for", client)],
        b"{\"domain\":[]}",
    )
    .status
}

fn door(served: &Served) -> SocketAddr {
    let door = served.url.trim_start_matches("http://");
    door.parse().expect("an address")
}

/// A connection on which one request was answered; none if it was closed at once.
fn connection(served: &Served) -> Option<TcpStream> {
    let mut stream = TcpStream::connect(door(served)).ok()?;
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .ok()?;
    stream
        .write_all(b"GET /healthz HTTP/1.1\r\nHost: gateway\r\n\r\n")
        .ok()?;
    let mut start = [0; 12];
    stream.read_exact(&mut start).ok()?;
    assert_eq!(&start, b"HTTP/1.1 200");
    Some(stream)
}

#[test]
fn behind_a_trusted_proxy_each_client_has_an_address_of_its_own() {
    let demo = Demo::start();
    let place = Place::before(&demo, &format!("{STRICT}{TRUSTING}"));
    let (key, _) = place.key("shop", &[]);
    let served = place.serve();
    assert_eq!(ask_for(&served, &key, "192.0.2.7"), 200);
    demo.reached();
    let guesses = |client: &str| -> Vec<u16> {
        (0..12)
            .map(|n| {
                ask_for(
                    &served,
                    &format!("guess{n}"),
                    &format!("203.0.113.{n}, {client}, 10.1.2.3"),
                )
            })
            .collect()
    };
    let tries = guesses("192.0.2.66");
    assert!(
        tries.contains(&429),
        "what a client writes before the proxy's word helps nobody: {tries:?}"
    );
    assert_eq!(
        ask_for(&served, "guess", "192.0.2.8"),
        401,
        "its neighbour does not wait"
    );
    assert!(demo.reached().is_empty());
    let trail = place.lines(&["audit", "tail"]);
    let from = |client: &str| trail.iter().any(|line| line.to_string().contains(client));
    assert!(from("192.0.2.7") && !from("203.0.113."), "{trail:?}");
}

#[test]
fn who_is_no_trusted_proxy_is_not_believed() {
    let demo = Demo::start();
    let stranger = "[addresses]\ntrusted-proxies = [\"192.0.2.0/24\"]\n";
    let place = Place::before(&demo, &format!("{STRICT}{stranger}"));
    let (key, _) = place.key("shop", &[]);
    let served = place.serve();
    assert_eq!(ask_for(&served, &key, "192.0.2.7"), 200);
    let tries: Vec<u16> = (0..12)
        .map(|n| ask_for(&served, "guess", &format!("203.0.113.{n}")))
        .collect();
    assert!(tries.contains(&429), "{tries:?}");
    let trail = place.lines(&["audit", "tail"]);
    let from = |client: &str| trail.iter().any(|line| line.to_string().contains(client));
    assert!(from("127.0.0.1") && !from("192.0.2.7"), "{trail:?}");
}

#[test]
fn an_erp_is_told_one_address_if_the_configuration_says_so() {
    let demo = Demo::start();
    let log = PathBuf::from(demo.fact("/upstream_log"));
    let secret = log.with_file_name("secrets").join("odoo-integration");
    for forwarded in [true, false] {
        let relay = Relay::before(demo.fact("/odoo"));
        let text = format!(
            "listen = \"127.0.0.1:0\"\nroles = [\"reader.toml\"]\n{TRUSTING}[upstream.odoo]\nkind = \"odoo\"\nurl = \"{}\"\n\
             database = \"demo\"\nforwarded = {forwarded}\n[upstream.odoo.user.integration]\nsecret-file = \"{}\"\n",
            relay.url(),
            secret.display(),
        );
        let place = Place::of(&text, READER);
        let (key, _) = place.key("shop", &[]);
        let served = place.serve();
        let headers = [
            ("x-forwarded-for", "203.0.113.1, 192.0.2.7"),
            ("x-forwarded-host", "evil.example"),
            ("x-forwarded-proto", "https"),
            ("forwarded", "for=203.0.113.1;host=evil.example"),
        ];
        assert_eq!(ask(&served, &key, &headers, b"{\"domain\":[]}").status, 200);
        let seen = relay.seen().join("\n").to_lowercase();
        let told: Vec<&str> = seen
            .lines()
            .filter(|line| line.contains("forwarded"))
            .collect();
        let host = relay.url().replace("http://", "x-forwarded-host: ");
        let expected = [
            "x-forwarded-for: 192.0.2.7",
            host.as_str(),
            "x-forwarded-proto: https",
        ];
        assert!(seen.contains("search_count"), "{seen}");
        assert_eq!(told, if forwarded { &expected[..] } else { &[] }, "{seen}");
        assert!(
            !seen.contains("evil") && !seen.contains("203.0.113"),
            "{seen}"
        );
    }
}

fn send_as(served: &Served, header: (&str, &str)) -> u16 {
    let request = http::Request::post(format!("{}{COUNT}", served.url));
    let request = request
        .header("content-type", "application/json")
        .header(header.0, header.1);
    send(request.body(b"{\"domain\":[]}".to_vec()).expect("one")).status
}

#[test]
fn a_large_body_is_read_of_those_only_who_show_a_key_that_exists() {
    let demo = Demo::start();
    let place = Place::before(&demo, "");
    let (key, _) = place.key("shop", &[]);
    let served = place.serve();
    let padded = format!("{{\"domain\":[]{}}}", " ".repeat(200 << 10));
    let got = ask(&served, &key, &[], padded.as_bytes());
    assert_eq!(got.status, 200, "{}", got.text());
    demo.reached();
    // Of these bodies not one byte is sent: an answer shows that none was waited for.
    let (bearer, _) = place.key("bearer", &["--style", "bearer"]);
    let (elsewhere, _) = place.key("elsewhere", &["--from", "192.0.2.0/24"]);
    within(3000, || {
        let got = send_as(&served, ("authorization", &format!("Bearer {bearer}")));
        (got == 200).then_some(())
    })
    .expect("it is known");
    demo.reached();
    let otherwise = [bearer, elsewhere].map(|key| format!("x-api-key: {key}\r\n"));
    let wrong = format!(
        "x-api-key: {}x\r\n",
        key.strip_suffix(|_: char| true).unwrap_or(&key)
    );
    let cookie = "cookie: session_id=0123456789abcdef; sid=0123456789abcdef\r\n";
    for length in ["content-length: 8000000", "transfer-encoding: chunked"] {
        for (path, credential) in [
            (COUNT, ""),
            (COUNT, "x-api-key: a guess\r\n"),
            (COUNT, wrong.as_str()),
            (COUNT, otherwise[0].as_str()),
            (COUNT, otherwise[1].as_str()),
            ("/xmlrpc/2/object", wrong.as_str()),
            ("/jsonrpc", "authorization: Bearer guess\r\n"),
            ("/api/v1/res.partner", ""),
            ("/web/dataset/call_kw", ""),
            ("/web/dataset/call_kw", cookie),
        ] {
            let mut stream = TcpStream::connect(door(&served)).expect("a connection");
            let wait = Some(Duration::from_secs(20));
            stream.set_read_timeout(wait).expect("a time-out");
            let head = format!(
                "POST {path} HTTP/1.1\r\nhost: gateway\r\n{length}\r\ncontent-type: application/json\r\n{credential}\r\n"
            );
            stream.write_all(head.as_bytes()).expect("sent");
            if length.starts_with("transfer") {
                // Its length is not told: a small part of it is waited for, and no more.
                let chunk = [&b"10000\r\n"[..], &[b' '; 0x1_0000], b"\r\n1\r\n \r\n"].concat();
                stream.write_all(&chunk).expect("sent");
            }
            let mut answer = [0; 12];
            stream.read_exact(&mut answer).expect("an answer");
            let status = String::from_utf8_lossy(&answer[9..]).into_owned();
            let refused = ["401", "403", "200", "429"].contains(&status.as_str());
            assert!(refused, "{path} {credential} {length}: {status}");
        }
    }
    assert!(demo.reached().is_empty());
}

#[test]
fn a_large_body_is_not_read_of_a_caller_that_has_nothing_left() {
    let demo = Demo::start();
    let place = Place::before(&demo, "");
    let limits = ["--per-minute", "1", "--burst", "2"];
    let (key, _) = place.key("shop", &limits);
    let served = place.serve();
    let padded = format!("{{\"domain\":[]{}}}", " ".repeat(200 << 10));
    for _ in 0..2 {
        let got = ask(&served, &key, &[], padded.as_bytes());
        assert_eq!(got.status, 200, "{}", got.text());
    }
    // Of this body not one byte is sent.
    let mut stream = TcpStream::connect(door(&served)).expect("a connection");
    let wait = Some(Duration::from_secs(20));
    stream.set_read_timeout(wait).expect("a time-out");
    let head = format!(
        "POST {COUNT} HTTP/1.1\r\nhost: gateway\r\ncontent-length: 8000000\r\nx-api-key: {key}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).expect("sent");
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).expect("an answer");
    assert_eq!(&answer[9..], b"429");
    let told = crate::within(3000, || {
        let records = place.lines(&["audit", "tail"]);
        records
            .last()
            .filter(|last| last.to_string().contains("limit.limited"))
            .cloned()
    });
    assert_eq!(told.expect("a record")["principal"], "shop");
}

#[test]
fn a_large_body_with_the_key_in_it_is_read_of_an_address_that_showed_a_good_key() {
    let demo = Demo::start();
    let place = Place::before(&demo, "");
    let (key, _) = place.key("shop", &[]);
    let send = |served: &Served, path: &str, headers: &[(&str, &str)], body: String| {
        let mut request = http::Request::post(format!("{}{path}", served.url));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        send(request.body(body.into_bytes()).expect("a request"))
    };
    let rpc = |password: &str, uid: i64, padding: usize| {
        let args = serde_json::json!(["demo", uid, password, "res.partner", "search_count", [[]]]);
        let body = serde_json::json!({"jsonrpc": "2.0", "params":
            {"service": "object", "method": "execute_kw", "args": args}});
        body.to_string() + &" ".repeat(padding)
    };
    let login = |served: &Served, key: &str| {
        let body = serde_json::json!({"params": {"service": "common", "method": "login",
            "args": ["demo", "integration", key]}});
        let got = send(served, "/jsonrpc", &[JSON], body.to_string());
        let answer: serde_json::Value = serde_json::from_slice(&got.body).expect("JSON");
        answer["result"].as_i64()
    };
    let large = 300 << 10;

    let served = place.serve();
    let uid = login(&served, &key).expect("a uid");
    let done = |got: &Got| got.status == 200 && got.text().contains("\"result\"");
    assert!(done(&send(
        &served,
        "/jsonrpc",
        &[JSON],
        rpc(&key, uid, large)
    )));

    // Another process knows nothing of that.
    let other = place.serve();
    assert!(done(&send(
        &other,
        "/jsonrpc",
        &[JSON],
        rpc(&key, uid, 100 << 10)
    )));
    let stranger = place.serve();
    assert_eq!(login(&stranger, "a guess"), None);
    demo.reached();
    for (path, kind) in [
        ("/jsonrpc", JSON),
        ("/xmlrpc/2/object", XML),
        ("/xmlrpc/object", XML),
    ] {
        let got = send(&stranger, path, &[kind], rpc(&key, uid, large));
        assert!(
            got.text().contains("262144 bytes"),
            "{path}: {}",
            got.text()
        );
        assert!(got.text().contains("X-API-Key"), "{path}: {}", got.text());
    }
    assert!(demo.reached().is_empty());
    let shown = [JSON, ("x-api-key", &*key)];
    assert!(done(&send(
        &stranger,
        "/jsonrpc",
        &shown,
        rpc("", uid, large)
    )));
    assert!(done(&send(
        &stranger,
        "/jsonrpc",
        &[JSON],
        rpc(&key, uid, large)
    )));
}

const JSON: (&str, &str) = ("content-type", "application/json");
const XML: (&str, &str) = ("content-type", "text/xml");

#[test]
fn an_address_has_so_many_connections() {
    let demo = Demo::start();
    let place = Place::before(&demo, "[limits]\nconnections-per-address = 3\n");
    let served = place.serve();
    let mut open: Vec<TcpStream> = (0..3).filter_map(|_| connection(&served)).collect();
    assert_eq!(open.len(), 3);
    assert!(connection(&served).is_none(), "one more is closed");
    open.pop();
    let again = (0..200).find_map(|_| {
        std::thread::park_timeout(Duration::from_millis(10));
        connection(&served)
    });
    assert!(again.is_some(), "a place that is left is another's");
}

#[test]
fn all_addresses_together_have_so_many_connections_proxies_too() {
    let demo = Demo::start();
    let place = Place::before(
        &demo,
        &format!("[limits]\nconnections-per-address = 1\nconnections = 4\n{TRUSTING}"),
    );
    let served = place.serve();
    let open: Vec<TcpStream> = (0..4).filter_map(|_| connection(&served)).collect();
    assert_eq!(
        open.len(),
        4,
        "a trusted proxy is not counted by its address"
    );
    assert!(connection(&served).is_none());
}

#[test]
fn a_network_that_cannot_be_read_is_an_error_at_its_line() {
    let demo = Demo::start();
    let check = |more: &str| {
        let place = Place::before(&demo, more);
        let (code, said) = place.run(&["check"]);
        (code, said.to_string())
    };
    let good =
        check("[addresses]\ntrusted-proxies = [\"10.0.0.0/8\", \"::1\"]\nheader = \"forwarded\"\n");
    assert_eq!(good.0, 0, "{}", good.1);
    let (code, said) = check("[addresses]\ntrusted-proxies = [\"10.0.0.0/33\"]\n");
    assert!(code != 0 && said.contains("\"line\":4"), "{said}");
}
