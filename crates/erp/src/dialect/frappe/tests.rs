//! Whatever path a document is reached by, the call is the same; overrides are refused.

use super::*;
use crate::call::Call;
use crate::dialect::UpstreamLogin;
use crate::name::Database;

struct Request<'a> {
    verb: &'a str,
    path: &'a [&'a str],
    query: &'a str,
    kind: &'a str,
    body: &'a str,
}

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";

fn ask(dialect: Dialect, request: &Request<'_>) -> Result<Reading, ReadError> {
    let segments: Vec<String> = request
        .path
        .iter()
        .map(|segment| (*segment).to_owned())
        .collect();
    let inbound = Inbound {
        verb: request.verb,
        segments: &segments,
        query: request.query,
        content_type: request.kind,
        body: request.body.as_bytes(),
    };
    dialect.read(inbound, &Limits::default())
}

fn resource(
    verb: &str,
    path: &[&str],
    query: &str,
    kind: &str,
    body: &str,
) -> Result<Call, FaultKind> {
    call(
        Dialect::FrappeResource,
        &Request {
            verb,
            path,
            query,
            kind,
            body,
        },
    )
}

fn method(
    verb: &str,
    dotted: &str,
    query: &str,
    kind: &str,
    body: &str,
) -> Result<Call, FaultKind> {
    call(
        Dialect::FrappeMethod,
        &Request {
            verb,
            path: &[dotted],
            query,
            kind,
            body,
        },
    )
}

fn call(dialect: Dialect, request: &Request<'_>) -> Result<Call, FaultKind> {
    match ask(dialect, request) {
        Ok(Reading {
            asked: Asked::Call(call),
            ..
        }) => Ok(call),
        Ok(_) => panic!("answered here"),
        Err(error) => Err(error.fault.kind),
    }
}

fn sent(call: &Call) -> (String, String) {
    let database = Database::new("demo").unwrap();
    let login = UpstreamLogin {
        database: &database,
        uid: 0,
        login: "x",
        secret: "k:s",
    };
    let out = Dialect::FrappeResource.write(call, &login).unwrap();
    (
        format!("{} {}", out.verb, out.target),
        String::from_utf8(out.body).unwrap(),
    )
}

