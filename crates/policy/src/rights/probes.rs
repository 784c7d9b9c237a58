//! With which values the judge is asked: some of each kind, and those that rules speak of.

use std::collections::{BTreeMap, BTreeSet};

use portcullis_erp::domain::{FieldKind, Node, Operand};
use portcullis_erp::{Map, Model, Value};

use crate::bench::Bench;
use crate::operation::{Family, Operation};
use crate::rule::FieldSet;
use crate::schema::{FieldSchema, ModelSchema, Schema};

/// How many values of one field are tried.
const MOST: usize = 16;

/// How many rules' demands are tried.
const DEMANDS: usize = 8;

/// What is tried with one model.
pub(super) struct Probes<'a> {
    family: Family,
    schema: Option<&'a ModelSchema>,
    known: &'a Schema,
    fields: BTreeSet<String>,
    /// Values that conditions of rules name, by field.
    bound: BTreeMap<String, Vec<Value>>,
    /// What the conditions of each rule demand together. What one rule demands another may not
    /// let be set, so they are not thrown together.
    demands: Vec<Map>,
}

impl<'a> Probes<'a> {
    pub(super) fn of(bench: &Bench<'a>, model: &Model) -> Self {
        let schema = bench.schema.model(model);
        let mut fields: BTreeSet<String> = schema
            .iter()
            .flat_map(|schema| schema.fields.keys())
            .map(|name| name.as_str().to_owned())
            .collect();
        let mut bound: BTreeMap<String, Vec<Value>> = BTreeMap::new();
        let mut demands: Vec<Map> = Vec::new();
        let rules = [Operation::Read, Operation::Create, Operation::Write]
            .into_iter()
            .flat_map(|operation| bench.rules(model, operation, None));
        for held in rules {
            let rule = held.rule;
            // A Frappe that does not tell of its fields has those that rules name.
            if schema.is_none() && bench.family == Family::Frappe {
                for set in rule.write_fields.iter().chain([&rule.fields]) {
                    if let FieldSet::Only(names) = set {
                        fields.extend(names.iter().filter(|name| !name.contains('.')).cloned());
                    }
                }
            }
            let mut demand = Map::new();
            let mut keep = |field: &str, value: &Value| {
                let values = bound.entry(field.to_owned()).or_default();
                let named = match value {
                    Value::List(items) => items.clone(),
                    one => vec![one.clone()],
                };
                if let Some(first) = named.first() {
                    demand
                        .entry(field.to_owned())
                        .or_insert_with(|| first.clone());
                }
                values.extend(named);
                values.truncate(MOST);
            };
            let Some(domain) = &rule.domain else {
                continue;
            };
            if let (Family::Odoo, Some(Ok(domain))) =
                (bench.family, bench.odoo_domain(&held, domain))
            {
                conditions(domain.node(), &mut keep);
            }
            if let (Family::Frappe, Some(filters)) = (bench.family, &domain.frappe) {
                let filled = bench.frappe_conditions(&held, filters);
                for condition in filled.into_iter().flatten() {
                    keep(condition.field.as_str(), &condition.value);
                }
            }
            if !demand.is_empty() && !demands.contains(&demand) && demands.len() < DEMANDS {
                demands.push(demand);
            }
        }
        Self {
            family: bench.family,
            schema,
            known: bench.schema,
            fields,
            bound,
            demands,
        }
    }

    pub(super) fn fields(&self) -> impl Iterator<Item = &str> {
        self.fields.iter().map(String::as_str)
    }

    /// The columns of child tables, each with its table.
    pub(super) fn columns(&self) -> impl Iterator<Item = (&str, &str)> {
        self.fields().flat_map(|table| {
            let rows = self
                .facts(table)
                .filter(|facts| facts.is_x2many())
                .and_then(|facts| self.known.model(facts.relation.as_ref()?));
            let columns = rows.into_iter().flat_map(|rows| rows.fields.keys());
            columns.map(move |column| (table, column.as_str()))
        })
    }

    /// Whether a field leads to other records.
    pub(super) fn links(&self, field: &str) -> bool {
        self.facts(field)
            .is_some_and(|facts| facts.relation.is_some())
    }

    /// Values of new records to which each field is added in turn: none, and what rules demand.
    pub(super) fn bases(&self) -> Vec<Map> {
        let nothing = std::iter::once(Map::new());
        nothing.chain(self.demands.iter().cloned()).collect()
    }

    /// Values of a field that are tried.
    pub(super) fn values(&self, field: &str) -> Vec<Value> {
        let mut values = match self.facts(field) {
            Some(facts) if self.family == Family::Odoo => of_odoo(facts),
            Some(facts) if facts.kind == FieldKind::One2many => {
                vec![Value::List(vec![Value::Map(Map::new())])]
            }
            Some(_) | None => vec![Value::from("x"), Value::Int(0)],
        };
        values.extend(self.bound.get(field).into_iter().flatten().cloned());
        values
    }

    fn facts(&self, field: &str) -> Option<&'a FieldSchema> {
        self.schema?.field(field)
    }
}

fn of_odoo(facts: &FieldSchema) -> Vec<Value> {
    let command = |parts: Vec<Value>| Value::List(vec![Value::List(parts)]);
    match facts.kind {
        FieldKind::Many2one => vec![Value::Int(1)],
        FieldKind::One2many | FieldKind::Many2many => vec![
            command(vec![
                Value::Int(6),
                Value::Int(0),
                Value::List(vec![Value::Int(1)]),
            ]),
            command(vec![Value::Int(4), Value::Int(1), Value::Int(0)]),
            command(vec![Value::Int(0), Value::Int(0), Value::Map(Map::new())]),
        ],
        FieldKind::Boolean => vec![Value::Bool(true), Value::Bool(false)],
        FieldKind::Integer | FieldKind::Float | FieldKind::Monetary => {
            vec![Value::Int(1), Value::Int(0)]
        }
        FieldKind::Selection => {
            let choices = facts.selection.iter().flatten().take(MOST);
            let choices: Vec<Value> = choices.map(|choice| Value::from(choice.as_str())).collect();
            if choices.is_empty() {
                vec![Value::from("x")]
            } else {
                choices
            }
        }
        FieldKind::Date => vec![Value::from("2024-02-29")],
        FieldKind::Datetime => vec![Value::from("2024-02-29 12:00:00")],
        FieldKind::Char | FieldKind::Text | FieldKind::Html => vec![Value::from("x")],
        FieldKind::Other if facts.type_name == "reference" => Vec::new(),
        FieldKind::Other => vec![Value::from("eA==")],
    }
}

/// The plain conditions of a domain.
fn conditions(node: &Node, keep: &mut impl FnMut(&str, &Value)) {
    match node {
        Node::And(parts) | Node::Or(parts) => {
            for part in parts {
                conditions(part, keep);
            }
        }
        Node::Leaf(leaf) => {
            if let ([field], Operand::Value(value)) = (leaf.path.parts(), &leaf.operand) {
                keep(field.as_str(), value);
            }
        }
        Node::Not(_) | Node::True | Node::False => {}
    }
}
