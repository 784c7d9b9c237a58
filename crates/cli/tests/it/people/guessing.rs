//! Guessing at one account, from many addresses.

use base64::Engine as _;
use serde_json::{Value as Json, json};

use super::Person;
use super::town::{Town, logins, password};

const STAFF: &str = "roles = [\"reader\"]";

/// Many addresses through one proxy that is believed; five wrong secrets hold an account.
const SETTINGS: &str = "[limits]\nper-minute = 60000000\nburst = 1000000\n\
    account-failures-burst = 5\n\
    [addresses]\ntrusted-proxies = [\"127.0.0.0/8\"]\n";

fn notes(town: &Town) -> Vec<Json> {
    let trail = town.place.lines(&["audit", "tail", "-n", "200"]);
    let held = |line: &&Json| line.to_string().contains("account-held");
    trail.iter().filter(held).cloned().collect()
}

#[test]
fn a_person_is_held_for_strangers_and_goes_on_where_they_logged_in() {
    let town = Town::with(&logins(&["anna", "bert"]), STAFF, SETTINGS);
    let served = town.serve();
    let mut home = Person::from(&served.url, "192.0.2.1");
    assert!(home.log_in("anna", &password("anna")).1["result"]["uid"].is_i64());
    for n in 0..5 {
        let mut stranger = Person::from(&served.url, &format!("198.51.100.{n}"));
        let (_, answer) = stranger.log_in("anna", "wrong");
        assert_eq!(
            answer["error"]["data"]["name"],
            "odoo.exceptions.AccessDenied"
        );
    }
    town.odoo.heard();
    let mut stranger = Person::from(&served.url, "198.51.100.77");
    let (_, answer) = stranger.log_in("anna", &password("anna"));
    assert!(
        answer["error"].is_object(),
        "the right one, too late: {answer}"
    );
    assert!(stranger.cookie.is_none());
    let (_, answer) = stranger.log_in("ANNA ", &password("anna"));
    assert!(answer["error"].is_object(), "{answer}");
    assert!(town.odoo.heard().is_empty(), "the ERP is not asked");
    // Whoever does not exist is held alike.
    for n in 0..6 {
        let mut stranger = Person::from(&served.url, &format!("203.0.113.{n}"));
        let (_, answer) = stranger.log_in("nobody", "wrong");
        let name = answer["error"]["data"]["name"].as_str().unwrap().to_owned();
        assert_eq!(name.contains("TooMany"), n == 5, "{n}: {answer}");
    }

    let (_, answer) = Person::from(&served.url, "192.0.2.1").log_in("anna", &password("anna"));
    assert!(
        answer["result"]["uid"].is_i64(),
        "at home it goes on: {answer}"
    );
    assert!(home.count()["result"].is_i64(), "and so do sessions");
    let (_, answer) = stranger.log_in("bert", &password("bert"));
    assert!(answer["result"]["uid"].is_i64(), "others log in: {answer}");
    let noted = crate::within(4000, || Some(notes(&town)).filter(|all| all.len() == 2));
    assert!(noted.is_some(), "each is recorded once: {:?}", notes(&town));
}

#[test]
fn many_guesses_at_once_are_no_more_than_one_after_the_other() {
    let town = Town::with(&logins(&["anna"]), STAFF, SETTINGS);
    let served = town.serve();
    let (_, answer) = Person::from(&served.url, "192.0.2.1").log_in("anna", &password("anna"));
    assert!(answer["result"]["uid"].is_i64(), "{answer}");
    town.odoo.heard();
    let tries = || {
        let heard = town.odoo.heard();
        let tries = heard
            .iter()
            .filter(|one| one.line.ends_with("/authenticate"));
        tries.count()
    };
    // What is not decided yet counts.
    town.odoo
        .slow
        .store(true, std::sync::atomic::Ordering::SeqCst);
    std::thread::scope(|scope| {
        for n in 0..30 {
            let mut stranger = Person::from(&served.url, &format!("198.51.100.{n}"));
            scope.spawn(move || stranger.log_in("anna", "wrong"));
        }
    });
    assert_eq!(tries(), 5);
}

#[test]
fn right_passwords_at_once_are_let_in_by_basic() {
    let basic = format!("{STAFF}\nbasic = \"on\"");
    let town = Town::with(&logins(&["anna"]), &basic, SETTINGS);
    let served = town.serve();
    let pair =
        base64::engine::general_purpose::STANDARD.encode(format!("anna:{}", password("anna")));
    let header = format!("Basic {pair}");
    town.odoo
        .slow
        .store(true, std::sync::atomic::Ordering::SeqCst);
    let (url, header) = (served.url.as_str(), header.as_str());
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let all: Vec<_> = (0..20)
            .map(|_| {
                scope.spawn(move || {
                    let someone = Person::from(url, "192.0.2.1");
                    let path = "/json/2/res.partner/search_count";
                    let body = json!({"domain": []});
                    let got = someone.json("POST", path, &[("authorization", header)], &body);
                    got.0.status
                })
            })
            .collect();
        all.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert_eq!(statuses, [200; 20]);
}

#[test]
fn nobody_keeps_the_holder_of_a_key_out_by_its_id() {
    let town = Town::with(&logins(&["anna"]), STAFF, SETTINGS);
    let (key, id) = town
        .place
        .key("shop", &["--upstream", "odoo", "--administrator"]);
    let served = town.serve();
    let count = |address: &str, key: &str, way: usize| {
        let someone = Person::from(&served.url, address);
        let args = json!(["demo", 7, key, "res.partner", "search_count", [[]]]);
        let rpc = json!({"params": {"service": "object", "method": "execute_kw", "args": args}});
        let body = json!({"domain": []});
        let path = "/json/2/res.partner/search_count";
        match way % 3 {
            0 => someone.json("POST", path, &[("x-api-key", key)], &body).0,
            1 => {
                let bearer = format!("Bearer {key}");
                someone
                    .json("POST", path, &[("authorization", &bearer)], &body)
                    .0
            }
            _ => someone.json("POST", "/jsonrpc", &[], &rpc).0,
        }
    };
    assert_eq!(count("192.0.2.1", &key, 0).status, 200);
    town.odoo.heard();
    // Wrong secrets with the right check, for a key that is known by its id.
    for n in 0..30 {
        let got = count(&format!("198.51.100.{n}"), &guessed(&id, n), n.into());
        assert!(!got.text().contains("\"result\": 1"), "{}", got.text());
    }
    assert!(town.odoo.heard().is_empty());
    for address in ["192.0.2.1", "203.0.113.9", "198.51.100.1"] {
        assert_eq!(count(address, &key, 0).status, 200, "{address}");
    }
}

/// A key of this id with another secret.
fn guessed(id: &str, n: u8) -> String {
    const ALPHABET: &[u8] = b"abcdefghijklmnopqrstuvwxyz234567";
    let letters = id.strip_prefix("pck_").unwrap().bytes();
    let bits = letters.fold(0_u128, |bits, letter| {
        let at = ALPHABET.iter().position(|known| *known == letter).unwrap();
        bits << 5 | u128::try_from(at).unwrap()
    });
    let mut entropy = [n; 42];
    entropy[..10].copy_from_slice(&bits.to_be_bytes()[6..]);
    let key = portcullis_identity::ApiKey::from_entropy(&entropy);
    assert_eq!(key.id().as_str(), id);
    key.expose_whole(str::to_owned)
}
