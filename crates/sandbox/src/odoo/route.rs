//! Which face a path leads to, read as leniently as the real server reads paths.

use percent_encoding::percent_decode_str;

use super::{Odoo, json2, jsonrpc, page, session, xmlrpc};
use crate::http::{Request, Response, Seen};

pub(crate) fn answer(odoo: &Odoo, request: &Request, seen: &mut Seen) -> Response {
    if request.header("host").is_none() {
        return page::internal();
    }
    let decoded = percent_decode_str(&request.path)
        .decode_utf8_lossy()
        .into_owned();
    let path = format!("/{}", decoded.trim_start_matches('/'));
    if path.contains("//") {
        let mut straight = path;
        while straight.contains("//") {
            straight = straight.replace("//", "/");
        }
        let host = request.header("host").unwrap_or_default();
        return page::moved(308, &format!("http://{host}{straight}"));
    }
    let path = path.strip_suffix('/').unwrap_or(&path);
    let (faces, rpc) = (odoo.options.faces, odoo.options.version.has_rpc());
    let segments: Vec<&str> = path.split('/').skip(1).collect();
    match segments.as_slice() {
        ["xmlrpc", "2", service] if faces.xmlrpc && rpc => {
            xmlrpc::answer(odoo, request, service, xmlrpc::Faults::Numbers, seen)
        }
        ["xmlrpc", service] if faces.xmlrpc && rpc && *service != "2" => {
            xmlrpc::answer(odoo, request, service, xmlrpc::Faults::Texts, seen)
        }
        ["jsonrpc"] if faces.jsonrpc && rpc => jsonrpc::answer(odoo, request, seen),
        ["json", "2", rest @ ..] if faces.json2 && odoo.options.version.has_json2() => {
            json2::answer(odoo, request, rest, seen)
        }
        _ => session::page(odoo, request, &segments, seen),
    }
}

/// The content type without its parameters.
pub(crate) fn content_type(request: &Request) -> String {
    let header = request.header("content-type").unwrap_or_default();
    header
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_lowercase()
}
