//! Recorded calls as calls that can be judged: of what values they may have had, the first that
//! the present roles let through.

use std::collections::BTreeMap;

use portcullis_erp::{Call, Value};

use super::{Learnt, Lesson, Sample};
use crate::bench::No;
use crate::decision::Reason;
use crate::explain::Remedy;
use crate::operation::Family;
use crate::permit::Permit;
use crate::policy::judged;
use crate::question::Question;
use crate::replay::Guess;
use crate::role::Role;
use crate::rule::{Rule, RuleDomain};
use crate::whom::UserFacts;

/// A call that can be judged again.
#[derive(Debug)]
pub(super) struct Case<'s> {
    pub(super) sample: &'s Sample,
    pub(super) count: u64,
    pub(super) call: Call,
    /// The judgement of the present roles; none where no rule of theirs lets it through.
    pub(super) permit: Option<Permit>,
}

/// What the samples are, taken together.
#[derive(Debug, Default)]
pub(super) struct Known<'s> {
    pub(super) cases: Vec<Case<'s>>,
    /// Calls of which a record does not tell enough: what they name is kept of their rule.
    pub(super) pins: Vec<&'s Sample>,
    /// Rules that are suggested for what no rule lets through.
    pub(super) suggested: Vec<Rule>,
}

impl Lesson<'_> {
    /// Makes cases of samples; says of the others why they are none.
    pub(super) fn cases<'s>(
        &self,
        samples: &'s BTreeMap<Sample, u64>,
        learnt: &mut Learnt,
    ) -> Known<'s> {
        let mut known = Known::default();
        let facts = self.facts();
        for (sample, count) in samples {
            let mut leave =
                |why: &str| *learnt.left_out.entry(why.to_owned()).or_default() += count;
            if sample.operation == "visit" {
                learnt.passing += count;
                continue;
            }
            match self.case(sample, &facts) {
                Ok((call, permit)) => known.cases.push(Case {
                    sample,
                    count: *count,
                    call,
                    permit: Some(permit),
                }),
                Err(Some(why)) if sample.monitored => leave(&why),
                Err(None) if sample.monitored => match self.suggested(sample) {
                    Ok((call, rules)) => {
                        known.suggested.extend(rules);
                        known.cases.push(Case {
                            sample,
                            count: *count,
                            call,
                            permit: None,
                        });
                    }
                    Err(why) => leave(&why),
                },
                Err(Some(why)) => {
                    *learnt.untold.entry(why).or_default() += count;
                    known.pins.push(sample);
                }
                Err(None) => leave("the present roles refuse it"),
            }
        }
        known
    }

    /// The call that a sample may have been, and the present roles' permit. Without a reason: they
    /// refuse it.
    fn case(&self, sample: &Sample, facts: &UserFacts) -> Result<(Call, Permit), Option<String>> {
        let mut first: Option<(Call, Permit)> = None;
        let mut values = false;
        for guess in self.guesses(sample) {
            let call = sample.call.guessed(self.family, self.schema, &guess);
            let call = call.map_err(|why| Some(why.to_owned()))?;
            let held = self.policy.rules(self.principal);
            let held = held.filter(|held| held.rule.effect != crate::rule::Effect::Deny);
            let bench = self.bench(sample, held, facts);
            match judged(&bench, call.clone()) {
                Ok(permit) if permit.rule() == sample.rule => return Ok((call, permit)),
                Ok(permit) => first = first.or(Some((call, permit))),
                Err(no) => match unknown(&no) {
                    Some(why) => return Err(Some(why)),
                    None => values |= no.reason == Reason::Values,
                },
            }
        }
        match first {
            Some(found) => Ok(found),
            None if values => Err(Some("it depends on values".to_owned())),
            None => Err(None),
        }
    }

    /// What the values may have been, the likeliest first.
    fn guesses(&self, sample: &Sample) -> Vec<Guess> {
        let held = self.policy.rules(self.principal);
        let mut domains = held.filter(|held| held.full_name() == sample.rule);
        let domain = domains.find_map(|held| held.rule.domain.as_ref());
        let wanted = domain.map(wanted).unwrap_or_default();
        let mut guesses = Vec::new();
        for wanted in [BTreeMap::new(), wanted] {
            for emptied in [false, true] {
                guesses.push(Guess {
                    emptied,
                    wanted: wanted.clone(),
                    plainest: true,
                });
            }
        }
        guesses
    }

    /// The narrowest rules for a call that no rule lets through; with the reason where there are
    /// none.
    fn suggested(&self, sample: &Sample) -> Result<(Call, Vec<Rule>), String> {
        let guess = Guess {
            plainest: true,
            ..Guess::default()
        };
        let call = sample.call.guessed(self.family, self.schema, &guess)?;
        let mut schema = self.schema.clone();
        schema.learn_user(self.login().clone(), self.facts());
        let question = Question {
            principal: self.principal,
            upstream: &sample.upstream,
            family: self.family,
            dialect: sample.dialect,
            address: sample.address,
            now: self.now,
            schema: &schema,
            uid: Some(1),
            login: self.login(),
            edition: portcullis_erp::Edition::Any,
            call: call.clone(),
        };
        match self.policy.explain(&question).remedy {
            Some(Remedy::Suggestion(suggestion)) => {
                let home = self.roles().next();
                let home = home.ok_or("the caller has no role that is known")?;
                let read = Role::from_toml(home.name().clone(), &suggestion.toml);
                let role = read.map_err(|_| "the suggestion cannot be read")?;
                Ok((call, role.rules().to_vec()))
            }
            Some(Remedy::None(why)) => Err(why),
            None => Err(
                "it cannot be said before the fields of its model are known (--schema)".to_owned(),
            ),
        }
    }
}

