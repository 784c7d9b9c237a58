//! A batch of whoever shows login and password with each request.

use std::sync::atomic::Ordering;

use serde_json::{Value as Json, json};

use super::Person;
use super::basic::{ON, coming, log_ins};
use super::town::{Town, logins, password};

const BATCH: &str = "/u/odoo/api/v1/-/batch";

/// Asks for two things at once; answers the status, and those of the two.
fn both(who: &Person) -> (u16, Vec<u64>, Json) {
    let items = json!([
        {"method": "GET", "path": "/api/v1/res.partner?fields=name&limit=1"},
        {"method": "POST", "path": "/api/v1/res.partner/search_count", "body": {"domain": []}},
    ]);
    let (got, answers) = who.json("POST", BATCH, &[], &items);
    let each = answers["data"].as_array().into_iter().flatten();
    let each = each.filter_map(|answer| answer["status"].as_u64());
    (got.status, each.collect(), answers)
}

#[test]
fn a_batch_by_basic_is_one_log_in_and_each_of_its_requests_is_the_persons() {
    let town = Town::of(&logins(&["anna"]), ON);
    let served = town.serve();
    let anna = coming(&served.url, "anna", &password("anna"));
    let (status, each, answers) = both(&anna);
    assert_eq!((status, &each[..]), (200, &[200, 200][..]), "{answers}");
    assert_eq!(log_ins(&town.odoo.heard()), 1);
    town.odoo.ends.store(true, Ordering::SeqCst);
    let (status, each, answers) = both(&anna);
    assert_eq!((status, &each[..]), (200, &[200, 200][..]), "{answers}");
    assert_eq!(
        log_ins(&town.odoo.heard()),
        1,
        "the ERP had ended its session"
    );
    let trail = town.place.lines(&["audit", "tail", "-n", "100"]);
    let by_anna = trail.iter().filter(|line| line["principal"] == "anna");
    assert_eq!(by_anna.count(), 4, "{trail:?}");
}

#[test]
fn a_batch_of_whoever_does_not_come_in_is_refused_as_a_whole() {
    let more = format!("{ON}\ndeny = [\"carl\"]");
    let town = Town::of(&logins(&["anna", "carl"]), &more);
    let served = town.serve();
    let of = |login: &str, given: &str| both(&coming(&served.url, login, given));
    assert_eq!(of("anna", &password("anna")).0, 200);
    town.odoo.heard();
    for (login, given, asked) in [
        ("anna", "wrong".to_owned(), 1),
        ("carl", password("carl"), 0),
        ("admin", password("admin"), 0),
    ] {
        let (status, each, answers) = of(login, &given);
        assert_eq!((status, each.len()), (401, 0), "{login}: {answers}");
        let heard = town.odoo.heard();
        assert_eq!(log_ins(&heard), asked, "{login}: one guess is one");
        assert!(!format!("{heard:?}").contains("res.partner\""), "{heard:?}");
    }
    assert_eq!(of("anna", &password("anna")).0, 200, "and others go on");

    let shut = Town::of(&logins(&["anna"]), "roles = [\"reader\"]");
    let served = shut.serve();
    let (status, each, answers) = both(&coming(&served.url, "anna", &password("anna")));
    assert_eq!((status, each.len()), (401, 0), "{answers}");
    assert!(shut.odoo.heard().is_empty());
}
