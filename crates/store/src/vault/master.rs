//! The file of the master key.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use data_encoding::HEXLOWER_PERMISSIVE;
use portcullis_identity::Secret;
use zeroize::Zeroizing;

use super::VaultError;
use crate::entropy;

/// A key with its number.
type Numbered = (u8, Secret<[u8; 32]>);

pub(super) fn read_or_make(path: &Path) -> Result<Vec<Numbered>, VaultError> {
    let failed = |source| VaultError::File {
        path: path.to_owned(),
        source,
    };
    let file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            make(path)?;
            File::open(path).map_err(failed)?
        }
        opened => opened.map_err(failed)?,
    };
    let mode = file.metadata().map_err(failed)?.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(VaultError::Loose {
            path: path.to_owned(),
            mode,
        });
    }
    // Never grown, so that no copy is left behind unwiped.
    let mut text = Zeroizing::new(String::with_capacity(64 * 1024));
    Read::take(&file, 64 * 1024)
        .read_to_string(&mut text)
        .map_err(failed)?;
    parse(&text).map_err(|line| VaultError::Form {
        path: path.to_owned(),
        line,
    })
}

/// Makes the file whole or not at all, and leaves one alone that another process made first.
fn make(path: &Path) -> Result<(), VaultError> {
    let failed = |source| VaultError::File {
        path: path.to_owned(),
        source,
    };
    let bits = Zeroizing::new(entropy::bytes::<32>()?);
    let mut text = Zeroizing::new(String::with_capacity(80));
    text.push_str("1:");
    HEXLOWER_PERMISSIVE.encode_append(&*bits, &mut text);
    text.push('\n');
    let mut draft = path.as_os_str().to_owned();
    draft.push(format!(".{:016x}", u64::from_ne_bytes(entropy::bytes()?)));
    let written = write(Path::new(&draft), &text).and_then(|()| fs::hard_link(&draft, path));
    let removed = fs::remove_file(&draft);
    match written {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(failed(error)),
        Ok(()) | Err(_) => removed.map_err(failed)?,
    }
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let folder = File::open(folder.unwrap_or(Path::new("."))).map_err(failed)?;
    folder.sync_all().map_err(failed)
}

fn write(path: &Path, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// The keys, or the line that is none.
fn parse(text: &str) -> Result<Vec<Numbered>, usize> {
    let mut keys: Vec<Numbered> = Vec::new();
    for (index, line) in text.lines().enumerate() {
        if line.trim().is_empty() {
            continue;
        }
        let key = key(line).ok_or(index + 1)?;
        if keys.iter().any(|(number, _)| *number == key.0) {
            return Err(index + 1);
        }
        keys.push(key);
    }
    if keys.is_empty() { Err(1) } else { Ok(keys) }
}

fn key(line: &str) -> Option<Numbered> {
    let (number, digits) = line.trim().split_once(':')?;
    let number = number.parse().ok().filter(|number| *number > 0)?;
    let mut bits = Zeroizing::new([0; 32]);
    if digits.len() != 64 {
        return None;
    }
    HEXLOWER_PERMISSIVE
        .decode_mut(digits.as_bytes(), bits.as_mut_slice())
        .ok()?;
    Some((number, Secret::new(*bits)))
}
