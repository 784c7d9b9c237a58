//! What the ERP says by one dialect, told by another: faults keep what clients tell apart, and
//! values of every kind come through.
#![expect(
    clippy::panic,
    clippy::wildcard_enum_match_arm,
    reason = "a test may panic, and names the dialects that differ"
)]

use base64::Engine as _;
use portcullis_erp::dialect::Returned;
use portcullis_erp::{Answer, Dialect, Fault, FaultKind, Limits, Map, Reply, Value};
use proptest::prelude::*;

const ODOO: [Dialect; 4] = [
    Dialect::XmlRpc1,
    Dialect::XmlRpc2,
    Dialect::JsonRpc,
    Dialect::Json2,
];

/// A failure as Odoo tells it: fault of v2, code and text of v1, exception, status and name.
struct Told {
    kind: FaultKind,
    number: i64,
    text: &'static str,
    old: (&'static str, &'static str),
    exception: &'static str,
    json2: (u16, &'static str),
    message: &'static str,
}

const TRACE: &str = "Traceback (most recent call last):\n  File \"/x.py\", line 1, in y\n";

const TOLD: &[Told] = &[
    Told {
        kind: FaultKind::AccessDenied,
        number: 3,
        text: "Access Denied",
        old: ("AccessDenied", "Access Denied"),
        exception: "odoo.exceptions.AccessDenied",
        json2: (401, "werkzeug.exceptions.Unauthorized"),
        message: "Access Denied",
    },
    Told {
        kind: FaultKind::AccessError,
        number: 4,
        text: "You may not.",
        old: ("warning -- AccessError\n\nYou may not.", ""),
        exception: "odoo.exceptions.AccessError",
        json2: (403, "odoo.exceptions.AccessError"),
        message: "You may not.",
    },
    Told {
        kind: FaultKind::MissingRecord,
        number: 2,
        text: "Record does not exist or has been deleted.\n(Record: a(1,), User: 7)",
        old: (
            "warning -- MissingError\n\nRecord does not exist or has been deleted.",
            "",
        ),
        exception: "odoo.exceptions.MissingError",
        json2: (404, "odoo.exceptions.MissingError"),
        message: "Record does not exist or has been deleted.",
    },
    Told {
        kind: FaultKind::UnknownModel,
        number: 2,
        text: "Object a.b doesn't exist",
        old: ("warning -- UserError\n\nObject a.b doesn't exist", ""),
        exception: "odoo.exceptions.UserError",
        json2: (404, "werkzeug.exceptions.NotFound"),
        message: "Object a.b doesn't exist",
    },
    Told {
        kind: FaultKind::UnknownMethod,
        number: 1,
        text: "AttributeError: The method 'a.b' does not exist",
        old: (
            "The method 'a.b' does not exist",
            "AttributeError: The method 'a.b' does not exist",
        ),
        exception: "builtins.AttributeError",
        json2: (404, "werkzeug.exceptions.NotFound"),
        message: "The method 'a.b' does not exist",
    },
    Told {
        kind: FaultKind::Validation,
        number: 2,
        text: "A contact cannot stand below itself.",
        old: (
            "warning -- UserError\n\nA contact cannot stand below itself.",
            "",
        ),
        exception: "odoo.exceptions.ValidationError",
        json2: (422, "odoo.exceptions.ValidationError"),
        message: "A contact cannot stand below itself.",
    },
    Told {
        kind: FaultKind::User,
        number: 2,
        text: "First cancel it.",
        old: ("warning -- UserError\n\nFirst cancel it.", ""),
        exception: "odoo.exceptions.UserError",
        json2: (422, "odoo.exceptions.UserError"),
        message: "First cancel it.",
    },
    Told {
        kind: FaultKind::BadValue,
        number: 1,
        text: "ValueError: Invalid field 'x' on 'a'",
        old: (
            "Invalid field 'x' on 'a'",
            "ValueError: Invalid field 'x' on 'a'",
        ),
        exception: "builtins.ValueError",
        json2: (500, "builtins.ValueError"),
        message: "Invalid field 'x' on 'a'",
    },
    Told {
        kind: FaultKind::BadArguments,
        number: 1,
        text: "TypeError: missing a required argument: 'vals'",
        old: (
            "missing a required argument: 'vals'",
            "TypeError: missing a required argument: 'vals'",
        ),
        exception: "builtins.TypeError",
        json2: (422, "werkzeug.exceptions.UnprocessableEntity"),
        message: "missing a required argument: 'vals'",
    },
    Told {
        kind: FaultKind::Internal,
        number: 1,
        text: "ZeroDivisionError: division by zero",
        old: ("division by zero", "ZeroDivisionError: division by zero"),
        exception: "builtins.ZeroDivisionError",
        json2: (500, "builtins.ZeroDivisionError"),
        message: "division by zero",
    },
];

/// The ERP's answer in its own form.
fn answer_of(told: &Told, dialect: Dialect) -> (u16, Vec<u8>) {
    let escaped = |text: &str| text.replace('\'', "&apos;");
    let xml = |code: String, text: &str| {
        format!(
            "<?xml version='1.0'?><methodResponse><fault><value><struct><member><name>faultCode</name>\
             <value>{code}</value></member><member><name>faultString</name><value><string>{}</string></value>\
             </member></struct></value></fault></methodResponse>",
            escaped(text)
        )
    };
    let traced = |text: &str, is_trace: bool| {
        if is_trace {
            format!("{TRACE}{text}\n")
        } else {
            text.to_owned()
        }
    };
    match dialect {
        Dialect::XmlRpc2 => {
            let code = format!("<int>{}</int>", told.number);
            (
                200,
                xml(code, &traced(told.text, told.number == 1)).into_bytes(),
            )
        }
        Dialect::XmlRpc1 => {
            let code = format!("<string>{}</string>", escaped(told.old.0));
            (
                200,
                xml(code, &traced(told.old.1, told.number == 1)).into_bytes(),
            )
        }
        Dialect::JsonRpc => {
            let body = serde_json::json!({"jsonrpc": "2.0", "id": 1, "error": {"code": 0,
                "message": "Odoo Server Error", "data": {"name": told.exception,
                "message": told.message, "arguments": [], "context": {}, "debug": TRACE}}});
            (200, body.to_string().into_bytes())
        }
        _ => {
            // Of models that are not there JSON-2 has words of its own.
            let message = if told.kind == FaultKind::UnknownModel {
                "the model 'a.b' does not exist"
            } else {
                told.message
            };
            let body = serde_json::json!({"name": told.json2.1, "message": message,
                "arguments": [], "context": {}, "debug": TRACE});
            (told.json2.0, body.to_string().into_bytes())
        }
    }
}

fn read(dialect: Dialect, status: u16, body: &[u8]) -> Answer {
    let returned = Returned {
        status,
        content_type: "",
        body,
    };
    dialect.read_answer(returned, &Limits::default())
}

fn fault(told: &Told, upstream: Dialect) -> Fault {
    let (status, body) = answer_of(told, upstream);
    match read(upstream, status, &body) {
        Answer::Fault(fault) => fault,
        other => panic!("no fault: {other:?}"),
    }
}

/// XML-RPC has one fault for what a user did wrong, whether or not it is a constraint.
fn carried(kind: FaultKind, upstream: Dialect) -> FaultKind {
    match upstream {
        Dialect::XmlRpc1 | Dialect::XmlRpc2 if kind == FaultKind::Validation => FaultKind::User,
        _ => kind,
    }
}

#[test]
fn every_fault_of_the_erp_keeps_its_kind_by_every_dialect() {
    for told in TOLD {
        for upstream in ODOO {
            let fault = fault(told, upstream);
            assert_eq!(
                fault.kind,
                carried(told.kind, upstream),
                "{:?} by {upstream:?}",
                told.kind
            );
            let inside = ["Traceback", "File \"", "User: 7", "builtins"];
            assert!(
                inside.iter().all(|word| !fault.message.contains(word)),
                "{}",
                fault.message
            );
        }
    }
}

#[test]
fn a_client_tells_faults_apart_as_before_the_erp_itself_whatever_is_spoken_behind() {
    for told in TOLD {
        for upstream in ODOO {
            let kind = carried(told.kind, upstream);
            let fault = fault(told, upstream);
            for client in ODOO {
                let written = Reply::plain(client).write_fault(&fault);
                let body = String::from_utf8(written.body).unwrap();
                let says = |words: &str| {
                    assert!(
                        body.contains(words),
                        "{kind:?} by {upstream:?} to {client:?}: {body}"
                    );
                };
                match client {
                    Dialect::XmlRpc2 => says(&format!("<int>{}</int>", told.number)),
                    Dialect::XmlRpc1 => says(match told.old.0.split_once('\n') {
                        Some((head, _)) => head,
                        None if kind == FaultKind::AccessDenied => "AccessDenied",
                        None => "<string>",
                    }),
                    Dialect::JsonRpc if kind == told.kind && kind != FaultKind::Internal => {
                        says(&format!("\"name\":\"{}\"", told.exception));
                    }
                    Dialect::JsonRpc => says("\"name\":\""),
                    _ => assert_eq!(written.status, told.json2.0, "{kind:?} by {upstream:?}"),
                }
            }
        }
    }
}

#[test]
fn the_message_for_people_comes_through_word_for_word() {
    let told = TOLD
        .iter()
        .filter(|told| matches!(told.kind, FaultKind::User | FaultKind::Validation));
    for told in told {
        for upstream in ODOO {
            assert_eq!(fault(told, upstream).message, told.message, "{upstream:?}");
        }
    }
}

/// Values of every kind. Texts hold what XML can say; XML-RPC has no `null`.
fn values(null: bool) -> impl Strategy<Value = Value> {
    let text = "[ -~äöüß漢字🜁\n\t]{0,12}";
    let leaf = prop_oneof![
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::Int),
        (-1.0e9..1.0e9).prop_map(Value::Float),
        text.prop_map(Value::Text),
        "-?[1-9][0-9]{20,40}".prop_map(|digits| Value::Big(digits.into_boxed_str())),
        prop::collection::vec(any::<u8>(), 0..20).prop_map(Value::Bytes),
        Just(Value::Moment("20260102T03:04:05".into())),
        Just(if null {
            Value::Null
        } else {
            Value::Bool(false)
        }),
    ];
    leaf.prop_recursive(4, 30, 5, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::List),
            prop::collection::vec((text, inner), 0..5)
                .prop_map(|pairs| Value::Map(pairs.into_iter().collect::<Map>())),
        ]
    })
}

