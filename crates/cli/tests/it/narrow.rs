//! A key that may read name and city of companies gets nothing else, by any dialect and
//! argument; and two keys bound to two ERP users are two users to the ERP.

use portcullis_erp::{Answer, Call, Dialect, FaultKind, Map, RecordId, Value};

use crate::demo::{Demo, ODOO};

fn list(items: &[&str]) -> Value {
    Value::List(items.iter().map(|item| Value::from(*item)).collect())
}

fn domain(leaves: &[(&str, &str, Value)]) -> Value {
    let leaf = |(path, operator, value): &(&str, &str, Value)| {
        Value::List(vec![
            Value::from(*path),
            Value::from(*operator),
            value.clone(),
        ])
    };
    Value::List(leaves.iter().map(leaf).collect())
}

fn partner(method: &str) -> Call {
    Call::new("res.partner", method).expect("names")
}

fn rows(answer: &Answer) -> &[Value] {
    let Answer::Value(Value::List(rows)) = answer else {
        panic!("not rows: {answer:?}")
    };
    rows
}

fn keys(row: &Value) -> Vec<&str> {
    row.as_map()
        .expect("a row")
        .keys()
        .map(String::as_str)
        .collect()
}

/// A company and a person, as an all-seeing key finds them.
fn one_of(demo: &Demo, is_company: bool) -> i64 {
    let call = partner("search")
        .with(
            "domain",
            domain(&[
                ("is_company", "=", Value::Bool(is_company)),
                ("name", "!=", Value::Bool(false)),
            ]),
        )
        .with("limit", 1);
    let (_, answer) = demo.call(Dialect::Json2, "odoo_full", &call);
    rows(&answer)[0].as_int().expect("an id")
}

#[test]
fn what_the_role_names_is_given_and_only_that() {
    let demo = Demo::start();
    let (company, person) = (one_of(&demo, true), one_of(&demo, false));
    for dialect in ODOO.iter().copied() {
        let named = partner("search_read")
            .with("domain", domain(&[]))
            .with("fields", list(&["name", "city"]));
        let (_, answer) = demo.call(dialect, "odoo_narrow", &named);
        assert!(!rows(&answer).is_empty(), "{dialect:?}");
        for row in rows(&answer) {
            assert_eq!(keys(row), ["id", "name", "city"], "{dialect:?}");
        }
        let whole = demo.call(Dialect::Json2, "odoo_full", &named).1;
        assert!(
            rows(&whole).len() > rows(&answer).len(),
            "persons are not among them"
        );

        let (_, answer) = demo.call(
            dialect,
            "odoo_narrow",
            &partner("search_read").with("domain", domain(&[])),
        );
        let mut given = keys(&rows(&answer)[0]);
        given.sort_unstable();
        assert_eq!(
            given,
            ["city", "id", "name"],
            "no fields named is not all fields"
        );

        let read = |id| {
            partner("read")
                .on(vec![RecordId::Number(id)])
                .with("fields", list(&["name"]))
        };
        assert_eq!(
            rows(&demo.call(dialect, "odoo_narrow", &read(company)).1).len(),
            1,
            "{dialect:?}"
        );
        assert_eq!(
            rows(&demo.call(dialect, "odoo_narrow", &read(person)).1).len(),
            0,
            "a person is not there"
        );
        assert_eq!(
            rows(&demo.call(dialect, "odoo_full", &read(person)).1).len(),
            1,
            "yet it is"
        );

        let (_, answer) = demo.call(dialect, "odoo_narrow", &partner("fields_get"));
        let Answer::Value(Value::Map(fields)) = answer else {
            panic!("{dialect:?}: {answer:?}")
        };
        let mut told: Vec<&str> = fields
            .keys()
            .map(String::as_str)
            .filter(|name| *name != "id")
            .collect();
        told.sort_unstable();
        assert_eq!(told, ["city", "name"], "{dialect:?}");
    }
}

