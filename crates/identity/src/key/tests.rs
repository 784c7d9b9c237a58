use proptest::prelude::*;

use super::*;

fn key() -> ApiKey {
    let mut entropy = [0_u8; 42];
    for (index, byte) in entropy.iter_mut().enumerate() {
        *byte = index as u8;
    }
    ApiKey::from_entropy(&entropy)
}

#[test]
fn it_has_the_announced_form() {
    key().expose_whole(|whole| {
        assert_eq!(whole.len(), ApiKey::LENGTH);
        assert!(
            whole.starts_with("pck_aaaqeayeaudaocaj_bifqydioB".to_lowercase().as_str()),
            "{whole}"
        );
    });
}

#[test]
fn a_key_of_one_door_is_none_at_the_other() {
    let entropy = [7; 42];
    let admin = AdminKey::from_entropy(&entropy);
    let erp = ApiKey::from_entropy(&entropy);
    assert!(admin.expose_whole(AdminKey::parse).is_ok());
    assert!(admin.expose_whole(|whole| whole.starts_with("pca_")));
    assert!(admin.expose_whole(ApiKey::parse).is_err());
    assert!(admin.expose_pair(ApiKey::parse_pair).is_err());
    assert!(erp.expose_whole(AdminKey::parse).is_err());
    let pepper = Pepper::new(&Secret::new([7; 32]));
    assert!(
        admin.digest(&pepper) != erp.digest(&pepper),
        "nor is its hash"
    );
}

#[test]
fn both_forms_are_read_back() {
    let pepper = Pepper::new(&Secret::new([7; 32]));
    let key = key();
    let whole = key.expose_whole(ApiKey::parse).unwrap();
    let pair = key.expose_pair(ApiKey::parse_pair).unwrap();
    assert_eq!(whole.id(), key.id());
    assert_eq!(pair.id(), key.id());
    assert!(whole.digest(&pepper) == key.digest(&pepper));
    assert!(pair.digest(&pepper) == key.digest(&pepper));
}

#[test]
fn another_pepper_gives_another_digest() {
    let one = Pepper::new(&Secret::new([7; 32]));
    let other = Pepper::new(&Secret::new([8; 32]));
    assert!(key().digest(&one) == key().digest(&one));
    assert!(key().digest(&one) != key().digest(&other));
}

#[test]
fn no_debug_shows_a_secret() {
    let key = key();
    let pepper = Pepper::new(&Secret::new([7; 32]));
    let shown = format!("{key:?} {key:#?} {pepper:?} {:?}", key.digest(&pepper));
    key.expose_pair(|id, secret| {
        assert!(shown.contains(id));
        for window in secret.as_bytes().windows(6) {
            assert!(
                !shown.contains(std::str::from_utf8(window).unwrap()),
                "{shown}"
            );
        }
    });
    assert!(shown.ends_with("Pepper(…) KeyDigest(…)"));
    assert!(!format!("{:?} {}", KeyFormatError, KeyFormatError).contains("pck_"));
}

#[test]
fn a_right_check_over_a_wrong_form_is_refused() {
    for body in [
        "pck-aaaqeayeaudaocaj_".to_owned() + &"a".repeat(52),
        "pck_aaaqeayeaudaocaj-".to_owned() + &"a".repeat(52),
        "pck_AAAQEAYEAUDAOCAJ_".to_owned() + &"a".repeat(52),
        "pck_aaaqeayeaudaocaj_".to_owned() + &"b".repeat(52),
    ] {
        let check = check::of(body.as_bytes());
        let whole = body + std::str::from_utf8(&check).unwrap();
        assert_eq!(ApiKey::parse(&whole).err(), Some(KeyFormatError), "{whole}");
    }
}

proptest! {
    #[test]
    fn every_key_is_read_back(entropy: [u8; 32], id: [u8; 10]) {
        let mut all = [0; 42];
        all[..10].copy_from_slice(&id);
        all[10..].copy_from_slice(&entropy);
        let key = ApiKey::from_entropy(&all);
        prop_assert_eq!(KeyId::new(key.id().as_str()), Ok(key.id()));
        prop_assert!(key.expose_whole(ApiKey::parse).is_ok());
    }

    #[test]
    fn no_text_panics(text: String, other: String) {
        prop_assert!(ApiKey::parse(&text).is_err());
        prop_assert!(ApiKey::parse_pair(&text, &other).is_err());
        prop_assert!(KeyId::new(&text).is_err());
    }

    #[test]
    fn no_text_of_the_right_length_panics(text in "pck_.{76}") {
        prop_assert!(ApiKey::parse(&text).is_err());
    }

    #[test]
    fn one_changed_character_is_refused(entropy: [u8; 32], at in 0..ApiKey::LENGTH, to in 32_u8..127) {
        let mut all = [3; 42];
        all[10..].copy_from_slice(&entropy);
        let mut changed = ApiKey::from_entropy(&all).expose_whole(str::to_owned).into_bytes();
        prop_assume!(changed[at] != to);
        changed[at] = to;
        prop_assert!(ApiKey::parse(std::str::from_utf8(&changed).unwrap()).is_err());
    }
}
