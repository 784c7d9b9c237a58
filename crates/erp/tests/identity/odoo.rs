//! Odoo's calls: every method of the table of signatures, and methods that nobody knows.

use portcullis_erp::dialect::signature::{self, Kind, Signature, arguments_of};
use portcullis_erp::value::{from_json, to_json};
use portcullis_erp::{Call, Dialect, Limits, Map, Outbound, RecordId, Value};
use proptest::prelude::*;

use super::values::{Wire, named, value};
use super::{Sent, config, database, login, segments};

/// How a dialect gives arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Given {
    /// XML-RPC, JSON-RPC, `call_kw`: by position, then by name.
    ByPlace,
    /// JSON-2.
    ByName,
}

/// Calls of every known method.
fn known(wire: Wire, given: Given) -> impl Strategy<Value = Call> {
    prop::sample::select(signature::known()).prop_flat_map(move |known| of(known, wire, given))
}

/// Calls of one known method, well-formed.
fn of(known: Signature, wire: Wire, given: Given) -> BoxedStrategy<Call> {
    let models: Vec<&str> = match known.models {
        // A method of every model, on one of which it has no other signature.
        [] => ["res.partner", "sale.order", "x_shop.order", "hr.employee"]
            .into_iter()
            .filter(|model| arguments_of(model, known.method) == Some(&known))
            .collect(),
        models => models.to_vec(),
    };
    let arguments: Vec<BoxedStrategy<Option<Value>>> = known
        .parameters
        .iter()
        .map(|parameter| prop::option::weighted(0.7, argument(parameter, wire, given)).boxed())
        .collect();
    let more = if known.more {
        named(wire, "x_[a-z]{1,5}")
    } else {
        Just(Map::new()).boxed()
    };
    let ids = match known.kind {
        Kind::OnModel => Just(None).boxed(),
        Kind::OnRecords => ids().prop_map(Some).boxed(),
    };
    let context = named(wire, "[a-z_]{1,8}");
    (prop::sample::select(models), arguments, more, ids, context)
        .prop_map(move |(model, arguments, more, ids, context)| {
            let mut call = Call::new(model, known.method).unwrap();
            for (parameter, argument) in known.parameters.iter().zip(arguments) {
                if let Some(argument) = argument {
                    call.named.insert((*parameter).to_owned(), argument);
                }
            }
            // By place a name that is left out before a domain is written as an empty one: the
            // second parameter of `name_search` has had two names.
            if given == Given::ByPlace
                && known.parameters.contains(&"name")
                && call.named.contains_key("domain")
            {
                let name = call.named.entry("name".to_owned());
                name.or_insert_with(|| Value::from(""));
            }
            call.named.extend(more);
            (call.ids, call.context) = (ids, context);
            call
        })
        .boxed()
}

fn argument(parameter: &str, wire: Wire, given: Given) -> BoxedStrategy<Value> {
    match parameter {
        // One dictionary becomes a list of one, and the answer one id.
        "vals_list" => prop::collection::vec(value(wire), 0..3)
            .prop_map(Value::List)
            .boxed(),
        // A dictionary in this place is the context of an old client.
        "load" | "count" if given == Given::ByPlace => value(wire)
            .prop_filter("no dictionary", |value| value.as_map().is_none())
            .boxed(),
        _ => value(wire),
    }
}

fn ids() -> impl Strategy<Value = Vec<RecordId>> {
    prop::collection::vec(any::<i64>().prop_map(RecordId::Number), 0..5)
}

/// Calls of methods that nobody knows. By place nobody can tell ids from another argument, but
/// for what is named as an action; by name there is nothing in order.
fn unknown(wire: Wire, given: Given) -> BoxedStrategy<Call> {
    let named = named(wire, "x_[a-z]{1,5}");
    let context = super::values::named(wire, "[a-z_]{1,8}");
    let parts = match given {
        Given::ByName => ("x_[a-z]{1,8}", prop::option::of(ids()), Just(Vec::new()))
            .prop_map(|(method, ids, positional)| (method, ids, positional))
            .boxed(),
        Given::ByPlace => {
            let rest = || prop::collection::vec(value(wire), 0..3);
            let on_model = ("x_[a-z]{1,8}", Just(None), rest());
            let on_records = ("(action|button)_x_[a-z]{1,8}", ids().prop_map(Some), rest());
            prop_oneof![on_model, on_records].boxed()
        }
    };
    (parts, named, context)
        .prop_map(|((method, ids, positional), named, context)| Call {
            ids,
            named,
            positional,
            context,
            ..Call::new("x_shop.order", &method).unwrap()
        })
        .boxed()
}

