//! Well-formed calls, as the table in `dialect/frappe.rs` has them.

use portcullis_erp::{Call, Map, RecordId, Value};
use proptest::prelude::*;

use super::map;
use crate::values::{Wire, named, text, value};

fn doctype() -> impl Strategy<Value = String> {
    "[A-Z][a-zé]{1,8}( [A-Z][a-z]{1,8})?"
}

/// A document's name: without control characters and backslashes, and with no part that
/// servers on the way may take out of a path.
fn document() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => "[A-Za-z0-9 %é漢&?#+=:\"'<>._-]{1,20}",
        1 => "[A-Za-z0-9 ]{1,8}/[A-Za-z0-9 %]{1,8}",
    ]
    .prop_filter("a path's own", |name| name != "." && name != "..")
}

/// The values of a document. `doctype` and `name` are told beside them.
fn doc() -> BoxedStrategy<Map> {
    named(Wire::Json, "f_[a-z]{1,6}|data|items|modified")
}

fn on(method: &str, doctype: &str, name: &str) -> Call {
    let call = Call::new(doctype, method).unwrap();
    call.on(vec![RecordId::Name(name.into())])
}

fn structure() -> impl Strategy<Value = Value> {
    prop_oneof![
        prop::collection::vec(value(Wire::Json), 0..4).prop_map(Value::List),
        named(Wire::Json, "[a-z_]{1,8}").prop_map(Value::Map),
    ]
}

fn filters() -> impl Strategy<Value = Map> {
    prop::option::of(structure())
        .prop_map(|filters| map(filters.into_iter().map(|filters| ("filters", filters))))
}

/// The parameters of a list; a text that is empty is one that is not there.
fn listing() -> impl Strategy<Value = Map> {
    let maybe = |strategy: BoxedStrategy<Value>| prop::option::of(strategy);
    let words = || maybe("[a-z`., ]{1,20}".prop_map(Value::Text).boxed());
    let count = || maybe((0..i64::MAX).prop_map(Value::Int).boxed());
    let texts = || prop::collection::vec(text(Wire::Json).prop_map(Value::Text), 0..4);
    (
        maybe(texts().prop_map(Value::List).boxed()),
        maybe(structure().boxed()),
        maybe(structure().boxed()),
        [words(), words(), words()],
        maybe(texts().prop_map(Value::List).boxed()),
        [count(), count()],
    )
        .prop_map(
            |(fields, filters, or_filters, [order, group, parent], expand, [start, length])| {
                let all = [
                    ("fields", fields),
                    ("filters", filters),
                    ("or_filters", or_filters),
                    ("order_by", order),
                    ("group_by", group),
                    ("parent", parent),
                    ("expand", expand),
                    ("limit_start", start),
                    ("limit_page_length", length),
                ];
                map(all
                    .into_iter()
                    .filter_map(|(name, value)| Some((name, value?))))
            },
        )
}

/// Calls on documents and lists of one DocType.
fn of_documents() -> BoxedStrategy<Call> {
    let list = (doctype(), listing()).prop_map(|(doctype, named)| Call {
        named,
        ..Call::new(&doctype, "get_list").unwrap()
    });
    let searched = (
        doctype(),
        prop::sample::select(vec!["get_count", "get"]),
        filters(),
    )
        .prop_map(|(doctype, method, named)| Call {
            named,
            ..Call::new(&doctype, method).unwrap()
        });
    let known = prop::sample::select(vec!["get", "cancel", "delete", "submit"]);
    let bare =
        (doctype(), document(), known, any::<bool>()).prop_map(|(doctype, name, method, whole)| {
            Call {
                // Only these two are asked by `frappe.client` without anything else.
                whole: whole && matches!(method, "get" | "cancel"),
                ..on(method, &doctype, &name)
            }
        });
    let saved = (doctype(), document(), doc(), any::<bool>()).prop_map(
        |(doctype, name, mut doc, is_complete)| {
            if is_complete {
                doc.insert("docstatus".to_owned(), Value::Int(0));
                doc.insert("modified".to_owned(), Value::from("2026-01-01 00:00:00"));
            }
            on("save", &doctype, &name).with("doc", doc)
        },
    );
    let made = (doctype(), doc(), any::<bool>()).prop_map(|(doctype, doc, whole)| Call {
        whole,
        ..Call::new(&doctype, "insert").unwrap().with("doc", doc)
    });
    let renamed = (doctype(), document(), document(), any::<bool>()).prop_map(
        |(doctype, old, new, merge)| {
            on("rename", &doctype, &old)
                .with("new_name", new)
                .with("merge", merge)
        },
    );
    prop_oneof![list, searched, bare, saved, made, renamed].boxed()
}

