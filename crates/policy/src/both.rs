//! What two callers may do together: only what the rules of both allow.
//!
//! Each rule of the one is taken with each rule of the other, and becomes a rule of what both
//! have in common: their models, operations, methods and fields, the records of both domains, the
//! lower of their caps. What a rule of either hides stays hidden, what one denies is denied, and
//! what one restricts is not shown by a rule of the other that does not speak of it. The result
//! is a policy like any other, so that it is judged by the same judge.

use std::collections::BTreeSet;

use portcullis_erp::{Method, Model};
use portcullis_identity::{Networks, RoleName};

use crate::caps::Caps;
use crate::operation::{Family, Operation};
use crate::policy::Policy;
use crate::role::Role;
use crate::rule::{Arguments, Effect, FieldSet, Models, RouteRule, Rule, RuleDomain};

impl Policy {
    /// The policy for a caller with some roles on behalf of one with others, and the roles that
    /// it has there. No role that could be written has such a name.
    #[must_use]
    pub fn of_both(&self, one: &[RoleName], other: &[RoleName]) -> (Self, Vec<RoleName>) {
        let known = |names: &[RoleName]| -> Vec<&Role> {
            names.iter().filter_map(|name| self.role(name)).collect()
        };
        let (ours, theirs) = (known(one), known(other));
        let always: Vec<Rule> = ours
            .iter()
            .chain(&theirs)
            .flat_map(|role| bounds(role))
            .collect();
        let denied = self.permissions().iter().filter_map(|permission| {
            permission
                .denial(one)
                .or_else(|| permission.denial(other))
                .cloned()
        });
        let always: Vec<Rule> = always.into_iter().chain(denied).collect();
        let shut: Vec<RouteRule> = ours
            .iter()
            .chain(&theirs)
            .flat_map(|role| role.route_rules())
            .filter(|rule| rule.denies())
            .cloned()
            .collect();
        let mut roles = Vec::new();
        for our in &ours {
            for their in &theirs {
                let mut rules = always.clone();
                let pins = our.pins().both(their.pins());
                for rule in our.rules().iter().filter(|_| pins.is_some()) {
                    rules.extend(their.rules().iter().filter_map(|with| common(rule, with)));
                }
                let mut routes = shut.clone();
                for rule in our.route_rules() {
                    let with = their.route_rules().iter();
                    routes.extend(with.filter_map(|with| common_route(rule, with)));
                }
                let name = RoleName::both(our.name(), their.name());
                let caps = lower(our.caps(), their.caps());
                let pins = pins.unwrap_or_default();
                let explains = our.explains() && their.explains();
                let role = Role::of_rules(name, rules, routes, (caps, pins));
                roles.push(role.explaining(explains));
            }
        }
        let names = roles.iter().map(|role| role.name().clone()).collect();
        (Self::new(self.version(), roles), names)
    }
}

/// What holds of a role's rules whatever the other's say: denials, and that what a rule opens in
/// part is not to be seen by another way.
fn bounds(role: &Role) -> impl Iterator<Item = Rule> {
    role.rules().iter().filter_map(|rule| match rule.effect {
        Effect::Deny => Some(rule.clone()),
        Effect::Allow | Effect::Restrict if rule.operations.contains(&Operation::Read) => {
            Some(Rule {
                effect: Effect::Restrict,
                ..rule.clone()
            })
        }
        Effect::Allow | Effect::Restrict => None,
    })
}

/// What both rules allow; none where that is nothing.
fn common(one: &Rule, other: &Rule) -> Option<Rule> {
    if one.effect != Effect::Allow || other.effect != Effect::Allow {
        return None;
    }
    let models = match (&one.models, &other.models) {
        (Models::All, Models::All) => Models::All,
        // `All` does not reach what is dangerous, whoever names it beside.
        (Models::All, Models::Named(names)) | (Models::Named(names), Models::All) => {
            let harmless = |name: &&Model| !crate::danger::of_any(name.as_str());
            Models::Named(names.iter().filter(harmless).cloned().collect())
        }
        (Models::Named(one), Models::Named(other)) => Models::Named(shared(one, other)),
    };
    // A method that is dangerous is opened by a rule only that names the model, too.
    let named = |rule: &Rule| matches!(rule.models, Models::Named(_));
    let is_open = |method: &Method| {
        let name = method.as_str();
        (named(one) && named(other))
            || !(crate::danger::method(name, Family::Odoo)
                || crate::danger::method(name, Family::Frappe))
    };
    let mut methods = shared(&one.methods, &other.methods);
    methods.retain(is_open);
    let operations = shared(&one.operations, &other.operations);
    let networks = networks(&one.networks, &other.networks)?;
    let is_nothing =
        operations.is_empty() || matches!(&models, Models::Named(names) if names.is_empty());
    if is_nothing {
        return None;
    }
    // What one masks, the other must show as well, masked or not.
    let shows = |rule: &Rule, path: &String| {
        let first = path.split('.').next().unwrap_or(path);
        rule.masked.contains_key(path) || rule.fields.has(path) || rule.fields.has(first)
    };
    let mut hidden: BTreeSet<String> = one.hidden.union(&other.hidden).cloned().collect();
    let mut masked = one.masked.clone();
    for (path, mask) in &other.masked {
        masked
            .entry(path.clone())
            .and_modify(|own| *own = own.stricter(*mask))
            .or_insert(*mask);
    }
    let unseen = masked
        .keys()
        .filter(|path| !shows(one, path) || !shows(other, path));
    hidden.extend(unseen.cloned());
    let written = |rule: &Rule| rule.write_fields.as_ref().unwrap_or(&rule.fields).clone();
    let has_own = one.write_fields.is_some() || other.write_fields.is_some();
    Some(Rule {
        name: format!("{}&{}", one.name, other.name),
        effect: Effect::Allow,
        upstream: either(&one.upstream, &other.upstream),
        models,
        through: either(&one.through, &other.through),
        operations,
        methods,
        reports: shared(&one.reports, &other.reports),
        arguments: match (one.arguments, other.arguments) {
            (Arguments::Any, Arguments::Any) => Arguments::Any,
            (Arguments::Scalar, _) | (_, Arguments::Scalar) => Arguments::Scalar,
        },
        fields: fields(&one.fields, &other.fields),
        write_fields: has_own.then(|| fields(&written(one), &written(other))),
        hidden,
        masked,
        derived: shared(&one.derived, &other.derived),
        domain: domain(one.domain.as_ref(), other.domain.as_ref()),
        dialects: either(&one.dialects, &other.dialects),
        networks,
        context: shared(&one.context, &other.context),
        max_rows: least(one.max_rows, other.max_rows),
        approval: one.approval || other.approval,
    })
}

