use proptest::prelude::*;

use super::*;

fn pepper(bits: u8) -> Pepper {
    Pepper::new(&Secret::new([bits; 32]))
}

fn anna() -> AdministratorName {
    AdministratorName::new("anna@example.com").unwrap()
}

proptest! {
    #[test]
    fn what_is_written_is_read_as_it_was(entropy: [u8; 32]) {
        let token = AdministratorToken::from_entropy(&entropy);
        let again = token.expose(AdministratorToken::parse).expect("a token");
        prop_assert_eq!(token.digest(&pepper(1)), again.digest(&pepper(1)));
        prop_assert_ne!(token.digest(&pepper(1)), again.digest(&pepper(2)));
        let code = EnrolmentCode::from_entropy(&entropy);
        let again = code.expose(EnrolmentCode::parse).expect("a code");
        prop_assert_eq!(code.digest(&pepper(1)), again.digest(&pepper(1)));
    }

    #[test]
    fn no_text_panics(text: String) {
        prop_assert!(AdministratorToken::parse(&text).is_err());
        prop_assert!(EnrolmentCode::parse(&text).is_err());
        if RecoveryCode::parse(&text).is_ok() {
            prop_assert!(text.len() >= 16);
        }
    }

    #[test]
    fn a_recovery_code_is_read_as_people_write_it(entropy: [u8; 10]) {
        let code = RecoveryCode::from_entropy(&entropy);
        let kept = code.digest(&pepper(1), &anna());
        let text = code.expose(str::to_owned);
        prop_assert_eq!(text.len(), 19);
        for written in [text.clone(), text.replace('-', ""), text.to_uppercase(), text.replace('-', " ")] {
            let again = RecoveryCode::parse(&format!(" {written} ")).expect("a code");
            prop_assert_eq!(again.digest(&pepper(1), &anna()), kept);
        }
        let shorter: String = text.chars().take(18).collect();
        prop_assert!(RecoveryCode::parse(&shorter).is_err());
        let longer = format!("{text}a");
        prop_assert!(RecoveryCode::parse(&longer).is_err());
    }
}

#[test]
fn a_text_of_one_kind_is_none_of_another() {
    let token = AdministratorToken::from_entropy(&[1; 32]).expose(str::to_owned);
    let code = EnrolmentCode::from_entropy(&[1; 32]).expose(str::to_owned);
    let session = crate::SessionToken::from_entropy(&[1; 32]).expose(str::to_owned);
    assert!(AdministratorToken::parse(&token).is_ok());
    assert!(AdministratorToken::parse(&code).is_err());
    assert!(AdministratorToken::parse(&session).is_err());
    assert!(EnrolmentCode::parse(&code).is_ok());
    assert!(EnrolmentCode::parse(&token).is_err());
    assert!(crate::SessionToken::parse(&token).is_err());
}

#[test]
fn the_same_bits_have_another_digest_for_each_kind_and_each_name() {
    let token = AdministratorToken::from_entropy(&[1; 32]);
    let session = crate::SessionToken::from_entropy(&[1; 32]);
    assert_ne!(token.digest(&pepper(1)), session.digest(&pepper(1)));
    let code = RecoveryCode::from_entropy(&[1; 10]);
    let bert = AdministratorName::new("bert").unwrap();
    assert_ne!(
        code.digest(&pepper(1), &anna()),
        code.digest(&pepper(1), &bert)
    );
}

#[test]
fn no_debug_shows_a_secret() {
    let shown = format!(
        "{:?} {:?} {:?} {:?}",
        AdministratorToken::from_entropy(&[1; 32]),
        EnrolmentCode::from_entropy(&[1; 32]),
        RecoveryCode::from_entropy(&[1; 10]),
        RecoveryCode::from_entropy(&[1; 10]).digest(&pepper(1), &anna()),
    );
    assert_eq!(
        shown,
        "AdministratorToken(…) EnrolmentCode(…) RecoveryCode(…) RecoveryDigest(…)"
    );
}
