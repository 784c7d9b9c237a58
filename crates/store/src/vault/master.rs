//! The file of the master key.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use data_encoding::HEXLOWER_PERMISSIVE;
use portcullis_identity::Secret;
use zeroize::Zeroizing;

use super::VaultError;
use crate::{entropy, written};

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

/// Makes the file, or leaves one alone that another process made first.
fn make(path: &Path) -> Result<(), VaultError> {
    let bits = Zeroizing::new(entropy::bytes::<32>()?);
    let mut text = Zeroizing::new(String::with_capacity(80));
    text.push_str("1:");
    HEXLOWER_PERMISSIVE.encode_append(&*bits, &mut text);
    text.push('\n');
    written::once(path, &text).map_err(|source| VaultError::File {
        path: path.to_owned(),
        source,
    })
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
