//! Documents that are wholly known: those of a file, as `policy filters` takes them.
//!
//! Frappe compares by a field's type. Where nobody told it, the values do, as far as they go:
//! a query is answered under each type that a field may have, and what they do not agree on is
//! unknown.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use super::facts::{Column, DocField, Documents};
use super::sql::moment;
use super::{FilterError, FilterFault, Filters, Listed};
use crate::value::{Map, Value};

/// In how many ways the fields of one query may be read.
const MOST_READINGS: usize = 64;

/// Why a file of documents or of queries is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not as it should be")]
pub struct DocumentsError(String);

/// Why a query has no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    /// The filters are none.
    #[error("{0}")]
    Filters(#[from] FilterError),
    /// Frappe would refuse them.
    #[error("{0}")]
    Fault(#[from] FilterFault),
    /// Its documents are not in the file.
    #[error("the documents of `{0}` are not known")]
    DocType(String),
}

/// DocTypes with all their documents.
#[derive(Default)]
pub struct KnownDocuments {
    types: BTreeMap<String, KnownType>,
}

#[derive(Default)]
struct KnownType {
    names: Vec<String>,
    rows: HashMap<String, Map>,
    /// What each field may be; one where it was told.
    fields: BTreeMap<String, Vec<DocField>>,
}

/// A list query: which documents do these filters let through?
pub struct ListQuery {
    doctype: String,
    filters: Result<Filters, FilterError>,
}

impl ListQuery {
    /// Reads `{"doctype": …, "filters": …, "or_filters": …}`.
    ///
    /// # Errors
    /// When there is no DocType in it. What is wrong with the filters is told as the answer.
    pub fn from_value(value: &Value) -> Result<Self, DocumentsError> {
        let map = value.as_map();
        let map = map.ok_or_else(|| DocumentsError("query".to_owned()))?;
        let doctype = map.get("doctype").and_then(Value::as_str);
        let doctype = doctype.ok_or_else(|| DocumentsError("doctype".to_owned()))?;
        let part = |name: &str| map.get(name).unwrap_or(&Value::Null);
        Ok(Self {
            doctype: doctype.to_owned(),
            filters: Filters::parse(part("filters"), part("or_filters")),
        })
    }
}

impl KnownDocuments {
    /// Reads `{DocType: [document, …], …}`, documents as a list of all fields answers them.
    ///
    /// # Errors
    /// When a part of it is not of its form.
    pub fn from_value(value: &Value) -> Result<Self, DocumentsError> {
        let types = value.as_map();
        let types = types.ok_or_else(|| DocumentsError("documents".to_owned()))?;
        let mut known = Self::default();
        for (doctype, rows) in types {
            let wrong = || DocumentsError(doctype.clone());
            let of_type = known.types.entry(doctype.clone()).or_default();
            for row in rows.as_list().ok_or_else(wrong)? {
                let row = row.as_map().ok_or_else(wrong)?;
                let name = row.get("name").and_then(Value::as_str).ok_or_else(wrong)?;
                of_type.names.push(name.to_owned());
                of_type.rows.insert(name.to_owned(), row.clone());
            }
            of_type.names.sort();
            of_type.names.dedup();
        }
        known.infer();
        Ok(known)
    }

    /// The DocTypes.
    pub fn doctypes(&self) -> impl Iterator<Item = &str> {
        self.types.keys().map(String::as_str)
    }

    /// Takes over what a field of a DocType is.
    pub fn tell(&mut self, doctype: &str, field: &str, is: DocField) {
        if let Some(of_type) = self.types.get_mut(doctype) {
            of_type.fields.insert(field.to_owned(), vec![is]);
        }
    }

    /// Answers a query: the documents that match, and those of which nobody can say.
    ///
    /// # Errors
    /// When Frappe would answer with an error, and when the DocType is not known.
    pub fn answer(&self, query: &ListQuery) -> Result<Listed, QueryError> {
        let filters = query.filters.as_ref().map_err(|error| *error)?;
        let of_type = self.types.get(&query.doctype);
        let of_type = of_type.ok_or_else(|| QueryError::DocType(query.doctype.clone()))?;
        let nobody_can_say = || Listed {
            names: Vec::new(),
            unknown: of_type.names.clone(),
        };
        let Some(readings) = self.readings(query, filters) else {
            return Ok(nobody_can_say());
        };
        let mut answers = readings.iter().map(|reading| {
            let listed = filters.matching(&query.doctype, reading);
            listed.map(Option::unwrap_or_default)
        });
        let mut agreed = answers.next().unwrap_or_else(|| Ok(nobody_can_say()));
        for answer in answers {
            agreed = match (agreed, answer) {
                (Ok(one), Ok(other)) => Ok(common(one, &other)),
                (Err(fault), Err(_)) => Err(fault),
                (Ok(_), Err(_)) | (Err(_), Ok(_)) => Ok(nobody_can_say()),
            };
        }
        Ok(agreed?)
    }

    /// Every way in which the fields of a query may be read; none if there are too many, or if
    /// it names a field of which nothing is known.
    fn readings(&self, query: &ListQuery, filters: &Filters) -> Option<Vec<Reading<'_>>> {
        let of_type = self.types.get(&query.doctype)?;
        let mut readings = vec![Reading {
            known: self,
            doctype: query.doctype.clone(),
            fields: BTreeMap::new(),
        }];
        for (_, field) in filters.fields() {
            let Some((name, kinds)) = of_type.fields.get_key_value(field.as_str()) else {
                // Of what is neither a field of the documents nor of every one nothing is known.
                Column::of_every(field.as_str())?;
                continue;
            };
            let each = readings.iter();
            let each = each.flat_map(|reading| kinds.iter().map(|kind| reading.with(name, kind)));
            readings = each.collect();
            if readings.len() > MOST_READINGS {
                return None;
            }
        }
        Some(readings)
    }

    /// Works out from the values what the fields may be.
    fn infer(&mut self) {
        let names: BTreeMap<String, (String, Vec<String>)> = self
            .types
            .iter()
            .map(|(doctype, of_type)| {
                let scrubbed = doctype.to_lowercase().replace(' ', "_");
                (scrubbed, (doctype.clone(), of_type.names.clone()))
            })
            .collect();
        for of_type in self.types.values_mut() {
            let mut values: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
            for (field, value) in of_type.rows.values().flatten() {
                values.entry(field).or_default().push(value);
            }
            let plain = values
                .into_iter()
                .filter(|(field, _)| Column::of_every(field).is_none());
            let fields = plain.map(|(field, values)| {
                let target = names.get(field.strip_prefix("parent_").unwrap_or(field));
                let link = target.and_then(|(doctype, names)| leads_to(doctype, names, &values));
                let kinds = link.map_or_else(|| kinds(&values), |link| vec![link]);
                (field.to_owned(), kinds)
            });
            of_type.fields = fields.collect();
        }
    }
}

