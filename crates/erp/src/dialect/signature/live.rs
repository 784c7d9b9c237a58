//! Signatures that a live Odoo tells (`/doc-bearer/{model}.json`, from 19): the names of the
//! arguments of methods that our table does not know.

use std::collections::BTreeMap;

use super::{Kind, bad, record_ids};
use crate::call::Call;
use crate::dialect::{Outbound, Returned, UpstreamLogin, json2};
use crate::fault::Fault;
use crate::limits::Limits;
use crate::name::Model;
use crate::value::{Value, from_json};

/// The longest description of a model that is read, in bytes.
const LONGEST: usize = 4 << 20;

/// How many methods of a model are remembered, and how many parameters of each.
const MOST_METHODS: usize = 2000;
const MOST_PARAMETERS: usize = 64;

/// What a live server tells of one method.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Live {
    /// Whether ids come first.
    pub kind: Kind,
    /// The parameters that may stand in order.
    pub parameters: Vec<String>,
}

/// The methods of a model, as a live server tells them.
pub type Methods = BTreeMap<String, Live>;

/// Asks a server for the methods of a model.
pub fn ask(model: &Model, login: &UpstreamLogin<'_>) -> Outbound {
    Outbound {
        verb: "GET",
        target: format!("/doc-bearer/{}.json", json2::segment(model.as_str())),
        headers: vec![
            ("authorization", format!("Bearer {}", login.secret)),
            ("x-odoo-database", login.database.to_string()),
        ],
        body: Vec::new(),
    }
}

/// Reads what the server tells. What cannot be read is not known.
pub fn read(answer: Returned<'_>) -> Option<Methods> {
    let limits = Limits {
        body: LONGEST,
        values: 500_000,
        ..Limits::default()
    };
    if answer.status != 200 || answer.body.len() > LONGEST {
        return None;
    }
    let doc = from_json(answer.body, &limits).ok()?;
    let methods = doc.as_map()?.get("methods")?.as_map()?;
    // Python's names have no dots, and those that begin with `_` cannot be called from without.
    let callable = |name: &str| !name.contains('.') && !name.starts_with('_');
    let read = methods.iter().filter(|(name, _)| callable(name));
    let read = read.take(MOST_METHODS);
    Some(
        read.filter_map(|(name, facts)| Some((name.clone(), method(facts)?)))
            .collect(),
    )
}

fn method(facts: &Value) -> Option<Live> {
    let facts = facts.as_map()?;
    let on_model = facts
        .get("api")
        .and_then(Value::as_list)
        .is_some_and(|marks| marks.iter().any(|mark| mark.as_str() == Some("model")));
    let described = facts.get("parameters").and_then(Value::as_map);
    // Whatever else may be named, and what may only be named, has no place in the order.
    let in_order = |name: &&str| {
        let kind = described
            .and_then(|described| described.get(*name))
            .and_then(Value::as_map)
            .and_then(|facts| facts.get("kind"));
        kind.is_none()
    };
    let signature = facts.get("signature").and_then(Value::as_str)?;
    let names = names(signature)?;
    Some(Live {
        kind: if on_model {
            Kind::OnModel
        } else {
            Kind::OnRecords
        },
        parameters: names
            .into_iter()
            .take_while(in_order)
            .map(str::to_owned)
            .collect(),
    })
}

/// The names in `(first, second=(1, 2), third='a, b') -> list`, in their order: defaults may
/// hold commas and brackets of their own.
fn names(signature: &str) -> Option<Vec<&str>> {
    let inside = signature.strip_prefix('(')?;
    let (mut depth, mut quote, mut start) = (0_usize, None, 0);
    let mut parts = Vec::new();
    for (at, letter) in inside.char_indices() {
        match (quote, letter) {
            (Some(open), _) if letter == open => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(letter),
            (None, '(' | '[' | '{') => depth = depth.checked_add(1)?,
            (None, ')') if depth == 0 => {
                parts.push(inside.get(start..at)?);
                return parts.into_iter().map(name).filter(not_empty).collect();
            }
            (None, ')' | ']' | '}') => depth = depth.checked_sub(1)?,
            (None, ',') if depth == 0 => {
                parts.push(inside.get(start..at)?);
                start = at.checked_add(1)?;
                if parts.len() >= MOST_PARAMETERS {
                    return None;
                }
            }
            (None, _) => {}
        }
    }
    None
}

