//! What a narrow role must not learn or change, whatever face it asks by.

use std::path::PathBuf;

use serde_json::{Value as Json, json};

use super::{Caller, segment};
use crate::demo::Demo;
use crate::serve::{Place, Served};

/// Companies only; three fields, of which one may be written. Orders with one column of a table.
const ROLE: &str = r#"
[[rule]]
name = "companies"
models = ["Customer"]
operations = ["read", "write"]
fields = ["name", "customer_name", "customer_type"]
write-fields = ["customer_name"]
domain = '[["customer_type", "=", "Company"]]'
max-rows = 2

[[rule]]
name = "orders"
models = ["Sales Order"]
operations = ["read", "write"]
fields = ["name", "customer", "items.qty"]

[[rule]]
name = "files"
models = ["File"]
operations = ["read", "create"]
fields = ["content", "file_name", "attached_to_doctype", "attached_to_name"]
"#;

/// A gateway with this role, before the ERPNext of a demo.
pub(super) struct Narrow {
    served: Served,
    key: String,
    _place: Place,
}

impl Narrow {
    pub(super) fn start(demo: &Demo) -> Self {
        let log = PathBuf::from(demo.fact("/upstream_log"));
        let secret = log.with_file_name("secrets").join("erpnext-administrator");
        let place = Place::of(
            &format!(
                "listen = \"127.0.0.1:0\"\nroles = [\"reader.toml\"]\n[limits]\nper-minute = 6000\nburst = 1000\n\
                 [upstream.erpnext]\nkind = \"frappe\"\nurl = \"{}\"\ndatabase = \"demo\"\n\
                 [upstream.erpnext.user.Administrator]\nsecret-file = \"{}\"\n",
                demo.fact("/erpnext"),
                secret.display(),
            ),
            ROLE,
        );
        let (key, _) = place.key_of("narrow", "Administrator", &["--administrator"]);
        Self {
            served: place.serve(),
            key,
            _place: place,
        }
    }

    pub(super) fn caller<'a>(&self, demo: &'a Demo) -> Caller<'a> {
        Caller {
            demo,
            url: self.served.url.clone(),
            token: format!("Bearer {}", self.key),
        }
    }
}

#[test]
fn frappe_6_07_hidden_fields_are_no_oracle() {
    let demo = Demo::start();
    let narrow = Narrow::start(&demo);
    let caller = narrow.caller(&demo);
    caller.done(&caller.get("/api/resource/Customer?filters=[[\"customer_name\",\"like\",\"%25\"]]&order_by=customer_name"));
    for query in [
        "filters=[[\"territory\",\"like\",\"U%25\"]]",
        "filters={\"territory\":\"x\"}",
        "or_filters=[[\"territory\",\"=\",\"x\"]]",
        "order_by=territory",
        "group_by=territory",
        "fields=[\"territory\"]",
    ] {
        for face in ["/api/resource/Customer", "/api/v2/document/Customer"] {
            let got = caller.get(&format!("{face}?{query}"));
            caller.refused(&got, 403, query);
        }
    }
    let name = caller.some("Customer", "[]");
    let v1 = format!("/api/resource/Customer/{}", segment(&name));
    let v2 = format!("/api/v2/document/Customer/{}", segment(&name));
    let change = json!({"customer_name": "Changed"});
    for (verb, path) in [("PUT", &v1), ("PATCH", &v2), ("PUT", &v2)] {
        let saved = caller.done(&caller.json(verb, path, &change))["data"].clone();
        assert_eq!(saved["customer_name"], "Changed");
        for hidden in ["territory", "customer_group", "owner", "modified_by"] {
            assert!(saved.get(hidden).is_none(), "{verb} {path}: {saved}");
        }
        let hidden = json!({"territory": "Germany"});
        caller.refused(
            &caller.json(verb, path, &hidden),
            403,
            "a write is not discarded",
        );
    }
    let set = json!({"doctype": "Customer", "name": name, "fieldname": "territory", "value": "x"});
    caller.refused(
        &caller.json("POST", "/api/method/frappe.client.set_value", &set),
        403,
        "set_value",
    );
}

#[test]
fn frappe_6_08_no_page_is_larger_than_the_cap_and_it_is_said() {
    let demo = Demo::start();
    let narrow = Narrow::start(&demo);
    let caller = narrow.caller(&demo);
    let rows = |body: &Json| body["data"].as_array().expect("rows").len();
    let one = caller.get("/api/resource/Customer?limit_page_length=1");
    assert_eq!(rows(&caller.done(&one)), 1);
    assert!(
        one.headers.get("x-portcullis-cap").is_none(),
        "nothing was left out"
    );
    for query in ["limit_page_length=0", "limit_page_length=99999", "limit=3"] {
        let got = caller.get(&format!("/api/resource/Customer?{query}"));
        let body = caller.done(&got);
        assert_eq!(rows(&body), 2, "{query}");
        assert!(got.headers.contains_key("x-portcullis-cap"), "{query}");
        let said = body["_server_messages"].as_str().expect("words");
        assert!(said.contains("Only the first 2 rows"), "{said}");
    }
    let v2 = caller.get("/api/v2/document/Customer?limit=100");
    let body = caller.done(&v2);
    assert_eq!(
        (rows(&body), &body["has_next_page"]),
        (2, &json!(true)),
        "{body}"
    );
    let debug = caller.get("/api/resource/Customer?debug=true&limit_page_length=1");
    assert!(caller.done(&debug).get("_debug_messages").is_none());
    for query in [
        "limit_page_length=-1",
        "limit_page_length=abc",
        "limit_start=-1",
    ] {
        let got = caller.get(&format!("/api/resource/Customer?{query}"));
        caller.refused(&got, 417, query);
    }
}

