//! Monitoring: a role that is tried out lets pass what none of its rules allows, and it is written
//! down as what would be refused.
//!
//! What is let pass is judged as well, by a rule for every model that is in no file, so that it is
//! a permit like any other: what must be named one by one stays refused, as do denials, private
//! methods, credentials, what is sent to people, and what cannot be read. It ends at its date, and
//! an end that is too far off is none: then the role refuses from the beginning.

use std::collections::BTreeSet;

use portcullis_erp::{Call, Model};
use portcullis_identity::{Networks, Timestamp};

use crate::bench::{Bench, From, Held, No};
use crate::danger;
use crate::decision::{Reason, Refusal};
use crate::operation::{Family, Operation};
use crate::permit::Permit;
use crate::policy::{Policy, judged};
use crate::question::Question;
use crate::role::Role;
use crate::rule::{Arguments, Effect, FieldSet, Models, Rule};
use crate::whom::Whom;

/// How far off the end of monitoring may be: 30 days.
const LONGEST: i64 = 30 * 86_400 * 1_000_000;

/// What the rule is called by which something was let pass, in records.
const NAME: &str = "monitored";

impl Role {
    /// Whether it lets pass, and has written down, what none of its rules allows.
    pub fn monitors(&self, now: Timestamp) -> bool {
        self.monitored_until()
            .is_some_and(|end| now < end && end.micros().saturating_sub(now.micros()) <= LONGEST)
    }

    /// The role as it holds from now on: an end of monitoring that is too far off is none, and
    /// does not begin by itself when it has come nearer.
    #[must_use]
    pub fn as_of(self, now: Timestamp) -> Self {
        if self.monitors_too_long(now) {
            return self.unmonitored();
        }
        self
    }

    /// Whether an end of monitoring is set that is too far off, so that it does not begin.
    pub fn monitors_too_long(&self, now: Timestamp) -> bool {
        self.monitored_until()
            .is_some_and(|end| end.micros().saturating_sub(now.micros()) > LONGEST)
    }
}

impl Policy {
    /// The permit for a call that was refused, if a role of the caller is monitored and nothing
    /// stands against it but that no rule allows it.
    pub(crate) fn monitored(
        &self,
        question: &Question<'_>,
        call: Call,
        no: No,
    ) -> Result<Permit, No> {
        if no.wants.is_some() || !can_pass(&no) {
            return Err(no);
        }
        let from = From {
            upstream: question.upstream,
            dialect: question.dialect,
            address: question.address,
        };
        let mut roles = question.principal.roles().iter();
        let monitoring = roles.find_map(|name| {
            let role = self.role(name)?;
            (role.monitors(question.now) && is_for(role, from)).then_some(role)
        });
        let Some(role) = monitoring else {
            return Err(no);
        };
        let rule = everything(&call, question.family);
        let wide = Held {
            role: role.name(),
            rule: &rule,
            caps: *role.caps(),
            pins: role.pins(),
        };
        let own: Vec<Held<'_>> = self.rules(question.principal).collect();
        let closed: Vec<Rule> = own.iter().filter_map(|held| closed(held.rule)).collect();
        let closed = closed.iter().map(|rule| Held { rule, ..wide });
        let denials = own.iter().copied();
        let denials = denials.filter(|held| held.rule.effect == Effect::Deny);
        let rules = std::iter::once(wide).chain(closed).chain(denials).collect();
        let known = (question.family, question.schema);
        let bench = Bench::new(known, from, Vec::new(), rules);
        let model = call.model.clone();
        let facts = question.schema.user(question.login);
        let bench = bench
            .about(question.edition.clone())
            .asked_at(question.now)
            .running_as(Whom::somebody(
                question.family,
                question.uid,
                question.login,
                facts,
            ));
        match judged(&bench, call) {
            Ok(mut permit) => {
                permit.would = Some(no);
                permit.approval = self.would_wait(question, from, (&model, permit.operation));
                Ok(permit)
            }
            // What must be known first is asked for; anything else is refused as it was.
            Err(other) if other.wants.is_some() => Err(other),
            Err(_) => Err(no),
        }
    }
}

