//! `policy domains`: what search domains find among known records, and how sure that is.
//!
//! It shows an operator what a rule's domain will let through, and measures this program's
//! reading of domains against answers that a real Odoo gave.

use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;
use portcullis_erp::domain::{KnownRecords, Matches, Question, QuestionError};
use portcullis_erp::value::to_json;
use portcullis_erp::{Map, Value};

use super::comparison::{Comparison, Found};
use super::file;

/// Answers each question of a file, one line each, and compares where there is something to
/// compare with. Ends with 1 if any yes was wrong.
pub(super) fn run(records: &Path, domains: &Path, json: bool) -> anyhow::Result<ExitCode> {
    let known = KnownRecords::from_value(&file::json(records)?)
        .with_context(|| format!("`{}`", records.display()))?;
    let mut out = BufWriter::new(std::io::stdout().lock());
    let mut comparison = Comparison::default();
    file::lines(domains, |number, asked| {
        let answer = known.answer(&Question::from_value(asked)?);
        if json {
            out.write_all(&to_json(&as_value(&answer)))?;
            out.write_all(b"\n")?;
        } else {
            tell(&mut out, number, &answer)?;
        }
        compare(&mut comparison, asked, &answer);
        Ok(())
    })?;
    out.flush()?;
    Ok(comparison.tell(json)?)
}

fn compare(comparison: &mut Comparison, asked: &Value, answer: &Result<Matches, QuestionError>) {
    let Some(map) = asked.as_map() else { return };
    let expected = map.get("ids").and_then(Value::as_list);
    if expected.is_none() && !map.contains_key("error") {
        return;
    }
    let expected: Option<Vec<i64>> =
        expected.map(|ids| ids.iter().filter_map(Value::as_int).collect());
    let found = answer.as_ref().ok().map(|matches| Found {
        sure: matches.ids.as_slice(),
        unknown: matches.unknown.as_slice(),
    });
    comparison.add(found, expected.as_deref());
}

fn as_value(answer: &Result<Matches, QuestionError>) -> Value {
    let ids = |ids: &[i64]| Value::List(ids.iter().copied().map(Value::Int).collect());
    let mut map = Map::new();
    match answer {
        Ok(matches) => {
            map.insert("ids".to_owned(), ids(&matches.ids));
            map.insert("unknown".to_owned(), ids(&matches.unknown));
        }
        Err(error) => {
            map.insert("error".to_owned(), Value::from(error.to_string()));
        }
    }
    Value::Map(map)
}

fn tell(
    out: &mut impl Write,
    number: usize,
    answer: &Result<Matches, QuestionError>,
) -> std::io::Result<()> {
    match answer {
        Ok(Matches { ids, unknown }) if unknown.is_empty() => {
            writeln!(out, "{number}: {} found: {ids:?}", ids.len())
        }
        Ok(Matches { ids, unknown }) => {
            let (found, unsure) = (ids.len(), unknown.len());
            writeln!(
                out,
                "{number}: {found} found: {ids:?}; {unsure} unknown: {unknown:?}"
            )
        }
        Err(error) => writeln!(out, "{number}: refused: {error}"),
    }
}
