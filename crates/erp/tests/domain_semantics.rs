//! What Odoo 19 means by a search domain, case by case, on a handful of records.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use portcullis_erp::domain::{Answer3, Domain, KnownRecords, Question, Search};
use portcullis_erp::{Limits, Value, value};

const NONE: [i64; 0] = [];

const RECORDS: &str = r#"{
    "fields": {
        "shelf": {
            "id": {"type": "integer"},
            "name": {"type": "char"},
            "parent_id": {"type": "many2one", "relation": "shelf"},
            "book_ids": {"type": "one2many", "relation": "book"}
        },
        "book": {
            "id": {"type": "integer"},
            "name": {"type": "char"},
            "subtitle": {"type": "char"},
            "pages": {"type": "integer"},
            "state": {"type": "selection"},
            "bought": {"type": "datetime"},
            "active": {"type": "boolean"},
            "shelf_id": {"type": "many2one", "relation": "shelf"},
            "owner_id": {"type": "many2one", "relation": "owner"}
        }
    },
    "models": {
        "shelf": {"rec_name": "name", "parent": "parent_id"},
        "book": {"rec_name": "name", "active": "active"}
    },
    "records": {
        "shelf": [
            {"id": 1, "name": "Hall", "parent_id": false, "book_ids": [1, 2]},
            {"id": 2, "name": "Top", "parent_id": [1, "Hall"], "book_ids": [3]},
            {"id": 3, "name": "Attic", "parent_id": false, "book_ids": []}
        ],
        "book": [
            {"id": 1, "name": "Emma", "subtitle": false, "pages": 0, "state": false,
             "bought": "2026-07-01 22:30:00", "active": true, "shelf_id": [1, "Hall"],
             "owner_id": [9, "Who"]},
            {"id": 2, "name": "Dune", "subtitle": "", "pages": 412, "state": "lent",
             "bought": false, "active": false, "shelf_id": [1, "Hall"], "owner_id": false},
            {"id": 3, "name": "Emil", "subtitle": "a 100% boy", "pages": 160, "state": "home",
             "bought": "2026-11-22 09:00:00", "active": true, "shelf_id": [2, "Top"],
             "owner_id": false}
        ]
    }
}"#;

fn json(text: &str) -> Value {
    value::from_json(text.as_bytes(), &Limits::default()).unwrap()
}

