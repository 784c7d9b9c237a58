//! Guessing at one account, from many addresses.

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
fn a_key_is_held_for_strangers_and_goes_on_where_it_was_shown() {
    let town = Town::with(&logins(&["anna"]), STAFF, SETTINGS);
    let (key, id) = town
        .place
        .key("shop", &["--upstream", "odoo", "--administrator"]);
    let (other, _) = town
        .place
        .key("other", &["--upstream", "odoo", "--administrator"]);
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
    let home = "192.0.2.1";
    assert_eq!(count(home, &key, 0).status, 200);
    // A wrong secret with the right check, for a key that is known by its id.
    let guess = |n: u8| guessed(&id, n);
    for n in 0..5 {
        let got = count(&format!("198.51.100.{n}"), &guess(n), n.into());
        assert!(!got.text().contains("\"result\": 1"), "{}", got.text());
    }
    town.odoo.heard();
    let wrong = count("198.51.100.77", &guess(9), 0);
    let right = count("198.51.100.77", &key, 0);
    assert_eq!((wrong.status, right.status), (401, 401));
    assert_eq!(wrong.body.len(), right.body.len(), "told alike");
    assert!(town.odoo.heard().is_empty());
    assert_eq!(count(home, &key, 0).status, 200, "at home it goes on");
    assert_eq!(
        count("198.51.100.77", &other, 0).status,
        200,
        "others do anyhow"
    );
    let noted = crate::within(4000, || Some(notes(&town)).filter(|all| all.len() == 1));
    assert!(noted.is_some(), "{:?}", notes(&town));
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
