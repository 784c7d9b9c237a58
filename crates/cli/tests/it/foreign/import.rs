//! `portcullis key import`: an export of OCA's `auth_api_key`, as a whole or not at all.

use serde_json::Value as Json;

use super::{SHOP, TILL, becomes, status};
use crate::demo::Demo;
use crate::serve::Place;

/// Runs an import of this text; answers the code, the JSON, and what it complained of.
fn import(place: &Place, text: &str, more: &[&str]) -> (i32, Json, String) {
    let file = place.path().join("keys.csv");
    std::fs::write(&file, text).unwrap();
    let file = file.display().to_string();
    let mut arguments = vec!["key", "import", &file, "--role", "reader", "--json"];
    arguments.extend_from_slice(more);
    let output = place.program(&arguments).output().unwrap();
    let told = serde_json::from_slice(&output.stdout).unwrap_or(Json::Null);
    let said = String::from_utf8(output.stderr).unwrap();
    let all = format!("{told}{said}");
    assert!(!all.contains(SHOP) && !all.contains(TILL), "{all}");
    (output.status.code().unwrap(), told, said)
}

fn states(told: &Json) -> Vec<&str> {
    let keys = told["keys"].as_array().unwrap();
    let state = |key: &Json| key["state"].as_str().is_some();
    assert!(keys.iter().all(state), "{told}");
    keys.iter()
        .filter_map(|key| key["state"].as_str())
        .collect()
}

fn count(place: &Place) -> usize {
    place
        .run(&["key", "list", "--all"])
        .1
        .as_array()
        .unwrap()
        .len()
}

#[test]
fn the_keys_of_a_file_are_taken_over_once() {
    let demo = Demo::start();
    let place = Place::before(&demo, "[limits]\nper-minute = 6000\nburst = 1000\n");
    let served = place.serve();
    assert_eq!(status(&served, SHOP), 401);
    let text = format!(
        "\"id\",\"name\",\"key\",\"user_id\",\"active\"\n\
         \"__export__.1\",\"Web shop\",\"{SHOP}\",\"Integration User\",\"True\"\n\
         \"__export__.2\",\"Till\",\"{TILL}\",\"Integration User\",\"False\"\n"
    );
    let by_name = ["--as", "Integration User=integration"];
    let dry = [&by_name[..], &["--dry-run"]].concat();
    let (code, told, said) = import(&place, &text, &dry);
    assert_eq!(code, 0, "{said}");
    assert_eq!(states(&told), ["new", "inactive"]);
    assert_eq!((told["dry-run"].as_bool(), count(&place)), (Some(true), 0));

    let (code, told, said) = import(&place, &text, &by_name);
    assert_eq!(code, 0, "{said}");
    assert_eq!(states(&told), ["new", "inactive"]);
    becomes(&served, SHOP, 200);
    assert_eq!(status(&served, TILL), 401);
    let kept = place.run(&["key", "list"]).1[0].clone();
    assert_eq!(kept["id"], told["keys"][0]["id"]);
    assert_eq!(
        (&kept["name"], &kept["user"]),
        (&"Web shop".into(), &"integration".into())
    );
    assert_eq!(kept["styles"], serde_json::json!(["header"]));
    assert!(
        kept["expires"].is_string(),
        "it ends as all keys do: {kept}"
    );
    assert!(kept["look"].as_str().unwrap().contains("rotate"), "{kept}");

    let (code, again, said) = import(&place, &text, &by_name);
    assert_eq!((code, count(&place)), (0, 1), "{said}");
    assert_eq!(states(&again), ["there", "inactive"]);
    assert_eq!(again["keys"][0]["id"], told["keys"][0]["id"]);
    assert_eq!(status(&served, SHOP), 200);

    // One that is given a new key goes on for a while; one that was revoked stays so.
    let id = told["keys"][0]["id"].as_str().unwrap();
    let (code, made) = place.run(&["key", "rotate", id]);
    assert_eq!((code, &made["origin"]), (0, &"made".into()), "{made}");
    becomes(&served, made["key"].as_str().unwrap(), 200);
    assert_eq!(status(&served, SHOP), 200);
    place.run(&["key", "revoke", id]);
    becomes(&served, SHOP, 401);
    let (code, _, said) = import(&place, &text, &by_name);
    assert!(
        code != 0 && said.contains("line 2") && said.contains("revoked"),
        "{said}"
    );
    assert_eq!(status(&served, SHOP), 401);
    // Also where the store has forgotten that there was such a key at all.
    let graves = std::fs::read_to_string(place.path().join("data/revoked")).unwrap();
    assert!(graves.contains(id), "{graves}");
    drop(served);
    for file in ["portcullis.db", "portcullis.db-wal", "portcullis.db-shm"] {
        std::fs::remove_file(place.path().join("data").join(file)).ok();
    }
    let (code, told, said) = import(&place, &text, &by_name);
    assert_eq!(
        (code, told["keys"][0]["id"].as_str()),
        (0, Some(id)),
        "{said}"
    );
    let served = place.serve();
    assert_eq!(status(&served, SHOP), 401);
}

