//! One rule: what it speaks of, and what it allows there.

use std::collections::{BTreeMap, BTreeSet};

use portcullis_erp::domain::Domain;
use portcullis_erp::filters::Filters;
use portcullis_erp::{Dialect, Method, Model};
use portcullis_identity::{Networks, RouteName, UpstreamName};

use crate::bench::From;
use crate::mask::Mask;
use crate::operation::{Family, Operation};

/// One rule of a role. Every rule is a grant (or a denial) of its own: fields of one rule
/// are never joined with records of another.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    pub(crate) name: String,
    pub(crate) effect: Effect,
    pub(crate) upstream: Option<BTreeSet<UpstreamName>>,
    pub(crate) models: Models,
    pub(crate) through: Option<BTreeSet<Model>>,
    pub(crate) operations: BTreeSet<Operation>,
    pub(crate) methods: BTreeSet<Method>,
    /// Reports of Frappe that the methods may run.
    pub(crate) reports: BTreeSet<String>,
    pub(crate) arguments: Arguments,
    pub(crate) fields: FieldSet,
    pub(crate) write_fields: Option<FieldSet>,
    pub(crate) hidden: BTreeSet<String>,
    /// Fields of which only a mask is shown.
    pub(crate) masked: BTreeMap<String, Mask>,
    pub(crate) derived: BTreeSet<String>,
    pub(crate) domain: Option<RuleDomain>,
    pub(crate) dialects: Option<BTreeSet<Dialect>>,
    pub(crate) networks: Networks,
    pub(crate) context: BTreeSet<String>,
    pub(crate) max_rows: Option<u32>,
    /// Whether what only it allows waits until another person has approved it.
    pub(crate) approval: bool,
}

/// A rule that speaks of routes to custom controllers, and of nothing else.
#[derive(Debug, Clone, PartialEq)]
pub struct RouteRule {
    pub(crate) name: String,
    pub(crate) effect: Effect,
    pub(crate) routes: BTreeSet<RouteName>,
}

/// Whether a rule gives or takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    /// It allows what it names.
    Allow,
    /// What it names is refused, whatever other rules say: whole operations, or, where it
    /// has `fields`, those fields.
    Deny,
    /// It allows nothing, but what it opens in part must not be seen by another way.
    Restrict,
}

/// The models a rule speaks of.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Models {
    /// Every model but the dangerous ones.
    All,
    /// These.
    Named(BTreeSet<Model>),
}

/// What may stand in arguments of listed methods that no table describes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Arguments {
    /// Texts, numbers and truth values.
    Scalar,
    /// Anything.
    Any,
}

/// A set of fields.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum FieldSet {
    /// `"*"`: all but credentials.
    All,
    /// These.
    Only(BTreeSet<String>),
}

/// Which records a rule speaks of.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RuleDomain {
    /// In Odoo's form, if it can be read so.
    pub(crate) odoo: Option<Domain>,
    /// As Frappe filters (all of them must hold), if it can be read so.
    pub(crate) frappe: Option<Filters>,
    /// Whether it speaks of the user as whom the call runs.
    pub(crate) personal: bool,
}

/// Whether rules hide something of what they open for reading.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Hides {
    /// A field, or a record.
    pub(crate) anything: bool,
    /// A record.
    pub(crate) records: bool,
}

impl Hides {
    pub(crate) fn add(&mut self, more: Self) {
        self.anything |= more.anything;
        self.records |= more.records;
    }
}

/// The table, or the link, that a path leads through.
pub(crate) fn table_of(path: &str) -> Option<&str> {
    path.split_once('.').map(|(table, _)| table)
}

/// Whether closed fields have this one among them: a table is closed with all its columns.
pub(crate) fn names(closed: &BTreeSet<String>, path: &str) -> bool {
    closed.contains(path) || table_of(path).is_some_and(|table| closed.contains(table))
}

impl FieldSet {
    pub(crate) fn has(&self, name: &str) -> bool {
        match self {
            Self::All => true,
            Self::Only(names) => names.contains(name),
        }
    }
}

impl RouteRule {
    /// The rule's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it takes instead of giving.
    pub fn denies(&self) -> bool {
        self.effect == Effect::Deny
    }

    /// The routes that it opens (or closes).
    pub fn routes(&self) -> &BTreeSet<RouteName> {
        &self.routes
    }
}

impl Rule {
    /// The rule's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it takes instead of giving.
    pub fn denies(&self) -> bool {
        self.effect == Effect::Deny
    }

    /// The models that it names; none if it speaks of all.
    pub fn models(&self) -> Option<&BTreeSet<Model>> {
        match &self.models {
            Models::All => None,
            Models::Named(models) => Some(models),
        }
    }

