//! Commands on lists of links: each is a call on the linked model.

use portcullis_erp::domain::FieldKind;
use portcullis_erp::{Map, Model, Value};

use crate::after::{Does, Sets, Stamps};
use crate::bench::No;
use crate::decision::Reason;
use crate::odoo::search::is_scalar;
use crate::odoo::values::{Target, Written, one_of};
use crate::odoo::view::View;
use crate::operation::Operation;
use crate::protection::Protection;
use crate::schema::FieldSchema;
use crate::sizes;

impl<'a> View<'a> {
    #[expect(
        clippy::too_many_arguments,
        reason = "one command list needs all of its surroundings"
    )]
    pub(super) fn commands(
        &self,
        field: &str,
        facts: &'a FieldSchema,
        comodel: &'a Model,
        value: &Value,
        target: Target<'_>,
        written: &mut Written,
        depth: usize,
    ) -> Result<Value, No> {
        if value.is_nothing() && matches!(target, Target::New)
            || !Protection::NestedCommands.is_on()
        {
            written.how.insert(format!("{field} -"));
            return Ok(value.clone());
        }
        let commands = value.as_list().ok_or_else(|| self.bad_value(field))?;
        if commands.is_empty() {
            written.how.insert(format!("{field} -"));
        }
        self.held.at_most(field, commands.len(), sizes::RECORDS)?;
        let deeper = depth.checked_sub(1).ok_or_else(|| self.bad_value(field))?;
        let mut clean = Vec::with_capacity(commands.len());
        for command in commands {
            let parts = command.as_list().ok_or_else(|| self.bad_value(field))?;
            let [Value::Int(verb), rest @ ..] = parts else {
                return Err(self.bad_value(field));
            };
            let owned = facts.kind == FieldKind::One2many;
            written.how.insert(format!("{field} {verb}"));
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
                            let does = Does::Writes {
                                stamps: Stamps::Always,
                                sets: written.sets,
                            };
                            self.owned(field, facts, (&view, does), &[*id], target, written)?;
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
                        |view, written| {
                            let view = (&view, Does::Deletes);
                            self.owned(field, facts, view, &[*id], target, written)
                        },
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
                                let view = (&view, Does::Acts);
                                self.owned(field, facts, view, &[*id], target, written)
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
                    self.held.at_most(field, ids.len(), sizes::RECORDS)?;
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
        for view in self.linked(field, comodel, operation)? {
            let mut inner = Written::default();
            match judge(view, &mut inner) {
                Ok(done) => {
                    written.guards.extend(inner.guards);
                    let how = inner.how.into_iter();
                    written.how.extend(how.map(|one| format!("{field}.{one}")));
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
        (view, does): (&View<'a>, Does),
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
        let guard = view.guard(ids, bound, &Map::new())?;
        written.guards.extend(view.watched(guard, does)?);
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
                let guard = view.guard(ids, None, &Map::new())?;
                let does = Does::Writes {
                    stamps: Stamps::Perhaps,
                    sets: Sets::Other,
                };
                written.guards.extend(view.watched(guard, does)?);
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
        if matches!(target, Target::New) || !Protection::ReplacedLists.is_on() {
            return Ok(());
        }
        let owned = facts.kind == FieldKind::One2many;
        let deletes = || {
            let rules = self.rules_behind(comodel, Operation::Delete);
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
}

fn numbers(numbers: &[i64]) -> Value {
    Value::List(numbers.iter().copied().map(Value::Int).collect())
}
