//! What must hold of every stored record, checked when it was written.

use super::call::Env;
use super::defaults;
use super::schema::{Model, Source};
use super::trouble::{Kind, Trouble};

/// Required fields have a value.
pub(crate) fn required(env: &Env<'_>, model: &Model, id: i64) -> Result<(), Trouble> {
    let view = env.view();
    let Some(record) = view.record(model.name, id) else {
        return Ok(());
    };
    if model.name == "res.partner"
        && record.text("type") == "contact"
        && record.text("name").is_empty()
    {
        return Err(Trouble::new(
            Kind::Validation,
            "It cannot be done: a contact needs a name.",
        ));
    }
    for (slot, field) in model.fields.values().enumerate() {
        let needed =
            field.has('r') && matches!(field.source, Source::Cell) && field.kind != "boolean";
        if needed
            && record.value(slot, field).is_nothing()
            && !defaults::lenient(model.name, field.name)
        {
            return Err(Trouble::new(
                Kind::Validation,
                format!(
                    "It cannot be done: the field '{}' ({}) of '{}' ({}) needs a value.",
                    field.label, field.name, model.label, model.name
                ),
            ));
        }
    }
    Ok(())
}

/// What must be unique is.
pub(crate) fn unique(env: &Env<'_>, model: &Model, id: i64) -> Result<(), Trouble> {
    let name = match model.name {
        "res.users" => "login",
        "ir.config_parameter" => "key",
        _ => return Ok(()),
    };
    let Some((slot, _)) = model.field(name) else {
        return Ok(());
    };
    let own = env.db.row(model.name, id).and_then(|row| row.get(slot));
    let taken = env
        .db
        .rows(model.name)
        .any(|(other, row)| other != id && row.get(slot) == own);
    if taken {
        return Err(Trouble::new(
            Kind::Validation,
            format!("It cannot be done: this {name} is taken already."),
        ));
    }
    Ok(())
}

/// No record stands below itself.
pub(crate) fn recursion(env: &Env<'_>, model: &Model, id: i64) -> Result<(), Trouble> {
    let Some(parent) = model.parent else {
        return Ok(());
    };
    let mut record = env.view().record(model.name, id);
    for _ in 0..64 {
        let Some(next) = record.and_then(|record| record.link(parent)) else {
            return Ok(());
        };
        if next.id == id {
            break;
        }
        record = Some(next);
    }
    Err(Trouble::new(
        Kind::Validation,
        format!(
            "A {} cannot stand below itself.",
            model.label.to_lowercase()
        ),
    ))
}
