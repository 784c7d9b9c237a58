//! Credentials of the gateway's own, and of elsewhere: what is read is written the same.
#![no_main]

use portcullis_identity::signing::{PublicKey, SigningSecret};
use portcullis_identity::{
    AdminKey, AdministratorToken, ApiKey, EnrolmentCode, ForeignSecret, RecoveryCode, SessionToken,
    looks_like_ours,
};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    if let Ok(key) = PublicKey::from_der(data) {
        assert!(data.ends_with(key.as_bytes()) && !key.is_weak());
    }
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let same = |whole: &str| assert_eq!(whole, text);
    let mut ours = false;
    if let Ok(key) = ApiKey::parse(text) {
        key.expose_whole(same);
        ours = true;
        key.expose_pair(|key, secret| {
            let again = ApiKey::parse_pair(key, secret).expect("halves of a key");
            again.expose_whole(same);
        });
    }
    if let Ok(key) = AdminKey::parse(text) {
        key.expose_whole(same);
        ours = true;
    }
    if let Ok(token) = SessionToken::parse(text) {
        token.expose(same);
        ours = true;
    }
    if let Ok(token) = AdministratorToken::parse(text) {
        token.expose(same);
        ours = true;
    }
    if let Ok(code) = EnrolmentCode::parse(text) {
        code.expose(same);
        ours = true;
    }
    if let Ok(secret) = SigningSecret::parse(text) {
        secret.expose(same);
        ours = true;
    }
    assert!(
        !ours || looks_like_ours(text),
        "ours is known for what it is"
    );
    if let Ok(code) = RecoveryCode::parse(text) {
        code.expose(|text| {
            assert!(
                RecoveryCode::parse(text).is_ok(),
                "what is written is read back"
            )
        });
    }
    // What is good for a new key is found when it is shown, and never one of ours.
    if ForeignSecret::new(text).is_ok() {
        assert!(!ours && ForeignSecret::shown(text).is_some());
    }
    if let Some((key, secret)) = text.split_once(':') {
        if let Ok(whole) = ApiKey::parse_pair(key, secret) {
            whole.expose_pair(|id, rest| assert_eq!((id, rest), (key, secret)));
        }
    }
});
