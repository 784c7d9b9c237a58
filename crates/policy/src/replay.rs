//! A recorded call, judged again: a record names models, methods, fields and operators, and no
//! values. What depends on values cannot be told, and is said to be unknown.

use portcullis_erp::domain::FieldKind;
use portcullis_erp::{Call, Map, Model, RecordId, Value};

use crate::odoo::table::{self, Kind};
use crate::operation::Family;
use crate::schema::Schema;

/// What a record says of a call.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Recorded {
    /// The model.
    pub model: String,
    /// The method.
    pub method: String,
    /// The fields and paths that were named.
    pub fields: Vec<String>,
    /// Path and operator of each condition.
    pub domain: Vec<(String, String)>,
    /// The keys of the context.
    pub context: Vec<String>,
    /// How many records were named by id.
    pub ids: u64,
    /// How many more names there were than stand here.
    pub cut: u64,
    /// Whether it was refused: then less of it was written down.
    pub refused: bool,
}

impl Recorded {
    /// A call of this shape.
    ///
    /// # Errors
    /// With what the record does not tell.
    pub fn call(&self, family: Family, schema: &Schema) -> Result<Call, &'static str> {
        if self.cut > 0 {
            return Err("the record does not hold all names");
        }
        let call = Call::new(&self.model, &self.method);
        let mut call = call.map_err(|_| "it is no call of a model")?;
        let sends = match family {
            Family::Odoo => crate::odoo::mail::known(&self.method),
            Family::Frappe => crate::frappe::mail::known(&self.method),
        };
        if sends {
            return Err("the record does not tell what was sent, and to whom");
        }
        match family {
            Family::Odoo => self.odoo(&mut call, schema)?,
            Family::Frappe => self.frappe(&mut call)?,
        }
        Ok(call)
    }

    fn odoo(&self, call: &mut Call, schema: &Schema) -> Result<(), &'static str> {
        for key in &self.context {
            let value = match key.as_str() {
                "lang" | "tz" => Value::from("x"),
                _ => Value::Int(1),
            };
            call.context.insert(key.clone(), value);
        }
        let numbers = || (1..=self.ids.min(20_000)).filter_map(|id| i64::try_from(id).ok());
        let ids = || numbers().map(RecordId::Number).collect::<Vec<_>>();
        let Some(known) = table::known(&self.model, &self.method) else {
            if self.ids > 0 {
                call.ids = Some(ids());
            }
            for name in &self.fields {
                call.named.insert(name.clone(), Value::from("x"));
            }
            return Ok(());
        };
        if known.on_records {
            call.ids = Some(ids());
        }
        let names = || {
            Value::List(
                self.fields
                    .iter()
                    .map(|name| Value::from(name.as_str()))
                    .collect(),
            )
        };
        let takes = |name: &str| known.arguments.iter().any(|(known, _)| *known == name);
        if takes("domain") {
            let domain = self.conditions(&call.model, schema)?;
            call.named.insert("domain".to_owned(), domain);
        }
        let mut put = |name: &str, value: Value| {
            call.named.insert(name.to_owned(), value);
        };
        match known.kind {
            Kind::Count | Kind::NameGet | Kind::Metadata | Kind::OwnContext => {}
            Kind::Search => {
                if !self.fields.is_empty() {
                    put("order", Value::from(self.fields.join(", ")));
                }
            }
            Kind::SearchRead | Kind::Read if !self.fields.is_empty() => put("fields", names()),
            Kind::SearchRead | Kind::Read => {}
            Kind::WebSearchRead | Kind::WebRead | Kind::WebNameSearch => {
                put("specification", Value::Map(specification(&self.fields)));
                if known.kind == Kind::WebNameSearch {
                    put("name", Value::from("x"));
                }
            }
            Kind::NameSearch => put("name", Value::from("x")),
            Kind::Groups => put("groupby", names()),
            Kind::GroupLists => put("grouping_sets", Value::List(vec![names()])),
            Kind::FieldsGet if !self.fields.is_empty() => put("allfields", names()),
            Kind::FieldsGet => {}
            Kind::Export => put("fields_to_export", names()),
            // Any names will do: what is not open is left out of the answer.
            Kind::DefaultGet => put("fields", Value::List(vec![Value::from("name")])),
            Kind::NameCreate => put("name", Value::from("x")),
            Kind::Rights | Kind::Access | Kind::FieldRights => {
                return Err("the record does not tell which right was asked about");
            }
            Kind::Resequence | Kind::WebSave => {
                return Err("the record does not tell what was written from what was read");
            }
            Kind::Translations | Kind::Change if takes("field_name") => {
                let [field] = self.fields.as_slice() else {
                    return Err("the record does not tell which field's translations it was about");
                };
                put("field_name", Value::from(field.as_str()));
                if known.kind == Kind::Change {
                    put("translations", Value::Map(Map::new()));
                }
            }
            Kind::Translations => {}
            Kind::Activate(_) => {}
            Kind::Change if known.operation == crate::operation::Operation::Delete => {}
            Kind::Create | Kind::Change | Kind::Copy => {
                if self.refused {
                    return Err(
                        "of what was refused the record does not tell which fields were set",
                    );
                }
                let values = Value::Map(self.values(&call.model, schema)?);
                match known.kind {
                    Kind::Create => put("vals_list", Value::List(vec![values])),
                    Kind::Copy => put("default", values),
                    _ => put("vals", values),
                }
            }
        }
        Ok(())
    }

    /// Conditions with any value.
    fn conditions(&self, model: &Model, schema: &Schema) -> Result<Value, &'static str> {
        let mut conditions = Vec::new();
        for (path, operator) in &self.domain {
            let kind = kind_at(schema, model, path);
            let value = match (operator.as_str(), kind) {
                ("any" | "not any" | "any!" | "not any!", _) => Value::List(Vec::new()),
                ("in" | "not in", Some(kind)) => Value::List(vec![one(kind)]),
                ("in" | "not in", None) => Value::List(vec![Value::Int(1)]),
                (operator, _) if operator.contains("like") => Value::from("x"),
                (_, Some(kind)) => one(kind),
                (_, None) => Value::Int(1),
            };
            let leaf = [
                Value::from(path.as_str()),
                Value::from(operator.as_str()),
                value,
            ];
            conditions.push(Value::List(leaf.into()));
        }
        Ok(Value::List(conditions))
    }

    fn values(&self, model: &Model, schema: &Schema) -> Result<Map, &'static str> {
        let mut values = Map::new();
        for name in &self.fields {
            if name.contains('.') {
                return Err("the record does not tell what was done with linked records");
            }
            let kind = kind_at(schema, model, name).unwrap_or(FieldKind::Char);
            if matches!(kind, FieldKind::One2many | FieldKind::Many2many) {
                return Err("the record does not tell what was done with linked records");
            }
            values.insert(name.clone(), one(kind));
        }
        Ok(values)
    }

    fn frappe(&self, call: &mut Call) -> Result<(), &'static str> {
        let named = || vec![RecordId::Name("X".into())];
        let names = || {
            Value::List(
                self.fields
                    .iter()
                    .map(|name| Value::from(name.as_str()))
                    .collect(),
            )
        };
        let filters = || {
            let conditions = self.domain.iter().map(|(field, operator)| {
                let value = match operator.as_str() {
                    "in" | "not in" => Value::List(vec![Value::from("x")]),
                    "between" => return None,
                    "is" => Value::from("set"),
                    _ => Value::from("x"),
                };
                let leaf = [
                    Value::from(field.as_str()),
                    Value::from(operator.as_str()),
                    value,
                ];
                Some(Value::List(leaf.into()))
            });
            let conditions: Option<Vec<Value>> = conditions.collect();
            conditions
                .map(Value::List)
                .ok_or("the record does not tell what a range is of")
        };
        match self.method.as_str() {
            "get_list" => {
                call.named.insert("fields".to_owned(), names());
                call.named.insert("filters".to_owned(), filters()?);
            }
            "get_count" => {
                call.named.insert("filters".to_owned(), filters()?);
            }
            "get" if self.ids == 0 => {
                call.named.insert("filters".to_owned(), filters()?);
            }
            "get" | "delete" | "cancel" => call.ids = Some(named()),
            "get_meta" => {}
            "submit" if self.fields.is_empty() => call.ids = Some(named()),
            "insert" | "save" | "submit" => {
                if self.refused {
                    return Err(
                        "of what was refused the record does not tell which fields were set",
                    );
                }
                if self.fields.iter().any(|field| field == "docstatus") {
                    return Err("the record does not tell which status was set");
                }
                call.named
                    .insert("doc".to_owned(), Value::Map(document(&self.fields)));
                if self.method != "insert" {
                    call.ids = Some(named());
                }
            }
            "frappe.client.get_value" => {
                call.named.insert("fieldname".to_owned(), names());
                call.named.insert("filters".to_owned(), filters()?);
            }
            method if crate::frappe::operation(method).is_some() => {
                return Err("the record does not hold the arguments of this method");
            }
            _ => {
                if self.ids > 0 {
                    call.ids = Some(named());
                }
                for name in &self.fields {
                    call.named.insert(name.clone(), Value::from("x"));
                }
            }
        }
        Ok(())
    }
}

