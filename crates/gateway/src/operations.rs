//! Pages for those who run the gateway: is it alive, is it ready.

use http::{Method, StatusCode};

use crate::keyring::Keyring;
use crate::listener::RawRequest;
use crate::respond::{self, Response};
use portcullis_identity::Timestamp;

/// Answers `/healthz` (this process runs) and `/readyz` (it can judge callers); none for any
/// other path.
pub(crate) fn page(raw: &RawRequest, keyring: &Keyring, now: Timestamp) -> Option<Response> {
    let path = raw.head.uri.path();
    if path != "/healthz" && path != "/readyz" {
        return None;
    }
    if raw.head.method != Method::GET {
        return Some(respond::page(
            StatusCode::METHOD_NOT_ALLOWED,
            "this path takes GET\n",
        ));
    }
    Some(if path == "/healthz" || keyring.is_fresh(now) {
        respond::page(StatusCode::OK, "ok\n")
    } else {
        respond::page(
            StatusCode::SERVICE_UNAVAILABLE,
            "the store does not answer\n",
        )
    })
}
