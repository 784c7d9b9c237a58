//! Keys that the configurations of several gateways declare are one key in their store.

use portcullis_testkit::postgres::Cluster;

use super::place::{Two, put_master, with};
use super::{become_both, count};
use crate::demo::Demo;
use crate::foreign::{SHOP, TILL};

#[test]
fn gateways_that_declare_the_same_key_have_one() {
    let demo = Demo::start();
    let database = Cluster::shared().database();
    let key = "[[key]]\nname = \"shop\"\nuser = \"integration\"\nroles = [\"reader\"]\nsecret-variable = \"SHOP_KEY\"\n";
    let settings = format!("store = \"{}\"\n{key}", database.url());
    let place = with(&demo, demo.fact("/odoo"), &settings);
    let elsewhere = with(&demo, demo.fact("/odoo"), &settings);
    assert_eq!(place.run(&["key", "list"]).0, 0);
    let master = std::fs::read(place.path().join("data/master.key")).unwrap();
    put_master(&elsewhere, &master);
    let variables = [("SHOP_KEY", SHOP)];
    // Both start at the same time.
    let two = std::thread::scope(|scope| {
        let one = scope.spawn(|| place.serve_with(&variables));
        let other = scope.spawn(|| elsewhere.serve_with(&variables));
        Two {
            one: one.join().unwrap(),
            other: other.join().unwrap(),
        }
    });
    become_both(&two, SHOP, 200);
    let listed = elsewhere.run(&["key", "list", "--all"]).1;
    assert_eq!(listed.as_array().unwrap().len(), 1, "{listed}");
    let id = listed[0]["id"].as_str().unwrap().to_owned();

    // One is started with a new secret: it holds at the other too.
    drop(two.one);
    let one = place.serve_with(&[("SHOP_KEY", TILL)]);
    let two = Two {
        one,
        other: two.other,
    };
    become_both(&two, TILL, 200);
    become_both(&two, SHOP, 401);
    assert_eq!(elsewhere.run(&["key", "revoke", &id]).0, 0);
    become_both(&two, TILL, 401);
    drop(two.one);
    let one = place.serve_with(&[("SHOP_KEY", TILL)]);
    demo.reached();
    assert_eq!(count(&one, TILL), 401, "it stays revoked");
    assert!(
        !demo
            .reached()
            .iter()
            .any(|line| line["call"] == "search_count")
    );
    let dump = database.sql("SELECT string_agg(api_key::text, ' ') FROM api_key");
    assert!(dump.contains(&id) && !dump.contains(SHOP) && !dump.contains(TILL));
}
