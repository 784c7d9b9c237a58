//! How an answer of the façade is written: what was asked, and under which names.

use std::fmt;
use std::sync::Arc;

use super::cursor::{self, Seal};
use super::facade::{Facade, Notice, Resource};
use super::listing::Listing;
use super::query;
use super::request::Request;
use super::rows::{self, Models};
use super::tags::{self, Tags};
use crate::call::Call;
use crate::dialect::piece::{Piece, json};
use crate::dialect::{Reply, Written, odoo};
use crate::edition::Edition;
use crate::fault::{Fault, FaultKind};
use crate::value::{Map, Value};

const JSON: &str = "application/json";

/// How the answer to one request is written.
#[derive(Clone)]
pub struct Manner {
    pub(super) resource: Arc<Resource>,
    pub(super) side: Side,
    pub(super) kind: Kind,
    pub(super) notice: Notice,
}

/// From which ERP answers come, and what is known of it.
#[derive(Clone)]
pub(super) enum Side {
    Odoo(Arc<dyn Models>),
    Frappe,
}

/// What was asked.
#[derive(Clone)]
pub(super) enum Kind {
    List(Box<Page>),
    One {
        /// The fields that were named; none for all.
        only: Vec<String>,
        if_none_match: Option<Tags>,
    },
    Created {
        /// The path of the list.
        path: String,
    },
    Changed,
    Deleted,
    Result,
    /// A description of the façade that was written beforehand.
    Description {
        description: Description,
        /// Whether the caller has this edition already.
        known: bool,
    },
}

/// What the façade is, as `application/openapi+json`.
#[derive(Clone)]
pub struct Description {
    /// The document.
    pub body: Arc<[u8]>,
    /// What tells this edition of it from others: no quotes, no `T`.
    pub tag: Arc<str>,
}

/// A page of a list.
#[derive(Clone)]
pub(super) struct Page {
    pub(super) list: Listing,
    /// What the list is called over all façades, for its cursors.
    pub(super) name: String,
    pub(super) seal: Arc<dyn Seal>,
    pub(super) passed: u64,
    /// How many rows were asked of the ERP at the most.
    pub(super) limit: u32,
}

impl fmt::Debug for Manner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Manner")
            .field("model", &self.resource.model)
            .finish_non_exhaustive()
    }
}

impl Request {
    /// How the description of the façade is given to whoever asked for it.
    ///
    /// # Errors
    /// When there is no such name as its own, which cannot be.
    pub fn described(&self, facade: &Facade, description: Description) -> Result<Manner, Fault> {
        let resource = facade.resource("openapi")?;
        Ok(Manner {
            notice: facade.notice(&resource),
            side: Side::Frappe,
            resource,
            kind: Kind::Description {
                known: self
                    .if_none_match
                    .as_ref()
                    .is_some_and(|tags| tags.has(&description.tag)),
                description,
            },
        })
    }
}

impl Manner {
    /// Takes over what a judgement made of the page: a role may allow fewer rows. Where it
    /// caps them, a row more may be fetched than is handed on, so that the cap itself counts.
    pub fn follow(&mut self, call: &Call, cap: Option<u32>) {
        let Kind::List(page) = &mut self.kind else {
            return;
        };
        let sent = ["limit", "limit_page_length"]
            .iter()
            .find_map(|name| call.named.get(*name))
            .and_then(Value::as_int)
            .and_then(|limit| u32::try_from(limit).ok());
        for most in sent.into_iter().chain(cap) {
            page.limit = page.limit.min(most);
        }
    }

    /// What is wrong with an answer, though the ERP gave it: a record that was asked for by
    /// its id and is not in it.
    pub fn fault_in(&self, answer: &Value) -> Option<Fault> {
        let asked = matches!(self.kind, Kind::One { .. });
        (asked && one_row(answer).is_none()).then(missing)
    }

    /// The same fault in the façade's names.
    pub(super) fn told(&self, fault: &Fault) -> Fault {
        self.resource.told(fault)
    }

