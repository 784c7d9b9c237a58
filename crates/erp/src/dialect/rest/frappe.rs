//! A request of the façade in Frappe's words.

use std::sync::Arc;

use super::bad;
use super::compared::{self, Days};
use super::conditions::{Condition, Op};
use super::either::{link_id, not_a_link};
use super::facade::{Facade, Resource};
use super::listing::{Listing, Way};
use super::manner::{Kind, Manner, Page, Side};
use super::request::{Act, Request, Said, agree, nothing_here};
use super::rows::Models;
use crate::call::{Call, RecordId};
use crate::dialect::frappe::{self, document};
use crate::domain::FieldKind;
use crate::fault::{Fault, FaultKind};
use crate::filters::{self, Filters, Operator};
use crate::limits::Limits;
use crate::name::FieldName;
use crate::value::{Map, Value};

impl Request {
    /// The same in the words of a Frappe.
    ///
    /// # Errors
    /// When it names what there cannot be, or asks for what Frappe does not have.
    pub fn in_frappe(&self, facade: &Facade, models: &dyn Models) -> Result<Said, Fault> {
        let resource = facade.resource(&self.resource)?;
        let said = self
            .guarded(&resource)
            .and_then(|()| said(self, facade, &resource, models));
        let (call, kind) = said?;
        Ok(Said {
            call,
            edition: self.edition(),
            manner: Manner {
                notice: facade.notice(&resource),
                side: Side::Frappe,
                resource,
                kind,
            },
        })
    }
}

fn said(
    request: &Request,
    facade: &Facade,
    resource: &Arc<Resource>,
    models: &dyn Models,
) -> Result<(Call, Kind), Fault> {
    let kind = request.kind(|list| Page::of(facade, &request.resource, list))?;
    let doctype = resource.model.as_str();
    let call = |method: &str| {
        Call::new(doctype, method)
            .map_err(|error| Fault::new(FaultKind::UnknownMethod, error.to_string()))
    };
    let on = |method: &str, id: &str| Ok::<_, Fault>(call(method)?.on(vec![named(id)?]));
    let call = match (&request.act, &kind) {
        (Act::List(list), Kind::List(page)) => {
            listed(call("get_list")?, list, page, resource, models)?
        }
        (Act::List(_), _) => return Err(bad("this is no list")),
        (Act::One { columns, .. }, _) if !columns.expand.is_empty() => return Err(no_expand()),
        (Act::One { id, .. }, _) => on("get", id)?,
        (Act::Create(values), _) => {
            let mut values = values.clone();
            agree(&mut values, "id", None)?;
            call("insert")?.with("doc", document_of(&values, resource)?)
        }
        (Act::Change { id, values }, _) => {
            let mut values = values.clone();
            for name in ["id", "name"] {
                agree(&mut values, name, Some(&Value::from(id.as_str())))?;
            }
            on("save", id)?.with("doc", document_of(&values, resource)?)
        }
        (Act::Describe, _) => return Err(nothing_here()),
        (Act::Unread(fault), _) => return Err(fault.clone()),
        (Act::Delete(id), _) => on("delete", id)?,
        (
            Act::Method {
                id: Some(id),
                method,
                arguments,
            },
            _,
        ) => {
            let limits = Limits::default();
            frappe::run("POST", doctype, id, method, arguments.clone(), &limits)?
        }
        (
            Act::Method {
                id: None,
                method,
                arguments,
            },
            _,
        ) => dotted(call(method)?, doctype, method, arguments)?,
    };
    Ok((call, kind))
}

/// A method by its dotted name, on the DocType of the path.
fn dotted(mut call: Call, doctype: &str, method: &str, arguments: &Map) -> Result<Call, Fault> {
    if !method.contains('.') {
        return Err(Fault::new(
            FaultKind::UnknownMethod,
            "a method of a DocType is named whole, such as erpnext.stock.utils.get_latest_stock_qty",
        ));
    }
    // What these do is said here by verbs and paths; by name they would be judged as methods
    // that a rule lists, and do what no rule has looked at.
    if method.starts_with("frappe.client.") {
        return Err(Fault::new(
            FaultKind::UnknownMethod,
            "this is what the verbs are for: GET, POST, PATCH and DELETE of documents",
        ));
    }
    call.named.clone_from(arguments);
    let same = |value: &Value| value.as_str() == Some(doctype);
    if !["doctype", "dt"]
        .iter()
        .filter_map(|name| arguments.get(*name))
        .all(same)
    {
        return Err(bad("the arguments name another DocType than the path").about("doctype"));
    }
    call.named
        .insert("doctype".to_owned(), Value::from(doctype));
    Ok(call)
}

