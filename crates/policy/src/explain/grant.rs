//! A rule in the making: parts can be taken out of it one by one, and what is left is written
//! as a rule of a role.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use portcullis_erp::{Dialect, Method, Model};
use portcullis_identity::{Networks, UpstreamName};

use super::suggest::Cell;
use super::written::{self, list, quoted};
use crate::mask::Mask;
use crate::operation::Operation;
use crate::rule::{Arguments, Effect, FieldSet, Models, Rule, RuleDomain};

/// What one rule would open.
#[derive(Debug, Clone)]
pub(super) struct Grant {
    pub(super) model: Model,
    /// Only where it is reached over a link of this model.
    pub(super) through: Option<Model>,
    pub(super) operations: BTreeSet<Operation>,
    pub(super) methods: BTreeSet<Method>,
    /// Reports that the methods run.
    pub(super) reports: BTreeSet<String>,
    pub(super) any_arguments: bool,
    pub(super) fields: BTreeSet<String>,
    pub(super) write_fields: BTreeSet<String>,
    pub(super) derived: BTreeSet<String>,
    pub(super) context: BTreeSet<String>,
    pub(super) kept: Kept,
}

/// What is kept of the rule that came closest: which records, and where it holds.
#[derive(Debug, Clone, Default)]
pub(super) struct Kept {
    pub(super) domain: Option<RuleDomain>,
    pub(super) upstream: Option<BTreeSet<UpstreamName>>,
    pub(super) dialects: Option<BTreeSet<Dialect>>,
    pub(super) networks: Networks,
    pub(super) max_rows: Option<u32>,
    pub(super) approval: bool,
    /// What it shows a mask of only.
    pub(super) masked: BTreeMap<String, Mask>,
}

/// A part of a grant that may turn out not to be needed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    Whole,
    Operation(Operation),
    AnyArguments,
    Fields(Vec<String>),
    WriteFields(Vec<String>),
    Derived(Vec<String>),
    Context(String),
}

impl Part {
    /// The same in two smaller parts; none where it cannot be divided.
    pub(super) fn halves(self) -> Vec<Self> {
        let divided = |names: Vec<String>, make: fn(Vec<String>) -> Self| {
            if names.len() < 2 {
                return Vec::new();
            }
            let (left, right) = names.split_at(names.len() / 2);
            vec![make(left.to_vec()), make(right.to_vec())]
        };
        match self {
            Self::Fields(names) => divided(names, Self::Fields),
            Self::WriteFields(names) => divided(names, Self::WriteFields),
            Self::Derived(names) => divided(names, Self::Derived),
            Self::Whole | Self::Operation(_) | Self::AnyArguments | Self::Context(_) => Vec::new(),
        }
    }
}

impl Grant {
    pub(super) fn new(model: &Model, through: Option<&Model>, kept: Kept) -> Self {
        Self {
            model: model.clone(),
            through: through.cloned(),
            operations: BTreeSet::new(),
            methods: BTreeSet::new(),
            reports: BTreeSet::new(),
            any_arguments: false,
            fields: BTreeSet::new(),
            write_fields: BTreeSet::new(),
            derived: BTreeSet::new(),
            context: BTreeSet::new(),
            kept,
        }
    }

    /// The same without a part.
    pub(super) fn without(&self, part: &Part) -> Self {
        let mut less = self.clone();
        match part {
            Part::Whole => less.operations.clear(),
            Part::Operation(operation) => {
                less.operations.remove(operation);
            }
            Part::AnyArguments => less.any_arguments = false,
            Part::Fields(names) => names.iter().for_each(|name| {
                less.fields.remove(name);
            }),
            Part::WriteFields(names) => names.iter().for_each(|name| {
                less.write_fields.remove(name);
            }),
            Part::Derived(names) => names.iter().for_each(|name| {
                less.derived.remove(name);
            }),
            Part::Context(key) => {
                less.context.remove(key);
            }
        }
        less
    }

    /// Whether it opens anything.
    pub(super) fn is_empty(&self) -> bool {
        self.operations.is_empty()
    }

    /// The rule that it is.
    pub(super) fn rule(&self, name: &str) -> Rule {
        let set = |names: &BTreeSet<String>| FieldSet::Only(names.clone());
        Rule {
            name: name.to_owned(),
            effect: Effect::Allow,
            upstream: self.kept.upstream.clone(),
            models: Models::Named(BTreeSet::from([self.model.clone()])),
            through: self.through.clone().map(|model| BTreeSet::from([model])),
            operations: self.operations.clone(),
            methods: self.methods.clone(),
            reports: self.reports.clone(),
            arguments: if self.any_arguments {
                Arguments::Any
            } else {
                Arguments::Scalar
            },
            fields: set(&self.fields),
            write_fields: Some(set(&self.write_fields)),
            hidden: BTreeSet::new(),
            masked: self.kept.masked.clone(),
            derived: self.derived.clone(),
            domain: self.kept.domain.clone(),
            dialects: self.kept.dialects.clone(),
            networks: self.kept.networks.clone(),
            context: self.context.clone(),
            max_rows: self.kept.max_rows,
            approval: self.kept.approval,
        }
    }