fn calls(wire: Wire, given: Given) -> impl Strategy<Value = Call> {
    prop_oneof![4 => known(wire, given), 1 => unknown(wire, given)]
}

/// What the dialect's writer makes, as it is received.
fn received(dialect: Dialect, sent: &Outbound) -> Sent {
    let prefix = match dialect {
        Dialect::Json2 => "/json/2/",
        Dialect::XmlRpc2 => "/xmlrpc/2/",
        Dialect::XmlRpc1 => "/xmlrpc/",
        Dialect::JsonRpc => "/jsonrpc",
        other => panic!("{other:?} has no writer"),
    };
    let rest = sent.target.strip_prefix(prefix).unwrap();
    let content_type = sent
        .headers
        .iter()
        .find(|(name, _)| *name == "content-type");
    Sent {
        verb: sent.verb,
        segments: if rest.is_empty() {
            Vec::new()
        } else {
            segments(rest)
        },
        query: String::new(),
        content_type: content_type.unwrap().1.clone(),
        body: sent.body.clone(),
    }
}

fn back(dialect: Dialect, call: &Call) -> Result<Call, TestCaseError> {
    let database = database();
    let sent = dialect.write(call, &login(&database)).unwrap();
    received(dialect, &sent).call(dialect)
}

/// The same call as the web client makes it, from what JSON-RPC makes of it.
fn by_session(call: &Call) -> Sent {
    let database = database();
    let sent = Dialect::JsonRpc.write(call, &login(&database)).unwrap();
    let Ok(Value::Map(mut body)) = from_json(&sent.body, &Limits::default()) else {
        panic!("no object");
    };
    let args = body["params"].as_map().unwrap()["args"].as_list().unwrap();
    let [_, _, _, model, method, args, kwargs] = args else {
        panic!("{} arguments", args.len());
    };
    let params = [
        ("model", model),
        ("method", method),
        ("args", args),
        ("kwargs", kwargs),
    ];
    let params: Map = params
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.clone()))
        .collect();
    body.insert("params".to_owned(), Value::Map(params));
    Sent {
        verb: "POST",
        segments: ["web", "dataset", "call_kw"]
            .into_iter()
            .chain([call.model.as_str(), call.method.as_str()])
            .map(str::to_owned)
            .collect(),
        query: String::new(),
        content_type: "application/json".to_owned(),
        body: to_json(&Value::Map(body)),
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn calls_are_read_back_over_json(call in calls(Wire::Json, Given::ByPlace)) {
        prop_assert!(back(Dialect::JsonRpc, &call)? == call);
        prop_assert!(by_session(&call).call(Dialect::OdooCall)? == call, "by session");
    }

    #[test]
    fn calls_are_read_back_over_json_2(call in calls(Wire::Json, Given::ByName)) {
        prop_assert!(back(Dialect::Json2, &call)? == call);
    }

    #[test]
    fn calls_are_read_back_over_xml(call in calls(Wire::Xml, Given::ByPlace)) {
        prop_assert!(back(Dialect::XmlRpc2, &call)? == call, "version 2");
        prop_assert!(back(Dialect::XmlRpc1, &call)? == call, "version 1");
    }
}

/// Chance draws a few hundred calls; this sees that none of the methods is left to it.
#[test]
fn every_known_method_is_read_back_with_all_its_arguments_and_with_none() {
    let mut seen = 0;
    for known in signature::known() {
        let model = known.models.first().copied().unwrap_or("x_shop.order");
        let mut bare = Call::new(model, known.method).unwrap();
        if known.kind == Kind::OnRecords {
            bare = bare.on(vec![RecordId::Number(7)]);
        }
        let mut full = bare.clone();
        for (at, parameter) in known.parameters.iter().enumerate() {
            let number = Value::Int(i64::try_from(at).unwrap());
            full = full.with(parameter, Value::List(vec![number]));
        }
        for call in [bare, full] {
            let dialects = [
                Dialect::JsonRpc,
                Dialect::Json2,
                Dialect::XmlRpc1,
                Dialect::XmlRpc2,
            ];
            for dialect in dialects {
                let read = back(dialect, &call).unwrap();
                assert!(read == call, "{dialect:?}: {call:?} became {read:?}");
            }
            assert!(by_session(&call).call(Dialect::OdooCall).unwrap() == call);
            seen += 1;
        }
    }
    assert_eq!(seen, 2 * signature::known().len());
}
