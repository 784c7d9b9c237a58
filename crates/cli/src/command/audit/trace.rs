//! `portcullis audit trace`: one request, and the ERP's own words on it.
//!
//! The words are sealed in the store; whoever may read the master key may read them.

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use portcullis_audit::RequestId;
use portcullis_gateway::archive::open_original;
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
    if json {
        let records: Vec<Value> = records
            .iter()
            .map(super::describe)
            .collect::<anyhow::Result<_>>()?;
        let errors: Vec<Value> = originals
            .iter()
            .map(|(at, text)| json!({ "at": at.to_rfc3339(), "text": text }))
            .collect();
        show::json(&json!({ "request": request, "records": records, "errors": errors }))?;
    } else {
        super::print(&records, false, true)?;
        for (at, text) in &originals {
            show::line(&format!(
                "\n{}, in the ERP's own words: {}",
                show::second(*at),
                harmless(text)
            ))?;
        }
    }
    Ok(if records.is_empty() && originals.is_empty() {
        ExitCode::from(1)
    } else {
        ExitCode::SUCCESS
    })
}

async fn originals(place: &Place, request: RequestId) -> anyhow::Result<Vec<(Timestamp, String)>> {
    let house = place.house().await?;
    let rows = house.store.originals().of(request).await?;
    let safe = WithVault(Arc::new(house.vault));
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
    fn an_error_moves_no_cursor() {
        assert_eq!(harmless("a\nb"), "a\nb");
        assert_eq!(harmless("a\\nb\u{1b}[2J\r"), "a\nb\\u{1b}[2J\\r");
    }
}
