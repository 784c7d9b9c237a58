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
        "409",
        "Conflict",
        "The ERP's own rules refuse this, as things are there; it conflicts with what is there; or it waits for approval by another person, which `X-Approval` names.",
    ),
    ("412", "Stale", "The record was changed after it was read."),
    ("413", "TooLarge", "The request is too large."),
    ("415", "ContentType", "Bodies are `application/json`."),
    (
        "422",
        "Unfit",
        "A value does not fit its field or parameter (`field` names it), more is asked than the key's role allows at once, or the Idempotency-Key was used for another call.",
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

/// What an operation is, as far as it decides how it can fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Kind {
    /// Whether it is about one record, or names records that must be there.
    pub(super) records: bool,
    /// Whether it takes a body.
    pub(super) body: bool,
    /// Whether it takes `If-Match`.
    pub(super) conditional: bool,
    /// Whether it must have it.
    pub(super) guarded: bool,
}

/// The answers of an operation that are errors.
pub(super) fn of(kind: Kind, responses: &mut Map<String, Json>) {
    tell(responses, |status| match status {
        "404" => kind.records,
        "412" => kind.conditional,
        "413" | "415" => kind.body,
        "428" => kind.guarded,
        _ => true,
    });
}

/// The answers of a batch as a whole that are errors.
pub(super) fn of_batch(responses: &mut Map<String, Json>) {
    tell(responses, |status| {
        !matches!(status, "403" | "404" | "409" | "412" | "428" | "504")
    });
}

fn tell(responses: &mut Map<String, Json>, has: impl Fn(&str) -> bool) {
    for (status, name, _) in ALL.iter().filter(|(status, _, _)| has(status)) {
        responses.insert((*status).to_owned(), super::reference("responses", name));
    }
}

/// The answers, each once.
pub(super) fn responses() -> Map<String, Json> {
    ALL.iter()
        .map(|(status, name, text)| {
            let schema = super::reference("schemas", "Problem");
            let content = json!({"application/problem+json": {"schema": schema}});
            let header =
                |name: &str, schema: Json| json!({name: {"required": true, "schema": schema}});
            let headers = match *status {
                "401" => header("WWW-Authenticate", json!({"type": "string"})),
                "429" => header("Retry-After", json!({"type": "integer", "minimum": 1})),
                _ => json!({}),
            };
            let told = json!({"description": text, "headers": headers, "content": content});
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
