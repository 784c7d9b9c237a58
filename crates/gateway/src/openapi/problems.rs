//! Errors: every one is a problem detail (RFC 9457).

use serde_json::{Map, Value as Json, json};

/// Status, name among the components, and when it is answered.
const ALL: &[(&str, &str, &str)] = &[
    ("400", "Malformed", "The request cannot be read."),
    ("401", "Unidentified", "The key is missing or not accepted."),
    (
        "403",
        "Forbidden",
        "This key may not do this with these fields or values.",
    ),
    (
        "404",
        "NotFound",
        "There is no such record, or it is not for this key.",
    ),
    (
        "405",
        "Verb",
        "The path takes other verbs; `Allow` names them.",
    ),
    ("409", "Conflict", "This conflicts with what is there."),
    ("412", "Stale", "The record was changed after it was read."),
    ("413", "TooLarge", "The request is too large."),
    ("415", "ContentType", "Bodies are `application/json`."),
    (
        "422",
        "Unfit",
        "A value does not fit its field (`field` names it), or the ERP refuses what is asked.",
    ),
    (
        "428",
        "Unconditional",
        "Send the record's `ETag` in `If-Match`.",
    ),
    (
        "429",
        "TooMany",
        "There are too many requests; `Retry-After` tells how long to wait.",
    ),
    (
        "500",
        "Internal",
        "Something went wrong in the gateway or in the ERP.",
    ),
    (
        "503",
        "Unreachable",
        "The ERP cannot be reached; nothing was done.",
    ),
    (
        "504",
        "Unknown",
        "The answer of the ERP was lost: whether the call was done is not known.",
    ),
];

/// The answers of an operation that are errors.
pub(super) fn of(operation: &mut Map<String, Json>) {
    for (status, name, _) in ALL {
        operation.insert((*status).to_owned(), super::reference("responses", name));
    }
}

/// The answers, each once.
pub(super) fn responses() -> Map<String, Json> {
    ALL.iter()
        .map(|(_, name, text)| {
            let schema = super::reference("schemas", "Problem");
            let content = json!({"application/problem+json": {"schema": schema}});
            let told = json!({"description": text, "content": content});
            ((*name).to_owned(), told)
        })
        .collect()
}

/// The form of all of them.
pub(super) fn add(schemas: &mut Map<String, Json>) {
    let told = json!({
        "type": "object",
        "description": "Problem details, RFC 9457.",
        "required": ["type", "title", "status", "detail"],
        "properties": {
            "type": {"type": "string", "description": "`urn:portcullis:problem:` and the kind of error; the same for ever."},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string", "description": "What to do."},
            "instance": {"type": "string", "description": "`urn:portcullis:request:` and the id under which the operator finds the request."},
            "field": {"type": "string", "description": "The field or parameter that it is about."},
        },
    });
    schemas.insert("Problem".to_owned(), told);
}