    /// A name for the rule that no other has.
    pub(super) fn name(&self, taken: &BTreeSet<String>) -> String {
        let operations: Vec<&str> = self.operations.iter().map(|one| one.as_str()).collect();
        let plain = format!("{} {}", operations.join(" "), self.model);
        let mut name = plain.clone();
        let mut number = 2;
        while taken.contains(&name) {
            name = format!("{plain} {number}");
            number += 1;
        }
        name
    }

    /// What it opens.
    pub(super) fn cells(&self) -> impl Iterator<Item = Cell> {
        self.operations.iter().flat_map(|operation| {
            let names: Vec<&str> = match operation {
                Operation::Read => self.fields.iter().map(String::as_str).collect(),
                Operation::Create | Operation::Write => {
                    self.write_fields.iter().map(String::as_str).collect()
                }
                Operation::Call => self.methods.iter().map(Method::as_str).collect(),
                Operation::Delete
                | Operation::Name
                | Operation::Mail
                | Operation::Submit
                | Operation::Cancel => Vec::new(),
            };
            let names = names.into_iter().map(|name| Some(name.to_owned()));
            let model = self.model.to_string();
            std::iter::once(None).chain(names).map(move |name| Cell {
                model: model.clone(),
                operation: *operation,
                name,
            })
        })
    }

    /// The same in words.
    pub(super) fn prose(&self) -> String {
        let operations: Vec<String> = self
            .operations
            .iter()
            .map(|one| format!("`{}`", one.as_str()))
            .collect();
        let mut text = format!("a rule for {} of `{}`", operations.join(", "), self.model);
        if let Some(through) = &self.through {
            text.push_str(&format!(
                ", only where it is reached over a link of `{through}`"
            ));
        }
        let mut part = |what: &str, names: Vec<&str>| {
            if !names.is_empty() {
                let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
                text.push_str(&format!(", {what} {}", names.join(", ")));
            }
        };
        let strings = |names: &BTreeSet<String>| -> Vec<String> { names.iter().cloned().collect() };
        let (fields, written, derived) = (
            strings(&self.fields),
            strings(&self.write_fields),
            strings(&self.derived),
        );
        part(
            "with the fields",
            fields.iter().map(String::as_str).collect(),
        );
        if self.write_fields != self.fields {
            part("setting", written.iter().map(String::as_str).collect());
        }
        part(
            "although it is computed from what is not open:",
            derived.iter().map(String::as_str).collect(),
        );
        part("listing", self.methods.iter().map(Method::as_str).collect());
        part(
            "with the reports",
            self.reports.iter().map(String::as_str).collect(),
        );
        part(
            "with the context",
            self.context.iter().map(String::as_str).collect(),
        );
        if self.kept.domain.is_some() {
            text.push_str(", for the same records as the rule that came closest");
        }
        text
    }

    /// The rule, as it is written in a role's file.
    pub(super) fn to_toml(&self, name: &str) -> String {
        let mut text = String::from("[[rule]]\n");
        let mut line = |key: &str, value: String| {
            // INVARIANT: a text takes every byte, so this does not fail.
            writeln!(text, "{key} = {value}").unwrap_or_default();
        };
        line("name", quoted(name));
        line("models", list([self.model.as_str()]));
        if let Some(through) = &self.through {
            line("through", list([through.as_str()]));
        }
        line(
            "operations",
            list(self.operations.iter().map(|one| one.as_str())),
        );
        if !self.methods.is_empty() {
            line("methods", list(self.methods.iter().map(Method::as_str)));
        }
        if !self.reports.is_empty() {
            line("reports", list(self.reports.iter().map(String::as_str)));
        }
        if self.any_arguments {
            line("arguments", quoted("any"));
        }
        let names = |names: &BTreeSet<String>| list(names.iter().map(String::as_str));
        let writes = [Operation::Create, Operation::Write]
            .iter()
            .any(|operation| self.operations.contains(operation));
        if !self.fields.is_empty() {
            line("fields", names(&self.fields));
        }
        // Left out, it is the same as `fields`.
        if writes && self.write_fields != self.fields {
            line("write-fields", names(&self.write_fields));
        }
        if !self.derived.is_empty() {
            line("derived", names(&self.derived));
        }
        if let Some(domain) = self.kept.domain.as_ref().and_then(written::domain) {
            line("domain", quoted(&domain));
        }
        if let Some(mask) = self.kept.masked.values().copied().reduce(Mask::stricter) {
            line("masked", list(self.kept.masked.keys().map(String::as_str)));
            line("mask", quoted(mask.as_str()));
        }
        if !self.context.is_empty() {
            line("context", names(&self.context));
        }
        if let Some(upstreams) = &self.kept.upstream {
            line("upstream", list(upstreams.iter().map(UpstreamName::as_str)));
        }
        if let Some(dialects) = &self.kept.dialects {
            let words: BTreeSet<&str> = dialects
                .iter()
                .filter_map(|one| written::dialect(*one))
                .collect();
            line("dialects", list(words));
        }
        if !self.kept.networks.0.is_empty() {
            let networks: Vec<String> = self
                .kept
                .networks
                .0
                .iter()
                .map(ToString::to_string)
                .collect();
            line("networks", list(networks.iter().map(String::as_str)));
        }
        if let Some(most) = self.kept.max_rows {
            line("max-rows", most.to_string());
        }
        if self.kept.approval {
            line("approval", "true".to_owned());
        }
        text
    }
}
