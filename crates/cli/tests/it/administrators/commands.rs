//! The command line: what is asked, what is shown, and what is refused.

use serde_json::json;

use super::office::{Office, add, given, place};
use super::{PASSWORD, totp_at};

#[test]
fn a_password_must_be_good_and_is_not_shown() {
    let place = place("");
    let adding = ["administrator", "add", "anna", "--role", "auditor"];
    for (weak, why) in [
        ("short", "too short"),
        ("passwordpassword", "too easy to guess"),
        ("anna-anna-anna", "too easy to guess"),
        ("", "must be one line"),
    ] {
        let (code, text) = given(&place, &adding, weak);
        assert!(code != 0 && text.contains(why), "{weak}: {text}");
        assert!(
            weak.is_empty() || weak == "short" || !text.contains(weak),
            "{text}"
        );
    }
    assert_eq!(place.run(&["administrator", "list"]).1, json!([]));
    let (code, text) = given(&place, &adding, PASSWORD);
    assert_eq!(code, 0, "{text}");
    assert!(!text.contains(PASSWORD));
    let (code, text) = given(&place, &adding, PASSWORD);
    assert!(code != 0 && text.contains("already"), "{text}");

    let file = place.path().join("password");
    std::fs::write(&file, "seven calm hippos swim\n").unwrap();
    let file = file.to_str().unwrap();
    let (code, set) = place.run(&["administrator", "password", "anna", "--password-file", file]);
    assert_eq!((code, &set["changed"]), (0, &json!(true)));
    let nobody = [
        "administrator",
        "password",
        "nobody",
        "--password-file",
        file,
    ];
    assert_eq!(place.run(&nobody).0, 1);
    let (code, text) = given(
        &place,
        &["administrator", "add", "Anna", "--role", "auditor"],
        PASSWORD,
    );
    assert!(code == 2 && text.contains("a-z"), "{text}");
    let (code, text) = given(
        &place,
        &["administrator", "add", "bert", "--role", "king"],
        PASSWORD,
    );
    assert!(code == 2 && text.contains("key-manager"), "{text}");
}

#[test]
fn an_app_is_enrolled_only_with_a_code_of_its_own() {
    let place = place("");
    add(&place, "anna", "administrator");
    let (code, text) = given(&place, &["administrator", "totp", "anna"], "000000\n");
    assert!(code != 0 && text.contains("does not belong"), "{text}");
    assert!(
        text.contains("otpauth://totp/Portcullis:anna") && text.contains('█'),
        "{text}"
    );
    let (_, shown) = place.run(&["administrator", "show", "anna"]);
    assert_eq!(shown["factors"], json!([]));
    assert_eq!(shown["recovery-codes-left"], 0);
    assert_eq!(
        given(&place, &["administrator", "totp", "nobody"], "000000\n").0,
        1
    );
}

#[test]
fn whatever_shuts_somebody_out_ends_the_sessions_at_once() {
    let office = Office::open("");
    office.add("anna", "administrator");
    let enrolled = office.enrol_totp("anna", -1);
    let ends = |arguments: &[&str], input: &str| {
        let token = office.log_in("anna");
        assert_eq!(
            office.get("self", Some(&token)).status,
            200,
            "{arguments:?}"
        );
        let (code, text) = given(&office.place, arguments, input);
        assert_eq!(code, 0, "{arguments:?}: {text}");
        assert_eq!(
            office.get("self", Some(&token)).status,
            401,
            "{arguments:?}"
        );
        text
    };
    ends(&["administrator", "log-out", "anna"], "");
    ends(&["administrator", "lock", "anna"], "");
    let good = office.good("anna");
    let locked = office.post("session", None, &good);
    assert_eq!((locked.status, locked.kind()), (401, "wrong".to_owned()));
    assert_eq!(
        office.run(&["administrator", "lock", "anna"]).0,
        1,
        "it was so before"
    );
    assert_eq!(office.run(&["administrator", "unlock", "anna"]).0, 0);
    assert_eq!(
        office.post("session", None, &good).status,
        201,
        "the code was not used up"
    );

    // The old password opens nothing, and the new one does.
    ends(
        &["administrator", "password", "anna"],
        "seven calm hippos swim",
    );
    let mut changed = office.good("anna");
    assert_eq!(office.post("session", None, &changed).status, 401);
    changed["password"] = json!("seven calm hippos swim");
    assert_eq!(office.post("session", None, &changed).status, 201);
    let (code, text) = given(
        &office.place,
        &["administrator", "password", "anna"],
        PASSWORD,
    );
    assert_eq!(code, 0, "{text}");

    // A second factor that is forgotten counts no more.
    let code = json!({"name": "anna", "password": PASSWORD, "code": totp_at(&enrolled.secret, 0)});
    assert_eq!(office.post("session", None, &code).status, 201);
    ends(&["administrator", "forget", "anna", "app"], "");
    let next = totp_at(&enrolled.secret, 1);
    let bare = office.post(
        "session",
        None,
        &json!({"name": "anna", "password": PASSWORD, "code": next}),
    );
    assert_eq!(
        bare.json()["standing"],
        "enrolling",
        "there is none: {}",
        bare.text()
    );
    let token = bare.json()["token"].as_str().unwrap().to_owned();
    assert_eq!(office.get("self", Some(&token)).status, 401);

    office.enrol_totp("anna", -1);
    ends(&["administrator", "remove", "anna"], "");
    assert_eq!(office.run(&["administrator", "remove", "anna"]).0, 1);
    assert_eq!(office.run(&["administrator", "list"]).1, json!([]));
}

