//! Everything that one question is judged with: the caller's rules that hold for the upstream,
//! dialect and address, and what is known of the ERP's models.

mod copies;
mod denials;
mod held;

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::rc::Rc;

use portcullis_erp::domain::Domain;
use portcullis_erp::filters::{Condition, Filters};
use portcullis_erp::{Dialect, Edition, Method, Model};
use portcullis_identity::{Timestamp, UpstreamName};

use crate::after;
use crate::decision::{Reason, Refusal, Want};
use crate::operation::{Family, Operation};
use crate::rights::Named;
use crate::role::Role;
use crate::rule::{Effect, Hides, Models, RuleDomain};
use crate::schema::{FieldSchema, ModelSchema, Schema};
use crate::whom::{Unknown, Whom};
pub(crate) use held::Held;

/// A refusal on its way. Boxed, for it is the rare and the larger side.
pub(crate) type No = Box<Refusal>;

/// From where a call comes, as far as rules ask.
#[derive(Debug, Clone, Copy)]
pub(crate) struct From<'a> {
    pub(crate) upstream: &'a UpstreamName,
    pub(crate) dialect: Dialect,
    pub(crate) address: IpAddr,
}

/// The caller's rules for one upstream and dialect.
#[derive(Debug)]
pub(crate) struct Bench<'a> {
    pub(crate) family: Family,
    pub(crate) schema: &'a Schema,
    /// What is asked of the record's edition.
    pub(crate) edition: Edition,
    /// As whom the call would run.
    whom: Whom<'a>,
    /// When it was asked, where that is known.
    at: Option<Timestamp>,
    from: From<'a>,
    /// The caller's roles, in order.
    roles: Vec<&'a Role>,
    /// Rules that stand in none of them, which are tried before theirs.
    loose: Vec<Held<'a>>,
    /// What of a DocType is a copy of what is closed.
    copies: RefCell<Vec<(Model, Rc<BTreeSet<String>>)>>,
    /// The rules of each model that was asked for.
    found: RefCell<Vec<(Model, Rc<[Place]>)>>,
    /// Whether no rule hides a field or a record of what it opens for reading: then nothing
    /// that is open can show what is not.
    pub(crate) hides_nothing: bool,
    /// Whether some rule opens for reading only some records of a model.
    pub(crate) hides_records: bool,
    /// Whether rules that demand approval allow anything.
    approving: bool,
    /// Fields that were found open, by rule: a domain may name one a thousand times.
    found_open: RefCell<BTreeSet<(usize, usize)>>,
}

/// Where a rule stands.
#[derive(Debug, Clone, Copy)]
enum Place {
    Loose(usize),
    Role(usize, usize),
}

impl<'a> Bench<'a> {
    pub(crate) fn new(
        (family, schema): (Family, &'a Schema),
        from: From<'a>,
        roles: Vec<&'a Role>,
        loose: Vec<Held<'a>>,
    ) -> Self {
        let mut hides = Hides::default();
        for role in &roles {
            hides.add(role.index().always());
            let rules = role.index().sometimes().iter();
            let rules = rules.filter_map(|at| role.rules().get(*at));
            rules
                .filter(|rule| rule.holds_for(from))
                .for_each(|rule| hides.add(rule.hides()));
        }
        loose
            .iter()
            .filter(|held| held.rule.holds_for(from))
            .for_each(|held| hides.add(held.rule.hides()));
        Self {
            family,
            schema,
            edition: Edition::Any,
            whom: Whom::anybody(family),
            at: None,
            from,
            roles,
            loose,
            copies: RefCell::default(),
            found: RefCell::default(),
            hides_nothing: !hides.anything,
            hides_records: hides.records,
            approving: true,
            found_open: RefCell::default(),
        }
    }

    /// The same without what waits for an approval: rules that demand one allow nothing, and what
    /// they hide stays hidden.
    pub(crate) fn unapproved(mut self) -> Self {
        self.approving = false;
        // A field may be open under one rule by what another opens.
        self.found_open = RefCell::default();
        self
    }

    /// Whether some rule of the caller demands approval. Of rules that stand in roles it is known
    /// without looking at each.
    pub(crate) fn demands_approval(&self) -> bool {
        let mut roles = self.roles.iter();
        roles.any(|role| role.index().demands_approval())
            || self.loose.iter().any(|held| held.rule.approval)
    }

    fn allows(&self, held: &Held<'_>) -> bool {
        held.rule.effect == Effect::Allow && (self.approving || !held.rule.approval)
    }

    /// The same, where this is asked of the record's edition.
    pub(crate) fn about(mut self, edition: Edition) -> Self {
        self.edition = edition;
        self
    }

    /// The same, where the call would run as this user.
    pub(crate) fn running_as(mut self, whom: Whom<'a>) -> Self {
        self.whom = whom;
        self
    }

    /// The same, where it was asked then.
    pub(crate) fn asked_at(mut self, at: Timestamp) -> Self {
        self.at = Some(at);
        self
    }

    /// What the ERP's stamps call the user as whom the call would run.
    pub(crate) fn user(&self) -> Option<String> {
        self.whom.stamp()
    }

    /// The stamp of a moment that is certainly over, in Odoo's form.
    pub(crate) fn recently(&self) -> Option<String> {
        let at = self.at?.plus_micros(-after::SETTLED * 1_000_000);
        let text = at.to_rfc3339().replacen('T', " ", 1);
        text.get(..19).map(str::to_owned)
    }

    /// Whether the user as whom the call would run is called so.
    pub(crate) fn runs_as(&self, user: &str) -> bool {
        self.whom.is_called(user)
    }

    /// A rule's domain in Odoo's form, with the values of the user in it; none where it has
    /// no such form.
    pub(crate) fn odoo_domain(
        &self,
        held: &Held<'a>,
        domain: &'a RuleDomain,
    ) -> Option<Result<Cow<'a, Domain>, No>> {
        let written = domain.odoo.as_ref()?;
        if !domain.personal {
            return Some(Ok(Cow::Borrowed(written)));
        }
        let filled = self.whom.domain(written).map(Cow::Owned);
        Some(filled.map_err(|unknown| unfilled(held, unknown)))
    }

