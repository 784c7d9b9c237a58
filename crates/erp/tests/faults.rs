//! The table of faults: which status, and which code or exception, each kind has in each
//! dialect. It stands in `faults.txt`, so that a change of it is seen.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use std::fmt::Write as _;

use portcullis_erp::value::from_json;
use portcullis_erp::{Dialect, Fault, FaultKind, Limits, Reply, Value};

const DIALECTS: &[(&str, Dialect)] = &[
    ("xmlrpc1", Dialect::XmlRpc1),
    ("xmlrpc2", Dialect::XmlRpc2),
    ("jsonrpc", Dialect::JsonRpc),
    ("call_kw", Dialect::OdooCall),
    ("json2", Dialect::Json2),
    ("frappe", Dialect::FrappeResource),
    ("frappe-v2", Dialect::FrappeV2),
    ("rest", Dialect::Rest),
];

/// What tells the kind of a fault in a body: a code, or the name of an exception.
fn code(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    if let Some((_, rest)) = text.split_once("<name>faultCode</name>") {
        let value = rest.split("</value>").next().unwrap_or_default();
        let plain: String = value.split(['<', '>']).skip(4).step_by(2).collect();
        return plain.lines().next().unwrap_or_default().to_owned();
    }
    let answer = from_json(body, &Limits::default()).expect("JSON");
    let paths: [&[&str]; 5] = [
        &["error", "data", "name"],
        &["exc_type"],
        &["errors", "type"],
        &["type"],
        &["name"],
    ];
    let found = paths.iter().find_map(|path| {
        path.iter().try_fold(&answer, |value, member| {
            let map = value.as_list().map_or(Some(value), <[Value]>::first)?;
            map.as_map()?.get(*member)
        })
    });
    found.and_then(Value::as_str).expect("a name").to_owned()
}

#[test]
fn every_fault_has_its_status_and_code_in_every_dialect() {
    let mut table = String::new();
    for kind in FaultKind::ALL {
        writeln!(table, "{kind:?}").expect("text");
        for (name, dialect) in DIALECTS {
            let fault = Fault::new(*kind, "words").of_request("4711");
            let written = Reply::plain(*dialect).write_fault(&fault);
            writeln!(
                table,
                "  {name:10} {} {}",
                written.status,
                code(&written.body)
            )
            .expect("text");
        }
    }
    assert!(
        table == include_str!("faults.txt"),
        "the table of faults is another now:\n{table}"
    );
}

#[test]
fn a_fault_names_its_request_where_the_dialect_has_room_for_it() {
    for (name, dialect) in DIALECTS {
        let fault = Fault::new(FaultKind::User, "words").of_request("request-4711");
        let written = Reply::plain(*dialect).write_fault(&fault);
        let says = String::from_utf8_lossy(&written.body).contains("request-4711");
        assert_eq!(says, !name.starts_with("xmlrpc"), "{name}");
    }
}
