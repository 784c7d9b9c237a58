//! The narrowest rule that would let a call pass: first everything that the call could need is
//! opened, then whatever it passes without is taken out again.

use std::collections::BTreeSet;

use super::Case;
use super::grant::{Grant, Part};
use super::wide::Caution;
use crate::bench::No;
use crate::danger;
use crate::decision::Reason;
use crate::egress;
use crate::operation::Operation;
use crate::permit::Permit;
use crate::policy::Policy;
use crate::role::Role;
use crate::rule::{Effect, Rule};

/// What would allow a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Remedy {
    /// These rules, added to a role.
    Suggestion(Suggestion),
    /// Nothing that could be added; this is why.
    None(String),
}

/// Rules that would let a call pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suggestion {
    /// The role to which they are to be added.
    pub role: String,
    /// The rules, as they are written.
    pub toml: String,
    /// The same in words.
    pub prose: String,
    /// What they open, with what the call itself names.
    pub opens: BTreeSet<Cell>,
}

/// One thing that may be done: a cell of the matrix of rights.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cell {
    /// The model.
    pub model: String,
    /// What is done with it.
    pub operation: Operation,
    /// The field or the method; none for the operation itself.
    pub name: Option<String>,
}

/// What is taken out, in this order: what opens most comes first.
const STEPS: &[fn(&Grant) -> Vec<Part>] = &[
    |_| vec![Part::Whole],
    |grant| {
        use Operation::{Call, Cancel, Create, Delete, Name, Read, Submit, Write};
        // The last is tried first.
        let order = [Name, Read, Call, Create, Write, Submit, Cancel, Delete];
        let is_in = |one: &Operation| grant.operations.contains(one);
        order
            .into_iter()
            .filter(is_in)
            .map(Part::Operation)
            .collect()
    },
    |_| vec![Part::AnyArguments],
    |grant| vec![Part::Fields(grant.fields.iter().cloned().collect())],
    |grant| vec![Part::Derived(grant.derived.iter().cloned().collect())],
    |grant| {
        vec![Part::WriteFields(
            grant.write_fields.iter().cloned().collect(),
        )]
    },
    |grant| grant.context.iter().cloned().map(Part::Context).collect(),
];

