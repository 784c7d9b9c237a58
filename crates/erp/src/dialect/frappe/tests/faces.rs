//! The other faces: version 2, `/` with `cmd`, methods of documents, and paths of files.

use super::*;

fn v2(verb: &str, path: &[&str], query: &str, body: &str) -> Result<Call, FaultKind> {
    let kind = if body.is_empty() { "" } else { JSON };
    call(
        Dialect::FrappeV2,
        &Request {
            verb,
            path,
            query,
            kind,
            body,
        },
    )
}

fn root(verb: &str, query: &str, kind: &str, body: &str) -> Result<Call, FaultKind> {
    call(
        Dialect::FrappeMethod,
        &Request {
            verb,
            path: &[],
            query,
            kind,
            body,
        },
    )
}

fn file(path: &[&str], query: &str) -> Result<Call, FaultKind> {
    call(
        Dialect::FrappeFile,
        &Request {
            verb: "GET",
            path,
            query,
            kind: "",
            body: "",
        },
    )
}

#[test]
fn version_2_asks_for_the_same_calls() {
    let document = ["document", "Sales Order", "S1"];
    let v1 = ["Sales Order", "S1"];
    assert_eq!(
        v2("GET", &document, "", ""),
        resource("GET", &v1, "", "", "")
    );
    assert_eq!(
        v2("DELETE", &document, "", ""),
        resource("DELETE", &v1, "", "", "")
    );
    let saved = resource("PUT", &v1, "", JSON, r#"{"status":"x"}"#);
    for verb in ["PUT", "PATCH"] {
        let body = r#"{"name":"S1","doctype":"Sales Order","status":"x"}"#;
        assert_eq!(v2(verb, &document, "", body), saved);
    }
    assert_eq!(
        v2(
            "POST",
            &["document", "Customer"],
            "",
            r#"{"customer_name":"A"}"#
        ),
        resource("POST", &["Customer"], "", JSON, r#"{"customer_name":"A"}"#)
    );
    let page = resource("GET", &["Customer"], "limit_start=3&limit=2", "", "");
    for query in [
        "limit=2&limit_start=3",
        "start=3&limit=2",
        "start=3&limit=2&limit_page_length=99",
    ] {
        assert_eq!(
            v2("GET", &["document", "Customer"], query, ""),
            page,
            "{query}"
        );
    }
    assert_eq!(
        v2(
            "GET",
            &["document", "Customer"],
            "start=3&limit_start=4",
            ""
        ),
        Err(FaultKind::BadArguments)
    );
    assert_eq!(
        v2(
            "POST",
            &["document", "Sales Order", "S1", "method", "submit"],
            "",
            "{}"
        ),
        resource("POST", &v1, "", FORM, "run_method=submit")
    );
    assert_eq!(
        v2("GET", &["doctype", "Customer", "count"], "filters=[]", ""),
        method(
            "GET",
            "frappe.client.get_count",
            "doctype=Customer&filters=[]",
            "",
            ""
        )
    );
    assert_eq!(
        v2(
            "POST",
            &["method", "frappe.client.delete"],
            "",
            r#"{"doctype":"A","name":"B"}"#
        ),
        resource("DELETE", &["A", "B"], "", "", "")
    );
    for (verb, path) in [
        ("PATCH", &["document", "Customer"][..]),
        ("POST", &["document", "Customer", "A"]),
        ("POST", &["doctype", "Customer", "meta"]),
        ("GET", &["discovery"]),
        ("GET", &["document"]),
    ] {
        assert!(v2(verb, path, "", "").is_err(), "{verb} {path:?}");
    }
}

#[test]
fn a_body_of_version_2_that_names_another_document_is_refused() {
    let path = ["document", "Customer", "A"];
    assert!(v2("PATCH", &path, "", r#"{"name":"A"}"#).is_ok());
    for body in [
        r#"{"name":"B"}"#,
        r#"{"doctype":"User"}"#,
        r#"{"cmd":"x"}"#,
        r#"{"sid":"x"}"#,
    ] {
        assert_eq!(
            v2("PATCH", &path, "", body),
            Err(FaultKind::BadArguments),
            "{body}"
        );
    }
    assert_eq!(
        v2("PATCH", &path, "cmd=x", r#"{"status":"x"}"#),
        Err(FaultKind::BadArguments)
    );
}

#[test]
fn the_root_takes_cmd_and_only_there_it_counts() {
    let count = method("GET", "frappe.client.get_count", "doctype=Customer", "", "");
    assert!(count.is_ok());
    let cmd = "cmd=frappe.client.get_count&doctype=Customer";
    assert_eq!(root("GET", cmd, "", ""), count);
    assert_eq!(root("POST", "", FORM, cmd), count);
    let body = r#"{"cmd":"frappe.client.get_count","doctype":"Customer"}"#;
    assert_eq!(root("POST", "", JSON, body), count);
    assert_eq!(root("GET", "", "", ""), Err(FaultKind::NotFound));
    assert_eq!(
        root("POST", "", JSON, r#"{"doctype":"Customer"}"#),
        Err(FaultKind::NotFound)
    );
    for (query, kind, body) in [
        ("cmd=ping", JSON, body),
        ("cmd=ping", FORM, cmd),
        ("cmd=ping&sid=x", "", ""),
    ] {
        assert_eq!(
            root("POST", query, kind, body),
            Err(FaultKind::BadArguments),
            "{query} {body}"
        );
    }
    assert_eq!(
        method("GET", "ping", "cmd=frappe.client.get_count", "", ""),
        Err(FaultKind::BadArguments)
    );
}

#[test]
fn methods_of_documents_and_of_doctypes_are_calls_on_them() {
    let run = resource(
        "POST",
        &["Customer", "A"],
        "",
        JSON,
        r#"{"run_method":"tell","x":[1]}"#,
    )
    .unwrap();
    assert_eq!(
        v2(
            "POST",
            &["document", "Customer", "A", "method", "tell"],
            "",
            r#"{"x":[1]}"#
        ),
        Ok(run.clone())
    );
    assert_eq!(
        sent(&run),
        (
            "POST /api/resource/Customer/A".to_owned(),
            r#"{"run_method":"tell","x":[1]}"#.to_owned()
        )
    );
    let safe = resource("GET", &["Customer", "A"], "run_method=tell&x=1", "", "").unwrap();
    assert!(safe.safe && !run.safe);
    assert_eq!(
        sent(&safe).0,
        "GET /api/resource/Customer/A?run_method=tell&x=1",
        "what is asked by GET changes nothing at Frappe either"
    );
    let of = v2("POST", &["method", "Customer", "tell"], "", r#"{"x":1}"#).unwrap();
    assert_eq!(
        (of.model.as_str(), of.method.as_str()),
        ("Customer", "doctype.tell")
    );
    assert_eq!(sent(&of).0, "POST /api/v2/method/Customer/tell");
    let say = |body: &str| v2("POST", &["method", "Customer", "tell"], "", body);
    assert!(say(r#"{"doctype":"Customer"}"#).is_ok());
    for other in [
        r#"{"doctype":"User"}"#,
        r#"{"dt":"User"}"#,
        r#"{"dt":["Customer"]}"#,
    ] {
        assert!(say(other).is_err(), "{other}");
    }
    for name in ["a.b", "upload_file", "a/b"] {
        assert!(
            v2("POST", &["method", "Customer", name], "", "{}").is_err(),
            "{name}"
        );
    }
}

#[test]
fn renaming_comes_to_one_call() {
    let form = "doctype=Customer&old_name=A&new_name=B";
    let rename = method("POST", "frappe.client.rename_doc", "", FORM, form).unwrap();
    assert_eq!(
        rename,
        resource(
            "POST",
            &["Customer", "A"],
            "",
            FORM,
            "run_method=rename&name=B"
        )
        .unwrap()
    );
    assert_eq!(
        sent(&rename),
        (
            "POST /api/method/frappe.client.rename_doc".to_owned(),
            r#"{"doctype":"Customer","old_name":"A","new_name":"B","merge":false}"#.to_owned()
        )
    );
    assert_eq!(
        method("GET", "frappe.client.rename_doc", form, "", ""),
        Err(FaultKind::AccessError)
    );
    assert!(
        method(
            "POST",
            "frappe.client.rename_doc",
            "",
            FORM,
            &format!("{form}&force=1")
        )
        .is_err()
    );
}

#[test]
fn many_documents_each_name_their_doctype() {
    let body = r#"{"docs":[{"doctype":"Customer","customer_name":"A"},{"doctype":"Item","item_code":"B"}]}"#;
    let many = method("POST", "frappe.client.insert_many", "", JSON, body).unwrap();
    assert_eq!(
        (many.model.as_str(), many.method.as_str()),
        ("Customer", "insert_many")
    );
    let text =
        r#"docs=[{"doctype":"Customer","customer_name":"A"},{"doctype":"Item","item_code":"B"}]"#;
    assert_eq!(
        method("POST", "frappe.client.insert_many", "", FORM, text),
        Ok(many)
    );
    for body in [
        r#"{"docs":[]}"#,
        r#"{"docs":[1]}"#,
        r#"{"docs":[{"name":"A"}]}"#,
        "{}",
    ] {
        let read = method("POST", "frappe.client.insert_many", "", JSON, body);
        assert_eq!(read, Err(FaultKind::BadArguments), "{body}");
    }
    let unnamed = r#"{"docs":[{"doctype":"Customer"}]}"#;
    assert!(method("POST", "frappe.client.bulk_update", "", JSON, unnamed).is_err());
}

#[test]
fn a_file_is_fetched_by_its_own_path_and_nothing_else() {
    let want = file(&["private", "files", "a b.pdf"], "").unwrap();
    assert_eq!(
        (want.model.as_str(), want.method.as_str()),
        ("File", "download_file")
    );
    assert_eq!(
        file(&["private", "files", "a b.pdf"], "fid=x"),
        Ok(want.clone())
    );
    for dotted in ["download_file", "frappe.utils.file_manager.download_file"] {
        let query = "file_url=%2Fprivate%2Ffiles%2Fa%20b.pdf";
        assert_eq!(method("GET", dotted, query, "", ""), Ok(want.clone()));
    }
    assert_eq!(
        sent(&want).0,
        "GET /api/method/download_file?file_url=%2Fprivate%2Ffiles%2Fa+b.pdf"
    );
    for url in [
        "http://127.0.0.1/x",
        "/private/files/../x",
        "/private/files/a/b",
        "/private/backups/x",
        "/files/",
        "/files/a%2fb",
        "/files/a?b",
        "x",
    ] {
        let query = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("file_url", url)
            .finish();
        assert!(
            method("GET", "download_file", &query, "", "").is_err(),
            "{url}"
        );
    }
    assert!(file(&["files", "a"], "x=1").is_err());
}

#[test]
fn version_2_is_answered_in_its_own_shape() {
    let reply = Reply::plain(Dialect::FrappeV2);
    let fault = Fault::new(FaultKind::MissingRecord, "Customer A not found");
    let written = reply.write_fault(&fault);
    assert_eq!(
        (
            written.status,
            String::from_utf8(written.body).unwrap().as_str()
        ),
        (
            404,
            r#"{"errors":[{"type":"DoesNotExistError","message":"Customer A not found","title":"Message","indicator":"red"}]}"#
        )
    );
    let errors = r#"{"errors":[{"type":"DoesNotExistError","message":"Customer A not found","exception":"Traceback x"}]}"#;
    let crate::Answer::Fault(fault) = read_back(404, errors) else {
        panic!("a fault is read as an answer");
    };
    assert_eq!(fault.kind, FaultKind::MissingRecord);
    let rows = Value::List(vec![Value::Int(1)]);
    let text = |written: crate::dialect::Written| String::from_utf8(written.body).unwrap();
    assert_eq!(text(reply.write_answer(&rows)), r#"{"data":[1]}"#);
    let cut = text(reply.write_cut(&rows, 1));
    assert!(
        cut.contains(r#""has_next_page":true"#) && cut.contains("Only the first 1 rows"),
        "{cut}"
    );
    let old = text(Reply::plain(Dialect::FrappeResource).write_cut(&rows, 1));
    assert!(old.contains("_server_messages"), "{old}");
}

#[test]
fn a_refusal_is_one_to_clients_that_look_for_exc() {
    let fault = Fault::new(FaultKind::AccessError, "Not permitted");
    let written = Reply::plain(Dialect::FrappeResource).write_fault(&fault);
    let body = String::from_utf8(written.body).unwrap();
    assert!(
        body.contains(r#""exc":"[\"frappe.exceptions.PermissionError: Not permitted\"]""#),
        "{body}"
    );
}

#[test]
fn a_method_that_deletes_answers_nothing_and_a_path_says_ok() {
    let answered = |dialect: Dialect, verb: &str, path: &[&str], body: &str| {
        let kind = if body.is_empty() { "" } else { JSON };
        let request = Request {
            verb,
            path,
            query: "",
            kind,
            body,
        };
        let reply = ask(dialect, &request).unwrap().reply;
        let written = reply.write_answer(&Value::from("ok"));
        (written.status, String::from_utf8(written.body).unwrap())
    };
    let doc = r#"{"doctype":"Customer","name":"A"}"#;
    let by_method = answered(
        Dialect::FrappeMethod,
        "POST",
        &["frappe.client.delete"],
        doc,
    );
    assert_eq!(by_method, (200, "{}".to_owned()));
    let by_path = answered(Dialect::FrappeResource, "DELETE", &["Customer", "A"], "");
    assert_eq!(by_path, (202, r#"{"data":"ok"}"#.to_owned()));
}
