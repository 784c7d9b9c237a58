//! Keys that the configuration declares, with their secrets in files and in the environment.

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::Stdio;

use serde_json::Value as Json;

use super::{SHOP, TILL, ask, becomes, status};
use crate::demo::Demo;
use crate::serve::{Place, Served};
use crate::within;

const PATIENT: &str = "[limits]\nper-minute = 6000\nburst = 1000\naddress-failures-burst = 500\n";
const COUNT: &str = "/json/2/res.partner/search_count";
const WEB: &str = "0d9e8b7c6a523f9c1e7ab2d84c60a5f1";

/// A declared key, with these lines more.
fn key(name: &str, more: &str) -> String {
    format!("[[key]]\nname = \"{name}\"\nuser = \"integration\"\nroles = [\"reader\"]\n{more}\n")
}

/// Puts a secret where only its owner can read it.
fn put(place: &Place, name: &str, text: &str) -> PathBuf {
    let path = place.path().join(name);
    std::fs::write(&path, text).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    path
}

/// Puts these keys in the place of what the configuration declared.
fn declare(place: &Place, keys: &[String]) {
    let file = place.path().join("portcullis.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    let before = text.split("[[key]]").next().unwrap();
    let after = text.split_once("[upstream.odoo]").unwrap().1;
    let text = format!(
        "{}{}[upstream.odoo]{after}",
        before.split("[upstream.odoo]").next().unwrap(),
        keys.concat()
    );
    std::fs::write(file, text).unwrap();
}

fn listed(place: &Place) -> Vec<Json> {
    let listed = place.run(&["key", "list", "--all"]).1;
    listed.as_array().unwrap().clone()
}

fn named(place: &Place, name: &str) -> Json {
    let mut all = listed(place).into_iter();
    let found = all.find(|key| key["name"] == name);
    found.unwrap_or_else(|| panic!("no {name}"))
}

/// A gateway whose words go into a file; answers what it said until it listened.
fn started(place: &Place, variables: &[(&str, &str)]) -> (Served, String) {
    let log = place.path().join("log");
    let file = std::fs::File::create(&log).unwrap();
    let mut program = place.program(&["serve"]);
    let child = program
        .envs(variables.iter().copied())
        .stdout(Stdio::null())
        .stderr(file)
        .spawn()
        .unwrap();
    let mut served = Served {
        child,
        url: String::new(),
    };
    let said = within(20_000, || {
        let text = std::fs::read_to_string(&log).unwrap();
        text.contains("listens on").then_some(text)
    });
    let said = said.expect("it says where it listens");
    let (_, url) = said.split_once("listens on ").unwrap();
    served.url = url.lines().next().unwrap().trim().to_owned();
    (served, said)
}

#[test]
fn a_declared_key_is_good_from_the_start_wherever_its_secret_is() {
    let demo = Demo::start();
    let place = Place::before(&demo, PATIENT);
    let (code, made) = place.run(&["key", "generate"]);
    assert_eq!(code, 0);
    let own = made["key"].as_str().unwrap();
    put(&place, "own", &format!("{own}\n"));
    let till = put(&place, "till", TILL);
    declare(
        &place,
        &[
            key(
                "own",
                "secret-file = \"own\"\npurpose = \"orders\"\nowner = \"Ann\"",
            ),
            key(
                "shop",
                "secret-variable = \"WEB_SHOP_KEY\"\nstyles = [\"header\"]\nexpires = \"30d\"\nper-minute = 600\nburst = 50",
            ),
            key(
                "till",
                "secret-variable = \"TILL_KEY\"\nfrom = [\"127.0.0.1\"]",
            ),
            key(
                "far",
                "secret-variable = \"FAR_KEY\"\nfrom = [\"192.0.2.0/24\"]",
            ),
        ],
    );
    let till = till.display().to_string();
    let variables = [
        ("WEB_SHOP_KEY", SHOP),
        ("TILL_KEY_FILE", till.as_str()),
        ("FAR_KEY", WEB),
    ];
    let checked = place.program(&["check"]).envs(variables).output().unwrap();
    assert!(checked.status.success(), "{checked:?}");
    assert!(String::from_utf8_lossy(&checked.stdout).contains("4 keys"));
    let (served, said) = started(&place, &variables);
    assert!(!said.contains("declared"), "all is well: {said}");
    for good in [own, SHOP, TILL] {
        assert_eq!(status(&served, good), 200);
    }
    demo.reached();
    let bearer = format!("Bearer {SHOP}");
    assert_eq!(
        ask(&served, COUNT, &[("authorization", &bearer)]).status,
        401
    );
    assert_eq!(status(&served, WEB), 401, "it is good from elsewhere only");
    assert_eq!(status(&served, &SHOP.replace('3', "4")), 401);
    assert!(demo.reached().is_empty());
    let all = listed(&place);
    assert_eq!(all.len(), 4);
    for one in &all {
        assert_eq!(
            (&one["origin"], &one["state"]),
            (&"declared".into(), &"valid".into())
        );
        assert!(one["expires"].is_string(), "as all keys: {one}");
    }
    assert_eq!(named(&place, "own")["id"], made["id"], "a key keeps its id");
    let shop = named(&place, "shop");
    assert_eq!(shop["limit"]["per-minute"], 600);
    assert_eq!(shop["styles"], serde_json::json!(["header"]));
    let told = format!("{all:?}");
    let (_, half) = own.split_at(21);
    for secret in [SHOP, TILL, WEB, half] {
        assert!(!told.contains(secret) && !said.contains(secret));
    }
    // Other commands need nothing of the gateway's environment; the secrets stay where they are.
    let id = shop["id"].as_str().unwrap();
    assert_eq!(
        place.run(&["key", "rotate", id]).0,
        1,
        "its secret is changed elsewhere"
    );
    let kept = std::fs::read(place.path().join("data/portcullis.db")).unwrap();
    let kept = String::from_utf8_lossy(&kept).into_owned();
    assert!(!kept.contains(SHOP) && !kept.contains(TILL));
    // Where nothing has changed, nothing is written.
    let before = all;
    drop(served);
    let (served, _) = started(&place, &variables);
    assert_eq!(status(&served, SHOP), 200);
    let still = listed(&place);
    let created = |all: &[Json]| {
        all.iter()
            .map(|key| key["created"].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(created(&still), created(&before));
}

#[test]
fn what_is_declared_changes_with_the_next_start_and_what_was_revoked_stays_so() {
    let demo = Demo::start();
    let place = Place::before(&demo, PATIENT);
    put(&place, "shop", SHOP);
    let shop = key("shop", "secret-file = \"shop\"");
    let till = key("till", "secret-variable = \"TILL_KEY\"");
    let variables = [("TILL_KEY", TILL)];
    declare(&place, &[shop.clone(), till.clone()]);
    let (served, _) = started(&place, &variables);
    assert_eq!((status(&served, SHOP), status(&served, TILL)), (200, 200));
    let id = named(&place, "shop")["id"].clone();
    drop(served);

    // A secret that changed takes the place of the old one; a key that is gone is suspended.
    put(&place, "shop", WEB);
    declare(&place, std::slice::from_ref(&shop));
    let (served, said) = started(&place, &[]);
    assert_eq!(status(&served, WEB), 200);
    demo.reached();
    assert_eq!((status(&served, SHOP), status(&served, TILL)), (401, 401));
    assert!(demo.reached().is_empty());
    assert_eq!(named(&place, "shop")["id"], id);
    assert_eq!(named(&place, "till")["state"], "suspended");
    assert!(
        said.contains("declared no longer") && said.contains("till"),
        "{said}"
    );
    drop(served);

    // It is declared again, under another name: its secret is free for that.
    let register = till.replace("\"till\"", "\"register\"");
    declare(&place, &[shop.clone(), register]);
    let (served, said) = started(&place, &variables);
    assert_eq!(status(&served, TILL), 200);
    assert!(
        !said.contains("declared no longer"),
        "it is told once: {said}"
    );
    drop(served);
    declare(&place, &[shop.clone(), till.clone()]);
    let (served, _) = started(&place, &variables);
    assert_eq!((status(&served, WEB), status(&served, TILL)), (200, 200));
    assert_eq!(named(&place, "till")["state"], "valid");

    // What somebody suspended stays so, and so does what was revoked, also with a new secret.
    let shop_id = id.as_str().unwrap();
    let till_id = named(&place, "till")["id"].as_str().unwrap().to_owned();
    assert_eq!(place.run(&["key", "revoke", shop_id]).0, 0);
    assert_eq!(place.run(&["key", "suspend", &till_id]).0, 0);
    becomes(&served, WEB, 401);
    becomes(&served, TILL, 401);
    drop(served);
    let (served, said) = started(&place, &variables);
    assert_eq!((status(&served, WEB), status(&served, TILL)), (401, 401));
    assert!(said.contains("was revoked, and stays so"), "{said}");
    assert!(said.contains("was suspended"), "{said}");
    place.run(&["key", "resume", &till_id]);
    becomes(&served, TILL, 200);
    drop(served);
    put(&place, "shop", SHOP);
    let (served, _) = started(&place, &variables);
    assert_eq!(status(&served, SHOP), 401, "revoked is for good");
    drop(served);

    // Nor does the revoked secret come back by another name, or by an import.
    put(&place, "shop", WEB);
    declare(&place, &[key("other", "secret-file = \"shop\"")]);
    let refused = place.program(&["serve"]).output().unwrap();
    let told = String::from_utf8_lossy(&refused.stderr);
    assert!(
        !refused.status.success() && told.contains(shop_id),
        "{told}"
    );
    assert!(!told.contains(WEB));
}

#[test]
fn a_secret_that_is_no_good_is_told_with_its_place() {
    let demo = Demo::start();
    let place = Place::before(&demo, PATIENT);
    put(&place, "good", SHOP);
    put(&place, "empty", "\n");
    put(&place, "weak", "changemechangemechangeme");
    put(
        &place,
        "cut",
        "pck_aaaaaaaaaaaaaaaa_aaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    );
    let loose = put(&place, "loose", TILL);
    std::fs::set_permissions(&loose, std::fs::Permissions::from_mode(0o644)).unwrap();
    let fine = key("fine", "secret-file = \"good\"");
    declare(&place, std::slice::from_ref(&fine));
    assert_eq!(place.run(&["check"]).0, 0);
    let bad = [
        ("a", "secret-file = \"missing\"", "cannot be read"),
        ("b", "secret-file = \"empty\"", "is empty"),
        ("c", "secret-file = \"loose\"", "chmod 600"),
        ("d", "secret-file = \"weak\"", "repeats itself"),
        ("e", "secret-file = \"cut\"", "no whole key"),
        ("f", "secret-file = \"good\"", "that of `fine`"),
        (
            "g",
            "secret-variable = \"NOBODY_SET_THIS\"",
            "is set in the environment",
        ),
        ("h", "secret-variable = \"no name\"", "names a variable"),
        (
            "i",
            "secret-variable = \"A\"\nsecret-file = \"good\"",
            "either",
        ),
        ("j", "", "either"),
        ("k", "secret-variable = \"BOTH\"", "both"),
        (
            "l",
            "secret-variable = \"WEB\"\nstyles = [\"token\"]",
            "not shown as token",
        ),
        (
            "m",
            "secret-file = \"good\"\nstyles = [\"signature\"]",
            "key create",
        ),
        (
            "n",
            "secret-file = \"good\"\nupstream = \"other\"",
            "no upstream `other`",
        ),
        ("o", "secret-file = \"good\"\nexpires = \"91d\"", "90 days"),
        (
            "p",
            "secret-file = \"good\"\nexpires = \"soon\"",
            "a moment",
        ),
        (
            "q",
            "secret-file = \"good\"\nfrom = [\"here\"]",
            "an address",
        ),
        (
            "r",
            "secret-file = \"good\"\nburst = 3",
            "both `per-minute`",
        ),
        (
            "fine",
            "secret-variable = \"WEB\"",
            "two keys of the name `fine`",
        ),
    ];
    let mut all = vec![fine.clone()];
    all.extend(bad.iter().map(|(name, more, _)| key(name, more)));
    declare(&place, &all);
    let variables = [("BOTH", SHOP), ("BOTH_FILE", "/x"), ("WEB", WEB)];
    for command in [&["check", "--json"][..], &["serve"]] {
        let output = place.program(command).envs(variables).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        let told = [output.stdout, output.stderr].concat();
        let told = String::from_utf8(told).unwrap();
        for (name, _, what) in bad {
            assert!(told.contains(what), "{name}: {what}: {told}");
        }
        for secret in [SHOP, TILL, WEB, "changeme"] {
            assert!(!told.contains(secret), "{told}");
        }
    }
    let json = place
        .program(&["check", "--json"])
        .envs(variables)
        .output()
        .unwrap();
    let told: Json = serde_json::from_slice(&json.stdout).unwrap();
    let problems = told["problems"].as_array().unwrap();
    assert!(problems.len() >= bad.len(), "{told}");
    assert!(problems.iter().all(|one| one["line"].is_number()), "{told}");
    declare(&place, &[fine]);
    assert!(listed(&place).is_empty(), "nothing was done");
}

#[test]
fn other_secrets_come_from_the_environment_too() {
    let demo = Demo::start();
    let place = Place::before(&demo, PATIENT);
    let file = place.path().join("portcullis.toml");
    let before_it = std::fs::read_to_string(&file).unwrap();
    let (before, after) = before_it.split_once("secret-file = \"").unwrap();
    let (secret_file, after) = after.split_once('"').unwrap();
    let text = format!("{before}secret-variable = \"ODOO_SECRET\"{after}");
    std::fs::write(&file, &text).unwrap();
    let secret = std::fs::read_to_string(secret_file).unwrap();
    let (code, _) = place.create("shop", "integration", &[]);
    assert_eq!(code, 2, "the ERP cannot be asked what its user is");
    std::fs::write(&file, &before_it).unwrap();
    let (made, _) = place.key("shop", &["--administrator"]);
    std::fs::write(&file, text).unwrap();
    let served = place.serve_with(&[("ODOO_SECRET", secret.trim())]);
    assert_eq!(status(&served, &made), 200);
    drop(served);
    let served = place.serve_with(&[("ODOO_SECRET_FILE", secret_file)]);
    assert_eq!(status(&served, &made), 200);
    drop(served);
    let refused = place.program(&["serve"]).output().unwrap();
    let told = String::from_utf8_lossy(&refused.stderr);
    assert!(
        !refused.status.success() && told.contains("ODOO_SECRET"),
        "{told}"
    );
}
