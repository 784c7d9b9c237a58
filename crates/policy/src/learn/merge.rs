//! Copies put together again where that opens nothing more, and whether anything is open that
//! was not.

use std::collections::BTreeSet;

use portcullis_erp::Model;

use super::cases::Known;
use super::reduce::Work;
use super::{Draft, Lesson};
use crate::explain::cells;
use crate::operation::{Family, Operation};
use crate::rights::{self, Depth};
use crate::rule::{Effect, FieldSet, Models, Rule};

impl Work<'_, '_, '_> {
    /// Puts together the copies of one rule for one model, then those that differ in it only.
    pub(super) fn merge(&mut self) {
        for draft in &mut self.drafts {
            settle(&mut draft.rule);
        }
        for join in [of_one_model, of_models] {
            let mut at = 0;
            while at < self.drafts.len() {
                let mut other = at + 1;
                while other < self.drafts.len() {
                    if !self.joined(at, other, join) {
                        other += 1;
                    }
                }
                at += 1;
            }
        }
    }

    /// Puts two together if all calls are judged alike after that.
    fn joined(&mut self, at: usize, other: usize, join: fn(&Rule, &Rule) -> Option<Rule>) -> bool {
        let (Some(one), Some(two)) = (self.drafts.get(at), self.drafts.get(other)) else {
            return false;
        };
        let same = one.origin == two.origin && one.role.name() == two.role.name();
        let Some(rule) = join(&one.rule, &two.rule).filter(|_| same) else {
            return false;
        };
        let before = self.drafts.clone();
        self.drafts.remove(other);
        if let Some(draft) = self.drafts.get_mut(at) {
            draft.rule = rule;
        }
        if self.holds() {
            return true;
        }
        self.drafts = before;
        false
    }
}

fn changes(rule: &Rule) -> BTreeSet<Operation> {
    let changing = rule.operations.iter().copied();
    changing
        .filter(|one| !matches!(one, Operation::Read | Operation::Name | Operation::Delete))
        .collect()
}

/// Says nothing of what may be written where nothing is.
fn settle(rule: &mut Rule) {
    if changes(rule).is_empty() {
        rule.write_fields = Some(FieldSet::Only(BTreeSet::new()));
    }
}

fn holds_names(wide: &FieldSet, narrow: &FieldSet) -> bool {
    match (wide, narrow) {
        (FieldSet::All, FieldSet::All) => true,
        (FieldSet::Only(wide), FieldSet::Only(narrow)) => narrow.is_subset(wide),
        _ => false,
    }
}

/// Two rules for the same model as one, which opens no more than they do.
fn of_one_model(one: &Rule, other: &Rule) -> Option<Rule> {
    let writes = |rule: &Rule| !changes(rule).is_empty();
    let reads = |rule: &Rule| rule.operations.contains(&Operation::Read);
    let mut both = one.clone();
    both.operations.extend(other.operations.iter().copied());
    both.methods.extend(other.methods.iter().cloned());
    both.fields = match (reads(one), reads(other)) {
        _ if one.fields == other.fields => one.fields.clone(),
        (true, false) if holds_names(&one.fields, &other.fields) => one.fields.clone(),
        (false, true) if holds_names(&other.fields, &one.fields) => other.fields.clone(),
        _ => return None,
    };
    both.write_fields = match (writes(one), writes(other)) {
        _ if one.write_fields == other.write_fields => one.write_fields.clone(),
        (true, false) => one.write_fields.clone(),
        (false, true) => other.write_fields.clone(),
        _ => return None,
    };
    both.derived.extend(other.derived.iter().cloned());
    both.context.extend(other.context.iter().cloned());
    let mut with = other.clone();
    with.operations.clone_from(&both.operations);
    with.methods.clone_from(&both.methods);
    with.fields = both.fields.clone();
    with.write_fields.clone_from(&both.write_fields);
    with.derived.clone_from(&both.derived);
    with.context.clone_from(&both.context);
    with.name.clone_from(&both.name);
    (with == both).then_some(both)
}

