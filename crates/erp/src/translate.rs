//! Calls of one release of Odoo, in front of another.
//!
//! Clients call the methods of the release that they were written for. Where the ERP does not
//! have a method (any more, or yet) and another one is its exact equal, the call becomes that
//! other one *before* it is judged, and the answer is told as the caller's method tells it
//! ([`Told`]). What has no exact equal is refused with the reason, never approximated.
//! The table is of facts of Odoo 14 to 19; what is deprecated in 19 and has an equal there is
//! no longer asked of 20 and later.

mod groups;
mod told;

use std::ops::Range;

use crate::call::Call;
use crate::dialect::Dialect;
use crate::domain::FieldKind;
use crate::fault::{Fault, FaultKind};
use crate::name::Method;
use crate::release::Release;
use crate::value::{Map, Value};

pub use told::Told;

/// A call as the ERP knows it, and how its answer is told.
#[derive(Debug, PartialEq)]
pub struct Translated {
    /// What is to be judged, and then sent.
    pub call: Call,
    /// How the answer is told.
    pub told: Told,
}

/// Why a call cannot be translated.
#[derive(Debug, PartialEq)]
pub enum TranslateError {
    /// It rests on what kind the model's fields are, and that is not known yet.
    Fields,
    /// The ERP's release has nothing that is exactly this.
    Refused(Fault),
}

/// What kind a field is, if there is one of that name.
pub type Kinds<'a> = dyn Fn(&str) -> Option<FieldKind> + 'a;

/// For whom, and with what knowledge, a call is translated.
pub struct Between<'a> {
    /// The dialect of the caller: JSON-2 has only ever had the answers of 19.
    pub caller: Dialect,
    /// The ERP's release.
    pub release: Release,
    /// The kinds of the model's fields, where the model is known.
    pub fields: Option<&'a Kinds<'a>>,
}

