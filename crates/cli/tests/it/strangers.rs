//! Strangers at every door: no credential opens nothing but what clients ask before log-in.

use portcullis_erp::Dialect;
use portcullis_gateway::route::TABLE;

use crate::demo::Demo;

/// Each route with a request of a stranger and the status it must get. A route that is not
/// here fails the test: whoever adds one says here how strangers fare.
const TRIED: &[(&str, &str, &str, &str, &str, u16)] = &[
    // route, verb, path, content type, body, status
    (
        "xmlrpc/2",
        "POST",
        "/xmlrpc/2/object",
        "text/xml",
        XML_CALL,
        200,
    ),
    (
        "xmlrpc",
        "POST",
        "/xmlrpc/object",
        "text/xml",
        XML_CALL,
        200,
    ),
    (
        "jsonrpc",
        "POST",
        "/jsonrpc",
        "application/json",
        JSON_CALL,
        200,
    ),
    (
        "json/2",
        "POST",
        "/json/2/res.partner/search_count",
        "application/json",
        "{\"domain\":[]}",
        401,
    ),
    (
        "web/webclient/version_info",
        "POST",
        "/web/webclient/version_info",
        "application/json",
        "{}",
        200,
    ),
    ("web/version", "GET", "/web/version", "", "", 200),
    ("json/version", "GET", "/json/version", "", "", 200),
    (
        "web/database/list",
        "POST",
        "/web/database/list",
        "application/json",
        "{}",
        200,
    ),
    (
        "doc-bearer",
        "GET",
        "/doc-bearer/res.partner.json",
        "",
        "",
        401,
    ),
    (
        "web/session/authenticate",
        "POST",
        "/web/session/authenticate",
        "application/json",
        JSON_LOGIN,
        200,
    ),
    (
        "web/session/get_session_info",
        "POST",
        "/web/session/get_session_info",
        "application/json",
        "{}",
        200,
    ),
    (
        "web/session/check",
        "POST",
        "/web/session/check",
        "application/json",
        "{}",
        200,
    ),
    (
        "web/session/destroy",
        "POST",
        "/web/session/destroy",
        "application/json",
        "{}",
        200,
    ),
    (
        "web/dataset/call_kw",
        "POST",
        "/web/dataset/call_kw",
        "application/json",
        SESSION_CALL,
        200,
    ),
    (
        "web/dataset/call_button",
        "POST",
        "/web/dataset/call_button/res.partner/search_count",
        "application/json",
        SESSION_CALL,
        200,
    ),
    ("api/resource", "GET", "/api/resource/Customer", "", "", 403),
    (
        "api/v1/resource",
        "GET",
        "/api/v1/resource/Customer",
        "",
        "",
        403,
    ),
    (
        "api/method",
        "GET",
        "/api/method/frappe.client.get_list?doctype=Customer",
        "",
        "",
        403,
    ),
    (
        "api/v1/method",
        "GET",
        "/api/v1/method/frappe.client.get_list?doctype=Customer",
        "",
        "",
        403,
    ),
    (
        "api/v1/-/batch",
        "POST",
        "/api/v1/-/batch",
        "application/json",
        r#"[{"method":"GET","path":"/api/v1/res.partner"}]"#,
        401,
    ),
    (
        "api/v1/-/explain-signature",
        "POST",
        "/api/v1/-/explain-signature",
        "application/json",
        r#"{"method":"GET","target":"/api/v1/res.partner","headers":{}}"#,
        401,
    ),
    (
        "api/v1/-/login",
        "POST",
        "/u/odoo/api/v1/-/login",
        "application/json",
        r#"{"login":"admin","password":"admin"}"#,
        401,
    ),
    (
        "api/v1/-/logout",
        "POST",
        "/u/odoo/api/v1/-/logout",
        "application/json",
        "{}",
        401,
    ),
    ("api/v1/-/csrf", "GET", "/api/v1/-/csrf", "", "", 401),
    (
        "api/v1/openapi.json",
        "GET",
        "/api/v1/openapi.json",
        "",
        "",
        401,
    ),
    ("api/v1", "GET", "/api/v1/res.partner", "", "", 401),
    ("api/v1", "DELETE", "/api/v1/res.partner/1", "", "", 401),
    (
        "api/v1",
        "POST",
        "/api/v1/sale.order/1/action_confirm",
        "application/json",
        "{}",
        401,
    ),
    ("api/v2", "GET", "/api/v2/document/Customer", "", "", 403),
    ("files", "GET", "/files/x.txt", "", "", 403),
    ("private/files", "GET", "/private/files/x.txt", "", "", 403),
    (
        "",
        "POST",
        "/",
        "application/x-www-form-urlencoded",
        "cmd=frappe.client.get_list&doctype=Customer",
        403,
    ),
];

const JSON_LOGIN: &str = r#"{"params":{"db":"demo","login":"admin","password":"admin"}}"#;
const SESSION_CALL: &str =
    r#"{"params":{"model":"res.partner","method":"search_count","args":[[]],"kwargs":{}}}"#;
