//! What a key manager does not do, although each step of it is within its scope; and what the
//! command line and the API tell of the same thing.

use std::collections::BTreeSet;

use portcullis_identity::{ErpLogin, UpstreamName};
use portcullis_storage::ErpUsers as _;
use portcullis_store::SqlStore;
use serde_json::{Value as Json, json};

use super::{Administered, problem, text};
use crate::demo::Demo;

const KEYS: &str = "/admin/v1/keys";

fn wanted(name: &str) -> Json {
    json!({"name": name, "user": "integration", "roles": ["reader"]})
}

/// The ERP is asked when a key is taken over, too: what is kept of its users may be old.
#[test]
fn a_key_of_a_user_who_became_an_administrator_is_taken_over_by_administrators_only() {
    let demo = Demo::start();
    let gateway = Administered::before(&demo, "");
    let (manager, _) = gateway.key("keys", "key-manager", &["--may-use", "odoo/admin"]);
    let (ops, _) = gateway.key("ops", "administrator", &[]);
    let path = |id: &str| format!("{KEYS}/{id}/rotate");
    let made = gateway.done(&manager, "POST", KEYS, &wanted("shop"));
    gateway.done(&manager, "POST", &path(&text(&made, "id")), &Json::Null);

    let (_, id) = gateway.place.key_of("old", "admin", &["--administrator"]);
    let database = gateway.place.path().join("data").join("portcullis.db");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let store = SqlStore::open(&database).await.unwrap();
        let (upstream, login) = (
            UpstreamName::new("odoo").unwrap(),
            ErpLogin::new("admin").unwrap(),
        );
        let noted = store.note_standing(&upstream, &login, false);
        noted.await.unwrap();
    });
    let shown = || gateway.place.run(&["key", "show", &id]).1;
    assert_eq!(shown()["administrator"], false, "as the ERP told once");
    let refused = gateway.refused(&manager, "POST", &path(&id), &Json::Null);
    assert_eq!(refused, (422, "unfit".to_owned()), "it is one now");
    assert_eq!(shown()["successor"], Json::Null, "nothing was made");
    gateway.done(&ops, "POST", &path(&id), &Json::Null);
}

#[test]
fn a_key_manager_gives_no_name_that_a_route_lets_in() {
    let demo = Demo::start();
    let route = "[[route]]\nname = \"orders\"\npath = \"/api/orders\"\nupstream = \"odoo\"\n\
                 verbs = [\"GET\"]\ncallers = [\"web-shop\"]\n";
    let gateway = Administered::before(&demo, route);
    let (manager, _) = gateway.key("keys", "key-manager", &[]);
    let (ops, _) = gateway.key("ops", "administrator", &[]);
    let made = gateway.done(&manager, "POST", KEYS, &wanted("shop"));
    let refused = gateway.refused(&manager, "POST", KEYS, &wanted("web-shop"));
    assert_eq!(refused, (403, "out-of-scope".to_owned()));
    let log = std::path::PathBuf::from(demo.fact("/upstream_log"));
    let secret = log.with_file_name("secrets").join("odoo-integration");
    let secret = std::fs::read_to_string(secret).unwrap().trim().to_owned();
    let adopt = |name: &str| {
        let body = json!({"key": wanted(name), "secret": secret});
        gateway.ask(&manager, "POST", &format!("{KEYS}/adopt"), &body)
    };
    assert_eq!(adopt("other").status, 201);
    assert_eq!(
        problem(&adopt("web-shop")),
        (403, "out-of-scope".to_owned())
    );
    let csv = "name,key,user_id,active\nweb-shop,a-secret-of-some-24-letters,integration,True\n";
    let import = json!({"csv": csv, "roles": ["reader"], "upstream": "odoo"});
    let refused = gateway.refused(&manager, "POST", &format!("{KEYS}/import"), &import);
    assert_eq!(refused, (403, "out-of-scope".to_owned()));
    let import =
        json!({"csv": csv.replace("web-shop", "web"), "roles": ["reader"], "upstream": "odoo"});
    gateway.done(&manager, "POST", &format!("{KEYS}/import"), &import);
    // An administrator gives it, and rotates that key: who does is shown the new one.
    let theirs = gateway.done(&ops, "POST", KEYS, &wanted("web-shop"));
    let path = |made: &Json| format!("{KEYS}/{}/rotate", text(made, "id"));
    gateway.done(&manager, "POST", &path(&made), &Json::Null);
    let refused = gateway.refused(&manager, "POST", &path(&theirs), &Json::Null);
    assert_eq!(refused, (403, "out-of-scope".to_owned()));
    gateway.done(&ops, "POST", &path(&theirs), &Json::Null);
    let listed = gateway.done(&manager, "GET", KEYS, &Json::Null);
    let named = |name: &str| {
        let keys = listed["keys"].as_array().unwrap();
        keys.iter().filter(|key| key["name"] == name).count()
    };
    assert_eq!((named("web-shop"), named("shop")), (2, 2));
}

