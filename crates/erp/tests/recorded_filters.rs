//! List filters that a real Frappe 15 was asked, against what is answered here.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test may panic, and says what differs"
)]

use std::path::PathBuf;

use portcullis_erp::filters::{DocField, KnownDocuments, ListQuery};
use portcullis_erp::{Limits, Value, value};

/// The least share of queries that must be answered as Frappe did, in thousandths: where the
/// fields' types were told, and where only the documents tell them.
const LEAST_TOLD: usize = 990;
const LEAST_INFERRED: usize = 970;

fn facts() -> Option<PathBuf> {
    #[expect(clippy::disallowed_methods, reason = "a test finds its data by it")]
    let named = std::env::var("PORTCULLIS_FACTS").map(PathBuf::from);
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let facts = named.unwrap_or(beside);
    facts
        .join("frappe/filters/filters.jsonl")
        .exists()
        .then_some(facts)
}

fn read(name: &str) -> Option<Vec<u8>> {
    Some(std::fs::read(facts()?.join("frappe").join(name)).unwrap())
}

fn json(bytes: &[u8]) -> Value {
    let limits = Limits {
        body: 64 << 20,
        depth: 64,
        values: 5_000_000,
        batch: 0,
    };
    value::from_json(bytes, &limits).unwrap()
}

fn tell_types(known: &mut KnownDocuments, schema: &Value) {
    for (doctype, meta) in schema.as_map().unwrap() {
        for field in meta.as_map().unwrap()["fields"].as_list().unwrap() {
            let field = field.as_map().unwrap();
            let text = |name: &str| field.get(name).and_then(Value::as_str).map(str::to_owned);
            let (Some(name), Some(fieldtype)) = (text("fieldname"), text("fieldtype")) else {
                continue;
            };
            let is = DocField {
                fieldtype,
                options: text("options"),
                not_nullable: false,
            };
            known.tell(doctype, &name, is);
        }
    }
}

/// How many were asked, and how many were answered as Frappe did.
fn asked_and_agreed(known: &KnownDocuments, queries: &str) -> (usize, usize) {
    let (mut asked, mut agree, mut wrong_yes, mut wrong_no) = (0, 0, 0, 0);
    for line in queries.lines() {
        let query = json(line.as_bytes());
        let answer = known.answer(&ListQuery::from_value(&query).unwrap());
        let expected = query.as_map().unwrap().get("names");
        asked += 1;
        let agrees = match (answer, expected) {
            (Err(_), None) => true,
            (Err(_), Some(_)) | (Ok(_), None) => false,
            (Ok(listed), Some(expected)) => {
                let expected = expected.as_list().unwrap();
                let expected: Vec<&str> = expected.iter().filter_map(Value::as_str).collect();
                let yes = listed.names.iter();
                let yes = yes.filter(|name| !expected.contains(&name.as_str()));
                let found = |name: &&str| {
                    let mut all = listed.names.iter().chain(&listed.unknown);
                    all.any(|found| found == name)
                };
                let no = expected.iter().filter(|name| !found(name));
                let (yes, no) = (yes.count(), no.count());
                wrong_yes += yes;
                wrong_no += no;
                yes == 0 && no == 0 && listed.unknown.is_empty()
            }
        };
        if agrees {
            agree += 1;
        } else {
            println!("{}", line.chars().take(400).collect::<String>());
        }
    }
    println!("asked {asked} agree {agree} wrong_yes {wrong_yes} wrong_no {wrong_no}");
    assert_eq!(wrong_yes, 0, "a rule may rest on a yes");
    assert_eq!(wrong_no, 0);
    (asked, agree)
}

#[test]
fn filters_list_what_a_real_frappe_listed() {
    let Some(records) = read("filters/records.json") else {
        println!("skipped: no recorded exchanges at hand");
        return;
    };
    let queries = String::from_utf8(read("filters/filters.jsonl").unwrap()).unwrap();
    let mut known = KnownDocuments::from_value(&json(&records)).unwrap();
    let (asked, agree) = asked_and_agreed(&known, &queries);
    assert!(agree * 1000 >= asked * LEAST_INFERRED);
    tell_types(&mut known, &json(&read("schema/doctypes.json").unwrap()));
    let (asked, agree) = asked_and_agreed(&known, &queries);
    assert!(agree * 1000 >= asked * LEAST_TOLD);
}
