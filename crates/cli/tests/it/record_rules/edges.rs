//! Roles that meet, hands that meddle, and whoever may not.

use portcullis_sandbox::odoo::Version;
use serde_json::{Value as Json, json};

use super::world::{ALL, COMPANIES, World, what};

/// What is not installed, as `rule because`.
fn left(said: &Json) -> Vec<String> {
    let left = said["not-installed"].as_array().expect("a list");
    let left = left
        .iter()
        .map(|left| format!("{} {}", left["rule"], left["because"]).replace('"', ""));
    left.collect()
}

const CUSTOMERS: &str = r#"
[[rule]]
name = "germans"
models = ["res.partner"]
operations = ["read"]
fields = ["name"]
domain = '[["country_id.code", "=", "DE"]]'
"#;

#[test]
fn a_user_has_what_any_of_its_keys_may_see() {
    let world = World::start();
    world.key("shop", "narrow", "shop");
    assert_eq!(world.install(&["shop"]).0, 0);
    let companies = world.count("narrow");
    // A second key with another role: the rule is for both, whichever is named.
    world.role("germans", CUSTOMERS);
    world.key("more", "narrow", "germans");
    let (code, said) = world.install(&["germans"]);
    assert_eq!(code, 0, "{said}");
    let mut done = what(&said);
    done.sort_unstable();
    assert_eq!(done, ["changed", "made"], "{said}");
    assert_eq!(said["rules"][0]["roles"], json!(["germans", "shop"]));
    assert!(world.count("narrow") > companies);
    // A third that opens every record: the user cannot be narrowed for reading any more.
    world.role("all", ALL);
    world.key("third", "narrow", "all");
    let (code, said) = world.install(&["germans"]);
    assert_eq!(code, 1, "{said}");
    assert_eq!(left(&said), ["all/all it opens every record"]);
    assert_eq!(world.count("narrow"), world.count("other"));
    let person = world.person();
    let body = json!({"ids": [person], "vals": {"comment": "x"}});
    assert_eq!(world.erp("narrow", "res.partner/write", &body).0, 403);
}

#[test]
fn a_role_that_changed_changes_its_rules_and_one_that_is_gone_takes_them_along() {
    let world = World::start();
    world.key("shop", "narrow", "shop");
    assert_eq!(world.install(&["shop"]).0, 0);
    let companies = world.count("narrow");
    world.role("shop", &COMPANIES.replace("true", "false"));
    let (code, said) = world.install(&["shop"]);
    assert_eq!((code, what(&said)), (0, vec!["changed"]), "{said}");
    assert_ne!(world.count("narrow"), companies);
    assert_eq!(world.rules(), 1);
    // The key is another's now.
    world.key("other", "other", "shop");
    let keys = world.place.run(&["key", "list"]).1;
    let narrow = keys
        .as_array()
        .unwrap()
        .iter()
        .find(|key| key["user"] == "narrow");
    let id = narrow.unwrap()["id"].as_str().unwrap().to_owned();
    assert_eq!(world.place.run(&["key", "revoke", &id]).0, 0);
    let (code, said) = world.install(&["shop"]);
    assert_eq!(
        (code, what(&said)),
        (0, vec!["made", "left there"]),
        "{said}"
    );
    // The role itself is gone: its rules can be taken out all the same.
    assert_eq!(world.place.run(&["role", "remove", "shop"]).0, 0);
    let (code, said) = world.policy("uninstall", &["shop"]);
    assert_eq!(
        (code, what(&said)),
        (0, vec!["removed", "removed"]),
        "{said}"
    );
    assert_eq!(world.rules(), 0);
}

#[test]
fn what_another_role_needs_stays_when_one_is_taken_out() {
    let world = World::start();
    world.role("bank", &COMPANIES.replace("companies", "banks"));
    world.key("shop", "narrow", "shop");
    world.key("bank", "narrow", "bank");
    assert_eq!(world.install(&["shop", "bank"]).0, 0);
    let (narrowed, rules) = (world.count("narrow"), world.rules());
    let (code, said) = world.policy("uninstall", &["shop"]);
    assert!(
        what(&said).iter().all(|word| *word == "left there"),
        "{said}"
    );
    assert_eq!(
        (code, world.count("narrow"), world.rules()),
        (0, narrowed, rules)
    );
    let (code, said) = world.policy("uninstall", &["shop", "bank"]);
    assert!(what(&said).iter().all(|word| *word == "removed"), "{said}");
    assert_eq!((code, world.rules()), (0, 0));
}

