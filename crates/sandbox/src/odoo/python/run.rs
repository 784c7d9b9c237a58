//! Evaluates an expression for whoever looks. What the ERP's own code asks of the user is asked
//! past access rights.

use portcullis_erp::value::Value;

use super::super::record::{Record, View};
use super::super::user::{Context, Who, truthy};
use super::{Comparison, Expression};

/// What something is worth.
enum Worth<'a> {
    Value(Value),
    Records {
        model: &'a str,
        records: Vec<Record<'a>>,
    },
}

pub(super) fn value(expression: &Expression, view: View<'_>) -> Result<Value, String> {
    let (server, context) = (Who::server(), Context::default());
    let seen = View {
        who: &server,
        context: &context,
        ..view
    };
    match (Run {
        view: seen,
        who: view.who,
        asked: view.context,
    })
    .run(expression)?
    {
        Worth::Value(value) => Ok(value),
        Worth::Records { .. } => Err("records are no value".to_owned()),
    }
}

struct Run<'a> {
    view: View<'a>,
    who: &'a Who,
    asked: &'a Context,
}

impl<'a> Run<'a> {
    fn run(&self, expression: &'a Expression) -> Result<Worth<'a>, String> {
        Ok(match expression {
            Expression::Literal(value) => Worth::Value(value.clone()),
            Expression::List(items) => {
                let items = items.iter().map(|item| self.plain(item));
                Worth::Value(Value::List(items.collect::<Result<_, _>>()?))
            }
            Expression::Name(name) => self.name(name)?,
            Expression::Attribute(of, name) => attribute(self.run(of)?, name)?,
            Expression::Call(of, name, argument) => {
                let Worth::Records {
                    model: "res.users",
                    records,
                } = self.run(of)?
                else {
                    return Err(format!("`{name}` is no method here"));
                };
                let is_own = records.iter().all(|user| user.id == self.who.uid);
                match (name.as_str(), self.plain(argument)?) {
                    ("has_group", Value::Text(group)) if is_own => {
                        Worth::Value(Value::Bool(self.who.has(&group)))
                    }
                    _ => return Err(format!("`{name}` is no method here")),
                }
            }
            Expression::Sum(left, right) => match (self.plain(left)?, self.plain(right)?) {
                (Value::List(mut left), Value::List(right)) => {
                    left.extend(right);
                    Worth::Value(Value::List(left))
                }
                _ => return Err("only lists are added".to_owned()),
            },
            Expression::Compared(left, comparison, right) => {
                let (left, right) = (self.plain(left)?, self.plain(right)?);
                let has = || right.as_list().map(|items| items.contains(&left));
                let holds = match comparison {
                    Comparison::Equal => left == right,
                    Comparison::NotEqual => left != right,
                    Comparison::In => has().ok_or("`in` wants a list")?,
                    Comparison::NotIn => !has().ok_or("`in` wants a list")?,
                };
                Worth::Value(Value::Bool(holds))
            }
            Expression::And(left, right) => {
                let left = self.run(left)?;
                if left.holds() { self.run(right)? } else { left }
            }
            Expression::Or(left, right) => {
                let left = self.run(left)?;
                if left.holds() { left } else { self.run(right)? }
            }
            Expression::Not(inner) => Worth::Value(Value::Bool(!self.run(inner)?.holds())),
            Expression::If(condition, then, otherwise) => {
                let holds = self.run(condition)?.holds();
                self.run(if holds { then } else { otherwise })?
            }
        })
    }

    fn plain(&self, expression: &'a Expression) -> Result<Value, String> {
        match self.run(expression)? {
            Worth::Value(value) => Ok(value),
            Worth::Records { .. } => Err("records are no value".to_owned()),
        }
    }

    fn name(&self, name: &str) -> Result<Worth<'a>, String> {
        let user = || {
            let found = self.view.record("res.users", self.who.uid);
            found.ok_or_else(|| "there is no user".to_owned())
        };
        Ok(match name {
            "user" => Worth::Records {
                model: "res.users",
                records: vec![user()?],
            },
            "company_id" => Worth::Value(user()?.get("company_id").into_owned()),
            "company_ids" => {
                let chosen = self.asked.values.get("allowed_company_ids");
                let chosen = chosen.filter(|chosen| truthy(chosen)).cloned();
                let own = || user().map(|user| user.get("company_ids").into_owned());
                Worth::Value(chosen.map_or_else(own, Ok)?)
            }
            _ => return Err(format!("`{name}` is not defined")),
        })
    }
}

impl Worth<'_> {
    fn holds(&self) -> bool {
        match self {
            Self::Value(value) => truthy(value),
            Self::Records { records, .. } => !records.is_empty(),
        }
    }
}

/// A field of records, as Python sees it: links are records, and one value is of one record.
fn attribute<'a>(of: Worth<'a>, name: &str) -> Result<Worth<'a>, String> {
    let Worth::Records { records, .. } = of else {
        return Err(format!("a value has no `{name}`"));
    };
    let ids = || records.iter().map(|record| Value::Int(record.id));
    match name {
        "ids" => return Ok(Worth::Value(Value::List(ids().collect()))),
        "id" => return Ok(Worth::Value(ids().next().unwrap_or(Value::Bool(false)))),
        _ => {}
    }
    let Some(first) = records.first() else {
        return Ok(Worth::Value(Value::Bool(false)));
    };
    let Some((_, field)) = first.model.field(name) else {
        return Err(format!("{} has no `{name}`", first.model.name));
    };
    match (field.kind, field.relation) {
        ("many2one", Some(model)) => Ok(Worth::Records {
            model,
            records: records
                .iter()
                .filter_map(|record| record.link(name))
                .collect(),
        }),
        ("one2many" | "many2many", Some(model)) => Ok(Worth::Records {
            model,
            records: records
                .iter()
                .flat_map(|record| record.links(name))
                .collect(),
        }),
        _ => Ok(Worth::Value(first.get(name).into_owned())),
    }
}
