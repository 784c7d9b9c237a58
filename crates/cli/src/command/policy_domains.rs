//! `policy domains`: what search domains find among known records, and how sure that is.
//!
//! It shows an operator what a rule's domain will let through, and measures this program's
//! reading of domains against answers that a real Odoo gave.

use std::fs;
use std::io::{BufRead as _, BufReader, BufWriter, Write};
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;
use portcullis_erp::domain::{KnownRecords, Matches, Question, QuestionError};
use portcullis_erp::value::{from_json, to_json};
use portcullis_erp::{Limits, Map, Value};

/// Files that an operator names are larger than what a stranger may send.
const LIMITS: Limits = Limits {
    body: 1 << 30,
    depth: 64,
    values: 50_000_000,
    batch: 0,
};

/// How the answers compare with those that the file has.
#[derive(Default)]
struct Comparison {
    compared: usize,
    agree: usize,
    wrong_yes: usize,
    wrong_no: usize,
    unknown: usize,
}

/// Answers each question of a file, one line each, and compares where there is something to
/// compare with. Ends with 1 if any yes was wrong.
pub(crate) fn run(records: &Path, domains: &Path, json: bool) -> anyhow::Result<ExitCode> {
    let bytes =
        fs::read(records).with_context(|| format!("cannot read `{}`", records.display()))?;
    let known = from_json(&bytes, &LIMITS)
        .map_err(|error| anyhow::anyhow!("`{}`: {error}", records.display()))?;
    let known =
        KnownRecords::from_value(&known).with_context(|| format!("`{}`", records.display()))?;
    let file =
        fs::File::open(domains).with_context(|| format!("cannot read `{}`", domains.display()))?;
    let mut out = BufWriter::new(std::io::stdout().lock());
    let mut comparison = Comparison::default();
    for (at, line) in BufReader::new(file).lines().enumerate() {
        let place = || format!("`{}`, line {}", domains.display(), at + 1);
        let line = line.with_context(place)?;
        if line.trim().is_empty() {
            continue;
        }
        let asked = from_json(line.as_bytes(), &LIMITS)
            .map_err(|error| anyhow::anyhow!("{}: {error}", place()))?;
        let question = Question::from_value(&asked).with_context(place)?;
        let answer = known.answer(&question);
        if json {
            out.write_all(&to_json(&as_value(&answer)))?;
            out.write_all(b"\n")?;
        } else {
            tell(&mut out, at + 1, &answer)?;
        }
        comparison.add(&asked, &answer);
    }
    out.flush()?;
    comparison.tell(json)?;
    Ok(if comparison.wrong_yes > 0 {
        ExitCode::from(1)
    } else {
        ExitCode::SUCCESS
    })
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

impl Comparison {
    fn add(&mut self, asked: &Value, answer: &Result<Matches, QuestionError>) {
        let Some(map) = asked.as_map() else { return };
        let expected = map.get("ids").and_then(Value::as_list);
        if expected.is_none() && !map.contains_key("error") {
            return;
        }
        self.compared += 1;
        match (answer, expected) {
            (Err(_), None) => self.agree += 1,
            (Err(_), Some(_)) | (Ok(_), None) => {}
            (Ok(matches), Some(expected)) => {
                let expected: std::collections::BTreeSet<i64> =
                    expected.iter().filter_map(Value::as_int).collect();
                let wrong_yes = matches
                    .ids
                    .iter()
                    .filter(|id| !expected.contains(id))
                    .count();
                let wrong_no = expected
                    .iter()
                    .filter(|id| {
                        matches.ids.binary_search(id).is_err()
                            && matches.unknown.binary_search(id).is_err()
                    })
                    .count();
                self.wrong_yes += wrong_yes;
                self.wrong_no += wrong_no;
                self.unknown += matches.unknown.len();
                if wrong_yes == 0 && wrong_no == 0 && matches.unknown.is_empty() {
                    self.agree += 1;
                }
            }
        }
    }

    fn tell(&self, json: bool) -> std::io::Result<()> {
        if self.compared == 0 {
            return Ok(());
        }
        let Self {
            compared,
            agree,
            wrong_yes,
            wrong_no,
            unknown,
        } = self;
        let mut out = std::io::stderr().lock();
        if json {
            writeln!(
                out,
                "{{\"compared\":{compared},\"agree\":{agree},\"wrong_yes\":{wrong_yes},\
                 \"wrong_no\":{wrong_no},\"unknown\":{unknown}}}"
            )
        } else {
            writeln!(
                out,
                "compared {compared}, agree {agree}, wrong_yes {wrong_yes}, \
                 wrong_no {wrong_no}, unknown {unknown}"
            )
        }
    }
}
