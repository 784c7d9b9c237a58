//! Signatures: whatever a stranger sends is read or refused, and what is read covers what it must.
//!
//! The input is a request: its first line, its headers, an empty line, its body.
#![no_main]

use portcullis_identity::signing::{Head, Legacy, Scheme, Signed, Verifier, sorted_json};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let end = data.windows(2).position(|two| two == b"\n\n");
    let (head, body) = data.split_at(end.unwrap_or(data.len()));
    let body = body.get(2..).unwrap_or_default();
    let Ok(head) = std::str::from_utf8(head) else {
        return;
    };
    let mut lines = head.split('\n');
    let Some((verb, target)) = lines.next().and_then(|line| line.split_once(' ')) else {
        return;
    };
    let (path, query) = match target.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (target, None),
    };
    let headers: Vec<(&str, &[u8])> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name, value.as_bytes()))
        .collect();
    let head = Head {
        verb,
        path,
        query,
        lines: &headers,
    };
    let nobody = Verifier::of_nobody(&[7; 32]);
    if let Ok(Some(signed)) = Signed::read(&head) {
        let base = signed.base();
        assert!(base.contains(&format!("\"@method\": {verb}\n")));
        assert!(base.contains(&format!("\"@path\": {path}\n")));
        assert!(query.is_none() || base.contains("\"@query\": ?"));
        assert!(base.rsplit('\n').next().is_some_and(|last| last.starts_with("\"@signature-params\": (")));
        assert!(nobody.verify(&signed).is_err());
        if signed.is_of(body).is_ok() && !body.is_empty() {
            assert!(base.contains("\"content-digest\": "));
        }
    }
    if let Ok(Some(legacy)) = Legacy::read(&head, "/u/odoo", body) {
        for scheme in Scheme::ALL {
            if let Ok((texts, _)) = legacy.texts(*scheme) {
                assert!(!texts.is_empty());
            }
            if let Some(verifier) = Verifier::beside(*scheme) {
                assert!(legacy.verify(&verifier, Some("a secret")).is_err());
            }
        }
    }
    if let Some(text) = sorted_json(body) {
        assert_eq!(sorted_json(text.as_bytes()), Some(text), "it is sorted already");
    }
});
