//! Persons at an Odoo.

use std::sync::atomic::Ordering;

use portcullis_identity::PREFIXES;
use serde_json::{Value as Json, json};

use super::town::{Town, logins, password};
use super::{Person, refusal};
use crate::sessions::set_cookies;

const STAFF: &str = "roles = [\"reader\"]";

fn holds(all: &[u8], text: &str) -> bool {
    all.windows(text.len()).any(|part| part == text.as_bytes())
}

#[test]
fn a_person_logs_in_once_and_calls_within_the_erps_own_session() {
    let town = Town::of(&logins(&["anna", "bert"]), STAFF);
    let served = town.serve();
    let mut anna = Person::at(&served.url);
    let (got, answer) = anna.log_in("anna", &password("anna"));
    let uid = answer["result"]["uid"].clone();
    assert!(uid.is_i64(), "{answer}");
    assert_eq!(answer["result"]["username"], "anna");
    let [line] = &set_cookies(&got)[..] else {
        panic!("one cookie: {:?}", set_cookies(&got))
    };
    assert!(line.starts_with("session_id=pcs_") && line.contains("HttpOnly"));

    let made = anna.call("res.partner", "create", json!([{"name": "Of Anna"}]));
    let id = &made["result"];
    let rows = anna.call("res.partner", "read", json!([[id], ["create_uid"]]));
    assert_eq!(rows["result"][0]["create_uid"][0], uid, "{made} {rows}");

    let heard = town.odoo.heard();
    let secret = password("anna");
    let with_password = heard.iter().filter(|heard| heard.body.contains(&secret));
    let with_password: Vec<&str> = with_password.map(|heard| heard.line.as_str()).collect();
    assert_eq!(with_password, ["POST /web/session/authenticate"]);
    assert!(heard.iter().all(|heard| !heard.head.contains(&secret)));
    let calls: Vec<_> = heard
        .iter()
        .filter(|heard| heard.line == "POST /web/dataset/call_kw")
        .collect();
    assert!(calls.len() >= 2, "{heard:?}");
    for call in calls {
        assert!(call.cookie.starts_with("session_id="), "{call:?}");
        assert!(!call.cookie.contains("pcs_"), "{call:?}");
        assert!(!call.head.contains("authorization"), "{call:?}");
    }
    let own = heard.iter().find(|heard| !heard.cookie.is_empty()).unwrap();
    let own = own.cookie.trim_start_matches("session_id=");
    assert!(!got.text().contains(own) && !line.contains(own));
    let kept = town.kept();
    assert!(!holds(&kept, &secret), "the password is kept nowhere");
    assert!(!holds(&kept, own), "the ERP's session is sealed");

    let trail = town.place.lines(&["audit", "tail"]);
    let by_anna = trail.iter().filter(|line| line["principal"] == "anna");
    assert!(by_anna.count() >= 3, "{trail:?}");
}

#[test]
fn who_does_not_log_in_at_the_erp_does_not_log_in_here() {
    let more = "roles = [\"reader\"]\ndeny = [\"Carl\"]";
    let town = Town::of(&logins(&["anna", "carl"]), more);
    let served = town.serve();
    let mut anna = Person::at(&served.url);
    assert!(anna.log_in("anna", &password("anna")).1["result"]["uid"].is_i64());
    town.odoo.heard();
    let mut told = Vec::new();
    let ours = PREFIXES.map(|prefix| format!("{prefix}aaaaaaaaaaaaaaaa_and_so_on"));
    let ours = ours.iter().map(|ours| ("anna", ours.as_str(), 0));
    let others = [
        ("anna", "wrong", 1),
        ("nobody", "wrong", 1),
        ("carl", &*password("carl"), 0),
        ("CARL", &*password("carl"), 0),
        ("admin", &*password("admin"), 0),
        ("anna", "", 0),
    ];
    for (login, given, asked) in others.into_iter().chain(ours) {
        let mut someone = Person::at(&served.url);
        let (got, answer) = someone.log_in(login, given);
        told.push(refusal(&got, &answer));
        let heard = town.odoo.heard();
        assert_eq!(heard.len(), asked, "{login} {given}: {heard:?}");
        let lines = heard.iter().map(|heard| heard.line.as_str());
        assert!(lines.eq(std::iter::repeat_n("POST /web/session/authenticate", asked)));
        assert_eq!(someone.count()["error"]["code"], 100);
    }
    assert_eq!(told[0].1, "odoo.exceptions.AccessDenied");
    told.dedup();
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(anna.count()["result"].is_i64(), "and the others go on");
}

