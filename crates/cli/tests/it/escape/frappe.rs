//! Frappe: its keys, passwords and grants, by paths, methods, `cmd`, documents and child tables.

use serde_json::{Value as Json, json};

use super::{Cell, Who};

/// Functions that make or show a credential, or let somebody in, with their arguments.
fn functions() -> Vec<(&'static str, Json)> {
    let user = "Administrator";
    let doc = |doctype: &str| json!({"doc": {"doctype": doctype, "name": "x"}});
    let mut all = Vec::new();
    for name in [
        "generate_keys",
        "update_password",
        "reset_password",
        "sign_up",
        "impersonate",
        "verify_password",
        "switch_theme",
    ] {
        let dotted: &'static str = match name {
            "generate_keys" => "frappe.core.doctype.user.user.generate_keys",
            "update_password" => "frappe.core.doctype.user.user.update_password",
            "reset_password" => "frappe.core.doctype.user.user.reset_password",
            "sign_up" => "frappe.core.doctype.user.user.sign_up",
            "impersonate" => "frappe.core.doctype.user.user.impersonate",
            "verify_password" => "frappe.core.doctype.user.user.verify_password",
            _ => "frappe.core.doctype.user.user.switch_theme",
        };
        all.push((
            dotted,
            json!({"user": user, "new_password": "x", "old_password": "y", "key": "z"}),
        ));
    }
    let secret = json!({"doctype": "User", "name": user, "fieldname": "api_secret"});
    all.extend([
        ("frappe.client.get_password", secret),
        (
            "frappe.www.login.send_login_link",
            json!({"email": "a@example.com"}),
        ),
        (
            "frappe.www.login.login_via_token",
            json!({"login_token": "x"}),
        ),
        (
            "frappe.integrations.oauth2.authorize",
            json!({"client_id": "x"}),
        ),
        (
            "frappe.integrations.oauth2.approve",
            json!({"client_id": "x"}),
        ),
        (
            "frappe.integrations.oauth2.get_token",
            json!({"grant_type": "password", "username": user, "password": "x"}),
        ),
        (
            "frappe.share.add",
            json!({"doctype": "User", "name": user, "user": "a@example.com", "read": 1}),
        ),
        (
            "frappe.share.set_permission",
            json!({"doctype": "User", "name": user, "user": "x", "permission_to": "read"}),
        ),
        (
            "run_doc_method",
            json!({"dt": "User", "dn": user, "method": "generate_keys"}),
        ),
        (
            "frappe.handler.run_doc_method",
            json!({"dt": "User", "dn": user, "method": "reset_password"}),
        ),
        (
            "frappe.model.mapper.make_mapped_doc",
            json!({"method": "frappe.core.doctype.user.user.generate_keys", "source_name": user}),
        ),
        (
            "frappe.desk.doctype.system_console.system_console.execute_code",
            json!({"doc": "{}"}),
        ),
        (
            "frappe.desk.form.save.savedocs",
            json!({"doc": json!({"doctype": "User", "name": user, "new_password": "x"}).to_string(), "action": "Save"}),
        ),
        (
            "frappe.desk.query_report.run",
            json!({"report_name": "User Keys"}),
        ),
        ("frappe.client.insert", doc("User")),
        ("frappe.client.insert", doc("OAuth Client")),
        ("frappe.client.insert", doc("DocShare")),
        ("frappe.client.save", doc("User")),
        (
            "frappe.client.set_value",
            json!({"doctype": "User", "name": user, "fieldname": "api_secret", "value": "x"}),
        ),
        (
            "frappe.client.insert_many",
            json!({"docs": [{"doctype": "OAuth Bearer Token", "user": user}]}),
        ),
        (
            "frappe.client.bulk_update",
            json!({"docs": [{"doctype": "User", "docname": user, "new_password": "x"}]}),
        ),
        (
            "frappe.client.get_value",
            json!({"doctype": "User", "filters": {"name": user}, "fieldname": "api_secret"}),
        ),
    ]);
    all
}

impl Cell {
    #[track_caller]
    fn frappe(&self, who: Who, verb: &str, path: &str, body: &Json) -> u16 {
        self.json(who, "erpnext", verb, path, body).status
    }

    /// A success of the wide key, which reaches the ERP.
    #[track_caller]
    fn lets(&self, verb: &str, path: &str, body: &Json) {
        let got = self.json(Who::Wide, "erpnext", verb, path, body);
        assert!(
            matches!(got.status, 200..=202),
            "{verb} {path}: {}",
            got.text()
        );
        assert!(!self.reached().is_empty(), "{verb} {path}");
    }

    /// A refusal of both keys, of which the ERP hears nothing.
    #[track_caller]
    fn bars(&self, verb: &str, path: &str, body: &Json) {
        for who in [Who::Narrow, Who::Wide] {
            let status = self.frappe(who, verb, path, body);
            assert!(
                matches!(status, 403 | 404 | 417),
                "{who:?} {verb} {path} {body}: {status}"
            );
            self.nothing_reached(&format!("{who:?} {verb} {path} {body}"));
        }
    }
}

