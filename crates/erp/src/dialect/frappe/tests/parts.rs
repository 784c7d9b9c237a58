//! Errors keep the parts by which clients know them, and lose the words.

use super::*;

/// An error of Frappe's, read and written again for both versions.
fn told_again(status: u16, body: &str) -> [String; 2] {
    let crate::Answer::Fault(fault) = read_back(status, body) else {
        panic!("{body}")
    };
    let fault = fault.of_request("id");
    [Dialect::FrappeResource, Dialect::FrappeV2].map(|dialect| {
        let written = Reply::plain(dialect).write_fault(&fault);
        assert_eq!(written.status, status, "{body}");
        String::from_utf8(written.body).unwrap()
    })
}

#[test]
fn an_error_of_the_erp_keeps_the_parts_in_which_it_was_told() {
    let words = "The ERP does not allow this";
    let silent = r#"{"exception":"frappe.exceptions.PermissionError","exc_type":"PermissionError","exc":"[\"Traceback\"]"}"#;
    let [one, two] = told_again(403, silent);
    assert!(
        one.contains(r#""exc":"#) && !one.contains("_server_messages"),
        "{one}"
    );
    assert!(
        two.contains(r#""exception":"#) && !two.contains(r#""message":"#),
        "{two}"
    );
    let doctype = r#"{"exception":"frappe.exceptions.PermissionError","exc_type":"PermissionError","exc":"[\"Traceback\"]","_server_messages":"[\"{\\\"message\\\": \\\"x\\\", \\\"title\\\": \\\"Message\\\"}\"]","_error_message":"No permission for X"}"#;
    let [one, two] = told_again(403, doctype);
    assert!(
        one.contains(&format!(r#""_error_message":"{words}"#)),
        "{one}"
    );
    assert!(
        one.contains("_server_messages") && !one.contains("indicator"),
        "{one}"
    );
    assert!(two.contains(r#""title":"Message"}"#), "{two}");
    let thrown = r#"{"exc_type":"DoesNotExistError","_server_messages":"[\"{\\\"message\\\": \\\"Customer X not found\\\", \\\"title\\\": \\\"Message\\\", \\\"indicator\\\": \\\"red\\\", \\\"raise_exception\\\": 1, \\\"__frappe_exc_id\\\": \\\"b9\\\"}\"]"}"#;
    let [one, two] = told_again(404, thrown);
    assert!(
        !one.contains(r#""exc":"#) && !one.contains(r#""exception":"#),
        "{one}"
    );
    assert!(one.contains(r#"__frappe_exc_id\\\":\\\"id"#), "{one}");
    assert!(!two.contains(r#""exception":"#), "{two}");
    let two_messages = r#"{"exception":"frappe.exceptions.PermissionError: x","exc_type":"PermissionError","exc":"[]","_server_messages":"[\"{\\\"message\\\": \\\"a\\\"}\", \"{\\\"message\\\": \\\"b\\\", \\\"indicator\\\": \\\"red\\\", \\\"raise_exception\\\": 1}\"]"}"#;
    let [_, two] = told_again(403, two_messages);
    assert!(two.contains(r#""messages":[{"#), "{two}");
}

#[test]
fn a_refusal_is_told_as_frappe_tells_one_there() {
    let refused = |dialect: Dialect, path: &[&str]| {
        let request = Request {
            verb: "GET",
            path,
            query: "",
            kind: "",
            body: "",
        };
        let reply = ask(dialect, &request).unwrap().reply;
        let fault = Fault::new(FaultKind::Stranger, "Access Denied");
        let written = reply.write_fault(&fault);
        assert_eq!(written.status, 403);
        String::from_utf8(written.body).unwrap()
    };
    let list = refused(Dialect::FrappeResource, &["Customer"]);
    assert!(list.contains(r#""_error_message":"#), "{list}");
    let one = refused(Dialect::FrappeResource, &["Customer", "A"]);
    assert!(
        !one.contains(r#""_error_message":"#) && one.contains("_server_messages"),
        "{one}"
    );
    let method = refused(Dialect::FrappeMethod, &["frappe.client.get_time_zone"]);
    assert!(method.contains("raise_exception"), "{method}");
    let meta = refused(Dialect::FrappeV2, &["doctype", "Customer", "meta"]);
    assert!(
        meta.contains(r#""exception":"#) && !meta.contains(r#""message":"#),
        "{meta}"
    );
}

#[test]
fn a_failed_log_in_is_told_where_clients_look() {
    let request = Request {
        verb: "POST",
        path: &["login"],
        query: "",
        kind: "application/x-www-form-urlencoded",
        body: "usr=a&pwd=b",
    };
    let reply = ask(Dialect::FrappeMethod, &request).unwrap().reply;
    let written = reply.write_fault(&Fault::new(
        FaultKind::AccessDenied,
        words(FaultKind::AccessDenied),
    ));
    let body = String::from_utf8(written.body).unwrap();
    assert_eq!(written.status, 401);
    assert!(
        body.starts_with(r#"{"message":"Invalid login credentials","#),
        "{body}"
    );
    assert!(!body.contains("_server_messages"), "{body}");
}
