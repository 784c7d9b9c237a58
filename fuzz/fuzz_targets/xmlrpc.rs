//! XML-RPC, both versions: the first byte says which, and which service.
#![no_main]

use portcullis_erp::Dialect;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Some((first, body)) = data.split_first() else {
        return;
    };
    let dialect = if first & 1 == 0 {
        Dialect::XmlRpc2
    } else {
        Dialect::XmlRpc1
    };
    let service = ["object", "common", "db"][usize::from(first >> 1) % 3];
    portcullis_fuzz::request(dialect, "POST", &[service], "", "text/xml", body);
});
