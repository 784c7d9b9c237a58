//! Who may do what on the ERPNext look-alike, and what it refuses to write.

use crate::site::{Answer, Site, options};
use portcullis_sandbox::erpnext::{CustomField, ErpNext};
use serde_json::json;

const CUSTOMER: &str = "/api/resource/Customer/Birchwick%20Bakery";

fn outcome(answer: &Answer) -> (u16, &str) {
    (
        answer.status,
        answer.body["exc_type"].as_str().unwrap_or_default(),
    )
}

/// A site whose customers have a field above everybody's level.
fn site_with_a_note() -> Site {
    let mut options = options();
    options.custom_fields.push(CustomField {
        doctype: "Customer".to_owned(),
        fieldname: "note".to_owned(),
        fieldtype: "Data".to_owned(),
        permlevel: 2,
    });
    Site(ErpNext::new(options))
}

#[test]
fn a_field_above_the_callers_level_is_neither_read_nor_written() {
    let site = site_with_a_note();
    let written = site.ask("administrator", "PUT", CUSTOMER, r#"{"note": "hush"}"#);
    assert_eq!(written.body["data"]["note"], "hush");
    assert_eq!(
        site.ask("administrator", "GET", CUSTOMER, "").body["data"]["note"],
        "hush"
    );
    let read = site.ask("integration", "GET", CUSTOMER, "");
    assert_eq!((read.status, read.body["data"].get("note")), (200, None));
    let list = site.ask(
        "integration",
        "GET",
        "/api/resource/Customer?fields=[\"name\",\"note\"]&limit=1",
        "",
    );
    assert_eq!(list.body["data"][0].as_object().unwrap().len(), 1);
    assert_eq!(
        site.ask("integration", "PUT", CUSTOMER, r#"{"note": "loud"}"#)
            .status,
        200
    );
    assert_eq!(
        site.ask("administrator", "GET", CUSTOMER, "").body["data"]["note"],
        "hush"
    );
}

#[test]
fn the_answer_to_a_save_shows_what_a_read_hides() {
    let site = site_with_a_note();
    site.ask("administrator", "PUT", CUSTOMER, r#"{"note": "hush"}"#);
    let saved = site.ask(
        "integration",
        "PUT",
        CUSTOMER,
        r#"{"website": "https://b.example"}"#,
    );
    assert_eq!(saved.body["data"]["note"], "hush");
}

#[test]
fn a_filter_on_a_hidden_field_works_all_the_same() {
    let site = site_with_a_note();
    site.ask("administrator", "PUT", CUSTOMER, r#"{"note": "hush"}"#);
    let found = site.ask(
        "integration",
        "GET",
        r#"/api/resource/Customer?filters={"note":["like","hu%25"]}"#,
        "",
    );
    assert_eq!(found.body, json!({"data": [{"name": "Birchwick Bakery"}]}));
}

#[test]
fn roles_decide_by_doctype() {
    let site = Site::new();
    assert_eq!(
        site.ask("integration", "GET", "/api/resource/Customer", "")
            .status,
        200
    );
    assert_eq!(
        outcome(&site.ask("portal", "GET", "/api/resource/Customer", "")),
        (403, "PermissionError")
    );
    assert_eq!(
        outcome(&site.ask("integration", "GET", "/api/resource/Role", "")),
        (403, "PermissionError")
    );
    let item = r#"{"item_code": "NEW", "item_group": "Products", "stock_uom": "Nos"}"#;
    assert_eq!(
        site.ask("administrator", "POST", "/api/resource/Item", item)
            .status,
        200
    );
    assert_eq!(
        outcome(&site.ask("administrator", "POST", "/api/resource/Item", item)),
        (409, "DuplicateEntryError")
    );
    assert_eq!(
        outcome(&site.ask("integration", "POST", "/api/resource/Item", item)),
        (403, "PermissionError")
    );
}

#[test]
fn a_guest_learns_what_exists_by_the_status() {
    let site = Site::new();
    assert_eq!(
        outcome(&site.ask("", "GET", CUSTOMER, "")),
        (403, "PermissionError")
    );
    let absent = site.ask("", "GET", "/api/resource/Customer/Nobody", "");
    assert_eq!(outcome(&absent), (404, "DoesNotExistError"));
}

#[test]
fn what_is_written_is_checked() {
    let site = Site::new();
    let post = |body: &str| site.ask("integration", "POST", "/api/resource/Customer", body);
    let good = r#"{"customer_name": "A", "customer_group": "Commercial", "territory": "Germany"}"#;
    assert_eq!(post(good).status, 200);
    let no_name = post(r#"{"customer_group": "Commercial"}"#);
    assert_eq!(outcome(&no_name), (417, "MandatoryError"));
    let nowhere = post(r#"{"customer_name": "B", "territory": "Nowhere"}"#);
    assert_eq!(outcome(&nowhere), (417, "LinkValidationError"));
    let odd = post(r#"{"customer_name": "B", "customer_type": "Odd"}"#);
    assert_eq!(outcome(&odd), (417, "ValidationError"));
    assert_eq!(outcome(&post("{not json")), (500, "JSONDecodeError"));
}

#[test]
fn what_is_linked_to_stays() {
    let site = Site::new();
    let orders = site.ask(
        "administrator",
        "GET",
        "/api/resource/Sales%20Order?fields=[\"customer\"]",
        "",
    );
    let linked = orders.body["data"][0]["customer"].as_str().unwrap();
    let path = format!("/api/resource/Customer/{}", linked.replace(' ', "%20"));
    assert_eq!(
        outcome(&site.ask("administrator", "DELETE", &path, "")),
        (417, "LinkExistsError")
    );
}

#[test]
fn rows_that_are_left_out_are_deleted() {
    let site = Site::new();
    let path = "/api/resource/Sales%20Order/SAL-ORD-2026-00001";
    let list = site.ask(
        "integration",
        "GET",
        "/api/resource/Sales%20Order?filters={\"docstatus\":0}",
        "",
    );
    let name = list.body["data"][0]["name"].as_str().unwrap();
    let path = path.replace("SAL-ORD-2026-00001", name);
    let rows = site.ask("integration", "GET", &path, "").body["data"]["items"].clone();
    assert_eq!(rows.as_array().unwrap().len(), 2);
    let kept = rows[0]["name"].as_str().unwrap().to_owned();
    let body = json!({"items": [rows[0]]}).to_string();
    assert_eq!(site.ask("integration", "PUT", &path, &body).status, 200);
    let rows = site.ask("integration", "GET", &path, "").body["data"]["items"].clone();
    assert_eq!(rows.as_array().unwrap().len(), 1);
    assert_eq!(rows[0]["name"], kept.as_str());
}

#[test]
fn a_cookie_beats_a_token() {
    let site = Site::new();
    let login = "usr=integration%40example.com&pwd=integration-password";
    let sid = site
        .ask("", "POST", "/api/method/login", login)
        .cookie("sid")
        .unwrap();
    let token = |secret: &str| {
        [
            ("cookie", format!("sid={sid}")),
            ("authorization", format!("token administrator-key:{secret}")),
        ]
    };
    let who = "/api/method/frappe.auth.get_logged_user";
    let both = site.send("GET", who, &token("administrator-secret"), "");
    assert_eq!(both.body["message"], "integration@example.com");
    assert_eq!(site.send("GET", who, &token("wrong"), "").status, 401);
}

#[test]
fn eleven_wrong_passwords_lock_the_user_but_not_the_key() {
    let site = Site::new();
    let login = |password: &str| {
        let body = format!("usr=integration%40example.com&pwd={password}");
        site.ask("", "POST", "/api/method/login", &body).status
    };
    assert_eq!(login("integration-password"), 200);
    for _ in 0..11 {
        assert_eq!(login("wrong"), 401);
    }
    assert_eq!(login("integration-password"), 500);
    assert_eq!(
        site.ask(
            "integration",
            "GET",
            "/api/method/frappe.auth.get_logged_user",
            ""
        )
        .status,
        200
    );
}
