//! List filters that a real Frappe 15 was asked, against what is answered here.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::borrow::Cow;
use std::collections::HashMap;
use std::path::PathBuf;

use portcullis_erp::filters::{DocField, Documents, Filters};
use portcullis_erp::{Limits, Map, Value, value};

/// The least share of queries that must be answered as Frappe did, in thousandths.
const LEAST_AGREEMENT: usize = 952;

struct Recorded {
    rows: HashMap<String, HashMap<String, Map>>,
    names: HashMap<String, Vec<String>>,
    fields: HashMap<(String, String), DocField>,
}

impl Documents for Recorded {
    fn field(&self, doctype: &str, field: &str) -> Option<Option<Cow<'_, DocField>>> {
        let key = (doctype.to_owned(), field.to_owned());
        Some(self.fields.get(&key).map(Cow::Borrowed))
    }

    fn names(&self, doctype: &str) -> Option<Cow<'_, [String]>> {
        self.names
            .get(doctype)
            .map(|names| Cow::Borrowed(names.as_slice()))
    }

    fn value(&self, doctype: &str, name: &str, field: &str) -> Option<Cow<'_, Value>> {
        self.rows
            .get(doctype)?
            .get(name)?
            .get(field)
            .map(Cow::Borrowed)
    }
}

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

fn text(value: Option<&Value>) -> Option<String> {
    value.and_then(Value::as_str).map(str::to_owned)
}

fn recorded(records: &Value, schema: &Value) -> Recorded {
    let mut recorded = Recorded {
        rows: HashMap::new(),
        names: HashMap::new(),
        fields: HashMap::new(),
    };
    for (doctype, rows) in records.as_map().unwrap() {
        let of_type = recorded.rows.entry(doctype.clone()).or_default();
        let names = recorded.names.entry(doctype.clone()).or_default();
        for row in rows.as_list().unwrap() {
            let row = row.as_map().unwrap();
            let name = text(row.get("name")).unwrap();
            names.push(name.clone());
            of_type.insert(name, row.clone());
        }
        names.sort();
    }
    for (doctype, meta) in schema.as_map().unwrap() {
        for field in meta.as_map().unwrap()["fields"].as_list().unwrap() {
            let field = field.as_map().unwrap();
            let (Some(name), Some(fieldtype)) =
                (text(field.get("fieldname")), text(field.get("fieldtype")))
            else {
                continue;
            };
            let known = DocField {
                fieldtype,
                options: text(field.get("options")),
                not_nullable: false,
            };
            recorded.fields.insert((doctype.clone(), name), known);
        }
    }
    // Two DocTypes of which only the rows were recorded.
    for (doctype, name, fieldtype, options) in [
        ("Territory", "parent_territory", "Link", Some("Territory")),
        ("Territory", "is_group", "Check", None),
        ("Territory", "lft", "Int", None),
        ("Territory", "rgt", "Int", None),
        ("Country", "code", "Data", None),
        ("Country", "time_zones", "Text", None),
    ] {
        let known = DocField {
            fieldtype: fieldtype.to_owned(),
            options: options.map(str::to_owned),
            not_nullable: false,
        };
        recorded
            .fields
            .insert((doctype.to_owned(), name.to_owned()), known);
    }
    recorded
}

#[test]
fn filters_list_what_a_real_frappe_listed() {
    let Some(facts) = facts() else {
        println!("skipped: no recorded exchanges at hand");
        return;
    };
    let limits = Limits {
        body: 64 << 20,
        depth: 64,
        values: 5_000_000,
        batch: 0,
    };
    let read = |name: &str| std::fs::read(facts.join("frappe").join(name)).unwrap();
    let json = |name: &str| value::from_json(&read(name), &limits).unwrap();
    let recorded = recorded(&json("filters/records.json"), &json("schema/doctypes.json"));
    let (mut asked, mut agree, mut wrong_yes, mut wrong_no, mut unknown) = (0, 0, 0, 0, 0);
    for line in String::from_utf8(read("filters/filters.jsonl"))
        .unwrap()
        .lines()
    {
        let query = value::from_json(line.as_bytes(), &limits).unwrap();
        let query = query.as_map().unwrap();
        let doctype = query["doctype"].as_str().unwrap();
        asked += 1;
        let answer = match Filters::parse(&query["filters"], &query["or_filters"]) {
            Ok(filters) => filters
                .matching(doctype, &recorded)
                .map_err(|fault| fault.to_string()),
            Err(error) => Err(error.to_string()),
        };
        let trouble = match (answer, query.get("names")) {
            (Err(_), None) => String::new(),
            (Err(error), Some(_)) => format!("ERROR {error}"),
            (Ok(_), None) => "NOERROR".to_owned(),
            (Ok(listed), Some(expected)) => {
                let listed = listed.unwrap();
                let expected: Vec<&str> = expected
                    .as_list()
                    .unwrap()
                    .iter()
                    .map(|name| name.as_str().unwrap())
                    .collect();
                let yes: Vec<_> = listed
                    .names
                    .iter()
                    .filter(|name| !expected.contains(&name.as_str()))
                    .collect();
                let no: Vec<_> = expected
                    .iter()
                    .filter(|&&name| {
                        !listed
                            .names
                            .iter()
                            .chain(&listed.unknown)
                            .any(|found| found == name)
                    })
                    .collect();
                wrong_yes += yes.len();
                wrong_no += no.len();
                unknown += listed.unknown.len();
                if yes.is_empty() && no.is_empty() && listed.unknown.is_empty() {
                    String::new()
                } else {
                    format!("YES {yes:?} NO {no:?} UNKNOWN {:?}", listed.unknown)
                }
            }
        };
        if trouble.is_empty() {
            agree += 1;
        } else {
            let short: String = trouble.chars().take(160).collect();
            println!("{short} :: {}", line.chars().take(400).collect::<String>());
        }
    }
    println!(
        "asked {asked} agree {agree} wrong_yes {wrong_yes} wrong_no {wrong_no} unknown {unknown}"
    );
    assert!(agree * 1000 >= asked * LEAST_AGREEMENT);
    assert_eq!(wrong_yes, 0, "a rule may rest on a yes");
}
