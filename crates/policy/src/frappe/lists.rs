//! Lists, counts and single values.

use portcullis_erp::filters::{Condition, Filters, Operator};
use portcullis_erp::value::from_json;
use portcullis_erp::{Call, FieldName, Limits, Map, Shape, Value};

use super::one_name;
use super::view::{Aim, FrappeView};
use crate::bench::No;
use crate::decision::Reason;
use crate::operation::Operation;
use crate::permit::Permit;
use crate::sizes;
use crate::terms::Terms;

/// What Frappe answers where no number of rows is asked for.
const USUAL_ROWS: i64 = 20;

/// What a column is named for.
#[derive(Clone, Copy)]
enum Use {
    /// To be shown, be it masked.
    Shown,
    /// To sort or group by.
    Sorted,
}

impl FrappeView<'_> {
    pub(crate) fn list(&self, call: &Call) -> Result<Permit, No> {
        let mut shape = Shape::default();
        let mut clean = call.clone();
        if call.ids.is_some() {
            return Err(self.bad_argument("ids"));
        }
        for (name, value) in &call.named {
            let bad = || self.bad_argument(name);
            match name.as_str() {
                "fields" => {
                    let fields = value.as_list().ok_or_else(bad)?;
                    self.held.at_most(name, fields.len(), self.held.fields())?;
                    for field in fields {
                        let field = field.as_str().ok_or_else(bad)?;
                        // Everything: what is not open is taken out of the answer.
                        if field != "*" {
                            let field = self.column(field, Use::Shown)?;
                            shape.fields.push(field);
                        } else if self.held.caps.fields.is_some() {
                            // How many these are is not known.
                            return Err(Box::new(
                                self.held
                                    .fields()
                                    .refusal("fields")
                                    .under(&self.held.full_name()),
                            ));
                        } else {
                            shape.how.push("every".to_owned());
                        }
                    }
                }
                "filters" | "or_filters" => {}
                "order_by" | "group_by" => {
                    let directed = name == "order_by";
                    let named = self.order(value.as_str().ok_or_else(bad)?, directed)?;
                    for field in named {
                        if !shape.fields.contains(&field) {
                            shape.fields.push(field);
                        }
                    }
                }
                "limit_start" | "limit_page_length" if value.as_int().is_some_and(|n| n >= 0) => {}
                // A list of child rows asks for the rights of the parent's DocType as well.
                "parent" if value.as_str().is_some() => {}
                _ => return Err(bad()),
            }
        }
        self.filter(&mut clean, &mut shape)?;
        // Frappe reads 0 as "all". Where more is asked than a page may hold, one row more is
        // fetched, so that the caller is told whether there is more.
        let page = self.page();
        let most = i64::from(page.most);
        let asked = match call.named.get("limit_page_length").and_then(Value::as_int) {
            None => USUAL_ROWS,
            Some(0) => i64::MAX,
            Some(asked) => asked,
        };
        let fetched = if asked > most {
            most.saturating_add(1)
        } else {
            asked
        };
        if call.named.contains_key("limit_page_length") || fetched != USUAL_ROWS {
            clean
                .named
                .insert("limit_page_length".to_owned(), Value::Int(fetched));
        }
        if !self.is_whole()
            && !call.named.contains_key("order_by")
            && !call.named.contains_key("group_by")
        {
            // The DocType's own order may rest on fields that are hidden.
            clean
                .named
                .insert("order_by".to_owned(), Value::from("name asc"));
        }
        let terms = Terms::Documents(self.document_terms());
        let mut permit = self.permit(Operation::Read, shape, None, clean, terms);
        permit.paged = (asked > most).then_some(page);
        Ok(permit)
    }

    pub(crate) fn count(&self, call: &Call) -> Result<Permit, No> {
        let mut shape = Shape::default();
        let mut clean = call.clone();
        if call.ids.is_some() || call.named.keys().any(|name| name != "filters") {
            return Err(self.bad_argument("ids"));
        }
        self.filter(&mut clean, &mut shape)?;
        Ok(self.permit(Operation::Read, shape, None, clean, Terms::Count))
    }

    /// One document by its name, or the first by filters.
    pub(crate) fn read(&self, call: &Call) -> Result<Permit, No> {
        let mut shape = Shape {
            ids: usize::from(call.ids.is_some()),
            ..Shape::default()
        };
        let mut clean = call.clone();
        let guard = match (one_name(call), call.named.is_empty()) {
            (Some(name), true) => self.guard(name, Aim::Reads)?,
            (None, _) if call.ids.is_none() && call.named.keys().all(|name| name == "filters") => {
                self.filter(&mut clean, &mut shape)?;
                None
            }
            _ => return Err(self.bad_argument("name")),
        };
        let terms = Terms::Document(self.document_terms());
        Ok(self.permit(Operation::Read, shape, guard, clean, terms))
    }

    /// `frappe.client.get_value`: some fields of the first document.
    pub(crate) fn value(&self, call: &Call) -> Result<Permit, No> {
        let mut shape = Shape::default();
        let mut clean = call.clone();
        let mut fields = Vec::new();
        for (name, value) in &call.named {
            let bad = || self.bad_argument(name);
            match name.as_str() {
                "doctype" if value.as_str() == Some(self.model.as_str()) => {}
                "fieldname" => {
                    let names = names(value).ok_or_else(bad)?;
                    self.held.at_most(name, names.len(), self.held.fields())?;
                    for field in names {
                        let mask = self.shown(&field)?;
                        shape.fields.push(field.clone());
                        fields.push((field, mask));
                    }
                }
                "filters" => {}
                "as_dict" | "parent" | "debug"
                    if matches!(
                        value,
                        Value::Text(_) | Value::Int(_) | Value::Bool(_) | Value::Null
                    ) => {}
                _ => return Err(bad()),
            }
        }
        clean.named.shift_remove("debug");
        if fields.is_empty() {
            fields.push(("name".to_owned(), None));
        }
        let filters = match call.named.get("filters") {
            Some(Value::Text(text)) if text.trim_start().starts_with(['[', '{']) => {
                from_json(text.as_bytes(), &Limits::default())
                    .map_err(|_| self.bad_argument("filters"))?
            }
            Some(Value::Text(text)) if text == "null" => Value::Null,
            Some(Value::Text(name)) if !name.is_empty() => {
                let id = FieldName::new("name").map_err(|_| self.bad_argument("filters"))?;
                let named = Condition::new(id, Operator::Equal, name.as_str());
                Filters {
                    all: vec![named],
                    any: Vec::new(),
                }
                .filters_value()
            }
            Some(filters) => filters.clone(),
            None => Value::Null,
        };
        clean.named.insert("filters".to_owned(), filters);
        self.filter(&mut clean, &mut shape)?;
        let asked = fields
            .iter()
            .map(|(field, _)| Value::from(field.as_str()))
            .collect();
        clean
            .named
            .insert("fieldname".to_owned(), Value::List(asked));
        Ok(self.permit(
            Operation::Read,
            shape,
            None,
            clean,
            Terms::FrappeValues(fields),
        ))
    }

    /// Puts judged filters, and the rule's, into a call.
    fn filter(&self, call: &mut Call, shape: &mut Shape) -> Result<(), No> {
        let none = Value::Null;
        let filters = call.named.get("filters").unwrap_or(&none);
        let or_filters = call.named.get("or_filters").unwrap_or(&none);
        let judged = self.filters(filters, or_filters, shape)?;
        replace(
            &mut call.named,
            "filters",
            &judged.all,
            judged.filters_value(),
        );
        replace(
            &mut call.named,
            "or_filters",
            &judged.any,
            judged.or_filters_value(),
        );
        Ok(())
    }

    /// A column of a list: a field, with or without the DocType's table in front.
    fn column(&self, text: &str, used: Use) -> Result<String, No> {
        let field = match text.rsplit_once('.') {
            Some((table, field)) if self.is_own_table(table) => field,
            _ => text,
        };
        let field = bare(field);
        let plain = field.split('.').all(|part| FieldName::new(part).is_ok());
        if !plain || field.split('.').count() > 2 {
            return Err(self.refuse(
                Reason::Argument,
                "Fields are names such as `customer_name`: functions, aliases and expressions cannot be allowed.",
                "a field is an expression, which cannot be judged",
            ));
        }
        match used {
            Use::Shown => {
                self.shown(field)?;
            }
            Use::Sorted => self.readable(field)?,
        }
        Ok(field.to_owned())
    }

    fn is_own_table(&self, table: &str) -> bool {
        table
            .strip_prefix("`tab")
            .and_then(|table| table.strip_suffix('`'))
            == Some(self.model.as_str())
    }

    /// `field asc, field desc`, or `field, field` for groups.
    /// Judges what is sorted or grouped by; answers its columns.
    fn order(&self, text: &str, directed: bool) -> Result<Vec<String>, No> {
        let mut named = Vec::new();
        self.held
            .at_most("order_by", text.split(',').count(), sizes::ORDER)?;
        for part in text.split(',') {
            let part = part.trim();
            let field = match part.rsplit_once(' ') {
                Some((field, direction))
                    if directed
                        && ["asc", "desc"].contains(&direction.to_ascii_lowercase().as_str()) =>
                {
                    field.trim_end()
                }
                _ => part,
            };
            if field.is_empty() {
                return Err(self.bad_argument("order_by"));
            }
            named.push(self.column(field, Use::Sorted)?);
        }
        Ok(named)
    }
}

fn bare(field: &str) -> &str {
    field
        .strip_prefix('`')
        .and_then(|field| field.strip_suffix('`'))
        .unwrap_or(field)
}

fn replace(named: &mut Map, name: &str, conditions: &[Condition], value: Value) {
    if conditions.is_empty() {
        named.shift_remove(name);
    } else {
        named.insert(name.to_owned(), value);
    }
}

/// A field name, a list of them, or a list in a JSON text.
fn names(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::Text(text) if text.trim_start().starts_with('[') => {
            names(&from_json(text.as_bytes(), &Limits::default()).ok()?)
        }
        Value::Text(text) => Some(vec![text.clone()]),
        Value::List(items) => items
            .iter()
            .map(|item| item.as_str().map(str::to_owned))
            .collect(),
        _ => None,
    }
}
