//! `/xmlrpc` and `/xmlrpc/2`.

use portcullis_erp::dialect::xmlrpc::codec;
use portcullis_erp::value::Value;

use super::copies::PROPERTIES;
use super::trouble::{Kind, Trouble};
use super::{Odoo, page, route, service, xml};
use crate::http::{Request, Response, Seen};

/// The largest body that is taken.
const LARGEST: usize = 128 * 1024 * 1024;

/// How faults are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Faults {
    /// v1: by a text.
    Texts,
    /// v2: by a number.
    Numbers,
}

pub(crate) fn answer(
    odoo: &Odoo,
    request: &Request,
    name: &str,
    faults: Faults,
    seen: &mut Seen,
) -> Response {
    // OPTIONS runs the call: the real server adds it to the verbs of every address.
    if !["POST", "OPTIONS"]
        .iter()
        .any(|verb| request.verb.eq_ignore_ascii_case(verb))
    {
        return page::verb("OPTIONS, POST");
    }
    if request.body.len() > LARGEST {
        return page::too_large();
    }
    let content_type = route::content_type(request);
    let form = matches!(
        content_type.as_str(),
        "application/x-www-form-urlencoded" | "multipart/form-data"
    );
    // A form's body is eaten before the call is looked for.
    let body: &[u8] = if form { &[] } else { &request.body };
    let result = xml::read(body)
        .map_err(|trouble| Trouble::new(Kind::Python("ExpatError"), trouble.0))
        .and_then(|(method, params)| {
            service::dispatch(
                odoo,
                name,
                method.as_deref().unwrap_or("None"),
                params,
                seen,
            )
        })
        .and_then(|value| match unsayable(&value) {
            None => Ok(value),
            Some(trouble) => Err(trouble),
        });
    let mut out = Vec::with_capacity(512);
    match result {
        Ok(value) => codec::write_response(&mut out, &value),
        Err(trouble) => {
            let (code, text) = match faults {
                Faults::Numbers => trouble.fault(),
                Faults::Texts => trouble.old_fault(),
            };
            codec::write_fault(&mut out, &code, &text);
        }
    }
    page::xml(out)
}

/// What the real server's writer refuses, after the call was done: nothing, large numbers,
/// dictionaries by id, whose keys are numbers there, and objects from its inside.
fn unsayable(value: &Value) -> Option<Trouble> {
    match value {
        Value::Null => Some(Trouble::new(
            Kind::Python("TypeError"),
            "cannot marshal None unless allow_none is enabled",
        )),
        Value::Int(number) if i32::try_from(*number).is_err() => Some(Trouble::new(
            Kind::Python("OverflowError"),
            "int exceeds XML-RPC limits",
        )),
        Value::Big(_) => Some(Trouble::new(
            Kind::Python("OverflowError"),
            "int exceeds XML-RPC limits",
        )),
        Value::Text(text) if text == PROPERTIES => Some(Trouble::new(
            Kind::Python("TypeError"),
            "cannot marshal <class 'odoo.orm.fields_properties.Property'> objects",
        )),
        Value::List(items) => items.iter().find_map(unsayable),
        Value::Map(map) if map.keys().any(|key| key.parse::<i64>().is_ok()) => Some(Trouble::new(
            Kind::Python("TypeError"),
            "dictionary key must be string",
        )),
        Value::Map(map) => map.values().find_map(unsayable),
        _ => None,
    }
}
