//! Keys whose secrets were made elsewhere: in each way that they come, in no other, and refused
//! as all keys are.

mod declared;
mod import;

use base64::Engine as _;
use serde_json::{Value as Json, json};

use crate::demo::{Demo, Got, send};
use crate::serve::{Place, Served};
use crate::{pause, within};

/// As OCA's `auth_api_key` has them: any string.
pub(crate) const SHOP: &str = "3f9c1e7a-b2d8-4c60-a5f1-0d9e8b7c6a52";
pub(crate) const TILL: &str = "Kx7!pQz2@Lm9#Vt4$Wc6";

const PATIENT: &str = "[limits]\nper-minute = 6000\nburst = 1000\naddress-failures-burst = 500\n";
const COUNT: &str = "/json/2/res.partner/search_count";

/// Takes over one key.
pub(crate) fn imported(place: &Place, name: &str, secret: &str, more: &[&str]) -> String {
    let file = place.path().join(format!("{name}.csv"));
    let text = format!("name,key,user_id/login\n{name},{secret},integration\n");
    std::fs::write(&file, text).unwrap();
    let file = file.display().to_string();
    let mut arguments = vec!["key", "import", &file, "--role", "reader"];
    arguments.extend_from_slice(more);
    let output = place.program(&arguments).arg("--json").output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let told: Json = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(told["keys"][0]["state"], "new", "{told}");
    told["keys"][0]["id"].as_str().unwrap().to_owned()
}

pub(crate) fn ask(served: &Served, path: &str, headers: &[(&str, &str)]) -> Got {
    let mut request = http::Request::post(format!("{}{path}", served.url))
        .header("content-type", "application/json");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    send(request.body(b"{\"domain\":[]}".to_vec()).unwrap())
}

pub(crate) fn status(served: &Served, key: &str) -> u16 {
    ask(served, COUNT, &[("api-key", key)]).status
}

/// Waits until a key is answered so; a change is known within a second.
pub(crate) fn becomes(served: &Served, key: &str, expected: u16) {
    let known = within(1500, || (status(served, key) == expected).then_some(()));
    assert!(known.is_some(), "it is not {expected} within a second");
}

/// Calls with the secret in the password slot of JSON-RPC.
fn by_password(served: &Served, demo: &Demo, uid: i64, secret: &str) -> Json {
    let args = json!([
        demo.fact("/database"),
        uid,
        secret,
        "res.partner",
        "search_count",
        [[]]
    ]);
    let body = json!({"params": {"service": "object", "method": "execute_kw", "args": args}});
    let request = http::Request::post(format!("{}/jsonrpc", served.url))
        .header("content-type", "application/json")
        .body(body.to_string().into_bytes())
        .unwrap();
    serde_json::from_slice(&send(request).body).unwrap()
}

fn log_in(served: &Served, demo: &Demo, secret: &str) -> Json {
    let args = json!([demo.fact("/database"), "integration", secret]);
    let body = json!({"params": {"service": "common", "method": "login", "args": args}});
    let request = http::Request::post(format!("{}/jsonrpc", served.url))
        .header("content-type", "application/json")
        .body(body.to_string().into_bytes())
        .unwrap();
    serde_json::from_slice(&send(request).body).unwrap()
}

const STYLES: &[&str] = &[
    "--style", "header", "--style", "bearer", "--style", "apikey", "--style", "basic", "--style",
    "password", "--style", "query",
];

fn basic(text: &str) -> String {
    let text = base64::engine::general_purpose::STANDARD.encode(text);
    format!("Basic {text}")
}

