//! The policy's yes to a custom controller.
//!
//! A passage is to a visit what a permit is to a call: it owns what is sent and the terms for
//! what comes back. It is judged by the route and not by a model, so it is a type of its own;
//! it is made by [`crate::Policy::admit`] only, cannot be copied, and can never lead to a path
//! that a dialect owns, for no visit can.

use std::collections::BTreeSet;

use portcullis_erp::dialect::Returned;
use portcullis_erp::visit::{Page, PageTerms};
use portcullis_erp::{Fault, FaultKind, Limits, Shape, Visit};
use portcullis_identity::{Principal, PrincipalName, RouteName};

use crate::decision::{Reason, Refusal};
use crate::policy::Policy;
use crate::rule::Effect;

/// Somebody before the door of a route.
pub struct Knock<'a> {
    /// Who; none for nobody.
    pub principal: Option<&'a Principal>,
    /// Which route.
    pub route: &'a RouteName,
    /// Who may come at all, as the route itself says.
    pub door: Door<'a>,
    /// What is asked.
    pub visit: Visit,
    /// On which terms the answer may be handed on.
    pub terms: PageTerms,
}

/// Who may come through a route, before any rule is asked.
#[derive(Debug, Clone, Copy)]
pub enum Door<'a> {
    /// Everybody, nobody in particular too.
    Open,
    /// Whoever a rule lets through.
    Guarded,
    /// Whoever a rule lets through, if the name is one of these.
    Callers(&'a BTreeSet<PrincipalName>),
}

/// What was allowed. It owns the visit.
pub struct Passage {
    rule: String,
    shape: Shape,
    visit: Visit,
    terms: PageTerms,
}

/// A page on which the terms have been applied.
pub struct CleanPage(Page);

impl Policy {
    /// May this visit be made?
    ///
    /// # Errors
    /// When a rule denies the route, or none opens it; forbidden and absent look the same.
    pub fn admit(&self, knock: Knock<'_>) -> Result<Passage, Box<Refusal>> {
        let Knock {
            principal,
            route,
            door,
            visit,
            terms,
        } = knock;
        let roles = principal.map(Principal::roles).unwrap_or_default();
        let mut opens = None;
        for role in roles.iter().filter_map(|name| self.role(name)) {
            for rule in role.route_rules() {
                if !rule.routes.contains(route) {
                    continue;
                }
                let full_name = || format!("{}/{}", role.name(), rule.name);
                match rule.effect {
                    Effect::Deny => {
                        return Err(Box::new(closed(Reason::Denied).under(&full_name())));
                    }
                    Effect::Restrict => {}
                    Effect::Allow => {
                        opens.get_or_insert_with(full_name);
                    }
                }
            }
        }
        let rule = match (door, principal) {
            (Door::Open, _) => opens.unwrap_or_default(),
            (Door::Guarded | Door::Callers(_), None) => {
                return Err(Box::new(closed(Reason::NoRule)));
            }
            (Door::Callers(names), Some(principal)) if !names.contains(principal.name()) => {
                return Err(Box::new(closed(Reason::Denied)));
            }
            (Door::Guarded | Door::Callers(_), Some(_)) => {
                opens.ok_or_else(|| Box::new(closed(Reason::NoRule)))?
            }
        };
        Ok(Passage {
            rule,
            shape: visit.shape(),
            visit,
            terms,
        })
    }
}

impl Passage {
    /// The rule that opens it, as `role/rule`; empty where the route is open to everybody.
    pub fn rule(&self) -> &str {
        &self.rule
    }

    /// What the visit names, without values: for records.
    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// What must be sent.
    pub fn visit(&self) -> &Visit {
        &self.visit
    }

    /// Applies the terms to the answer.
    ///
    /// # Errors
    /// When the ERP refused or failed, or the answer is not on the terms.
    pub fn apply(self, answer: Returned<'_>, limits: &Limits) -> Result<CleanPage, Fault> {
        Page::read(answer, &self.terms, limits).map(CleanPage)
    }
}

impl CleanPage {
    /// The page.
    pub fn into_page(self) -> Page {
        self.0
    }
}

/// A route that is closed to this caller looks like none.
fn closed(reason: Reason) -> Refusal {
    Refusal::new(
        reason,
        Fault::new(FaultKind::NotFound, "nothing is served at this path"),
        "give one of the caller's roles a rule with `routes` that names the route",
    )
}
