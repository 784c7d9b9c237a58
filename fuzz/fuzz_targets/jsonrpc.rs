//! Odoo's JSON-RPC.
#![no_main]

use portcullis_erp::Dialect;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    portcullis_fuzz::request(Dialect::JsonRpc, "POST", &[], "", "application/json", data);
});
