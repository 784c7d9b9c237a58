//! How the commands show what they found: a table for people, JSON for machines.

use std::io::Write as _;

use comfy_table::presets::NOTHING;
use comfy_table::{Attribute, Cell, Color, ContentArrangement, Table};
use portcullis_identity::Timestamp;

/// A table with these columns and no lines around them.
pub(crate) fn table(columns: &[&str]) -> Table {
    let mut table = Table::new();
    table
        .load_style(NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_header(
            columns
                .iter()
                .map(|name| Cell::new(name).add_attribute(Attribute::Bold)),
        );
    table
}

/// A cell that says something good, worth a look, or bad.
pub(crate) fn good(text: impl ToString) -> Cell {
    Cell::new(text.to_string()).fg(Color::Green)
}

/// See [`good`].
pub(crate) fn doubtful(text: impl ToString) -> Cell {
    Cell::new(text.to_string()).fg(Color::Yellow)
}

/// See [`good`].
pub(crate) fn bad(text: impl ToString) -> Cell {
    Cell::new(text.to_string()).fg(Color::Red)
}

/// Prints a table, or a line in its place when there is nothing in it.
pub(crate) fn print(table: &Table, nothing: &str) -> anyhow::Result<()> {
    let mut out = anstream::stdout();
    if table.is_empty() {
        writeln!(out, "{nothing}")?;
    } else {
        writeln!(out, "{}", table.trim_fmt())?;
    }
    Ok(())
}

/// Prints one JSON document on one line.
pub(crate) fn json(value: &serde_json::Value) -> anyhow::Result<()> {
    writeln!(anstream::stdout(), "{value}")?;
    Ok(())
}

/// Prints a line.
pub(crate) fn line(text: &str) -> anyhow::Result<()> {
    writeln!(anstream::stdout(), "{text}")?;
    Ok(())
}

/// Says something on standard error, where it does not disturb what is read by a machine.
pub(crate) fn aside(text: &str) -> anyhow::Result<()> {
    writeln!(anstream::stderr(), "{text}")?;
    Ok(())
}

/// A moment to the second: enough for a list.
pub(crate) fn second(moment: Timestamp) -> String {
    let text = moment.to_rfc3339();
    text.split_once('.')
        .map_or(text.clone(), |(seconds, _)| format!("{seconds}Z"))
}

/// Adds a member to a JSON object, or replaces it.
pub(crate) fn put(object: &mut serde_json::Value, name: &str, value: impl Into<serde_json::Value>) {
    if let Some(members) = object.as_object_mut() {
        members.insert(name.to_owned(), value.into());
    }
}
