//! Least privilege by learning: from calls that were let through, the narrowest roles under which
//! they are let through alike.
//!
//! Nothing is invented. The present rules are copied, one copy for each model, and whatever the
//! recorded calls are judged alike without is taken out of the copies: so no part of a learnt role
//! is wider than the rule that it comes from, and the judge itself says that the calls still pass.
//! Alike means by a copy of the same rule, sent in the same words, and on the same terms for the
//! answer; an order that nobody asked for may be another.
//!
//! Only what a monitored role let pass has no rule to be copied: for that the narrowest rule is
//! suggested, as `policy explain` does, and nothing is suggested for what is dangerous.

mod cases;
mod drafts;
mod merge;
mod reduce;
mod unused;
mod written;

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use portcullis_erp::Dialect;
use portcullis_identity::{ErpLogin, Principal, RoleName, Timestamp, UpstreamName};

use crate::bench::{Bench, From};
use crate::caps::Caps;
use crate::operation::Family;
use crate::pins::Pins;
use crate::policy::Policy;
use crate::replay::Recorded;
use crate::role::Role;
use crate::rule::{Effect, RouteRule, Rule};
use crate::schema::Schema;
use crate::whom::{UserFacts, Whom};

pub use unused::{Unused, Used};

/// A call that was let through, and how often it was made so.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sample {
    /// What its record tells.
    pub call: Recorded,
    /// What it was taken for, as records say it.
    pub operation: String,
    /// The rule that let it through, as `role/rule`.
    pub rule: String,
    /// Whether no rule did: it was let through by a role that is monitored.
    pub monitored: bool,
    /// Of which ERP.
    pub upstream: UpstreamName,
    /// In which dialect.
    pub dialect: Dialect,
    /// From where.
    pub address: IpAddr,
}

/// Whose calls they are, and what is known.
#[derive(Debug, Clone, Copy)]
pub struct Lesson<'a> {
    /// The roles as they are.
    pub policy: &'a Policy,
    /// The caller.
    pub principal: &'a Principal,
    /// Which kind of ERP it is.
    pub family: Family,
    /// What is known of its models.
    pub schema: &'a Schema,
    /// When it is learnt.
    pub now: Timestamp,
}

/// What was learnt.
#[derive(Debug, Clone, Default)]
pub struct Learnt {
    /// The roles: one, unless the caller's roles differ in what they fix of the context or in
    /// their caps.
    pub roles: Vec<LearntRole>,
    /// How many calls pass under them, as far as records tell.
    pub passing: u64,
    /// How many calls there were.
    pub calls: u64,
    /// Calls of which a record does not tell enough, by the reason: what they name is kept.
    pub untold: BTreeMap<String, u64>,
    /// Calls that are not let through by the present roles, by the reason: they are not covered.
    pub left_out: BTreeMap<String, u64>,
    /// What the roles would open that is not open now, but for what monitored calls ask for.
    pub wider: Vec<String>,
    /// What was used of the present rules.
    pub used: Used,
}

/// A role that was learnt.
#[derive(Debug, Clone)]
pub struct LearntRole {
    /// The text of its file, without the comment at its head.
    pub toml: String,
    /// The present roles that it stands for.
    pub instead_of: BTreeSet<String>,
    /// Dialects and addresses that were seen, for who wants to bind it to them.
    pub dialects: BTreeSet<&'static str>,
    /// The same of addresses.
    pub addresses: BTreeSet<IpAddr>,
}

/// A copy of a rule, from which parts are taken.
#[derive(Debug, Clone)]
struct Draft<'a> {
    /// The rule that it is a copy of, as `role/rule`; none where it was suggested.
    origin: Option<String>,
    rule: Rule,
    role: &'a Role,
}

impl<'a> Lesson<'a> {
    /// The narrowest roles under which these calls pass. The numbers say how often each was made.
    ///
    /// # Errors
    /// With what cannot be written as a role.
    pub fn learn(&self, samples: &BTreeMap<Sample, u64>) -> Result<Learnt, String> {
        let mut learnt = Learnt {
            calls: samples.values().sum(),
            ..Learnt::default()
        };
        let known = self.cases(samples, &mut learnt);
        let mut bench = reduce::Work::new(self, known, &mut learnt);
        bench.reduce();
        learnt.wider = bench.wider();
        if !learnt.wider.is_empty() {
            // What one rule shows another hides: then all that say what is hidden are kept.
            bench = bench.anew();
            bench.reduce();
            learnt.wider = bench.wider();
        }
        learnt.used = Used::of(&bench.drafts, samples);
        bench.merge();
        let (drafts, passing) = bench.end();
        learnt.passing = passing;
        learnt.roles = self.written(&drafts, samples)?;
        Ok(learnt)
    }

    /// As whom the calls run. Any user does: which records a rule opens to it makes no difference.
    fn facts(&self) -> UserFacts {
        UserFacts {
            name: Some(self.login().as_str().to_owned()),
            partner_id: Some(1),
            company_ids: vec![1],
        }
    }

    fn login(&self) -> &'a ErpLogin {
        self.principal.erp_login()
    }

    /// The bench at which a call is judged, with these rules and the caller's denials.
    fn bench<'b>(
        &self,
        sample: &'b Sample,
        held: impl Iterator<Item = crate::bench::Held<'b>>,
        facts: &'b UserFacts,
    ) -> Bench<'b>
    where
        'a: 'b,
    {
        let denials = self.policy.rules(self.principal);
        let denials = denials.filter(|held| held.rule.effect == Effect::Deny);
        let edition = match sample.dialect {
            // Answers of this dialect tell the edition, if it is open.
            Dialect::Rest if sample.operation == "read" => portcullis_erp::Edition::Told,
            _ => portcullis_erp::Edition::Any,
        };
        let from = From {
            upstream: &sample.upstream,
            dialect: sample.dialect,
            address: sample.address,
        };
        let rules = held.chain(denials).collect();
        Bench::new((self.family, self.schema), from, Vec::new(), rules)
            .about(edition)
            .running_as(Whom::somebody(
                self.family,
                Some(1),
                self.login(),
                Some(facts),
            ))
    }

    /// The caller's roles that are known, in their order.
    fn roles(&self) -> impl Iterator<Item = &'a Role> + use<'a> {
        let (policy, principal) = (self.policy, self.principal);
        let names = principal.roles().iter();
        names.filter_map(|name: &RoleName| policy.role(name))
    }
}

/// What roles must have in common to be written as one.
type Manner<'a> = (&'a Caps, &'a Pins, bool);

fn manner(role: &Role) -> Manner<'_> {
    (role.caps(), role.pins(), role.explains())
}

/// The routes of a role that were visited.
fn visited(role: &Role, samples: &BTreeMap<Sample, u64>) -> Vec<RouteRule> {
    let seen: BTreeSet<&str> = samples
        .keys()
        .filter(|sample| sample.operation == "visit")
        .map(|sample| sample.call.model.as_str())
        .collect();
    let rules = role.route_rules().iter().filter_map(|rule| {
        let mut rule = rule.clone();
        if !rule.denies() {
            rule.routes.retain(|route| seen.contains(route.as_str()));
        }
        (!rule.routes.is_empty()).then_some(rule)
    });
    rules.collect()
}
