//! The body of a request: JSON, bounded in size and time, and wiped when it is done with.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::body::Body;
use http::header::CONTENT_TYPE;
use http_body_util::BodyExt as _;
use serde::de::IgnoredAny;
use zeroize::Zeroizing;

use crate::refusal::Refusal;

/// The largest body: a role with very many rules.
const MOST: usize = 256 << 10;

/// How long a body may take.
const TIME: Duration = Duration::from_secs(10);

/// Reads a body. One that is there says that it is JSON: what a page of another site can send
/// without asking does not.
pub(super) async fn read(
    head: &http::request::Parts,
    body: Body,
) -> Result<Zeroizing<Vec<u8>>, Refusal> {
    let read = tokio::time::timeout(TIME, whole(body)).await;
    let whole = read.map_err(|_| Refusal::Late)??;
    let kind = head.headers.get(CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if !whole.is_empty() && !kind.eq_ignore_ascii_case("application/json") {
        return Err(Refusal::MediaType);
    }
    Ok(whole)
}

async fn whole(mut body: Body) -> Result<Zeroizing<Vec<u8>>, Refusal> {
    let mut whole = Zeroizing::new(Vec::new());
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| Refusal::Malformed("the body ended too early".to_owned()))?;
        let Some(data) = frame.data_ref() else {
            continue;
        };
        if whole.len().saturating_add(data.len()) > MOST {
            return Err(Refusal::TooLarge(MOST));
        }
        if whole.capacity() < whole.len().saturating_add(data.len()) {
            // It moves once at the most, and what is left behind is wiped.
            let mut larger = Zeroizing::new(Vec::with_capacity(MOST));
            larger.extend_from_slice(&whole);
            whole = larger;
        }
        whole.extend_from_slice(data);
    }
    Ok(whole)
}

/// The names of a body's members, for the record.
pub(super) fn members(body: &[u8]) -> Vec<String> {
    let read: Result<BTreeMap<String, IgnoredAny>, _> = serde_json::from_slice(body);
    read.map(|members| members.into_keys().collect())
        .unwrap_or_default()
}
