//! A record leaves the rule between the guard and the call: the ledger says so.

use std::fs::Permissions;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;

use portcullis_sandbox::odoo::{Key, Odoo, Options, Role, User};
use portcullis_sandbox::{Handler, Request, Response, Running, UpstreamLog, serve};
use serde_json::{Value as Json, json};

use crate::demo::send;
use crate::serve::{Place, Served};

const SECRET: &str = "a key of the ERP user";
const OTHER: &str = "a key of somebody with another road";

const COMPANIES: &str = r#"
[[rule]]
name = "companies"
models = ["res.partner"]
operations = ["read", "create", "write", "delete"]
fields = ["name", "city", "is_company"]
domain = '[["is_company", "=", true]]'
"#;

/// An Odoo in which every partner whose city becomes `Race` is made a person just before.
struct Raced(Odoo);

impl Raced {
    fn start() -> Running {
        let user = |login: &str, key: &str| User {
            login: login.to_owned(),
            name: login.to_owned(),
            role: Role::Admin,
            password: format!("the password of {login}"),
            keys: vec![Key::rpc(key)],
        };
        let users = vec![user("admin", OTHER), user("integration", SECRET)];
        let odoo = Arc::new(Self(Odoo::new(Options::new("demo", users))));
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        serve(listener, odoo, UpstreamLog::nowhere()).expect("an Odoo")
    }
}

impl Handler for Raced {
    const ERP: &'static str = "odoo";
    const KEEP_ALIVE: bool = false;

    fn answer(&self, request: &Request) -> Response {
        let body: Json = serde_json::from_slice(&request.body).unwrap_or_default();
        if body["vals"]["city"] == "Race" {
            let person = json!({"ids": body["ids"], "vals": {"is_company": false}});
            let mut headers = request.headers.clone();
            let bearer = format!("Bearer {OTHER}").parse().expect("a header");
            headers.insert("authorization", bearer);
            let body = person.to_string().into_bytes();
            headers.insert("content-length", body.len().into());
            let moved = self.0.answer(&Request {
                verb: request.verb.clone(),
                path: request.path.clone(),
                query: String::new(),
                headers,
                body: body.into(),
            });
            assert_eq!(moved.status, 200);
        }
        self.0.answer(request)
    }
}

fn call(served: &Served, key: &str, method: &str, arguments: &Json) -> (u16, String, Json) {
    let request = http::Request::post(format!("{}/json/2/res.partner/{method}", served.url))
        .header("content-type", "application/json")
        .header("x-api-key", key);
    let got = send(request.body(arguments.to_string().into_bytes()).unwrap());
    let id = got.headers["x-request-id"].to_str().unwrap().to_owned();
    let answer = serde_json::from_str(&got.text()).unwrap_or_default();
    (got.status, id, answer)
}

#[test]
fn what_a_race_lets_through_is_found_in_the_ledger() {
    let odoo = Raced::start();
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("secret");
    std::fs::write(&secret, SECRET).unwrap();
    std::fs::set_permissions(&secret, Permissions::from_mode(0o600)).unwrap();
    let text = format!(
        "listen = \"127.0.0.1:0\"\nroles = [\"reader.toml\"]\n[upstream.odoo]\nkind = \"odoo\"\nurl = \"{}\"\n\
         database = \"demo\"\n[upstream.odoo.user.integration]\nsecret-file = \"{}\"\n",
        odoo.url(),
        secret.display()
    );
    let place = Place::of(&text, COMPANIES);
    let (key, _) = place.key("shop", &["--administrator"]);
    let served = place.serve();
    let all = json!({"domain": [], "limit": 2});
    let (_, _, companies) = call(&served, &key, "search", &all);
    let company = |at: usize| companies[at].as_i64().expect("a company");
    let write = |at: usize, city: &str| {
        let values = json!({"ids": [company(at)], "vals": {"city": city}});
        call(&served, &key, "write", &values)
    };
    let (status, calm, answer) = write(0, "Bonn");
    assert_eq!((status, answer), (200, json!(true)));
    let (status, raced, answer) = write(1, "Race");
    assert_eq!((status, answer), (200, json!(true)), "it was done");
    let new = json!({"vals_list": [{"name": "Passing"}]});
    let (_, _, new) = call(&served, &key, "create", &new);
    let gone = json!({"ids": new});
    let (status, deleted, _) = call(&served, &key, "unlink", &gone);
    assert_eq!(status, 200);

    let noted = |word: &str| {
        let found = place.lines(&["audit", "tail", "--noted", word]);
        let requests = found.iter().map(|line| line["request"].clone());
        (requests.collect::<Vec<_>>(), found)
    };
    let (requests, found) = noted("rule-broken");
    assert_eq!(requests, [json!(raced)]);
    assert_eq!(found[0]["outcome"], "done");
    assert_eq!(found[0]["rule"], "reader/companies");
    assert_eq!(found[0]["closed"]["notes"][0], json!(["rule-broken", 1]));
    assert_eq!(noted("rule-unproven").0, [json!(deleted)]);
    assert!(noted("rule-unsure").0.is_empty());
    assert!(noted("rule-unchecked").0.is_empty());
    let (requests, _) = noted("window-us");
    assert_eq!(requests, [json!(calm), json!(raced), json!(deleted)]);
}
