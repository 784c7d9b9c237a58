//! The ERP's own keys: renewed by Portcullis, told of, and taken over from clients.

mod adopt;

use std::path::PathBuf;

use serde_json::{Value as Json, json};

use crate::demo::{Demo, Got, send};
use crate::serve::{Place, READER, Served};
use crate::within;

pub(super) fn secret_of(demo: &Demo, name: &str) -> String {
    std::fs::read_to_string(secret_file(demo, name)).expect("a secret of the demo")
}

fn secret_file(demo: &Demo, name: &str) -> PathBuf {
    PathBuf::from(demo.fact("/upstream_log"))
        .with_file_name("secrets")
        .join(name)
}

/// A place before both ERPs, whose users lie in the store, but for the administrators'.
pub(super) fn place(demo: &Demo, odoo: &str, frappe: &str) -> Place {
    let text = format!(
        "listen = \"127.0.0.1:0\"\nroles = [\"reader.toml\"]\n\
         [limits]\nper-minute = 60000\nburst = 10000\n\
         [upstream.odoo]\nkind = \"odoo\"\nurl = \"{}\"\ndatabase = \"demo\"\n{odoo}\
         [upstream.odoo.user.admin]\nsecret-file = \"{}\"\n\
         [upstream.erpnext]\nkind = \"frappe\"\nurl = \"{}\"\ndatabase = \"demo\"\n{frappe}\
         [upstream.erpnext.user.Administrator]\nsecret-file = \"{}\"\n",
        demo.fact("/odoo"),
        secret_file(demo, "odoo-admin").display(),
        demo.fact("/erpnext"),
        secret_file(demo, "erpnext-administrator").display(),
    );
    let place = Place::of(&text, &format!("{READER}{CUSTOMERS}"));
    for (upstream, login, file) in [
        ("odoo", "integration", "odoo-integration"),
        ("erpnext", "integration@example.com", "erpnext-integration"),
    ] {
        let file = secret_file(demo, file).display().to_string();
        let (code, said) = place.run(&[
            "user",
            "add",
            login,
            "--upstream",
            upstream,
            "--secret-file",
            &file,
        ]);
        assert_eq!(code, 0, "{said}");
    }
    place
}

