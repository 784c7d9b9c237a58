//! Values of new and changed records: each field must be open for writing, links must lead to
//! open records, and nested commands are judged as calls on the linked model.

use portcullis_erp::domain::{Domain, FieldKind, Leaf, Operand, Operator};
use portcullis_erp::{Call, Map, Model, Value};

use crate::bench::No;
use crate::decision::Reason;
use crate::odoo::search::is_scalar;
use crate::odoo::view::View;
use crate::operation::Operation;
use crate::permit::{Check, Guard};
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

    fn values_at(
        &self,
        values: &Map,
        target: Target<'_>,
        written: &mut Written,
        depth: usize,
    ) -> Result<Map, No> {
        let mut clean = Map::with_capacity(values.len());
        for (field, value) in values {
            let facts = self.writable(field, target.operation())?;
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
                    self.plain_value(field, facts, value, written)?;
                    value.clone()
                }
            };
            clean.insert(field.clone(), value);
        }
        match target {
            Target::New => self.bind_new(&mut clean)?,
            Target::These(_) => self.bind_changed(&clean)?,
        }
        Ok(clean)
    }

    fn plain_value(
        &self,
        field: &str,
        facts: &'a FieldSchema,
        value: &Value,
        written: &mut Written,
    ) -> Result<(), No> {
        match facts.type_name.as_str() {
            "reference" => match value {
                Value::Text(text) => {
                    let (model, id) = text.split_once(',').ok_or_else(|| self.bad_value(field))?;
                    let model = Model::new(model).map_err(|_| self.bad_value(field))?;
                    let id: i64 = id.parse().map_err(|_| self.bad_value(field))?;
                    // Only a model of which everything is open can be linked to by its name.
                    let _ = (id, &written);
                    if self
                        .bench
                        .rules(&model, Operation::Read, Some(self.model))
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
            kind if kind.starts_with("properties") => Err(self.bad_value(field)),
            _ if is_scalar(value) => Ok(()),
            _ => Err(self.bad_value(field)),
        }
    }

    /// Whether records may be linked to: the role must be able to see them.
    fn link(
        &self,
        field: &str,
        comodel: &'a Model,
        ids: &[i64],
        written: &mut Written,
    ) -> Result<(), No> {
        let mut rules = self.bench.rules(comodel, Operation::Read, Some(self.model));
        rules.extend(self.bench.rules(comodel, Operation::Name, Some(self.model)));
        if rules.iter().any(|held| held.rule.domain.is_none()) {
            return Ok(());
        }
        let Some(held) = rules.first() else {
            return Err(self.closed_target(field, comodel.as_str()));
        };
        let view = View::new(self.bench, *held, comodel)?;
        written.guards.extend(view.guard(ids, None, &Map::new())?);
        Ok(())
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "one command list needs all of its surroundings"
    )]
    fn commands(
        &self,
        field: &str,
        facts: &'a FieldSchema,
        comodel: &'a Model,
        value: &Value,
        target: Target<'_>,
        written: &mut Written,
        depth: usize,
    ) -> Result<Value, No> {
        if value.is_nothing() && matches!(target, Target::New) {
            return Ok(value.clone());
        }
        let commands = value.as_list().ok_or_else(|| self.bad_value(field))?;
        let deeper = depth.checked_sub(1).ok_or_else(|| self.bad_value(field))?;
        let mut clean = Vec::with_capacity(commands.len());
        for command in commands {
            let parts = command.as_list().ok_or_else(|| self.bad_value(field))?;
            let [Value::Int(verb), rest @ ..] = parts else {
                return Err(self.bad_value(field));
            };
            let owned = facts.kind == FieldKind::One2many;
            match (verb, rest) {
                (0, [second, Value::Map(values)]) if is_scalar(second) => {
                    let values = self.nested(
                        field,
                        comodel,
                        Operation::Create,
                        written,
                        |view, written| view.values_at(values, Target::New, written, deeper),
                    )?;
                    clean.push(Value::List(vec![
                        Value::Int(0),
                        second.clone(),
                        Value::Map(values),
                    ]));
                }
                (1, [Value::Int(id), Value::Map(values)]) => {
                    let values = self.nested(
                        field,
                        comodel,
                        Operation::Write,
                        written,
                        |view, written| {
                            let values =
                                view.values_at(values, Target::These(&[*id]), written, deeper)?;
                            self.owned(field, facts, &view, &[*id], target, written)?;
                            Ok(values)
                        },
                    )?;
                    clean.push(Value::List(vec![
                        Value::Int(1),
                        Value::Int(*id),
                        Value::Map(values),
                    ]));
                }
                (2, [Value::Int(id)] | [Value::Int(id), _]) => {
                    self.nested(
                        field,
                        comodel,
                        Operation::Delete,
                        written,
                        |view, written| self.owned(field, facts, &view, &[*id], target, written),
                    )?;
                    clean.push(numbers(&[2, *id, 0]));
                }
                (3, [Value::Int(id)] | [Value::Int(id), _]) => {
                    if owned {
                        // Taking a line out of its document may delete it.
                        self.nested(
                            field,
                            comodel,
                            Operation::Delete,
                            written,
                            |view, written| {
                                self.owned(field, facts, &view, &[*id], target, written)
                            },
                        )?;
                    } else {
                        self.link(field, comodel, &[*id], written)?;
                    }
                    clean.push(numbers(&[3, *id, 0]));
                }
                (4, [Value::Int(id)] | [Value::Int(id), _]) => {
                    if owned {
                        self.takes_over(field, facts, comodel, &[*id], written)?;
                    } else {
                        self.link(field, comodel, &[*id], written)?;
                    }
                    clean.push(numbers(&[4, *id, 0]));
                }
                (5, []) | (5, [_] | [_, _]) => {
                    self.replaces(field, facts, comodel, target)?;
                    clean.push(numbers(&[5, 0, 0]));
                }
                (6, [_, Value::List(ids)]) => {
                    self.replaces(field, facts, comodel, target)?;
                    let ids: Option<Vec<i64>> = ids.iter().map(Value::as_int).collect();
                    let ids = ids.ok_or_else(|| self.bad_value(field))?;
                    if owned {
                        self.takes_over(field, facts, comodel, &ids, written)?;
                    } else if !ids.is_empty() {
                        self.link(field, comodel, &ids, written)?;
                    }
                    let ids = ids.into_iter().map(Value::Int).collect();
                    clean.push(Value::List(vec![
                        Value::Int(6),
                        Value::Int(0),
                        Value::List(ids),
                    ]));
                }
                _ => return Err(self.bad_value(field)),
            }
        }
        Ok(Value::List(clean))
    }

    /// Tries the rules of the linked model in turn.
    fn nested<T>(
        &self,
        field: &str,
        comodel: &'a Model,
        operation: Operation,
        written: &mut Written,
        judge: impl Fn(View<'a>, &mut Written) -> Result<T, No>,
    ) -> Result<T, No> {
        let mut first_no = None;
        for view in self.linked(comodel, operation)? {
            let mut inner = Written::default();
            match judge(view, &mut inner) {
                Ok(done) => {
                    written.guards.extend(inner.guards);
                    written.fields.extend(
                        inner
                            .fields
                            .into_iter()
                            .map(|name| format!("{field}.{name}")),
                    );
                    return Ok(done);
                }
                Err(no) if no.wants.is_some() => return Err(no),
                Err(no) => first_no = first_no.or(Some(no)),
            }
        }
        Err(first_no.unwrap_or_else(|| {
            self.refuse_write(
                Reason::Link,
                field,
                format!(
                    "the command does `{}` on `{comodel}`, which no rule allows",
                    operation.as_str()
                ),
            )
        }))
    }

    /// Binds a command on a linked record to the rule, and, where the rule holds only by way
    /// of this model, to the record that is being written.
    fn owned(
        &self,
        field: &str,
        facts: &FieldSchema,
        view: &View<'a>,
        ids: &[i64],
        target: Target<'_>,
        written: &mut Written,
    ) -> Result<(), No> {
        let mut bound = None;
        if view.held.rule.through.is_some() {
            let (Some(inverse), Target::These(parents)) = (&facts.inverse, target) else {
                return Err(self.closed_target(field, view.model.as_str()));
            };
            bound = Some(one_of(inverse.as_str(), parents).ok_or_else(|| self.bad_value(field))?);
        }
        written.guards.extend(view.guard(ids, bound, &Map::new())?);
        Ok(())
    }

    /// Linking a line to another document changes the line.
    fn takes_over(
        &self,
        field: &str,
        facts: &FieldSchema,
        comodel: &'a Model,
        ids: &[i64],
        written: &mut Written,
    ) -> Result<(), No> {
        if ids.is_empty() {
            return Ok(());
        }
        self.nested(
            field,
            comodel,
            Operation::Write,
            written,
            |view, written| {
                let inverse = facts
                    .inverse
                    .as_ref()
                    .ok_or_else(|| self.bad_value(field))?;
                if view.held.rule.through.is_some() {
                    return Err(self.closed_target(field, comodel.as_str()));
                }
                view.writable(inverse.as_str(), Operation::Write)?;
                if let Some(own) = view.own_domain()?
                    && own
                        .fields()
                        .iter()
                        .any(|path| path.parts().first() == Some(inverse))
                {
                    return Err(self.closed_target(field, comodel.as_str()));
                }
                written.guards.extend(view.guard(ids, None, &Map::new())?);
                Ok(())
            },
        )
    }

    /// Replacing all links also takes out those that the caller does not see.
    fn replaces(
        &self,
        field: &str,
        facts: &'a FieldSchema,
        comodel: &'a Model,
        target: Target<'_>,
    ) -> Result<(), No> {
        if matches!(target, Target::New) {
            return Ok(());
        }
        let owned = facts.kind == FieldKind::One2many;
        let deletes = || {
            let rules = self
                .bench
                .rules(comodel, Operation::Delete, Some(self.model));
            rules.iter().any(|held| held.rule.domain.is_none())
        };
        if self.links_are_open(facts)? && (!owned || deletes()) {
            return Ok(());
        }
        Err(self.refuse_write(
            Reason::Link,
            field,
            format!("commands 5 and 6 also take out records of `{comodel}` that this role may not see (or, for lines, delete)"),
        ))
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
            domain = domain.and(own.clone());
        }
        if let Some(bound) = bound {
            domain = domain.and(bound);
        }
        let mut call = Call::new(self.model.as_str(), "search")
            .map_err(|_| self.bad_domain("a model without a name"))?
            .with("domain", domain.to_value());
        call.context = context.clone();
        Ok(Some(Guard {
            call,
            check: Check::Ids(ids.to_vec()),
        }))
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

    fn closed_target(&self, field: &str, comodel: &str) -> No {
        self.refuse_write(
            Reason::Link,
            field,
            format!("`{field}` links to `{comodel}`, which this role may not see; add a rule for it (operation `name` or `read`)"),
        )
    }

    fn bad_value(&self, field: &str) -> No {
        self.refuse_write(
            Reason::Argument,
            field,
            format!("the value of `{field}` is not of a form that can be judged"),
        )
    }
}

fn one_of(field: &str, ids: &[i64]) -> Option<Domain> {
    let ids = Value::List(ids.iter().copied().map(Value::Int).collect());
    let leaf = Leaf::new(field, Operator::In, ids).ok()?;
    debug_assert!(matches!(leaf.operand, Operand::Value(_)));
    Some(Domain::leaf(leaf))
}

fn numbers(numbers: &[i64]) -> Value {
    Value::List(numbers.iter().copied().map(Value::Int).collect())
}
