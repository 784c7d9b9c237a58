//! Everything that one question is judged with: the caller's rules that hold for the upstream,
//! dialect and address, and what is known of the ERP's models.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::net::IpAddr;

use portcullis_erp::domain::Domain;
use portcullis_erp::filters::{Condition, Filters};
use portcullis_erp::{Dialect, Edition, Method, Model};
use portcullis_identity::{RoleName, UpstreamName};

use crate::caps::{Cap, Caps};
use crate::decision::{Reason, Refusal, Want};
use crate::operation::{Family, Operation};
use crate::pins::Pins;
use crate::rights::Named;
use crate::rule::{self, Effect, FieldSet, Models, Rule, RuleDomain};
use crate::schema::{ModelSchema, Schema};
use crate::sizes::{self, Bound};
use crate::whom::{Unknown, Whom};

/// A refusal on its way. Boxed, for it is the rare and the larger side.
pub(crate) type No = Box<Refusal>;

/// A rule and the role that it stands in.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Held<'a> {
    pub(crate) role: &'a RoleName,
    pub(crate) rule: &'a Rule,
    /// The role's caps.
    pub(crate) caps: Caps,
    /// What the role fixes of the context.
    pub(crate) pins: &'a Pins,
}

impl Held<'_> {
    pub(crate) fn full_name(&self) -> String {
        format!("{}/{}", self.role, self.rule.name)
    }

    /// The most rows of one answer, and what says so.
    pub(crate) fn page(&self) -> Option<Cap> {
        let cap = |name, most: Option<u32>| most.map(|most| Cap { name, most });
        let page = cap("page", self.caps.page);
        let rows = cap("max-rows", self.rule.max_rows);
        rows.into_iter().chain(page).min_by_key(|cap| cap.most)
    }

    /// How many fields one argument may name.
    pub(crate) fn fields(&self) -> Bound {
        Bound::capped(sizes::FIELDS, "fields", self.caps.fields)
    }

    /// How many records one call may name or make.
    pub(crate) fn records(&self) -> Bound {
        Bound::capped(sizes::RECORDS, "ids", self.caps.ids)
    }

    /// Refuses what is too long.
    pub(crate) fn at_most(
        &self,
        what: &str,
        found: usize,
        bound: impl Into<Bound>,
    ) -> Result<(), No> {
        let bound = bound.into();
        if found <= bound.most {
            return Ok(());
        }
        Err(Box::new(bound.refusal(what).under(&self.full_name())))
    }
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
    allow: Vec<Held<'a>>,
    /// Rules that open nothing here, and say what others must not show more of.
    restrict: Vec<Held<'a>>,
    deny: Vec<Held<'a>>,
    /// Whether no rule hides a field or a record of what it opens for reading: then nothing
    /// that is open can show what is not.
    pub(crate) hides_nothing: bool,
    /// Whether some rule opens for reading only some records of a model.
    pub(crate) hides_records: bool,
    /// Fields that were found open, by rule and model: a domain may name one a thousand times.
    found_open: RefCell<BTreeSet<(usize, Model, String)>>,
}

impl<'a> Bench<'a> {
    pub(crate) fn new(
        family: Family,
        schema: &'a Schema,
        upstream: &UpstreamName,
        (dialect, address): (Dialect, IpAddr),
        rules: impl Iterator<Item = Held<'a>>,
    ) -> Self {
        let (mut allow, mut restrict, mut deny) = (Vec::new(), Vec::new(), Vec::new());
        let (mut hides_nothing, mut hides_records) = (true, false);
        // A denial holds in every dialect that it does not leave out by naming others.
        for held in rules.filter(|held| held.rule.holds_for(upstream, dialect, address)) {
            let rule = held.rule;
            if rule.effect == Effect::Deny {
                hides_nothing = false;
                deny.push(held);
                continue;
            }
            if rule.operations.contains(&Operation::Read) {
                hides_records |= rule.domain.is_some();
                hides_nothing &=
                    rule.fields == FieldSet::All && rule.closes_nothing() && rule.domain.is_none();
            }
            match rule.effect {
                Effect::Restrict => restrict.push(held),
                Effect::Allow | Effect::Deny => allow.push(held),
            }
        }
        Self {
            family,
            schema,
            edition: Edition::Any,
            whom: Whom::anybody(family),
            allow,
            restrict,
            deny,
            hides_nothing,
            hides_records,
            found_open: RefCell::default(),
        }
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
        self.allow
            .iter()
            .filter(|held| {
                held.rule.operations.contains(&operation)
                    && held.rule.speaks_of(model, self.family)
                    && held.rule.reached(through)
            })
            .copied()
            .collect()
    }

