//! What the ERPNext look-alike does for a client that speaks REST.

use crate::site::Site;
use serde_json::json;

const NEW: &str =
    r#"{"customer_name": "Old Mill", "customer_group": "Commercial", "territory": "Germany"}"#;

#[test]
fn a_customer_is_listed_made_read_changed_and_deleted() {
    let site = Site::new();
    let list = site.ask("integration", "GET", "/api/resource/Customer", "");
    assert_eq!(list.status, 200);
    assert_eq!(list.body["data"].as_array().unwrap().len(), 20);
    let made = site.ask("integration", "POST", "/api/resource/Customer", NEW);
    assert_eq!(
        (made.status, &made.body["data"]["name"]),
        (200, &json!("Old Mill"))
    );
    assert_eq!(made.body["data"]["owner"], "integration@example.com");
    let path = "/api/resource/Customer/Old%20Mill";
    let read = site.ask("integration", "GET", path, "");
    assert_eq!(read.body["data"], made.body["data"]);
    let saved = site.ask(
        "second",
        "PUT",
        path,
        r#"{"website": "https://mill.example"}"#,
    );
    assert_eq!(saved.status, 200);
    assert_eq!(saved.body["data"]["modified_by"], "second@example.com");
    assert_eq!(site.ask("integration", "DELETE", path, "").status, 403);
    let gone = site.ask("administrator", "DELETE", path, "");
    assert_eq!((gone.status, gone.body), (202, json!({"data": "ok"})));
    assert_eq!(site.ask("integration", "GET", path, "").status, 404);
}

#[test]
fn a_stale_save_is_refused() {
    let site = Site::new();
    let made = site.ask("integration", "POST", "/api/resource/Customer", NEW);
    let path = "/api/resource/Customer/Old%20Mill";
    let modified = made.body["data"]["modified"].as_str().unwrap();
    let fresh = format!(r#"{{"modified": "{modified}", "website": "https://a.example"}}"#);
    assert_eq!(site.ask("integration", "PUT", path, &fresh).status, 200);
    let stale = site.ask("integration", "PUT", path, &fresh);
    assert_eq!(
        (stale.status, &stale.body["exc_type"]),
        (417, &json!("TimestampMismatchError"))
    );
}

#[test]
fn the_client_methods_take_a_document_as_it_was_sent() {
    let site = Site::new();
    let made = site.ask("integration", "POST", "/api/resource/Customer", NEW);
    let save = "/api/method/frappe.client.save";
    let sent = |doc: &serde_json::Value| {
        site.ask(
            "integration",
            "POST",
            save,
            &json!({ "doc": doc }).to_string(),
        )
    };
    let mut doc = made.body["data"].clone();
    doc["website"] = json!("https://mill.example");
    let saved = sent(&doc);
    assert_eq!(saved.status, 200, "{}", saved.body);
    let mut doc = saved.body["message"].clone();
    assert_eq!(doc["website"], "https://mill.example");

    // Of several troubles the one is told that the real server meets first.
    for (columns, told) in [
        (&["creation"][..], "CannotChangeConstantError"),
        (&["owner"], "CannotChangeConstantError"),
        (&["customer_name"], "MandatoryError"),
        (&["creation", "customer_name"], "MandatoryError"),
        (&["modified", "customer_name"], "TimestampMismatchError"),
    ] {
        let mut without = doc.clone();
        for column in columns {
            without.as_object_mut().unwrap().remove(*column);
        }
        let refused = sent(&without);
        assert_eq!(
            (refused.status, &refused.body["exc_type"]),
            (417, &json!(told)),
            "{columns:?}"
        );
    }
    // What it does not name is empty afterwards.
    doc.as_object_mut().unwrap().remove("website");
    assert_eq!(sent(&doc).status, 200);
    let read = site.ask(
        "integration",
        "GET",
        "/api/resource/Customer/Old%20Mill",
        "",
    );
    assert_eq!(read.body["data"]["website"], json!(null));
}

#[test]
fn a_namesake_gets_a_suffix() {
    let site = Site::new();
    site.ask("integration", "POST", "/api/resource/Customer", NEW);
    let second = site.ask("integration", "POST", "/api/resource/Customer", NEW);
    assert_eq!(second.body["data"]["name"], "Old Mill - 1");
    assert!(
        second.body["_server_messages"]
            .as_str()
            .unwrap()
            .contains("already exists")
    );
    // MariaDB takes these for the same name.
    let like = NEW.replace("Old Mill", "OLD mill  ");
    assert_ne!(like, NEW);
    let third = site.ask("integration", "POST", "/api/resource/Customer", &like);
    let name = third.body["data"]["name"].as_str().unwrap();
    assert_ne!(name, "OLD mill  ", "{}", third.body);
}

#[test]
fn cmd_overrides_the_path() {
    let site = Site::new();
    let by_path = site.ask("integration", "GET", "/api/method/ping", "");
    assert_eq!(by_path.body, json!({"message": "pong"}));
    let by_cmd = site.ask(
        "integration",
        "GET",
        "/api/method/ping?cmd=frappe.auth.get_logged_user",
        "",
    );
    assert_eq!(by_cmd.body, json!({"message": "integration@example.com"}));
}

#[test]
fn an_order_is_made_submitted_and_cancelled() {
    let site = Site::new();
    let customer = site.ask("integration", "GET", "/api/resource/Customer?limit=1", "");
    let customer = customer.body["data"][0]["name"].as_str().unwrap();
    let order = format!(
        r#"{{"customer": "{customer}", "delivery_date": "2030-01-01", "items": [{{"item_code": "HAMMER-1", "qty": 2, "rate": 20}}]}}"#
    );
    let made = site.ask("integration", "POST", "/api/resource/Sales%20Order", &order);
    assert_eq!(made.status, 200, "{}", made.body);
    assert_eq!(made.body["data"]["grand_total"], json!(40.0));
    let name = made.body["data"]["name"].as_str().unwrap();
    assert!(name.starts_with("SAL-ORD-"));
    let path = format!("/api/resource/Sales%20Order/{name}");
    let submitted = site.ask("integration", "POST", &path, "run_method=submit");
    assert_eq!(submitted.body["data"]["docstatus"], 1);
    assert_eq!(site.ask("integration", "DELETE", &path, "").status, 417);
    let cancelled = site.ask("integration", "PUT", &path, r#"{"docstatus": 2}"#);
    assert_eq!(cancelled.body["data"]["docstatus"], 2);
    assert_eq!(site.ask("integration", "DELETE", &path, "").status, 202);
}

#[test]
fn a_session_lives_from_log_in_to_log_out() {
    let site = Site::new();
    let login = "usr=integration%40example.com&pwd=integration-password";
    let entered = site.ask("", "POST", "/api/method/login", login);
    assert_eq!(entered.body["message"], "Logged In");
    let sid = entered.cookie("sid").unwrap();
    let cookie = [("cookie", format!("sid={sid}"))];
    let who = site.send(
        "GET",
        "/api/method/frappe.auth.get_logged_user",
        &cookie,
        "",
    );
    assert_eq!(who.body["message"], "integration@example.com");
    assert_eq!(
        site.send("GET", "/api/method/logout", &cookie, "").status,
        200
    );
    let who = site.send(
        "GET",
        "/api/method/frappe.auth.get_logged_user",
        &cookie,
        "",
    );
    assert_eq!((who.status, &who.body["session_expired"]), (403, &json!(1)));
}