#[test]
fn everything_that_is_wrong_is_told_at_once_and_nothing_is_done() {
    let demo = Demo::start();
    let place = Place::before(&demo, "");
    let text = format!(
        "name,key,user_id/login,active\n\
         Web shop,{SHOP},integration,1\n\
         Weak,changemechangemechangeme,integration,1\n\
         Short,hunter2,integration,1\n\
         Nobody,{TILL},nobody,1\n\
         \u{7}bell,0d9e8b7c6a523f9c1e7ab2d84c60a5f1,integration,1\n\
         Twice,{SHOP},integration,1\n\
         Ours,pck_aaaaaaaaaaaaaaaa_{},integration,1\n",
        "a".repeat(59)
    );
    let (code, _, said) = import(&place, &text, &[]);
    assert_ne!(code, 0);
    for (line, what) in [
        ("line 3", "repeats itself"),
        ("line 4", "fewer than 20"),
        ("line 5", "no credential for `nobody`"),
        ("line 6", "name"),
        ("line 7", "line 2"),
        ("line 8", "gateway itself"),
    ] {
        let told = said.lines().find(|told| told.contains(line));
        let told = told.unwrap_or_else(|| panic!("{line}: {said}"));
        assert!(told.contains(what), "{what}: {told}");
    }
    for secret in ["changeme", "hunter2", "pck_", "0d9e8b7c"] {
        assert!(!said.contains(secret), "{said}");
    }
    assert!(!said.contains("line 2:"), "that one is right: {said}");
    assert_eq!(count(&place), 0);

    let one = format!("name,key,user_id/login\nWeb shop,{SHOP},integration\n");
    for (more, what) in [
        (&["--style", "token"][..], "not shown as token"),
        (&["--expires", "91d"], "90 days"),
        (&["--role", "nothing"], "no role `nothing`"),
        (&["--upstream", "other"], "no upstream `other`"),
    ] {
        let (code, _, said) = import(&place, &one, more);
        assert!(code != 0 && said.contains(what), "{what}: {said}");
    }
    let (code, _, said) = import(&place, "Key,User\nx,y\n", &[]);
    assert!(code != 0 && said.contains("no column `name`"), "{said}");
    assert_eq!(count(&place), 0);
    assert_eq!(import(&place, &one, &[]).0, 0);
    assert_eq!(count(&place), 1);
}

