//! Gateway keys: what is read is written the same.
#![no_main]

use portcullis_identity::ApiKey;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    if let Ok(key) = ApiKey::parse(text) {
        key.expose_whole(|whole| assert_eq!(whole, text));
    }
    if let Some((key, secret)) = text.split_once(':') {
        let _ = ApiKey::parse_pair(key, secret);
    }
});
