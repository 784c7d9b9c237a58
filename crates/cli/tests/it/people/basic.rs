//! Login and password of the ERP with each request, as `Authorization: Basic`.

use std::sync::atomic::Ordering;

use base64::Engine as _;
use portcullis_identity::PREFIXES;
use serde_json::{Value as Json, json};

use super::Person;
use super::town::{BOSS, Heard, Town, logins, password};
use crate::demo::Got;

pub(super) const ON: &str = "roles = [\"reader\"]\nbasic = \"on\"";
const ANNA: &str = "anna@example.com";
pub(super) const COUNT: &str = "/json/2/res.partner/search_count";
pub(super) const LIST: &str = "/api/resource/Customer";

pub(super) fn basic(login: &str, password: &str) -> String {
    let pair = format!("{login}:{password}");
    format!(
        "Basic {}",
        base64::engine::general_purpose::STANDARD.encode(pair)
    )
}

/// Somebody whose client sends Basic with each request.
pub(super) fn coming(url: &str, login: &str, password: &str) -> Person {
    let mut someone = Person::at(url);
    someone.headers = vec![("authorization", basic(login, password))];
    someone
}

impl Person {
    pub(super) fn count_by_json2(&self) -> (Got, Json) {
        self.json("POST", COUNT, &[], &json!({"domain": []}))
    }

    pub(super) fn customers(&self) -> (Got, Json) {
        self.json("GET", LIST, &[], &Json::Null)
    }
}

pub(super) fn log_ins(heard: &[Heard]) -> usize {
    let is_one = |heard: &&Heard| {
        heard.line == "POST /web/session/authenticate" || heard.line == "POST /api/method/login"
    };
    heard.iter().filter(is_one).count()
}

#[test]
fn whoever_sends_basic_each_time_logs_in_at_the_erp_once() {
    let town = Town::of(&logins(&[ANNA]), ON);
    let served = town.serve();
    let anna = coming(&served.url, ANNA, &password(ANNA));
    for _ in 0..5 {
        let (got, count) = anna.count_by_json2();
        assert_eq!((got.status, count.is_i64()), (200, true), "{count}");
        let (got, rows) = anna.json(
            "GET",
            "/u/odoo/api/v1/res.partner?fields=name",
            &[],
            &Json::Null,
        );
        assert_eq!(got.status, 200, "{rows}");
    }
    let made = json!({"vals_list": [{"name": "Of Anna"}]});
    let (got, made) = anna.json("POST", "/json/2/res.partner/create", &[], &made);
    assert_eq!(got.status, 200, "{made}");
    let read = json!({"ids": made, "fields": ["create_uid"]});
    let (_, rows) = anna.json("POST", "/json/2/res.partner/read", &[], &read);
    let heard = town.odoo.heard();
    let logged_in = Person::at(&served.url).log_in(ANNA, &password(ANNA)).1;
    let uid = &logged_in["result"]["uid"];
    assert_eq!(&rows[0]["create_uid"][0], uid, "as the person: {rows}");

    assert_eq!(log_ins(&heard), 1, "{heard:?}");
    let secret = password(ANNA);
    let told = heard.iter().filter(|heard| heard.body.contains(&secret));
    assert_eq!(told.count(), 1);
    assert!(
        heard
            .iter()
            .all(|heard| !heard.head.contains("authorization"))
    );
    let (got, rows) = anna.customers();
    assert_eq!(got.status, 200, "{rows}");
    for _ in 0..5 {
        assert_eq!(anna.customers().0.status, 200);
    }
    assert_eq!(log_ins(&town.erpnext.heard()), 1);

    let kept = town.kept();
    let holds = |text: &str| kept.windows(text.len()).any(|part| part == text.as_bytes());
    assert!(!holds(&secret), "the password is kept nowhere");
    let trail = town.place.lines(&["audit", "tail", "-n", "200"]);
    let by_anna = trail.iter().filter(|line| line["principal"] == ANNA);
    assert!(by_anna.count() >= 18, "{trail:?}");
}

