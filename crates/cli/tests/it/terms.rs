//! Masks, mail and fields for some roles only, before both ERPs.

use serde_json::{Value as Json, json};

use crate::demo::{Demo, Got, send};
use crate::serve::{Place, Served};
use crate::within;

const ROLE: &str = r#"
[context]
lang = "en_US"
tz = "Europe/Berlin"

[[rule]]
name = "partners"
models = ["res.partner"]
operations = ["read", "create", "write", "mail"]
fields = ["name", "display_name", "complete_name", "city"]
masked = ["vat"]
derived = ["display_name", "complete_name"]

[[rule]]
name = "customers"
models = ["Customer"]
operations = ["read", "create"]
fields = ["customer_name", "customer_type", "website"]
masked = ["tax_id"]

[[rule]]
name = "orders"
models = ["Sales Order"]
operations = ["read"]
fields = "*"
"#;

/// How long an edit of a file may take to count, in milliseconds.
const TAKEN: u64 = 10_000;

fn place(demo: &Demo) -> Place {
    let log = std::path::PathBuf::from(demo.fact("/upstream_log"));
    let secrets = log.with_file_name("secrets");
    let secret = |name: &str| secrets.join(name).display().to_string();
    let text = format!(
        "listen = \"127.0.0.1:0\"\nroles = [\"reader.toml\"]\nfield-permissions = [\"fields.json\"]\n\
         [limits]\nper-minute = 60000\nburst = 10000\n\
         [upstream.odoo]\nkind = \"odoo\"\nurl = \"{}\"\ndatabase = \"demo\"\n\
         [upstream.odoo.user.integration]\nsecret-file = \"{}\"\n\
         [upstream.erpnext]\nkind = \"frappe\"\nurl = \"{}\"\ndatabase = \"demo\"\n\
         [upstream.erpnext.user.\"integration@example.com\"]\nsecret-file = \"{}\"\n",
        demo.fact("/odoo"),
        secret("odoo-integration"),
        demo.fact("/erpnext"),
        secret("erpnext-integration"),
    );
    let place = Place::of(&text, ROLE);
    permit(&place, "[\"Reader\"]");
    place
}

