//! Binding new values to the rule's domain: what is made or changed under a rule must still
//! be a record that the rule speaks of. What cannot be said is refused.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use portcullis_erp::domain::{
    Answer3, Digits, Domain, FieldFacts, FieldKind, Leaf, ModelFacts, Node, Operand, Operator,
    Records,
};
use portcullis_erp::{Map, Value};

use crate::after::Sets;
use crate::bench::No;
use crate::decision::Reason;
use crate::odoo::view::View;
use crate::protection::Protection;

/// How deep "computed from" is followed.
const MAX_DEPTH: usize = 12;

impl View<'_> {
    /// Writes what the rule fixes into a new record, and refuses what contradicts it.
    pub(crate) fn bind_new(&self, values: &mut Map) -> Result<(), No> {
        let Some(own) = self.own_domain()? else {
            return Ok(());
        };
        for leaf in conjuncts(&own).iter().filter_map(|node| match node {
            Node::Leaf(leaf) => Some(leaf),
            _ => None,
        }) {
            if let Some((field, value)) = self.fixed(leaf)
                && !values.contains_key(field)
            {
                values.insert(field.to_owned(), value.into_owned());
            }
        }
        if Protection::NewRecords.is_on() {
            self.must_hold(conjuncts(&own), values)
        } else {
            Ok(())
        }
    }

    /// Refuses changes after which the record might not be one that the rule speaks of. Answers
    /// whether they set anything that the rule rests on.
    pub(crate) fn bind_changed(&self, values: &Map) -> Result<Sets, No> {
        let Some(own) = self.own_domain()? else {
            return Ok(Sets::Other);
        };
        let mut written: BTreeSet<&str> = values.keys().map(String::as_str).collect();
        written.extend(self.written_through(values));
        let touched: Vec<Node> = conjuncts(&own)
            .iter()
            .filter(|node| {
                rebuilt(node).fields().iter().any(|path| {
                    path.parts().first().is_some_and(|field| {
                        self.follows(field.as_str(), &written, &mut BTreeSet::new(), MAX_DEPTH)
                    })
                })
            })
            .cloned()
            .collect();
        if Protection::ChangedRecords.is_on() {
            self.must_hold(&touched, values)?;
        }
        Ok(if touched.is_empty() {
            Sets::Other
        } else {
            Sets::Conditions
        })
    }

    /// The fields that change because what is written is no column of its own: `company_type`
    /// sets `is_company`, and what it becomes is not known here.
    fn written_through(&self, values: &Map) -> BTreeSet<&str> {
        if !Protection::WrittenThrough.is_on() {
            return BTreeSet::new();
        }
        let facts = values.keys().filter_map(|field| self.schema.field(field));
        let elsewhere = facts.filter(|facts| {
            (!facts.stored || facts.related.is_some()) && facts.kind != FieldKind::One2many
        });
        let sources = elsewhere.flat_map(|facts| facts.depends.iter().chain(&facts.related));
        sources
            .map(|path| path.split('.').next().unwrap_or(path))
            .collect()
    }

    /// Whether a field changes, or may change, when these are written.
    fn follows(
        &self,
        field: &str,
        written: &BTreeSet<&str>,
        seen: &mut BTreeSet<String>,
        depth: usize,
    ) -> bool {
        if written.contains(field) || depth == 0 {
            return true;
        }
        if !seen.insert(field.to_owned()) {
            return false;
        }
        let Some(facts) = self.schema.field(field) else {
            return true;
        };
        facts.depends.iter().chain(&facts.related).any(|path| {
            let first = path.split('.').next().unwrap_or(path);
            self.follows(first, written, seen, depth - 1)
        })
    }

    fn must_hold(&self, nodes: &[Node], values: &Map) -> Result<(), No> {
        let elsewhere = self.written_through(values);
        let mut certain = values.clone();
        certain.retain(|field, _| !elsewhere.contains(field.as_str()));
        let record = NewRecord::of(self, &certain);
        for node in nodes {
            let holds = rebuilt(node).evaluate(self.model.as_str(), NewRecord::ID, &record);
            if holds != Answer3::Yes {
                return Err(self.refuse(
                    Reason::Values,
                    format!("These values cannot be allowed for `{}` with this key. Ask whoever gave you the key.", self.model),
                    if holds == Answer3::No {
                        "the values contradict the rule's domain"
                    } else {
                        "it cannot be said whether a record with these values would satisfy the rule's domain"
                    },
                ));
            }
        }
        Ok(())
    }

    /// A condition that fixes the value of a column.
    fn fixed<'l>(&self, leaf: &'l Leaf) -> Option<(&'l str, Cow<'l, Value>)> {
        let [field] = leaf.path.parts() else {
            return None;
        };
        let facts = self.schema.field(field.as_str())?;
        if !facts.stored || facts.is_fixed_by_the_erp() || field.as_str() == "id" {
            return None;
        }
        let Operand::Value(value) = &leaf.operand else {
            return None;
        };
        let value = match (leaf.operator, value) {
            (Operator::Equal, value) => value,
            (Operator::In, Value::List(items)) if items.len() == 1 => items.first()?,
            _ => return None,
        };
        is_exact(facts.kind, value).then_some((field.as_str(), Cow::Borrowed(value)))
    }
}

