//! What of some roles an Odoo can hold itself, as record rules of its own (`ir.rule`).
//!
//! Such a rule only takes: it is laid over what the ERP's groups give, for one user. So it may
//! not take what any role of that user opens. For each model and each of the four modes the
//! records of all rules are put together, and where one of them opens every record, or cannot be
//! said in the ERP's words, there is nothing to install. Fields, methods and values are not what
//! record rules speak of; they stay with the gateway.

mod python;

use std::collections::{BTreeMap, BTreeSet};

use portcullis_erp::Model;
use portcullis_erp::domain::{Domain, FieldPath};
use portcullis_identity::{ErpLogin, UpstreamName};

use crate::operation::{Family, Operation};
use crate::role::Role;
use crate::rule::{Effect, Models, Rule};
use crate::whom::{UserFacts, Whom};

/// What is done with records, as record rules tell it apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mode {
    /// `perm_read`
    Read,
    /// `perm_write`
    Write,
    /// `perm_create`
    Create,
    /// `perm_unlink`
    Unlink,
}

/// A record rule for one user.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordRule {
    /// On which model.
    pub model: Model,
    /// For what.
    pub modes: BTreeSet<Mode>,
    /// The records, with `principal.…` in it where it speaks of the user.
    pub domain: Domain,
    /// The same as a Python expression: a list of conditions, in which `user` is whoever asks.
    pub expression: String,
}

/// What is left to the gateway alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left {
    /// On which model; none: on all of them.
    pub model: Option<Model>,
    /// For what.
    pub modes: BTreeSet<Mode>,
    /// The rule that is the reason, as `role/rule`.
    pub rule: String,
    /// Why.
    pub because: String,
    /// Whether a rule that is for some records only is kept from holding in the ERP: otherwise
    /// there is nothing to hold.
    pub prevents: bool,
}

/// What there is to install for a user.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RecordRules {
    /// The rules.
    pub rules: Vec<RecordRule>,
    /// What they do not say.
    pub left: Vec<Left>,
}

/// The models that inherit from a model by a link to it (`_inherits`), as `res.users` does from
/// `res.partner`.
pub type Heirs = BTreeMap<Model, BTreeSet<Model>>;

/// A rule of a role, with its name.
#[derive(Clone, Copy)]
struct Held<'a> {
    role: &'a Role,
    rule: &'a Rule,
}

impl Mode {
    /// Every mode.
    pub const ALL: [Self; 4] = [Self::Read, Self::Write, Self::Create, Self::Unlink];

    /// The field of a record rule that says whether it holds for this.
    pub const fn column(self) -> &'static str {
        match self {
            Self::Read => "perm_read",
            Self::Write => "perm_write",
            Self::Create => "perm_create",
            Self::Unlink => "perm_unlink",
        }
    }

    /// As rules of roles call it.
    pub const fn as_str(self) -> &'static str {
        self.operation().as_str()
    }

    const fn operation(self) -> Operation {
        match self {
            Self::Read => Operation::Read,
            Self::Write => Operation::Write,
            Self::Create => Operation::Create,
            Self::Unlink => Operation::Delete,
        }
    }
}

impl RecordRules {
    /// The models that these roles name.
    pub fn models(roles: &[&Role], upstream: &UpstreamName) -> BTreeSet<Model> {
        named(&opening(roles, upstream)).cloned().collect()
    }

    /// What an Odoo can hold of these roles of one user: of all that the user has there.
    pub fn of(roles: &[&Role], upstream: &UpstreamName, heirs: &Heirs) -> Self {
        let held = opening(roles, upstream);
        let models: BTreeSet<&Model> = named(&held).collect();
        let mut found = Self::default();
        for held in &held {
            if held.rule.models == Models::All {
                found.left.push(Left {
                    model: None,
                    modes: direct(held.rule),
                    rule: held.name(),
                    because: "it speaks of every model: name those that the ERP shall watch"
                        .to_owned(),
                    prevents: held.rule.has_domain(),
                });
            }
        }
        for model in models {
            found.add(model, &held, heirs);
        }
        found
    }

    fn add(&mut self, model: &Model, held: &[Held<'_>], heirs: &Heirs) {
        let on = speaking_of(model, held);
        let mut left: BTreeMap<(String, String), BTreeSet<Mode>> = BTreeMap::new();
        for mode in Mode::ALL {
            if !on.iter().any(|held| direct(held.rule).contains(&mode)) {
                continue;
            }
            let found = union(&on, mode).and_then(|found| {
                let mut heirs = heirs.get(model).into_iter().flatten();
                heirs.try_for_each(|heir| bears(heir, held, mode, &found.0))?;
                Ok(found)
            });
            match found {
                Ok((domain, expression)) => self.put(model, mode, domain, expression),
                Err(because) => {
                    left.entry(because).or_default().insert(mode);
                }
            }
        }
        let left = left.into_iter().map(|((rule, because), modes)| {
            let bounds =
                |held: &Held<'_>| held.rule.has_domain() && !direct(held.rule).is_disjoint(&modes);
            Left {
                model: Some(model.clone()),
                prevents: on.iter().any(bounds),
                modes,
                rule,
                because,
            }
        });
        self.left.extend(left);
    }

    fn put(&mut self, model: &Model, mode: Mode, domain: Domain, expression: String) {
        let mut rules = self.rules.iter_mut();
        let same = rules.find(|rule| rule.model == *model && rule.domain == domain);
        if let Some(rule) = same {
            rule.modes.insert(mode);
            return;
        }
        self.rules.push(RecordRule {
            model: model.clone(),
            modes: BTreeSet::from([mode]),
            domain,
            expression,
        });
    }
}

impl RecordRule {
    /// The records, for this user; none where something that the rule speaks of is not known.
    pub fn records_for(&self, uid: i64, login: &ErpLogin, facts: &UserFacts) -> Option<Domain> {
        let whom = Whom::somebody(Family::Odoo, Some(uid), login, Some(facts));
        whom.domain(&self.domain).ok()
    }
}

impl Held<'_> {
    fn name(&self) -> String {
        format!("{}/{}", self.role.name(), self.rule.name())
    }
}

