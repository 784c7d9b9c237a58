//! Whole responses: pages, redirections, JSON.

use portcullis_erp::value::Value;

use super::json;
use crate::http::Response;

const HTML: &str = "text/html; charset=utf-8";
const JSON: &str = "application/json; charset=utf-8";

fn html(status: u16, content_type: &str, title: &str, words: &str) -> Response {
    let body = format!(
        "<!doctype html>\n<html lang=en>\n<title>{status} {title}</title>\n<h1>{title}</h1>\n<p>{words}</p>\n"
    );
    Response::new(status, content_type, body)
}

/// The framework's page for a path that is not there.
pub(crate) fn not_found() -> Response {
    html(
        404,
        "text/html;charset=utf-8",
        "Not Found",
        "There is nothing at this address of the look-alike.",
    )
}

pub(crate) fn no_database() -> Response {
    html(
        404,
        HTML,
        "Not Found",
        "No database was named, or one that is not here.",
    )
}

pub(crate) fn verb(allowed: &str) -> Response {
    html(
        405,
        HTML,
        "Method Not Allowed",
        "This address has no such method.",
    )
    .with("Allow", allowed)
}

pub(crate) fn content_type(accepted: &str) -> Response {
    html(
        415,
        HTML,
        "Unsupported Media Type",
        "This address takes another content type.",
    )
    .with("Accept", accepted)
}

pub(crate) fn too_large() -> Response {
    html(
        413,
        HTML,
        "Request Entity Too Large",
        "The body is larger than what is taken.",
    )
}

pub(crate) fn internal() -> Response {
    html(
        500,
        HTML,
        "Internal Server Error",
        "The request could not be understood.",
    )
}

/// The framework's page for a body that is no JSON.
pub(crate) fn bad_json(words: &'static str) -> Response {
    Response::new(400, HTML, words)
}

pub(crate) fn moved(status: u16, target: &str) -> Response {
    html(status, HTML, "Redirecting", "It is elsewhere.").with("Location", target)
}

pub(crate) fn json(status: u16, value: &Value) -> Response {
    Response::new(status, JSON, json::write(value)).with("X-Content-Type-Options", "nosniff")
}

pub(crate) fn xml(body: Vec<u8>) -> Response {
    Response::new(200, "text/xml; charset=utf-8", body).with("X-Content-Type-Options", "nosniff")
}
