//! Why a call is allowed or refused, rule by rule, and what would allow it.
//!
//! Nothing is worked out here a second time: the judge is asked with one rule after the other,
//! and a suggestion is found by asking it again and again with less. So what is suggested is
//! known to let the call pass, and that no part of it can be left out.

mod changes;
mod closure;
mod grant;
mod suggest;
mod tokens;
mod wide;
pub(crate) mod written;

use portcullis_erp::Call;

use crate::bench::{Bench, From, Held, No};
use crate::decision::Reason;
use crate::odoo::table;
use crate::operation::{Family, Operation};
use crate::pins::Pins;
use crate::policy::{Policy, decided};
use crate::question::Question;
use crate::role::Role;
use crate::rule::{Effect, Rule};
use crate::whom::Whom;

pub(crate) use changes::cells;
pub use closure::{Shown, Way};
pub use suggest::{Cell, Remedy, Suggestion};

/// What became of a call, and why.
#[derive(Debug)]
pub struct Explanation {
    /// Yes or no.
    pub outcome: Outcome,
    /// Every rule of the caller that speaks of the model, and what it says.
    pub rules: Vec<Said>,
    /// What would allow it, if it is refused.
    pub remedy: Option<Remedy>,
}

/// Yes or no, and by which rule.
#[derive(Debug)]
pub enum Outcome {
    /// Allowed.
    Allowed {
        /// The rule that decided, as `role/rule`.
        rule: String,
        /// What is done.
        operation: Operation,
        /// Whether it waits for an approval.
        approval: bool,
        /// What would be sent, guards first.
        sent: Vec<Call>,
    },
    /// Refused.
    Refused {
        /// The rule that came closest, as `role/rule`.
        rule: Option<String>,
        /// Why.
        reason: Reason,
        /// The field that it is about, where one is known.
        field: Option<String>,
        /// What the operator is told.
        advice: String,
    },
    /// It cannot be said before this model's fields are known; where none is named, before it is
    /// known who the ERP user is.
    Unknown(Option<portcullis_erp::Model>),
}

/// What one rule says of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// The rule, as `role/rule`.
    pub rule: String,
    /// Whether it decided.
    pub decides: bool,
    /// Why it does not allow the call; none where it does.
    pub why: Option<String>,
}

impl Policy {
    /// Why a call is allowed or refused, and what would allow it.
    pub fn explain(&self, question: &Question<'_>) -> Explanation {
        let case = Case::new(self, question);
        let judged = case.judge(&[]);
        let rules = case.rules_say(judged.as_ref().ok().map(|permit| permit.rule()));
        match judged {
            Ok(permit) => {
                let sent = permit.guards().chain([&permit.call]).cloned().collect();
                Explanation {
                    outcome: Outcome::Allowed {
                        rule: permit.rule().to_owned(),
                        operation: permit.operation(),
                        approval: permit.demands_approval(),
                        sent,
                    },
                    rules,
                    remedy: None,
                }
            }
            Err(no) => match &no.wants {
                Some(_) => Explanation {
                    outcome: Outcome::Unknown(no.wants().cloned()),
                    rules,
                    remedy: None,
                },
                None => Explanation {
                    remedy: Some(case.remedy(&no)),
                    rules,
                    outcome: Outcome::Refused {
                        rule: no.rule.clone(),
                        reason: no.reason,
                        field: no.fault.field.as_deref().map(str::to_owned),
                        advice: no.advice.clone(),
                    },
                },
            },
        }
    }
}

/// One call, and everything that it is judged with.
pub(crate) struct Case<'a> {
    pub(super) policy: &'a Policy,
    pub(super) question: &'a Question<'a>,
    pub(super) held: Vec<Held<'a>>,
}

impl<'a> Case<'a> {
    fn new(policy: &'a Policy, question: &'a Question<'a>) -> Self {
        Self {
            policy,
            question,
            held: policy.rules(question.principal).collect(),
        }
    }