#[test]
fn a_secret_from_elsewhere_comes_in_the_ways_of_other_gateways_and_in_no_other() {
    let demo = Demo::start();
    let place = Place::before(&demo, &format!("{PATIENT}[credentials]\nin-query = true\n"));
    imported(&place, "shop", SHOP, STYLES);
    let served = place.serve();
    let bearer = format!("Bearer {SHOP}");
    let apikey = format!("ApiKey {SHOP}");
    let (first, last) = (basic(&format!("{SHOP}:")), basic(&format!(":{SHOP}")));
    for (name, value) in [
        ("API-KEY", SHOP),
        ("X-API-Key", SHOP),
        ("authorization", &bearer),
        ("authorization", &apikey),
        ("authorization", &first),
        ("authorization", &last),
    ] {
        let got = ask(&served, COUNT, &[(name, value)]);
        assert_eq!(got.status, 200, "{name}: {value}: {}", got.text());
    }
    let query = format!("{COUNT}?api_key={SHOP}");
    assert_eq!(ask(&served, &query, &[]).status, 200);
    let uid = log_in(&served, &demo, SHOP)["result"].as_i64().unwrap();
    let counted = by_password(&served, &demo, uid, SHOP);
    assert!(counted["result"].is_number(), "{counted}");
    let reached = demo.reached();
    assert!(reached.len() >= 8, "{reached:?}");
    assert!(!format!("{reached:?}").contains(SHOP), "it goes no further");

    let token = format!("token {SHOP}");
    let person = basic(&format!("integration:{SHOP}"));
    let near = SHOP.replace("52", "53");
    let (near_bearer, near_query) = (format!("Bearer {near}"), format!("{COUNT}?api_key={near}"));
    for (path, name, value) in [
        (COUNT, "authorization", token.as_str()),
        (COUNT, "authorization", &person),
        (COUNT, "authorization", SHOP),
        (COUNT, "cookie", &format!("session_id={SHOP}")),
        (COUNT, "api-key", &near),
        (COUNT, "authorization", &near_bearer),
        (COUNT, "api-key", &SHOP.to_uppercase()),
        (COUNT, "api-key", &format!("{SHOP}0")),
        (&near_query, "x-nothing", ""),
    ] {
        let got = ask(&served, path, &[(name, value)]);
        assert!(
            matches!(got.status, 401 | 403),
            "{name}: {value}: {}",
            got.status
        );
    }
    let got = ask(&served, COUNT, &[("api-key", SHOP), ("x-api-key", SHOP)]);
    assert_eq!(got.status, 400, "two are one too many");
    let refused = by_password(&served, &demo, uid, &near);
    assert!(refused["error"].is_object(), "{refused}");
    let other = by_password(&served, &demo, uid + 1, SHOP);
    assert!(
        other["error"].is_object(),
        "it is bound to its user: {other}"
    );
    assert!(demo.reached().is_empty());
}

#[test]
fn its_id_is_no_secret_and_opens_nothing() {
    let demo = Demo::start();
    let place = Place::before(&demo, PATIENT);
    let id = imported(&place, "shop", SHOP, &[]);
    let (made, _) = place.key("made", &[]);
    let served = place.serve();
    assert_eq!(status(&served, SHOP), 200);
    assert_eq!(status(&served, &made), 200);
    demo.reached();
    // A key of ours with the id of this one, whose check fits.
    let whole = |id: &str| {
        let body = format!("{id}_{}", "a".repeat(52));
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, body.as_bytes());
        let letters = base32(digest.as_ref());
        format!("{body}{}", letters.get(..7).unwrap())
    };
    for _ in 0..20 {
        assert_eq!(status(&served, &whole(&id)), 401);
    }
    assert!(demo.reached().is_empty());
    assert_eq!(
        status(&served, SHOP),
        200,
        "whoever guesses by the id holds up nobody"
    );
}

/// Base32 in small letters, as keys have it.
fn base32(bytes: &[u8]) -> String {
    const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyz234567";
    let mut text = String::new();
    let (mut held, mut bits) = (0u32, 0);
    for byte in bytes {
        held = (held << 8) | u32::from(*byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            text.push(char::from(LETTERS[((held >> bits) & 31) as usize]));
        }
    }
    text
}

#[test]
fn what_is_over_suspended_revoked_or_elsewhere_is_refused_as_what_is_unknown() {
    let demo = Demo::start();
    let trusting = format!("[addresses]\ntrusted-proxies = [\"127.0.0.1\"]\n{PATIENT}");
    let place = Place::before(&demo, &trusting);
    let id = imported(&place, "shop", SHOP, &["--from", "192.0.2.0/24"]);
    let till = imported(&place, "till", TILL, &[]);
    let soon = time::OffsetDateTime::now_utc() + time::Duration::seconds(8);
    let soon = soon
        .format(&time::format_description::well_known::Rfc3339)
        .unwrap();
    let short = "0d9e8b7c6a523f9c1e7ab2d84c60a5f1";
    imported(&place, "short", short, &["--expires", &soon]);
    let served = place.serve();
    let from = |address: &str, key: &str| {
        let headers = [
            ("api-key", key),
            ("x-forwarded-for", address),
            ("x-forwarded-proto", "https"),
        ];
        ask(&served, COUNT, &headers)
    };
    let said = |got: &Got| {
        let body: Json = serde_json::from_slice(&got.body).unwrap();
        (got.status, body["message"].clone())
    };
    assert_eq!(from("192.0.2.7", SHOP).status, 200);
    assert_eq!(from("192.0.2.7", short).status, 200);
    assert_eq!(from("192.0.2.7", TILL).status, 200);
    let bearer = format!("Bearer {TILL}");
    demo.reached();
    let unknown = said(&from("192.0.2.7", "00000000-1111-2222-3333-4444abcdef01"));
    assert_eq!(unknown.0, 401);
    assert_eq!(said(&from("198.51.100.1", SHOP)), unknown, "from elsewhere");
    let shown = ask(
        &served,
        COUNT,
        &[
            ("authorization", &bearer),
            ("x-forwarded-for", "192.0.2.7"),
            ("x-forwarded-proto", "https"),
        ],
    );
    assert_eq!(said(&shown), unknown, "in a header only, as it came");
    assert_eq!(place.run(&["key", "suspend", &id]).1["state"], "suspended");
    assert_eq!(place.run(&["key", "revoke", &till]).1["state"], "revoked");
    let known = within(1500, || {
        (from("192.0.2.7", TILL).status == 401).then_some(())
    });
    assert!(known.is_some());
    demo.reached();
    for key in [SHOP, TILL] {
        assert_eq!(said(&from("192.0.2.7", key)), unknown);
    }
    let over = within(10_000, || {
        (from("192.0.2.7", short).status == 401).then_some(())
    });
    assert!(over.is_some(), "it is not over");
    demo.reached();
    assert_eq!(said(&from("192.0.2.7", short)), unknown);
    assert!(demo.reached().is_empty());
    assert_eq!(place.run(&["key", "resume", &id]).1["state"], "valid");
    let again = within(1500, || {
        (from("192.0.2.7", SHOP).status == 200).then_some(())
    });
    assert!(again.is_some(), "it is taken again");
    // Closed records are written in a moment.
    pause(500);
    let trail = format!("{:?}", place.lines(&["audit", "tail", "-n", "500"]));
    for note in [
        "key-address",
        "key-style",
        "key-suspended",
        "key-revoked",
        "key-expired",
    ] {
        assert!(trail.contains(note), "{note}: {trail}");
    }
}