#[test]
fn what_somebody_may_do_is_read_anew_with_each_request() {
    let office = Office::open("");
    office.add("anna", "auditor");
    office.enrol_totp("anna", -1);
    let token = office.log_in("anna");
    assert_eq!(
        office.get("self", Some(&token)).json()["roles"],
        json!(["auditor"])
    );
    let user = ["user", "add", "shop", "--upstream", "odoo"];
    let (code, told) = given(&office.place, &user, "abracadabra");
    assert_eq!(code, 0, "{told}");
    let (code, told) = office.run(&[
        "administrator",
        "roles",
        "anna",
        "--role",
        "key-manager",
        "--may-give",
        "reader",
        "--may-use",
        "odoo/shop",
    ]);
    assert_eq!(code, 0, "{told}");
    // What does not go together, or is not there, is refused, and nothing is changed.
    for wrong in [
        &["--role", "key-manager"][..],
        &["--role", "auditor", "--may-give", "reader"],
        &[
            "--role",
            "key-manager",
            "--may-give",
            "nothing",
            "--may-use",
            "odoo/shop",
        ],
        &[
            "--role",
            "key-manager",
            "--may-give",
            "reader",
            "--may-use",
            "odoo/nobody",
        ],
    ] {
        let roles = [&["administrator", "roles", "anna"], wrong].concat();
        assert_ne!(office.run(&roles).0, 0, "{wrong:?}");
        let add = [&["administrator", "add", "bert"], wrong].concat();
        let (code, text) = given(&office.place, &add, PASSWORD);
        assert_ne!(code, 0, "{wrong:?}: {text}");
    }
    assert_eq!(office.run(&["administrator", "show", "bert"]).0, 1);
    let own = office.get("self", Some(&token)).json();
    assert_eq!(own["roles"], json!(["key-manager"]));
    let scope = json!({"roles": ["reader"], "users": [{"upstream": "odoo", "login": "shop"}]});
    assert_eq!(own["scope"], scope);
    assert_eq!(
        office
            .run(&["administrator", "roles", "nobody", "--role", "auditor"])
            .0,
        1
    );
}

#[test]
fn each_act_leaves_a_record_of_who_did_it_and_with_whom() {
    let office = Office::open("");
    office.add("anna", "auditor");
    let again = given(
        &office.place,
        &["administrator", "add", "anna", "--role", "auditor"],
        PASSWORD,
    );
    assert_ne!(again.0, 0);
    office.enrol_totp("anna", -1);
    for (arguments, input) in [
        (vec!["roles", "anna", "--role", "administrator"], ""),
        (vec!["password", "anna"], "seven calm hippos swim"),
        (vec!["passkey", "anna"], ""),
        (vec!["recovery", "anna"], ""),
        (vec!["lock", "anna"], ""),
        (vec!["unlock", "anna"], ""),
        (vec!["password", "anna"], PASSWORD),
    ] {
        let arguments = [vec!["administrator"], arguments].concat();
        let (code, text) = given(&office.place, &arguments, input);
        assert_eq!(code, 0, "{arguments:?}: {text}");
    }
    office.log_in("anna");
    for arguments in [
        vec!["log-out", "anna"],
        vec!["forget", "anna", "app"],
        vec!["remove", "anna"],
    ] {
        let arguments = [vec!["administrator"], arguments].concat();
        assert_eq!(office.run(&arguments).0, 0, "{arguments:?}");
    }
    assert_eq!(office.run(&["administrator", "remove", "anna"]).0, 1);
    let trail = office
        .place
        .lines(&["audit", "tail", "-n", "1000"])
        .into_iter()
        .filter(|line| line["model"] == "administrator" && line["as"] == "operator");
    let told: Vec<String> = trail
        .map(|line| {
            let text = |member: &str| line[member].as_str().unwrap_or("-").to_owned();
            assert!(!line["principal"].is_null(), "{line}");
            let outcome = line["outcome"].as_str().unwrap_or("-");
            format!("{} {}: {outcome}", text("method"), text("on"))
        })
        .collect();
    let mut wanted = vec!["add anna: done", "add anna: refused", "totp anna: done"];
    wanted.extend(["roles anna: done", "password anna: done"]);
    wanted.extend(["passkey anna: done", "recovery anna: done"]);
    wanted.extend(["lock anna: done", "unlock anna: done"]);
    wanted.extend(["password anna: done", "recovery anna: done"]);
    wanted.extend(["log-out anna: done", "forget anna/app: done"]);
    wanted.extend(["remove anna: done", "remove anna: refused"]);
    let mut told = told;
    told.sort_unstable();
    wanted.sort_unstable();
    assert_eq!(told, wanted);
}

