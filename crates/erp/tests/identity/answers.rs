//! Answers and faults: what somebody of the same dialect understands of them.

use portcullis_erp::dialect::{Form, Returned, Written};
use portcullis_erp::value::from_json;
use portcullis_erp::{Answer, Dialect, Fault, FaultKind, Limits, Map, Reply, Value};
use proptest::prelude::*;

use super::config;
use super::values::{Wire, value};

const JSON: [Dialect; 3] = [Dialect::JsonRpc, Dialect::OdooCall, Dialect::Json2];
const XML: [Dialect; 2] = [Dialect::XmlRpc1, Dialect::XmlRpc2];
const FRAPPE: [Dialect; 3] = [
    Dialect::FrappeResource,
    Dialect::FrappeMethod,
    Dialect::FrappeV2,
];

fn read(dialect: Dialect, written: &Written) -> Answer {
    let returned = Returned {
        status: written.status,
        content_type: written.content_type,
        body: &written.body,
    };
    dialect.read_answer(returned, &Limits::default())
}

/// A reply of this form, to a request with this id.
fn reply(dialect: Dialect, form: Form, id: Value) -> Reply {
    Reply {
        form,
        id: Box::new(id),
        ..Reply::plain(dialect)
    }
}

/// XML-RPC as Odoo speaks it has no `None`: it is told as `false`.
fn without_none(value: Value) -> Value {
    match value {
        Value::Null => Value::Bool(false),
        Value::List(items) => Value::List(items.into_iter().map(without_none).collect()),
        Value::Map(map) => {
            let entries = map
                .into_iter()
                .map(|(name, value)| (name, without_none(value)));
            Value::Map(entries.collect())
        }
        other => other,
    }
}