fn common_route(one: &RouteRule, other: &RouteRule) -> Option<RouteRule> {
    if one.denies() || other.denies() {
        return None;
    }
    let routes = shared(&one.routes, &other.routes);
    (!routes.is_empty()).then(|| RouteRule {
        name: format!("{}&{}", one.name, other.name),
        effect: Effect::Allow,
        routes,
    })
}

fn shared<T: Ord + Clone>(one: &BTreeSet<T>, other: &BTreeSet<T>) -> BTreeSet<T> {
    one.intersection(other).cloned().collect()
}

/// Of two sets where none means everything.
fn either<T: Ord + Clone>(
    one: &Option<BTreeSet<T>>,
    other: &Option<BTreeSet<T>>,
) -> Option<BTreeSet<T>> {
    match (one, other) {
        (Some(one), Some(other)) => Some(shared(one, other)),
        (some, None) | (None, some) => some.clone(),
    }
}

fn fields(one: &FieldSet, other: &FieldSet) -> FieldSet {
    match (one, other) {
        (FieldSet::All, FieldSet::All) => FieldSet::All,
        // `All` does not reach credentials, whoever lists them beside.
        (FieldSet::All, FieldSet::Only(names)) | (FieldSet::Only(names), FieldSet::All) => {
            let harmless = |name: &&String| !crate::danger::credential(name);
            FieldSet::Only(names.iter().filter(harmless).cloned().collect())
        }
        (FieldSet::Only(one), FieldSet::Only(other)) => FieldSet::Only(shared(one, other)),
    }
}

/// The records of both; in a form in which one cannot be read, none are.
fn domain(one: Option<&RuleDomain>, other: Option<&RuleDomain>) -> Option<RuleDomain> {
    let (one, other) = match (one, other) {
        (Some(one), Some(other)) => (one, other),
        (some, None) | (None, some) => return some.cloned(),
    };
    let odoo = one.odoo.clone().zip(other.odoo.clone());
    let frappe = one.frappe.as_ref().zip(other.frappe.as_ref());
    Some(RuleDomain {
        odoo: odoo.map(|(one, other)| one.and(other)),
        frappe: frappe.and_then(|(one, other)| {
            let (mut all, mut any) = (one.clone(), other.clone());
            if !all.any.is_empty() && !any.any.is_empty() {
                return None;
            }
            all.all.append(&mut any.all);
            all.any.append(&mut any.any);
            Some(all)
        }),
        personal: one.personal || other.personal,
    })
}

/// The networks that both have; none if there are none, for no network means everywhere.
fn networks(one: &Networks, other: &Networks) -> Option<Networks> {
    if one.0.is_empty() || other.0.is_empty() {
        return Some(Networks([&*one.0, &*other.0].concat()));
    }
    let pairs = one.0.iter().flat_map(|one| {
        other.0.iter().filter_map(move |other| {
            if one.contains(other) {
                Some(*other)
            } else {
                other.contains(one).then_some(*one)
            }
        })
    });
    let both: Vec<_> = pairs.collect();
    (!both.is_empty()).then_some(Networks(both))
}

fn lower(one: &Caps, other: &Caps) -> Caps {
    Caps {
        page: least(one.page, other.page),
        fields: least(one.fields, other.fields),
        ids: least(one.ids, other.ids),
        answer_bytes: least(one.answer_bytes, other.answer_bytes),
        seconds: least(one.seconds, other.seconds),
    }
}

fn least(one: Option<u32>, other: Option<u32>) -> Option<u32> {
    one.into_iter().chain(other).min()
}
