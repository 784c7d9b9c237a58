//! `/jsonrpc`, and the envelope that the web client's calls share with it.

use portcullis_erp::value::{Map, Value};

use super::json::{self, JsonTrouble};
use super::trouble::{Kind, Trouble};
use super::{Odoo, page, route, service};
use crate::http::{Request, Response, Seen};

pub(crate) fn answer(odoo: &Odoo, request: &Request, seen: &mut Seen) -> Response {
    enveloped(request, |params| {
        let text = |name: &str| params.get(name).and_then(Value::as_str);
        let (Some(name), Some(method)) = (text("service"), text("method")) else {
            return Err(Trouble::new(
                Kind::Python("TypeError"),
                "missing required arguments: service, method, args",
            ));
        };
        let args = match params.get("args") {
            Some(Value::List(args)) => args.clone(),
            _ => {
                return Err(Trouble::new(
                    Kind::Python("TypeError"),
                    "missing a required argument: 'args'",
                ));
            }
        };
        service::dispatch(odoo, name, method, args, seen)
    })
}

/// Reads the envelope, has the call done, and wraps the answer.
pub(crate) fn enveloped(
    request: &Request,
    call: impl FnOnce(&Map) -> Result<Value, Trouble>,
) -> Response {
    if !matches!(
        route::content_type(request).as_str(),
        "application/json" | "application/json-rpc"
    ) {
        return page::content_type("application/json, application/json-rpc");
    }
    // The charset of the content type is not looked at.
    let envelope = match json::read(&String::from_utf8_lossy(&request.body)) {
        Ok(Value::Map(envelope)) => envelope,
        Ok(_) => return page::bad_json("Invalid JSON-RPC data"),
        Err(JsonTrouble::Malformed(_)) => return page::bad_json("Invalid JSON data"),
        Err(JsonTrouble::Deep) => {
            let trouble = Trouble::new(
                Kind::Python("RecursionError"),
                "maximum recursion depth exceeded",
            );
            return wrapped(Value::Null, Err(trouble));
        }
    };
    let id = envelope.get("id").cloned().unwrap_or_default();
    let empty = Map::new();
    let params = match envelope.get("params") {
        Some(Value::Map(params)) => params,
        _ => &empty,
    };
    wrapped(id, call(params))
}

fn wrapped(id: Value, result: Result<Value, Trouble>) -> Response {
    let mut map = Map::from_iter([("jsonrpc".to_owned(), Value::from("2.0"))]);
    // A session that is over is noticed before the id is read.
    let early = matches!(&result, Err(trouble) if trouble.kind == Kind::SessionExpired);
    map.insert("id".to_owned(), if early { Value::Null } else { id });
    match result {
        Ok(Value::Null) => {}
        Ok(value) => drop(map.insert("result".to_owned(), value)),
        Err(trouble) => drop(map.insert("error".to_owned(), trouble.error())),
    }
    page::json(200, &Value::Map(map))
}
