//! Search domains, as JSON: what is parsed, written and parsed again is the same.
#![no_main]

use portcullis_erp::domain::Domain;
use portcullis_erp::{Limits, value};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Ok(value) = value::from_json(data, &Limits::default()) else {
        return;
    };
    let Ok(domain) = Domain::parse(&value) else {
        return;
    };
    let again = Domain::parse(&domain.to_value());
    assert_eq!(again.as_ref().ok(), Some(&domain), "written and read again");
    let _ = domain.conditions();
});