impl Policy {
    /// Whether what is let pass waits for an approval. What a rule has wait must not go out by a
    /// call that asks for more than the rule allows: what changes something waits where any rule
    /// of the caller demands an approval, and a read where one does of its model.
    fn would_wait(
        &self,
        question: &Question<'_>,
        from: From<'_>,
        (model, operation): (&Model, Operation),
    ) -> bool {
        let mut demanding = self
            .rules(question.principal)
            .filter(|held| held.rule.approval && held.rule.holds_for(from));
        if operation == Operation::Read {
            demanding.any(|held| {
                held.rule.operations.contains(&operation)
                    && held.rule.speaks_of(model, question.family)
            })
        } else {
            demanding.next().is_some()
        }
    }
}

/// Whether it is refused only because no rule allows it.
fn can_pass(no: &Refusal) -> bool {
    match no.reason {
        Reason::NoRule
        | Reason::UnknownMethod
        | Reason::Field
        | Reason::HiddenByData
        | Reason::WriteField
        | Reason::Context
        | Reason::Link
        | Reason::Argument
        | Reason::Values => true,
        Reason::Denied
        | Reason::PrivateMethod
        | Reason::Dangerous
        | Reason::Domain
        | Reason::Cap
        | Reason::Missing
        | Reason::Schema
        | Reason::Answer => false,
    }
}

/// Whether a role is for calls that come so: one of its rules is, or it has none yet.
fn is_for(role: &Role, from: From<'_>) -> bool {
    let mut allowing = role.rules().iter().filter(|rule| !rule.denies()).peekable();
    allowing.peek().is_none() || allowing.any(|rule| rule.holds_for(from))
}

/// What a rule hides or masks, as a denial: it is not let pass, whatever is asked beside it.
fn closed(rule: &Rule) -> Option<Rule> {
    let fields: BTreeSet<String> = rule
        .hidden
        .iter()
        .chain(rule.masked.keys())
        .cloned()
        .collect();
    (rule.effect == Effect::Allow && !fields.is_empty()).then(|| Rule {
        effect: Effect::Deny,
        operations: Operation::ALL.iter().copied().collect(),
        methods: BTreeSet::new(),
        fields: FieldSet::Only(fields),
        write_fields: None,
        hidden: BTreeSet::new(),
        masked: std::collections::BTreeMap::new(),
        domain: None,
        ..rule.clone()
    })
}

/// A rule for every model but the dangerous ones, every field but credentials, and the method
/// that is called, if it is known by what it is called on.
fn everything(call: &Call, family: Family) -> Rule {
    let method = call.method.as_str();
    // What a function of Frappe does with its arguments is not known; it is listed by hand.
    let unknown =
        family == Family::Frappe && (method.contains('.') || call.model.as_str() == Call::NO_MODEL);
    let mut methods = BTreeSet::new();
    if !unknown && !danger::method(method, family) {
        methods.insert(call.method.clone());
    }
    let operations = Operation::ALL.iter().copied();
    let keys = call.context.keys();
    Rule {
        name: NAME.to_owned(),
        effect: Effect::Allow,
        upstream: None,
        models: Models::All,
        through: None,
        operations: operations.filter(|one| *one != Operation::Mail).collect(),
        methods,
        reports: BTreeSet::new(),
        arguments: Arguments::Scalar,
        fields: FieldSet::All,
        write_fields: None,
        hidden: BTreeSet::new(),
        masked: std::collections::BTreeMap::new(),
        derived: BTreeSet::new(),
        domain: None,
        dialects: None,
        networks: Networks::default(),
        // What a default sets is judged as what is set.
        context: keys
            .filter(|key| !key.starts_with("default_"))
            .cloned()
            .collect(),
        max_rows: None,
        approval: false,
    }
}
