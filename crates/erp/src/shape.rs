//! The shape of a call: what it names, without any of its values.

use serde::{Deserialize, Serialize};

use crate::call::Call;
use crate::domain::Domain;
use crate::value::Value;

/// What a call names: enough for a policy to be judged again on it, and for a record to be
/// kept of it, with no value in it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shape {
    /// Fields and dotted paths that are named, wherever.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<String>,
    /// Path and operator of each leaf of the domain.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub domain: Vec<(String, String)>,
    /// The keys of the context.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub context_keys: Vec<String>,
    /// How many records are named by id.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub ids: usize,
    /// What else is needed to judge the call again: `order_line 0` (a command on a list of
    /// links), `set name` (written, where others are read), `every` (all columns), `asks write`
    /// (about a right), `docstatus 1`, `doctype Customer` (of several documents, or to which a
    /// file is attached), `public` (a file).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub how: Vec<String>,
}

impl Shape {
    /// The shape of a call that was not judged to its end: what it names at first sight.
    pub fn of(call: &Call) -> Self {
        let texts = |name: &str| {
            let items = call
                .named
                .get(name)
                .and_then(Value::as_list)
                .unwrap_or_default();
            items.iter().filter_map(Value::as_str).map(str::to_owned)
        };
        let fields = ["fields", "allfields", "groupby", "aggregates"]
            .into_iter()
            .flat_map(texts)
            .collect();
        let domain = call
            .named
            .get("domain")
            .and_then(|domain| Domain::parse(domain).ok());
        let conditions = domain.map(|domain| domain.conditions()).unwrap_or_default();
        Self {
            fields,
            domain: conditions
                .into_iter()
                .map(|(path, operator)| (path.to_string(), operator.as_str().to_owned()))
                .collect(),
            context_keys: call.context.keys().cloned().collect(),
            ids: call.ids.as_ref().map_or(0, Vec::len),
            how: Vec::new(),
        }
    }
}

fn is_zero(count: &usize) -> bool {
    *count == 0
}