#[test]
fn nobody_logs_in_with_a_password_of_the_erp_unless_it_is_said_so() {
    let open = Town::of(&logins(&["anna"]), STAFF);
    let served = open.serve();
    let (_, answer) = Person::at(&served.url).log_in("anna", &password("anna"));
    assert!(answer["result"]["uid"].is_i64(), "{answer}");
    let closed = Town::closed(&logins(&["anna"]));
    let served = closed.serve();
    let (got, answer) = Person::at(&served.url).log_in("anna", &password("anna"));
    assert_eq!(refusal(&got, &answer).1, "odoo.exceptions.AccessDenied");
    assert!(
        closed.odoo.heard().is_empty(),
        "the ERP hears nothing of it"
    );
}

#[test]
fn a_second_factor_is_asked_for_by_the_erp_and_ends_the_log_in() {
    let town = Town::of(&logins(&["anna", "guarded"]), STAFF);
    let served = town.serve();
    let mut anna = Person::at(&served.url);
    assert!(anna.log_in("anna", &password("anna")).1["result"]["uid"].is_i64());
    town.odoo.heard();
    let (got, answer) = Person::at(&served.url).log_in("guarded", &password("guarded"));
    let (_, name, message) = refusal(&got, &answer);
    assert_eq!(name, "odoo.exceptions.AccessDenied");
    assert!(
        message.as_str().unwrap().contains("second factor"),
        "{answer}"
    );
    assert_eq!(town.odoo.heard().len(), 1);
    assert!(!got.text().contains("half"), "{}", got.text());
}

#[test]
fn when_the_erps_session_ends_so_does_ours_and_the_other_way_round() {
    let town = Town::of(&logins(&["anna"]), STAFF);
    let served = town.serve();
    let mut anna = Person::at(&served.url);
    anna.log_in("anna", &password("anna"));
    assert!(anna.count()["result"].is_i64());
    town.odoo.over.store(true, Ordering::SeqCst);
    let over = anna.count();
    assert_eq!(over["error"]["code"], 100, "{over}");
    town.odoo.over.store(false, Ordering::SeqCst);
    town.odoo.heard();
    assert_eq!(anna.count()["error"]["code"], 100, "it does not come back");
    assert!(town.odoo.heard().is_empty());

    let (mut one, mut other) = (Person::at(&served.url), Person::at(&served.url));
    one.log_in("anna", &password("anna"));
    other.log_in("anna", &password("anna"));
    assert!(one.count()["result"].is_i64());
    let own = town.odoo.heard().last().unwrap().cookie.clone();
    one.ask("/web/session/destroy", &[], &json!({}));
    let heard = town.odoo.heard();
    let ended = heard
        .iter()
        .find(|heard| heard.line == "POST /web/session/destroy");
    assert_eq!(ended.expect("it is ended there too").cookie, own);
    assert_eq!(one.count()["error"]["code"], 100);
    assert!(other.count()["result"].is_i64(), "and no other");
}

#[test]
fn a_session_that_the_erp_exchanges_goes_on_over_a_restart() {
    let town = Town::of(&logins(&["anna"]), STAFF);
    let served = town.serve();
    let mut anna = Person::at(&served.url);
    anna.log_in("anna", &password("anna"));
    assert!(anna.count()["result"].is_i64());
    assert!(
        !town
            .odoo
            .heard()
            .last()
            .unwrap()
            .cookie
            .contains("exchanged")
    );
    town.odoo.exchanges.store(true, Ordering::SeqCst);
    assert!(anna.count()["result"].is_i64());
    town.odoo.heard();
    assert!(anna.count()["result"].is_i64());
    assert!(
        town.odoo
            .heard()
            .last()
            .unwrap()
            .cookie
            .contains("exchanged-")
    );
    drop(served);
    let served = town.serve();
    let again = Person {
        cookie: anna.cookie.clone(),
        ..Person::at(&served.url)
    };
    assert!(again.count()["result"].is_i64());
    assert!(
        town.odoo
            .heard()
            .last()
            .unwrap()
            .cookie
            .contains("exchanged-")
    );
}

#[test]
fn sessions_are_listed_and_ended_from_the_command_line() {
    let town = Town::of(&logins(&["anna", "bert"]), STAFF);
    let served = town.serve();
    let mut people = Vec::new();
    for login in ["anna", "anna", "bert"] {
        let mut person = Person::at(&served.url);
        person.log_in(login, &password(login));
        assert!(person.count()["result"].is_i64());
        people.push(person);
    }
    let (code, listed) = town.place.run(&["session", "list"]);
    assert_eq!(code, 0);
    let names: Vec<_> = listed
        .as_array()
        .unwrap()
        .iter()
        .map(|row| &row["name"])
        .collect();
    assert_eq!(names, ["bert", "anna", "anna"]);
    let end = ["session", "end", "--login", "anna", "--upstream", "odoo"];
    town.odoo.heard();
    let (code, ended) = town.place.run(&end);
    assert_eq!((code, &ended["ended"]), (0, &json!(2)));
    let ended_there = || {
        let heard = town.odoo.heard();
        let ends = |line: &str| line == "POST /web/session/destroy";
        heard.iter().filter(|heard| ends(&heard.line)).count()
    };
    assert_eq!(ended_there(), 2, "those at the ERP too");
    let trail = town.place.lines(&["audit", "tail", "-n", "100"]);
    let told = trail.iter().filter(|line| line["method"] == "log-out");
    assert_eq!(told.count(), 2, "{trail:?}");
    assert_eq!(town.place.run(&end).0, 1, "there is none left");
    assert_eq!(ended_there(), 0);
    crate::pause(1000);
    assert_eq!(people[0].count()["error"]["code"], 100);
    assert_eq!(people[1].count()["error"]["code"], 100);
    assert!(people[2].count()["result"].is_i64());
}