/// What must be known first.
fn unknown(no: &No) -> Option<String> {
    match (no.wants(), no.wants_user()) {
        (Some(model), _) => Some(format!("the fields of `{model}` are needed (--schema)")),
        (None, true) => Some("a rule speaks of the ERP user".to_owned()),
        (None, false) => None,
    }
}

/// Values that a domain wants, as far as its conditions name one.
fn wanted(domain: &RuleDomain) -> BTreeMap<String, Value> {
    let mut wanted = BTreeMap::new();
    let odoo = domain.odoo.as_ref().map(|domain| domain.to_value());
    let frappe = domain
        .frappe
        .as_ref()
        .map(|filters| filters.filters_value());
    for condition in [odoo, frappe].iter().flatten().filter_map(Value::as_list) {
        for leaf in condition.iter().filter_map(Value::as_list) {
            let [.., field, operator, value] = leaf else {
                continue;
            };
            let value = match (operator.as_str(), value) {
                (Some("="), value) => value.clone(),
                (Some("in"), Value::List(items)) => match items.first() {
                    Some(value) => value.clone(),
                    None => continue,
                },
                _ => continue,
            };
            let field = field.as_str().unwrap_or_default().to_owned();
            wanted.insert(field, value);
        }
    }
    wanted
}

/// Whether two permits do the same and show the same, but for an order that nobody asked for.
pub(super) fn alike(asked: &Call, one: &Permit, other: &Permit, sample: &Sample) -> bool {
    if one.operation() != other.operation() {
        return false;
    }
    if TOLD.contains(&asked.method.as_str()) {
        return true;
    }
    let sent = |permit: &Permit| {
        let mut call = permit.call.clone();
        for name in ["order", "order_by"] {
            if !asked.named.contains_key(name) {
                call.named.shift_remove(name);
            }
        }
        call
    };
    // Rows of a list hold what was named.
    let every = sample.call.how.iter().any(|word| word == "every");
    let named_only = matches!(asked.method.as_str(), "get_list") && !every;
    let guards = || {
        one.guards.len() == other.guards.len()
            && one
                .guards
                .iter()
                .zip(&other.guards)
                .all(|(one, other)| one.call == other.call && one.check == other.check)
    };
    sent(one) == sent(other) && guards() && (named_only || one.terms == other.terms)
}

/// Methods that tell what may be done, and tell less under a narrower role.
const TOLD: &[&str] = &[
    "fields_get",
    "default_get",
    "check_access_rights",
    "has_access",
    "check_access_rule",
    "check_field_access_rights",
    "get_meta",
    "frappe.client.has_permission",
];

impl Family {
    /// In one word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Odoo => "odoo",
            Self::Frappe => "frappe",
        }
    }
}
