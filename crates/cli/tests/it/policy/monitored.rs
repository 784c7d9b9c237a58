//! A role that is tried out, before a gateway that serves: what passes, what is written down, who
//! is told.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;
use std::sync::mpsc;
use std::time::Duration;

use portcullis_gateway::clock;
use serde_json::{Value as Json, json};

use crate::demo::{Demo, Got, program, send};
use crate::serve::{Place, Served};

const RULES: &str = "[[rule]]\nname = \"names\"\nmodels = [\"res.partner\"]\noperations = [\"read\"]\nfields = [\"name\"]\n[[rule]]\nname = \"no\"\ndeny = true\nmodels = [\"res.partner\"]\noperations = [\"read\"]\nfields = [\"email\"]\n";

/// The role, monitored until so many seconds from now.
fn until(seconds: i64) -> String {
    let end = clock::now().plus_micros(seconds * 1_000_000);
    format!("monitor-until = \"{end}\"\n{RULES}")
}

fn read(served: &Served, key: &str, model: &str, field: &str) -> Got {
    let url = format!("{}/json/2/{model}/search_read", served.url);
    let request = http::Request::post(url)
        .header("content-type", "application/json")
        .header("x-api-key", key);
    let body = json!({"domain": [], "fields": [field], "limit": 1});
    send(request.body(body.to_string().into_bytes()).unwrap())
}

#[test]
fn what_would_be_refused_passes_until_the_end_and_is_written_down() {
    let demo = Demo::start();
    let place = Place::before_both(&demo, "");
    place.put_role(&until(3_600));
    let key = place.key_at("shop", "odoo", "integration");
    let served = place.serve();
    let (own, other) = (
        read(&served, &key, "res.partner", "name"),
        read(&served, &key, "res.partner", "city"),
    );
    assert_eq!((own.status, other.status), (200, 200), "{}", other.text());
    // Callers are told nothing of it: the headers have the same names.
    let names = |got: &Got| -> Vec<String> {
        let mut names: Vec<String> = got.headers.keys().map(ToString::to_string).collect();
        names.sort();
        names
    };
    assert_eq!(names(&own), names(&other));
    assert_eq!(read(&served, &key, "crm.team", "name").status, 200);
    for (model, field) in [
        ("res.partner", "email"),
        ("ir.cron", "name"),
        ("res.partner", "signup_token"),
    ] {
        assert_eq!(
            read(&served, &key, model, field).status,
            403,
            "{model} {field}"
        );
    }
    crate::pause(1_500);
    let records = place.lines(&["audit", "tail", "-n", "50", "--principal", "shop"]);
    let of = |field: &str| -> &Json {
        let found = records
            .iter()
            .find(|record| record["fields"] == json!([field]));
        found.unwrap_or_else(|| panic!("{field}: {records:?}"))
    };
    let passed = of("city");
    assert_eq!(
        (
            &passed["would-be-refused"],
            &passed["closest"],
            &passed["outcome"],
            &passed["rule"]
        ),
        (
            &json!("field"),
            &json!("reader/names"),
            &json!("done"),
            &json!("reader/monitored")
        ),
        "{passed}"
    );
    assert!(
        passed["closed"]["notes"].to_string().contains("monitored"),
        "{passed}"
    );
    assert_eq!(of("email")["outcome"], json!("refused"));
    let own = records
        .iter()
        .find(|record| record["rule"] == json!("reader/names"));
    assert_eq!(own.expect("a record")["would-be-refused"], Json::Null);

    // It is told to those who administer.
    let (_, roles) = place.run(&["role", "list"]);
    assert!(roles[0]["monitored-until"].is_string(), "{roles}");
    let file = place.path().join("reader.toml");
    let check = program()
        .args(["policy", "check"])
        .arg(&file)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&check.stderr).into_owned();
    assert_eq!(check.status.code(), Some(1), "{said}");
    assert!(
        said.contains("(monitored)") && said.contains("reader.toml:1:"),
        "{said}"
    );

    // What is learnt of it has a rule for what passed, and none for what was refused.
    let fields: Json = ["name", "city", "email"]
        .iter()
        .map(|name| ((*name).to_owned(), json!({"type": "char", "store": true})))
        .collect::<serde_json::Map<_, _>>()
        .into();
    let schema = place.path().join("fields.json");
    std::fs::write(
        &schema,
        json!({"res.partner": fields, "crm.team": {"name": {"type": "char", "store": true}}})
            .to_string(),
    )
    .unwrap();
    let (code, told) = place.run(&[
        "policy",
        "learn",
        "--principal",
        "shop",
        "--schema",
        schema.to_str().unwrap(),
    ]);
    let learnt = told["proposals"][0]["roles"][0]["toml"]
        .as_str()
        .unwrap_or_else(|| panic!("{told}"));
    let (_, allowing) = learnt.split_once("[[rule]]").expect("rules");
    let (allowing, denying) = allowing.split_once("name = \"no\"").expect("the denial");
    assert_eq!(code, 0, "{told}");
    assert!(
        allowing.contains("\"city\"") && allowing.contains("crm.team"),
        "{learnt}"
    );
    assert!(
        !allowing.contains("email") && !allowing.contains("cron") && denying.contains("email"),
        "{learnt}"
    );

    // At its end it refuses, with nobody's doing.
    place.put_role(&until(3));
    crate::pause(1_000);
    assert_eq!(read(&served, &key, "res.partner", "city").status, 200);
    crate::pause(3_000);
    assert_eq!(read(&served, &key, "res.partner", "city").status, 403);
    assert_eq!(read(&served, &key, "res.partner", "name").status, 200);
}

#[test]
fn the_gateway_warns_of_a_role_that_is_monitored() {
    let demo = Demo::start();
    let place = Place::before_both(&demo, "");
    for (role, warned) in [
        (until(3_600), "a role is monitored"),
        (until(40 * 86_400), "more than 30 days off"),
    ] {
        place.put_role(&role);
        let mut child = place
            .program(&["serve"])
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (tell, told) = mpsc::channel();
        let lines = BufReader::new(child.stderr.take().expect("a pipe")).lines();
        std::thread::spawn(move || {
            lines
                .map_while(Result::ok)
                .for_each(|line| drop(tell.send(line)))
        });
        let mut said = Vec::new();
        while let Ok(line) = told.recv_timeout(Duration::from_secs(10)) {
            said.push(line);
            if said.last().is_some_and(|line| line.contains(warned)) {
                break;
            }
        }
        child.kill().ok();
        child.wait().ok();
        assert!(
            said.iter().any(|line| line.contains(warned)),
            "{warned}: {said:?}"
        );
    }
}