const CUSTOMERS: &str = "
[[rule]]
name = \"customers\"
models = [\"Customer\"]
operations = [\"read\"]
fields = [\"name\"]
";

/// Lets ordinary users of the Odoo make keys by keys, as its administrator.
pub(crate) fn enable(demo: &Demo) {
    let answer = ureq::post(format!(
        "{}/json/2/ir.config_parameter/set_param",
        demo.fact("/odoo")
    ))
    .header(
        "authorization",
        format!("Bearer {}", secret_of(demo, "odoo-admin")),
    )
    .header("content-type", "application/json")
    .send(r#"{"key": "base.enable_programmatic_api_keys", "value": "1"}"#)
    .expect("an answer");
    assert_eq!(answer.status(), 200);
}

/// Whether the Odoo itself takes a key.
fn opens_odoo(demo: &Demo, key: &str) -> bool {
    let url = format!("{}/json/2/res.users/context_get", demo.fact("/odoo"));
    let config = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .build();
    let answer = ureq::Agent::from(config)
        .post(url)
        .header("authorization", format!("Bearer {key}"))
        .header("content-type", "application/json")
        .send("{}")
        .expect("an answer");
    answer.status() == 200
}

fn count(served: &Served, key: &str) -> Got {
    let request = http::Request::post(format!("{}/json/2/res.partner/search_count", served.url))
        .header("content-type", "application/json")
        .header("x-api-key", key);
    send(
        request
            .body(b"{\"domain\":[]}".to_vec())
            .expect("a request"),
    )
}

fn customers(served: &Served, key: &str) -> Got {
    let url = format!("{}/api/resource/Customer?limit_page_length=1", served.url);
    let request = http::Request::get(url).header("authorization", format!("Bearer {key}"));
    send(request.body(Vec::new()).expect("a request"))
}

fn health(place: &Place, upstream: &str, login: &str) -> Json {
    let (_, all) = place.run(&["user", "list"]);
    let all = all.as_array().expect("users");
    let found = all
        .iter()
        .find(|user| user["upstream"] == upstream && user["login"] == login);
    found.expect("the user").clone()
}

/// Everything that the place keeps, as bytes.
fn kept(place: &Place) -> Vec<u8> {
    fn read(folder: &std::path::Path, all: &mut Vec<u8>) {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                read(&path, all);
            } else if let Ok(bytes) = std::fs::read(&path) {
                all.extend(bytes);
            }
        }
    }
    let mut all = Vec::new();
    read(&place.path().join("data"), &mut all);
    all
}

pub(super) fn is_kept(place: &Place, secret: &str) -> bool {
    kept(place)
        .windows(secret.len())
        .any(|part| part == secret.as_bytes())
}

#[test]
fn an_odoo_key_is_made_tried_used_and_only_then_the_old_one_revoked() {
    let demo = Demo::start();
    enable(&demo);
    let place = place(&demo, "", "");
    let key = place.key_at("shop", "odoo", "integration");
    let served = place.serve();
    let old = secret_of(&demo, "odoo-integration");
    assert_eq!(count(&served, &key).status, 200);
    assert!(opens_odoo(&demo, &old));
    let fresh = health(&place, "odoo", "integration");
    assert_eq!(
        (&fresh["rotated"], &fresh["age-days"]),
        (&Json::Null, &json!(0))
    );

    let stop = std::sync::atomic::AtomicBool::new(false);
    let (done, calls) = std::thread::scope(|scope| {
        let calling = scope.spawn(|| {
            let mut calls = 0;
            while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                let got = count(&served, &key);
                assert_eq!(got.status, 200, "{}", got.text());
                calls += 1;
            }
            calls
        });
        let done = place.run(&["user", "rotate", "integration", "--upstream", "odoo"]);
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
        (done, calling.join().expect("no call failed"))
    });
    assert_eq!(done.0, 0, "{done:?}");
    assert!(calls > 3, "{calls} calls went on meanwhile");
    assert!(!opens_odoo(&demo, &old), "the old one is revoked");
    assert_eq!(count(&served, &key).status, 200);
    let renewed = health(&place, "odoo", "integration");
    assert!(renewed["rotated"].is_string() && renewed["expires"].is_string());
    assert_eq!(renewed["failure"], Json::Null);
    assert!(!is_kept(&place, &old));
}

#[test]
fn what_the_odoo_refuses_leaves_the_old_key_in_use_and_is_shown() {
    let demo = Demo::start();
    let place = place(&demo, "", "");
    let key = place.key_at("shop", "odoo", "integration");
    let served = place.serve();
    let (code, _) = place.run(&["user", "rotate", "integration", "--upstream", "odoo"]);
    assert_ne!(code, 0);
    assert!(opens_odoo(&demo, &secret_of(&demo, "odoo-integration")));
    assert_eq!(count(&served, &key).status, 200);
    let failed = health(&place, "odoo", "integration");
    let why = failed["failure"].as_str().expect("why");
    assert!(
        why.contains("base.enable_programmatic_api_keys") && failed["failed"].is_string(),
        "{failed}"
    );
    assert_eq!(failed["rotated"], Json::Null);
    assert!(!why.contains(&secret_of(&demo, "odoo-integration")));
    enable(&demo);
    // It is one at a time, and by hand not at once again.
    let (code, _) = place.run(&["user", "rotate", "integration", "--upstream", "odoo"]);
    assert_eq!(code, 1, "it failed within the minute");
}

#[test]
fn a_frappe_secret_is_replaced_while_calls_go_on() {
    let demo = Demo::start();
    let place = place(&demo, "", "");
    let login = "integration@example.com";
    let key = place.key_at("shop", "erpnext", login);
    let served = place.serve();
    assert_eq!(customers(&served, &key).status, 200);
    let rotate = ["user", "rotate", login, "--upstream", "erpnext"];
    let (code, _) = place.run(&rotate);
    assert_ne!(code, 0, "it is no System Manager");
    let failed = health(&place, "erpnext", login);
    assert!(
        failed["failure"]
            .as_str()
            .expect("why")
            .contains("System Manager"),
        "{failed}"
    );
    assert_eq!(customers(&served, &key).status, 200);
    // The credential is put again, which forgets the failure.
    let file = secret_file(&demo, "erpnext-integration")
        .display()
        .to_string();
    place.run(&[
        "user",
        "add",
        login,
        "--upstream",
        "erpnext",
        "--secret-file",
        &file,
    ]);

    let stop = std::sync::atomic::AtomicBool::new(false);
    let (code, calls) = std::thread::scope(|scope| {
        let calling = scope.spawn(|| {
            let mut calls = 0;
            while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                let got = customers(&served, &key);
                assert_eq!(got.status, 200, "{}", got.text());
                calls += 1;
            }
            calls
        });
        let mut with = rotate.to_vec();
        with.extend(["--with", "Administrator"]);
        let (code, _) = place.run(&with);
        crate::pause(500);
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
        (code, calling.join().expect("no call failed"))
    });
    assert_eq!(code, 0);
    assert!(calls > 3, "{calls} calls went on meanwhile");
    let old = secret_of(&demo, "erpnext-integration");
    let answer = ureq::get(format!(
        "{}/api/method/frappe.auth.get_logged_user",
        demo.fact("/erpnext")
    ))
    .header("authorization", format!("token {old}"))
    .call();
    assert!(answer.is_err(), "the old secret is replaced");
    assert!(health(&place, "erpnext", login)["rotated"].is_string());
}

