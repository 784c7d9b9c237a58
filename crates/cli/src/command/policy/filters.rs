//! `policy filters`: what Frappe's list filters let through among known documents, and how sure
//! that is.

use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;
use portcullis_erp::filters::{DocField, KnownDocuments, ListQuery, Listed, QueryError};
use portcullis_erp::value::to_json;
use portcullis_erp::{Map, Value};

use super::comparison::{Comparison, Found};
use super::file;

/// Answers each query of a file, one line each, and compares where there is something to compare
/// with. Ends with 1 if any yes was wrong.
pub(super) fn run(
    records: &Path,
    queries: &Path,
    schema: Option<&Path>,
    json: bool,
) -> anyhow::Result<ExitCode> {
    let mut known = KnownDocuments::from_value(&file::json(records)?)
        .with_context(|| format!("`{}`", records.display()))?;
    tell_stock(&mut known);
    if let Some(schema) = schema {
        tell_schema(&mut known, &file::json(schema)?)
            .with_context(|| format!("`{}`", schema.display()))?;
    }
    let mut out = BufWriter::new(std::io::stdout().lock());
    let mut comparison = Comparison::default();
    file::lines(queries, |number, asked| {
        let answer = known.answer(&ListQuery::from_value(asked)?);
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

/// What the fields of a stock ERPNext are.
fn tell_stock(known: &mut KnownDocuments) {
    let doctypes: Vec<String> = known.doctypes().map(str::to_owned).collect();
    for doctype in doctypes {
        for (name, fieldtype, options) in portcullis_sandbox::erpnext::stock_fields(&doctype) {
            let is = DocField {
                fieldtype,
                options: Some(options),
                not_nullable: false,
            };
            known.tell(&doctype, &name, is);
        }
    }
}

/// What a site's own fields are: `{DocType: {"fields": [{"fieldname", "fieldtype", "options"}]}}`,
/// as Frappe tells a DocType's meta.
fn tell_schema(known: &mut KnownDocuments, schema: &Value) -> anyhow::Result<()> {
    let doctypes = schema.as_map();
    for (doctype, meta) in doctypes.context("a map of DocTypes is wanted")? {
        let fields = meta.as_map().and_then(|meta| meta.get("fields"));
        let fields = fields.and_then(Value::as_list);
        for field in fields.with_context(|| format!("`{doctype}` has no list of `fields`"))? {
            let text = |name: &str| {
                let value = field.as_map()?.get(name)?;
                value.as_str().map(str::to_owned)
            };
            let name = text("fieldname");
            let (Some(name), Some(fieldtype)) = (name, text("fieldtype")) else {
                anyhow::bail!("a field of `{doctype}` has no `fieldname` or no `fieldtype`");
            };
            let is = DocField {
                fieldtype,
                options: text("options"),
                not_nullable: false,
            };
            known.tell(doctype, &name, is);
        }
    }
    Ok(())
}

fn compare(comparison: &mut Comparison, asked: &Value, answer: &Result<Listed, QueryError>) {
    let Some(map) = asked.as_map() else { return };
    let expected = map.get("names").and_then(Value::as_list);
    if expected.is_none() && !map.contains_key("error") {
        return;
    }
    let texts = |names: &[Value]| -> Vec<String> {
        let texts = names.iter().filter_map(Value::as_str);
        texts.map(str::to_owned).collect()
    };
    let expected = expected.map(texts);
    let found = answer.as_ref().ok().map(|listed| Found {
        sure: listed.names.as_slice(),
        unknown: listed.unknown.as_slice(),
    });
    comparison.add(found, expected.as_deref());
}

fn as_value(answer: &Result<Listed, QueryError>) -> Value {
    let names = |names: &[String]| {
        let texts = names.iter().map(|name| Value::from(name.as_str()));
        Value::List(texts.collect())
    };
    let mut map = Map::new();
    match answer {
        Ok(listed) => {
            map.insert("names".to_owned(), names(&listed.names));
            map.insert("unknown".to_owned(), names(&listed.unknown));
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
    answer: &Result<Listed, QueryError>,
) -> std::io::Result<()> {
    match answer {
        Ok(Listed { names, unknown }) if unknown.is_empty() => {
            writeln!(out, "{number}: {} found: {}", names.len(), names.join(", "))
        }
        Ok(Listed { names, unknown }) => writeln!(
            out,
            "{number}: {} found: {}; {} unknown: {}",
            names.len(),
            names.join(", "),
            unknown.len(),
            unknown.join(", ")
        ),
        Err(error) => writeln!(out, "{number}: refused: {error}"),
    }
}
