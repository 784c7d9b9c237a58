//! What a stock Odoo leaves open: FACTS (Odoo), section 6, its points numbered in their order.
//! Each test is named by its point, asks what is served first, and sees that nothing arrives.
//!
//! | point | where |
//! |---|---|
//! | 6.1 database manager, 6.2 guessing, 6.4 who is there, 6.6 and 6.7 keys, 6.10 base URL, 6.11 versions, 6.12 to 6.14 rights | here |
//! | 6.3 addresses in `X-Forwarded-For` | here: what a caller writes there does not count and is not sent on |
//! | 6.5 free sign-up | here: the page is not served. Whether Odoo itself is reached past the gateway is the network's business |
//! | 6.8 second factor | keys only, so there is no password to ask a second factor for: `odoo_6_06` |
//! | 6.9 the session's cookie | the tests of sessions, for there the cookie is our own |
//! | 6.15 deprecated dialects | they are served whatever Odoo speaks: `tests/clients/run.py`, each client over each upstream dialect |

use crate::demo::Demo;
use crate::relay::Relay;
use crate::serve::Place;

const JSON: (&str, &str) = ("content-type", "application/json");
const COUNT: &str = "/json/2/res.partner/search_count";
const BODY: &[u8] = b"{\"domain\": []}";

fn service(demo: &Demo, service: &str, method: &str, args: serde_json::Value) -> String {
    let body = serde_json::json!({"params": {"service": service, "method": method, "args": args}});
    demo.post("/jsonrpc", &[JSON], body.to_string().as_bytes())
        .text()
}

fn count(demo: &Demo, key: &str, more: &[(&str, &str)]) -> u16 {
    let bearer = format!("Bearer {key}");
    let mut headers = vec![JSON, ("authorization", bearer.as_str())];
    headers.extend_from_slice(more);
    demo.post(COUNT, &headers, BODY).status
}

/// The status of a call on partners over JSON-2.
fn partner(demo: &Demo, key: &str, method: &str, body: &str) -> u16 {
    let bearer = format!("Bearer {key}");
    let path = format!("/json/2/res.partner/{method}");
    let headers = [JSON, ("authorization", bearer.as_str())];
    demo.post(&path, &headers, body.as_bytes()).status
}

fn nothing(demo: &Demo, what: &str) {
    assert_eq!(demo.reached(), Vec::<serde_json::Value>::new(), "{what}");
}

#[test]
fn odoo_6_01_the_database_manager_is_shut_and_tells_one_name() {
    let demo = Demo::start();
    assert_eq!(count(&demo, &demo.key("odoo"), &[]), 200);
    demo.reached();
    assert!(service(&demo, "db", "list", serde_json::json!([])).contains("[\"demo\"]"));
    assert!(service(&demo, "db", "db_exist", serde_json::json!(["demo"])).contains("true"));
    // The server's other databases are not told of, whatever Odoo says.
    for name in ["postgres", "template1", "other", "demo "] {
        let text = service(&demo, "db", "db_exist", serde_json::json!([name]));
        assert!(text.contains("\"result\":false"), "{name}: {text}");
    }
    for method in [
        "dump",
        "drop",
        "restore",
        "list_countries",
        "change_admin_password",
        "list_lang",
        "nope",
    ] {
        let text = service(
            &demo,
            "db",
            method,
            serde_json::json!(["admin", "demo", "zip"]),
        );
        assert!(text.contains("Access Denied"), "{method}: {text}");
    }
    for page in [
        "manager",
        "selector",
        "create",
        "drop",
        "backup",
        "restore",
        "change_password",
    ] {
        for verb in ["GET", "POST"] {
            let path = format!("/web/database/{page}");
            let got = demo.request(verb, &path, &[], b"master_pwd=admin&name=demo");
            assert_eq!(got.status, 404, "{verb} {path}");
        }
    }
    // A database that is not there and one that is are not told apart by a log-in.
    let log_in = |database: &str| {
        service(
            &demo,
            "common",
            "login",
            serde_json::json!([database, "admin", "wrong"]),
        )
    };
    assert_eq!(log_in("demo"), log_in("other"));
    nothing(&demo, "the database service");
}

