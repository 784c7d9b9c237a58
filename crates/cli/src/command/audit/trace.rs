//! `portcullis audit trace`: one request, and the ERP's own words on it.
//!
//! The words are sealed in the store; whoever may read the master key may read them.

use std::process::ExitCode;

use anyhow::Context as _;
use portcullis_audit::{Closed, RequestId, Verdict};
use portcullis_gateway::archive::open_original;
use portcullis_gateway::audit::NOT_KEPT;
use portcullis_identity::Timestamp;
use portcullis_storage::Store as _;
use portcullis_store::{Ledger, Selection};
use serde_json::{Value, json};

use crate::house::WithVault;
use crate::place::Place;
use crate::show;

pub(super) async fn run(
    place: &Place,
    ledger: &Ledger,
    request: RequestId,
    json: bool,
) -> anyhow::Result<ExitCode> {
    let selection = Selection {
        request: Some(request),
        ..Selection::default()
    };
    let records = ledger.records(&selection)?;
    let originals = originals(place, request).await?;
    let missing = records
        .iter()
        .filter_map(|record| record.closed.as_ref())
        .find_map(|closed| missing(closed, originals.is_empty()));
    if json {
        let records: Vec<Value> = records
            .iter()
            .map(super::describe)
            .collect::<anyhow::Result<_>>()?;
        let errors: Vec<Value> = originals
            .iter()
            .map(|(at, text)| json!({ "at": at.to_rfc3339(), "text": text }))
            .collect();
        show::json(&json!({
            "request": request, "records": records, "errors": errors, "missing": missing,
        }))?;
    } else {
        super::print(&records, false, true)?;
        for (at, text) in &originals {
            show::line(&format!(
                "\n{}, in the ERP's own words: {}",
                show::second(*at),
                harmless(text)
            ))?;
        }
        if let Some(missing) = missing {
            show::line(&format!("\n{missing}"))?;
        }
    }
    Ok(if records.is_empty() && originals.is_empty() {
        ExitCode::from(1)
    } else {
        ExitCode::SUCCESS
    })
}

/// Why the ERP's words on a failure are not there; none if they are, or there were none.
fn missing(closed: &Closed, none_kept: bool) -> Option<&'static str> {
    let noted = |what: &str| closed.notes.iter().any(|(note, _)| note == what);
    if noted(NOT_KEPT) {
        return Some(
            "The ERP's own words were not kept: at that moment errors came faster than they are kept.",
        );
    }
    let withheld = closed.reason.as_deref() == Some("answer-withheld");
    let failed = closed.outcome == Verdict::Fault && !withheld && !noted("answer-repeated");
    (failed && none_kept).then_some(
        "The ERP's own words are not kept: they are not filed yet, forgotten by `[errors]`, or there were none.",
    )
}

async fn originals(place: &Place, request: RequestId) -> anyhow::Result<Vec<(Timestamp, String)>> {
    let house = place.house().await?;
    let rows = house.store.originals().of(request).await?;
    let safe = WithVault(house.vault);
    rows.iter()
        .map(|kept| {
            let text = open_original(&safe, kept)
                .context("an original error does not open: it is of another master key")?;
            Ok((kept.at, String::from_utf8_lossy(&text).into_owned()))
        })
        .collect()
}

/// Text of somebody else, for a terminal: what is no letter, space or line is shown as what it
/// is, so that it moves no cursor and sets no colour. Lines that JSON wrote as `\n` are lines.
fn harmless(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for letter in text.replace("\\n", "\n").chars() {
        if letter.is_control() && letter != '\n' {
            shown.extend(letter.escape_default());
        } else {
            shown.push(letter);
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_said_to_be_missing() {
        let closed = |outcome, notes: &[&str]| Closed {
            request: RequestId(7),
            at: Timestamp(0),
            outcome,
            reason: None,
            status: 200,
            us: 0,
            bytes: 0,
            notes: notes.iter().map(|note| ((*note).to_owned(), 1)).collect(),
        };
        assert_eq!(missing(&closed(Verdict::Done, &[]), true), None);
        assert_eq!(missing(&closed(Verdict::Fault, &[]), false), None);
        let forgotten = missing(&closed(Verdict::Fault, &[]), true);
        assert!(forgotten.is_some_and(|text| text.contains("forgotten")));
        let repeated = closed(Verdict::Fault, &["answer-repeated"]);
        assert_eq!(missing(&repeated, true), None);
        let dropped = missing(&closed(Verdict::Fault, &[NOT_KEPT]), false);
        assert!(dropped.is_some_and(|text| text.contains("faster")));
    }

    #[test]
    fn an_error_moves_no_cursor() {
        assert_eq!(harmless("a\nb"), "a\nb");
        assert_eq!(harmless("a\\nb\u{1b}[2J\r"), "a\nb\\u{1b}[2J\\r");
    }
}