/// The rules that open something of an upstream.
fn opening<'a>(roles: &[&'a Role], upstream: &UpstreamName) -> Vec<Held<'a>> {
    let rules = roles
        .iter()
        .flat_map(|&role| role.rules().iter().map(move |rule| Held { role, rule }));
    rules
        .filter(|held| held.rule.effect == Effect::Allow)
        .filter(|held| {
            let named = held.rule.upstream.as_ref();
            named.is_none_or(|names| names.contains(upstream))
        })
        .collect()
}

fn named<'a>(held: &[Held<'a>]) -> impl Iterator<Item = &'a Model> {
    let rules = held.iter().map(|held| held.rule);
    rules.filter_map(Rule::models).flatten()
}

fn speaking_of<'a>(model: &Model, held: &[Held<'a>]) -> Vec<Held<'a>> {
    let rules = held.iter().copied();
    rules
        .filter(|held| held.rule.speaks_of(model, Family::Odoo))
        .collect()
}

/// The modes that a rule opens by their own names.
fn direct(rule: &Rule) -> BTreeSet<Mode> {
    let modes = Mode::ALL.into_iter();
    modes
        .filter(|mode| rule.operations.contains(&mode.operation()))
        .collect()
}

/// Whether what a rule opens is done in this mode as well: nothing of it may be taken.
fn needs(rule: &Rule, mode: Mode) -> bool {
    rule.operations
        .iter()
        .any(|operation| match (operation, mode) {
            (Operation::Read | Operation::Name, Mode::Read)
            | (Operation::Write | Operation::Mail, Mode::Read | Mode::Write)
            | (Operation::Create, Mode::Create)
            | (Operation::Delete, Mode::Read | Mode::Unlink)
            // A method does to its records what it likes.
            | (Operation::Call, _) => true,
            // What was made is looked at, where it must be of some records only.
            (Operation::Create, Mode::Read) => rule.domain.is_some(),
            _ => false,
        })
}

/// The records of all rules for a mode, or the rule that stands against it and why.
fn union(on: &[Held<'_>], mode: Mode) -> Result<(Domain, String), (String, String)> {
    let mut domains: Vec<&Domain> = Vec::new();
    let mut last = String::new();
    for held in on.iter().filter(|held| needs(held.rule, mode)) {
        let against = |because: &str| (held.name(), because.to_owned());
        if held.rule.models == Models::All {
            return Err(against(
                "it opens records of every model, and so of this one",
            ));
        }
        let Some(domain) = &held.rule.domain else {
            return Err(against("it opens every record"));
        };
        let Some(domain) = &domain.odoo else {
            return Err(against("its `domain` is a Frappe filter"));
        };
        if domain.is_all() {
            return Err(against("its `domain` holds for every record"));
        }
        python::domain(domain).map_err(|because| against(&because))?;
        last = held.name();
        if !domains.contains(&domain) {
            domains.push(domain);
        }
    }
    let all = domains
        .into_iter()
        .fold(Domain::none(), |all, domain| all.or(domain.clone()));
    let written = python::domain(&all).map_err(|because| (last, because))?;
    Ok((all, written))
}

/// Looks whether what the roles open of an heir stays open: the ERP lays a rule over the heirs of
/// its model as well. So it does where they are open for the same records, by fields that are
/// inherited.
fn bears(
    heir: &Model,
    held: &[Held<'_>],
    mode: Mode,
    domain: &Domain,
) -> Result<(), (String, String)> {
    let on = speaking_of(heir, held);
    let Some(first) = on.iter().find(|held| needs(held.rule, mode)) else {
        return Ok(());
    };
    let own = |path: FieldPath| {
        let first = path.parts().first().map(|name| name.as_str());
        first.is_none_or(|name| OWN.contains(&name))
    };
    match union(&on, mode) {
        Ok((records, _)) if records == *domain && !domain.fields().into_iter().any(own) => Ok(()),
        Ok(_) | Err(_) => Err((
            first.name(),
            format!("it opens `{heir}`, which inherits from this one and is narrowed with it"),
        )),
    }
}

/// Fields that an heir has of its own, or may have.
const OWN: &[&str] = &[
    "id",
    "active",
    "company_id",
    "company_ids",
    "display_name",
    "create_uid",
    "create_date",
    "write_uid",
    "write_date",
    // Of a variant, which has them beside its template.
    "default_code",
    "barcode",
    "weight",
    "volume",
    "standard_price",
    "lst_price",
];

#[cfg(test)]
mod tests;
