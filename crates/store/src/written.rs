//! Small files that are written once and never changed: the master key, the id of a ledger.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use crate::entropy;

/// Makes a file whole or not at all, for its owner alone, and leaves one alone that another
/// process made first.
pub(crate) fn once(path: &Path, text: &str) -> io::Result<()> {
    let mut draft = path.as_os_str().to_owned();
    let bits = entropy::bytes().map_err(io::Error::other)?;
    draft.push(format!(".{:016x}", u64::from_ne_bytes(bits)));
    let draft = Path::new(&draft);
    let written = write_draft(draft, text).and_then(|()| fs::hard_link(draft, path));
    let removed = fs::remove_file(draft);
    match written {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        Ok(()) | Err(_) => removed?,
    }
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

fn write_draft(path: &Path, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_two_the_first_stays() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("one");
        once(&path, "first").unwrap();
        once(&path, "second").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "first");
        let mode = fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600);
        let count = fs::read_dir(folder.path()).unwrap().count();
        assert_eq!(count, 1, "no draft is left");
        assert!(once(&folder.path().join("none/one"), "first").is_err());
        let id = entropy::ledger_id_in(&folder.path().join("id")).unwrap();
        let again = entropy::ledger_id_in(&folder.path().join("id")).unwrap();
        assert_eq!(id, again);
    }
}