#[test]
fn odoo_6_02_guessing_over_rpc_is_limited() {
    let demo = Demo::start();
    let place = Place::before(
        &demo,
        "[limits]\naddress-failures-per-minute = 60\naddress-failures-burst = 10",
    );
    let (key, _) = place.key("shop", &[]);
    let served = place.serve();
    let ask = |key: &str| {
        let request = http::Request::post(format!("{}{COUNT}", served.url))
            .header("content-type", "application/json")
            .header("authorization", format!("Bearer {key}"));
        crate::demo::send(request.body(BODY.to_vec()).expect("a request")).status
    };
    assert_eq!(ask(&key), 200);
    let tries: Vec<u16> = (0..15).map(|n| ask(&format!("wrong{n}"))).collect();
    assert!(tries.contains(&401) && tries.contains(&429), "{tries:?}");
    // Odoo would lock out everybody behind that address; who shows a good key is served.
    assert_eq!(ask(&key), 200);
}

#[test]
fn odoo_6_03_an_address_that_a_caller_writes_does_not_count() {
    let demo = Demo::start();
    let relay = Relay::before(demo.fact("/odoo"));
    let place = Place::before_url(
        &demo,
        &relay.url(),
        "[limits]\naddress-failures-per-minute = 60\naddress-failures-burst = 10",
    );
    let (key, _) = place.key("shop", &[]);
    let served = place.serve();
    let ask = |key: &str, from: &str| {
        let request = http::Request::post(format!("{}{COUNT}", served.url))
            .header("content-type", "application/json")
            .header("x-forwarded-for", from)
            .header("x-forwarded-host", "evil.example")
            .header("x-forwarded-proto", "https")
            .header("forwarded", format!("for={from}"))
            .header("x-real-ip", from)
            .header("authorization", format!("Bearer {key}"));
        crate::demo::send(request.body(BODY.to_vec()).expect("a request")).status
    };
    assert_eq!(ask(&key, "10.0.0.1"), 200);
    let seen = relay.seen().join("\n").to_lowercase();
    assert!(
        !seen.contains("forwarded") && !seen.contains("10.0.0.1") && !seen.contains("evil"),
        "{seen}"
    );
    let tries: Vec<u16> = (0..15)
        .map(|n| ask("wrong", &format!("10.0.0.{n}")))
        .collect();
    assert!(
        tries.contains(&429),
        "a new address each time helps nobody: {tries:?}"
    );
}

#[test]
fn odoo_6_04_who_is_there_cannot_be_asked() {
    let demo = Demo::start();
    let login = |name: &str, password: &str| {
        service(
            &demo,
            "common",
            "login",
            serde_json::json!(["demo", name, password]),
        )
    };
    let uid = demo.uid("odoo");
    assert!(
        login(demo.fact("/users/odoo"), &demo.key("odoo")).contains(&format!("\"result\":{uid}"))
    );
    demo.reached();
    assert_eq!(login("admin", "wrong"), login("nobody.at.all", "wrong"));
    let call = |uid: i64| {
        let text = service(
            &demo,
            "object",
            "execute_kw",
            serde_json::json!(
                ["demo", uid, "wrong", "res.partner", "search_count", [[]], {
                }]
            ),
        );
        // Each answer has its own request's id.
        text.split("request_id")
            .next()
            .unwrap_or_default()
            .to_owned()
    };
    assert_eq!(
        call(2),
        call(99_999),
        "a user that is there and one that is not"
    );
    nothing(&demo, "guesses");
}

#[test]
fn odoo_6_05_nobody_signs_up_through_the_gateway() {
    let demo = Demo::start();
    assert_eq!(count(&demo, &demo.key("odoo"), &[]), 200);
    demo.reached();
    for path in [
        "/web/signup",
        "/web/reset_password",
        "/web/login",
        "/web/become",
    ] {
        for verb in ["GET", "POST"] {
            assert_eq!(
                demo.request(verb, path, &[], b"login=a&password=b").status,
                404,
                "{verb} {path}"
            );
        }
    }
    nothing(&demo, "sign-up");
}