/// Each refused call beside the allowed one that it mirrors.
fn mirrored(company: i64) -> Vec<(&'static str, Call, Call)> {
    let search =
        |leaf: (&str, &str, Value)| partner("search_count").with("domain", domain(&[leaf]));
    let ordered = |order: &str| {
        partner("search")
            .with("domain", domain(&[]))
            .with("order", order)
    };
    let read = |field: &str| {
        partner("read")
            .on(vec![RecordId::Number(company)])
            .with("fields", list(&[field]))
    };
    let grouped = |by: &str| {
        partner("formatted_read_group")
            .with("domain", domain(&[]))
            .with("groupby", list(&[by]))
            .with("aggregates", list(&["__count"]))
    };
    let old_grouped = |by: &str| {
        partner("read_group")
            .with("domain", domain(&[]))
            .with("fields", list(&[by]))
            .with("groupby", list(&[by]))
    };
    vec![
        ("another field", read("city"), read("email")),
        (
            "a name that is made of hidden fields",
            read("name"),
            read("display_name"),
        ),
        ("a computed twin", read("name"), read("email_normalized")),
        ("a link", read("city"), read("parent_id")),
        (
            "a domain on another field",
            search(("city", "=", "x".into())),
            search(("email", "like", "a".into())),
        ),
        (
            "a domain on a dotted path",
            search(("name", "like", "a".into())),
            search(("parent_id.email", "like", "a".into())),
        ),
        (
            "a domain on a link's name",
            search(("name", "like", "a".into())),
            search(("parent_id", "like", "a".into())),
        ),
        (
            "a sub-domain",
            search(("name", "like", "a".into())),
            search(("child_ids", "any", domain(&[("email", "like", "a".into())]))),
        ),
        (
            "an order by another field",
            ordered("city desc, name"),
            ordered("email"),
        ),
        (
            "a group by another field",
            grouped("city"),
            grouped("email"),
        ),
        (
            "an old group by another field",
            old_grouped("city"),
            old_grouped("email"),
        ),
        (
            "a search by name, which looks at e-mail",
            search(("name", "ilike", "a".into())),
            partner("name_search").with("name", "a"),
        ),
        (
            "a write",
            read("city"),
            partner("write")
                .on(vec![RecordId::Number(company)])
                .with("vals", Map::from_iter([("city".to_owned(), "x".into())])),
        ),
        (
            "a creation",
            read("city"),
            partner("create").with(
                "vals_list",
                Map::from_iter([("name".to_owned(), "x".into())]),
            ),
        ),
        (
            "a deletion",
            read("city"),
            partner("unlink").on(vec![RecordId::Number(company)]),
        ),
        (
            "a copy",
            read("city"),
            partner("copy").on(vec![RecordId::Number(company)]),
        ),
        (
            "an export",
            read("city"),
            partner("export_data")
                .on(vec![RecordId::Number(company)])
                .with("fields_to_export", list(&["email"])),
        ),
        (
            "another model",
            read("city"),
            Call::new("res.users", "search_count")
                .expect("names")
                .with("domain", domain(&[])),
        ),
        (
            "a private method",
            read("city"),
            partner("_compute_display_name").on(vec![RecordId::Number(company)]),
        ),
    ]
}

#[test]
fn every_way_around_the_role_is_refused_and_the_erp_hears_of_none() {
    let demo = Demo::start();
    let company = one_of(&demo, true);
    for dialect in ODOO.iter().copied() {
        for (what, allowed, refused) in mirrored(company) {
            let (_, answer) = demo.call(dialect, "odoo_narrow", &allowed);
            assert!(
                matches!(answer, Answer::Value(_)),
                "{dialect:?}, the mirror of {what}: {answer:?}"
            );
            let uid = demo.uid("odoo_narrow");
            demo.reached();
            let (got, answer) = demo.call_as(
                dialect,
                &demo.key("odoo_narrow"),
                uid,
                demo.fact("/database"),
                &refused,
            );
            let Answer::Fault(fault) = &answer else {
                panic!("{dialect:?}, {what}: {}", got.text())
            };
            assert_eq!(fault.kind, FaultKind::AccessError, "{dialect:?}, {what}");
            assert_eq!(
                demo.reached(),
                Vec::<serde_json::Value>::new(),
                "{dialect:?}, {what}"
            );
            assert!(
                !got.text().contains("Traceback") && !got.text().contains(".rs"),
                "{}",
                got.text()
            );
        }
    }
}

#[test]
fn a_forbidden_model_and_one_that_is_not_there_look_the_same() {
    let demo = Demo::start();
    for dialect in ODOO.iter().copied() {
        let ask = |model: &str| {
            let call = Call::new(model, "search_count")
                .expect("names")
                .with("domain", domain(&[]));
            let got = demo.call(dialect, "odoo_narrow", &call).0;
            let id = got.headers["x-request-id"].to_str().expect("an id");
            got.text().replace(model, "MODEL").replace(id, "ID")
        };
        assert_eq!(ask("res.users"), ask("no.such"), "{dialect:?}");
    }
}

#[test]
fn two_keys_bound_to_two_users_are_two_users() {
    let demo = Demo::start();
    let create = |key: &str| {
        let call = partner("create").with(
            "vals_list",
            Map::from_iter([("name".to_owned(), Value::from("Made by a key"))]),
        );
        let (got, answer) = demo.call(Dialect::XmlRpc2, key, &call);
        let Answer::Value(Value::Int(id)) = answer else {
            panic!("{}", got.text())
        };
        let read = partner("read")
            .on(vec![RecordId::Number(id)])
            .with("fields", list(&["create_uid"]));
        let (_, answer) = demo.call(Dialect::JsonRpc, key, &read);
        let row = rows(&answer)[0].as_map().expect("a row")["create_uid"].clone();
        row.as_list().expect("a link")[0].as_int().expect("a uid")
    };
    let (one, other) = (create("odoo_full"), create("odoo_second"));
    assert_ne!(one, other);
    assert_eq!(
        (one, other),
        (demo.uid("odoo_full"), demo.uid("odoo_second"))
    );
}
