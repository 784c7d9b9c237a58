//! `child_of` and `parent_of`: first the records that are named, then what lies below or
//! above them.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use super::SearchError;
use super::eval::{link, links};
use super::facts::{FieldKind, ModelFacts};
use super::leaf::Operator;
use super::python;
use super::search::Search;
use super::tree::{Condition, Found, Right, Tree};
use crate::value::Value;

impl Search<'_> {
    /// What a condition on a hierarchy comes to.
    pub(super) fn hierarchy(
        &self,
        condition: &Condition,
        model: &str,
        facts: &ModelFacts,
    ) -> Result<Tree, SearchError> {
        let Right::One(value) = &condition.right else {
            return Ok(Tree::Unknown);
        };
        if python::is_false(value) {
            return Ok(Tree::False);
        }
        let name = condition.field();
        let own = facts.fields.get(name);
        let kind = match own {
            Some(field) if field.kind.is_link() && condition.is_simple() => field.kind,
            _ if condition.path == ["id"] => FieldKind::Integer,
            _ => return Err(SearchError::Value),
        };
        let comodel = match own.and_then(|field| field.relation.clone()) {
            Some(comodel) if kind.is_link() => comodel,
            _ => model.to_owned(),
        };
        let Some(cofacts) = self.facts(&comodel) else {
            return Ok(Tree::Unknown);
        };
        let mut parent = cofacts
            .parent
            .as_deref()
            .or_else(|| self.inherited_parent(cofacts));
        let mut of_itself = kind == FieldKind::Integer;
        if comodel == model {
            if name != "id" {
                parent = Some(name);
            }
            of_itself |= kind == FieldKind::Many2one;
        }
        let Some(start) = self.start(value, kind, &comodel)? else {
            return Ok(Tree::Unknown);
        };
        if start.is_empty() {
            return Ok(Tree::False);
        }
        // Without a hierarchy Odoo refuses, but only when it has something to begin with.
        let Some(parent) = parent else {
            return Err(SearchError::NoHierarchy(comodel));
        };
        let found = if condition.operator == Operator::ChildOf {
            self.below(&start, &comodel, cofacts, parent)
        } else {
            self.above(&start, &comodel, cofacts, parent)
        };
        let Some(found) = found else {
            return Ok(Tree::Unknown);
        };
        let sorted = |found: &HashSet<i64>| {
            let mut ids: Vec<i64> = found.iter().copied().collect();
            ids.sort_unstable();
            ids
        };
        if of_itself {
            return Ok(Tree::Among(Rc::new(Found {
                yes: found,
                unsure: HashSet::new(),
            })));
        }
        if condition.operator == Operator::ChildOf && keeps_paths(cofacts, parent) {
            // Odoo keeps a domain here, which for several links skips inactive records.
            let among = Tree::Among(Rc::new(Found {
                yes: found,
                unsure: HashSet::new(),
            }));
            let sub = Right::Sub(Box::new(among));
            return Ok(Tree::condition(name, Operator::AnyUnchecked, sub));
        }
        let ids = sorted(&found).into_iter().map(Value::Int).collect();
        Ok(Tree::condition(name, Operator::In, Right::Set(ids)))
    }

    /// The records that the value names, or none where nobody can say.
    fn start(
        &self,
        value: &Value,
        kind: FieldKind,
        comodel: &str,
    ) -> Result<Option<Vec<i64>>, SearchError> {
        let values = match value {
            Value::List(values) => python::set(values)?,
            Value::Int(_) | Value::Text(_) => vec![value.clone()],
            Value::Bool(true) => return Ok(None),
            _ => return Err(SearchError::Value),
        };
        let mut ids = Vec::new();
        let mut searched = Vec::new();
        for value in values {
            match value {
                Value::Int(id) if id > 0 => ids.push(id),
                Value::Text(_) => {
                    let right = Right::One(value);
                    searched.push(Tree::condition("display_name", Operator::Ilike, right));
                }
                _ => return Ok(None),
            }
        }
        if kind == FieldKind::Many2many && !ids.is_empty() {
            let ids = Right::Set(ids.drain(..).map(Value::Int).collect());
            searched.insert(0, Tree::condition("id", Operator::In, ids));
        }
        if searched.is_empty() {
            return Ok(Some(ids));
        }
        let active_test = kind != FieldKind::Many2one;
        let Some(found) = self.find(Tree::one(searched), comodel, active_test)? else {
            return Ok(None);
        };
        if !found.unsure.is_empty() {
            return Ok(None);
        }
        ids.extend(&found.yes);
        Ok(Some(ids))
    }

    /// The records and all that lie below them.
    fn below(
        &self,
        start: &[i64],
        model: &str,
        facts: &ModelFacts,
        parent: &str,
    ) -> Option<HashSet<i64>> {
        let ids = self.records().ids(model)?;
        let mut children: HashMap<i64, Vec<i64>> = HashMap::new();
        let by_path = keeps_paths(facts, parent);
        for &id in ids.iter() {
            let (_, parents) = self.parents(model, facts, parent, id)?;
            for parent in parents {
                children.entry(parent).or_default().push(id);
            }
        }
        let exists: HashSet<i64> = ids.iter().copied().collect();
        let mut found = HashSet::new();
        let mut left: Vec<i64> = start.to_vec();
        while let Some(id) = left.pop() {
            if (!by_path || exists.contains(&id)) && found.insert(id) {
                left.extend(children.get(&id).into_iter().flatten());
            }
        }
        Some(found)
    }

    /// The records and all that lie above them. A link to another model (the parent that
    /// users inherit from their contacts) leads on there, and only ids are kept: so does Odoo.
    fn above(
        &self,
        start: &[i64],
        model: &str,
        facts: &ModelFacts,
        parent: &str,
    ) -> Option<HashSet<i64>> {
        let exists: HashSet<i64> = self.records().ids(model)?.iter().copied().collect();
        let mut found: HashSet<i64> = HashSet::new();
        let mut model = model.to_owned();
        let mut facts = facts;
        // What does not exist is left out, whether or not something else does.
        let mut row: Vec<i64> = start
            .iter()
            .copied()
            .filter(|id| exists.contains(id))
            .collect();
        while !row.is_empty() {
            found.extend(&row);
            let mut next = Vec::new();
            let mut comodel = model.clone();
            for &id in &row {
                let (leads_to, parents) = self.parents(&model, facts, parent, id)?;
                comodel = leads_to;
                next.extend(parents.into_iter().filter(|parent| !found.contains(parent)));
            }
            if comodel != model {
                facts = self.facts(&comodel)?;
                model = comodel;
            }
            next.sort_unstable();
            next.dedup();
            row = next;
        }
        Some(found)
    }

    /// The parent that a model inherits with its fields.
    fn inherited_parent(&self, facts: &ModelFacts) -> Option<&'static str> {
        let inherits = facts.inherits.iter().any(|(model, _)| {
            self.facts(model)
                .is_some_and(|facts| facts.fields.contains_key("parent_id"))
        });
        inherits.then_some("parent_id")
    }

    /// The parents of a record and the model they are of, or none where nobody can say.
    fn parents(
        &self,
        model: &str,
        facts: &ModelFacts,
        parent: &str,
        id: i64,
    ) -> Option<(String, Vec<i64>)> {
        if keeps_paths(facts, parent) {
            let path = self.records().value(model, id, "parent_path")?;
            let ids: Option<Vec<i64>> = path
                .as_str()?
                .split_terminator('/')
                .map(|label| label.parse().ok())
                .collect();
            let mut ids = ids?;
            ids.pop();
            return Some((model.to_owned(), ids.pop().into_iter().collect()));
        }
        let Some(field) = facts.fields.get(parent) else {
            let (inherited, link_field) = facts.inherits.iter().find(|(inherited, _)| {
                self.facts(inherited)
                    .is_some_and(|facts| facts.fields.contains_key(parent))
            })?;
            return match link(&*self.records().value(model, id, link_field)?)? {
                Some(linked) => self.parents(inherited, self.facts(inherited)?, parent, linked),
                None => Some((inherited.clone(), Vec::new())),
            };
        };
        let value = self.records().value(model, id, parent)?;
        let parents = match field.kind {
            FieldKind::Many2one => link(&value)?.into_iter().collect(),
            FieldKind::One2many | FieldKind::Many2many => links(&value)?,
            _ => return None,
        };
        Some((field.relation.clone()?, parents))
    }
}

/// Whether the model keeps each record's way to the root.
fn keeps_paths(facts: &ModelFacts, parent: &str) -> bool {
    facts.parent.as_deref() == Some(parent) && facts.fields.contains_key("parent_path")
}