#[test]
fn an_address_that_guessed_too_often_goes_on_only_with_what_it_has_shown() {
    let demo = Demo::start();
    let settings = "[addresses]\ntrusted-proxies = [\"127.0.0.1\"]\n\
        [limits]\nper-minute = 6000\nburst = 1000\naddress-failures-per-minute = 1\naddress-failures-burst = 3\n";
    let place = Place::before(&demo, settings);
    imported(&place, "shop", SHOP, &[]);
    imported(&place, "till", TILL, &[]);
    let served = place.serve();
    let from = |address: &str, key: &str| {
        let headers = [
            ("api-key", key),
            ("x-forwarded-for", address),
            ("x-forwarded-proto", "https"),
        ];
        ask(&served, COUNT, &headers).status
    };
    let (office, elsewhere) = ("192.0.2.7", "198.51.100.1");
    assert_eq!(from(office, SHOP), 200);
    for turn in 0..3 {
        let guess = format!("guess-{turn}-9c1e7ab2d84c60a5");
        assert_eq!(from(office, &guess), 401);
    }
    demo.reached();
    assert_eq!(from(office, "guess-9-9c1e7ab2d84c60a5"), 429);
    assert_eq!(
        from(office, TILL),
        429,
        "a right guess is told as a wrong one"
    );
    assert!(demo.reached().is_empty());
    assert_eq!(from(office, SHOP), 200, "a client that was there goes on");
    assert_eq!(from(elsewhere, TILL), 200);
}

#[test]
fn nothing_of_it_is_kept_logged_or_told() {
    let demo = Demo::start();
    let place = Place::before(&demo, PATIENT);
    let id = imported(&place, "shop", SHOP, STYLES);
    let log = place.path().join("log");
    let mut program = place.program(&["serve"]);
    let file = std::fs::File::create(&log).unwrap();
    let mut child = program
        .env("PORTCULLIS_LOG", "trace")
        .stderr(file.try_clone().unwrap())
        .stdout(file)
        .spawn()
        .unwrap();
    let url = within(20_000, || {
        let text = std::fs::read_to_string(&log).unwrap();
        let (_, rest) = text.split_once("listens on ")?;
        Some(rest.lines().next()?.trim().to_owned())
    });
    let url = url.expect("it says where it listens");
    let post = |headers: &[(&str, &str)]| {
        let mut request =
            http::Request::post(format!("{url}{COUNT}")).header("content-type", "application/json");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        send(request.body(b"{\"domain\":[]}".to_vec()).unwrap())
    };
    let got = post(&[("api-key", SHOP)]);
    assert_eq!(got.status, 200);
    for headers in [
        vec![("api-key", SHOP), ("x-api-key", SHOP)],
        vec![("authorization", SHOP)],
        vec![(
            "authorization",
            "token 3f9c1e7a-b2d8-4c60-a5f1-0d9e8b7c6a52",
        )],
    ] {
        let got = post(&headers);
        assert!(got.status >= 400 && !got.text().contains(SHOP));
    }
    pause(500);
    let shown = place.run(&["key", "show", &id]).1;
    assert_eq!(shown["origin"], "imported");
    assert!(!shown.to_string().contains(SHOP));
    child.kill().unwrap();
    child.wait().unwrap();
    std::fs::remove_file(place.path().join("shop.csv")).unwrap();
    let mut folders = vec![place.path().to_owned()];
    let mut looked = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            looked += 1;
            let bytes = std::fs::read(&path).unwrap();
            let text = String::from_utf8_lossy(&bytes);
            assert!(!text.contains(SHOP), "{}", path.display());
        }
    }
    assert!(looked > 4, "store, ledger, log");
}
