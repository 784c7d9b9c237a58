//! The Odoo look-alike over a socket, as a client sees it.

#![expect(
    clippy::unwrap_used,
    reason = "a helper of a test fails as the test does"
)]

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;

use portcullis_sandbox::odoo::{Faces, Key, Odoo, Options, Role, User, Version};
use portcullis_sandbox::{Running, UpstreamLog, serve};

fn user(login: &str, role: Role) -> User {
    User {
        login: login.to_owned(),
        name: login.to_uppercase(),
        role,
        password: format!("{login}-password"),
        keys: vec![Key::rpc(format!("{login}-key"))],
    }
}

fn start() -> (Running, UpstreamLog) {
    start_with(vec![
        user("admin", Role::Admin),
        user("integration", Role::SalesOwn),
        user("second", Role::SalesOwn),
        user("customer", Role::Portal),
    ])
}

fn start_with(users: Vec<User>) -> (Running, UpstreamLog) {
    let log = UpstreamLog::in_memory();
    let odoo = Arc::new(Odoo::new(Options::new("demo", users)));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    (serve(listener, odoo, log.clone()).unwrap(), log)
}

fn send(server: &Running, path: &str, headers: &str, body: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(server.address()).unwrap();
    let length = body.len();
    let head =
        format!("POST {path} HTTP/1.1\r\nHost: x\r\n{headers}Content-Length: {length}\r\n\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(body.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(
        head.contains("Connection: close") || head.contains("connection: close"),
        "{head}"
    );
    (
        head.split(' ').nth(1).unwrap().parse().unwrap(),
        body.to_owned(),
    )
}

fn rpc(server: &Running, service: &str, method: &str, args: &str) -> String {
    let body = format!(
        r#"{{"params":{{"service":"{service}","method":"{method}","args":{args}}},"id":1}}"#
    );
    send(
        server,
        "/jsonrpc",
        "Content-Type: application/json\r\n",
        &body,
    )
    .1
}

fn call(server: &Running, who: &str, path: &str, body: &str) -> (u16, String) {
    let headers = format!("Content-Type: application/json\r\nAuthorization: Bearer {who}-key\r\n");
    send(server, &format!("/json/2/{path}"), &headers, body)
}

#[test]
fn the_three_dialects_answer_the_same() {
    let (server, log) = start();
    assert_eq!(
        rpc(
            &server,
            "common",
            "authenticate",
            r#"["demo","integration","integration-password",{}]"#
        ),
        r#"{"jsonrpc": "2.0", "id": 1, "result": 7}"#
    );
    let (status, body) = call(
        &server,
        "integration",
        "res.partner/search_read",
        r#"{"domain":[["is_company","=",true]],"fields":["name","country_id"],"limit":1}"#,
    );
    assert_eq!(
        (status, body.as_str()),
        (
            200,
            r#"[{"id": 7, "name": "Almer & Sons", "country_id": [9, "Germany"]}]"#
        )
    );
    let args = r#"["demo",7,"integration-password","res.partner","search_read",[[["is_company","=",true]]],{"fields":["name"],"limit":1}]"#;
    assert_eq!(
        rpc(&server, "object", "execute_kw", args),
        r#"{"jsonrpc": "2.0", "id": 1, "result": [{"id": 7, "name": "Almer & Sons"}]}"#
    );
    let xml = "<methodCall><methodName>execute_kw</methodName><params><value>demo</value><value><int>7</int></value>\
               <value>integration-key</value><value>res.partner</value><value>search_count</value>\
               <value><array><data><value><array><data/></array></value></data></array></value></params></methodCall>";
    let (status, body) = send(
        &server,
        "/xmlrpc/2/object",
        "Content-Type: text/xml\r\n",
        xml,
    );
    assert_eq!(status, 200);
    assert!(body.contains("<int>42</int>"), "{body}");
    let lines = log.lines();
    assert_eq!(lines.len(), 4);
    assert!(
        lines[3].contains(
            r#""model":"res.partner","call":"search_count","user":"integration","status":200"#
        ),
        "{}",
        lines[3]
    );
}