    /// The rules that allow an operation on something.
    pub(crate) fn allowing(&self, operation: Operation) -> impl Iterator<Item = &Held<'a>> {
        self.allow
            .iter()
            .filter(move |held| held.rule.operations.contains(&operation))
    }

    /// The models that rules which allow something name.
    pub(crate) fn named(&self) -> Named {
        let mut named = Named::default();
        for held in &self.allow {
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

    /// Whether a denial speaks of this operation (of this method, where one is asked).
    pub(crate) fn denies(
        &self,
        model: &Model,
        operation: Operation,
        method: Option<&Method>,
    ) -> bool {
        self.deny.iter().any(|held| {
            let rule = held.rule;
            rule.operations.contains(&operation)
                && rule.speaks_of(model, self.family)
                && matches!(&rule.fields, FieldSet::Only(fields) if fields.is_empty())
                && (rule.methods.is_empty()
                    || method.is_some_and(|method| rule.methods.contains(method)))
        })
    }

    /// Whether a denial speaks of this field, or of the table that it is a column of.
    pub(crate) fn denies_field(&self, model: &Model, field: &str, operation: Operation) -> bool {
        self.deny.iter().any(|held| {
            let rule = held.rule;
            rule.speaks_of(model, self.family)
                && rule.operations.contains(&operation)
                && match &rule.fields {
                    FieldSet::All => field != "id",
                    FieldSet::Only(fields) => rule::names(fields, field),
                }
        })
    }

    /// A link behind which a denial of this model closes something.
    pub(crate) fn denied_behind(&self, model: &Model, link: &str) -> Option<&'a str> {
        self.deny.iter().find_map(|held| {
            let FieldSet::Only(paths) = &held.rule.fields else {
                return None;
            };
            let mut tables = paths.iter().filter_map(|path| rule::table_of(path));
            let found = tables.find(|table| *table == link);
            found.filter(|_| held.rule.speaks_of(model, self.family))
        })
    }

    /// Whether a denial speaks of a column of this table, for reading or for this operation.
    pub(crate) fn denies_columns(&self, model: &Model, table: &str, operation: Operation) -> bool {
        self.deny.iter().any(|held| {
            let rule = held.rule;
            let is_column = |path: &String| rule::table_of(path) == Some(table);
            rule.speaks_of(model, self.family)
                && [Operation::Read, operation]
                    .iter()
                    .any(|operation| rule.operations.contains(operation))
                && matches!(&rule.fields, FieldSet::Only(paths) if paths.iter().any(is_column))
        })
    }

    /// Whether a rule shows this field masked.
    pub(crate) fn masks(&self, model: &Model, field: &str) -> bool {
        self.allow
            .iter()
            .chain(&self.restrict)
            .any(|held| held.rule.mask(field).is_some() && held.rule.speaks_of(model, self.family))
    }

    /// Whether a denial speaks of any field of this model.
    pub(crate) fn denies_fields(&self, model: &Model) -> bool {
        self.deny.iter().any(|held| {
            held.rule.speaks_of(model, self.family)
                && !matches!(&held.rule.fields, FieldSet::Only(fields) if fields.is_empty())
        })
    }

    /// The fields of this model that denials name.
    pub(crate) fn denied_fields(&self, model: &Model) -> Vec<String> {
        let mut names = Vec::new();
        for held in &self.deny {
            if let FieldSet::Only(fields) = &held.rule.fields
                && held.rule.operations.contains(&Operation::Read)
                && held.rule.speaks_of(model, self.family)
            {
                names.extend(fields.iter().cloned());
            }
        }
        names
    }

    /// Whether a denial speaks of all fields of this model.
    pub(crate) fn denies_all_fields(&self, model: &Model) -> bool {
        self.deny.iter().any(|held| {
            held.rule.fields == FieldSet::All
                && held.rule.operations.contains(&Operation::Read)
                && held.rule.speaks_of(model, self.family)
        })
    }

    /// Whether some rule says what of this model may be read, or that it may not be: then
    /// other models must not show more of it.
    pub(crate) fn restricts(&self, model: &Model) -> bool {
        self.allow.iter().chain(&self.restrict).any(|held| {
            held.rule.operations.contains(&Operation::Read)
                && held.rule.speaks_of(model, self.family)
        }) || self
            .deny
            .iter()
            .any(|held| held.rule.speaks_of(model, self.family))
    }

    /// Whether any rule allows anything with this model.
    pub(crate) fn knows(&self, model: &Model) -> bool {
        self.allow
            .iter()
            .any(|held| held.rule.speaks_of(model, self.family))
    }

    /// Whether a field was found open under this rule before.
    pub(crate) fn was_open(&self, held: &Held<'_>, model: &Model, field: &str) -> bool {
        let key = (
            std::ptr::from_ref(held.rule).addr(),
            model.clone(),
            field.to_owned(),
        );
        self.found_open.borrow().contains(&key)
    }

    /// Keeps that a field is open under this rule.
    pub(crate) fn keep_open(&self, held: &Held<'_>, model: &Model, field: &str) {
        let key = (
            std::ptr::from_ref(held.rule).addr(),
            model.clone(),
            field.to_owned(),
        );
        self.found_open.borrow_mut().insert(key);
    }

    /// Whether the caller may do anything at all here.
    pub(crate) fn has_rules(&self) -> bool {
        !self.allow.is_empty()
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
