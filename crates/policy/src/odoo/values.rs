//! Values of new and changed records: each field must be open for writing, links must lead to
//! open records, and nested commands are judged as calls on the linked model.

use std::collections::BTreeSet;

use portcullis_erp::domain::{Domain, FieldKind, Leaf, Operand, Operator};
use portcullis_erp::{Call, Edition, Map, Model, Value};

use crate::after::{Does, Sets};
use crate::bench::No;
use crate::decision::Reason;
use crate::mask::is_masked;
use crate::odoo::search::is_scalar;
use crate::odoo::view::View;
use crate::operation::Operation;
use crate::permit::{Check, Guard};
use crate::protection::Protection;
use crate::schema::FieldSchema;

/// How deep commands may lie in one another.
const MAX_DEPTH: usize = 4;

/// What values ask for besides themselves.
#[derive(Debug, Default)]
pub(crate) struct Written {
    /// Searches that must find all that is linked or changed on the way.
    pub(crate) guards: Vec<Guard>,
    /// Fields that were named.
    pub(crate) fields: Vec<String>,
    /// Whether the values are such that what the rule rests on is set.
    pub(crate) sets: Sets,
    /// Commands on lists, as records have them: `order_line 0`.
    pub(crate) how: BTreeSet<String>,
}

/// The record that values are for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Target<'t> {
    /// One that is made.
    New,
    /// Ones that are there.
    These(&'t [i64]),
}

impl Target<'_> {
    fn operation(self) -> Operation {
        match self {
            Self::New => Operation::Create,
            Self::These(_) => Operation::Write,
        }
    }
}

impl<'a> View<'a> {
    /// Judges the values of one record, and binds them to the rule's domain.
    pub(crate) fn values(
        &self,
        values: &Map,
        target: Target<'_>,
        written: &mut Written,
    ) -> Result<Map, No> {
        self.values_at(values, target, written, MAX_DEPTH)
    }

    pub(super) fn values_at(
        &self,
        values: &Map,
        target: Target<'_>,
        written: &mut Written,
        depth: usize,
    ) -> Result<Map, No> {
        self.held
            .at_most("vals", values.len(), self.held.fields())?;
        self.may_send("", target.operation())?;
        self.composes(values)?;
        let mut clean = Map::with_capacity(values.len());
        for (field, value) in values {
            let facts = self.writable(field, target.operation())?;
            if is_masked(value) && self.bench.masks(self.model, field) {
                return Err(self.refuse_write(
                    Reason::Values,
                    field,
                    "the value is a mask that was shown: written, it would take the place of the real one",
                ));
            }
            written.fields.push(field.clone());
            let value = match (facts.kind, facts.relation.as_ref()) {
                (FieldKind::Many2one, Some(comodel)) => {
                    match value {
                        Value::Int(id) => self.link(field, comodel, &[*id], written)?,
                        nothing if nothing.is_nothing() => {}
                        _ => return Err(self.bad_value(field)),
                    }
                    value.clone()
                }
                (FieldKind::One2many | FieldKind::Many2many, Some(comodel)) => {
                    self.commands(field, facts, comodel, value, target, written, depth)?
                }
                _ => {
                    self.plain_value(field, facts, value)?;
                    value.clone()
                }
            };
            clean.insert(field.clone(), value);
        }
        match target {
            Target::New => self.bind_new(&mut clean)?,
            Target::These(_) => written.sets = self.bind_changed(&clean)?,
        }
        Ok(clean)
    }

    fn plain_value(&self, field: &str, facts: &'a FieldSchema, value: &Value) -> Result<(), No> {
        match facts.type_name.as_str() {
            "reference" => match value {
                Value::Text(text) => {
                    let (model, id) = text.split_once(',').ok_or_else(|| self.bad_value(field))?;
                    let model = Model::new(model).map_err(|_| self.bad_value(field))?;
                    id.parse::<i64>().map_err(|_| self.bad_value(field))?;
                    // Only a model of which everything is open can be linked to by its name.
                    if self
                        .rules_behind(&model, Operation::Read)
                        .iter()
                        .any(|held| held.rule.domain.is_none())
                    {
                        Ok(())
                    } else {
                        Err(self.closed_target(field, model.as_str()))
                    }
                }
                nothing if nothing.is_nothing() => Ok(()),
                _ => Err(self.bad_value(field)),
            },
            "many2one_reference" if !value.is_nothing() => Err(self.bad_value(field)),
            "json" => Ok(()),
            _ if is_scalar(value) => Ok(()),
            _ => Err(self.bad_value(field)),
        }
    }