    /// A rule's conditions as Frappe filters that must all hold, with the values of the user.
    pub(crate) fn frappe_conditions(
        &self,
        held: &Held<'_>,
        filters: &Filters,
    ) -> Result<Vec<Condition>, No> {
        filters
            .all
            .iter()
            .map(|condition| {
                self.whom
                    .condition(condition)
                    .map_err(|unknown| unfilled(held, unknown))
            })
            .collect()
    }

    /// The rule that stands somewhere.
    fn held(&self, place: Place) -> Option<Held<'a>> {
        match place {
            Place::Loose(at) => self.loose.get(at).copied(),
            Place::Role(role, at) => {
                let role = self.roles.get(role)?;
                Some(role.held(role.rules().get(at)?))
            }
        }
    }

    /// Where the rules stand that hold here and speak of a model, in order.
    fn places(&self, model: &Model) -> Rc<[Place]> {
        let mut found = self.found.borrow_mut();
        if let Some((_, places)) = found.iter().find(|(known, _)| known == model) {
            return Rc::clone(places);
        }
        let loose = (0..self.loose.len()).map(Place::Loose);
        let of_roles = self.roles.iter().enumerate().flat_map(|(at, role)| {
            let rules = role.index().about(model).iter();
            rules.map(move |rule| Place::Role(at, *rule))
        });
        let speaks = |place: &Place| {
            self.held(*place).is_some_and(|held| {
                held.rule.holds_for(self.from) && held.rule.speaks_of(model, self.family)
            })
        };
        let places: Rc<[Place]> = loose.chain(of_roles).filter(speaks).collect();
        found.push((model.clone(), Rc::clone(&places)));
        places
    }

    /// The rules that speak of a model, in order.
    pub(crate) fn about_model(&self, model: &Model) -> impl Iterator<Item = Held<'a>> {
        let places = self.places(model);
        (0..places.len()).filter_map(move |at| self.held(*places.get(at)?))
    }

    fn allowing_on(&self, model: &Model) -> impl Iterator<Item = Held<'a>> {
        self.about_model(model).filter(|held| self.allows(held))
    }

    /// All rules that allow something here, whatever they speak of.
    fn all_allowing(&self) -> impl Iterator<Item = Held<'a>> {
        self.all_here().filter(|held| self.allows(held))
    }

    /// All rules that hold here.
    fn all_here(&self) -> impl Iterator<Item = Held<'a>> {
        let of_roles = self
            .roles
            .iter()
            .flat_map(|role| role.rules().iter().map(|rule| role.held(rule)));
        let all = self.loose.iter().copied().chain(of_roles);
        all.filter(|held| held.rule.holds_for(self.from))
    }

    /// The rules that allow an operation on a model, in order. `through` is the model whose
    /// link led here; none for the call itself.
    pub(crate) fn rules(
        &self,
        model: &Model,
        operation: Operation,
        through: Option<&Model>,
    ) -> Vec<Held<'a>> {
        if self.denies(model, operation, None) {
            return Vec::new();
        }
        self.allowing_on(model)
            .filter(|held| held.rule.operations.contains(&operation) && held.rule.reached(through))
            .collect()
    }

    /// The rules that allow an operation on something.
    pub(crate) fn allowing(&self, operation: Operation) -> impl Iterator<Item = Held<'a>> {
        self.all_allowing()
            .filter(move |held| held.rule.operations.contains(&operation))
    }

    /// The models that rules which allow something name.
    pub(crate) fn named(&self) -> Named {
        let mut named = Named::default();
        for held in self.all_allowing() {
            match &held.rule.models {
                Models::All => named.all = true,
                Models::Named(models) => named.models.extend(models.iter().cloned()),
            }
        }
        named
    }

    /// The methods that rules list by name for this model.
    pub(crate) fn listed(&self, model: &Model) -> BTreeSet<Method> {
        self.rules(model, Operation::Call, None)
            .iter()
            .flat_map(|held| held.rule.methods.iter().cloned())
            .collect()
    }

    /// Whether a rule shows this field masked.
    pub(crate) fn masks(&self, model: &Model, field: &str) -> bool {
        self.about_model(model)
            .any(|held| held.rule.effect != Effect::Deny && held.rule.mask(field).is_some())
    }

    /// Whether some rule says what of this model may be read, or that it may not be: then
    /// other models must not show more of it.
    pub(crate) fn restricts(&self, model: &Model) -> bool {
        self.about_model(model).any(|held| {
            held.rule.effect == Effect::Deny || held.rule.operations.contains(&Operation::Read)
        })
    }

    /// Whether any rule allows anything with this model.
    pub(crate) fn knows(&self, model: &Model) -> bool {
        self.allowing_on(model).next().is_some()
    }

    /// Whether a field was found open under this rule before.
    pub(crate) fn was_open(&self, held: &Held<'_>, field: &FieldSchema) -> bool {
        self.found_open.borrow().contains(&found(held, field))
    }

    /// Keeps that a field is open under this rule.
    pub(crate) fn keep_open(&self, held: &Held<'_>, field: &FieldSchema) {
        self.found_open.borrow_mut().insert(found(held, field));
    }

    /// Whether the caller may do anything at all here.
    pub(crate) fn has_rules(&self) -> bool {
        self.all_allowing().next().is_some()
    }

    /// What is known of a model.
    pub(crate) fn model(&self, model: &Model) -> Result<&'a ModelSchema, No> {
        if let Some(found) = self.schema.model(model) {
            return Ok(found);
        }
        if self.schema.is_absent(model) {
            return Err(no_access(
                model,
                Reason::NoRule,
                "the ERP has no such model",
            ));
        }
        let mut refusal = no_access(
            model,
            Reason::Schema,
            "the fields of this model are not known yet; ask the ERP for them",
        );
        refusal.wants = Some(Want::Model(model.clone()));
        Err(refusal)
    }
}