/// The answer to `{"model": …, "domain": …, "context": …}`.
fn ask(model: &str, domain: &str, context: &str) -> Result<(Vec<i64>, Vec<i64>), String> {
    let records = KnownRecords::from_value(&json(RECORDS)).unwrap();
    let question = format!(r#"{{"model": "{model}", "domain": {domain}, "context": {context}}}"#);
    let question = Question::from_value(&json(&question)).unwrap();
    let found = records
        .answer(&question)
        .map_err(|error| error.to_string())?;
    Ok((found.ids, found.unknown))
}

fn books(domain: &str) -> Vec<i64> {
    let (ids, unknown) = ask("book", domain, r#"{"active_test": false}"#).unwrap();
    assert_eq!(unknown, NONE);
    ids
}

fn shelves(domain: &str) -> Vec<i64> {
    let (ids, unknown) = ask("shelf", domain, "{}").unwrap();
    assert_eq!(unknown, NONE);
    ids
}

#[test]
fn an_unset_text_is_an_empty_one() {
    assert_eq!(books(r#"[["subtitle", "=", false]]"#), [1, 2]);
    assert_eq!(books(r#"[["subtitle", "!=", ""]]"#), [3]);
    assert_eq!(books(r#"[["subtitle", "not ilike", "boy"]]"#), [1, 2]);
    assert_eq!(books(r#"[["subtitle", "<", "a"]]"#), [1, 2]);
}

#[test]
fn an_unset_selection_is_in_no_order() {
    assert_eq!(books(r#"[["state", "<", "z"]]"#), [2, 3]);
    assert_eq!(books(r#"["!", ["state", "<", "z"]]"#), [1]);
    assert_eq!(books(r#"[["state", "not in", ["lent"]]]"#), [1, 3]);
    assert_eq!(books(r#"[["state", "not in", ["lent", false]]]"#), [3]);
}

#[test]
fn a_number_is_cut_to_its_whole_part() {
    assert_eq!(books(r#"[["pages", "=", 412.9]]"#), [2]);
    assert_eq!(books(r#"[["pages", "=", false]]"#), [1]);
    assert!(ask("book", r#"[["pages", "=", "many"]]"#, "{}").is_err());
}

#[test]
fn inactive_records_count_only_where_they_are_asked_for() {
    assert_eq!(ask("book", "[]", "{}").unwrap().0, [1, 3]);
    assert_eq!(
        ask("book", r#"[["active", "=", false]]"#, "{}").unwrap().0,
        [2]
    );
    assert_eq!(shelves(r#"[["book_ids.name", "=", "Dune"]]"#), NONE);
    assert_eq!(
        shelves(r#"["|", ["book_ids.name", "=", "Dune"], ["book_ids.active", "=", false]]"#),
        [1],
        "two conditions on the same links are one search"
    );
    assert_eq!(
        shelves(r#"[["book_ids", "in", [2]]]"#),
        [1],
        "ids are taken as they are"
    );
}

#[test]
fn several_links_match_when_one_of_them_does() {
    assert_eq!(shelves(r#"[["book_ids.name", "like", "Em"]]"#), [1, 2]);
    assert_eq!(shelves(r#"[["book_ids.name", "not like", "Em"]]"#), NONE);
    assert_eq!(shelves(r#"["!", ["book_ids.name", "like", "Em"]]"#), [3]);
    assert_eq!(shelves(r#"[["book_ids", "=", false]]"#), [3]);
}

#[test]
fn links_are_found_by_name_and_by_place() {
    assert_eq!(books(r#"[["shelf_id", "ilike", "TOP"]]"#), [3]);
    assert_eq!(books(r#"[["shelf_id", "in", ["Top", 1]]]"#), [1, 2, 3]);
    assert_eq!(books(r#"[["shelf_id", "child_of", "Hall"]]"#), [1, 2, 3]);
    assert_eq!(shelves(r#"[["id", "parent_of", 2]]"#), [1, 2]);
    assert_eq!(shelves(r#"[["id", "child_of", false]]"#), NONE);
    assert!(ask("book", r#"[["id", "child_of", 1]]"#, "{}").is_err());
}

#[test]
fn a_pattern_may_be_escaped() {
    assert_eq!(books(r#"[["subtitle", "like", "100\\%"]]"#), [3]);
    assert_eq!(books(r#"[["name", "=like", "Em__"]]"#), [1, 3]);
    assert_eq!(books(r#"[["name", "=ilike", "eM%A"]]"#), [1]);
}

#[test]
fn a_day_begins_at_the_users_midnight() {
    let domain = r#"[["bought", "<", "2026-07-02"]]"#;
    assert_eq!(ask("book", domain, r#"{"tz": "UTC"}"#).unwrap().0, [1]);
    assert_eq!(
        ask("book", domain, r#"{"tz": "Europe/Brussels"}"#)
            .unwrap()
            .0,
        NONE
    );
    assert_eq!(
        ask("book", domain, "{}").unwrap().1,
        [1],
        "without a zone nobody can say"
    );
}

#[test]
fn what_is_not_known_is_unknown_and_never_a_yes() {
    assert_eq!(
        ask("book", r#"[["owner_id.name", "=", "Who"]]"#, "{}").unwrap(),
        (vec![], vec![1])
    );
    assert_eq!(
        ask("book", r#"[["bought", ">", "today -1d"]]"#, "{}")
            .unwrap()
            .0,
        NONE
    );
    let records = KnownRecords::from_value(&json(RECORDS)).unwrap();
    let unknown = Domain::parse(&json(
        r#"["|", ["owner_id.name", "=", "Who"], ["id", "=", 1]]"#,
    ));
    let answer = Search::new(&records).judge("book", 1, &unknown.unwrap());
    assert_eq!(answer, Answer3::Unknown, "Odoo may refuse the whole of it");
}

#[test]
fn what_odoo_refuses_is_refused() {
    for domain in [
        r#"[["nothing", "=", 1]]"#,
        r#"[["active", "<", true]]"#,
        r#"[["bought", "=", true]]"#,
        r#"[["pages", "any", []]]"#,
        r#"[["shelf_id", "<", "Hall"]]"#,
        r#"[["shelf_id", "any!", []]]"#,
        r#"[["name", "is", "Emma"]]"#,
        r#"["&", ["name", "=", "Emma"]]"#,
    ] {
        assert!(ask("book", domain, "{}").is_err(), "{domain}");
    }
    // What stands behind a constant is not looked at.
    assert_eq!(books(r#"[["id", "in", []], ["nothing", "=", 1]]"#), NONE);
}