#[test]
fn whoever_tries_what_a_client_may_have_at_the_erp_waits_and_nobody_else() {
    let demo = Demo::start();
    let limits = "[limits]\naccount-failures-per-minute = 1\naccount-failures-burst = 3\n";
    let gateway = Administered::before(&demo, limits);
    let (manager, _) = gateway.key("keys", "key-manager", &[]);
    let (ops, _) = gateway.key("ops", "administrator", &[]);
    let (other, _) = gateway.key("others", "key-manager", &[]);
    let log = std::path::PathBuf::from(demo.fact("/upstream_log"));
    let secret = log.with_file_name("secrets").join("odoo-integration");
    let secret = std::fs::read_to_string(secret).unwrap().trim().to_owned();
    let adopt = |key: &str, secret: &str| {
        let body = json!({"key": wanted("x"), "secret": secret});
        gateway.ask(key, "POST", &format!("{KEYS}/adopt"), &body)
    };
    for _ in 0..4 {
        assert_eq!(adopt(&manager, &secret).status, 201, "no failure");
    }
    for _ in 0..3 {
        let wrong = adopt(&manager, "a guess of it");
        assert!(matches!(wrong.status, 422 | 502), "{}", wrong.text());
    }
    demo.reached();
    let held = adopt(&manager, &secret);
    assert_eq!(problem(&held), (429, "paced".to_owned()));
    assert!(held.headers.contains_key("retry-after"));
    assert!(demo.reached().is_empty(), "the ERP is not asked");
    for key in [&ops, &other] {
        assert_eq!(adopt(key, &secret).status, 201);
    }
    gateway.done(&manager, "POST", KEYS, &wanted("other"));
}

#[test]
fn the_command_line_prints_the_members_that_the_api_answers() {
    let demo = Demo::start();
    let gateway = Administered::before(&demo, "");
    let (ops, _) = gateway.key("ops", "administrator", &[]);
    let members = |told: &Json| -> BTreeSet<String> {
        let told = told.as_object().unwrap_or_else(|| panic!("{told}"));
        told.keys().cloned().collect()
    };
    let printed = |arguments: &[&str]| {
        let (code, told) = gateway.place.run(arguments);
        assert_eq!(code, 0, "{arguments:?}: {told}");
        told
    };
    let same = |what: &str, printed: &Json, answered: &Json| {
        assert_eq!(members(printed), members(answered), "{what}");
    };
    let mine = gateway.done(&ops, "POST", KEYS, &wanted("shop"));
    let create = [
        "key",
        "create",
        "shop",
        "--user",
        "integration",
        "--role",
        "reader",
    ];
    let theirs = printed(&create);
    same("create", &theirs, &mine);
    let (mine, theirs) = (text(&mine, "id"), text(&theirs, "id"));
    let path = |does: &str| format!("{KEYS}/{mine}{does}");
    let shown = gateway.done(&ops, "GET", &path(""), &Json::Null);
    same("show", &printed(&["key", "show", &theirs]), &shown);
    let listed = gateway.done(&ops, "GET", KEYS, &Json::Null);
    same("list", &printed(&["key", "list"])[0], &listed["keys"][0]);
    for does in ["rotate", "suspend", "resume", "revoke"] {
        let answered = gateway.done(&ops, "POST", &path(&format!("/{does}")), &Json::Null);
        same(does, &printed(&["key", does, &theirs]), &answered);
    }
    let body = json!({"name": "x", "roles": ["auditor"]});
    let mine = gateway.done(&ops, "POST", "/admin/v1/admin-keys", &body);
    let create = ["administrator", "key", "create", "x", "--role", "auditor"];
    let theirs = printed(&create);
    same("an administrative key", &theirs, &mine);
    let listed = gateway.done(&ops, "GET", "/admin/v1/admin-keys", &Json::Null);
    let list = printed(&["administrator", "key", "list"]);
    same("administrative keys", &list[0], &listed["admin-keys"][0]);
    let path = format!("/admin/v1/admin-keys/{}/revoke", text(&mine, "id"));
    let revoked = gateway.done(&ops, "POST", &path, &Json::Null);
    let id = text(&theirs, "id");
    same(
        "revoked",
        &printed(&["administrator", "key", "revoke", &id]),
        &revoked,
    );
    for (what, command) in [
        ("roles", "role"),
        ("users", "user"),
        ("sessions", "session"),
    ] {
        let answered = gateway.done(&ops, "GET", &format!("/admin/v1/{what}"), &Json::Null);
        let list = printed(&[command, "list"]);
        let list = list.get(what).unwrap_or(&list);
        match (list.get(0), answered[what].get(0)) {
            (None, None) => {}
            (printed, answered) => {
                let nothing = json!({});
                same(
                    what,
                    printed.unwrap_or(&nothing),
                    answered.unwrap_or(&nothing),
                );
            }
        }
    }
}
