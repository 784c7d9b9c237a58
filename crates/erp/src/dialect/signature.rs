//! The methods of Odoo whose arguments we know by name.
//!
//! RPC clients give arguments by position, JSON-2 by name only; a rule must find `domain` or
//! `fields` wherever they stand. So readers bind arguments to the names of Odoo 19, older
//! spellings included, and writers spread them again. What a known method does not take is
//! refused here, because a rule that overlooks an argument would let it through.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "values are matched by shape; other shapes are refused"
)]

pub mod live;
mod table;

use crate::call::{Call, RecordId};
use crate::fault::{Fault, FaultKind};
use crate::value::{Map, Value};

/// Whether a method is called on a model or on records of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// On the model: there are no ids.
    OnModel,
    /// On records: ids come first.
    OnRecords,
}

/// What a method takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signature {
    /// The models that have it; empty for every model.
    pub models: &'static [&'static str],
    /// The method.
    pub method: &'static str,
    /// Whether ids come first.
    pub kind: Kind,
    /// The parameters in order, without ids and context.
    pub parameters: &'static [&'static str],
    /// Whether it takes more keywords than these.
    pub more: bool,
}

/// Every method that is known, sorted by its name.
pub fn known() -> &'static [Signature] {
    table::SIGNATURES
}

/// The signature of a method, if it is a known one.
pub fn arguments_of(model: &str, method: &str) -> Option<&'static Signature> {
    let start = table::SIGNATURES.partition_point(|known| known.method < method);
    table::SIGNATURES
        .get(start..)?
        .iter()
        .take_while(|known| known.method == method)
        .find(|known| known.models.is_empty() || known.models.contains(&model))
}

/// Arguments by name.
#[derive(Debug, Default, PartialEq)]
pub struct Bound {
    /// The records, if the method is called on records.
    pub ids: Option<Vec<RecordId>>,
    /// Arguments by name.
    pub named: Map,
    /// Arguments of unknown methods that stand in order.
    pub positional: Vec<Value>,
    /// The context.
    pub context: Map,
    /// Whether `create` was given one record instead of a list, so that RPC callers await one id.
    pub single: bool,
}

/// Binds the arguments of an RPC call.
///
/// # Errors
/// When the method is known and does not take them, or when ids or context are malformed.
pub fn bind(
    model: &str,
    method: &str,
    positional: Vec<Value>,
    mut keyword: Map,
) -> Result<Bound, Fault> {
    let mut bound = Bound {
        context: take_context(&mut keyword)?,
        ..Bound::default()
    };
    if keyword.contains_key("ids") {
        return Err(bad("ids are given as the first positional argument"));
    }
    let mut positional = positional.into_iter().peekable();
    let Some(known) = arguments_of(model, method) else {
        // By Odoo's own custom, buttons and actions are called on records.
        let action = method.starts_with("action_") || method.starts_with("button_");
        if action
            && positional
                .peek()
                .is_some_and(|first| record_ids(first).is_ok())
        {
            bound.ids = positional
                .next()
                .map(|first| record_ids(&first))
                .transpose()?;
        }
        bound.positional = positional.collect();
        bound.named = keyword;
        return Ok(bound);
    };
    if known.kind == Kind::OnRecords {
        let Some(first) = positional.next() else {
            return Err(bad("the method is called on records, and no ids are given"));
        };
        bound.ids = Some(record_ids(&first)?);
    }
    for parameter in known.parameters {
        let Some(argument) = positional.next() else {
            break;
        };
        // Old clients put the context last; that is where `load` of `read` and `count` of
        // `search` stand now.
        match argument {
            Value::Map(map) if matches!(*parameter, "load" | "count") => {
                old_context(&mut bound, map)?;
            }
            argument => {
                bound.named.insert((*parameter).to_owned(), argument);
            }
        }
    }
    for argument in positional {
        match argument {
            Value::Map(map) => old_context(&mut bound, map)?,
            argument if argument.is_nothing() => {}
            _ => return Err(bad("there are more arguments than the method takes")),
        }
    }
    bind_keywords(&mut bound, known, keyword)?;
    Ok(bound)
}