const JSON_CALL: &str = r#"{"params":{"service":"object","method":"execute_kw","args":["demo",2,"admin","res.partner","search_count",[[]],{}]}}"#;
const XML_CALL: &str = "<?xml version='1.0'?><methodCall><methodName>execute_kw</methodName><params>\
<param><value><string>demo</string></value></param><param><value><int>2</int></value></param>\
<param><value><string>admin</string></value></param><param><value><string>res.partner</string></value></param>\
<param><value><string>search_count</string></value></param>\
<param><value><array><data><value><array><data></data></array></value></data></array></value></param>\
</params></methodCall>";

#[test]
fn every_route_is_in_the_list() {
    let tried: Vec<&str> = TRIED.iter().map(|line| line.0).collect();
    let served: Vec<String> = TABLE.iter().map(|route| route.prefix.join("/")).collect();
    assert_eq!(
        tried, served,
        "say in TRIED how strangers fare at the new route"
    );
}

#[test]
fn strangers_reach_no_erp_at_any_route() {
    let demo = Demo::start();
    let known = demo.post(
        "/json/2/res.partner/search_count",
        &[
            ("content-type", "application/json"),
            ("x-api-key", &demo.key("odoo")),
        ],
        b"{\"domain\":[]}",
    );
    assert_eq!(
        known.status,
        200,
        "somebody known is served: {}",
        known.text()
    );
    demo.reached();
    for (route, verb, path, content_type, body, status) in TRIED {
        let headers: &[(&str, &str)] = if content_type.is_empty() {
            &[]
        } else {
            &[("content-type", content_type)]
        };
        let got = demo.request(verb, path, headers, body.as_bytes());
        assert_eq!(got.status, *status, "{route}: {}", got.text());
        if got.status == 200 && body.contains("search_count") {
            assert!(
                ["Access Denied", "AccessDenied", "Odoo Session Expired"]
                    .iter()
                    .any(|no| got.text().contains(no)),
                "{}",
                got.text()
            );
        }
        if route.starts_with("web/session/") {
            assert!(got.text().contains("\"error\""), "{route}: {}", got.text());
            assert!(!got.headers.contains_key("set-cookie"), "{route}");
        }
        assert!(demo.reached().is_empty(), "{route}");
    }
    for path in [
        "/web",
        "/web/login",
        "/web/session/logout",
        "/web/session/modules",
        "/web/session/account",
        "/web/database/create",
        "/web/database/drop",
        "/web/database/backup",
        "/web/database/restore",
        "/web/database/duplicate",
        "/web/database/change_password",
        "/web/database/manager",
        "/web/database/selector",
        "/xmlrpc/2/db/x",
        "/app",
        "/files/x/y",
        "/private/x",
        "/backups/x",
        "/json/1/res.partner",
        "/websocket",
    ] {
        for verb in ["GET", "POST", "OPTIONS", "PATCH", "BREW"] {
            let got = demo.request(verb, path, &[], b"");
            assert_eq!(got.status, 404, "{verb} {path}: {}", got.text());
        }
    }
    for route in TABLE {
        let path = format!(
            "/{}{}",
            route.prefix.join("/"),
            "/common".repeat(route.rest.0)
        );
        for verb in ["OPTIONS", "HEAD", "PATCH", "TRACE", "BREW"] {
            if route.verbs.contains(&verb) {
                continue;
            }
            let got = demo.request(verb, &path, &[], b"");
            if route.by_caller {
                assert_eq!(got.status, 401, "{verb} {path}: {}", got.text());
                assert!(!got.headers.contains_key("allow"), "{verb} {path}");
                continue;
            }
            // Some ERPs have other words for it.
            let status = if route.dialect == Dialect::Json2 {
                404
            } else if route.dialect == Dialect::FrappeMethod {
                403
            } else {
                405
            };
            assert_eq!(got.status, status, "{verb} {path}: {}", got.text());
            assert!(got.headers.contains_key("allow"), "{verb} {path}");
        }
    }
    assert!(demo.reached().is_empty());
}

#[test]
fn the_database_service_is_shut() {
    let demo = Demo::start();
    let ask = |service: &str, method: &str| {
        let body = serde_json::json!({"params": {"service": service, "method": method, "args": ["admin", "demo"]}});
        demo.post(
            "/jsonrpc",
            &[("content-type", "application/json")],
            body.to_string().as_bytes(),
        )
        .text()
    };
    assert!(
        ask("db", "list").contains("\"demo\""),
        "clients may ask for the names"
    );
    for method in [
        "dump",
        "drop",
        "restore",
        "create_database",
        "duplicate_database",
        "change_admin_password",
        "rename",
        "list_countries",
    ] {
        let text = ask("db", method);
        assert!(text.contains("Access Denied"), "{method}: {text}");
    }
    assert!(demo.reached().is_empty());
}
