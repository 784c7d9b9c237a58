//! Rights that nobody used: what is left of a rule by all who hold its role, and the role without
//! the rest. What records do not tell enough of is kept.

use std::collections::{BTreeMap, BTreeSet};

use portcullis_erp::Dialect;

use super::merge::extend;
use super::{Draft, Lesson, Sample, written};
use crate::explain::written as parts;
use crate::operation::Operation;
use crate::role::Role;
use crate::rule::{Effect, FieldSet, Models, RouteRule, Rule};

/// What was used of rules, by their names as `role/rule`.
#[derive(Debug, Clone, Default)]
pub struct Used {
    rules: BTreeMap<String, Rule>,
    /// The dialects in which a rule let something through itself.
    dialects: BTreeMap<String, BTreeSet<Dialect>>,
    routes: BTreeSet<String>,
    /// Calls of which only the rule is known that let them through.
    kept: BTreeSet<Sample>,
}

/// A part of a rule that nobody used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unused {
    /// The rule's name.
    pub rule: String,
    /// What kind of part: `rule`, `models`, `operations`, `methods`, `fields`, `write-fields`,
    /// `dialects`, `routes`.
    pub what: &'static str,
    /// The names that were not used; of a rule as a whole there is none.
    pub names: Vec<String>,
}

impl Used {
    /// Takes up what others used.
    pub fn add(&mut self, other: Self) {
        for (name, rule) in other.rules {
            self.take(&name, rule);
        }
        for (name, dialects) in other.dialects {
            self.dialects.entry(name).or_default().extend(dialects);
        }
        self.routes.extend(other.routes);
        self.kept.extend(other.kept);
    }

    /// Keeps what a call names of the rule that let it through: of a caller whose roles are not
    /// known no more can be told.
    pub fn keep(&mut self, sample: Sample) {
        if sample.operation == "visit" {
            self.routes.insert(sample.call.model);
        } else {
            self.kept.insert(sample);
        }
    }

    fn take(&mut self, name: &str, rule: Rule) {
        let Some(known) = self.rules.get_mut(name) else {
            self.rules.insert(name.to_owned(), rule);
            return;
        };
        match (&mut known.models, rule.models) {
            (Models::Named(known), Models::Named(more)) => known.extend(more),
            (Models::All, _) => {}
            (known, Models::All) => *known = Models::All,
        }
        known.operations.extend(rule.operations);
        known.methods.extend(rule.methods);
        known.derived.extend(rule.derived);
        known.context.extend(rule.context);
        known.masked.extend(rule.masked);
        extend(&mut known.fields, rule.fields);
        if let (Some(known), Some(more)) = (&mut known.write_fields, rule.write_fields) {
            extend(known, more);
        }
    }

