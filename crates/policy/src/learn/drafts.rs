//! The copies that parts are taken out of: of each rule one for each model, and where it both
//! makes and changes records, one more for either.

use std::collections::BTreeSet;

use portcullis_erp::Model;

use super::cases::Known;
use super::{Draft, Lesson};
use crate::danger;
use crate::operation::{Family, Operation};
use crate::rule::{Effect, FieldSet, Models, Rule};

/// How many links away from the models of calls a rule for every model is looked at.
const REACH: usize = 5;

impl<'a> Lesson<'a> {
    /// Copies of the caller's rules, in their order.
    pub(super) fn drafts(&self, known: &Known<'_>, named: &BTreeSet<String>) -> Vec<Draft<'a>> {
        let reached = self.reached(known, named);
        let mut drafts = Vec::new();
        for role in self.roles() {
            let allowing = role.rules().iter();
            for rule in allowing.filter(|rule| rule.effect == Effect::Allow) {
                let origin = Some(format!("{}/{}", role.name(), rule.name));
                let mut add = |rule: Rule| {
                    drafts.push(Draft {
                        origin: origin.clone(),
                        rule,
                        role,
                    });
                };
                match &rule.models {
                    Models::Named(models) => {
                        for model in models {
                            of_model(rule, model, &mut add);
                        }
                    }
                    Models::All => {
                        let harmless = |model: &&Model| !danger::model(model.as_str(), self.family);
                        let mut narrow = rule.clone();
                        // Whoever may send what is in every model names none of them by that.
                        narrow.operations.remove(&Operation::Mail);
                        narrow
                            .methods
                            .retain(|method| !danger::method(method.as_str(), self.family));
                        for model in reached.iter().filter(harmless) {
                            of_model(&narrow, model, &mut add);
                        }
                        add(explicit(rule));
                    }
                }
            }
        }
        drafts
    }

    /// The models of the calls, and those that the named fields lead to or come from.
    fn reached(&self, known: &Known<'_>, named: &BTreeSet<String>) -> BTreeSet<Model> {
        let calls = known.cases.iter().map(|case| case.call.model.clone());
        let pinned = known.pins.iter();
        let pinned = pinned.filter_map(|sample| Model::new(&sample.call.model).ok());
        let mut reached: BTreeSet<Model> = calls.chain(pinned).collect();
        let doctypes = known.cases.iter().flat_map(|case| &case.sample.call.how);
        let doctypes = doctypes.filter_map(|word| Model::new(word.strip_prefix("doctype ")?).ok());
        reached.extend(doctypes);
        if self.family == Family::Frappe {
            return reached;
        }
        let mut from: Vec<Model> = reached.iter().cloned().collect();
        let mut words = named.clone();
        words.insert("display_name".to_owned());
        for _ in 0..REACH {
            let mut next = Vec::new();
            for model in std::mem::take(&mut from) {
                let Some(facts) = self.schema.model(&model) else {
                    continue;
                };
                words.insert(facts.rec_name().to_owned());
                words.extend(facts.rec_names_search.iter().cloned());
                let mut sources: BTreeSet<String> = BTreeSet::new();
                for (name, field) in &facts.fields {
                    if words.contains(name.as_str()) {
                        let paths = field.depends.iter().chain(&field.related);
                        sources.extend(paths.flat_map(|path| path.split('.')).map(str::to_owned));
                    }
                }
                words.extend(sources);
                for (name, field) in &facts.fields {
                    if words.contains(name.as_str())
                        && let Some(relation) = &field.relation
                        && reached.insert(relation.clone())
                    {
                        next.push(relation.clone());
                    }
                }
            }
            from = next;
        }
        reached
    }
}

/// The copies of a rule for one of its models, the whole one first.
fn of_model(rule: &Rule, model: &Model, add: &mut impl FnMut(Rule)) {
    let mut copy = explicit(rule);
    copy.models = Models::Named(BTreeSet::from([model.clone()]));
    let changes = [Operation::Create, Operation::Write];
    let both = changes.iter().all(|one| copy.operations.contains(one));
    add(copy.clone());
    if both {
        for one in changes {
            let mut alone = copy.clone();
            alone.operations = BTreeSet::from([one]);
            alone.methods.clear();
            add(alone);
        }
    }
}

/// The same rule with what may be written said by itself.
fn explicit(rule: &Rule) -> Rule {
    let mut rule = rule.clone();
    let written = rule.write_fields.take();
    rule.write_fields = Some(written.unwrap_or_else(|| rule.fields.clone()));
    rule
}

/// The fields that `"*"` stands for, as far as they are known: no credentials.
pub(super) fn all_fields(lesson: &Lesson<'_>, rule: &Rule, named: &BTreeSet<String>) -> FieldSet {
    let plain = |name: &String| !name.contains('.') && !danger::credential(name);
    let known: BTreeSet<String> = match (&rule.models, lesson.family) {
        (Models::Named(models), Family::Odoo) => models
            .iter()
            .filter_map(|model| lesson.schema.model(model))
            .flat_map(|facts| facts.fields.keys().map(|name| name.as_str().to_owned()))
            .collect(),
        // Who lists the fields of a file by name may set what it is attached to by a document.
        (Models::Named(models), Family::Frappe)
            if models.iter().any(|model| model.as_str() == "File") =>
        {
            return FieldSet::All;
        }
        (Models::Named(_), Family::Frappe) => named.clone(),
        (Models::All, _) => return FieldSet::All,
    };
    FieldSet::Only(known.into_iter().filter(plain).collect())
}
