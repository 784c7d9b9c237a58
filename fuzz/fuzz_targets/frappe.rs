//! Frappe's REST and RPC paths: the first line is `VERB PATH?QUERY`, the rest the body.
#![no_main]

use portcullis_erp::Dialect;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let (line, body) = portcullis_fuzz::line_and_rest(data);
    let (verb, target) = line.split_once(' ').unwrap_or(("GET", line));
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut path: Vec<&str> = path.split('/').collect();
    let dialect = if path.first() == Some(&"method") {
        Dialect::FrappeMethod
    } else {
        Dialect::FrappeResource
    };
    path.remove(0);
    let form = body
        .first()
        .is_some_and(|byte| *byte != b'{' && *byte != b'[');
    let content_type = if form {
        "application/x-www-form-urlencoded"
    } else {
        "application/json"
    };
    portcullis_fuzz::request(dialect, verb, &path, query, content_type, body);
});
