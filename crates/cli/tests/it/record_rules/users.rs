//! Which users are meant, what is asked of them, and what people are told.

use serde_json::{Value as Json, json};

use super::world::{ALL, World, what};

#[test]
fn users_are_named_where_no_key_does() {
    let world = World::start();
    assert_eq!(world.install(&["shop"]).0, 1);
    assert_eq!(world.rules(), 0);
    let (code, said) = world.install(&["shop", "--users", "narrow,absent,nobody"]);
    assert_eq!((code, what(&said)), (0, vec!["made", "made"]), "{said}");
    assert_eq!(said["warnings"][0]["user"], "nobody", "{said}");
    // Whose credential is not kept cannot be asked what it sees.
    let checked = said["checked"].as_array().unwrap();
    let of = |login: &str| checked.iter().find(|one| one["user"] == login).unwrap();
    assert_eq!(of("narrow")["beyond"], 0);
    assert_eq!(of("absent")["beyond"], Json::Null);
    assert_eq!(world.count("absent"), world.count("narrow"));
    assert!(world.count("other") > world.count("narrow"));
    // Somebody else gets a key: who was named goes on being narrowed.
    world.key("other", "other", "shop");
    let (code, said) = world.install(&["shop"]);
    assert_eq!(code, 0, "{said}");
    assert_eq!(
        what(&said)
            .iter()
            .filter(|word| **word == "left there")
            .count(),
        2,
        "{said}"
    );
    assert_eq!(world.count("absent"), world.count("narrow"));
    assert_eq!(
        world.policy("uninstall", &["shop", "--users", "other"]).0,
        0
    );
    let (code, said) = world.policy("uninstall", &["shop", "--users", "absent"]);
    assert_eq!((code, what(&said)), (0, vec!["removed"]), "{said}");
    assert_eq!(world.count("absent"), world.count("other"));
}

#[test]
fn a_credential_that_is_over_hides_nobody_else() {
    let world = World::start();
    let file = world.place.path().join("old.secret");
    std::fs::write(&file, "a key that is over").unwrap();
    let file = file.display().to_string();
    let (code, said) = world
        .place
        .run(&["user", "add", "absent", "--secret-file", &file]);
    assert_eq!(code, 0, "{said}");
    let (code, said) = world.install(&["shop", "--users", "absent,narrow,other"]);
    assert_eq!((code, what(&said)), (0, vec!["made"; 3]), "{said}");
    let checked = said["checked"].as_array().unwrap();
    let beyond = |login: &str| {
        let one = checked.iter().find(|one| one["user"] == login);
        one.unwrap()["beyond"].clone()
    };
    assert_eq!(beyond("absent"), Json::Null, "{said}");
    assert_eq!(
        (beyond("narrow"), beyond("other")),
        (json!(0), json!(0)),
        "{said}"
    );
}

#[test]
fn people_are_told_what_is_laid_there_and_what_is_not() {
    let world = World::start();
    world.role("more", &ALL.replace("read", "create"));
    world.key("shop", "narrow", "shop,more");
    let mut program = world
        .place
        .program(&["policy", "install", "shop", "--as", "admin"]);
    let output = program.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    let (said, aside) = (text(output.stdout), text(output.stderr));
    assert_eq!(output.status.code(), Some(1), "{said}{aside}");
    for part in [
        "read, write, delete",
        "more, shop",
        "made",
        "records beyond the rule",
        "none",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    for part in [
        "not installed for `narrow` on res.partner (create), because of `more/all`: it opens every record",
        "fields, methods and values stay with the gateway",
    ] {
        assert!(aside.contains(part), "{part}: {aside}");
    }
}

#[test]
fn the_superuser_and_administrators_are_warned_of() {
    let world = World::start();
    let (code, said) = world.install(&["shop", "--users", "__system__,admin,narrow", "--dry-run"]);
    assert_eq!(code, 0, "{said}");
    let warnings = said["warnings"].as_array().unwrap();
    assert_eq!(warnings.len(), 2, "{said}");
    let users: Vec<&Json> = said["rules"]
        .as_array()
        .unwrap()
        .iter()
        .map(|rule| &rule["user"])
        .collect();
    assert_eq!(users, ["admin", "narrow"]);
}
