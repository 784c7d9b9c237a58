//! The batch: several requests in one body.

use portcullis_erp::dialect::rest::MOST_TARGET;
use serde_json::{Map, Value as Json, json};

use super::{Subject, problems};

/// Path and query of a request of the façade, escaped as in a URL.
const TARGET: &str = "^/api/v1/(?:[A-Za-z0-9._~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{2})*$";

/// A header of a request within: whether it means anything is said in that request's answer.
const HEADER: &str = "^[ -~]*$";

/// The tag that it stands under.
pub(super) const TAG: &str = "batch";

/// Adds its path, and says what its tag is.
pub(super) fn add(subject: &Subject<'_>, paths: &mut Map<String, Json>) -> Json {
    let header = json!({"type": "string", "pattern": HEADER});
    let request = json!({
        "type": "object",
        "required": ["method", "path"],
        "properties": {
            "method": {"enum": ["GET", "POST", "PATCH", "PUT", "DELETE"]},
            "path": {
                "type": "string", "pattern": TARGET, "maxLength": MOST_TARGET,
                "description": "Path and query, from `/api/v1/` on, whatever stands before it in the batch's own path.",
            },
            "headers": {
                "type": ["object", "null"],
                "properties": {
                    "If-Match": header, "If-None-Match": header, "Idempotency-Key": header,
                },
                "additionalProperties": false,
            },
            "body": {"type": ["object", "null"]},
        },
        "additionalProperties": false,
    });
    let answer = json!({
        "type": "object",
        "required": ["status", "headers", "body"],
        "properties": {
            "status": {"type": "integer"},
            "headers": {"type": "object", "additionalProperties": {"type": "string"}},
            "body": {"description": "As it would be by itself: an object, or null for none."},
        },
    });
    let mut responses = Map::new();
    responses.insert(
        "200".to_owned(),
        json!({
            "description": "The answers, in the order of the requests.",
            "content": {"application/json": {"schema": {
                "type": "object", "required": ["data"],
                "properties": {"data": {"type": "array", "items": answer}},
            }}},
        }),
    );
    problems::of_batch(&mut responses);
    let example = json!([{"method": "GET", "path": subject.first_list()}]);
    let told = json!({
        "operationId": "batch",
        "tags": [TAG],
        "summary": "Send several requests in one",
        "description": "Each is judged, limited, recorded and answered by itself, one after the other; one that fails does not undo the others.",
        "requestBody": {"required": true, "content": {"application/json": {"schema": {
            "type": "array", "minItems": 1, "maxItems": subject.batch, "items": request,
            "example": example,
        }}}},
        "responses": responses,
    });
    paths.insert("/-/batch".to_owned(), json!({"post": told}));
    json!({"name": TAG, "description": "Several requests in one body."})
}
