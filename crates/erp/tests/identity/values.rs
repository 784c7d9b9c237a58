//! Values of every kind that a wire can carry.

use portcullis_erp::{Map, Value};
use proptest::prelude::*;

/// What values are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wire {
    /// JSON has no binaries and no moments: both are texts there.
    Json,
    /// XML 1.0 has no control characters but tab and the ends of lines, and two code points less.
    Xml,
}

/// A text that the wire can carry.
pub(crate) fn text(wire: Wire) -> BoxedStrategy<String> {
    let any = prop_oneof![
        "[a-zA-Z0-9_ <&>'\"é漢🜁]{0,9}",
        "[ \\t\\n\\r]{0,3}",
        prop::collection::vec(any::<char>(), 0..12)
            .prop_map(|chars| chars.into_iter().collect::<String>()),
    ];
    match wire {
        Wire::Json => any.boxed(),
        Wire::Xml => any
            .prop_map(|text| text.chars().filter(|c| in_xml(*c)).collect())
            .boxed(),
    }
}

fn in_xml(c: char) -> bool {
    !matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}')
}

/// A value that the wire can carry.
pub(crate) fn value(wire: Wire) -> BoxedStrategy<Value> {
    let plain = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::Int),
        prop::num::f64::NORMAL.prop_map(Value::Float),
        "-?[1-9][0-9]{20,40}".prop_map(|digits| Value::Big(digits.into_boxed_str())),
        text(wire).prop_map(Value::Text),
    ];
    let leaf = match wire {
        Wire::Json => plain.boxed(),
        Wire::Xml => prop_oneof![
            6 => plain,
            1 => prop::collection::vec(any::<u8>(), 0..20).prop_map(Value::Bytes),
            1 => "[12][0-9]{3}(0[1-9]|1[0-2])(0[1-9]|1[0-9]|2[0-8])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"
                .prop_map(|moment| Value::Moment(moment.into_boxed_str())),
        ]
        .boxed(),
    };
    leaf.prop_recursive(4, 30, 5, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::List),
            prop::collection::vec((text(wire), inner), 0..5)
                .prop_map(|pairs| Value::Map(pairs.into_iter().collect())),
        ]
    })
    .boxed()
}

/// A map of values by plain names.
pub(crate) fn named(wire: Wire, names: &'static str) -> BoxedStrategy<Map> {
    prop::collection::vec((names, value(wire)), 0..4)
        .prop_map(|pairs| pairs.into_iter().collect())
        .boxed()
}
