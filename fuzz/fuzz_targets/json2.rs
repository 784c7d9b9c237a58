//! JSON-2: the first line is `MODEL METHOD`, the rest the body.
#![no_main]

use portcullis_erp::Dialect;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let (line, body) = portcullis_fuzz::line_and_rest(data);
    let (model, method) = line
        .split_once(' ')
        .unwrap_or(("res.partner", "search_read"));
    portcullis_fuzz::request(
        Dialect::Json2,
        "POST",
        &[model, method],
        "",
        "application/json",
        body,
    );
});
