//! A file for a caller: its bytes as the ERP sends them, under headers of ours.
//!
//! A browser must never run what somebody uploaded: it is always an attachment, its type is
//! one of a list or unknown, and nothing of it may load or run anything.

use http::{HeaderValue, header};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use portcullis_policy::Released;

use super::{Body, Response, set};
use crate::upstream::Opened;

/// Types that no browser runs. Anything else is bytes.
const HARMLESS: &[&str] = &[
    "application/json",
    "application/msword",
    "application/pdf",
    "application/vnd.ms-excel",
    "application/vnd.oasis.opendocument.spreadsheet",
    "application/vnd.oasis.opendocument.text",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/zip",
    "audio/mpeg",
    "image/bmp",
    "image/gif",
    "image/jpeg",
    "image/png",
    "image/webp",
    "text/csv",
    "text/plain",
    "video/mp4",
];

/// What stands for itself in the name of a file (RFC 8187).
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_');

/// Hands a file on.
pub(super) fn handed_on(released: &Released, opened: Opened) -> Response {
    let essence = opened.content_type.split(';').next().unwrap_or_default();
    let essence = essence.trim().to_ascii_lowercase();
    let kind = HARMLESS
        .iter()
        .find(|known| **known == essence)
        .copied()
        .unwrap_or("application/octet-stream");
    let mut response = http::Response::new(Body::Passing(opened.stream));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; sandbox"),
    );
    let name = utf8_percent_encode(released.name(), PLAIN);
    set(
        &mut response,
        header::CONTENT_DISPOSITION,
        &format!("attachment; filename*=UTF-8''{name}"),
    );
    response
}
