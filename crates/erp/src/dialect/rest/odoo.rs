//! A request of the façade in Odoo's words.

use std::sync::Arc;

use super::bad;
use super::compared::{self, Days};
use super::conditions::{Condition, Op};
use super::either::{link_id, not_a_link};
use super::expand::Expand;
use super::facade::{Facade, Resource};
use super::listing::{Columns, Listing, Way};
use super::manner::{Kind, Manner, Page, Side};
use super::request::{Act, Request, Said, agree, nothing_here};
use super::rows::Models;
use crate::call::{Call, RecordId};
use crate::dialect::odoo::{call, words};
use crate::dialect::signature::bind_named;
use crate::domain::{Domain, FieldKind};
use crate::fault::{Fault, FaultKind};
use crate::value::{Map, Value};

impl Request {
    /// The same in the words of an Odoo.
    ///
    /// # Errors
    /// When it names what there cannot be, or asks for what Odoo does not have.
    pub fn in_odoo(&self, facade: &Facade, models: Arc<dyn Models>) -> Result<Said, Fault> {
        let resource = facade.resource(&self.resource)?;
        let odoo = Odoo {
            resource: &resource,
            models: &*models,
        };
        self.guarded(&resource)
            .and_then(|()| odoo.said(self, facade))
            .map(|(call, kind)| Said {
                call,
                edition: self.edition(),
                manner: Manner {
                    notice: facade.notice(&resource),
                    side: Side::Odoo(Arc::clone(&models)),
                    resource: Arc::clone(&resource),
                    kind,
                },
            })
    }
}

struct Odoo<'a> {
    resource: &'a Resource,
    models: &'a dyn Models,
}

impl Odoo<'_> {
    fn said(&self, request: &Request, facade: &Facade) -> Result<(Call, Kind), Fault> {
        let model = self.resource.model.as_str();
        let kind = request.kind(|list| Page::of(facade, &request.resource, list))?;
        let call = match &request.act {
            Act::List(list) => {
                let Kind::List(page) = &kind else {
                    return Err(bad("this is no list"));
                };
                self.list(list, page)?
            }
            Act::One { id, columns } => self.one(id, columns)?,
            Act::Create(values) => {
                let mut values = values.clone();
                agree(&mut values, "id", None)?;
                let values = Value::Map(self.written(&values)?);
                call(model, "create")?.with("vals_list", vec![values])
            }
            Act::Change { id, values } => {
                let id = number(id)?;
                let mut values = values.clone();
                agree(&mut values, "id", Some(&id.to_value()))?;
                call(model, "write")?
                    .on(vec![id])
                    .with("vals", self.written(&values)?)
            }
            Act::Describe => return Err(nothing_here()),
            Act::Unread(fault) => return Err(fault.clone()),
            Act::Delete(id) => call(model, "unlink")?.on(vec![number(id)?]),
            Act::Method {
                id,
                method,
                arguments,
            } => {
                let mut arguments = arguments.clone();
                if let Some(id) = id {
                    if arguments.contains_key("ids") {
                        return Err(bad("the record is named in the path").about("ids"));
                    }
                    let id = number(id)?.to_value();
                    arguments.insert("ids".to_owned(), Value::List(vec![id]));
                }
                let mut call = call(model, method)?;
                let bound = bind_named(model, method, arguments)?;
                (call.ids, call.named, call.context) = (bound.ids, bound.named, bound.context);
                call
            }
        };
        Ok((call, kind))
    }

    fn list(&self, list: &Listing, page: &Page) -> Result<Call, Fault> {
        let mut domain = match &list.filter {
            None => Vec::new(),
            Some(Value::List(items)) => {
                let items = Value::List(items.clone());
                if Domain::parse(&items).is_err() {
                    return Err(not_a_domain());
                }
                match self.domain(items)? {
                    Value::List(items) => items,
                    _ => return Err(not_a_domain()),
                }
            }
            Some(_) => return Err(not_a_domain()),
        };
        for condition in &list.conditions {
            domain.push(self.condition(condition)?);
        }
        let columns = &list.columns;
        let method = if columns.expand.is_empty() {
            "search_read"
        } else {
            "web_search_read"
        };
        let mut call = call(self.resource.model.as_str(), method)?
            .with("domain", domain)
            .with("order", self.order(&list.order)?)
            .with("limit", i64::from(page.limit));
        if let Some(offset) = page.offset()? {
            call = call.with("offset", offset);
        }
        self.columns(call, columns)
    }

    fn one(&self, id: &str, columns: &Columns) -> Result<Call, Fault> {
        let method = if columns.expand.is_empty() {
            "read"
        } else {
            "web_read"
        };
        let call = call(self.resource.model.as_str(), method)?.on(vec![number(id)?]);
        self.columns(call, columns)
    }

    fn columns(&self, call: Call, columns: &Columns) -> Result<Call, Fault> {
        if columns.expand.is_empty() {
            if columns.fields.is_empty() {
                return Ok(call);
            }
            let fields: Result<Vec<Value>, Fault> = columns
                .fields
                .iter()
                .map(|field| self.resource.inward(field).map(Value::from))
                .collect();
            return Ok(call.with("fields", fields?));
        }
        let mut specification = Map::new();
        for field in &columns.fields {
            specification.insert(self.resource.inward(field)?, Value::Map(Map::new()));
        }
        for expand in &columns.expand {
            specification.insert(
                self.resource.inward(&expand.field)?,
                Expand::specification(expand),
            );
        }
        Ok(call.with("specification", specification))
    }

    /// A list is always in an order, and in one that leaves nothing open: else a record could
    /// be on two pages or on none.
    fn order(&self, order: &[(String, Way)]) -> Result<String, Fault> {
        let mut parts = Vec::with_capacity(order.len().saturating_add(1));
        for (field, way) in order {
            let field = self.resource.inward(field)?;
            parts.push(match way {
                Way::Up => field,
                Way::Down => format!("{field} desc"),
            });
        }
        if !order.iter().any(|(field, _)| field == "id") {
            parts.push("id".to_owned());
        }
        Ok(parts.join(", "))
    }

    /// The same domain with the ERP's names.
    fn domain(&self, domain: Value) -> Result<Value, Fault> {
        let Value::List(items) = domain else {
            return Ok(domain);
        };
        let items: Result<Vec<Value>, Fault> = items
            .into_iter()
            .map(|item| match item {
                Value::List(mut leaf) => {
                    if let Some(Value::Text(path)) = leaf.first_mut() {
                        let field = self.resource.inward(path)?;
                        let told = std::mem::replace(path, field.clone());
                        if let ([_, Value::Text(operator), value], Some(kind)) =
                            (leaf.as_slice(), self.kind_of(&field))
                        {
                            compared::check(&told, kind, operator, value, Days::Left)?;
                        }
                    }
                    Ok(Value::List(leaf))
                }
                other => Ok(other),
            })
            .collect();
        Ok(Value::List(items?))
    }

    fn condition(&self, condition: &Condition) -> Result<Value, Fault> {
        let path = self.resource.inward(&condition.path)?;
        let kind = self.kind_of(&path);
        let one = |kind| {
            let values = condition.values(kind)?;
            Ok::<_, Fault>(values.into_iter().next().unwrap_or_default())
        };
        let (operator, value) = match condition.op {
            Op::Eq => ("=", one(kind)?),
            Op::Ne => ("!=", one(kind)?),
            Op::Gt => (">", one(kind)?),
            Op::Gte => (">=", one(kind)?),
            Op::Lt => ("<", one(kind)?),
            Op::Lte => ("<=", one(kind)?),
            Op::In => ("in", Value::List(condition.values(kind)?)),
            Op::Nin => ("not in", Value::List(condition.values(kind)?)),
            Op::Like => ("like", one(None)?),
            Op::Ilike => ("ilike", one(None)?),
            Op::Null if condition.wants_nothing() => ("=", Value::Bool(false)),
            Op::Null => ("!=", Value::Bool(false)),
        };
        Ok(Value::List(vec![
            Value::from(path),
            Value::from(operator),
            value,
        ]))
    }

    /// The kind of the field that a dotted path ends at, if the way there is known.
    fn kind_of(&self, path: &str) -> Option<FieldKind> {
        let mut model = Some(self.resource.model.as_str());
        let mut kind = None;
        for part in path.split('.') {
            if part == "id" {
                kind = Some(FieldKind::Integer);
                continue;
            }
            let (found, relation) = self.models.field(model?, part)?;
            (kind, model) = (Some(found), relation);
        }
        kind
    }

    /// Values as Odoo takes them: empty is `false`, a link an id, and a plain list of ids
    /// replaces the links that are there, as it was read.
    fn written(&self, values: &Map) -> Result<Map, Fault> {
        let mut written = Map::with_capacity(values.len());
        for (name, value) in values {
            let field = self.resource.inward(name)?;
            let kind = self
                .models
                .field(self.resource.model.as_str(), &field)
                .map(|(kind, _)| kind);
            let multiple = kind.is_some_and(FieldKind::is_multiple);
            let value = match value {
                Value::Null => Value::Bool(false),
                // To Odoo it is what is empty; here it would be a truth value.
                Value::Bool(false) if kind.is_some_and(|kind| kind != FieldKind::Boolean) => {
                    return Err(bad("the field is no truth value; `null` empties it").about(name));
                }
                Value::Map(link) => link_id(link).ok_or_else(|| not_a_link().about(name))?,
                Value::List(items) if multiple => many(items),
                Value::List(items) => Value::List(items.iter().map(emptied).collect()),
                other => other.clone(),
            };
            if written.insert(field, value).is_some() {
                return Err(bad("a field is set twice").about(name));
            }
        }
        Ok(written)
    }
}

