//! What may be wrong with a role that can be read: rules that never matter, rules that open
//! more than anybody means, names that the ERP does not have.

use std::collections::BTreeSet;

use portcullis_erp::Model;
use portcullis_identity::Networks;

use crate::danger;
use crate::operation::{Family, Operation};
use crate::role::Role;
use crate::rule::{Arguments, Effect, FieldSet, Models, Rule};
use crate::schema::{ModelSchema, Schema};

/// Something about a rule that its author should look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The rule's name.
    pub rule: String,
    /// What kind of thing it is.
    pub kind: FindingKind,
    /// What it is, in words.
    pub message: String,
}

/// What kind of thing was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FindingKind {
    /// The rule never decides anything.
    Unreachable,
    /// The rule opens more than one role should.
    OverWide,
    /// The ERP has no such model.
    UnknownModel,
    /// The model has no such field.
    UnknownField,
    /// What no rule allows is let pass until a date.
    Monitored,
}

impl FindingKind {
    /// In one word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::OverWide => "over-wide",
            Self::UnknownModel => "unknown-model",
            Self::UnknownField => "unknown-field",
            Self::Monitored => "monitored",
        }
    }
}

/// Operations that change something.
const CHANGES: &[Operation] = &[
    Operation::Create,
    Operation::Write,
    Operation::Delete,
    Operation::Submit,
    Operation::Cancel,
];

impl Role {
    /// What may be wrong with its rules; with a schema, whether the names are those of the ERP.
    pub fn lint(&self, known: Option<(Family, &Schema)>) -> Vec<Finding> {
        let mut findings = Vec::new();
        if let Some(end) = self.monitored_until() {
            findings.push(Finding {
                rule: "monitor-until".to_owned(),
                kind: FindingKind::Monitored,
                message: format!(
                    "until {end} what no rule allows is let pass and written down, if that is no more than 30 days off"
                ),
            });
        }
        for (at, rule) in self.rules().iter().enumerate() {
            let mut add = |kind, message: String| {
                findings.push(Finding {
                    rule: rule.name.clone(),
                    kind,
                    message,
                });
            };
            if let Some(message) = self.unreachable(at, rule) {
                add(FindingKind::Unreachable, message);
            }
            if rule.effect == Effect::Allow {
                wide(rule, known, &mut add);
            }
            if let Some((family, schema)) = known {
                unknown(rule, family, schema, &mut add);
            }
        }
        findings
    }

    /// Why a rule decides nothing.
    fn unreachable(&self, at: usize, rule: &Rule) -> Option<String> {
        if rule.effect != Effect::Allow {
            return None;
        }
        let denial = self.rules().iter().find(|denial| denies_all(denial, rule));
        if let Some(denial) = denial {
            return Some(format!(
                "everything that it allows is denied by `{}`",
                denial.name
            ));
        }
        let mut others = self.rules().iter().enumerate();
        let wider = others.find(|(other_at, other)| {
            // Of two that are the same the first stays.
            *other_at != at && covers(other, rule) && !(covers(rule, other) && *other_at > at)
        });
        wider.map(|(_, wider)| format!("`{}` allows all that it allows", wider.name))
    }
}

/// Whether nothing that a rule allows is left by a denial.
fn denies_all(denial: &Rule, rule: &Rule) -> bool {
    let whole = matches!(&denial.fields, FieldSet::Only(names) if names.is_empty());
    denial.effect == Effect::Deny
        && (whole || denial.fields == FieldSet::All)
        && denial.methods.is_empty()
        && holds_wherever(denial, rule)
        && names_all(&denial.models, &rule.models)
        && rule.operations.is_subset(&denial.operations)
}

/// Whether a rule allows all that another does.
fn covers(wide: &Rule, narrow: &Rule) -> bool {
    let written = |rule: &Rule| rule.write_fields.as_ref().unwrap_or(&rule.fields).clone();
    let any = wide.arguments == Arguments::Any || narrow.arguments == Arguments::Scalar;
    wide.effect == Effect::Allow
        // What waits for nobody is not what waits.
        && (!wide.approval || narrow.approval)
        && holds_wherever(wide, narrow)
        // What is dangerous is not among all models.
        && match (&wide.models, &narrow.models) {
            (Models::All, Models::Named(names)) => {
                names.iter().all(|name| !danger::of_any(name.as_str()))
            }
            (wide, narrow) => names_all(wide, narrow),
        }
        && narrow.operations.is_subset(&wide.operations)
        && narrow.methods.is_subset(&wide.methods)
        && narrow.reports.is_subset(&wide.reports)
        && any
        && has_all(&wide.fields, &narrow.fields)
        && has_all(&written(wide), &written(narrow))
        && wide.hidden.is_subset(&narrow.hidden)
        && wide.masked.is_empty()
        && narrow.derived.is_subset(&wide.derived)
        && (wide.domain.is_none() || wide.domain == narrow.domain)
        && (wide.through.is_none() || is_within(&narrow.through, &wide.through))
        && narrow.context.is_subset(&wide.context)
        && wide.max_rows.is_none_or(|most| narrow.max_rows.is_some_and(|rows| rows <= most))
}

/// Whether a rule holds wherever another does.
fn holds_wherever(wide: &Rule, narrow: &Rule) -> bool {
    is_within(&narrow.upstream, &wide.upstream)
        && is_within(&narrow.dialects, &wide.dialects)
        && (wide.networks == Networks::default() || wide.networks == narrow.networks)
}