impl Case<'_> {
    /// What would allow the call.
    pub(super) fn remedy(&self, no: &No) -> Remedy {
        if let Some(why) = self.hopeless(no) {
            return Remedy::None(why);
        }
        let rule = no.rule.as_deref();
        let wide = self.wide(rule, Caution::Careful);
        let Err(last) = self.passes(&wide) else {
            let least = self.least(wide);
            return match (self.passes(&least), self.home()) {
                (Ok(permit), Some(role)) => Remedy::Suggestion(self.said(&least, &permit, role)),
                _ => Remedy::None("the caller has no role that is known".to_owned()),
            };
        };
        if let Some(model) = last.wants() {
            return Remedy::None(format!("the fields of `{model}` must be known first"));
        }
        if last.wants_user() {
            return Remedy::None("it must be known first who the ERP user is".to_owned());
        }
        // What it would take is said, and is for nobody to be given by a suggestion.
        let reckless = self.wide(rule, Caution::Reckless);
        if self.passes(&reckless).is_ok() {
            return Remedy::None(self.too_much(reckless));
        }
        if self.passes(&self.wide(rule, Caution::AllRecords)).is_ok() {
            return Remedy::None(format!(
                "it takes a rule for all records, and the role opens some of them only: {}",
                last.advice
            ));
        }
        Remedy::None(match last.reason {
            Reason::Cap => format!("{}; ask in several calls, or raise that cap", last.advice),
            _ => format!("no rule that could be added allows it: {}", last.advice),
        })
    }

    /// Why nothing that is added could or should allow the call.
    fn hopeless(&self, no: &No) -> Option<String> {
        let call = &self.question.call;
        let (model, method) = (&call.model, call.method.as_str());
        match no.reason {
            Reason::Denied => {
                let denial = self.held.iter().find(|held| {
                    held.rule.effect == Effect::Deny
                        && held.rule.speaks_of(model, self.question.family)
                });
                let name =
                    denial.map_or_else(String::new, |held| format!(" `{}`", held.full_name()));
                return Some(format!(
                    "what a rule denies no other rule allows: the rule{name} would have to deny less"
                ));
            }
            Reason::PrivateMethod => {
                return Some(format!(
                    "`{method}` is private to the ERP; nothing can allow it"
                ));
            }
            Reason::Missing => {
                return Some("the record is not there, or the rule's domain does not hold for it; which of the two is not told".to_owned());
            }
            _ => {}
        }
        if self.is_closed(model) {
            return Some(format!(
                "`{model}` is dangerous: it makes credentials, runs code, or holds copies of what other models hide; whoever needs it writes a rule by hand that names it"
            ));
        }
        let sends = match self.operation() {
            Operation::Mail => true,
            Operation::Call => egress::method(method, self.question.family),
            _ => false,
        };
        if sends {
            return Some(format!(
                "`{method}` sends something to people: whoever needs it names the operation `mail` by hand, in a rule that opens what is told of the record"
            ));
        }
        if self.operation() == Operation::Call && danger::method(method, self.question.family) {
            return Some(format!(
                "`{method}` is dangerous: it sends mail, makes credentials, or takes names of models and fields as arguments; whoever needs it lists it by hand in a rule that names `{model}`"
            ));
        }
        None
    }

    fn passes(&self, grants: &[Grant]) -> Result<Permit, No> {
        let rules: Vec<Rule> = grants.iter().map(|grant| grant.rule("suggested")).collect();
        self.judge(&rules)
    }

    /// Takes out whatever the call passes without. What is behind links comes first.
    fn least(&self, mut grants: Vec<Grant>) -> Vec<Grant> {
        for at in (0..grants.len()).rev() {
            for step in STEPS {
                let Some(grant) = grants.get(at) else { break };
                let mut parts = step(grant);
                while let Some(part) = parts.pop() {
                    let mut fewer = grants.clone();
                    if let Some(grant) = fewer.get_mut(at) {
                        *grant = grant.without(&part);
                    }
                    if self.passes(&fewer).is_ok() {
                        grants = fewer;
                    } else {
                        parts.extend(part.halves());
                    }
                }
            }
        }
        grants.retain(|grant| !grant.is_empty());
        grants
    }

    /// What a reckless rule would have to open.
    fn too_much(&self, reckless: Vec<Grant>) -> String {
        let mut takes: BTreeSet<String> = BTreeSet::new();
        for grant in self.least(reckless) {
            if self.is_closed(&grant.model) {
                takes.insert(format!("`{}`, which is dangerous", grant.model));
            }
            for name in grant.fields.union(&grant.write_fields) {
                let column = name.rsplit('.').next().unwrap_or(name);
                if danger::credential(column) && !self.lists(&grant.model, name) {
                    takes.insert(format!(
                        "`{name}` of `{}`, which holds a credential",
                        grant.model
                    ));
                }
            }
        }
        let takes: Vec<String> = takes.into_iter().collect();
        format!(
            "it takes {}: whoever needs that writes a rule by hand that names it",
            takes.join(" and ")
        )
    }

    fn said(&self, grants: &[Grant], permit: &Permit, role: &Role) -> Suggestion {
        let mut names: BTreeSet<String> = role
            .rules()
            .iter()
            .map(|rule| rule.name().to_owned())
            .collect();
        let mut suggestion = Suggestion {
            role: role.name().to_string(),
            toml: String::new(),
            prose: String::new(),
            opens: BTreeSet::new(),
        };
        let mut prose = Vec::new();
        for grant in grants {
            let name = grant.name(&names);
            if !suggestion.toml.is_empty() {
                suggestion.toml.push('\n');
            }
            suggestion.toml.push_str(&grant.to_toml(&name));
            suggestion.opens.extend(grant.cells());
            prose.push(grant.prose());
            names.insert(name);
        }
        // Behind a link that was closed stands the link itself, which the call names.
        let shape = permit.shape();
        let named = shape
            .fields
            .iter()
            .chain(shape.domain.iter().map(|(path, _)| path));
        for field in named.filter_map(|path| path.split(['.', '/']).next()) {
            suggestion.opens.insert(Cell {
                model: self.question.call.model.to_string(),
                operation: permit.operation(),
                name: Some(field.to_owned()),
            });
        }
        let shows_nothing = permit.operation() == Operation::Read
            && grants.first().is_some_and(|grant| grant.fields.is_empty());
        suggestion.prose = format!(
            "Add to the role `{}` {}.",
            role.name(),
            prose.join("; and ")
        );
        if shows_nothing {
            suggestion.prose.push_str(" The call names no field, so it would be shown ids only: list in `fields` what it should see.");
        }
        if grants.iter().any(|grant| grant.any_arguments) {
            suggestion.prose.push_str(" The method would take any arguments, and its answer would not be looked at: see first what it does with them.");
        }
        if grants
            .first()
            .is_some_and(|grant| grant.kept.domain.is_none())
        {
            suggestion
                .prose
                .push_str(" It holds for all records: give it a `domain` if only some are meant.");
        }
        suggestion
    }
}

impl Suggestion {
    /// A policy to whose role the rules were added.
    ///
    /// # Errors
    /// With what is wrong, where the rules cannot be read.
    pub fn applied(&self, policy: &Policy) -> Result<Policy, String> {
        let roles = policy.roles().map(|role| {
            if role.name().as_str() != self.role {
                return Ok(role.clone());
            }
            role.with(&self.toml).map_err(|errors| {
                let errors: Vec<String> = errors.iter().map(ToString::to_string).collect();
                errors.join("; ")
            })
        });
        let roles: Result<Vec<Role>, String> = roles.collect();
        Ok(Policy::new(policy.version(), roles?).permitting(policy.permissions().to_vec()))
    }
}