    /// Whether records may be linked to: the role must be able to see them.
    pub(super) fn link(
        &self,
        field: &str,
        comodel: &'a Model,
        ids: &[i64],
        written: &mut Written,
    ) -> Result<(), No> {
        let mut rules = self.rules_behind(comodel, Operation::Read);
        rules.extend(self.rules_behind(comodel, Operation::Name));
        let every_record = rules.iter().any(|held| held.rule.domain.is_none());
        if every_record || !Protection::LinkTargets.is_on() {
            return Ok(());
        }
        let Some(held) = rules.first() else {
            return Err(self.closed_target(field, comodel.as_str()));
        };
        let view = View::new(self.bench, *held, comodel)?;
        let guard = view.guard(ids, None, &Map::new())?;
        written.guards.extend(view.watched(guard, Does::Acts)?);
        Ok(())
    }

    /// The search that must find all of these records; none where the rule holds for all.
    pub(crate) fn guard(
        &self,
        ids: &[i64],
        bound: Option<Domain>,
        context: &Map,
    ) -> Result<Option<Guard>, No> {
        let own = self.own_domain()?;
        if (own.is_none() && bound.is_none()) || ids.is_empty() {
            return Ok(None);
        }
        let mut domain = self.these(ids)?;
        if let Some(own) = own {
            domain = domain.and(own.into_owned());
        }
        if let Some(bound) = bound {
            domain = domain.and(bound);
        }
        let mut call = Call::new(self.model.as_str(), "search")
            .map_err(|_| self.bad_domain("a model without a name"))?
            .with("domain", domain.to_value());
        call.context = context.clone();
        self.held.pins.apply(&mut call.context);
        Ok(Some(Guard {
            call,
            check: Check::Ids(ids.to_vec()),
            watch: None,
        }))
    }

    /// The search that must find this record in an edition that the caller saw. Whoever may
    /// not read when a record was changed may not find it out by guessing either.
    pub(crate) fn edition_guard(
        &self,
        ids: &[i64],
        seen: &[Box<str>],
        context: &Map,
    ) -> Result<Guard, No> {
        self.readable(Edition::ODOO)?;
        let mut domain = self.these(ids)?;
        if let Some(own) = self.own_domain()? {
            domain = domain.and(own.into_owned());
        }
        let mut call = Call::new(self.model.as_str(), "search_read")
            .map_err(|_| self.bad_domain("a model without a name"))?
            .with("domain", domain.to_value())
            .with("fields", vec![Value::from(Edition::ODOO)]);
        call.context = context.clone();
        self.held.pins.apply(&mut call.context);
        Ok(Guard {
            call,
            check: Check::Edition {
                field: Edition::ODOO,
                seen: seen.to_vec(),
            },
            watch: None,
        })
    }

    /// These records, inactive ones included.
    pub(crate) fn these(&self, ids: &[i64]) -> Result<Domain, No> {
        let refuse = || self.bad_domain("ids that are none");
        let mut domain = one_of("id", ids).ok_or_else(refuse)?;
        if self.schema.field("active").is_some() {
            let both = Value::List(vec![Value::Bool(true), Value::Bool(false)]);
            let active = Leaf::new("active", Operator::In, both).map_err(|_| refuse())?;
            domain = domain.and(Domain::leaf(active));
        }
        Ok(domain)
    }

    pub(super) fn closed_target(&self, field: &str, comodel: &str) -> No {
        self.refuse_write(
            Reason::Link,
            field,
            format!("`{field}` links to `{comodel}`, which this role may not see; add a rule for it (operation `name` or `read`)"),
        )
    }

    pub(super) fn bad_value(&self, field: &str) -> No {
        self.refuse_write(
            Reason::Argument,
            field,
            format!("the value of `{field}` is not of a form that can be judged"),
        )
    }
}

pub(super) fn one_of(field: &str, ids: &[i64]) -> Option<Domain> {
    let ids = Value::List(ids.iter().copied().map(Value::Int).collect());
    let leaf = Leaf::new(field, Operator::In, ids).ok()?;
    debug_assert!(matches!(leaf.operand, Operand::Value(_)));
    Some(Domain::leaf(leaf))
}