/// Of two sets where none means everything.
fn is_within<T: Ord>(narrow: &Option<BTreeSet<T>>, wide: &Option<BTreeSet<T>>) -> bool {
    match (narrow, wide) {
        (_, None) => true,
        (None, Some(_)) => false,
        (Some(narrow), Some(wide)) => narrow.is_subset(wide),
    }
}

fn names_all(wide: &Models, narrow: &Models) -> bool {
    match (wide, narrow) {
        (Models::All, _) => true,
        (Models::Named(_), Models::All) => false,
        (Models::Named(wide), Models::Named(narrow)) => narrow.is_subset(wide),
    }
}

fn has_all(wide: &FieldSet, narrow: &FieldSet) -> bool {
    match (wide, narrow) {
        (FieldSet::All, FieldSet::All) => true,
        // Credentials and columns of tables are not among all fields.
        (FieldSet::All, FieldSet::Only(names)) => names
            .iter()
            .all(|name| !danger::credential(name) && !name.contains('.')),
        (FieldSet::Only(_), FieldSet::All) => false,
        (FieldSet::Only(wide), FieldSet::Only(narrow)) => narrow.is_subset(wide),
    }
}

/// Whether a rule opens more than one role should.
fn wide(rule: &Rule, known: Option<(Family, &Schema)>, add: &mut impl FnMut(FindingKind, String)) {
    let changes: Vec<&str> = CHANGES
        .iter()
        .filter(|operation| rule.operations.contains(operation))
        .map(|operation| operation.as_str())
        .collect();
    match &rule.models {
        Models::All => {
            if !changes.is_empty() {
                let changes = changes.join(", ");
                add(
                    FindingKind::OverWide,
                    format!("it allows {changes} on every model: name the models"),
                );
            }
        }
        Models::Named(models) => {
            if rule.fields != FieldSet::All {
                return;
            }
            for model in models {
                let secrets = known
                    .and_then(|(_, schema)| schema.model(model))
                    .map(secrets);
                let secrets = secrets.unwrap_or_default();
                if !secrets.is_empty() {
                    let secrets = secrets.join("`, `");
                    add(
                        FindingKind::OverWide,
                        format!(
                            "`fields = \"*\"` on `{model}`, which holds credentials (`{secrets}`): list the fields"
                        ),
                    );
                } else if danger::of_any(model.as_str()) {
                    add(
                        FindingKind::OverWide,
                        format!(
                            "`fields = \"*\"` on `{model}`, which is dangerous: list the fields"
                        ),
                    );
                }
            }
        }
    }
}

/// Fields of a model that hold credentials.
fn secrets(known: &ModelSchema) -> Vec<&str> {
    let names = known.fields.keys().map(|name| name.as_str());
    names.filter(|name| danger::credential(name)).collect()
}

/// Names that the ERP does not have.
fn unknown(
    rule: &Rule,
    family: Family,
    schema: &Schema,
    add: &mut impl FnMut(FindingKind, String),
) {
    let Models::Named(models) = &rule.models else {
        return;
    };
    let all: BTreeSet<&Model> = models.iter().chain(rule.through.iter().flatten()).collect();
    for model in all {
        if schema.model(model).is_none() && model.as_str() != portcullis_erp::Call::NO_MODEL {
            add(
                FindingKind::UnknownModel,
                format!("the schema has no model `{model}`"),
            );
        }
    }
    let mut named: BTreeSet<String> = rule.named_fields().into_iter().map(str::to_owned).collect();
    named.extend(rule.hidden.iter().cloned());
    named.extend(rule.derived.iter().cloned());
    named.extend(rule.masked.keys().cloned());
    match (&rule.domain, family) {
        (Some(domain), Family::Odoo) => {
            let paths = domain.odoo.iter().flat_map(|domain| domain.fields());
            named.extend(paths.map(|path| path.to_string()));
        }
        (Some(domain), Family::Frappe) => {
            let conditions = domain.frappe.iter().flat_map(|filters| &filters.all);
            named.extend(conditions.map(|condition| condition.field.as_str().to_owned()));
        }
        (None, _) => {}
    }
    let known: Vec<&Model> = models
        .iter()
        .filter(|model| schema.model(model).is_some())
        .collect();
    for path in named {
        // A rule may speak of several models, not all of which have every field.
        let has = known.iter().any(|model| has_path(schema, model, &path));
        if !has && !known.is_empty() && known.len() == models.len() {
            let models: Vec<&str> = known.iter().map(|model| model.as_str()).collect();
            add(
                FindingKind::UnknownField,
                format!("`{}` has no field `{path}`", models.join("`, `")),
            );
        }
    }
}

/// Whether a path leads to a field, as far as the models on it are known.
fn has_path(schema: &Schema, model: &Model, path: &str) -> bool {
    let (first, rest) = match path.split_once('.') {
        Some((first, rest)) => (first, Some(rest)),
        None => (path, None),
    };
    let Some(known) = schema.model(model) else {
        return true;
    };
    let Some(facts) = known.field(first) else {
        return first == "id";
    };
    match (rest, &facts.relation) {
        (None, _) | (_, None) => true,
        (Some(rest), Some(relation)) => has_path(schema, relation, rest),
    }
}