/// Two rules that differ in their models only, as one.
fn of_models(one: &Rule, other: &Rule) -> Option<Rule> {
    let (Models::Named(ours), Models::Named(theirs)) = (&one.models, &other.models) else {
        return None;
    };
    let mut both = one.clone();
    both.models = Models::Named(ours.union(theirs).cloned().collect());
    let with = Rule {
        models: both.models.clone(),
        name: both.name.clone(),
        ..other.clone()
    };
    (with == both).then_some(both)
}

/// Suggested rules, those put together that are alike but for their fields.
pub(super) fn united(suggested: &[Rule]) -> Vec<Rule> {
    let mut united: Vec<Rule> = Vec::new();
    for rule in suggested {
        let mut rule = rule.clone();
        let written = rule.write_fields.take();
        rule.write_fields = Some(written.unwrap_or_else(|| rule.fields.clone()));
        settle(&mut rule);
        let alike = |known: &&mut Rule| {
            changes(known) == changes(&rule)
                && Rule {
                    name: rule.name.clone(),
                    operations: rule.operations.clone(),
                    methods: rule.methods.clone(),
                    fields: rule.fields.clone(),
                    write_fields: rule.write_fields.clone(),
                    derived: rule.derived.clone(),
                    context: rule.context.clone(),
                    ..(**known).clone()
                } == rule
        };
        match united.iter_mut().find(alike) {
            Some(known) => {
                known.operations.extend(rule.operations);
                known.methods.extend(rule.methods);
                known.derived.extend(rule.derived);
                known.context.extend(rule.context);
                extend(&mut known.fields, rule.fields);
                if let (Some(known), Some(more)) = (&mut known.write_fields, rule.write_fields) {
                    extend(known, more);
                }
            }
            None => united.push(rule),
        }
    }
    united
}

/// Takes up more fields.
pub(super) fn extend(known: &mut FieldSet, more: FieldSet) {
    match (known, more) {
        (FieldSet::Only(known), FieldSet::Only(more)) => known.extend(more),
        (known, FieldSet::All) => *known = FieldSet::All,
        (FieldSet::All, FieldSet::Only(_)) => {}
    }
}

/// What the copies open that the present roles do not, but for what was suggested.
pub(super) fn wider(lesson: &Lesson<'_>, drafts: &[Draft<'_>], known: &Known<'_>) -> Vec<String> {
    let suggested: BTreeSet<&Model> = drafts
        .iter()
        .filter(|draft| draft.origin.is_none())
        .filter_map(|draft| draft.rule.models())
        .flatten()
        .collect();
    let named = drafts.iter().filter_map(|draft| draft.rule.models());
    let models: BTreeSet<&Model> = named.flatten().collect();
    let facts = lesson.facts();
    let mut wider = BTreeSet::new();
    let mut places = BTreeSet::new();
    for sample in known.cases.iter().map(|case| case.sample) {
        // One of each kind of place: what a rule holds for is copied with it.
        if !places.insert((&sample.upstream, sample.dialect, sample.address)) {
            continue;
        }
        let present = lesson.policy.rules(lesson.principal);
        let present = present.filter(|held| held.rule.effect != Effect::Deny);
        let present = lesson.bench(sample, present, &facts);
        let held = drafts.iter().map(|draft| draft.role.held(&draft.rule));
        let learnt = lesson.bench(sample, held, &facts);
        for model in models.difference(&suggested).copied() {
            // Of a DocType whose fields are not known only those are told that rules name.
            if lesson.family == Family::Frappe && lesson.schema.model(model).is_none() {
                continue;
            }
            let was = rights::of(&present, model, Depth::Fields);
            let is = rights::of(&learnt, model, Depth::Fields);
            let (Ok(was), Ok(is)) = (was, is) else {
                continue;
            };
            let was = cells(model, &was);
            for cell in cells(model, &is).difference(&was) {
                let name = cell.name.as_deref().unwrap_or("");
                let operation = cell.operation.as_str();
                wider.insert(format!("{operation} {} {name}", cell.model));
            }
        }
    }
    wider.into_iter().collect()
}
