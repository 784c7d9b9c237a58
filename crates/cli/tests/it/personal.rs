//! Rules that speak of the user as whom a call runs, before both ERPs.

use serde_json::{Value as Json, json};

use crate::demo::{Demo, Got, send};
use crate::serve::{Place, Served};

const ROLE: &str = r#"
[[rule]]
name = "what I made"
models = ["res.partner"]
operations = ["read", "create", "write"]
fields = ["name", "company_id"]
domain = '[["create_uid", "=", "principal.user_id"]]'
upstream = ["mine"]

[[rule]]
name = "of my company, and me"
models = ["res.partner"]
operations = ["read"]
fields = ["name"]
domain = '["|", ["company_id", "in", "principal.company_ids"], ["id", "=", "principal.partner_id"]]'
upstream = ["ours"]

[[rule]]
name = "my customers"
models = ["Customer"]
operations = ["read", "write"]
fields = ["customer_name"]
domain = '[["owner", "=", "principal.login"]]'

[[rule]]
name = "new customers"
models = ["Customer"]
operations = ["create"]
fields = ["customer_name", "customer_type"]
"#;

/// A gateway before the demo's Odoo under two names, and before its ERPNext.
fn place(demo: &Demo) -> Place {
    let log = std::path::PathBuf::from(demo.fact("/upstream_log"));
    let secrets = log.with_file_name("secrets");
    let secret = |name: &str| secrets.join(name).display().to_string();
    let (odoo, erpnext) = (demo.fact("/odoo"), demo.fact("/erpnext"));
    let (one, two) = (secret("odoo-integration"), secret("odoo-second"));
    let text = format!(
        "listen = \"127.0.0.1:0\"\nroles = [\"reader.toml\"]\n\
         [limits]\nper-minute = 60000\nburst = 10000\n\
         [upstream.mine]\nkind = \"odoo\"\nurl = \"{odoo}\"\ndatabase = \"demo\"\n\
         [upstream.mine.user.integration]\nsecret-file = \"{one}\"\n\
         [upstream.mine.user.second]\nsecret-file = \"{two}\"\n\
         [upstream.ours]\nkind = \"odoo\"\nurl = \"{odoo}\"\ndatabase = \"demo\"\n\
         [upstream.ours.user.integration]\nsecret-file = \"{one}\"\n\
         [upstream.erpnext]\nkind = \"frappe\"\nurl = \"{erpnext}\"\ndatabase = \"demo\"\n\
         [upstream.erpnext.user.\"integration@example.com\"]\nsecret-file = \"{}\"\n\
         [upstream.erpnext.user.\"second@example.com\"]\nsecret-file = \"{}\"\n",
        secret("erpnext-integration"),
        secret("erpnext-second"),
    );
    Place::of(&text, ROLE)
}

fn odoo(served: &Served, key: &str, method: &str, body: &Json) -> Json {
    let url = format!("{}/json/2/res.partner/{method}", served.url);
    let request = http::Request::post(url)
        .header("authorization", format!("Bearer {key}"))
        .header("content-type", "application/json");
    let got = send(request.body(body.to_string().into_bytes()).unwrap());
    serde_json::from_slice(&got.body).expect("JSON")
}

fn customer(served: &Served, key: &str, verb: &str, path: &str, body: &Json) -> Got {
    let request = http::Request::builder()
        .method(verb)
        .uri(format!("{}/api/resource/Customer{path}", served.url))
        .header("authorization", format!("Bearer {key}"))
        .header("content-type", "application/json");
    let body = if verb == "GET" {
        Vec::new()
    } else {
        body.to_string().into_bytes()
    };
    send(request.body(body).unwrap())
}

#[test]
fn each_odoo_user_sees_its_own() {
    let demo = Demo::start();
    let place = place(&demo);
    let one = place.key_at("one", "mine", "integration");
    let two = place.key_at("two", "mine", "second");
    let ours = place.key_at("ours", "ours", "integration");
    let served = place.serve();
    let made = odoo(
        &served,
        &one,
        "create",
        &json!({"vals_list": [{"name": "Mine"}]}),
    );
    let id = made[0].as_i64().unwrap_or_else(|| panic!("{made}"));
    let read = json!({"ids": [id], "fields": ["name"]});
    assert_eq!(odoo(&served, &one, "read", &read)[0]["name"], "Mine");
    assert_eq!(odoo(&served, &two, "read", &read), json!([]));
    let write = json!({"ids": [id], "vals": {"name": "Renamed"}});
    assert_eq!(odoo(&served, &one, "write", &write), json!(true));
    let no = odoo(&served, &two, "write", &write);
    assert!(no["message"].as_str().is_some(), "{no}");

    demo.reached();
    let all = json!({"domain": [], "fields": ["name"]});
    let me = odoo(&served, &ours, "search_read", &all);
    let rows = me.as_array().unwrap_or_else(|| panic!("{me}")).len();
    assert!(rows >= 1, "{me}");
    let asked_itself = |lines: &[Json]| {
        let own = lines.iter().map(Json::to_string);
        own.filter(|line| line.contains("res.users") && line.contains("read"))
            .count()
    };
    assert_eq!(
        asked_itself(&demo.reached()),
        1,
        "the gateway asked who it is"
    );
    odoo(&served, &ours, "search_read", &all);
    assert_eq!(asked_itself(&demo.reached()), 0, "and does so once");
}

#[test]
fn each_frappe_user_sees_its_own() {
    let demo = Demo::start();
    let place = place(&demo);
    let one = place.key_at("one", "erpnext", "integration@example.com");
    let two = place.key_at("two", "erpnext", "second@example.com");
    let served = place.serve();
    let body = json!({"customer_name": "Own One", "customer_type": "Company"});
    let made = customer(&served, &one, "POST", "", &body);
    assert_eq!(made.status, 200, "{}", made.text());
    assert_eq!(
        customer(&served, &one, "GET", "/Own%20One", &json!(null)).status,
        200
    );
    assert_ne!(
        customer(&served, &two, "GET", "/Own%20One", &json!(null)).status,
        200
    );
    let listed = |key: &str| customer(&served, key, "GET", "", &json!(null)).text();
    assert!(listed(&one).contains("Own One"));
    assert!(!listed(&two).contains("Own One"));
    let rename = json!({"customer_name": "Own"});
    assert_eq!(
        customer(&served, &one, "PUT", "/Own%20One", &rename).status,
        200
    );
    assert_ne!(
        customer(&served, &two, "PUT", "/Own%20One", &rename).status,
        200
    );
}
