//! Odoo's small pages: the first byte says which.
#![no_main]

use portcullis_erp::Dialect;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Some((first, body)) = data.split_first() else {
        return;
    };
    let path: &[&str] = match first % 4 {
        0 => &["web", "webclient", "version_info"],
        1 => &["web", "version"],
        2 => &["json", "version"],
        _ => &["web", "database", "list"],
    };
    let verb = if first & 4 == 0 { "POST" } else { "GET" };
    portcullis_fuzz::request(Dialect::OdooWeb, verb, path, "", "application/json", body);
});