    /// What is said with every answer of this resource.
    pub(super) fn notices(&self, headers: &mut Vec<(&'static str, String)>) {
        let Notice {
            deprecation,
            sunset,
            link,
        } = &self.notice;
        let link = |relation| {
            link.as_ref()
                .map(|link| format!("<{link}>; rel=\"{relation}\""))
        };
        let links: Vec<String> = deprecation
            .iter()
            .filter_map(|_| link("deprecation"))
            .chain(sunset.iter().filter_map(|_| link("sunset")))
            .collect();
        headers.extend(deprecation.clone().map(|at| ("deprecation", at)));
        headers.extend(sunset.clone().map(|at| ("sunset", at)));
        if !links.is_empty() {
            add_link(headers, links.join(", "));
        }
    }

    /// A record as it is shown, and its edition.
    fn record(&self, row: &Map) -> (Map, Option<String>) {
        let (shown, stamp) = match &self.side {
            Side::Odoo(models) => (
                rows::odoo(&**models, self.resource.model.as_str(), row),
                Edition::ODOO,
            ),
            Side::Frappe => {
                let mut shown = Map::new();
                shown.extend(row.get("name").map(|name| ("id".to_owned(), name.clone())));
                shown.extend(
                    row.iter()
                        .map(|(name, value)| (name.clone(), value.clone())),
                );
                (shown, Edition::FRAPPE)
            }
        };
        let edition = row.get(stamp).and_then(Value::as_str).map(str::to_owned);
        (rows::renamed(&self.resource, shown), edition)
    }

    fn id(&self, answer: &Value) -> Option<Value> {
        match (&self.side, answer) {
            (Side::Odoo(_), Value::List(ids)) => ids.first().cloned(),
            (Side::Odoo(_), Value::Int(_)) => Some(answer.clone()),
            (Side::Frappe, Value::Map(document)) => document.get("name").cloned(),
            _ => None,
        }
    }
}

pub(in crate::dialect) fn write_answer(reply: &Reply, value: &Value) -> Written {
    let Some(manner) = reply.rest.as_deref() else {
        return written(200, Vec::new(), &data(Piece::Value(value)));
    };
    let mut headers = Vec::new();
    manner.notices(&mut headers);
    match &manner.kind {
        Kind::List(page) => list(manner, page, value, headers),
        Kind::One {
            only,
            if_none_match,
        } => match one_row(value) {
            Some(row) => one(manner, row, only, if_none_match.as_ref(), headers),
            None => reply.write_fault(&missing()),
        },
        Kind::Created { path } => {
            let id = manner.id(value).unwrap_or_default();
            let segment = match &id {
                Value::Int(id) => Some(id.to_string()),
                Value::Text(name) => Some(crate::dialect::json2::segment(name).to_string()),
                _ => None,
            };
            headers.extend(segment.map(|id| ("location", format!("{path}/{id}"))));
            written(201, headers, &data(Piece::Value(&after(manner, value, id))))
        }
        Kind::Changed => {
            let id = Value::Null;
            written(200, headers, &data(Piece::Value(&after(manner, value, id))))
        }
        Kind::Deleted => Written {
            status: 204,
            content_type: JSON,
            headers,
            body: Vec::new(),
        },
        Kind::Description { description, known } => {
            headers.push(("etag", format!("\"{}\"", description.tag)));
            // Whoever keeps it asks again each time whether it is still so.
            headers.push(("cache-control", "private, no-cache".to_owned()));
            Written {
                status: if *known { 304 } else { 200 },
                content_type: JSON,
                headers,
                body: if *known {
                    Vec::new()
                } else {
                    description.body.to_vec()
                },
            }
        }
        Kind::Result => written(200, headers, &data(Piece::Value(value))),
    }
}

/// What is shown after a record was made or changed: the document, if the ERP gave it.
fn after(manner: &Manner, value: &Value, id: Value) -> Value {
    if let (Side::Frappe, Value::Map(document)) = (&manner.side, value) {
        return Value::Map(manner.record(document).0);
    }
    if id == Value::Null {
        return id;
    }
    Value::Map(Map::from_iter([("id".to_owned(), id)]))
}

fn list(
    manner: &Manner,
    page: &Page,
    value: &Value,
    mut headers: Vec<(&'static str, String)>,
) -> Written {
    // `web_search_read` has the rows within a page of its own.
    let rows = match value {
        Value::Map(answer) => answer.get("records"),
        rows => Some(rows),
    };
    let rows: Vec<Value> = rows
        .and_then(Value::as_list)
        .unwrap_or_default()
        .iter()
        .map(|row| match row {
            Value::Map(row) => Value::Map(manner.record(row).0),
            other => other.clone(),
        })
        .collect();
    let count = u64::try_from(rows.len()).unwrap_or(u64::MAX);
    // A page that is full may be the last: whether there is more is seen on the next.
    let next = (count >= u64::from(page.limit)).then(|| {
        let passed = page.passed.saturating_add(count);
        cursor::make(&*page.seal, &page.name, &page.list, passed)
    });
    if let Some(next) = &next {
        let again = page.list.again.iter();
        let again = again.map(|(name, value)| (name.as_str(), value.as_str()));
        let query = query::write(again.chain([("cursor", next.as_str())]));
        add_link(&mut headers, format!("<?{query}>; rel=\"next\""));
    }
    let next = next.map_or(Value::Null, Value::from);
    let body = Piece::Map(vec![
        ("data", Piece::List(rows.iter().map(Piece::Value).collect())),
        (
            "page",
            Piece::Map(vec![
                ("limit", Piece::Int(i64::from(page.limit))),
                ("next", Piece::Value(&next)),
            ]),
        ),
    ]);
    written(200, headers, &body)
}

fn one(
    manner: &Manner,
    row: &Map,
    only: &[String],
    if_none_match: Option<&Tags>,
    mut headers: Vec<(&'static str, String)>,
) -> Written {
    let (mut shown, edition) = manner.record(row);
    if !only.is_empty() {
        shown.retain(|name, _| name == "id" || only.contains(name));
    }
    headers.extend(
        edition
            .as_deref()
            .and_then(tags::of)
            .map(|tag| ("etag", tag)),
    );
    let known = edition.is_some_and(|edition| if_none_match.is_some_and(|tags| tags.has(&edition)));
    if known {
        return Written {
            status: 304,
            content_type: JSON,
            headers,
            body: Vec::new(),
        };
    }
    written(200, headers, &data(Piece::Entries(&shown)))
}

/// The record of an answer: Odoo gives a list of it, Frappe the document.
fn one_row(value: &Value) -> Option<&Map> {
    match value {
        Value::Map(row) => Some(row),
        Value::List(rows) => rows.first().and_then(Value::as_map),
        _ => None,
    }
}

fn missing() -> Fault {
    Fault::new(
        FaultKind::MissingRecord,
        odoo::words(FaultKind::MissingRecord),
    )
}

fn data(value: Piece<'_>) -> Piece<'_> {
    Piece::Map(vec![("data", value)])
}

fn written(status: u16, headers: Vec<(&'static str, String)>, body: &Piece<'_>) -> Written {
    Written {
        status,
        content_type: JSON,
        headers,
        body: json(body),
    }
}

fn add_link(headers: &mut Vec<(&'static str, String)>, link: String) {
    match headers.iter_mut().find(|(name, _)| *name == "link") {
        Some((_, links)) => {
            links.push_str(", ");
            links.push_str(&link);
        }
        None => headers.push(("link", link)),
    }
}