/// Writes down which roles have the customers' website.
fn permit(place: &Place, roles: &str) {
    let text = format!(r#"{{"doctype": "Customer", "field_permissions": {{"website": {roles}}}}}"#);
    std::fs::write(place.path().join("fields.json"), text).expect("a file");
}

fn ask(served: &Served, key: &str, verb: &str, path: &str, body: &Json) -> Got {
    let request = http::Request::builder()
        .method(verb)
        .uri(format!("{}{path}", served.url))
        .header("authorization", format!("Bearer {key}"))
        .header("content-type", "application/json");
    let body = if body.is_null() {
        Vec::new()
    } else {
        body.to_string().into_bytes()
    };
    send(request.body(body).expect("a request"))
}

fn told(got: &Got) -> Json {
    serde_json::from_slice(&got.body).unwrap_or_else(|_| panic!("{}", got.text()))
}

#[test]
fn an_odoo_shows_masks_posts_messages_and_speaks_the_roles_language() {
    let demo = Demo::start();
    let place = place(&demo);
    let key = place.key_at("shop", "odoo", "integration");
    let served = place.serve();
    let odoo = |method: &str, body: &Json| {
        let path = format!("/json/2/res.partner/{method}");
        told(&ask(&served, &key, "POST", &path, body))
    };
    let made = odoo(
        "create",
        &json!({"vals_list": [{"name": "Masked", "city": "Bonn"}]}),
    );
    let id = made[0].as_i64().unwrap_or_else(|| panic!("{made}"));
    let read = odoo("read", &json!({"ids": [id], "fields": ["name", "vat"]}));
    assert_eq!(
        read[0]["vat"],
        json!(false),
        "nothing stays nothing: {read}"
    );
    let refused = odoo(
        "write",
        &json!({"ids": [id], "vals": {"vat": "DE123456789"}}),
    );
    assert!(refused["message"].is_string(), "{refused}");
    let found = odoo("search_read", &json!({"domain": [["vat", "!=", false]]}));
    assert!(found["message"].is_string(), "{found}");
    let all = odoo("search_read", &json!({"domain": [], "fields": ["vat"]}));
    let shown: Vec<&str> = all
        .as_array()
        .unwrap_or_else(|| panic!("{all}"))
        .iter()
        .filter_map(|row| row["vat"].as_str())
        .collect();
    assert!(shown.iter().all(|vat| vat.starts_with("****")), "{shown:?}");
    let facade = told(&ask(
        &served,
        &key,
        "GET",
        "/api/v1/res.partner?fields=name,vat",
        &json!(null),
    ));
    let facade = facade.to_string();
    assert!(facade.contains("\"vat\""), "{facade}");
    for vat in &shown {
        assert!(facade.contains(vat), "{facade}");
    }

    demo.reached();
    let posted = odoo(
        "message_post",
        &json!({"ids": [id], "body": "Hello", "context": {"lang": "xx_XX"}}),
    );
    assert!(posted["message"].is_null(), "{posted}");
    let sent: String = demo.reached().iter().map(Json::to_string).collect();
    assert!(sent.contains("message_post"), "{sent}");
    assert!(!sent.contains("xx_XX"), "{sent}");
    let by_other = odoo(
        "message_post",
        &json!({"ids": [id], "body": "x", "author_id": 1}),
    );
    assert!(by_other["message"].is_string(), "{by_other}");
    place.put_role(&ROLE.replace(", \"mail\"", ""));
    let closed = within(TAKEN, || {
        let posted = odoo("message_post", &json!({"ids": [id], "body": "x"}));
        posted["message"].is_string().then_some(())
    });
    assert!(closed.is_some(), "without the operation nothing is posted");
}

#[test]
fn a_frappe_shows_masks_and_fields_to_the_roles_that_have_them() {
    let demo = Demo::start();
    let place = place(&demo);
    let key = place.key_at("shop", "erpnext", "integration@example.com");
    let served = place.serve();
    let body = json!({"customer_name": "Seen", "customer_type": "Company", "website": "https://example.com"});
    let made = ask(&served, &key, "POST", "/api/resource/Customer", &body);
    assert_eq!(made.status, 200, "{}", made.text());
    let fields = "/api/resource/Customer?fields=%5B%22name%22,%22website%22,%22tax_id%22%5D&filters=%5B%5B%22name%22,%22=%22,%22Seen%22%5D%5D";
    let listed = ask(&served, &key, "GET", fields, &json!(null));
    assert!(
        listed.text().contains("https://example.com"),
        "{}",
        listed.text()
    );
    let sorted = "/api/resource/Customer?order_by=tax_id%20asc";
    assert_ne!(ask(&served, &key, "GET", sorted, &json!(null)).status, 200);
    let (code, role) = place.run(&["role", "show", "reader"]);
    assert_eq!((code, &role["denied-fields"]), (0, &json!([])), "{role}");
    assert_eq!(role["context"]["lang"], "en_US");
    assert_eq!(role["rules"][1]["masked"], json!(["tax_id"]));

    permit(&place, "[\"Sales Manager\"]");
    let (_, role) = place.run(&["role", "show", "reader"]);
    assert_eq!(role["denied-fields"], json!(["Customer.website"]), "{role}");
    let closed = within(TAKEN, || {
        (ask(&served, &key, "GET", fields, &json!(null)).status != 200).then_some(())
    });
    assert!(closed.is_some(), "an edited file counts");
    let one = ask(
        &served,
        &key,
        "GET",
        "/api/resource/Customer/Seen",
        &json!(null),
    );
    assert_eq!(one.status, 200);
    assert!(!one.text().contains("example.com"), "{}", one.text());
    // A file that cannot be read keeps what was.
    std::fs::write(place.path().join("fields.json"), "{").expect("a file");
    crate::pause(1500);
    assert_ne!(ask(&served, &key, "GET", fields, &json!(null)).status, 200);
}

#[test]
fn what_is_for_some_roles_of_a_frappe_s_rows_is_in_no_document_of_others() {
    let demo = Demo::start();
    let place = place(&demo);
    let key = place.key_at("shop", "erpnext", "integration@example.com");
    let served = place.serve();
    let list = "/api/resource/Sales%20Order?limit_page_length=1";
    let listed = told(&ask(&served, &key, "GET", list, &json!(null)));
    let name = listed["data"][0]["name"].as_str().expect("an order");
    let path = format!("/api/resource/Sales%20Order/{name}");
    let row = || {
        let got = ask(&served, &key, "GET", &path, &json!(null));
        assert_eq!(got.status, 200, "{}", got.text());
        told(&got)["data"]["items"][0].clone()
    };
    assert!(row()["rate"].is_number(), "{}", row());
    let text =
        r#"{"doctype": "Sales Order Item", "field_permissions": {"rate": ["Sales Manager"]}}"#;
    std::fs::write(place.path().join("fields.json"), text).expect("a file");
    let closed = within(TAKEN, || row()["rate"].is_null().then_some(()));
    assert!(closed.is_some(), "{}", row());
    assert!(row()["qty"].is_number(), "{}", row());
}