#[test]
fn odoo_6_06_only_a_gateway_key_opens_and_only_what_its_role_says() {
    let demo = Demo::start();
    assert_eq!(count(&demo, &demo.key("odoo"), &[]), 200);
    demo.reached();
    let log = std::path::PathBuf::from(demo.fact("/upstream_log"));
    for user in ["odoo-admin", "odoo-integration"] {
        let secret =
            std::fs::read_to_string(log.with_file_name("secrets").join(user)).expect("a secret");
        assert_eq!(
            count(&demo, &secret, &[]),
            401,
            "Odoo's own key of {user} opens nothing here"
        );
    }
    let narrow = demo.key("odoo_narrow");
    assert_eq!(count(&demo, &narrow, &[]), 200);
    demo.reached();
    let bearer = format!("Bearer {narrow}");
    let got = demo.post(
        "/json/2/res.partner/unlink",
        &[JSON, ("authorization", &bearer)],
        b"{\"ids\": [1]}",
    );
    assert_eq!(got.status, 403);
    nothing(&demo, "what the key may not");
}

#[test]
fn odoo_6_07_an_ended_key_opens_nothing_in_any_dialect() {
    let demo = Demo::start();
    let place = Place::before(&demo, "");
    let (key, id) = place.key("shop", &[]);
    let served = place.serve();
    let uid = demo.uid("odoo");
    let ask = |path: &str, body: &str| {
        let request = http::Request::post(format!("{}{path}", served.url))
            .header("content-type", "application/json");
        let request = if path == COUNT {
            request.header("authorization", format!("Bearer {key}"))
        } else {
            request
        };
        crate::demo::send(request.body(body.as_bytes().to_vec()).expect("a request"))
    };
    let rpc = serde_json::json!({"params": {"service": "object", "method": "execute_kw",
        "args": ["demo", uid, key, "res.partner", "search_count", [[]], {}]}})
    .to_string();
    assert!(ask("/jsonrpc", &rpc).text().contains("\"result\""));
    assert_eq!(ask(COUNT, "{\"domain\": []}").status, 200);
    demo.reached();
    // Odoo goes on taking it over RPC where it took it before.
    assert_eq!(place.run(&["key", "revoke", &id]).0, 0);
    crate::pause(1100);
    assert!(ask("/jsonrpc", &rpc).text().contains("Access Denied"));
    assert_eq!(ask(COUNT, "{\"domain\": []}").status, 401);
    nothing(&demo, "an ended key");
}

#[test]
fn odoo_6_10_neither_host_nor_base_location_reach_the_erp() {
    let demo = Demo::start();
    let relay = Relay::before(demo.fact("/odoo"));
    let place = Place::before_url(&demo, &relay.url(), "");
    let (key, _) = place.key("shop", &[]);
    let served = place.serve();
    let request = http::Request::post(format!("{}{COUNT}", served.url))
        .header("content-type", "application/json")
        .header("host", "evil.example")
        .header("authorization", format!("Bearer {key}"));
    let got = crate::demo::send(request.body(BODY.to_vec()).expect("a request"));
    assert_eq!(got.status, 200, "{}", got.text());
    let seen = relay.seen();
    let pinned = format!("host: {}", relay.url().trim_start_matches("http://"));
    assert!(
        seen.len() == 1 && seen[0].to_lowercase().contains(&pinned),
        "{seen:?}"
    );
    let body = serde_json::json!({"params": {"service": "common", "method": "authenticate",
        "args": ["demo", "integration", key, {"base_location": "https://evil.example"}]}});
    let request = http::Request::post(format!("{}/jsonrpc", served.url))
        .header("content-type", "application/json");
    let got = crate::demo::send(
        request
            .body(body.to_string().into_bytes())
            .expect("a request"),
    );
    assert!(got.text().contains("\"result\""), "{}", got.text());
    assert_eq!(
        relay.seen(),
        Vec::<String>::new(),
        "the gateway answers log-ins by itself"
    );
}

#[test]
fn odoo_6_11_no_answer_tells_of_the_server() {
    let demo = Demo::start();
    let got = demo.post(COUNT, &[JSON, ("x-api-key", &demo.key("odoo"))], BODY);
    assert_eq!(got.status, 200);
    assert!(!got.headers.contains_key("server"), "{:?}", got.headers);
    let bearer = format!("Bearer {}", demo.key("odoo_full"));
    for (path, body) in [
        (
            "/json/2/res.partner/search_read",
            "{\"domain\": [[\"nope\", \"=\", 1]]}",
        ),
        (
            "/json/2/res.partner/create",
            "{\"vals_list\": [{\"name\": false}]}",
        ),
        ("/json/2/res.partner/nope", "{}"),
        ("/json/2/no.such.model/read", "{}"),
        (
            "/json/2/res.partner/write",
            "{\"ids\": [99999], \"vals\": {\"name\": 1}}",
        ),
    ] {
        // `send` looks for tracebacks, paths, SQL and versions in every answer.
        let got = demo.post(path, &[JSON, ("authorization", &bearer)], body.as_bytes());
        assert!(got.status >= 400, "{path}: {}", got.text());
        assert!(!got.headers.contains_key("server"), "{path}");
    }
}

