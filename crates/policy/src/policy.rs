//! The rules of all roles, and the judgement.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use portcullis_erp::{Call, Dialect, Model};
use portcullis_identity::{Networks, Principal, RoleName, UpstreamName};

use crate::bench::{Bench, From, Held, No};
use crate::caps::Caps;
use crate::decision::{Decision, Refusal};
use crate::field_permissions::FieldPermission;
use crate::operation::{Family, Operation};
use crate::permit::Permit;
use crate::pins::Pins;
use crate::question::{Asking, Question};
use crate::rights::{Depth, Named, Rights};
use crate::role::Role;
use crate::rule::Effect;
use crate::schema::Schema;
use crate::whom::Whom;

/// All roles, in one version.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    version: u64,
    roles: BTreeMap<RoleName, Role>,
    permissions: Vec<FieldPermission>,
    /// What denials that stand in no role are called by.
    beside: Option<RoleName>,
}

impl Policy {
    /// A policy of these roles; of two with the same name the later one counts.
    pub fn new(version: u64, roles: Vec<Role>) -> Self {
        Self {
            version,
            roles: roles
                .into_iter()
                .map(|role| (role.name().clone(), role))
                .collect(),
            permissions: Vec::new(),
            beside: None,
        }
    }

    /// The same policy, where some fields are for some roles only.
    #[must_use]
    pub fn permitting(mut self, permissions: Vec<FieldPermission>) -> Self {
        self.beside = Some(RoleName::beside());
        self.permissions = permissions;
        self
    }

    /// The fields that are for some roles only.
    pub fn permissions(&self) -> &[FieldPermission] {
        &self.permissions
    }

    /// The version, for records.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// The roles by name.
    pub fn roles(&self) -> impl Iterator<Item = &Role> {
        self.roles.values()
    }

    /// A role.
    pub fn role(&self, name: &RoleName) -> Option<&Role> {
        self.roles.get(name)
    }

    /// What the caller's roles allow with one model.
    ///
    /// # Errors
    /// With the model whose fields must be known first: see [`Refusal::wants`].
    ///
    /// [`Refusal::wants`]: crate::Refusal::wants
    pub fn rights(
        &self,
        asking: &Asking<'_>,
        model: &Model,
        depth: Depth,
    ) -> Result<Rights, Model> {
        crate::rights::of(&self.bench(asking), model, depth)
    }

    /// The models that the caller's roles name.
    pub fn named(&self, asking: &Asking<'_>) -> Named {
        self.bench(asking).named()
    }

    /// The methods of one of Odoo's models that a caller may call in a dialect, as far as its
    /// rules tell without the arguments of a call.
    pub fn methods(
        &self,
        principal: &Principal,
        upstream: &UpstreamName,
        (dialect, address): (Dialect, IpAddr),
        model: &Model,
    ) -> BTreeSet<String> {
        let schema = Schema::new();
        let bench = self.bench(&Asking {
            principal,
            upstream,
            family: Family::Odoo,
            dialect,
            address,
            schema: &schema,
        });
        crate::odoo::open_methods(&bench, model)
    }

    /// The caller's rules for one upstream and dialect.
    pub(crate) fn bench<'a>(&'a self, asking: &Asking<'a>) -> Bench<'a> {
        Bench::new(
            (asking.family, asking.schema),
            asking.from(),
            self.roles_of(asking.principal).collect(),
            self.denials(asking.principal.roles()).collect(),
        )
    }

