//! The shape of a call: what it names, without any of its values.

use serde::{Deserialize, Serialize};

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
}

fn is_zero(count: &usize) -> bool {
    *count == 0
}