#[test]
fn an_old_backup_of_the_store_brings_nobody_back_who_was_removed() {
    let place = place("");
    add(&place, "anna", "administrator");
    add(&place, "bert", "auditor");
    let data = place.path().join("data");
    let backup = place.path().join("backup");
    std::fs::create_dir(&backup).unwrap();
    let copy = |from: &std::path::Path, to: &std::path::Path| {
        for name in ["portcullis.db", "portcullis.db-wal", "portcullis.db-shm"] {
            std::fs::remove_file(to.join(name)).ok();
            if from.join(name).exists() {
                std::fs::copy(from.join(name), to.join(name)).unwrap();
            }
        }
    };
    copy(&data, &backup);
    assert_eq!(place.run(&["administrator", "remove", "anna"]).0, 0);
    copy(&backup, &data);
    let office = Office::at(place, |_| {});
    let log_in = |name: &str| {
        let asked = json!({"name": name, "password": PASSWORD});
        office.post("session", None, &asked).status
    };
    assert_eq!(log_in("bert"), 201, "the backup is read");
    assert_eq!(log_in("anna"), 401);
    let (_, all) = office.run(&["administrator", "list"]);
    let names: Vec<_> = all
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["name"])
        .collect();
    assert_eq!(names, [&json!("bert")]);
    // Whoever gets the name later is somebody else.
    office.add("anna", "auditor");
    assert_eq!(log_in("anna"), 201);
}

#[test]
fn the_administrative_keys_of_somebody_end_with_them_or_go_on_where_that_is_said() {
    let office = Office::open("");
    let made = |token: &str, name: &str| {
        let body = json!({"name": name, "roles": ["administrator"]});
        let got = office.post("admin-keys", Some(token), &body);
        assert_eq!(got.status, 201, "{}", got.text());
        got.json()["key"].as_str().unwrap().to_owned()
    };
    let status = |key: &str| office.get("self", Some(key)).status;
    let machine = [
        "administrator",
        "key",
        "create",
        "machine",
        "--role",
        "auditor",
    ];
    let machine = office.run(&machine).1["key"].as_str().unwrap().to_owned();
    let mut keys = Vec::new();
    for name in ["anna", "bert"] {
        office.add(name, "administrator");
        office.enrol_totp(name, -1);
        let first = made(&office.log_in(name), "first");
        // What a key makes is its maker's, too.
        let second = made(&first, "second");
        keys.push([first, second]);
    }
    for key in keys.iter().flatten().chain([&machine]) {
        assert_eq!(status(key), 200);
    }
    let (code, said) = given(&office.place, &["administrator", "lock", "anna"], "");
    assert!(code == 0 && said.matches("goes on").count() == 2, "{said}");
    let (code, said) = given(&office.place, &["administrator", "remove", "anna"], "");
    assert!(
        code == 0 && said.matches("is revoked").count() == 2,
        "{said}"
    );
    let keep = ["administrator", "remove", "bert", "--keep-keys"];
    let (code, said) = given(&office.place, &keep, "");
    assert!(code == 0 && said.matches("goes on").count() == 2, "{said}");
    let states = |pair: &[String; 2]| pair.iter().map(|key| status(key)).collect::<Vec<_>>();
    assert_eq!(states(&keys[0]), [401, 401]);
    assert_eq!(states(&keys[1]), [200, 200]);
    assert_eq!(status(&machine), 200);
}