#[test]
fn odoo_6_12_a_role_and_not_the_erp_user_says_what_may_be_read() {
    let demo = Demo::start();
    let bearer = format!("Bearer {}", demo.key("odoo"));
    let ask = |path: &str, body: &str| {
        demo.post(path, &[JSON, ("authorization", &bearer)], body.as_bytes())
    };
    assert_eq!(
        ask(
            "/json/2/res.partner/search_read",
            "{\"domain\": [], \"fields\": [\"name\"], \"limit\": 1}"
        )
        .status,
        200
    );
    demo.reached();
    for (path, body) in [
        (
            "/json/2/res.users/search_read",
            "{\"domain\": [], \"fields\": [\"login\"]}",
        ),
        ("/json/2/mail.message/search_read", "{\"domain\": []}"),
        (
            "/json/2/ir.actions.server/create",
            "{\"vals_list\": [{\"name\": \"x\", \"state\": \"code\", \"code\": \"1\"}]}",
        ),
        ("/json/2/ir.actions.server/run", "{\"ids\": [1]}"),
        (
            "/json/2/res.users.apikeys/generate",
            "{\"key\": \"x\", \"name\": \"y\"}",
        ),
        (
            "/json/2/ir.config_parameter/get_param",
            "{\"key\": \"database.secret\"}",
        ),
    ] {
        assert_eq!(ask(path, body).status, 403, "{path}");
        nothing(&demo, path);
    }
}

#[test]
fn odoo_6_13_every_way_of_reading_in_bulk_is_judged_as_reading() {
    let demo = Demo::start();
    let key = demo.key("odoo_narrow");
    let ask = |method: &str, body: &str| partner(&demo, &key, method, body);
    assert_eq!(
        ask("search_read", "{\"domain\": [], \"fields\": [\"name\"]}"),
        200
    );
    demo.reached();
    for (method, body) in [
        ("search_read", "{\"domain\": [], \"fields\": [\"email\"]}"),
        (
            "export_data",
            "{\"ids\": [1], \"fields_to_export\": [\"email\"]}",
        ),
        (
            "web_search_read",
            "{\"domain\": [], \"specification\": {\"email\": {}}}",
        ),
        (
            "read_group",
            "{\"domain\": [], \"fields\": [\"email\"], \"groupby\": [\"email\"]}",
        ),
        (
            "formatted_read_group",
            "{\"domain\": [], \"groupby\": [\"email\"], \"aggregates\": []}",
        ),
        ("copy_data", "{\"ids\": [1]}"),
        ("search", "{\"domain\": [[\"email\", \"like\", \"a\"]]}"),
        ("search", "{\"domain\": [], \"order\": \"email\"}"),
    ] {
        assert_eq!(ask(method, body), 403, "{method} {body}");
        nothing(&demo, method);
    }
}

#[test]
fn odoo_6_14_methods_that_every_model_has_are_no_way_around() {
    let demo = Demo::start();
    let key = demo.key("odoo");
    let ask = |method: &str, body: &str| partner(&demo, &key, method, body);
    assert_eq!(ask("fields_get", "{\"attributes\": [\"type\"]}"), 200);
    demo.reached();
    for (method, body) in [
        ("load", "{\"fields\": [\"name\"], \"data\": [[\"x\"]]}"),
        ("name_create", "{\"name\": \"x\"}"),
        ("copy", "{\"ids\": [1]}"),
        (
            "web_save",
            "{\"ids\": [1], \"vals\": {\"name\": \"x\"}, \"specification\": {}}",
        ),
        ("action_archive", "{\"ids\": [1]}"),
        (
            "onchange",
            "{\"ids\": [], \"values\": {}, \"field_names\": [], \"fields_spec\": {}}",
        ),
        ("sudo", "{}"),
        ("with_user", "{\"user\": 1}"),
        ("_write", "{\"ids\": [1], \"vals\": {}}"),
    ] {
        let status = ask(method, body);
        assert!(matches!(status, 403 | 404), "{method}: {status}");
        nothing(&demo, method);
    }
}