#[test]
fn two_users_leave_different_create_uid() {
    let (server, _) = start();
    for (who, uid) in [("integration", "7"), ("second", "8")] {
        let (status, id) = call(
            &server,
            who,
            "sale.order/create",
            r#"{"vals_list":[{"partner_id":7,"order_line":[[0,0,{"product_id":1,"product_uom_qty":2}]]}]}"#,
        );
        assert_eq!(status, 200, "{id}");
        let body = format!(r#"{{"ids":{id},"fields":["create_uid","amount_total","name"]}}"#);
        let (_, read) = call(&server, who, "sale.order/read", &body);
        assert!(
            read.contains(&format!(
                r#""create_uid": [{uid}, "{}"]"#,
                who.to_uppercase()
            )),
            "{read}"
        );
        assert!(read.contains(r#""amount_total": 1152.0"#), "{read}");
    }
}

#[test]
fn a_rule_hides_the_orders_of_others() {
    let (server, _) = start();
    let (_, all) = call(
        &server,
        "admin",
        "sale.order/search_count",
        r#"{"domain":[]}"#,
    );
    let (_, own) = call(
        &server,
        "integration",
        "sale.order/search_count",
        r#"{"domain":[]}"#,
    );
    assert_eq!((all.as_str(), own.as_str()), ("20", "7"));
    assert_eq!(
        call(
            &server,
            "integration",
            "sale.order/read",
            r#"{"ids":[7],"fields":["name"]}"#
        )
        .0,
        200
    );
    assert_eq!(
        call(
            &server,
            "integration",
            "sale.order/read",
            r#"{"ids":[3],"fields":["name"]}"#
        )
        .0,
        403
    );
    assert_eq!(
        call(
            &server,
            "customer",
            "res.partner/search_count",
            r#"{"domain":[]}"#
        )
        .1,
        "1"
    );
}

#[test]
fn a_call_that_fails_leaves_nothing_behind() {
    let (server, _) = start();
    let before = call(
        &server,
        "admin",
        "res.partner/search_count",
        r#"{"domain":[]}"#,
    )
    .1;
    let two = r#"{"vals_list":[{"name":"First"},{"name":"Second","nope":1}]}"#;
    assert_eq!(call(&server, "admin", "res.partner/create", two).0, 500);
    assert_eq!(
        call(
            &server,
            "admin",
            "res.partner/search_count",
            r#"{"domain":[]}"#
        )
        .1,
        before
    );
}

#[test]
fn wrong_passwords_and_keys_are_refused() {
    let (server, _) = start();
    let refused = rpc(
        &server,
        "common",
        "login",
        r#"["demo","integration","wrong"]"#,
    );
    assert_eq!(refused, r#"{"jsonrpc": "2.0", "id": 1, "result": false}"#);
    let headers = "Content-Type: application/json\r\nAuthorization: Bearer wrong\r\n";
    let (status, body) = send(
        &server,
        "/json/2/res.partner/search_count",
        headers,
        r#"{"domain":[]}"#,
    );
    assert_eq!(status, 401);
    assert!(body.contains("Traceback"), "{body}");
}

/// The values that a field of this type may be compared with, and how.
fn questions(kind: &str) -> &'static [(&'static str, &'static str)] {
    match kind {
        "char" => &[
            ("=", "\"a\""),
            ("!=", "false"),
            ("ilike", "\"a\""),
            ("in", "[\"a\"]"),
            (">", "\"a\""),
        ],
        "text" | "html" => &[("ilike", "\"a\""), ("=", "false")],
        "integer" => &[("=", "1"), ("in", "[1]"), (">", "1")],
        "float" | "monetary" => &[("=", "1.5"), ("<=", "1.5")],
        "boolean" => &[("=", "true"), ("!=", "true")],
        "date" | "datetime" => &[(">=", "\"2026-01-01\""), ("=", "false")],
        "many2one" => &[
            ("=", "1"),
            ("in", "[1]"),
            ("=", "false"),
            ("ilike", "\"a\""),
        ],
        "one2many" | "many2many" => &[("in", "[1]"), ("=", "false"), ("any", "[[\"id\",\">\",0]]")],
        _ => &[("=", "false"), ("!=", "false")],
    }
}

#[test]
fn every_field_that_says_so_can_be_searched() {
    let (server, _) = start();
    for model in [
        "res.partner",
        "res.users",
        "product.product",
        "product.category",
        "sale.order",
        "sale.order.line",
    ] {
        let attributes = r#"{"attributes":["type","searchable"]}"#;
        let (_, fields) = call(&server, "admin", &format!("{model}/fields_get"), attributes);
        let fields: serde_json::Value = serde_json::from_str(&fields).unwrap();
        for (name, facts) in fields.as_object().unwrap() {
            for (operator, value) in questions(facts["type"].as_str().unwrap()) {
                let body = format!(r#"{{"domain":[["{name}","{operator}",{value}]]}}"#);
                let (status, answer) =
                    call(&server, "admin", &format!("{model}/search_count"), &body);
                let searchable = facts["searchable"] == true;
                assert_eq!(status == 200, searchable, "{model}: {body}: {answer}");
            }
        }
    }
}

#[test]
fn faces_can_be_switched_off() {
    for (faces, [xmlrpc, jsonrpc, json2]) in [
        (Faces::XMLRPC, [200, 404, 404]),
        (Faces::JSONRPC, [404, 200, 404]),
        (Faces::JSON2, [404, 404, 200]),
    ] {
        let mut options = Options::new("demo", vec![user("admin", Role::Admin)]);
        options.faces = faces;
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = serve(
            listener,
            Arc::new(Odoo::new(options)),
            UpstreamLog::nowhere(),
        )
        .unwrap();
        let version = "<methodCall><methodName>version</methodName></methodCall>";
        assert_eq!(send(&server, "/xmlrpc/2/common", "", version).0, xmlrpc);
        let version = r#"{"params":{"service":"common","method":"version","args":[]}}"#;
        assert_eq!(
            send(
                &server,
                "/jsonrpc",
                "Content-Type: application/json\r\n",
                version
            )
            .0,
            jsonrpc
        );
        assert_eq!(
            call(
                &server,
                "admin",
                "res.partner/search_count",
                r#"{"domain":[]}"#
            )
            .0,
            json2
        );
    }
}

#[test]
fn odoo_16_has_no_json2() {
    let mut options = Options::new("demo", vec![user("admin", Role::Admin)]);
    options.version = Version::V16;
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let server = serve(
        listener,
        Arc::new(Odoo::new(options)),
        UpstreamLog::nowhere(),
    )
    .unwrap();
    assert_eq!(
        call(
            &server,
            "admin",
            "res.partner/search_count",
            r#"{"domain":[]}"#
        )
        .0,
        404
    );
    let version = rpc(&server, "common", "version", "[]");
    assert!(version.contains(r#""server_version": "16.0""#), "{version}");
}

#[test]
fn lists_of_links_take_commands() {
    let (server, _) = start();
    let order = r#"{"vals_list":[{"partner_id":8,"order_line":[[0,0,{"product_id":2}],[0,0,{"product_id":3}]]}]}"#;
    let id = call(&server, "admin", "sale.order/create", order).1;
    let lines = |server: &Running| {
        let (_, read) = call(
            server,
            "admin",
            "sale.order/read",
            &format!(r#"{{"ids":{id},"fields":["order_line"]}}"#),
        );
        let read: serde_json::Value = serde_json::from_str(&read).unwrap();
        let lines = read[0]["order_line"].as_array().unwrap();
        lines
            .iter()
            .map(|line| line.as_i64().unwrap())
            .collect::<Vec<_>>()
    };
    let before = lines(&server);
    assert_eq!(before.len(), 2);
    let change = format!(
        r#"{{"ids":{id},"vals":{{"order_line":[[1,{},{{"product_uom_qty":5}}],[2,{},0],[0,0,{{"product_id":4}}]]}}}}"#,
        before[0], before[1]
    );
    assert_eq!(
        call(&server, "admin", "sale.order/write", &change),
        (200, "true".to_owned())
    );
    let after = lines(&server);
    assert_eq!((after.len(), after[0]), (2, before[0]));
    // Clearing a list whose members cannot stand alone deletes them.
    let clear = format!(r#"{{"ids":{id},"vals":{{"order_line":[[5,0,0]]}}}}"#);
    assert_eq!(call(&server, "admin", "sale.order/write", &clear).0, 200);
    let gone = format!(r#"{{"domain":[["id","in",[{},{}]]]}}"#, after[0], after[1]);
    assert_eq!(
        call(&server, "admin", "sale.order.line/search_count", &gone).1,
        "0"
    );
    for (command, tags) in [
        ("[[6,0,[2,3]]]", "[2, 3]"),
        ("[[3,2,0],[4,5,0]]", "[3, 5]"),
        ("[[5,0,0]]", "[]"),
    ] {
        let body = format!(r#"{{"ids":[7],"vals":{{"category_id":{command}}}}}"#);
        assert_eq!(call(&server, "admin", "res.partner/write", &body).0, 200);
        let (_, read) = call(
            &server,
            "admin",
            "res.partner/read",
            r#"{"ids":[7],"fields":["category_id"]}"#,
        );
        assert_eq!(read, format!(r#"[{{"id": 7, "category_id": {tags}}}]"#));
    }
}

#[test]
fn a_message_is_posted_with_its_arguments_by_name_only() {
    let (server, _) = start();
    let login = r#"["demo","admin","admin-password",{}]"#;
    let answer = rpc(&server, "common", "authenticate", login);
    let (_, uid) = answer.rsplit_once(r#""result": "#).unwrap();
    let uid = uid.trim_end_matches('}');
    let by = |args: &str| {
        let user = format!(r#""demo",{uid},"admin-password""#);
        let args = format!(r#"[{user},"res.partner","message_post",{args}]"#);
        rpc(&server, "object", "execute_kw", &args)
    };
    let by_name = by(r#"[[7]],{"body":"Hello"}"#);
    assert!(by_name.contains(r#""result": ["#), "{by_name}");
    let by_position = by(r#"[[7],"Hello"],{}"#);
    assert!(by_position.contains("builtins.TypeError"), "{by_position}");
}

#[test]
fn xml_rpc_has_no_words_for_a_dictionary_by_id() {
    let (server, _) = start();
    let asked = r#"{"ids":[7]}"#;
    let (status, body) = call(&server, "integration", "res.partner/get_external_id", asked);
    assert_eq!(status, 200);
    assert!(body.starts_with(r#"{"7": "#), "{body}");
    let xml = "<methodCall><methodName>execute_kw</methodName><params><value>demo</value><value><int>7</int></value>\
               <value>integration-key</value><value>res.partner</value><value>get_external_id</value>\
               <value><array><data><value><array><data><value><int>7</int></value></data></array></value></data></array></value></params></methodCall>";
    let (_, body) = send(
        &server,
        "/xmlrpc/2/object",
        "Content-Type: text/xml\r\n",
        xml,
    );
    assert!(body.contains("dictionary key must be string"), "{body}");
}

#[test]
fn xml_rpc_has_no_words_for_the_properties_of_a_copy() {
    let (server, _) = start();
    let (status, told) = call(&server, "admin", "res.partner/copy_data", r#"{"ids":[19]}"#);
    assert_eq!(status, 200, "{told}");
    assert!(told.contains("fields_properties.Property object"), "{told}");
    let xml = "<?xml version='1.0'?><methodCall><methodName>execute_kw</methodName><params>\
        <param><value>demo</value></param><param><value><int>2</int></value></param>\
        <param><value>admin-key</value></param><param><value>res.partner</value></param>\
        <param><value>copy_data</value></param><param><value><array><data><value><array><data>\
        <value><int>19</int></value></data></array></value></data></array></value></param>\
        </params></methodCall>";
    let (_, body) = send(
        &server,
        "/xmlrpc/2/object",
        "Content-Type: text/xml\r\n",
        xml,
    );
    assert!(body.contains("cannot marshal"), "{body}");
}

#[test]
fn a_search_for_names_alone_tells_how_lists_show_them() {
    let (server, _) = start();
    let asked = |specification: &str| {
        let body = format!(r#"{{"name":"","specification":{specification},"limit":1}}"#);
        call(&server, "integration", "res.partner/web_name_search", &body).1
    };
    let alone = asked(r#"{"display_name":{}}"#);
    assert!(alone.contains("__formatted_display_name"), "{alone}");
    let among_others = asked(r#"{"display_name":{},"name":{}}"#);
    assert!(!among_others.contains("__formatted"), "{among_others}");
}

#[test]
fn what_the_real_server_refuses_of_its_own_methods_is_refused() {
    let (server, _) = start();
    let asked = |method: &str, body: &str| {
        call(
            &server,
            "integration",
            &format!("res.partner/{method}"),
            body,
        )
    };
    let (status, body) = asked("has_access", r#"{"ids":[7],"operation":"read"}"#);
    assert_eq!((status, body.as_str()), (200, "true"));
    let (status, body) = asked("check_access", r#"{"ids":[7],"operation":"read"}"#);
    assert_eq!(status, 403, "it is for code inside: {body}");
    let (status, body) = asked("is_transient", "{}");
    assert_eq!(
        status, 422,
        "it is the class's, and called on records: {body}"
    );
}

#[test]
fn a_picture_that_is_none_is_refused() {
    const PICTURE: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg==";
    let (server, _) = start();
    let write = |picture: &str| {
        let body = format!(r#"{{"ids":[7],"vals":{{"image_1920":"{picture}"}}}}"#);
        call(&server, "admin", "res.partner/write", &body)
    };
    assert_eq!(write(PICTURE), (200, "true".to_owned()));
    let (status, body) = write(PICTURE.get(..12).unwrap());
    assert_eq!(status, 422, "{body}");
    assert!(body.contains("odoo.exceptions.UserError"), "{body}");
}

#[test]
fn only_a_draft_is_marked_as_sent() {
    let (server, _) = start();
    let on = |method: &str| {
        let path = format!("sale.order/{method}");
        call(&server, "admin", &path, r#"{"ids":[1]}"#)
    };
    assert_eq!(on("action_quotation_sent"), (200, "null".to_owned()));
    let (status, body) = on("action_quotation_sent");
    assert_eq!(status, 422, "{body}");
    assert!(body.contains("Only draft orders"), "{body}");
    assert_eq!(on("action_draft").0, 200);
    assert_eq!(on("action_quotation_sent").0, 200);
}

#[test]
fn what_is_computed_or_a_records_own_is_neither_a_default_nor_copied() {
    let (server, _) = start_with(vec![user("seller", Role::Sales)]);
    let asked = |path: &str, body: &str| {
        let (status, body) = call(&server, "seller", path, body);
        assert_eq!(status, 200, "{body}");
        body.replace(' ', "")
    };
    // A salesperson's groups do not show the credit limit of whom they copy.
    asked("res.partner/copy", r#"{"ids":[19]}"#);
    let told = asked("res.partner/copy_data", r#"{"ids":[19]}"#);
    assert!(
        told.contains(r#""category_id":[[6,0,["#) && !told.contains("credit_limit"),
        "{told}"
    );
    let told = asked(
        "sale.order/default_get",
        r#"{"fields":["state","user_id","currency_id"]}"#,
    );
    assert_eq!(told, r#"{"state":"draft"}"#);
    let changed = r#"{"ids":[],"values":{"partner_id":7},"field_names":["partner_id"],"fields_spec":{"partner_id":{},"partner_invoice_id":{}}}"#;
    let told = asked("sale.order/onchange", changed);
    assert_eq!(told, r#"{"value":{"partner_invoice_id":7}}"#);
}

#[test]
fn the_conditions_of_a_group_are_joined_as_the_real_server_joins_them() {
    let (server, _) = start();
    let groups = |by: &str| {
        let body = format!(r#"{{"domain":[],"groupby":{by},"aggregates":["__count"],"limit":1}}"#);
        let (status, body) = call(&server, "admin", "sale.order/formatted_read_group", &body);
        assert_eq!(status, 200, "{body}");
        body.replace(' ', "")
    };
    for (by, extra) in [
        ("[]", r#"[[1,"=",1]]"#),
        (r#"["state"]"#, r#"[["state","=","cancel"]]"#),
        (
            r#"["state","company_id"]"#,
            r#"["&",["state","=","cancel"],["company_id","=",1]]"#,
        ),
    ] {
        let told = groups(by);
        assert!(
            told.contains(&format!(r#""__extra_domain":{extra}"#)),
            "{told}"
        );
    }
}