#[test]
fn a_key_that_is_there_with_another_user_or_other_roles_is_not_told_as_the_same() {
    let demo = Demo::start();
    let place = Place::before(&demo, "");
    let file = place.path().join("portcullis.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    let second = "[upstream.odoo.user.second]\nsecret-file = \"nowhere\"\n";
    let text = text.replace("[\"reader.toml\"]", "[\"reader.toml\", \"writer.toml\"]");
    std::fs::write(&file, format!("{text}{second}")).unwrap();
    std::fs::write(place.path().join("writer.toml"), crate::serve::READER).unwrap();
    let export = |user: &str| format!("name,key,user_id/login\nWeb shop,{SHOP},{user}\n");
    assert_eq!(import(&place, &export("integration"), &[]).0, 0);
    for more in [&[][..], &["--dry-run"]] {
        let (code, told, said) = import(&place, &export("integration"), more);
        assert_eq!((code, states(&told)), (0, vec!["there"]), "{said}");
        let wider = [&["--role", "writer"], more].concat();
        for (user, more) in [("second", more), ("integration", &wider[..])] {
            let (code, _, said) = import(&place, &export(user), more);
            assert_ne!(code, 0, "{user} {more:?}");
            assert!(
                said.contains("line 2") && said.contains("as `integration` of `odoo`, with reader"),
                "{said}"
            );
        }
    }
    assert_eq!(count(&place), 1);
}

/// Whoever may try out secrets must not learn which of them are keys.
#[test]
fn a_key_manager_does_not_learn_of_keys_beyond_its_scope() {
    let demo = Demo::start();
    let limits = "[limits]\naccount-failures-burst = 3\n";
    let gateway = crate::admin::Administered::before(&demo, limits);
    let (manager, _) = gateway.key("keys", "key-manager", &[]);
    let (other, _) = gateway.key("others", "key-manager", &["--may-use", "odoo/admin"]);
    let export =
        |secret: &str, user: &str| format!("name,key,user_id/login\nWeb shop,{secret},{user}\n");
    let file = gateway.place.path().join("keys.csv");
    std::fs::write(&file, export(SHOP, "admin")).unwrap();
    let file = file.display().to_string();
    let taken = [
        "key",
        "import",
        &file,
        "--role",
        "reader",
        "--administrator",
    ];
    let (code, taken) = gateway.place.run(&taken);
    assert_eq!(code, 0, "{taken}");
    let ask = |key: &str, secret: &str, dry: bool| {
        let body = serde_json::json!({"csv": export(secret, "integration"), "roles": ["reader"],
            "upstream": "odoo", "dry-run": dry});
        gateway.ask(key, "POST", "/admin/v1/keys/import", &body)
    };
    let state = |key: &str, secret: &str| -> Json {
        let got = ask(key, secret, true);
        assert_eq!(got.status, 200, "{}", got.text());
        let told: Json = serde_json::from_slice(&got.body).unwrap();
        told["keys"][0]["state"].clone()
    };
    assert_eq!(state(&manager, TILL), "new");
    assert_eq!(state(&manager, SHOP), "new", "as one that nobody has");
    let id = taken["keys"][0]["id"].as_str().unwrap();
    assert_eq!(gateway.place.run(&["key", "revoke", id]).0, 0);
    assert_eq!(state(&manager, SHOP), "new", "whatever became of it");
    // In whose scope it is, is told.
    let told = ask(&other, SHOP, true);
    assert!(told.text().contains("revoked"), "{}", told.text());
    // What is done is another matter: it is refused, recorded, and not tried often.
    for n in 0..4 {
        let refused = crate::admin::problem(&ask(&manager, SHOP, false));
        let expected = match n {
            0..3 => (403, "out-of-scope".to_owned()),
            _ => (429, "paced".to_owned()),
        };
        assert_eq!(refused, expected, "{n}");
    }
}

/// What is wrong besides must not tell them either.
#[test]
fn a_key_beyond_the_scope_is_refused_for_its_name_and_its_user_as_one_that_nobody_has() {
    let demo = Demo::start();
    let route = "[[route]]\nname = \"orders\"\npath = \"/api/orders\"\nupstream = \"odoo\"\n\
                 verbs = [\"GET\"]\ncallers = [\"web-shop\"]\n";
    let gateway = crate::admin::Administered::before(&demo, route);
    let (of_integration, _) = gateway.key("keys", "key-manager", &[]);
    let of_admin = "administrator key create others --role key-manager --may-give reader \
                    --may-use odoo/admin";
    let of_admin: Vec<&str> = of_admin.split_whitespace().collect();
    let (code, of_admin) = gateway.place.run(&of_admin);
    assert_eq!(code, 0, "{of_admin}");
    let of_admin = of_admin["key"].as_str().unwrap();
    let export = |name: &str, user: &str, secret: &str| {
        format!("name,key,user_id/login\n{name},{secret},{user}\n")
    };
    for (user, secret, more) in [
        ("admin", SHOP, &["--administrator"][..]),
        ("integration", TILL, &[]),
    ] {
        let (code, _, said) = import(&gateway.place, &export("theirs", user, secret), more);
        assert_eq!(code, 0, "{said}");
    }
    let nobodys = "0d9e8b7c6a523f9c1e7ab2d84c60a5f1";
    let ask = |key: &str, csv: String, dry: bool| {
        let body = serde_json::json!({"csv": csv, "roles": ["reader"], "upstream": "odoo",
            "dry-run": dry});
        let got = gateway.ask(key, "POST", "/admin/v1/keys/import", &body);
        let told: Json = serde_json::from_slice(&got.body).unwrap();
        (
            got.status,
            told["detail"].as_str().unwrap_or_default().to_owned(),
        )
    };
    for secret in [nobodys, SHOP] {
        let fits = ask(&of_integration, export("shop", "integration", secret), true);
        assert_eq!(fits.0, 200, "{fits:?}");
    }
    for (key, beyond, name, user, status, what) in [
        (
            &*of_integration,
            SHOP,
            "web-shop",
            "integration",
            403,
            "`callers` of a route",
        ),
        (
            of_admin,
            TILL,
            "shop",
            "admin",
            422,
            "is an administrator of",
        ),
    ] {
        for dry in [true, false] {
            let expected = ask(key, export(name, user, nobodys), dry);
            assert_eq!(expected.0, status, "{expected:?}");
            assert!(expected.1.contains(what), "{expected:?}");
            assert_eq!(ask(key, export(name, user, beyond), dry), expected, "{dry}");
        }
    }
}