fn listed(
    call: Call,
    list: &Listing,
    page: &Page,
    resource: &Resource,
    models: &dyn Models,
) -> Result<Call, Fault> {
    if !list.columns.expand.is_empty() {
        return Err(no_expand());
    }
    let mut fields = vec![Value::from("name")];
    for field in &list.columns.fields {
        let field = field_of(resource, field)?;
        if field != "name" {
            fields.push(Value::from(field));
        }
    }
    if list.columns.fields.is_empty() {
        fields = vec![Value::from("*")];
    }
    let mut filters = match &list.filter {
        None => Filters::default(),
        Some(filter) => Filters::parse(filter, &Value::Null).map_err(|error| {
            let mut fault = bad(format!("`filter`: {error}")).about("filter");
            fault.kind = FaultKind::BadValue;
            fault
        })?,
    };
    let kind = |field: &str| {
        let known = models.field(resource.model.as_str(), field);
        known.map(|(kind, _)| kind)
    };
    for condition in &mut filters.all {
        let told = condition.field.as_str();
        let field = field_of(resource, told)?;
        if let (None, Some(kind)) = (&condition.doctype, kind(&field)) {
            let operator = condition.operator.as_str();
            compared::check(told, kind, operator, &condition.value, Days::Exact)?;
        }
        condition.field = FieldName::new(&field).map_err(|_| no_path(&field))?;
    }
    for condition in &list.conditions {
        filters.all.push(asked(condition, resource, kind)?);
    }
    let mut call = call
        .with("fields", fields)
        .with("order_by", order(&list.order, resource)?)
        .with("limit_page_length", i64::from(page.limit));
    if !filters.all.is_empty() {
        call = call.with("filters", filters.filters_value());
    }
    if let Some(offset) = page.offset()? {
        call = call.with("limit_start", offset);
    }
    Ok(call)
}

fn asked(
    condition: &Condition,
    resource: &Resource,
    kind: impl Fn(&str) -> Option<FieldKind>,
) -> Result<filters::Condition, Fault> {
    let path = field_of(resource, &condition.path)?;
    // Frappe reads texts by the column; what its database would make anything of is refused.
    if !matches!(condition.op, Op::Like | Op::Ilike | Op::Null) {
        let kind = kind(&path);
        condition.values(kind)?;
        if kind == Some(FieldKind::Date) {
            condition.days()?;
        }
    }
    let field = FieldName::new(&path).map_err(|_| no_path(&condition.path))?;
    let text = || Value::from(condition.text());
    let within = || Value::from(format!("%{}%", condition.text()));
    let (operator, value) = match condition.op {
        Op::Eq => (Operator::Equal, text()),
        Op::Ne => (Operator::NotEqual, text()),
        Op::Gt => (Operator::Greater, text()),
        Op::Gte => (Operator::GreaterOrEqual, text()),
        Op::Lt => (Operator::Less, text()),
        Op::Lte => (Operator::LessOrEqual, text()),
        Op::In => (Operator::In, Value::List(condition.values(None)?)),
        Op::Nin => (Operator::NotIn, Value::List(condition.values(None)?)),
        // MariaDB compares as the column is collated; Frappe's are not told by capitals.
        Op::Like | Op::Ilike => (Operator::Like, within()),
        Op::Null if condition.wants_nothing() => (Operator::Is, Value::from("not set")),
        Op::Null => (Operator::Is, Value::from("set")),
    };
    Ok(filters::Condition::new(field, operator, value))
}

/// A list is always in an order, and in one that leaves nothing open.
fn order(order: &[(String, Way)], resource: &Resource) -> Result<String, Fault> {
    let mut parts = Vec::with_capacity(order.len().saturating_add(1));
    let mut named = false;
    for (field, way) in order {
        let field = field_of(resource, field)?;
        named |= field == "name";
        parts.push(match way {
            Way::Up => format!("{field} asc"),
            Way::Down => format!("{field} desc"),
        });
    }
    if !named {
        parts.push("name asc".to_owned());
    }
    Ok(parts.join(", "))
}

/// What Frappe calls a field: the id is its document's name.
fn field_of(resource: &Resource, field: &str) -> Result<String, Fault> {
    if field == "id" {
        return Ok("name".to_owned());
    }
    resource.inward(field)
}

/// The document of a request. A DocType that it names beside the path's is refused, as by
/// every face of Frappe: none but the path's is judged.
fn document_of(values: &Map, resource: &Resource) -> Result<Map, Fault> {
    let mut doc = written(values, resource)?;
    frappe::agree(&mut doc, resource.model.as_str(), None)
        .map_err(|fault| fault.about("doctype"))?;
    Ok(doc)
}

/// Values as Frappe takes them.
fn written(values: &Map, resource: &Resource) -> Result<Map, Fault> {
    let mut written = Map::with_capacity(values.len());
    for (name, value) in values {
        let value = match value {
            Value::Map(link) => link_id(link).ok_or_else(|| not_a_link().about(name))?,
            other => other.clone(),
        };
        if written.insert(resource.inward(name)?, value).is_some() {
            return Err(bad("a field is set twice").about(name));
        }
    }
    Ok(written)
}

fn named(id: &str) -> Result<RecordId, Fault> {
    document(id)
}

fn no_path(path: &str) -> Fault {
    bad("Frappe's filters name a field, not a path").about(path)
}

fn no_expand() -> Fault {
    bad("Frappe does not show linked records in a list; ask for them by their ids").about("expand")
}