#[test]
fn what_somebody_changed_by_hand_is_left_unless_it_is_forced() {
    let world = World::start();
    world.key("shop", "narrow", "shop");
    let wide = "[(1, '=', 1)]".to_owned();
    let meddlings: [fn(&str) -> Json; 4] = [
        |text| json!({"domain_force": text.replace("True", "False")}),
        |_| json!({"domain_force": "[(1, '=', 1)]"}),
        |_| json!({"active": false}),
        |_| json!({"perm_read": false}),
    ];
    for meddling in meddlings {
        assert_eq!(world.install(&["shop"]).0, 0);
        let rule = world.ours().remove(0);
        let vals = meddling(rule["domain_force"].as_str().unwrap());
        let write = json!({"ids": [rule["id"]], "vals": vals});
        world.good("admin", "ir.rule/write", &write);
        for (verb, more) in [
            ("install", &["shop"][..]),
            ("uninstall", &["shop"]),
            ("installed", &[]),
        ] {
            let (code, said) = world.policy(verb, more);
            assert_eq!(
                (code, what(&said)),
                (1, vec!["changed by hand"]),
                "{verb} {vals}"
            );
        }
        assert_eq!(world.rules(), 1);
        // Nor is it hidden what the user sees by it.
        let (_, said) = world.install(&["shop"]);
        assert!(said["checked"][0]["beyond"].as_u64() > Some(0), "{said}");
        let (code, said) = world.install(&["shop", "--force"]);
        assert_eq!((code, what(&said)), (0, vec!["changed"]), "{said}");
        assert_eq!(world.policy("uninstall", &["--all"]).0, 0);
        assert_eq!(world.rules(), 0);
    }
    // What only looks like ours is not touched: the mark cannot be made by hand.
    let model = json!({"domain": [["model", "=", "res.partner"]]});
    let model = world.good("admin", "ir.model/search", &model)[0].clone();
    let theirs = json!({"vals_list": [{"name": "Partners of ours", "model_id": model, "domain_force": wide}]});
    let theirs = world.good("admin", "ir.rule/create", &theirs)[0].clone();
    assert_eq!(world.install(&["shop"]).0, 0);
    assert_eq!(world.policy("uninstall", &["--all", "--force"]).0, 0);
    let there = json!({"domain": [["id", "=", theirs]]});
    assert_eq!(world.good("admin", "ir.rule/search_count", &there), 1);
}

#[test]
fn whoever_may_not_write_rules_is_told_so() {
    let world = World::start();
    world.key("shop", "narrow", "shop");
    assert_eq!(world.install(&["shop", "--dry-run"]).0, 0);
    for (by, said) in [
        ("clerk", "may not write record rules"),
        ("absent", "there is no credential for `absent`"),
    ] {
        let mut program = world
            .place
            .program(&["policy", "install", "shop", "--as", by]);
        let output = program.output().unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{told}");
        assert!(told.contains(said), "{told}");
    }
    assert_eq!(world.rules(), 0);
}

#[test]
fn a_domain_that_the_erp_does_not_take_is_not_installed() {
    let world = World::start();
    world.role(
        "odd",
        &COMPANIES.replace("is_company\", \"=\", true", "x_nothing\", \"=\", true"),
    );
    world.key("odd", "narrow", "odd");
    let before = world.count("narrow");
    let (code, said) = world.install(&["odd"]);
    assert_eq!((code, what(&said)), (1, vec!["refused"]), "{said}");
    assert!(
        said["rules"][0]["why"].as_str().unwrap().contains("domain"),
        "{said}"
    );
    assert_eq!((world.rules(), world.count("narrow")), (0, before));
}

#[test]
fn no_value_of_a_role_becomes_code() {
    let world = World::start();
    let nasty = r#"'] if True else [] #\" \\ {0} é"#;
    let domain = json!([["name", "!=", nasty], ["is_company", "=", true]]).to_string();
    let role = COMPANIES.replace(
        r#"'[["is_company", "=", true]]'"#,
        &format!("'''{domain}'''"),
    );
    world.role("nasty", &role);
    world.key("nasty", "narrow", "nasty");
    let all = world.count("narrow");
    let (code, said) = world.install(&["nasty"]);
    assert_eq!((code, what(&said)), (0, vec!["made"]), "{said}");
    let named = json!({"vals_list": [{"name": nasty, "is_company": true}]});
    let made = world.good("admin", "res.partner/create", &named)[0].clone();
    let seen = |id: &Json| {
        world
            .erp("narrow", "res.partner/read", &json!({"ids": [id]}))
            .0
    };
    assert_eq!(seen(&made), 403);
    assert!(world.count("narrow") > 0 && world.count("narrow") < all);
}

const USERS: &str = r#"
[[rule]]
name = "users"
models = ["res.users"]
operations = ["read"]
fields = ["name"]
"#;

#[test]
fn whoever_may_see_an_heir_goes_on_seeing_it() {
    let world = World::start();
    let users = || world.good("narrow", "res.users/search_count", &json!({"domain": []}));
    let before = users();
    world.key("shop", "narrow", "shop");
    assert_eq!(world.install(&["shop"]).0, 0);
    // The ERP lays the rule on contacts over the users, who are contacts.
    assert!(users().as_u64() < before.as_u64());
    world.role("users", USERS);
    world.key("users", "narrow", "users");
    let (code, said) = world.install(&["shop"]);
    assert_eq!(code, 1, "{said}");
    assert!(
        left(&said)[0].starts_with("users/users it opens `res.users`"),
        "{said}"
    );
    assert_eq!(users(), before);
    let body = json!({"ids": [world.person()], "vals": {"comment": "x"}});
    assert_eq!(world.erp("narrow", "res.partner/write", &body).0, 403);
}

#[test]
fn older_releases_and_dialects_hold_rules_too() {
    for (version, dialect) in [
        (Version::V14, "xmlrpc"),
        (Version::V17, "jsonrpc"),
        (Version::V19, "xmlrpc"),
    ] {
        let world = World::of(version, &format!("dialect = \"{dialect}\"\n"));
        world.key("shop", "narrow", "shop");
        let (code, said) = world.install(&["shop"]);
        assert_eq!((code, what(&said)), (0, vec!["made"]), "{dialect} {said}");
        assert_eq!(said["checked"][0]["beyond"], 0, "{said}");
        let (code, said) = world.install(&["shop"]);
        assert_eq!(
            (code, what(&said)),
            (0, vec!["as it is"]),
            "{dialect} {said}"
        );
        world.role("shop", &COMPANIES.replace("true", "false"));
        assert_eq!(what(&world.install(&["shop"]).1), ["changed"]);
        let (code, said) = world.policy("uninstall", &["shop"]);
        assert_eq!(
            (code, what(&said)),
            (0, vec!["removed"]),
            "{dialect} {said}"
        );
    }
}