/// Binds the arguments of a JSON-2 call, which all have names.
///
/// # Errors
/// When the method is known and does not take them, or when ids or context are malformed.
pub fn bind_named(model: &str, method: &str, mut body: Map) -> Result<Bound, Fault> {
    let mut bound = Bound {
        context: take_context(&mut body)?,
        ..Bound::default()
    };
    let ids = body.shift_remove("ids");
    bound.ids = ids.as_ref().map(record_ids).transpose()?;
    let Some(known) = arguments_of(model, method) else {
        bound.named = body;
        return Ok(bound);
    };
    match known.kind {
        Kind::OnRecords => bound.ids = Some(bound.ids.unwrap_or_default()),
        Kind::OnModel if bound.ids.as_ref().is_some_and(|ids| !ids.is_empty()) => {
            return Err(bad("the method is called on the model, and takes no ids"));
        }
        Kind::OnModel => bound.ids = None,
    }
    bind_keywords(&mut bound, known, body)?;
    Ok(bound)
}

/// The arguments of a call as RPC takes them.
#[derive(Debug)]
pub struct Spread<'a> {
    /// The ids, to be the first positional argument.
    pub ids: Option<&'a [RecordId]>,
    /// The further positional arguments.
    pub positional: Vec<&'a Value>,
    /// The keywords, without the context.
    pub keyword: Vec<(&'a str, &'a Value)>,
}

/// Spreads the arguments of a call: by position as far as the signature goes without a gap,
/// because parameters have had other names in other versions of Odoo; the rest by name.
pub fn spread(call: &Call) -> Spread<'_> {
    static EMPTY: Value = Value::Text(String::new());
    let known = arguments_of(call.model.as_str(), call.method.as_str());
    let parameters = known.map_or::<&[&str], _>(&[], |known| known.parameters);
    let mut positional = Vec::with_capacity(parameters.len());
    for parameter in parameters {
        match call.named.get(*parameter) {
            Some(argument) => positional.push(argument),
            // `name_search` may leave out the name, and its second parameter has had two names.
            None if *parameter == "name" && call.named.contains_key("domain") => {
                positional.push(&EMPTY)
            }
            None => break,
        }
    }
    let taken = parameters.get(..positional.len()).unwrap_or_default();
    let keyword = call
        .named
        .iter()
        .filter(|(name, _)| !taken.contains(&name.as_str()));
    let keyword = keyword
        .map(|(name, value)| (name.as_str(), value))
        .collect();
    positional.extend(&call.positional);
    Spread {
        ids: call.ids.as_deref(),
        positional,
        keyword,
    }
}

fn bind_keywords(bound: &mut Bound, known: &Signature, keyword: Map) -> Result<(), Fault> {
    for (name, value) in keyword {
        let name = table::today(known.method, name);
        if !known.more && !known.parameters.contains(&name.as_str()) {
            return Err(bad(
                "there is a named argument that the method does not take",
            ));
        }
        if bound.named.insert(name, value).is_some() {
            return Err(bad("an argument is given twice"));
        }
    }
    if known.method == "create"
        && let Some(values) = bound.named.get_mut("vals_list")
    {
        match values {
            Value::List(_) => {}
            Value::Map(_) => {
                bound.single = true;
                *values = Value::List(vec![std::mem::take(values)]);
            }
            _ => return Err(bad("`create` takes a record or a list of records")),
        }
    }
    Ok(())
}

fn take_context(keyword: &mut Map) -> Result<Map, Fault> {
    match keyword.shift_remove("context") {
        Some(Value::Map(map)) => Ok(map),
        None => Ok(Map::new()),
        Some(Value::List(items)) if items.is_empty() => Ok(Map::new()),
        Some(other) if other.is_nothing() => Ok(Map::new()),
        Some(_) => Err(bad("the context is not a map")),
    }
}

fn old_context(bound: &mut Bound, map: Map) -> Result<(), Fault> {
    if !bound.context.is_empty() {
        return Err(bad("the context is given twice"));
    }
    bound.context = map;
    Ok(())
}

/// Reads ids: one whole number, a list of them, or nothing.
///
/// # Errors
/// When something else stands there; Odoo would find no record, or another one.
pub fn record_ids(value: &Value) -> Result<Vec<RecordId>, Fault> {
    match value {
        Value::Int(number) => Ok(vec![RecordId::Number(*number)]),
        Value::List(items) => items
            .iter()
            .map(|item| match item {
                Value::Int(number) => Ok(RecordId::Number(*number)),
                _ => Err(bad("an id is not a whole number")),
            })
            .collect(),
        nothing if nothing.is_nothing() => Ok(Vec::new()),
        _ => Err(bad("ids are a list of whole numbers")),
    }
}

fn bad(message: &str) -> Fault {
    Fault::new(FaultKind::BadArguments, message)
}

#[cfg(test)]
mod tests;
