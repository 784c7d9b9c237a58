//! Who may stand in, and who may say so.

use serde_json::{Value as Json, json};

use super::{FRAPPE, ODOO, key, listed_key, place, records};
use crate::admin::{Administered, LISTEN, text};
use crate::demo::Demo;

#[test]
fn an_administrator_oneself_or_whoever_is_not_known_stands_in_for_nobody() {
    let demo = Demo::start();
    let users: Vec<_> = ODOO.iter().chain(FRAPPE).copied().collect();
    let place = place(&demo, &users, "");
    let create = |upstream: &str, user: &str, more: &[&str]| {
        let mut all = vec!["--upstream", upstream];
        all.extend_from_slice(more);
        place.create("shop", user, &all)
    };
    for (upstream, user, second) in [
        ("odoo", "integration", "second"),
        ("erpnext", "integration@example.com", "second@example.com"),
    ] {
        let (code, made) = create(upstream, user, &["--stand-in", second]);
        assert_eq!(code, 0, "{made}");
        assert_eq!(
            made["stand-in"],
            json!({"user": second, "administrator": false})
        );
        for other in [user, "nobody"] {
            let (code, made) = create(upstream, user, &["--stand-in", other]);
            assert_eq!((code, made), (2, Json::Null), "{other}");
        }
    }
    let (code, _) = create("odoo", "integration", &["--stand-in", "admin"]);
    assert_eq!(code, 2);
    let said = ["--stand-in", "admin", "--administrator"];
    let (code, made) = create("odoo", "integration", &said);
    assert_eq!(code, 0, "{made}");
    assert_eq!(
        made["stand-in"],
        json!({"user": "admin", "administrator": true})
    );
}

#[test]
fn a_stand_in_is_set_handed_on_and_taken_away_and_each_is_written_down() {
    let demo = Demo::start();
    let place = place(&demo, ODOO, "");
    let (_, id) = key(&place, "odoo", "integration", &[]);
    assert_eq!(listed_key(&place, &id)["stand-in"], Json::Null);
    assert_eq!(
        place.run(&["key", "stand-in", &id, "--user", "second"]).0,
        0
    );
    assert_eq!(listed_key(&place, &id)["stand-in"]["user"], "second");
    let (code, next) = place.run(&["key", "rotate", &id]);
    assert_eq!(code, 0);
    assert_eq!(next["stand-in"]["user"], "second");
    assert_eq!(place.run(&["key", "stand-in", &id, "--nobody"]).0, 0);
    assert_eq!(listed_key(&place, &id)["stand-in"], Json::Null);
    assert_eq!(
        place
            .run(&["key", "stand-in", "pck_aaaaaaaaaaaaaaaa", "--nobody"])
            .0,
        1
    );
    let trail = records(&place);
    let set = trail.iter().filter(|line| {
        let line = line.to_string();
        line.contains("stand-in") && line.contains(&id)
    });
    assert_eq!(set.count(), 2, "{trail:?}");
}

#[test]
fn over_http_a_key_manager_lets_nobody_stand_in_beyond_its_scope() {
    let demo = Demo::start();
    let gateway = Administered::at(place(&demo, ODOO, LISTEN));
    let (ops, _) = gateway.key("ops", "administrator", &[]);
    let (manager, _) = gateway.key("manager", "key-manager", &[]);
    let (wide, _) = gateway.key("wide", "key-manager", &["--may-use", "odoo/second"]);
    let wanted = json!({"name": "shop", "upstream": "odoo", "user": "integration",
        "roles": ["reader"], "stand-in": "second"});
    let made = gateway.done(&ops, "POST", "/admin/v1/keys", &wanted);
    assert_eq!(made["stand-in"]["user"], "second");
    let id = text(&made, "id");
    let path = format!("/admin/v1/keys/{id}/stand-in");
    let second = json!({"user": "second"});
    let denied = (403, "out-of-scope".to_owned());
    assert_eq!(
        gateway.refused(&manager, "POST", "/admin/v1/keys", &wanted),
        denied
    );
    assert_eq!(gateway.refused(&manager, "PUT", &path, &second), denied);
    let rotate = format!("/admin/v1/keys/{id}/rotate");
    assert_eq!(
        gateway.refused(&manager, "POST", &rotate, &Json::Null),
        denied
    );
    let none = gateway.done(&manager, "DELETE", &path, &Json::Null);
    assert_eq!(none["stand-in"], Json::Null);
    let set = gateway.done(&wide, "PUT", &path, &second);
    assert_eq!(set["stand-in"]["user"], "second");
    let administrator = json!({"user": "second", "administrator": true});
    assert_eq!(gateway.refused(&wide, "PUT", &path, &administrator), denied);
    let set = gateway.done(&ops, "PUT", &path, &administrator);
    assert_eq!(set["stand-in"]["administrator"], true);
    assert_eq!(gateway.refused(&wide, "POST", &rotate, &Json::Null), denied);
    let admin = json!({"user": "admin"});
    let unfit = gateway.refused(&ops, "PUT", &path, &admin);
    assert_eq!(unfit, (422, "unfit".to_owned()));
}