    /// The operations that it allows (or denies).
    pub fn operations(&self) -> &BTreeSet<Operation> {
        &self.operations
    }

    /// The methods that it allows by name.
    pub fn methods(&self) -> &BTreeSet<Method> {
        &self.methods
    }

    /// The fields of which it shows a mask only.
    pub fn masked(&self) -> impl Iterator<Item = &str> {
        self.masked.keys().map(String::as_str)
    }

    /// The fields that it names, to be read or written; none of them where it says `"*"`.
    pub fn named_fields(&self) -> BTreeSet<&str> {
        let sets = [Some(&self.fields), self.write_fields.as_ref()];
        let named = sets.into_iter().flatten().filter_map(|set| match set {
            FieldSet::All => None,
            FieldSet::Only(names) => Some(names),
        });
        named.flatten().map(String::as_str).collect()
    }

    /// Whether it opens (or closes) all fields, for reading or writing.
    pub fn opens_all_fields(&self) -> bool {
        self.fields == FieldSet::All || self.write_fields == Some(FieldSet::All)
    }

    /// Whether what only it allows waits until another person has approved it.
    pub fn demands_approval(&self) -> bool {
        self.approval
    }

    /// Whether it holds only where its models are reached over a link.
    pub fn is_only_through(&self) -> bool {
        self.through.is_some()
    }

    /// Whether it holds for some records only.
    pub fn has_domain(&self) -> bool {
        self.domain.is_some()
    }

    /// Whether it speaks of this model. `"*"` does not reach what is dangerous.
    pub(crate) fn speaks_of(&self, model: &Model, family: Family) -> bool {
        match &self.models {
            Models::All => {
                self.effect == Effect::Deny || !crate::danger::model(model.as_str(), family)
            }
            Models::Named(models) => models.contains(model),
        }
    }

    /// Whether it holds for this upstream, in this dialect and from this address.
    pub(crate) fn holds_for(&self, from: From<'_>) -> bool {
        self.upstream
            .as_ref()
            .is_none_or(|names| names.contains(from.upstream))
            && self
                .dialects
                .as_ref()
                .is_none_or(|dialects| dialects.contains(&from.dialect))
            && self.networks.have(from.address)
    }

    /// What it hides of what it opens for reading.
    pub(crate) fn hides(&self) -> Hides {
        match self.effect {
            Effect::Deny => Hides {
                anything: true,
                records: false,
            },
            _ if !self.operations.contains(&Operation::Read) => Hides::default(),
            Effect::Allow | Effect::Restrict => {
                let records = self.domain.is_some();
                let whole = self.fields == FieldSet::All && self.closes_nothing();
                Hides {
                    anything: records || !whole,
                    records,
                }
            }
        }
    }

    /// Whether it holds for calls that come over a link of this model; none for a call by itself.
    pub(crate) fn reached(&self, through: Option<&Model>) -> bool {
        match (&self.through, through) {
            (None, _) => true,
            (Some(models), Some(model)) => models.contains(model),
            (Some(_), None) => false,
        }
    }

    /// Whether a field may be read under this rule, by its name alone.
    pub(crate) fn reads(&self, field: &str) -> bool {
        field == "id" || (self.fields.has(field) && !self.closes(field))
    }

    /// Whether a field may be written under this rule, by its name alone.
    pub(crate) fn writes(&self, field: &str) -> bool {
        let set = self.write_fields.as_ref().unwrap_or(&self.fields);
        set.has(field) && !self.closes(field) && field != "id"
    }

    /// Whether the rule hides or masks a field, or a column behind a link or of a table, be it
    /// with the whole table.
    pub(crate) fn closes(&self, path: &str) -> bool {
        let closes = |path: &str| self.hidden.contains(path) || self.masked.contains_key(path);
        closes(path) || table_of(path).is_some_and(closes)
    }

    /// What is shown of a field instead of its value.
    pub(crate) fn mask(&self, path: &str) -> Option<Mask> {
        let mask = self.masked.get(path).copied();
        mask.filter(|_| !names(&self.hidden, path))
    }

    /// Whether nothing is hidden or masked of what `fields` opens.
    pub(crate) fn closes_nothing(&self) -> bool {
        self.hidden.is_empty() && self.masked.is_empty()
    }

    /// A link behind which the rule hides or masks something.
    pub(crate) fn closes_behind(&self, link: &str) -> Option<&str> {
        self.hidden
            .iter()
            .chain(self.masked.keys())
            .filter_map(|path| path.split_once('.'))
            .map(|(first, _)| first)
            .find(|first| *first == link)
    }
}