    /// What is left of copies of rules.
    pub(super) fn of(drafts: &[Draft<'_>], samples: &BTreeMap<Sample, u64>) -> Self {
        let mut used = Self::default();
        for draft in drafts {
            if let Some(origin) = &draft.origin {
                used.take(origin, draft.rule.clone());
            }
        }
        for sample in samples.keys() {
            if sample.operation == "visit" {
                used.routes.insert(sample.call.model.clone());
            } else {
                let dialects = used.dialects.entry(sample.rule.clone()).or_default();
                dialects.insert(sample.dialect);
            }
        }
        used
    }

    /// What nobody used of a role, and the role without it.
    ///
    /// # Errors
    /// With what cannot be written as a role.
    pub fn unused(&self, role: &Role) -> Result<(Vec<Unused>, String), String> {
        let mut unused = Vec::new();
        let mut rules = Vec::new();
        for rule in role.rules() {
            let full = format!("{}/{}", role.name(), rule.name);
            if rule.effect != Effect::Allow {
                rules.push(rule.clone());
                continue;
            }
            let kept = self.kept.iter().filter(|sample| sample.rule == full);
            let kept: Vec<&Sample> = kept.collect();
            let mut left = self.rules.get(&full).cloned();
            if !kept.is_empty() {
                let left = left.get_or_insert_with(|| nothing_of(rule));
                kept.iter().for_each(|sample| keep(rule, left, sample));
            }
            let Some(left) = left else {
                unused.push(Unused {
                    rule: rule.name.clone(),
                    what: "rule",
                    names: Vec::new(),
                });
                continue;
            };
            let mut cut = Rule {
                name: rule.name.clone(),
                dialects: rule.dialects.clone(),
                ..left
            };
            // What was reached over links only has no dialect of its own.
            if let (Some(listed), Some(seen), true) =
                (&mut cut.dialects, self.dialects.get(&full), kept.is_empty())
            {
                let words: BTreeSet<_> =
                    seen.iter().filter_map(|one| parts::dialect(*one)).collect();
                listed.retain(|one| parts::dialect(*one).is_some_and(|word| words.contains(word)));
            }
            unused.extend(differences(rule, &cut));
            rules.push(cut);
        }
        let mut routes = Vec::new();
        for rule in role.route_rules() {
            let mut left: RouteRule = rule.clone();
            if !rule.denies() {
                left.routes
                    .retain(|route| self.routes.contains(route.as_str()));
            }
            let names: Vec<String> = rule
                .routes()
                .difference(left.routes())
                .map(ToString::to_string)
                .collect();
            if !names.is_empty() {
                unused.push(Unused {
                    rule: rule.name().to_owned(),
                    what: "routes",
                    names,
                });
            }
            if !left.routes().is_empty() {
                routes.push(left);
            }
        }
        let toml = written::whole(role, &rules, &routes)?;
        Ok((unused, toml))
    }
}

/// The same rule without what it opens.
fn nothing_of(rule: &Rule) -> Rule {
    let empty = || FieldSet::Only(BTreeSet::new());
    Rule {
        models: Models::Named(BTreeSet::new()),
        operations: BTreeSet::new(),
        methods: BTreeSet::new(),
        fields: empty(),
        write_fields: Some(empty()),
        ..rule.clone()
    }
}

/// Puts back what a call names.
fn keep(rule: &Rule, left: &mut Rule, sample: &Sample) {
    let named = portcullis_erp::Model::new(&sample.call.model).ok();
    match (&rule.models, &mut left.models) {
        (Models::Named(all), Models::Named(left)) => {
            left.extend(named.filter(|model| all.contains(model)));
        }
        (Models::All, left) => *left = Models::All,
        (Models::Named(_), Models::All) => {}
    }
    let operations = rule.operations.iter().copied();
    left.operations
        .extend(operations.filter(|one| one.as_str() == sample.operation));
    let methods = rule.methods.iter();
    let called = methods.filter(|method| method.as_str() == sample.call.method);
    left.methods.extend(called.cloned());
    // Of what was read and what was written a record does not always tell which was which.
    left.fields = rule.fields.clone();
    let written = rule.write_fields.as_ref().unwrap_or(&rule.fields);
    left.write_fields = Some(written.clone());
    left.derived.clone_from(&rule.derived);
    left.context.clone_from(&rule.context);
    left.masked.clone_from(&rule.masked);
}

/// What one rule has that what is left of it has not.
fn differences(rule: &Rule, left: &Rule) -> Vec<Unused> {
    let mut unused = Vec::new();
    let mut add = |what, names: Vec<String>| {
        if !names.is_empty() {
            unused.push(Unused {
                rule: rule.name.clone(),
                what,
                names,
            });
        }
    };
    match (&rule.models, &left.models) {
        (Models::Named(all), Models::Named(left)) => {
            add(
                "models",
                all.difference(left).map(ToString::to_string).collect(),
            );
        }
        (Models::All, Models::Named(left)) => {
            add("models", vec![but(left.iter().map(|one| one.as_str()))])
        }
        (_, Models::All) => {}
    }
    let operations = rule.operations.difference(&left.operations);
    add(
        "operations",
        operations.map(|one| one.as_str().to_owned()).collect(),
    );
    add(
        "methods",
        rule.methods
            .difference(&left.methods)
            .map(ToString::to_string)
            .collect(),
    );
    let reads = |rule: &Rule| rule.operations.contains(&Operation::Read);
    if reads(rule) && reads(left) {
        add("fields", fields(&rule.fields, &left.fields));
    }
    let changes = |rule: &Rule| {
        let changing = [Operation::Create, Operation::Write];
        changing.iter().any(|one| rule.operations.contains(one))
    };
    if let Some(left) = left.write_fields.as_ref().filter(|_| changes(left)) {
        add(
            "write-fields",
            fields(rule.write_fields.as_ref().unwrap_or(&rule.fields), left),
        );
    }
    if let (Some(all), Some(left)) = (&rule.dialects, &left.dialects) {
        let words = all.difference(left).filter_map(|one| parts::dialect(*one));
        let words: BTreeSet<&str> = words.collect();
        add("dialects", words.into_iter().map(str::to_owned).collect());
    }
    unused
}

fn fields(all: &FieldSet, left: &FieldSet) -> Vec<String> {
    match (all, left) {
        (FieldSet::Only(all), FieldSet::Only(left)) => all.difference(left).cloned().collect(),
        (FieldSet::All, FieldSet::Only(left)) => vec![but(left.iter().map(String::as_str))],
        (_, FieldSet::All) => Vec::new(),
    }
}

/// All of `"*"` but these.
fn but<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.collect();
    if names.is_empty() {
        "* (none was used)".to_owned()
    } else {
        format!("* but {}", names.join(", "))
    }
}

impl Lesson<'_> {
    /// How many of these calls the roles let through, as far as records tell.
    pub fn passing(&self, samples: &BTreeMap<Sample, u64>) -> u64 {
        let mut learnt = super::Learnt::default();
        let known = self.cases(samples, &mut learnt);
        let cases = known.cases.iter().filter(|case| case.permit.is_some());
        learnt.passing + cases.map(|case| case.count).sum::<u64>()
    }
}