#[test]
fn a_cookie_that_was_tossed_or_taken_is_not_the_session() {
    let town = Town::of(&logins(&["anna", "bert"]), STAFF);
    let served = town.serve();
    let (mut anna, mut bert) = (Person::at(&served.url), Person::at(&served.url));
    anna.log_in("anna", &password("anna"));
    bert.log_in("bert", &password("bert"));
    assert!(anna.count()["result"].is_i64() && bert.count()["result"].is_i64());
    town.odoo.heard();
    let both = [anna.cookie.clone().unwrap(), bert.cookie.clone().unwrap()];
    let tossed = Person {
        cookie: Some(both.join("; ")),
        ..Person::at(&served.url)
    };
    let refused = tossed.count();
    assert!(refused["error"].is_object(), "{refused}");
    assert!(town.odoo.heard().is_empty(), "two of a name are none");

    let mut browser = Person::at(&served.url);
    browser.headers.push(("user-agent", "Browser/1".to_owned()));
    browser.log_in("anna", &password("anna"));
    assert!(browser.count()["result"].is_i64());
    town.odoo.heard();
    let mut thief = Person::at(&served.url);
    thief.headers.push(("user-agent", "curl/8".to_owned()));
    thief.cookie.clone_from(&browser.cookie);
    assert_eq!(thief.count()["error"]["code"], 100);
    assert_eq!(
        browser.count()["error"]["code"],
        100,
        "it has ended for both"
    );
    assert!(town.odoo.heard().is_empty());
}

#[test]
fn who_is_denied_later_is_out_and_no_credential_of_the_gateways_own_is_needed() {
    let town = Town::of(&logins(&["anna", "bert"]), STAFF);
    let file = town.place.path().join("portcullis.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    let own = "user.integration.secret-file = \"integration\"\n";
    assert!(text.contains(own));
    let text = text.replace(own, "");
    std::fs::write(&file, &text).unwrap();
    let served = town.serve();
    let (mut anna, mut bert) = (Person::at(&served.url), Person::at(&served.url));
    anna.log_in("anna", &password("anna"));
    bert.log_in("bert", &password("bert"));
    assert!(anna.count()["result"].is_i64() && bert.count()["result"].is_i64());
    drop(served);
    std::fs::write(
        &file,
        text.replace(STAFF, "roles = [\"reader\"]\ndeny = [\"anna\"]"),
    )
    .unwrap();
    let served = town.serve();
    for (person, is_in) in [(&mut anna, false), (&mut bert, true)] {
        person.url.clone_from(&served.url);
        assert_eq!(person.count()["result"].is_i64(), is_in);
    }
    let heard = town.odoo.heard();
    assert!(
        heard
            .iter()
            .all(|heard| !heard.head.contains("authorization"))
    );
    let (got, answer) = Person::at(&served.url).log_in("anna", &password("anna"));
    assert_eq!(refusal(&got, &answer).1, "odoo.exceptions.AccessDenied");
}

/// An Odoo tells nobody of a field that is for other groups.
#[test]
fn what_one_person_is_told_of_a_model_neither_opens_nor_shuts_anything_for_another() {
    let names = ["anna", "plain"];
    for first in [0, 1] {
        let town = Town::of(&logins(&names), "roles = [\"reader\"]");
        let served = town.serve();
        let mut people = names.map(|name| {
            let mut someone = Person::at(&served.url);
            let (_, answer) = someone.log_in(name, &password(name));
            assert!(answer["result"]["uid"].is_i64(), "{answer}");
            (name, someone)
        });
        people.rotate_left(first);
        for (name, someone) in &people {
            let read =
                |fields: Json| someone.call("res.partner", "search_read", json!([[], fields]));
            // Everything that may be read, and one by its name.
            let all = read(json!([]));
            let row = &all["result"][0];
            assert!(row["name"].is_string(), "{name}: {all}");
            assert_eq!(row["sale_order_count"].is_null(), *name == "plain", "{row}");
            let one = read(json!(["sale_order_count"]));
            let told = one["result"][0]["sale_order_count"].is_i64();
            assert_eq!(told, *name == "anna", "{name}: {one}");
        }
    }
}
