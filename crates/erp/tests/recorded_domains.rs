//! Search domains that a real Odoo 19 was asked, against what is answered here.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::path::PathBuf;

use portcullis_erp::domain::{KnownRecords, Question};
use portcullis_erp::{Limits, Value, value};

/// The least share of questions that must be answered as Odoo did, in thousandths.
const LEAST_AGREEMENT: usize = 990;

fn facts() -> Option<PathBuf> {
    #[expect(clippy::disallowed_methods, reason = "a test finds its data by it")]
    let named = std::env::var("PORTCULLIS_FACTS").map(PathBuf::from);
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let facts = named.unwrap_or(beside);
    facts
        .join("odoo/domains/domains.jsonl")
        .exists()
        .then_some(facts)
}

fn ids(value: &Value) -> Vec<i64> {
    value
        .as_list()
        .unwrap()
        .iter()
        .map(|id| id.as_int().unwrap())
        .collect()
}

#[test]
fn domains_find_what_a_real_odoo_found() {
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
    let read = |name: &str| std::fs::read(facts.join("odoo/domains").join(name)).unwrap();
    let records = value::from_json(&read("records.json"), &limits).unwrap();
    let records = KnownRecords::from_value(&records).unwrap();
    let (mut asked, mut agree, mut wrong_yes, mut wrong_no, mut unknown) = (0, 0, 0, 0, 0);
    for line in String::from_utf8(read("domains.jsonl")).unwrap().lines() {
        let question = value::from_json(line.as_bytes(), &limits).unwrap();
        let map = question.as_map().unwrap();
        let answer = records.answer(&Question::from_value(&question).unwrap());
        asked += 1;
        let trouble = match (&answer, map.get("ids")) {
            (Err(_), None) => String::new(),
            (Err(error), Some(_)) => format!("ERROR {error}"),
            (Ok(found), None) => format!(
                "NOERROR ids {} unknown {}",
                found.ids.len(),
                found.unknown.len()
            ),
            (Ok(found), Some(expected)) => {
                let expected = ids(expected);
                let yes: Vec<_> = found
                    .ids
                    .iter()
                    .filter(|id| !expected.contains(id))
                    .collect();
                let no: Vec<_> = expected
                    .iter()
                    .filter(|id| !found.ids.contains(id) && !found.unknown.contains(id))
                    .collect();
                wrong_yes += yes.len();
                wrong_no += no.len();
                unknown += found.unknown.len();
                if yes.is_empty() && no.is_empty() && found.unknown.is_empty() {
                    String::new()
                } else {
                    format!("YES {yes:?} NO {no:?} UNKNOWN {:?}", found.unknown)
                }
            }
        };
        if trouble.is_empty() {
            agree += 1;
        } else {
            let short: String = trouble.chars().take(160).collect();
            println!("{short} :: {}", line.chars().take(500).collect::<String>());
        }
    }
    println!(
        "asked {asked} agree {agree} wrong_yes {wrong_yes} wrong_no {wrong_no} unknown {unknown}"
    );
    assert!(agree * 1000 >= asked * LEAST_AGREEMENT);
    assert_eq!(wrong_yes, 0, "a rule may rest on a yes");
}