/// Calls with several documents; they stand on the first one's DocType.
fn of_many() -> BoxedStrategy<Call> {
    let several = prop::collection::vec((doctype(), document(), doc()), 1..4);
    (
        several,
        prop::sample::select(vec!["insert_many", "bulk_update"]),
    )
        .prop_map(|(several, method)| {
            let first = several[0].0.clone();
            let docs = several.into_iter().map(|(doctype, name, mut doc)| {
                doc.insert("doctype".to_owned(), Value::from(doctype));
                if method == "bulk_update" {
                    doc.insert("docname".to_owned(), Value::from(name));
                }
                Value::Map(doc)
            });
            let docs: Vec<Value> = docs.collect();
            Call::new(&first, method).unwrap().with("docs", docs)
        })
        .boxed()
}

/// Methods that only a rule knows. What is asked by GET is told so, and carries texts alone
/// where it is short enough for a query.
fn of_rules() -> BoxedStrategy<Call> {
    let arguments = || named(Wire::Json, "a_[a-z]{1,6}");
    let run = (
        doctype(),
        document(),
        "x_[a-z]{1,8}",
        arguments(),
        any::<bool>(),
    )
        .prop_map(|(doctype, name, method, named, safe)| Call {
            named,
            safe,
            ..on(&method, &doctype, &name)
        });
    let dotted = (
        prop::option::of(doctype()),
        "shop\\.[a-z]{1,6}\\.x_[a-z]{1,6}",
        arguments(),
        any::<bool>(),
    )
        .prop_map(|(doctype, method, mut named, safe)| {
            let model = doctype.as_deref().unwrap_or(Call::NO_MODEL);
            let call = Call::new(model, &method).unwrap();
            if let Some(doctype) = doctype {
                named.insert("doctype".to_owned(), Value::from(doctype));
            }
            Call {
                named,
                safe,
                ..call
            }
        });
    let of_doctype = (doctype(), "x_[a-z]{1,8}", arguments(), any::<bool>()).prop_map(
        |(doctype, name, named, safe)| Call {
            named,
            safe,
            ..Call::new(&doctype, &format!("doctype.{name}")).unwrap()
        },
    );
    let told = prop::sample::select(vec!["get_value", "has_permission", "get_single_value"]);
    let told =
        (doctype(), told, document(), arguments()).prop_map(|(doctype, method, name, named)| {
            let mut call = Call {
                named,
                ..Call::new(&doctype, &format!("frappe.client.{method}")).unwrap()
            };
            call.named
                .extend(map([("doctype", doctype.into()), ("docname", name.into())]));
            call
        });
    prop_oneof![run, dotted, of_doctype, told].boxed()
}

/// Files and the meta of a DocType.
fn of_the_rest() -> BoxedStrategy<Call> {
    let meta = doctype().prop_map(|doctype| Call::new(&doctype, "get_meta").unwrap());
    let file = "(/private)?/files/[a-zé0-9][a-zé0-9 &+=]{0,12}\\.pdf";
    let file = file.prop_map(|url| {
        Call::new("File", "download_file")
            .unwrap()
            .with("file_url", url)
    });
    prop_oneof![meta, file].boxed()
}

pub(super) fn calls() -> impl Strategy<Value = Call> {
    prop_oneof![
        6 => of_documents(),
        1 => of_many(),
        2 => of_rules(),
        1 => of_the_rest(),
    ]
}

/// Documents that are submitted with their values.
pub(super) fn submitted() -> impl Strategy<Value = Call> {
    (doctype(), document(), doc())
        .prop_map(|(doctype, name, doc)| on("submit", &doctype, &name).with("doc", doc))
}
