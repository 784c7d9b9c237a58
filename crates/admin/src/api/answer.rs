//! What goes out: JSON, or a problem (RFC 9457), which nobody stores or takes for a page.

use axum::body::Body;
use axum::response::Response;
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderName, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};
use portcullis_administrators::Refused;
use portcullis_audit::RequestId;
use serde_json::{Value, json};

use crate::refusal::Refusal;
use crate::routes::Done;

/// What became of a request.
pub(super) enum Told {
    Done(Done),
    Refused(Refusal),
}

/// An answer.
pub(super) fn of(told: Told, request: Option<RequestId>) -> Response {
    let (status, kind, body, more) = match told {
        Told::Done(done) => (done.status, "application/json", done.body, done.headers),
        Told::Refused(refusal) => {
            let (status, body) = problem(&refusal, request);
            let more = beside(&refusal).into_iter().collect();
            (status, "application/problem+json", body, more)
        }
    };
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.extend(more);
    let fixed = HeaderValue::from_static;
    headers.insert(CONTENT_TYPE, fixed(kind));
    headers.insert(CACHE_CONTROL, fixed("no-store"));
    headers.insert(
        HeaderName::from_static("x-content-type-options"),
        fixed("nosniff"),
    );
    let id = request.and_then(|request| HeaderValue::try_from(request.to_string()).ok());
    if let Some(id) = id {
        headers.insert(HeaderName::from_static("x-request-id"), id);
    }
    response
}

fn problem(refusal: &Refusal, request: Option<RequestId>) -> (StatusCode, Value) {
    let (status, name, title) = refusal.told();
    let mut body = json!({
        "type": format!("urn:portcullis:problem:{name}"),
        "title": title,
        "status": status,
        "detail": refusal.to_string(),
    });
    if let (Some(request), Some(members)) = (request, body.as_object_mut()) {
        let instance = format!("urn:portcullis:request:{request}");
        members.insert("instance".to_owned(), instance.into());
    }
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, body)
}

fn beside(refusal: &Refusal) -> Option<(HeaderName, HeaderValue)> {
    match refusal {
        Refusal::Unidentified => Some((WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))),
        Refusal::Paced(seconds) | Refusal::LogIn(Refused::CodesHeld(seconds)) => {
            Some((RETRY_AFTER, HeaderValue::from(*seconds)))
        }
        Refusal::Verb(verbs) => Some((ALLOW, HeaderValue::try_from(verbs.as_str()).ok()?)),
        Refusal::Unreadable
        | Refusal::NotFromHere
        | Refusal::NotAllowed(_)
        | Refusal::OfErpAdministrator(_)
        | Refusal::OutOfScope(_)
        | Refusal::Absent(_)
        | Refusal::Nowhere
        | Refusal::MediaType
        | Refusal::TooLarge(_)
        | Refusal::Late
        | Refusal::Malformed(_)
        | Refusal::Unfit(_)
        | Refusal::Conflict(_)
        | Refusal::Erp(_)
        | Refusal::Unrecorded
        | Refusal::Store(_)
        | Refusal::LogIn(_)
        | Refusal::OwnCall(_)
        | Refusal::NoPerson
        | Refusal::Failed => None,
    }
}
