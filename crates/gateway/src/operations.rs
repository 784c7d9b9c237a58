//! Pages for those who run the gateway: is it alive, is it ready.

use http::{Method, StatusCode};

use crate::keyring::Keyring;
use crate::listener::RawRequest;
use crate::respond::{self, Response};
use portcullis_identity::Timestamp;

/// Whether it is one of them that is asked for.
pub(crate) fn is_one(raw: &RawRequest) -> bool {
    matches!(raw.head.uri.path(), "/healthz" | "/readyz")
}

/// Answers `/healthz` (this process runs) and `/readyz` (it can judge callers); none for any
/// other path.
pub(crate) fn page(raw: &RawRequest, keyring: &Keyring, now: Timestamp) -> Option<Response> {
    if !is_one(raw) {
        return None;
    }
    if raw.head.method != Method::GET {
        return Some(respond::page(
            StatusCode::METHOD_NOT_ALLOWED,
            "this path takes GET\n",
        ));
    }
    Some(
        if raw.head.uri.path() == "/healthz" || keyring.is_fresh(now) {
            respond::page(StatusCode::OK, "ok\n")
        } else {
            respond::page(
                StatusCode::SERVICE_UNAVAILABLE,
                "the store does not answer\n",
            )
        },
    )
}