#[test]
fn no_function_of_frappe_makes_a_credential() {
    let cell = Cell::shut();
    let harmless = "frappe.desk.search.search_link";
    let arguments = json!({"doctype": "Customer", "txt": ""});
    for (name, body) in functions() {
        for face in ["/api/method", "/api/v1/method", "/api/v2/method"] {
            cell.lets("POST", &format!("{face}/{harmless}"), &arguments);
            cell.bars("POST", &format!("{face}/{name}"), &body);
        }
        let by_cmd = |name: &str, body: &Json| {
            let mut body = body.clone();
            body["cmd"] = json!(name);
            body
        };
        cell.lets("POST", "/", &by_cmd(harmless, &arguments));
        cell.bars("POST", "/", &by_cmd(name, &body));
        cell.bars("POST", &format!("/?cmd={name}"), &body);
        // A query can say what a body can.
        let query = |name: &str, body: &Json| {
            let pairs = body.as_object().expect("arguments").iter();
            let pairs = pairs.map(|(name, value)| {
                let text = value
                    .as_str()
                    .map_or_else(|| value.to_string(), str::to_owned);
                (name.clone(), text)
            });
            let mut query = url::form_urlencoded::Serializer::new(String::new());
            format!("{name}?{}", query.extend_pairs(pairs).finish())
        };
        cell.lets(
            "GET",
            &format!("/api/method/{}", query(harmless, &arguments)),
            &Json::Null,
        );
        cell.bars(
            "GET",
            &format!("/api/method/{}", query(name, &body)),
            &Json::Null,
        );
    }
}

#[test]
fn no_document_of_frappe_is_a_credential() {
    let cell = Cell::shut();
    let (v1, v2) = ("/api/resource", "/api/v2/document");
    let mut made = 0;
    for doctype in [
        "User",
        "OAuth Client",
        "OAuth Bearer Token",
        "OAuth Authorization Code",
        "DocShare",
        "Social Login Key",
        "Connected App",
        "Token Cache",
        "Server Script",
        "Data Import",
        "Auto Repeat",
        "Notification",
        "Webhook",
        "System Settings",
        "Has Role",
    ] {
        let path = doctype.replace(' ', "%20");
        for face in [v1, "/api/v1/resource", v2, "/u/erpnext/api/v1"] {
            made += 1;
            let customer = json!({"customer_name": format!("Harmless {made}"), "customer_type": "Company",
                "customer_group": "Commercial", "territory": "Germany"});
            cell.lets("POST", &format!("{face}/Customer"), &customer);
            let values = json!({"user": "Administrator", "api_secret": "x", "first_name": "x", "email": "x@example.com"});
            cell.bars("POST", &format!("{face}/{path}"), &values);
            cell.bars("GET", &format!("{face}/{path}"), &Json::Null);
        }
    }
}

#[test]
fn no_field_or_method_of_a_user_is_reached() {
    let cell = Cell::shut();
    let list = cell.json(
        Who::Wide,
        "erpnext",
        "GET",
        "/api/resource/Customer?limit_page_length=1",
        &Json::Null,
    );
    let list: Json = serde_json::from_slice(&list.body).expect("JSON");
    let name = list["data"][0]["name"].as_str().expect("a name");
    let name = name.replace(' ', "%20");
    let harmless = json!({"customer_details": "x"});
    for values in [
        json!({"new_password": "x"}),
        json!({"api_key": "x"}),
        json!({"api_secret": "x"}),
        json!({"reset_password_key": "x"}),
        json!({"last_reset_password_key_generated_on": "2030-01-01"}),
        json!({"login_before": 0}),
        json!({"roles": [{"role": "System Manager"}]}),
        json!({"social_logins": [{"provider": "x", "userid": "y"}]}),
        json!({"enabled": 1}),
    ] {
        for (verb, face) in [
            ("PUT", "/api/resource"),
            ("PUT", "/api/v1/resource"),
            ("PATCH", "/api/v2/document"),
            ("PATCH", "/u/erpnext/api/v1"),
        ] {
            cell.lets(verb, &format!("{face}/Customer/{name}"), &harmless);
            cell.bars(verb, &format!("{face}/User/Administrator"), &values);
        }
    }
    for method in ["generate_keys", "reset_password", "validate_reset_password"] {
        let run = json!({ "run_method": method });
        for face in ["/api/resource", "/api/v1/resource"] {
            cell.bars("POST", &format!("{face}/User/Administrator"), &run);
            let query = format!("{face}/User/Administrator?run_method={method}");
            cell.bars("GET", &query, &Json::Null);
            // A way by a document that is open.
            cell.bars("POST", &format!("{face}/Customer/{name}"), &run);
        }
        let v2 = format!("/api/v2/document/User/Administrator/method/{method}");
        cell.bars("POST", &v2, &json!({}));
        cell.bars("POST", &format!("/api/v2/method/User/{method}"), &json!({}));
    }
    // A column that holds a credential is not asked for, not searched and not sorted by.
    let list = "/api/resource/Customer?limit_page_length=1";
    cell.lets(
        "GET",
        &format!("{list}&fields=[\"customer_name\"]"),
        &Json::Null,
    );
    for said in [
        "fields=[\"account_manager.api_key\"]",
        "filters=[[\"User\",\"api_secret\",\"like\",\"a%\"]]",
        "order_by=account_manager.api_key",
    ] {
        cell.bars("GET", &format!("{list}&{said}"), &Json::Null);
    }
}