/// Links to any number of records: commands as Odoo has them, or the ids that shall be linked.
fn many(items: &[Value]) -> Value {
    let ids: Option<Vec<Value>> = items
        .iter()
        .map(|item| match item {
            Value::Int(_) => Some(item.clone()),
            Value::Map(link) => link_id(link),
            _ => None,
        })
        .collect();
    match ids {
        Some(ids) => Value::List(vec![Value::List(vec![
            Value::Int(6),
            Value::Int(0),
            Value::List(ids),
        ])]),
        None => Value::List(items.iter().map(emptied).collect()),
    }
}

/// The same with `false` for what is empty in the records within.
fn emptied(value: &Value) -> Value {
    match value {
        Value::List(items) => Value::List(items.iter().map(emptied).collect()),
        Value::Map(map) => Value::Map(
            map.iter()
                .map(|(name, value)| {
                    let value = match value {
                        Value::Null => Value::Bool(false),
                        other => emptied(other),
                    };
                    (name.clone(), value)
                })
                .collect(),
        ),
        other => other.clone(),
    }
}

/// An id of Odoo's. Anything else is no record's.
fn number(id: &str) -> Result<RecordId, Fault> {
    let digits = id.bytes().all(|byte| byte.is_ascii_digit()) && !id.starts_with('0');
    match id.parse::<i32>() {
        Ok(number) if digits => Ok(RecordId::Number(number.into())),
        _ => Err(Fault::new(
            FaultKind::MissingRecord,
            words(FaultKind::MissingRecord),
        )),
    }
}

fn not_a_domain() -> Fault {
    bad("`filter` is a search domain such as [[\"name\",\"ilike\",\"a\"]]").about("filter")
}