/// A value as JSON has it: binaries and moments are texts there.
fn in_json(value: Value) -> Value {
    match value {
        Value::Bytes(bytes) => {
            Value::Text(base64::engine::general_purpose::STANDARD.encode(&bytes))
        }
        // As Odoo writes moments in JSON.
        Value::Moment(_) => Value::from("2026-01-02 03:04:05"),
        Value::List(items) => Value::List(items.into_iter().map(in_json).collect()),
        Value::Map(map) => {
            let entries = map.into_iter().map(|(name, value)| (name, in_json(value)));
            Value::Map(entries.collect())
        }
        other => other,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn answers_of_every_kind_are_read_back_over_xml(value in values(false)) {
        for dialect in [Dialect::XmlRpc1, Dialect::XmlRpc2] {
            let written = Reply::plain(dialect).write_answer(&value);
            prop_assert!(read(dialect, written.status, &written.body) == Answer::Value(value.clone()));
        }
    }

    #[test]
    fn answers_of_every_kind_are_read_back_over_json(value in values(true)) {
        for dialect in [Dialect::JsonRpc, Dialect::Json2] {
            let written = Reply::plain(dialect).write_answer(&value);
            prop_assert!(read(dialect, written.status, &written.body) == Answer::Value(in_json(value.clone())));
        }
    }
}
