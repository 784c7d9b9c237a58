//! What is the same of a request of the façade, whichever ERP it is for.

use std::sync::Arc;

use super::facade::{Facade, Guarded, Resource};
use super::listing::Listing;
use super::manner::{Kind, Page};
use super::request::{Act, Request, nothing_here};
use super::tags::Tags;
use super::{bad, cursor};
use crate::dialect::json2;
use crate::fault::{Fault, FaultKind};
use crate::value::{Map, Value};

impl Request {
    /// Refuses a change that must name an edition and does not.
    pub(super) fn guarded(&self, resource: &Resource) -> Result<(), Fault> {
        let changes = matches!(self.act, Act::Change { .. } | Act::Delete(_));
        // `*` asks only that the record is there: whoever sends it has seen no edition.
        let seen = matches!(self.if_match, Some(Tags::Of(_)));
        if changes && !seen && resource.guarded == Guarded::Always {
            return Err(Fault::new(
                FaultKind::Unconditional,
                "read the record, and send its ETag back in If-Match",
            ));
        }
        Ok(())
    }

    /// How the answer is written: what was asked decides it.
    pub(super) fn kind(
        &self,
        page: impl FnOnce(&Listing) -> Result<Page, Fault>,
    ) -> Result<Kind, Fault> {
        Ok(match &self.act {
            Act::List(list) => Kind::List(Box::new(page(list)?)),
            Act::One { columns, .. } => Kind::One {
                only: columns
                    .fields
                    .iter()
                    .cloned()
                    .chain(columns.expand.iter().map(|expand| expand.field.clone()))
                    .collect(),
                if_none_match: self.if_none_match.clone(),
            },
            Act::Create(_) => Kind::Created {
                path: format!("{}/api/v1/{}", self.base, json2::segment(&self.resource)),
            },
            Act::Change { .. } => Kind::Changed,
            Act::Delete(_) => Kind::Deleted,
            Act::Describe => return Err(nothing_here()),
            Act::Unread(fault) => return Err(fault.clone()),
            Act::Method { .. } => Kind::Result,
        })
    }
}

impl Page {
    /// The page of a list that is asked for.
    pub(super) fn of(facade: &Facade, resource: &str, list: &Listing) -> Result<Self, Fault> {
        let name = facade.full_name(resource);
        let seal = Arc::clone(facade.seal());
        let passed = match &list.cursor {
            Some(text) => cursor::read(&*seal, &name, list, text)?,
            None => list.offset.unwrap_or(0),
        };
        Ok(Self {
            limit: facade.page(list.limit),
            list: list.clone(),
            name,
            seal,
            passed,
        })
    }

    /// How many rows are passed over, as both ERPs take it.
    pub(super) fn offset(&self) -> Result<Option<Value>, Fault> {
        let offset = i64::try_from(self.passed)
            .map_err(|_| bad("there are not so many rows").about("offset"))?;
        Ok((offset > 0).then_some(Value::Int(offset)))
    }
}

/// The id of a link that is written as an object; what else it shows was shown, not set.
pub(super) fn link_id(link: &Map) -> Option<Value> {
    match link.get("id") {
        Some(id @ (Value::Int(_) | Value::Text(_))) => Some(id.clone()),
        _ => None,
    }
}

pub(super) fn not_a_link() -> Fault {
    bad("a link is an id, or an object with its id")
}