/// What a button answers of a value: an action, or nothing.
fn pressed(value: &Value) -> Value {
    match value {
        Value::Map(action) if action.get("type") != Some(&Value::from("")) => {
            let mut action = action.clone();
            action
                .entry("type".to_owned())
                .or_insert_with(|| Value::from("ir.actions.act_window_close"));
            Value::Map(action)
        }
        _ => Value::Bool(false),
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn answers_are_read_back_over_json(value in value(Wire::Json), id in value(Wire::Json)) {
        for dialect in JSON {
            let written = reply(dialect, Form::Value, id.clone()).write_answer(&value);
            prop_assert!(read(dialect, &written) == Answer::Value(value.clone()), "{dialect:?}");
            let told = from_json(&written.body, &Limits::default()).unwrap();
            if dialect != Dialect::Json2 {
                prop_assert!(told.as_map().unwrap()["id"] == id, "the id of {dialect:?}");
            }
        }
    }

    #[test]
    fn answers_are_read_back_over_xml(value in value(Wire::Xml)) {
        for dialect in XML {
            let written = Reply::plain(dialect).write_answer(&value);
            let awaited = Answer::Value(without_none(value.clone()));
            prop_assert!(read(dialect, &written) == awaited, "{dialect:?}");
        }
    }

    #[test]
    fn answers_are_read_back_over_frappe(value in value(Wire::Json)) {
        for dialect in FRAPPE {
            for form in [Form::Value, Form::Accepted] {
                let written = reply(dialect, form, Value::Null).write_answer(&value);
                prop_assert!(read(dialect, &written) == Answer::Value(value.clone()), "{dialect:?}");
            }
            let nothing = reply(dialect, Form::Nothing, Value::Null).write_answer(&value);
            prop_assert!(read(dialect, &nothing) == Answer::Value(Value::Null), "{dialect:?}");
        }
    }

    #[test]
    fn one_of_one_is_read_back_as_one_and_a_button_s_answer_as_an_action(
        value in value(Wire::Json),
        action in super::values::named(Wire::Json, "type|name|context"),
        kind in prop_oneof!["", "ir.actions.act_window"],
    ) {
        let one = Value::List(vec![value.clone()]);
        for dialect in [Dialect::JsonRpc, Dialect::OdooCall] {
            let written = reply(dialect, Form::Single, Value::Null).write_answer(&one);
            prop_assert!(read(dialect, &written) == Answer::Value(value.clone()), "{dialect:?}");
        }
        let mut typed: Map = action.clone();
        typed.insert("type".to_owned(), Value::from(kind));
        for value in [value, Value::Map(action), Value::Map(typed)] {
            let written = reply(Dialect::OdooCall, Form::Button, Value::Null).write_answer(&value);
            prop_assert!(read(Dialect::OdooCall, &written) == Answer::Value(pressed(&value)));
        }
    }

    /// Words for people come back as they were; those of an ERP's inside are others' words.
    #[test]
    fn faults_are_read_back_as_what_the_dialect_tells_apart(
        kind in prop::sample::select(FaultKind::ALL),
        message in "W[a-z0-9 ,.é漢<&>'\"]{0,60}!",
    ) {
        for (dialects, kept) in KEPT {
            for dialect in *dialects {
                let first = faulted(*dialect, &Fault::new(kind, message.clone()));
                prop_assert_eq!(first.kind == kind, kept.contains(&kind), "{:?} by {:?}", kind, dialect);
                if first.kind == kind && PEOPLE.contains(&kind) {
                    prop_assert_eq!(&first.message, &message, "{:?} by {:?}", kind, dialect);
                }
                // What was told once is told the same again.
                prop_assert_eq!(faulted(*dialect, &first), first, "{:?} by {:?}", kind, dialect);
            }
        }
    }

    #[test]
    fn the_finer_names_of_frappe_are_read_back(
        named in prop::sample::select(vec!["MandatoryError", "LinkValidationError", "UpdateAfterSubmitError"]),
    ) {
        for dialect in FRAPPE {
            let fault = Fault { named: Some(named), ..Fault::new(FaultKind::Validation, "Words.") };
            let read = Fault { parts: None, ..faulted(dialect, &fault) };
            prop_assert_eq!(read, fault);
        }
    }
}

/// Whose messages are written for people.
const PEOPLE: &[FaultKind] = &[FaultKind::Validation, FaultKind::User, FaultKind::Conflict];

/// What each dialect tells apart; the rest it tells as one of these.
const KEPT: &[(&[Dialect], &[FaultKind])] = &[
    (
        &[Dialect::XmlRpc1],
        &[
            FaultKind::AccessDenied,
            FaultKind::AccessError,
            FaultKind::MissingRecord,
            FaultKind::User,
            FaultKind::Internal,
        ],
    ),
    (
        &[Dialect::XmlRpc2],
        &[
            FaultKind::AccessDenied,
            FaultKind::AccessError,
            FaultKind::User,
            FaultKind::Internal,
        ],
    ),
    (
        &[Dialect::JsonRpc, Dialect::OdooCall],
        &[
            FaultKind::AccessDenied,
            FaultKind::AccessError,
            FaultKind::MissingRecord,
            FaultKind::Validation,
            FaultKind::User,
            FaultKind::BadValue,
            FaultKind::BadArguments,
            FaultKind::Conflict,
            FaultKind::Internal,
        ],
    ),
    (
        &[Dialect::Json2],
        &[
            FaultKind::AccessDenied,
            FaultKind::AccessError,
            FaultKind::MissingRecord,
            FaultKind::UnknownMethod,
            FaultKind::Validation,
            FaultKind::User,
            FaultKind::BadValue,
            FaultKind::BadArguments,
            FaultKind::Conflict,
            FaultKind::Internal,
        ],
    ),
    (
        &FRAPPE,
        &[
            FaultKind::AccessDenied,
            FaultKind::AccessError,
            FaultKind::MissingRecord,
            FaultKind::Validation,
            FaultKind::BadValue,
            FaultKind::Conflict,
            FaultKind::TooMany,
            FaultKind::Internal,
        ],
    ),
];

fn faulted(dialect: Dialect, fault: &Fault) -> Fault {
    let written = Reply::plain(dialect).write_fault(fault);
    match read(dialect, &written) {
        Answer::Fault(fault) => fault,
        other => panic!("{other:?} instead of a fault"),
    }
}