/// What two answers agree on.
fn common(one: Listed, other: &Listed) -> Listed {
    let mut unknown: Vec<String> = Vec::new();
    let mut names = Vec::new();
    for name in one.names {
        if other.names.contains(&name) {
            names.push(name);
        } else {
            unknown.push(name);
        }
    }
    unknown.extend(one.unknown);
    for name in other.names.iter().chain(&other.unknown) {
        if !names.contains(name) && !unknown.contains(name) {
            unknown.push(name.clone());
        }
    }
    unknown.sort();
    Listed { names, unknown }
}

fn field(fieldtype: &str) -> DocField {
    DocField {
        fieldtype: fieldtype.to_owned(),
        options: None,
        not_nullable: false,
    }
}

/// A link to a DocType, if everything that is set names one of its documents.
fn leads_to(doctype: &str, names: &[String], values: &[&Value]) -> Option<DocField> {
    let mut set = values.iter().filter(|value| ***value != Value::Null);
    let all = set.all(|value| match value.as_str() {
        Some(text) => text.is_empty() || names.iter().any(|name| name == text),
        None => false,
    });
    all.then(|| DocField {
        options: Some(doctype.to_owned()),
        ..field("Link")
    })
}

/// The types that a field with these values may have, as far as they are compared otherwise.
fn kinds(values: &[&Value]) -> Vec<DocField> {
    let set: Vec<&Value> = values
        .iter()
        .copied()
        .filter(|value| **value != Value::Null)
        .collect();
    let texts: Vec<&str> = set.iter().filter_map(|value| value.as_str()).collect();
    let day = |text: &&str| text.len() == 10 && moment(text).is_some();
    let instant = |text: &&str| text.len() > 10 && moment(text).is_some();
    let kinds: &[&str] = if set.is_empty() {
        // Numbers are never unset.
        &["Data", "Select", "Date", "Datetime"]
    } else if texts.len() < set.len() {
        let whole = |value: &&Value| matches!(**value, Value::Int(_) | Value::Bool(_));
        let number = |value: &&Value| whole(value) || matches!(**value, Value::Float(_));
        // Frappe writes what has a fraction with its point, be it naught.
        if set.iter().all(whole) {
            &["Int"]
        } else if set.iter().all(number) {
            &["Float"]
        } else {
            &["JSON"]
        }
    } else if texts.iter().all(day) {
        &["Date", "Data", "Select"]
    } else if texts.iter().all(instant) {
        &["Datetime", "Data", "Select"]
    } else {
        &["Data", "Select"]
    };
    kinds.iter().map(|kind| field(kind)).collect()
}

/// The documents, with each field of a query being one of what it may be.
#[derive(Clone)]
struct Reading<'a> {
    known: &'a KnownDocuments,
    doctype: String,
    fields: BTreeMap<&'a str, &'a DocField>,
}

impl<'a> Reading<'a> {
    fn with(&self, field: &'a str, is: &'a DocField) -> Self {
        let mut with = self.clone();
        with.fields.insert(field, is);
        with
    }
}

impl Documents for Reading<'_> {
    fn field(&self, doctype: &str, field: &str) -> Option<Option<Cow<'_, DocField>>> {
        let chosen = self.fields.get(field).filter(|_| doctype == self.doctype);
        Some(chosen.map(|field| Cow::Borrowed(*field)))
    }

    fn names(&self, doctype: &str) -> Option<Cow<'_, [String]>> {
        let of_type = self.known.types.get(doctype)?;
        Some(Cow::Borrowed(&of_type.names))
    }

    fn value(&self, doctype: &str, name: &str, field: &str) -> Option<Cow<'_, Value>> {
        let of_type = self.known.types.get(doctype)?;
        Some(Cow::Borrowed(of_type.rows.get(name)?.get(field)?))
    }
}
