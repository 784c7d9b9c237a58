//! A search over known records.

use std::cell::Cell;
use std::rc::Rc;

use super::facts::{ModelFacts, Records};
use super::leaf::Operator;
use super::tree::{Found, Right, Tree};
use super::zone::Zone;
use super::{Answer3, Domain};
use crate::value::Value;

/// Why Odoo would refuse a search, or why it is refused here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SearchError {
    /// A field that the model does not have.
    #[error("`{model}` has no field `{field}`")]
    Field {
        /// The model.
        model: String,
        /// The field.
        field: String,
    },
    /// A value that the field cannot be compared with.
    #[error("a value cannot be compared with its field in this way")]
    Value,
    /// `any` on a field that is no link.
    #[error("`any` asks for a link")]
    NoLink,
    /// `child_of` or `parent_of` where there is no hierarchy.
    #[error("`{0}` has no hierarchy")]
    NoHierarchy(String),
    /// Sub-domains and name searches lie too deep in one another.
    #[error("the search goes too deep")]
    Deep,
}

/// What a search found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Matches {
    /// The records that match, in order of id.
    pub ids: Vec<i64>,
    /// Those of which nobody can say, in order of id.
    pub unknown: Vec<i64>,
}

/// How deep searches may lie in one another.
const MAX_DEPTH: usize = 200;

/// A search over known records, in one context.
pub struct Search<'a> {
    records: &'a dyn Records,
    active_test: bool,
    zone: Option<Zone>,
    shifts_parts: bool,
    depth: Cell<usize>,
}

/// Counts one step down for as long as it lives.
pub(super) struct Depth<'a>(&'a Cell<usize>);

impl Drop for Depth<'_> {
    fn drop(&mut self) {
        self.0.set(self.0.get().saturating_sub(1));
    }
}

impl<'a> Search<'a> {
    /// A search as Odoo does it by default: of active records, unless a domain names the
    /// field that says so.
    pub fn new(records: &'a dyn Records) -> Self {
        Self {
            records,
            active_test: true,
            zone: records.zone(),
            shifts_parts: false,
            depth: Cell::new(0),
        }
    }

    /// The context names a time zone: days begin by it, and parts of moments are its own.
    #[must_use]
    pub fn in_zone(mut self, name: &str) -> Self {
        self.zone = Zone::named(name);
        self.shifts_parts = self.zone != Some(Zone::UTC);
        self
    }

    /// The context's `active_test` is `false`: inactive records count everywhere.
    #[must_use]
    pub fn with_inactive(mut self) -> Self {
        self.active_test = false;
        self
    }

    /// The records of a model that match.
    ///
    /// # Errors
    /// When Odoo would answer with an error.
    pub fn matching(&self, model: &str, domain: &Domain) -> Result<Matches, SearchError> {
        let Some(ids) = self.records.ids(model) else {
            return Ok(Matches::default());
        };
        let tree = self.with_active(Tree::of(domain), model);
        let tree = self.resolve(tree, model)?;
        let unsure = tree.is_unsure();
        let test = self.compile(&tree, model)?;
        let mut matches = Matches::default();
        for &id in ids.iter() {
            match test.answer(self.records, model, id) {
                Answer3::Yes if unsure => matches.unknown.push(id),
                Answer3::Yes => matches.ids.push(id),
                Answer3::Unknown => matches.unknown.push(id),
                Answer3::No => {}
            }
        }
        Ok(matches)
    }

    /// Whether one record matches, active or not: that it is active is asked only if the
    /// domain asks it. What Odoo would answer with an error is unknown.
    pub fn judge(&self, model: &str, id: i64, domain: &Domain) -> Answer3 {
        let judged = || -> Result<Answer3, SearchError> {
            let tree = self.resolve(Tree::of(domain), model)?;
            let unsure = tree.is_unsure();
            let answer = self.compile(&tree, model)?.answer(self.records, model, id);
            Ok(if unsure && answer == Answer3::Yes {
                Answer3::Unknown
            } else {
                answer
            })
        };
        judged().unwrap_or(Answer3::Unknown)
    }

    /// What a sub-search finds.
    pub(super) fn find(
        &self,
        tree: Tree,
        model: &str,
        active_test: bool,
    ) -> Result<Option<Rc<Found>>, SearchError> {
        let tree = if active_test {
            self.with_active(tree, model)
        } else {
            tree
        };
        let tree = self.resolve(tree, model)?;
        if tree == Tree::False {
            return Ok(Some(Rc::new(Found::default())));
        }
        let Some(ids) = self.records.ids(model) else {
            return Ok(None);
        };
        let unsure = tree.is_unsure();
        let test = self.compile(&tree, model)?;
        let mut found = Found::default();
        for &id in ids.iter() {
            match test.answer(self.records, model, id) {
                Answer3::Yes if !unsure => found.yes.insert(id),
                Answer3::Yes | Answer3::Unknown => found.unsure.insert(id),
                Answer3::No => continue,
            };
        }
        Ok(Some(Rc::new(found)))
    }

    /// Leaves inactive records out, unless the domain names the field that says so.
    pub(super) fn with_active(&self, tree: Tree, model: &str) -> Tree {
        let active = self.facts(model).and_then(|facts| facts.active.as_deref());
        match active {
            Some(active) if self.active_test && !tree.names(active) => {
                let right = Right::One(Value::Bool(true));
                Tree::all(vec![tree, Tree::condition(active, Operator::Equal, right)])
            }
            _ => tree,
        }
    }

    pub(super) fn facts(&self, model: &str) -> Option<&'a ModelFacts> {
        self.records.model(model)
    }

    pub(super) fn zone(&self) -> Option<Zone> {
        self.zone
    }

    /// Whether parts of moments are asked of another zone than UTC.
    pub(super) fn shifts_parts(&self) -> bool {
        self.shifts_parts
    }

    pub(super) fn records(&self) -> &'a dyn Records {
        self.records
    }

    /// The model that a link leads to, if it is known at all.
    pub(super) fn relation(&self, facts: &ModelFacts, field: &str) -> Option<String> {
        if let Some(field) = facts.fields.get(field) {
            return field.relation.clone();
        }
        facts
            .inherits
            .iter()
            .find_map(|(parent, _)| self.facts(parent)?.fields.get(field)?.relation.clone())
    }

    /// One step deeper, while the answer lives.
    pub(super) fn deeper(&self) -> Result<Depth<'_>, SearchError> {
        if self.depth.get() >= MAX_DEPTH {
            return Err(SearchError::Deep);
        }
        self.depth.set(self.depth.get() + 1);
        Ok(Depth(&self.depth))
    }
}

impl Domain {
    /// Whether the record of that model matches. That it is active is not asked.
    pub fn evaluate(&self, model: &str, id: i64, records: &dyn Records) -> Answer3 {
        Search::new(records).judge(model, id, self)
    }
}