#[test]
fn frappe_6_10_what_exists_is_not_told() {
    let demo = Demo::start();
    let narrow = Narrow::start(&demo);
    let (caller, full) = (narrow.caller(&demo), Caller::of(&demo, "erpnext_full"));
    let company = caller.some("Customer", "[]");
    let person = full.some("Customer", "[[\"customer_type\",\"=\",\"Individual\"]]");
    caller.done(&caller.get(&format!("/api/resource/Customer/{}", segment(&company))));
    let told = |got: crate::demo::Got| {
        let body: Json = serde_json::from_slice(&got.body).expect("JSON");
        let request = body["request_id"].as_str().expect("an id");
        (got.status, got.text().replace(request, "one and the same"))
    };
    for (there, absent) in [
        (
            format!("/api/resource/Customer/{}", segment(&person)),
            "/api/resource/Customer/Nobody",
        ),
        (
            format!("/api/v2/document/Customer/{}", segment(&person)),
            "/api/v2/document/Customer/Nobody",
        ),
    ] {
        assert_eq!(
            told(caller.get(&there)),
            told(caller.get(absent)),
            "{there}"
        );
    }
    demo.reached();
    for path in [
        "/api/resource/Customer/",
        "/api/resource/User/",
        "/api/v2/document/Item/",
    ] {
        let (there, absent) = (
            format!("{path}{}", segment(&company)),
            format!("{path}Nobody"),
        );
        let guest = |path: &str| told(demo.request("GET", path, &[], b""));
        assert_eq!(guest(&there), guest(&absent), "{path}");
        assert_eq!(guest(&there).0, 403);
    }
    let forbidden = caller.get("/api/resource/User");
    caller.refused(&forbidden, 403, "User");
    let absent = caller.get("/api/resource/No%20Such");
    assert_eq!(
        forbidden.text().replace("User", "No Such").len(),
        absent.text().len(),
        "a DocType that is not there looks like one that is not open"
    );
    demo.reached();
    let meta = caller.done(&caller.get("/api/v2/doctype/Customer/meta"))["data"].clone();
    let fields: Vec<&str> = meta["fields"]
        .as_array()
        .expect("fields")
        .iter()
        .map(|field| field["fieldname"].as_str().expect("a name"))
        .collect();
    assert!(
        !fields.is_empty()
            && fields
                .iter()
                .all(|field| ["customer_name", "customer_type"].contains(field)),
        "{fields:?}"
    );
    assert!(meta.get("permissions").is_none(), "{meta}");
    caller.refused(
        &caller.get("/api/v2/doctype/User/meta"),
        403,
        "meta of User",
    );
    let count = |path: &str| caller.done(&caller.get(path))["data"].as_i64();
    let seen = count("/api/v2/doctype/Customer/count");
    let all = full.done(&full.get("/api/v2/doctype/Customer/count"))["data"].as_i64();
    assert!(seen < all, "persons are not counted: {seen:?} of {all:?}");
    let may = "/api/method/frappe.client.has_permission?doctype=Customer&docname=";
    let told = caller.done(&caller.get(&format!("{may}{}&perm_type=delete", segment(&company))));
    assert_eq!(told["message"]["has_permission"], false, "the role says no");
    assert_eq!(
        caller.get(&format!("{may}{}", segment(&person))).status,
        404
    );
    let link = "/api/method/frappe.client.validate_link?doctype=Customer&docname=";
    let told = caller.done(&caller.get(&format!("{link}{}", segment(&company))));
    assert_eq!(told["message"]["name"], json!(company));
    assert_eq!(
        caller.get(&format!("{link}{}", segment(&person))).status,
        404
    );
}

#[test]
fn frappe_6_12_a_table_is_not_replaced_by_who_sees_a_part_of_it() {
    let demo = Demo::start();
    let narrow = Narrow::start(&demo);
    let (caller, clerk) = (narrow.caller(&demo), Caller::of(&demo, "erpnext"));
    let draft = clerk.some("Sales%20Order", "[[\"docstatus\",\"=\",0]]");
    let path = format!("/api/resource/Sales%20Order/{}", segment(&draft));
    let order = clerk.done(&clerk.get(&path))["data"].clone();
    let row = order["items"][0]["name"]
        .as_str()
        .expect("a row")
        .to_owned();
    let seen = caller.done(&caller.get(&path))["data"]["items"][0].clone();
    assert!(
        seen.get("qty").is_some() && seen.get("rate").is_none(),
        "{seen}"
    );
    let part = json!({"items": [{"name": row, "qty": 3}]});
    caller.refused(
        &caller.json("PUT", &path, &part),
        403,
        "a part of the table",
    );
    clerk.done(&clerk.json("PUT", &path, &json!({"items": order["items"]})));

    let own = format!("/api/resource/Sales%20Order%20Item/{}", segment(&row));
    clerk.done(&clerk.get(&own));
    caller.refused(&caller.get(&own), 403, "a row by its own path");
    clerk.refused(&clerk.send("DELETE", &own, "", b""), 403, "deleting a row");
    let orphan = json!({"parent": draft, "item_code": "x"});
    clerk.refused(
        &clerk.json("POST", "/api/resource/Sales%20Order%20Item", &orphan),
        417,
        "a row of nothing",
    );
    let foreign =
        json!({"parent": "x", "parenttype": "Quotation", "parentfield": "items", "item_code": "x"});
    clerk.refused(
        &clerk.json("POST", "/api/resource/Sales%20Order%20Item", &foreign),
        403,
        "a row of another table",
    );
}
