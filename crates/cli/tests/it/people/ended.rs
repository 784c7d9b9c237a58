//! All sessions of a person end: what gateways remember of Basic ends with them, in each process.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use portcullis_sandbox::odoo::Odoo;
use serde_json::{Value as Json, json};

use super::Person;
use super::basic::{ON, coming, log_ins};
use super::town::{Erp, Heard, Town, logins, password};
use crate::admin::{Administered, LISTEN};
use crate::within;

const ANNA: &str = "anna@example.com";

fn log_outs(heard: &[Heard]) -> usize {
    let is_one = |heard: &&Heard| {
        heard.line == "POST /web/session/destroy" || heard.line.ends_with("/api/method/logout")
    };
    heard.iter().filter(is_one).count()
}

/// How often Odoo was asked for a log-in, and for a log-out, until there were that many.
fn becomes(odoo: &Erp<Odoo>, expected: (usize, usize)) {
    let (mut ins, mut outs) = (0, 0);
    let known = within(1500, || {
        let heard = odoo.heard();
        ins += log_ins(&heard);
        outs += log_outs(&heard);
        ((ins, outs) == expected).then_some(())
    });
    assert!(known.is_some(), "{ins} log-ins, {outs} log-outs");
}

/// Whether somebody who comes is known, without a question to the ERP.
fn is_known(odoo: &Erp<Odoo>, someone: &Person) -> bool {
    odoo.heard();
    let (got, answer) = someone.count_by_json2();
    assert_eq!(got.status, 200, "{answer}");
    log_ins(&odoo.heard()) == 0
}

#[test]
fn session_end_ends_what_each_gateway_remembers_of_basic() {
    let town = Town::of(&logins(&[ANNA, "bert"]), ON);
    let (one, other) = (town.serve(), town.serve());
    let of = |url: &str, login: &str| coming(url, login, &password(login));
    let (here, there) = (of(&one.url, ANNA), of(&other.url, ANNA));
    let bert = of(&one.url, "bert");
    for someone in [&here, &there, &bert] {
        assert!(!is_known(&town.odoo, someone), "the ERP is asked once");
        assert!(is_known(&town.odoo, someone));
    }
    assert_eq!(here.customers().0.status, 200);
    town.erpnext.heard();
    let end = |login: &str| {
        let end = ["session", "end", "--upstream", "odoo", "--login", login];
        town.place.run(&end)
    };
    // There is no session in the store, and yet something ends.
    assert_eq!(end(ANNA), (0, json!({"ended": 0})));
    becomes(&town.odoo, (0, 2));
    assert!(!is_known(&town.odoo, &here) && !is_known(&town.odoo, &there));
    assert!(
        is_known(&town.odoo, &here) && is_known(&town.odoo, &there),
        "anew"
    );
    assert!(is_known(&town.odoo, &bert), "somebody else goes on");
    assert_eq!(here.customers().0.status, 200);
    let heard = town.erpnext.heard();
    assert_eq!((log_ins(&heard), log_outs(&heard)), (0, 0), "{heard:?}");
    // Once more, in another spelling, as ERPs compare logins.
    assert_eq!(end("Anna@Example.COM").0, 0);
    becomes(&town.odoo, (0, 2));
    assert!(!is_known(&town.odoo, &here) && !is_known(&town.odoo, &there));
    // What a gateway did about it is written down.
    let trail = town.place.lines(&["audit", "tail", "-n", "1000"]);
    let outs = trail.iter().filter(|line| line["method"] == "log-out");
    assert_eq!(outs.count(), 4, "{trail:?}");
}

#[test]
fn a_wrong_password_is_not_let_in_after_all_sessions_have_ended() {
    let town = Town::of(&logins(&["anna"]), ON);
    let served = town.serve();
    let anna = coming(&served.url, "anna", &password("anna"));
    assert!(!is_known(&town.odoo, &anna));
    // The ERP takes the password no more: who is remembered goes on until somebody ends that.
    town.odoo.shut.store(true, Ordering::SeqCst);
    assert!(is_known(&town.odoo, &anna));
    town.place
        .run(&["session", "end", "--upstream", "odoo", "--login", "anna"]);
    becomes(&town.odoo, (0, 1));
    let (got, answer) = anna.count_by_json2();
    assert_eq!(got.status, 401, "{answer}");
    let heard = town.odoo.heard();
    assert_eq!(log_ins(&heard), 1);
    assert!(!format!("{heard:?}").contains("search_count"), "{heard:?}");
}

#[test]
fn who_logs_out_everywhere_ends_basic_too_here_at_once_and_elsewhere_within_a_second() {
    let town = Town::of(&logins(&[ANNA]), ON);
    let (one, other) = (town.serve(), town.serve());
    let (here, there) = (
        coming(&one.url, ANNA, &password(ANNA)),
        coming(&other.url, ANNA, &password(ANNA)),
    );
    for someone in [&here, &there] {
        assert!(!is_known(&town.odoo, someone) && is_known(&town.odoo, someone));
    }
    let mut page = Person::at(&one.url);
    let body = json!({"login": ANNA, "password": password(ANNA)});
    let (got, answer) = page.json("POST", "/u/odoo/api/v1/-/login", &[], &body);
    assert_eq!(got.status, 200, "{answer}");
    page.cookie = crate::sessions::cookie(&got, "portcullis_session");
    let token = answer["data"]["csrf_token"].as_str().unwrap();
    town.odoo.heard();
    let shown = [("x-csrf-token", token)];
    let everywhere = json!({"everywhere": true});
    let (got, answer) = page.json("POST", "/u/odoo/api/v1/-/logout", &shown, &everywhere);
    assert_eq!(got.status, 200, "{answer}");
    let heard = town.odoo.heard();
    let outs = log_outs(&heard);
    assert!(
        outs >= 2,
        "the session's, and the one of Basic here: {heard:?}"
    );
    assert!(!is_known(&town.odoo, &here), "at once");
    let ended = within(1500, || (!is_known(&town.odoo, &there)).then_some(()));
    assert!(ended.is_some(), "it goes on after a second");
}

#[test]
fn the_administrative_api_ends_basic_too() {
    let town = Town::with(&logins(&[ANNA]), ON, LISTEN);
    let odoo = Arc::clone(&town.odoo);
    let gateway = Administered::at(town.place);
    let (ops, _) = gateway.key("ops", "administrator", &[]);
    let anna = coming(&gateway.served.url, ANNA, &password(ANNA));
    assert!(!is_known(&odoo, &anna) && is_known(&odoo, &anna));
    let whose = json!({"login": ANNA, "upstream": "odoo"});
    let told: Json = gateway.done(&ops, "POST", "/admin/v1/sessions/end", &whose);
    assert_eq!(told["ended"], 0);
    becomes(&odoo, (0, 1));
    assert!(!is_known(&odoo, &anna));
}