type How = fn(&mut Call, &Between<'_>) -> Result<Told, TranslateError>;

/// One method, and the releases in which it must become something else.
struct Line {
    method: &'static str,
    releases: Range<u16>,
    how: How,
}

/// Before any release, and after all of them.
const FIRST: u16 = 0;
const LAST: u16 = u16::MAX;

const fn line(method: &'static str, releases: Range<u16>, how: How) -> Line {
    Line {
        method,
        releases,
        how,
    }
}

const LINES: &[Line] = &[
    line("check_access_rights", 20..LAST, right_of_today),
    line("copy", FIRST..18, one_copy),
    line("copy_data", FIRST..18, one_copy),
    line("formatted_read_group", FIRST..19, groups::of_before),
    line("formatted_read_grouping_sets", FIRST..19, |_, _| {
        absent("`read_group`, once for each grouping")
    }),
    line("get_view", FIRST..16, |_, _| absent("`fields_get`")),
    line("get_views", FIRST..16, |_, _| absent("`fields_get`")),
    line("has_access", FIRST..18, right_of_before),
    line("name_get", 18..LAST, names),
    line("read_group", 20..LAST, groups::of_today),
    line("search", FIRST..LAST, counted),
    line("search_count", FIRST..16, unlimited),
    line("search_read", FIRST..15, ordinary_load),
    line("web_name_search", FIRST..19, |_, _| {
        absent("`name_search`, and `read`")
    }),
    line("web_read", FIRST..17, plain_rows),
    line("web_resequence", FIRST..19, |_, _| {
        absent("`write`, once for each record")
    }),
    line("web_save", FIRST..17, |_, _| {
        absent("`create` or `write`, and `read`")
    }),
    line("web_save_multi", FIRST..19, |_, _| {
        absent("`write`, once for each record, and `read`")
    }),
    line("web_search_read", FIRST..17, |_, _| {
        absent("`search_read` and `search_count`")
    }),
];

/// Makes of a call what an ERP of this release knows.
///
/// # Errors
/// When the ERP has nothing that is exactly this, or the model must be known first.
pub fn call(mut call: Call, between: &Between<'_>) -> Result<Translated, TranslateError> {
    let number = between.release.number();
    let line = LINES
        .iter()
        .find(|line| line.method == call.method.as_str() && line.releases.contains(&number));
    let told = match line {
        Some(line) => (line.how)(&mut call, between)?,
        None => Told::AsIs,
    };
    Ok(Translated { call, told })
}

fn refused(message: impl Into<String>) -> TranslateError {
    TranslateError::Refused(Fault::new(FaultKind::BadArguments, message))
}

/// The ERP has no such method, and no other that is exactly this.
fn absent(instead: &str) -> Result<Told, TranslateError> {
    Err(TranslateError::Refused(Fault::new(
        FaultKind::UnknownMethod,
        format!("the ERP is of a release that has no such method; call {instead}"),
    )))
}

/// The call becomes one of another method, with these arguments.
fn becomes(call: &mut Call, method: &str, named: Map) -> Result<(), TranslateError> {
    call.method = Method::new(method).map_err(|_| refused("the method cannot be named"))?;
    call.named = named;
    Ok(())
}

fn is_given(call: &Call, name: &str) -> bool {
    call.named.get(name).is_some_and(|value| !is_empty(value))
}

fn is_empty(value: &Value) -> bool {
    value.is_nothing() || matches!(value, Value::List(items) if items.is_empty())
}

fn entry(name: &str, value: impl Into<Value>) -> (String, Value) {
    (name.to_owned(), value.into())
}

/// `name_get` was the display names of records, in their order.
fn names(call: &mut Call, _: &Between<'_>) -> Result<Told, TranslateError> {
    let ids = call.ids.clone().unwrap_or_default();
    let fields = Value::List(vec![Value::from("display_name")]);
    becomes(call, "read", Map::from_iter([entry("fields", fields)]))?;
    Ok(Told::Names(ids.into_boxed_slice()))
}

/// `has_access` of no records is `check_access_rights` that does not raise.
fn right_of_before(call: &mut Call, _: &Between<'_>) -> Result<Told, TranslateError> {
    if call.ids.as_ref().is_some_and(|ids| !ids.is_empty()) {
        return Err(refused(
            "the ERP is of a release that tells rights on a model only: call `has_access` without ids",
        ));
    }
    let mut named = std::mem::take(&mut call.named);
    named.insert("raise_exception".to_owned(), Value::Bool(false));
    call.ids = None;
    becomes(call, "check_access_rights", named)?;
    Ok(Told::AsIs)
}

/// `check_access_rights` is `has_access` of no records, and may raise where that says no.
fn right_of_today(call: &mut Call, _: &Between<'_>) -> Result<Told, TranslateError> {
    let mut named = std::mem::take(&mut call.named);
    let raises = named
        .shift_remove("raise_exception")
        .is_none_or(|raises| !raises.is_nothing() && raises != Value::Int(0));
    call.ids = Some(Vec::new());
    becomes(call, "has_access", named)?;
    Ok(if raises { Told::OrRefused } else { Told::AsIs })
}

/// Until 17 a copy was made of one record, and answered as one. RPC callers of such an ERP
/// await that; all others, JSON-2 and the façade, await a list.
fn one_copy(call: &mut Call, between: &Between<'_>) -> Result<Told, TranslateError> {
    let of_the_erp = matches!(
        between.caller,
        Dialect::XmlRpc1 | Dialect::XmlRpc2 | Dialect::JsonRpc | Dialect::OdooCall
    );
    if of_the_erp {
        return Ok(Told::AsIs);
    }
    if call.ids.as_ref().is_none_or(|ids| ids.len() != 1) {
        return Err(refused(
            "the ERP is of a release that copies one record at a time: give one id",
        ));
    }
    Ok(Told::InList)
}

/// Until 16 `search` could count instead.
fn counted(call: &mut Call, _: &Between<'_>) -> Result<Told, TranslateError> {
    let Some(count) = call.named.shift_remove("count") else {
        return Ok(Told::AsIs);
    };
    if count.is_nothing() || count == Value::Int(0) {
        return Ok(Told::AsIs);
    }
    let bounded = ["limit", "offset"].into_iter().any(|name| {
        call.named
            .get(name)
            .is_some_and(|value| !is_empty(value) && *value != Value::Int(0))
    });
    if bounded {
        return Err(refused(
            "a `search` that counts takes no limit and no offset here; call `search_count`",
        ));
    }
    let domain = call.named.shift_remove("domain").unwrap_or_default();
    becomes(
        call,
        "search_count",
        Map::from_iter([entry("domain", domain)]),
    )?;
    Ok(Told::AsIs)
}

/// Until 15 `search_count` had no limit.
fn unlimited(call: &mut Call, _: &Between<'_>) -> Result<Told, TranslateError> {
    if is_given(call, "limit") {
        return Err(refused(
            "the ERP is of a release that counts without a limit: leave it out",
        ));
    }
    call.named.shift_remove("limit");
    Ok(Told::AsIs)
}

/// In 14 `search_read` showed links in one way only.
fn ordinary_load(call: &mut Call, _: &Between<'_>) -> Result<Told, TranslateError> {
    match call.named.shift_remove("load") {
        None => Ok(Told::AsIs),
        Some(Value::Text(load)) if load == "_classic_read" => Ok(Told::AsIs),
        Some(_) => Err(refused(
            "the ERP is of a release whose `search_read` takes no `load`: call `search` and `read`",
        )),
    }
}

/// `web_read` of fields alone is `read` with links as ids.
fn plain_rows(call: &mut Call, _: &Between<'_>) -> Result<Told, TranslateError> {
    let Some(Value::Map(specification)) = call.named.shift_remove("specification") else {
        return Err(refused("`web_read` takes a specification"));
    };
    let nested = |inner: &Value| inner.as_map().is_none_or(|inner| !inner.is_empty());
    if specification.values().any(nested) {
        return Err(refused(
            "the ERP is of a release that reads no fields of linked records in one call: leave the inner specifications empty",
        ));
    }
    let mut fields: Vec<Value> = specification.into_keys().map(Value::from).collect();
    if fields.is_empty() {
        fields.push(Value::from("id"));
    }
    let named = Map::from_iter([entry("fields", fields), entry("load", "")]);
    becomes(call, "read", named)?;
    Ok(Told::AsIs)
}

#[cfg(test)]
mod tests;