#[test]
fn what_is_old_is_renewed_by_itself_once_over_two_gateways() {
    let demo = Demo::start();
    enable(&demo);
    let place = place(
        &demo,
        "rotate-days = 60\n",
        "rotate-days = 60\nrotate-with = \"Administrator\"\n",
    );
    let (odoo, erpnext) = (
        place.key_at("shop", "odoo", "integration"),
        place.key_at("shop", "erpnext", "integration@example.com"),
    );
    // As if they had been put 61 days ago.
    let sixty_one = 61_i64 * 24 * 60 * 60 * 1_000_000;
    let store = place.path().join("data").join("portcullis.db");
    let aged = std::process::Command::new("python3")
        .arg("-c")
        .arg(format!(
            "import sqlite3; c = sqlite3.connect({:?}); c.execute('UPDATE erp_user SET updated = updated - {sixty_one}'); c.commit()",
            store.display().to_string()
        ))
        .status()
        .expect("Python runs");
    assert!(aged.success());
    demo.reached();
    let (one, other) = (place.serve(), place.serve());
    let renewed = within(30_000, || {
        let odoo = health(&place, "odoo", "integration");
        let erpnext = health(&place, "erpnext", "integration@example.com");
        (odoo["rotated"].is_string() && erpnext["rotated"].is_string()).then_some(odoo)
    });
    let renewed = renewed.expect("both are renewed");
    assert_eq!(renewed["age-days"], 0);
    let revoked = within(10_000, || {
        (!opens_odoo(&demo, &secret_of(&demo, "odoo-integration"))).then_some(())
    });
    assert!(revoked.is_some(), "the old key is revoked");
    for served in [&one, &other] {
        assert_eq!(count(served, &odoo).status, 200);
        assert_eq!(customers(served, &erpnext).status, 200);
    }
    let made = |call: &str| {
        let lines = demo.reached();
        let is = |line: &&Json| line.to_string().contains(call);
        lines.iter().filter(is).count()
    };
    assert_eq!(made("generate"), 2, "one for each ERP, whoever made it");
}

#[test]
fn a_key_that_acts_as_an_administrator_is_made_only_where_that_is_said() {
    let demo = Demo::start();
    let place = place(&demo, "", "");
    let create = |upstream: &str, user: &str, more: &[&str]| {
        let mut arguments = vec![
            "key",
            "create",
            "shop",
            "--upstream",
            upstream,
            "--user",
            user,
            "--role",
            "reader",
        ];
        arguments.extend_from_slice(more);
        place.run(&arguments)
    };
    for (upstream, ordinary, administrator) in [
        ("odoo", "integration", "admin"),
        ("erpnext", "integration@example.com", "Administrator"),
    ] {
        let (code, made) = create(upstream, ordinary, &[]);
        assert_eq!(code, 0, "{made}");
        let (code, made) = create(upstream, administrator, &[]);
        assert_eq!((code, &made), (2, &Json::Null), "{administrator}");
        let (code, made) = create(upstream, administrator, &["--administrator"]);
        assert_eq!(code, 0, "{made}");
        let (_, all) = place.run(&["key", "list"]);
        let is = |user: &str| {
            let all = all.as_array().expect("keys");
            let found = all.iter().find(|key| key["user"] == user);
            found.expect("the key")["administrator"].clone()
        };
        assert_eq!(
            (is(ordinary), is(administrator)),
            (json!(false), json!(true))
        );
        assert_eq!(
            health(&place, upstream, administrator)["administrator"],
            true
        );
    }
}