#[test]
fn lists_are_the_same_by_path_and_by_method() {
    let query = "fields=%5B%22name%22%5D&filters=%7B%22disabled%22%3A0%7D&limit_start=5&limit_page_length=2&order_by=name+desc&debug=true&as_dict=1";
    let by_path = resource("GET", &["Customer"], query, "", "").unwrap();
    let by_method = method(
        "GET",
        "frappe.client.get_list",
        &format!("doctype=Customer&{query}"),
        "",
        "",
    )
    .unwrap();
    let by_json = method("POST", "frappe.client.get_list", "", JSON,
        r#"{"doctype":"Customer","fields":["name"],"filters":{"disabled":0},"limit_start":5,"limit_page_length":2,"order_by":"name desc"}"#).unwrap();
    assert_eq!(by_path, by_method);
    assert_eq!(by_path, by_json);
    assert_eq!(
        by_path.named.keys().collect::<Vec<_>>(),
        [
            "fields",
            "filters",
            "order_by",
            "limit_start",
            "limit_page_length"
        ]
    );
    assert_eq!(
        sent(&by_path).0,
        "GET /api/resource/Customer?fields=%5B%22name%22%5D&filters=%7B%22disabled%22%3A0%7D&order_by=name+desc&limit_start=5&limit_page_length=2"
    );
    assert_eq!(
        resource("GET", &["Customer"], "limit=7", "", "")
            .unwrap()
            .named["limit_page_length"],
        Value::Int(7)
    );
    assert_eq!(
        sent(&resource("GET", &["Sales Order"], "", "", "").unwrap()).0,
        "GET /api/resource/Sales%20Order"
    );
}

#[test]
fn a_long_list_is_asked_by_post() {
    let many = format!("[{}\"x\"]", "\"a long name of a customer\",".repeat(200));
    let call = resource(
        "GET",
        &["Customer"],
        &format!("filters={{\"name\":[\"in\",{many}]}}"),
        "",
        "",
    )
    .unwrap();
    let (line, body) = sent(&call);
    assert_eq!(line, "POST /api/method/frappe.client.get_list");
    assert!(body.starts_with(r#"{"doctype":"Customer","filters":"#));
}

#[test]
fn a_number_of_rows_is_a_number() {
    assert!(resource("GET", &["Customer"], "limit_page_length=0", "", "").is_ok());
    for wrong in ["abc", "-1", "1.5", "1_0"] {
        assert_eq!(
            resource(
                "GET",
                &["Customer"],
                &format!("limit_page_length={wrong}"),
                "",
                ""
            ),
            Err(FaultKind::BadValue)
        );
    }
}

#[test]
fn writing_is_the_same_by_path_and_by_method() {
    let by_path = resource("PUT", &["Customer", "A/B"], "", JSON, r#"{"website":"x"}"#).unwrap();
    let by_form = resource("PUT", &["Customer", "A/B"], "", FORM, "data=%7B%22website%22%3A%22x%22%2C%22name%22%3A%22A%2FB%22%2C%22doctype%22%3A%22Customer%22%7D").unwrap();
    let by_field = method(
        "POST",
        "frappe.client.set_value",
        "",
        JSON,
        r#"{"doctype":"Customer","name":"A/B","fieldname":"website","value":"x"}"#,
    )
    .unwrap();
    let by_fields = method(
        "POST",
        "frappe.client.set_value",
        "",
        FORM,
        "doctype=Customer&name=A%2FB&fieldname=%7B%22website%22%3A%22x%22%7D",
    )
    .unwrap();
    let by_doc = method(
        "POST",
        "frappe.client.save",
        "",
        JSON,
        r#"{"doc":"{\"doctype\":\"Customer\",\"name\":\"A/B\",\"website\":\"x\"}"}"#,
    )
    .unwrap();
    for other in [by_form, by_field, by_fields] {
        assert_eq!(by_path, other);
    }
    // A document is taken as it is sent: this one is no latest one, and a draft.
    assert_eq!(
        sent(&by_doc),
        (
            "PUT /api/resource/Customer/A%2FB".to_owned(),
            r#"{"data":{"website":"x","modified":"","docstatus":0}}"#.to_owned()
        )
    );
    let whole = r#"{"doc":{"doctype":"Customer","name":"A/B","modified":"m","docstatus":1}}"#;
    let whole = method("POST", "frappe.client.save", "", JSON, whole).unwrap();
    assert_eq!(
        sent(&whole).1,
        r#"{"data":{"modified":"m","docstatus":1}}"#.to_owned()
    );
    assert_eq!(
        sent(&by_path),
        (
            "PUT /api/resource/Customer/A%2FB".to_owned(),
            r#"{"data":{"website":"x"}}"#.to_owned()
        )
    );
    let insert = resource(
        "POST",
        &["Customer"],
        "",
        JSON,
        r#"{"doctype":"Customer","customer_name":"x"}"#,
    )
    .unwrap();
    let by_client = method(
        "POST",
        "frappe.client.insert",
        "",
        JSON,
        r#"{"doc":{"doctype":"Customer","customer_name":"x"}}"#,
    )
    .unwrap();
    assert_eq!(told_whole(&insert), by_client);
    assert_eq!(sent(&insert).1, r#"{"data":{"customer_name":"x"}}"#);
    assert_eq!(
        sent(&by_client),
        (
            "POST /api/method/frappe.client.insert".to_owned(),
            r#"{"doc":{"doctype":"Customer","customer_name":"x"}}"#.to_owned()
        )
    );
}

/// The same call by `frappe.client`, which tells empty fields too.
fn told_whole(call: &Call) -> Call {
    Call {
        whole: true,
        ..call.clone()
    }
}

#[test]
fn what_is_asked_by_a_client_s_method_is_told_with_its_empty_fields() {
    let asked = |query: &str| method("GET", "frappe.client.get", query, "", "").unwrap();
    let by_path = resource("GET", &["Customer", "A/B"], "", "", "").unwrap();
    let by_client = asked("doctype=Customer&name=A%2FB");
    assert_eq!(told_whole(&by_path), by_client);
    assert_eq!(
        sent(&by_client),
        (
            "POST /api/method/frappe.client.get".to_owned(),
            r#"{"doctype":"Customer","name":"A/B"}"#.to_owned()
        )
    );
    // What is done to a row by such a method is done to the document that it is in.
    let row = asked("doctype=Sales+Order+Item&name=x&parent=Sales+Order");
    assert_eq!(sent(&row).0, "GET /api/resource/Sales%20Order%20Item/x");
    let row = r#"{"doc":{"doctype":"Sales Order Item","parent":"S1","parenttype":"Sales Order","parentfield":"items"}}"#;
    let row = method("POST", "frappe.client.insert", "", JSON, row).unwrap();
    assert_eq!(sent(&row).0, "POST /api/resource/Sales%20Order%20Item");
}

#[test]
fn documents_are_read_removed_submitted_and_cancelled() {
    assert_eq!(
        sent(&resource("GET", &["Customer", "A B"], "fields=x", "", "").unwrap()).0,
        "GET /api/resource/Customer/A%20B"
    );
    assert_eq!(
        sent(&resource("DELETE", &["Customer", "A"], "", "", "").unwrap()).0,
        "DELETE /api/resource/Customer/A"
    );
    let cancel = resource(
        "POST",
        &["Sales Order", "S1"],
        "",
        FORM,
        "run_method=cancel",
    )
    .unwrap();
    let by_client = method(
        "POST",
        "frappe.client.cancel",
        "",
        FORM,
        "doctype=Sales+Order&name=S1",
    )
    .unwrap();
    assert_eq!(told_whole(&cancel), by_client);
    assert_eq!(
        sent(&by_client),
        (
            "POST /api/method/frappe.client.cancel".to_owned(),
            r#"{"doctype":"Sales Order","name":"S1"}"#.to_owned()
        )
    );
    assert_eq!(
        sent(&cancel),
        (
            "POST /api/resource/Sales%20Order/S1".to_owned(),
            r#"{"run_method":"cancel"}"#.to_owned()
        )
    );
    let submit = method(
        "POST",
        "frappe.client.submit",
        "",
        JSON,
        r#"{"doc":{"doctype":"Sales Order","name":"S1","status":"x"}}"#,
    )
    .unwrap();
    assert_eq!(
        sent(&submit),
        (
            "PUT /api/resource/Sales%20Order/S1".to_owned(),
            r#"{"data":{"status":"x","modified":"","docstatus":1}}"#.to_owned()
        )
    );
    let submit = r#"{"doc":{"doctype":"Sales Order","name":"S1","modified":"m"}}"#;
    let submit = method("POST", "frappe.client.submit", "", JSON, submit).unwrap();
    assert_eq!(
        sent(&submit).1,
        r#"{"data":{"modified":"m","docstatus":1}}"#.to_owned()
    );
    assert_eq!(
        method("GET", "frappe.client.cancel", "doctype=a&name=b", "", ""),
        Err(FaultKind::AccessError)
    );
    assert_eq!(
        resource("GET", &["Sales Order", "S1"], "run_method=submit", "", ""),
        Err(FaultKind::AccessError)
    );
    assert_eq!(
        resource(
            "POST",
            &["Sales Order", "S1"],
            "",
            FORM,
            "run_method=get_list"
        ),
        Err(FaultKind::UnknownMethod),
        "what has a path of its own is no method of a document"
    );
    assert_eq!(
        resource("POST", &["Sales Order", "S1"], "", JSON, "{}"),
        Err(FaultKind::Verb)
    );
}

#[test]
fn what_frappe_lets_override_the_path_is_refused() {
    assert!(resource("GET", &["Customer"], "limit=1", "", "").is_ok());
    for (query, kind, body) in [
        ("limit=1&cmd=frappe.ping", "", ""),
        ("c%6Dd=frappe.ping", "", ""),
        ("cmd=frappe.ping", JSON, "{}"),
        ("", FORM, "cmd=frappe.ping"),
        ("", JSON, r#"{"cmd":"frappe.ping"}"#),
        ("", JSON, r#"{"\u0063md":"frappe.ping"}"#),
        ("sid=1", "", ""),
        ("a=1&a=2", "", ""),
        ("a=1", FORM, "a=2"),
    ] {
        assert_eq!(
            resource("GET", &["Customer"], query, kind, body),
            Err(FaultKind::BadArguments),
            "{query} {body}"
        );
        assert!(method("GET", "frappe.client.get_list", query, kind, body).is_err());
    }
}

#[test]
fn path_and_body_must_agree() {
    let put = |body| resource("PUT", &["Customer", "A"], "", JSON, body);
    assert!(put(r#"{"name":"A","doctype":"Customer"}"#).is_ok());
    for body in [
        r#"{"name":"B"}"#,
        r#"{"data":{"name":"B"}}"#,
        r#"{"data":"{\"name\":\"B\"}"}"#,
        r#"{"doctype":"User"}"#,
        r#"{"name":1}"#,
        r#"{"data":{"a":1},"b":2}"#,
        r#"{"data":[1]}"#,
    ] {
        assert_eq!(put(body), Err(FaultKind::BadArguments), "{body}");
    }
    assert_eq!(put(r#"{"data":"{"}"#), Err(FaultKind::BadValue));
}

#[test]
fn bodies_that_cannot_be_read_are_refused() {
    for (kind, body, fault) in [
        (JSON, "{not json", FaultKind::Malformed),
        (JSON, "[1]", FaultKind::Malformed),
        (JSON, r#"{"a":1,"a":2}"#, FaultKind::Malformed),
        (
            "application/json; charset=utf-16",
            "{}",
            FaultKind::ContentType,
        ),
        ("text/plain", "{}", FaultKind::ContentType),
        (
            "multipart/form-data; boundary=x",
            "--x",
            FaultKind::ContentType,
        ),
        (FORM, "a=%ff", FaultKind::Malformed),
    ] {
        assert_eq!(
            resource("POST", &["Customer"], "", kind, body),
            Err(fault),
            "{kind} {body}"
        );
    }
    assert!(resource("POST", &["Customer"], "", "application/vnd.x+json", "{}").is_ok());
    for path in [
        &["Customer", ""][..],
        &["Customer", ".."],
        &["Customer", "a\nb"],
        &["Cust%omer"],
        &[],
        &["a", "b", "..", "c"],
        &["a", "b/./c"],
        &["a", "/b"],
        &["a", "b//c"],
    ] {
        assert!(resource("GET", path, "", "", "").is_err(), "{path:?}");
    }
}

#[test]
fn what_is_known_here_is_not_sent() {
    let local = |dotted| match ask(
        Dialect::FrappeMethod,
        &Request {
            verb: "GET",
            path: &[dotted],
            query: "",
            kind: "",
            body: "",
        },
    ) {
        Ok(Reading {
            asked: Asked::Local(local),
            ..
        }) => local,
        other => panic!("{other:?}"),
    };
    assert_eq!(local("ping"), crate::Local::Ping);
    assert_eq!(
        local("frappe.auth.get_logged_user"),
        crate::Local::LoggedUser
    );
    for path in [&["login"][..], &[]] {
        let request = Request {
            verb: "POST",
            path,
            query: "",
            kind: FORM,
            body: "cmd=login&usr=a&pwd=b",
        };
        let reading = ask(Dialect::FrappeMethod, &request).map(|reading| reading.asked);
        assert!(
            matches!(reading, Ok(Asked::Local(crate::Local::LogIn))),
            "{path:?}"
        );
    }
    assert_eq!(method("PATCH", "ping", "", "", ""), Err(FaultKind::Verb));
}

#[test]
fn a_name_without_a_dot_is_not_one_of_our_calls() {
    for name in ["get", "get_list", "save", "submit", "insert_many"] {
        let call = method("POST", name, "", JSON, r#"{"doctype":"User"}"#).unwrap();
        assert_eq!(call.method.as_str(), format!("frappe.handler.{name}"));
    }
}

#[test]
fn other_methods_keep_name_and_arguments() {
    let call = method(
        "GET",
        "frappe.client.get_value",
        "doctype=Customer&fieldname=x&filters=A",
        "",
        "",
    )
    .unwrap();
    assert_eq!(
        (call.model.as_str(), call.method.as_str(), call.named.len()),
        ("Customer", "frappe.client.get_value", 3)
    );
    assert_eq!(sent(&call).0, "POST /api/method/frappe.client.get_value");
    let none = method("POST", "erpnext.x.y", "", JSON, r#"{"a":1}"#).unwrap();
    assert_eq!(none.model.as_str(), Call::NO_MODEL);
    assert_eq!(
        method("POST", "erpnext.x.y", "", JSON, r#"{"doctype":["User"]}"#),
        Err(FaultKind::BadArguments)
    );
}

mod faces;
mod parts;
mod upload;

fn read_back(status: u16, body: &str) -> crate::Answer {
    let returned = crate::dialect::Returned {
        status,
        content_type: JSON,
        body: body.as_bytes(),
    };
    Dialect::FrappeMethod.read_answer(returned, &Limits::default())
}

#[test]
fn answers_are_read_from_data_and_message() {
    assert_eq!(
        read_back(200, r#"{"data":[1]}"#),
        crate::Answer::Value(Value::List(vec![Value::Int(1)]))
    );
    assert_eq!(
        read_back(200, r#"{"message":1}"#),
        crate::Answer::Value(Value::Int(1))
    );
    assert_eq!(read_back(200, "{}"), crate::Answer::Value(Value::Null));
    assert!(
        matches!(read_back(200, "<html>"), crate::Answer::Fault(fault) if fault.kind == FaultKind::Unknown)
    );
}

#[test]
fn faults_lose_what_comes_from_the_inside() {
    let fault = |status, body: &str| {
        let crate::Answer::Fault(fault) = read_back(status, body) else {
            panic!("{body}")
        };
        fault
    };
    let said = fault(
        417,
        r#"{"exception":"frappe.exceptions.MandatoryError: [Customer, X]: customer_name","exc_type":"MandatoryError","exc":"[\"Traceback\"]"}"#,
    );
    assert_eq!(
        (said.kind, said.message.as_str()),
        (FaultKind::Validation, "[Customer, X]: customer_name")
    );
    assert_eq!(said.named, Some("MandatoryError"));
    let written = Reply::plain(Dialect::FrappeResource).write_fault(&said);
    let text = String::from_utf8(written.body).unwrap();
    assert!(text.contains(r#""exc_type":"MandatoryError""#), "{text}");
    let unfit = fault(409, r#"{"exc_type":"NameError"}"#);
    assert_eq!(
        (unfit.kind, unfit.named),
        (FaultKind::Conflict, Some("NameError"))
    );
    let written = Reply::plain(Dialect::FrappeResource).write_fault(&unfit);
    let text = String::from_utf8(written.body).unwrap();
    assert!(
        written.status == 409 && text.contains(r#""exc_type":"NameError""#),
        "{text}"
    );
    let unheard = fault(417, r#"{"exc_type":"TracebackOfOurOwnError"}"#);
    assert_eq!((unheard.kind, unheard.named), (FaultKind::Validation, None));
    let sql = fault(
        409,
        r#"{"exception":"frappe.exceptions.DuplicateEntryError: ('Item', 'X', IntegrityError(1062, \"Duplicate entry\"))","exc_type":"DuplicateEntryError"}"#,
    );
    assert_eq!(
        (sql.kind, sql.message.as_str()),
        (FaultKind::Conflict, words(FaultKind::Conflict))
    );
    assert_eq!(
        fault(404, r#"{"exc_type":"DoesNotExistError"}"#).kind,
        FaultKind::MissingRecord
    );
    assert_eq!(fault(404, r#"{"exc_type":"DoesNotExistError","_server_messages":"[\"{\\\"message\\\": \\\"DocType X not found\\\"}\"]"}"#).kind, FaultKind::UnknownModel);
    assert_eq!(fault(500, r#"{"exception":"pymysql.err.OperationalError: (1054, 'x')","exc_type":"OperationalError"}"#).kind, FaultKind::Internal);
    // What fails for a reason of its own says nothing of the credential.
    assert_eq!(
        fault(401, r#"{"exc_type":"AuthenticationError"}"#).kind,
        FaultKind::AccessDenied
    );
    for (status, thrown) in [
        (500, "FileNotFoundError"),
        (500, "SecurityException"),
        (500, "AuthenticationError"),
        (503, "SessionStopped"),
    ] {
        let told = format!(r#"{{"exc_type":"{thrown}"}}"#);
        assert_eq!(fault(status, &told).kind, FaultKind::Internal, "{thrown}");
    }
    assert_eq!(fault(502, "<html>").kind, FaultKind::Unknown);
    assert_eq!(fault(404, "<html>").kind, FaultKind::NotFound);
}

#[test]
fn faults_are_read_back_as_they_were_written() {
    for kind in [
        FaultKind::AccessDenied,
        FaultKind::AccessError,
        FaultKind::MissingRecord,
        FaultKind::Validation,
        FaultKind::BadValue,
        FaultKind::Conflict,
        FaultKind::TooMany,
    ] {
        let written =
            Reply::plain(Dialect::FrappeResource).write_fault(&Fault::new(kind, words(kind)));
        let text = String::from_utf8(written.body).unwrap();
        let crate::Answer::Fault(read) = read_back(written.status, &text) else {
            panic!("{text}")
        };
        assert_eq!((read.kind, &*read.message), (kind, words(kind)), "{text}");
    }
    let changed = Fault::new(
        FaultKind::Conflict,
        "Error: Document has been modified after you have opened it.",
    );
    assert_eq!(
        Reply::plain(Dialect::FrappeResource)
            .write_fault(&changed)
            .status,
        417
    );
}

fn words(kind: FaultKind) -> &'static str {
    crate::dialect::odoo::words(kind)
}

#[test]
fn a_method_is_judged_by_the_one_doctype_that_it_is_given() {
    let asked = |query: &str| method("GET", "erpnext.some.method", query, "", "");
    assert_eq!(asked("dt=Customer").unwrap().model.as_str(), "Customer");
    let both = asked("doctype=Customer&dt=Customer").unwrap();
    assert_eq!(both.model.as_str(), "Customer");
    for two in ["doctype=Customer&dt=User", "dt=User&doctype=Customer"] {
        assert_eq!(asked(two).unwrap_err(), FaultKind::BadArguments, "{two}");
    }
}
