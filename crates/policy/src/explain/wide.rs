//! Everything that a call could need: fields that it may mean, operations, and what its links
//! lead to. It is opened only for a question to the judge, and cut down after that.

use std::collections::BTreeSet;

use portcullis_erp::{Model, Value};
use portcullis_identity::Networks;

use super::Case;
use super::grant::{Grant, Kept};
use super::tokens::Tokens;
use super::written::siblings;
use crate::bench::Held;
use crate::danger;
use crate::operation::{Family, Operation};
use crate::rule::Effect;

/// How many links away from the model of the call something may be opened.
const REACH: usize = 4;

/// Fields that calls use without naming them.
const IMPLICIT: &[&str] = &[
    "display_name",
    "name",
    "complete_name",
    "active",
    "parent_id",
    "currency_id",
    "sequence",
    "create_uid",
    "create_date",
    "write_uid",
    "write_date",
    "modified",
    "content",
    "is_private",
];

/// How far a suggestion may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Caution {
    /// Nothing dangerous, and only the records that are open now.
    Careful,
    /// Credentials and dangerous models too: only to say that it would take them.
    Reckless,
    /// All records: only to say that it would take them.
    AllRecords,
}

impl Case<'_> {
    /// Everything that the call could need. `rule` is the one that came closest.
    pub(super) fn wide(&self, rule: Option<&str>, caution: Caution) -> Vec<Grant> {
        let call = &self.question.call;
        let tokens = Tokens::of(call);
        let kept = self.kept(&call.model, rule, caution);
        let mut main = Grant::new(&call.model, None, kept);
        self.open(&mut main, &tokens, caution);
        if self.operation() == Operation::Call {
            main.operations = BTreeSet::from([Operation::Call]);
            main.methods.insert(call.method.clone());
            main.reports.extend(crate::frappe::reports::named(call));
            main.any_arguments = true;
        } else {
            main.operations = every_operation();
        }
        main.context = call.context.keys().cloned().collect();
        let mut grants = vec![main];
        match self.question.family {
            Family::Odoo => self.linked(&mut grants, &tokens, caution),
            Family::Frappe => self.named_doctypes(&mut grants, &tokens, caution),
        }
        grants
    }

    /// Opens all fields that the call may mean.
    fn open(&self, grant: &mut Grant, tokens: &Tokens, caution: Caution) {
        let family = self.question.family;
        let implicit = IMPLICIT.iter().map(|name| (*name).to_owned());
        let words = tokens.words.iter().cloned().chain(implicit);
        let mut names: BTreeSet<String> = match (family, self.question.schema.model(&grant.model)) {
            (Family::Odoo, Some(known)) => words
                .chain(known.rec_names_search.iter().cloned())
                .chain([known.rec_name().to_owned()])
                .filter(|name| known.field(name).is_some())
                .collect(),
            (Family::Odoo, None) => BTreeSet::new(),
            (Family::Frappe, _) => words.chain(tokens.paths.iter().cloned()).collect(),
        };
        names.remove("id");
        if caution != Caution::Reckless {
            names.retain(|name| {
                let column = name.rsplit('.').next().unwrap_or(name);
                !danger::credential(column) || self.lists(&grant.model, name)
            });
        }
        grant.write_fields.clone_from(&names);
        grant.fields.clone_from(&names);
        if family == Family::Odoo {
            grant.derived = names;
        }
    }

    /// Whether a rule lists this field by name.
    pub(super) fn lists(&self, model: &Model, field: &str) -> bool {
        self.held.iter().any(|held| {
            held.rule.effect == Effect::Allow
                && held.rule.speaks_of(model, self.question.family)
                && held.rule.named_fields().contains(field)
        })
    }

    /// Whether it takes a rule that names the model by hand.
    pub(super) fn is_closed(&self, model: &Model) -> bool {
        danger::model(model.as_str(), self.question.family) && !self.is_named(model)
    }

    /// Odoo: what the named links lead to, as far as they are followed.
    fn linked(&self, grants: &mut Vec<Grant>, tokens: &Tokens, caution: Caution) {
        let schema = self.question.schema;
        // What a reference names.
        let referred: Vec<Model> = tokens
            .texts
            .iter()
            .filter_map(|text| Model::new(text).ok())
            .filter(|model| schema.model(model).is_some())
            .collect();
        let mut from = vec![self.question.call.model.clone()];
        let mut seen: BTreeSet<(Model, Model)> = BTreeSet::new();
        for _ in 0..REACH {
            let mut next = Vec::new();
            for model in std::mem::take(&mut from) {
                let Some(known) = schema.model(&model) else {
                    continue;
                };
                let named = known.fields.iter().filter(|(name, _)| {
                    tokens.words.contains(name.as_str()) || IMPLICIT.contains(&name.as_str())
                });
                let targets = named.filter_map(|(_, facts)| facts.relation.clone());
                for target in targets.chain(referred.iter().cloned()) {
                    let closed = self.is_closed(&target) && caution != Caution::Reckless;
                    if closed || !seen.insert((model.clone(), target.clone())) {
                        continue;
                    }
                    let kept = self.kept(&target, None, caution);
                    let mut grant = Grant::new(&target, Some(&model), kept);
                    grant.operations.insert(Operation::Name);
                    // Of what is not known only names can be opened.
                    if schema.model(&target).is_some() {
                        self.open(&mut grant, tokens, caution);
                        grant.operations = every_operation();
                    }
                    grants.push(grant);
                    next.push(target);
                }
            }
            from = next;
        }
    }

    /// Frappe: other DocTypes that the call names.
    fn named_doctypes(&self, grants: &mut Vec<Grant>, tokens: &Tokens, caution: Caution) {
        let call = &self.question.call;
        let mut names: BTreeSet<String> = BTreeSet::new();
        for value in call.named.values() {
            doctypes(value, &mut names);
        }
        for name in ["attached_to_doctype", "doctype"] {
            let named = call.named.get(name).and_then(Value::as_str);
            names.extend(named.map(str::to_owned));
        }
        // Documents of several DocTypes in one call, and what something is attached to, are
        // judged as calls of their own; filters look over a link.
        let alone = !matches!(call.method.as_str(), "get_list" | "get_count" | "get");
        for model in names.iter().filter_map(|name| Model::new(name).ok()) {
            let closed = self.is_closed(&model) && caution != Caution::Reckless;
            if model == call.model || closed {
                continue;
            }
            let through = (!alone).then_some(&call.model);
            let mut grant = Grant::new(&model, through, self.kept(&model, None, caution));
            self.open(&mut grant, tokens, caution);
            grant.operations = every_operation();
            grants.push(grant);
        }
    }

    /// What is kept of the rule that came closest, fitted to where the call comes from.
    fn kept(&self, model: &Model, named: Option<&str>, caution: Caution) -> Kept {
        let Some(held) = self.closest(model, named) else {
            return Kept::default();
        };
        let (rule, asked) = (held.rule, self.question);
        let mut kept = Kept {
            domain: rule.domain.clone(),
            upstream: rule.upstream.clone(),
            dialects: rule.dialects.clone(),
            networks: rule.networks.clone(),
            max_rows: rule.max_rows,
            approval: rule.approval,
            masked: rule.masked.clone(),
        };
        if caution == Caution::AllRecords {
            kept.domain = None;
        }
        if let Some(names) = &mut kept.upstream
            && !names.contains(asked.upstream)
        {
            *names = BTreeSet::from([asked.upstream.clone()]);
        }
        if let Some(dialects) = &mut kept.dialects
            && !dialects.contains(&asked.dialect)
        {
            *dialects = siblings(asked.dialect);
        }
        if !kept.networks.have(asked.address) {
            kept.networks = Networks(vec![asked.address.into()]);
        }
        kept
    }

    /// The rule that came closest: of several the one that opens some records only.
    pub(super) fn closest(&self, model: &Model, named: Option<&str>) -> Option<Held<'_>> {
        let speaks = |held: &&Held<'_>| {
            held.rule.effect == Effect::Allow
                && held.rule.speaks_of(model, self.question.family)
                && held.rule.through.is_none()
        };
        let all = || self.held.iter().filter(speaks);
        let by_name = || all().find(|held| Some(held.full_name().as_str()) == named);
        let narrow = || all().find(|held| held.rule.domain.is_some());
        by_name().or_else(narrow).or_else(|| all().next()).copied()
    }
}

fn every_operation() -> BTreeSet<Operation> {
    let all = Operation::ALL.iter().copied();
    // What is sent to people is opened by hand.
    all.filter(|one| !matches!(one, Operation::Call | Operation::Mail))
        .collect()
}

/// Names that stand where DocTypes stand: in documents, and in front of conditions.
fn doctypes(value: &Value, names: &mut BTreeSet<String>) {
    match value {
        Value::Map(map) => {
            for (key, value) in map {
                match value {
                    Value::Text(text)
                        if matches!(
                            key.as_str(),
                            "doctype" | "parenttype" | "attached_to_doctype"
                        ) =>
                    {
                        names.insert(text.clone());
                    }
                    _ => doctypes(value, names),
                }
            }
        }
        Value::List(items) => {
            if let [Value::Text(name), _, _, _, ..] = items.as_slice() {
                names.insert(name.clone());
            }
            for item in items {
                doctypes(item, names);
            }
        }
        _ => {}
    }
}