/// A field under a rule, each by where it lies: both stay there while a question is judged.
fn found(held: &Held<'_>, field: &FieldSchema) -> (usize, usize) {
    let rule = std::ptr::from_ref(held.rule).addr();
    (rule, std::ptr::from_ref(field).addr())
}

/// What is said where a placeholder of a rule's domain has no value.
fn unfilled(held: &Held<'_>, unknown: Unknown) -> No {
    let mut refusal = Refusal::access(
        match unknown {
            Unknown::NotAsked => Reason::Schema,
            Unknown::NotTold(_) => Reason::Domain,
        },
        "This key may not do this. Ask whoever gave you the key.",
        match unknown {
            Unknown::NotAsked => "the ERP user is not known yet; ask the ERP for it".to_owned(),
            Unknown::NotTold(what) => format!(
                "the rule's domain speaks of `{what}`, which the ERP does not tell of the user as whom the call runs"
            ),
        },
    );
    if unknown == Unknown::NotAsked {
        refusal.wants = Some(Want::User);
    }
    Box::new(refusal.under(&held.full_name()))
}

/// "You may not use this model": the same words whether it is there or not.
pub(crate) fn no_access(model: &Model, reason: Reason, advice: impl Into<String>) -> No {
    Box::new(Refusal::access(
        reason,
        format!("This key may not do this with `{model}`. Ask whoever gave you the key."),
        advice,
    ))
}
