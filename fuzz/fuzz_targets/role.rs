//! Role files: read, or refused with a place; never a panic.
#![no_main]

use portcullis_identity::RoleName;
use portcullis_policy::Role;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let (Ok(text), Ok(name)) = (std::str::from_utf8(data), RoleName::new("fuzz")) else {
        return;
    };
    if let Err(errors) = Role::from_toml(name, text) {
        assert!(!errors.is_empty());
    }
});