    /// From where the call comes, as far as rules ask.
    fn from(&self) -> From<'a> {
        From {
            upstream: self.question.upstream,
            dialect: self.question.dialect,
            address: self.question.address,
        }
    }

    /// The judgement with these rules as well, tried before all others.
    pub(super) fn judge(&self, more: &[Rule]) -> Result<crate::permit::Permit, No> {
        let nothing = Pins::default();
        let home = self.home();
        let first = self.question.principal.roles().first();
        let more = more.iter().zip(first.into_iter().cycle());
        let more = more.map(|(rule, role)| Held {
            role,
            rule,
            caps: home.map(|role| *role.caps()).unwrap_or_default(),
            pins: home.map_or(&nothing, Role::pins),
        });
        self.judge_with(more.collect())
    }

    /// The judgement where these are tried before all others.
    fn judge_with(&self, first: Vec<Held<'_>>) -> Result<crate::permit::Permit, No> {
        let asked = self.question;
        let mut loose = first;
        loose.extend(self.policy.denials(asked.principal.roles()));
        let roles = self.policy.roles_of(asked.principal).collect();
        let known = asked.schema.user(asked.login);
        let whom = Whom::somebody(asked.family, asked.uid, asked.login, known);
        let bench = Bench::new((asked.family, asked.schema), self.from(), roles, loose);
        let bench = bench.about(asked.edition.clone()).running_as(whom);
        decided(bench, asked.call.clone())
    }

    /// The role to which a rule would be added: that of the closest rule, or the first.
    pub(super) fn home(&self) -> Option<&'a Role> {
        let roles = self.question.principal.roles();
        roles.iter().find_map(|name| self.policy.role(name))
    }

    /// What is done by the call, as far as its method tells.
    pub(super) fn operation(&self) -> Operation {
        let call = &self.question.call;
        let method = call.method.as_str();
        let sends = match self.question.family {
            Family::Odoo => crate::odoo::mail::known(method),
            Family::Frappe => crate::frappe::mail::known(method),
        };
        if sends {
            return Operation::Mail;
        }
        match self.question.family {
            Family::Odoo => match table::known(call.model.as_str(), call.method.as_str()) {
                Some(known)
                    if known.kind == table::Kind::WebSave
                        && call.ids.as_ref().is_none_or(Vec::is_empty) =>
                {
                    Operation::Create
                }
                Some(known) => known.operation,
                None => Operation::Call,
            },
            Family::Frappe => {
                crate::frappe::operation(call.method.as_str()).unwrap_or(Operation::Call)
            }
        }
    }

    /// Whether some rule names this model itself.
    pub(super) fn is_named(&self, model: &portcullis_erp::Model) -> bool {
        self.held.iter().any(|held| {
            held.rule.effect == Effect::Allow
                && held
                    .rule
                    .models()
                    .is_some_and(|models| models.contains(model))
        })
    }

    fn rules_say(&self, decided: Option<&str>) -> Vec<Said> {
        let call = &self.question.call;
        let operation = self.operation();
        let family = self.question.family;
        let speaking = self.held.iter();
        let speaking = speaking.filter(|held| held.rule.speaks_of(&call.model, family));
        let mut said = Vec::new();
        for held in speaking {
            let name = held.full_name();
            let rule = held.rule;
            let holds = rule.holds_for(self.from());
            let decides = decided == Some(name.as_str());
            let why = if decides {
                None
            } else if !holds {
                Some("it holds for other upstreams, dialects or addresses".to_owned())
            } else if rule.denies() {
                let whole = rule.operations.contains(&operation);
                whole
                    .then(|| "it denies this operation, or fields of it".to_owned())
                    .or_else(|| Some("it denies other operations".to_owned()))
            } else if !rule.operations.contains(&operation) {
                let names: Vec<&str> = rule.operations.iter().map(|one| one.as_str()).collect();
                Some(format!(
                    "it allows {}, not {}",
                    names.join(", "),
                    operation.as_str()
                ))
            } else if rule.through.is_some() {
                Some("it holds only where the model is reached over a link".to_owned())
            } else {
                self.alone(held)
            };
            said.push(Said {
                rule: name,
                decides,
                why,
            });
        }
        said
    }

    /// Why a rule does not allow the call, all others being there as well.
    fn alone(&self, first: &Held<'a>) -> Option<String> {
        match self.judge_with(vec![*first]) {
            Ok(permit) if first.rule.approval && !permit.demands_approval() => {
                Some("it demands approval; another rule allows the call without".to_owned())
            }
            Ok(_) => Some("it allows the call as well; another rule stands before it".to_owned()),
            Err(no) => Some(no.advice),
        }
    }
}