/// A document with any values: `items.qty` is a column of a row.
fn document(fields: &[String]) -> Map {
    let mut doc = Map::new();
    for field in fields {
        match field.split_once('.') {
            None => {
                doc.entry(field.clone()).or_insert_with(|| Value::from("x"));
            }
            Some((table, column)) => {
                let rows = doc
                    .entry(table.to_owned())
                    .or_insert_with(|| Value::List(Vec::new()));
                if !matches!(rows, Value::List(_)) {
                    *rows = Value::List(Vec::new());
                }
                if let Value::List(rows) = rows {
                    if rows.is_empty() {
                        rows.push(Value::Map(Map::new()));
                    }
                    if let Some(Value::Map(row)) = rows.first_mut() {
                        row.insert(column.to_owned(), Value::from("x"));
                    }
                }
            }
        }
    }
    doc
}

/// `partner_id.name` stands for a field of a linked record.
fn specification(paths: &[String]) -> Map {
    let mut fields = Map::new();
    for path in paths {
        let (first, rest) = match path.split_once('.') {
            Some((first, rest)) => (first, Some(rest.to_owned())),
            None => (path.as_str(), None),
        };
        let inner = fields
            .entry(first.to_owned())
            .or_insert_with(|| Value::Map(Map::new()));
        let (Value::Map(inner), Some(rest)) = (inner, rest) else {
            continue;
        };
        let deeper = specification(&[rest]);
        match inner.get_mut("fields") {
            Some(Value::Map(known)) => known.extend(deeper),
            _ => {
                inner.insert("fields".to_owned(), Value::Map(deeper));
            }
        }
    }
    fields
}

/// The kind of the field at the end of a path.
fn kind_at(schema: &Schema, model: &Model, path: &str) -> Option<FieldKind> {
    let mut model = model.clone();
    let mut steps = path.split('.').peekable();
    while let Some(step) = steps.next() {
        let facts = schema.model(&model)?.field(step)?;
        if steps.peek().is_none() {
            return Some(facts.kind);
        }
        model = facts.relation.clone()?;
    }
    None
}

/// A value of a kind.
fn one(kind: FieldKind) -> Value {
    match kind {
        FieldKind::Boolean => Value::Bool(true),
        FieldKind::Integer
        | FieldKind::Float
        | FieldKind::Monetary
        | FieldKind::Many2one
        | FieldKind::One2many
        | FieldKind::Many2many => Value::Int(1),
        FieldKind::Date => Value::from("2026-01-01"),
        FieldKind::Datetime => Value::from("2026-01-01 00:00:00"),
        FieldKind::Char
        | FieldKind::Text
        | FieldKind::Html
        | FieldKind::Selection
        | FieldKind::Other => Value::from("x"),
    }
}