#[test]
fn many_at_once_are_one_log_in() {
    let town = Town::of(&logins(&["anna"]), ON);
    let served = town.serve();
    std::thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| {
                let anna = coming(&served.url, "anna", &password("anna"));
                assert_eq!(anna.count_by_json2().0.status, 200);
            });
        }
    });
    assert_eq!(log_ins(&town.odoo.heard()), 1);
}

#[test]
fn basic_is_refused_unless_it_is_switched_on_and_the_erp_hears_nothing_of_it() {
    let town = Town::of(&logins(&[ANNA]), ON);
    let served = town.serve();
    let anna = coming(&served.url, ANNA, &password(ANNA));
    assert_eq!(anna.count_by_json2().0.status, 200);
    assert_eq!(anna.customers().0.status, 200);
    for town in [
        Town::of(&logins(&[ANNA]), "roles = [\"reader\"]"),
        Town::closed(&logins(&[ANNA])),
    ] {
        let served = town.serve();
        let anna = coming(&served.url, ANNA, &password(ANNA));
        for (got, answer) in [anna.count_by_json2(), anna.customers()] {
            assert_eq!(got.status, 401, "{answer}");
            let said = answer.to_string();
            assert!(
                said.contains("use a gateway key") && said.contains("log in"),
                "{said}"
            );
        }
        assert!(town.odoo.heard().is_empty() && town.erpnext.heard().is_empty());
    }
}

#[test]
fn administrators_and_the_denied_do_not_come_by_basic() {
    let more = format!("{ON}\ndeny = [\"carl\"]");
    let town = Town::of(&logins(&["anna", "carl", BOSS]), &more);
    let served = town.serve();
    let of = |login: &str, given: &str| coming(&served.url, login, given);
    assert_eq!(of("anna", &password("anna")).count_by_json2().0.status, 200);
    town.odoo.heard();
    let mut told = Vec::new();
    for (login, given, asked) in [
        ("anna", "wrong".to_owned(), 1),
        ("nobody", "wrong".to_owned(), 1),
        ("carl", password("carl"), 0),
        ("admin", password("admin"), 0),
        ("Administrator", password("Administrator"), 0),
        // An administrator by group: only the ERP can say it, once the password is right.
        ("integration", password("integration"), 1),
    ] {
        let (got, answer) = of(login, &given).count_by_json2();
        assert_eq!(got.status, 401, "{login}: {answer}");
        let heard = town.odoo.heard();
        assert_eq!(log_ins(&heard), asked, "{login}: {heard:?}");
        assert!(!format!("{heard:?}").contains("search_count"), "{heard:?}");
        if login == "integration" {
            let ends = |heard: &&Heard| heard.line.ends_with("/web/session/destroy");
            assert!(heard.iter().any(|heard| ends(&heard)), "{heard:?}");
        }
        told.push(answer["message"].clone());
    }
    told.dedup();
    assert_eq!(told.len(), 1, "nothing is found out by it: {told:?}");

    let mut manager = Person::at(&served.url);
    assert_eq!(
        manager.log_in_to_frappe(BOSS, &password(BOSS)).status,
        200,
        "a log-in is another matter"
    );
    let (got, answer) = of(BOSS, &password(BOSS)).customers();
    assert_eq!(got.status, 401, "{answer}");
    assert_eq!(of("carl", "wrong").customers().0.status, 401);
    assert_eq!(
        of("anna", &password("anna")).count_by_json2().0.status,
        200,
        "and others go on"
    );
}

#[test]
fn what_the_erp_has_ended_for_good_is_refused_and_asked_for_again() {
    let town = Town::of(&logins(&["anna", "guarded"]), ON);
    let served = town.serve();
    let anna = coming(&served.url, "anna", &password("anna"));
    assert_eq!(anna.count_by_json2().0.status, 200);
    town.odoo.over.store(true, Ordering::SeqCst);
    town.odoo.heard();
    let (got, answer) = anna.count_by_json2();
    assert_eq!(got.status, 401, "{answer}");
    assert_eq!(
        log_ins(&town.odoo.heard()),
        1,
        "it is tried once more, and no more"
    );
    town.odoo.over.store(false, Ordering::SeqCst);
    town.odoo.heard();
    assert_eq!(anna.count_by_json2().0.status, 200);
    assert_eq!(log_ins(&town.odoo.heard()), 1);
    let (got, answer) = coming(&served.url, "guarded", "any").count_by_json2();
    assert_eq!(got.status, 401, "{answer}");
    assert!(answer.to_string().contains("second factor"), "{answer}");
}

