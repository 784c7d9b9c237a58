//! Whether values are of the form that the ERP's fields take, before the ERP is asked.
//!
//! The façade is exact ([`Fit::Exact`]): a value has the type that its field has, and what the
//! ERP would cut, ignore or compute anew is refused. The ERPs' own dialects are as lenient as
//! the ERPs ([`Fit::Lenient`]): Odoo takes `"5"` for 5, cuts texts to their size, and ignores
//! much; only what it is certain to refuse is refused here. A Frappe's own hooks may put right
//! whatever is sent, so nothing is certain there.
//!
//! That a value is missing is never refused: what fills it (a default, a hook, an override)
//! cannot be seen from here.

mod frappe;
mod odoo;
#[cfg(test)]
mod tests;

use portcullis_erp::{Call, Fault, FaultKind, Map, Value};

use crate::operation::Family;
use crate::schema::{FieldSchema, ModelSchema, Schema};

/// How exactly values must fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fit {
    /// As the façade says it.
    Exact,
    /// As the ERP takes it.
    Lenient,
}

/// What is expected instead.
pub(crate) type Expected = String;

/// The first value of a call that does not fit its field, as the fault that says so.
pub fn unfit(call: &Call, schema: &Schema, family: Family, fit: Fit) -> Option<Fault> {
    if family == Family::Frappe && fit == Fit::Lenient {
        return None;
    }
    let model = schema.model(&call.model)?;
    let argument = match (family, call.method.as_str()) {
        (Family::Odoo, "create") => "vals_list",
        (Family::Odoo, "write" | "web_save") => "vals",
        (Family::Frappe, "insert" | "save") => "doc",
        _ => return None,
    };
    let records = match call.named.get(argument)? {
        Value::List(items) => items.as_slice(),
        one => std::slice::from_ref(one),
    };
    records
        .iter()
        .filter_map(Value::as_map)
        .find_map(|values| misfit(values, model, schema, family, fit))
}

fn misfit(
    values: &Map,
    model: &ModelSchema,
    schema: &Schema,
    family: Family,
    fit: Fit,
) -> Option<Fault> {
    values.iter().find_map(|(name, value)| {
        let facts = model.field(name)?;
        let fits = match (family, fit) {
            (Family::Odoo, Fit::Exact) => odoo::exact(name, facts, value),
            (Family::Odoo, Fit::Lenient) => odoo::lenient(facts, value),
            (Family::Frappe, _) => frappe::exact(name, facts, value, schema),
        };
        fits.err().map(|expected| {
            Fault::new(
                FaultKind::BadValue,
                format!("the field `{name}` takes {expected}"),
            )
            .about(name)
        })
    })
}

/// `a, b or c`, cut where there are many.
fn one_of(choices: &[String]) -> Expected {
    let shown: Vec<String> = choices
        .iter()
        .take(20)
        .map(|choice| format!("`{choice}`"))
        .collect();
    let more = if choices.len() > 20 { ", …" } else { "" };
    format!("one of {}{more}", shown.join(", "))
}

/// A text of the right length. No database of an Odoo's holds a NUL.
fn text(facts: &FieldSchema, value: &str) -> Result<(), Expected> {
    if value.contains('\0') {
        return Err("a text without NUL".to_owned());
    }
    match facts.size {
        Some(size) if value.chars().count() > size as usize => {
            Err(format!("at most {size} letters"))
        }
        _ => Ok(()),
    }
}

/// A number without a fraction that fits the column of an ERP.
fn whole(value: &Value) -> bool {
    let most = f64::from(i32::MAX);
    match value {
        Value::Int(number) => i32::try_from(*number).is_ok(),
        Value::Float(number) => number.fract() == 0.0 && number.abs() <= most,
        _ => false,
    }
}

fn number(value: &Value) -> bool {
    matches!(value, Value::Int(_) | Value::Float(_))
}