    /// The roles that somebody has.
    pub(crate) fn roles_of<'a>(
        &'a self,
        principal: &'a Principal,
    ) -> impl Iterator<Item = &'a Role> {
        let names = principal.roles().iter();
        names.filter_map(|name| self.roles.get(name))
    }

    pub(crate) fn rules<'a>(&'a self, principal: &'a Principal) -> impl Iterator<Item = Held<'a>> {
        self.roles_of(principal)
            .flat_map(|role| role.rules().iter().map(|rule| role.held(rule)))
            .chain(self.denials(principal.roles()))
    }

    /// The denials of fields that none of these roles has.
    pub(crate) fn denials<'a>(&'a self, roles: &'a [RoleName]) -> impl Iterator<Item = Held<'a>> {
        let rules = self
            .permissions
            .iter()
            .filter_map(|permission| permission.denial(roles));
        rules
            .zip(self.beside.iter().cycle())
            .map(|(rule, role)| Held {
                role,
                rule,
                caps: Caps::default(),
                pins: Pins::none(),
            })
    }

    /// Which of the caller's rules that are for some networks hold at an address: what is found
    /// out about one caller is good for another if these are the same.
    pub fn held_from(&self, principal: &Principal, address: IpAddr) -> Vec<bool> {
        self.rules(principal)
            .map(|held| &held.rule.networks)
            .filter(|networks| **networks != Networks::default())
            .map(|networks| networks.have(address))
            .collect()
    }

    /// Whether a rule of the caller lists this method of Odoo by name. Only then is it worth
    /// asking the ERP what the method takes.
    pub fn lists(
        &self,
        principal: &Principal,
        upstream: &UpstreamName,
        (dialect, address): (Dialect, IpAddr),
        call: &Call,
    ) -> bool {
        let from = From {
            upstream,
            dialect,
            address,
        };
        self.rules(principal).any(|held| {
            held.rule.effect == Effect::Allow
                && held.rule.holds_for(from)
                && held.rule.operations.contains(&Operation::Call)
                && held.rule.methods.contains(&call.method)
                && held.rule.speaks_of(&call.model, Family::Odoo)
        })
    }

    /// May this be done?
    pub fn judge(&self, question: Question<'_>) -> Decision {
        let asking = Asking {
            principal: question.principal,
            upstream: question.upstream,
            family: question.family,
            dialect: question.dialect,
            address: question.address,
            schema: question.schema,
        };
        let facts = question.schema.user(question.login);
        let whom = Whom::somebody(question.family, question.uid, question.login, facts);
        let bench = self
            .bench(&asking)
            .about(question.edition.clone())
            .running_as(whom)
            .asked_at(question.now);
        let monitors = |name| {
            self.role(name)
                .is_some_and(|role| role.monitors(question.now))
        };
        let judged = if question.principal.roles().iter().any(monitors) {
            decided(bench, question.call.clone())
                .or_else(|no| self.monitored(&question, question.call.clone(), no))
        } else {
            decided(bench, question.call)
        };
        match judged {
            Ok(permit) => Decision::Allow(Box::new(permit)),
            Err(mut refusal) => {
                refusal.told = self.tells(question.principal, &refusal);
                Decision::Refuse(refusal)
            }
        }
    }

    /// Whether a refusal may be explained to its caller: the role of the rule that came closest
    /// says so, or all of them, where none did.
    fn tells(&self, principal: &Principal, refusal: &Refusal) -> bool {
        match refusal.rule.as_deref().filter(|rule| rule.contains('/')) {
            Some(closest) => self.explains(principal, closest),
            None => {
                let explains = |name: &RoleName| self.role(name).is_some_and(Role::explains);
                let mut roles = principal.roles().iter();
                !principal.roles().is_empty() && roles.all(explains)
            }
        }
    }

    /// Whether a caller may know of this rule, `role/rule`: it has the role, which explains.
    pub fn explains(&self, principal: &Principal, rule: &str) -> bool {
        let Some((role, _)) = rule.split_once('/') else {
            return false;
        };
        let mut roles = principal.roles().iter();
        roles.any(|name| name.as_str() == role && self.role(name).is_some_and(Role::explains))
    }
}

/// The judgement of one call: it waits for an approval where it is allowed by rules only that
/// demand one.
pub(crate) fn decided(bench: Bench<'_>, call: Call) -> Result<Permit, No> {
    if !bench.demands_approval() {
        return judged(&bench, call);
    }
    let waiting = judged(&bench, call.clone())?;
    match judged(&bench.unapproved(), call) {
        Err(no) if no.wants.is_none() => Ok(Permit {
            approval: true,
            ..waiting
        }),
        // Allowed, or something must be known first.
        free => free,
    }
}

/// The judgement of one call by all rules alike.
pub(crate) fn judged(bench: &Bench<'_>, call: Call) -> Result<Permit, No> {
    match bench.family {
        Family::Odoo => crate::odoo::judge(bench, call),
        Family::Frappe => crate::frappe::judge(bench, call),
    }
}