#[test]
fn guessing_by_basic_holds_the_account_for_strangers_and_not_for_its_holder() {
    let settings = "[limits]\nper-minute = 60000000\nburst = 1000000\n\
        account-failures-burst = 5\n\
        [addresses]\ntrusted-proxies = [\"127.0.0.0/8\"]\n";
    let town = Town::with(&logins(&["anna"]), ON, settings);
    let served = town.serve();
    let from = |address: &str, given: &str| {
        let mut someone = Person::from(&served.url, address);
        someone
            .headers
            .push(("authorization", basic("anna", given)));
        someone.count_by_json2().0.status
    };
    assert_eq!(from("192.0.2.1", &password("anna")), 200);
    for n in 0..5 {
        assert_eq!(from(&format!("198.51.100.{n}"), "wrong"), 401);
    }
    town.odoo.heard();
    assert_eq!(from("198.51.100.77", &password("anna")), 429, "too late");
    assert_eq!(from("198.51.100.78", "wrong"), 429);
    assert_eq!(log_ins(&town.odoo.heard()), 0, "the ERP is not asked");
    assert_eq!(from("192.0.2.1", &password("anna")), 200, "at home");
}

#[test]
fn no_other_sites_page_comes_by_the_basic_of_a_browser_and_no_other_user_is_claimed() {
    let town = Town::of(&logins(&["anna", "bert"]), ON);
    let served = town.serve();
    let anna = coming(&served.url, "anna", &password("anna"));
    let body = json!({"domain": []});
    let from = |site: &str| {
        anna.json("POST", COUNT, &[("sec-fetch-site", site)], &body)
            .0
    };
    assert_eq!(from("same-origin").status, 200);
    let uid = |login: &str| {
        let mut someone = Person::at(&served.url);
        someone.log_in(login, &password(login)).1["result"]["uid"].clone()
    };
    let (own, other) = (uid("anna"), uid("bert"));
    let rpc = |uid: &Json| {
        let args = json!(["demo", uid, "", "res.partner", "search_count", [[]]]);
        let params = json!({"service": "object", "method": "execute_kw", "args": args});
        anna.ask("/jsonrpc", &[], &params).1
    };
    assert!(rpc(&own)["result"].is_i64(), "{}", rpc(&own));
    town.odoo.heard();
    assert_eq!(from("cross-site").status, 400);
    assert!(rpc(&other)["error"].is_object());
    let refused = |login: &str, given: &str| {
        let (got, _) = coming(&served.url, login, given).count_by_json2();
        assert_eq!(got.status, 401, "{login}:{given}");
    };
    refused("anna", "");
    for prefix in PREFIXES {
        let ours = format!("{prefix}aaaaaaaaaaaaaaaa");
        refused(&ours, "x");
        refused("anna", &ours);
    }
    assert!(town.odoo.heard().is_empty());
}

#[test]
fn a_key_from_elsewhere_goes_to_no_erp_as_somebodys_password() {
    let town = Town::of(&logins(&[ANNA]), ON);
    let more = [
        "--upstream",
        "odoo",
        "--style",
        "header",
        "--style",
        "basic",
        "--administrator",
    ];
    crate::foreign::imported(&town.place, "shop", crate::foreign::SHOP, &more);
    let served = town.serve();
    assert_eq!(crate::foreign::status(&served, crate::foreign::SHOP), 200);
    let (got, _) = coming(&served.url, ANNA, &password(ANNA)).count_by_json2();
    assert_eq!(got.status, 200);
    town.odoo.heard();
    let (got, _) = coming(&served.url, ANNA, crate::foreign::SHOP).count_by_json2();
    assert_eq!(got.status, 401, "{}", got.text());
    assert!(town.odoo.heard().is_empty(), "the ERP hears nothing of it");
    let wrong = coming(&served.url, ANNA, "no key and no password").count_by_json2();
    assert_eq!((wrong.0.status, town.odoo.heard().len()), (401, 1));
}
