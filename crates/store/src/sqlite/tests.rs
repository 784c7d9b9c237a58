use std::os::unix::fs::PermissionsExt as _;

use portcullis_storage::{Presence as _, StoreError};

use super::*;

#[tokio::test]
async fn its_files_are_for_their_owner_alone() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqlStore::open(&folder.path().join("store.db")).await;
    let store = store.unwrap();
    store.enter().await.unwrap();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let files: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
    assert!(files.len() > 2, "{files:?}");
    for file in files {
        let path = file.unwrap().path();
        let expected = if path.is_dir() { 0o700 } else { 0o600 };
        assert_eq!(mode(&path), expected, "{path:?}");
    }
}

#[tokio::test]
async fn a_file_that_is_no_store_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    std::fs::write(&path, "this is not a database".repeat(100)).unwrap();
    let error = SqlStore::open(&path).await.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable { .. }), "{error:?}");
    let nowhere = SqlStore::open(&folder.path().join("none/store.db")).await;
    assert!(nowhere.is_err());
}
