//! A dry run that is signed: what stands between can neither make one of a call, nor a call of one.

use super::older::{Older, SCHEMES};
use super::*;

fn dry(got: &Got) -> Option<&str> {
    let told = got.headers.get("x-dry-run");
    told.map(|told| told.to_str().expect("text"))
}

#[test]
fn a_header_that_was_added_or_taken_away_is_not_what_was_signed() {
    let demo = Demo::start();
    let place = place(&demo);
    let signer = Signer::hmac(&place, "signer", &["--upstream", "odoo"]);
    let served = place.serve();
    let dry_run = || Request::create().with("x-dry-run", "1");
    let got = signer.sign(&dry_run()).send(&served);
    assert_eq!(
        (got.status, dry(&got)),
        (200, Some("allowed")),
        "{}",
        got.text()
    );

    let mut stripped = signer.sign(&dry_run());
    stripped.headers.retain(|(name, _)| name != "x-dry-run");
    let got = stripped.send(&served);
    assert_eq!((got.status, dry(&got)), (401, None), "{}", got.text());

    let added = signer.sign(&Request::create());
    let got = added.with("x-dry-run", "1").send(&served);
    assert_eq!(
        (got.status, dry(&got)),
        (401, Some("refused")),
        "{}",
        got.text()
    );
    let got = signer.sign(&Request::create()).send(&served);
    assert_eq!((got.status, dry(&got)), (200, None), "{}", got.text());
}

#[test]
fn an_older_signature_over_a_dry_run_is_used_up() {
    let demo = Demo::start();
    let place = place(&demo);
    for scheme in SCHEMES {
        let older = Older::named(&place, scheme, (scheme, "odoo"), &[]);
        let served = place.serve();
        let create = Request::create();
        let signed = older.sign(&create, &create.target, 0);
        let got = signed.clone().with("x-dry-run", "1").send(&served);
        assert_eq!(
            (got.status, dry(&got)),
            (200, Some("allowed")),
            "{}",
            got.text()
        );
        let got = signed.send(&served);
        assert_eq!(got.status, 401, "{scheme}: {}", got.text());
        assert!(got.text().contains("used before"), "{}", got.text());
        let next = older.sign(&create, &create.target, 1);
        assert_eq!(next.send(&served).status, 200, "{scheme}");
    }
}
