use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use portcullis_identity::ApiKey;

use super::*;
use crate::database::SqlStore;

fn place() -> Place {
    Place::erp_user(
        &UpstreamName::new("odoo").unwrap(),
        &ErpLogin::new("bot").unwrap(),
    )
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = format!("{error} / {error:?}");
    let mut next = error.source();
    while let Some(error) = next {
        text += &format!(" / {error} / {error:?}");
        next = error.source();
    }
    text
}

#[test]
fn what_is_sealed_opens_in_its_own_place_alone() {
    let folder = tempfile::tempdir().unwrap();
    let vault = Vault::open(&folder.path().join("master")).unwrap();
    let sealed = vault.seal(&place(), &Secret::from("open sesame")).unwrap();
    let again = vault.seal(&place(), &Secret::from("open sesame")).unwrap();
    assert_ne!(sealed, again);
    assert!(!sealed.0.windows(6).any(|window| window == b"sesame"));
    assert!(
        vault
            .unseal(&place(), &sealed)
            .unwrap()
            .expose(|plain| plain == "open sesame")
    );
    let elsewhere = Place::erp_user(
        &UpstreamName::new("odoob").unwrap(),
        &ErpLogin::new("ot").unwrap(),
    );
    assert!(matches!(
        vault.unseal(&elsewhere, &sealed),
        Err(VaultError::Shut)
    ));
    for at in 0..sealed.0.len() {
        let mut damaged = sealed.clone();
        damaged.0[at] ^= 1;
        let error = vault.unseal(&place(), &damaged).unwrap_err();
        assert!(!chain(&error).contains("sesame"));
        damaged.0.truncate(at);
        assert!(vault.unseal(&place(), &damaged).is_err());
    }
    assert_eq!(format!("{vault:?}"), "Vault(…)");
}

#[test]
fn the_master_key_is_made_for_its_owner_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("master");
    let vault = Vault::open(&path).unwrap();
    assert_eq!(
        fs::metadata(&path).unwrap().permissions().mode() & 0o777,
        0o600
    );
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    let sealed = vault.seal(&place(), &Secret::from("open sesame")).unwrap();
    assert!(
        Vault::open(&path)
            .unwrap()
            .unseal(&place(), &sealed)
            .is_ok()
    );

    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    let error = Vault::open(&path).unwrap_err();
    assert!(matches!(error, VaultError::Loose { mode: 0o640, .. }));
    assert!(chain(&error).contains("chmod 600"));
}

#[tokio::test]
async fn another_master_key_is_named_and_nothing_leaks() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqlStore::in_memory().await.unwrap();
    let (one, other) = (folder.path().join("one"), folder.path().join("other"));
    let vault = Vault::open(&one).unwrap();
    vault.check(&store).await.unwrap();
    vault.check(&store).await.unwrap();
    let sealed = vault.seal(&place(), &Secret::from("open sesame")).unwrap();
    let wrong = Vault::open(&other).unwrap();
    let error = wrong.check(&store).await.unwrap_err();
    assert!(matches!(error, VaultError::OtherKey));
    let refused = wrong.unseal(&place(), &sealed).unwrap_err();
    let said = chain(&error) + &chain(&refused);
    for path in [&one, &other] {
        let text = fs::read_to_string(path).unwrap();
        let digits = text.trim().strip_prefix("1:").unwrap();
        assert!(
            !said.contains(digits.get(..8).unwrap()) && !said.contains("sesame"),
            "{said}"
        );
    }
    let key = ApiKey::from_entropy(&[9; 42]);
    assert!(key.digest(&vault.pepper()) == key.digest(&Vault::open(&one).unwrap().pepper()));
    assert!(key.digest(&vault.pepper()) != key.digest(&wrong.pepper()));
}

#[tokio::test]
async fn a_second_key_seals_and_the_first_still_opens() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqlStore::in_memory().await.unwrap();
    let path = folder.path().join("master");
    let before = Vault::open(&path).unwrap();
    before.check(&store).await.unwrap();
    let old = before.seal(&place(), &Secret::from("open sesame")).unwrap();
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, format!("{text}2:{}\n", "ab".repeat(32))).unwrap();
    let after = Vault::open(&path).unwrap();
    after.check(&store).await.unwrap();
    assert!(after.unseal(&place(), &old).is_ok());
    let new = after.seal(&place(), &Secret::from("open sesame")).unwrap();
    assert_eq!((old.0[0], new.0[0]), (1, 2));
    assert!(before.unseal(&place(), &new).is_err());
}

#[test]
fn a_file_of_another_form_is_refused_without_being_quoted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("master");
    Vault::open(&path).unwrap();
    let digits = "cd".repeat(32);
    for text in [
        String::new(),
        digits.clone(),
        format!("0:{digits}"),
        format!("1:{digits}\n1:{digits}"),
        format!("1:{digits}\n2:{}x", "cd".repeat(31)),
        format!("1:{digits}cd"),
    ] {
        fs::write(&path, &text).unwrap();
        let error = Vault::open(&path).unwrap_err();
        assert!(matches!(error, VaultError::Form { .. }), "{text}: {error}");
        assert!(!chain(&error).contains("cdcd"));
    }
}
