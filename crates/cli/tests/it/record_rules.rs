//! Rules of roles in the ERP itself: `policy install`, `uninstall`, `installed`. What users see is
//! asked of the ERP, with their own keys and without the gateway.

mod edges;
mod users;
mod world;

use serde_json::json;

use crate::demo::send;
use world::{COMPANIES, OWN, World, what};

#[test]
fn the_erp_itself_refuses_what_is_beyond_the_role() {
    let world = World::start();
    world.key("shop", "narrow", "shop");
    let (all, others) = (world.count("narrow"), world.count("other"));
    let person = world.person();
    world.good("narrow", "res.partner/read", &json!({"ids": [person]}));

    // First it is only said, and nothing is written.
    let (code, said) = world.install(&["shop", "--dry-run"]);
    assert_eq!((code, what(&said)), (0, vec!["made"]));
    assert_eq!(said["dry-run"], true);
    assert_eq!(world.count("narrow"), all);

    let (code, said) = world.install(&["shop"]);
    assert_eq!((code, what(&said)), (0, vec!["made"]), "{said}");
    assert_eq!(said["checked"][0]["beyond"], 0, "{said}");
    assert_eq!(
        said["rules"][0]["operations"],
        json!(["read", "write", "create", "delete"])
    );
    let companies = world.count("narrow");
    assert!(companies > 0 && companies < all, "{companies} of {all}");
    for (method, body) in [
        ("read", json!({"ids": [person]})),
        ("write", json!({"ids": [person], "vals": {"comment": "x"}})),
        ("unlink", json!({"ids": [person]})),
        (
            "create",
            json!({"vals_list": [{"name": "N", "is_company": false}]}),
        ),
    ] {
        let (status, answer) = world.erp("narrow", &format!("res.partner/{method}"), &body);
        assert_eq!(status, 403, "{method} {answer}");
        assert_eq!(answer["name"], "odoo.exceptions.AccessError", "{method}");
    }
    let new = json!({"vals_list": [{"name": "N", "is_company": true}]});
    world.good("narrow", "res.partner/create", &new);

    // Everybody else is as before.
    assert_eq!(world.count("other"), others + 1);
    let write = json!({"ids": [person], "vals": {"comment": "y"}});
    world.good("other", "res.partner/write", &write);
    world.good("admin", "res.partner/write", &write);

    // Again, and nothing is new.
    let (code, said) = world.install(&["shop"]);
    assert_eq!((code, what(&said)), (0, vec!["as it is"]), "{said}");
    assert_eq!(world.rules(), 1);
    let (code, said) = world.policy("installed", &[]);
    assert_eq!((code, what(&said)), (0, vec!["as it is"]));
    assert_eq!(said["rules"][0]["roles"], json!(["shop"]));
    assert_eq!(said["rules"][0]["user"], "narrow");

    let (code, said) = world.policy("uninstall", &["shop"]);
    assert_eq!((code, what(&said)), (0, vec!["removed"]));
    assert_eq!(world.rules(), 0);
    assert_eq!(world.count("narrow"), all + 1);
    world.good("narrow", "res.partner/write", &write);
}

#[test]
fn what_the_gateway_lets_through_goes_on_with_the_rules() {
    let world = World::start();
    let key = world.key("shop", "narrow", "shop");
    let served = world.place.serve();
    let ask = || {
        let url = format!("{}/json/2/res.partner/search_count", served.url);
        let request = http::Request::post(url)
            .header("content-type", "application/json")
            .header("x-api-key", &key);
        send(request.body(b"{\"domain\":[]}".to_vec()).unwrap())
    };
    let before = ask();
    assert_eq!(before.status, 200);
    assert_eq!(world.install(&["shop"]).0, 0);
    let after = ask();
    assert_eq!((after.status, after.body), (200, before.body));
}

#[test]
fn the_user_in_a_domain_is_whoever_asks() {
    let world = World::start();
    world.role("own", OWN);
    world.key("one", "narrow", "own");
    world.key("two", "other", "own");
    let mine = |who: &str| {
        let body = json!({"domain": [["user_id", "=", world.uid(who)]]});
        world.good("admin", "sale.order/search_count", &body)
    };
    for who in ["narrow", "other"] {
        let new = json!({"vals_list": [{"partner_id": 1, "user_id": world.uid(who)}]});
        world.good("admin", "sale.order/create", &new);
    }
    let (code, said) = world.install(&["own"]);
    assert_eq!((code, what(&said)), (0, vec!["made", "made"]), "{said}");
    for who in ["narrow", "other"] {
        let seen = world.good(who, "sale.order/search_count", &json!({"domain": []}));
        assert_eq!(seen, mine(who), "{who}");
        assert!(seen.as_u64() > Some(0), "{who}");
    }
}

#[test]
fn what_is_done_is_recorded() {
    let world = World::start();
    world.key("shop", "narrow", "shop");
    assert_eq!(world.install(&["shop"]).0, 0);
    assert_eq!(world.policy("uninstall", &["shop"]).0, 0);
    let records = world.place.lines(&["audit", "tail", "-n", "1000"]);
    let acts: Vec<String> = records
        .iter()
        .map(|record| record.to_string())
        .filter(|record| record.contains("\"model\":\"policy\""))
        .collect();
    assert_eq!(acts.len(), 2, "{acts:?}");
    assert!(
        acts[0].contains("odoo/shop") && acts[0].contains("install"),
        "{acts:?}"
    );
    assert!(acts[1].contains("uninstall"), "{acts:?}");
    // And so is what was asked of the ERP for it.
    let asked = |record: &&serde_json::Value| record.to_string().contains("ir.rule");
    assert!(records.iter().filter(asked).count() >= 4);
    assert!(COMPANIES.contains("is_company"));
    for record in &records {
        assert!(
            !record.to_string().contains("is_company"),
            "no values: {record}"
        );
    }
}