fn conjuncts(domain: &Domain) -> &[Node] {
    match domain.node() {
        Node::And(parts) => parts,
        node => std::slice::from_ref(node),
    }
}

fn rebuilt(node: &Node) -> Domain {
    match node {
        Node::And(parts) => parts.iter().map(rebuilt).fold(Domain::all(), Domain::and),
        Node::Or(parts) => parts.iter().map(rebuilt).fold(Domain::none(), Domain::or),
        Node::Not(inner) => rebuilt(inner).not(),
        Node::Leaf(leaf) => Domain::leaf(leaf.clone()),
        Node::True => Domain::all(),
        Node::False => Domain::none(),
    }
}

/// Whether the ERP keeps this value as it is, so that it can be judged before it is written.
fn is_exact(kind: FieldKind, value: &Value) -> bool {
    match (kind, value) {
        (FieldKind::Boolean, Value::Bool(_))
        | (FieldKind::Integer, Value::Int(_))
        | (FieldKind::Many2one, Value::Int(1..) | Value::Bool(false))
        | (FieldKind::Selection | FieldKind::Char, Value::Text(_) | Value::Bool(false))
        | (FieldKind::Text, Value::Text(_) | Value::Bool(false))
        | (FieldKind::Float | FieldKind::Monetary, Value::Int(_) | Value::Float(_)) => true,
        (FieldKind::Date, Value::Text(text)) => text.len() == 10,
        (FieldKind::Datetime, Value::Text(text)) => text.len() == 19,
        _ => false,
    }
}

/// A record of which only the values at hand are known.
struct NewRecord<'v> {
    model: String,
    facts: ModelFacts,
    values: &'v Map,
}

impl<'v> NewRecord<'v> {
    const ID: i64 = i64::MAX;

    fn of(view: &View<'_>, values: &'v Map) -> Self {
        let fields: BTreeMap<String, FieldFacts> = view
            .schema
            .fields
            .iter()
            .filter(|(_, facts)| !facts.is_fixed_by_the_erp())
            .map(|(name, facts)| {
                let facts = FieldFacts {
                    kind: facts.kind,
                    relation: facts
                        .relation
                        .as_ref()
                        .map(|model| model.as_str().to_owned()),
                    stored: facts.stored,
                    selection: None,
                    digits: Digits::Unknown,
                    size: None,
                };
                (name.as_str().to_owned(), facts)
            })
            .collect();
        let facts = ModelFacts {
            fields,
            complete: false,
            rec_name: None,
            rec_names_search: Vec::new(),
            parent: None,
            active: None,
            inherits: Vec::new(),
            custom_name_search: true,
        };
        Self {
            model: view.model.as_str().to_owned(),
            facts,
            values,
        }
    }
}

impl Records for NewRecord<'_> {
    fn model(&self, model: &str) -> Option<&ModelFacts> {
        (model == self.model).then_some(&self.facts)
    }

    fn ids(&self, _model: &str) -> Option<Cow<'_, [i64]>> {
        None
    }

    fn value(&self, model: &str, id: i64, field: &str) -> Option<Cow<'_, Value>> {
        if model != self.model || id != Self::ID {
            return None;
        }
        let value = self.values.get(field)?;
        let kind = self.facts.fields.get(field)?.kind;
        let value = if value.is_nothing() {
            &Value::Bool(false)
        } else {
            value
        };
        is_exact(kind, value).then_some(Cow::Borrowed(value))
    }
}