fn name(part: &str) -> Option<&str> {
    let name = part.split(['=', ':']).next()?.trim();
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    (name.len() <= 64 && name.chars().all(plain)).then_some(name)
}

fn not_empty(name: &Option<&str>) -> bool {
    *name != Some("")
}

/// Gives the arguments of a call that stand in order the names that the server tells.
///
/// # Errors
/// When they are more than the method takes, one is given twice, or the ids are malformed.
pub fn bind_live(mut call: Call, live: &Live) -> Result<Call, Fault> {
    let mut positional = std::mem::take(&mut call.positional).into_iter();
    if live.kind == Kind::OnRecords && call.ids.is_none() {
        let first = positional.next();
        call.ids = Some(record_ids(&first.unwrap_or_default())?);
    }
    let mut parameters = live.parameters.iter();
    for argument in positional {
        let Some(name) = parameters.next() else {
            return Err(bad("there are more arguments than the method takes"));
        };
        if call.named.insert(name.clone(), argument).is_some() {
            return Err(bad("an argument is given twice"));
        }
    }
    Ok(call)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::RecordId;

    fn told(body: &str) -> Option<Methods> {
        read(Returned {
            status: 200,
            content_type: "application/json",
            body: body.as_bytes(),
        })
    }

    const DOC: &str = r#"{"model": "sale.order", "fields": {}, "methods": {
        "note": {"api": null, "parameters": {"text": {}, "marks": {"default": ["a", "b"]}}, "signature": "(text, marks=('a', 'b'))"},
        "of": {"api": ["model", "readonly"], "parameters": {"kwargs": {"kind": "VAR_KEYWORD"}}, "signature": "(partner, kwargs) -> int"},
        "none": {"api": null, "parameters": {}, "signature": "()"},
        "odd": {"api": null, "signature": "(((("}
    }}"#;

    #[test]
    fn names_are_read_in_their_order_past_defaults() {
        let methods = told(DOC).expect("methods");
        assert_eq!(methods["note"].parameters, ["text", "marks"]);
        assert_eq!(methods["note"].kind, Kind::OnRecords);
        assert_eq!(methods["of"].parameters, ["partner"]);
        assert_eq!(methods["of"].kind, Kind::OnModel);
        assert!(methods["none"].parameters.is_empty());
        assert!(
            !methods.contains_key("odd"),
            "what cannot be read is not known"
        );
    }

    #[test]
    fn arguments_in_order_get_their_names_and_the_first_are_the_records() {
        let methods = told(DOC).expect("methods");
        let mut call = Call::new("sale.order", "note").expect("names");
        call.positional = vec![Value::List(vec![Value::Int(3)]), Value::from("hello")];
        let bound = bind_live(call.clone(), &methods["note"]).expect("it fits");
        assert_eq!(bound.ids, Some(vec![RecordId::Number(3)]));
        assert_eq!(bound.named["text"], Value::from("hello"));
        assert!(bound.positional.is_empty());
        let twice = call.clone().with("text", "again");
        assert!(bind_live(twice, &methods["note"]).is_err());
        call.positional.extend([Value::Null, Value::Null]);
        assert!(
            bind_live(call, &methods["note"]).is_err(),
            "there are too many"
        );
    }

    #[test]
    fn a_method_takes_so_many_arguments_and_no_more() {
        let described = |count: usize| {
            let names: Vec<String> = (0..count).map(|n| format!("a{n}")).collect();
            let signature = names.join(", ");
            told(&format!(
                r#"{{"methods": {{"x": {{"api": null, "signature": "({signature})"}}}}}}"#
            ))
        };
        let most = described(MOST_PARAMETERS).expect("methods");
        assert_eq!(most["x"].parameters.len(), MOST_PARAMETERS);
        let more = described(MOST_PARAMETERS + 1).expect("methods");
        assert!(!more.contains_key("x"));
    }

    #[test]
    fn what_is_no_description_tells_nothing() {
        assert!(told(DOC).is_some());
        for body in ["", "[]", "{}", r#"{"methods": []}"#, "<html>"] {
            assert_eq!(told(body), None, "{body}");
        }
        let refused = Returned {
            status: 403,
            content_type: "application/json",
            body: DOC.as_bytes(),
        };
        assert_eq!(read(refused), None);
    }
}
