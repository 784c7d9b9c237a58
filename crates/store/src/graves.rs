//! Keys that were revoked, and administrators who were removed, in a file beside the store.
//!
//! A store that is brought back from an older backup has forgotten what was revoked since; this
//! file has not, and each gateway has one of its own. It only grows, by one line a key.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use data_encoding::HEXLOWER;
use portcullis_identity::{AdminKeyId, KeyId, Timestamp};

/// The keys that stay revoked, whatever the store says.
pub(crate) struct Graves {
    path: PathBuf,
    known: Mutex<Known>,
}

/// Something that can be revoked.
pub(crate) trait Mortal {
    fn id(&self) -> &str;
    fn revoked(&mut self) -> &mut Option<Timestamp>;
}

/// An id, and since when it is revoked.
pub(crate) type Grave = (Box<str>, Timestamp);

/// The handle of an administrator, and since when they are removed.
pub(crate) type Buried = ([u8; 16], Timestamp);

/// What stands before the handle of an administrator.
const HANDLE: &str = "administrator:";

#[derive(Default)]
struct Known {
    /// How much of the file was read.
    read: u64,
    dead: HashMap<Box<str>, Timestamp>,
}

impl Graves {
    pub(crate) fn at(path: PathBuf) -> Self {
        Self {
            path,
            known: Mutex::default(),
        }
    }

    /// Makes rows say what the file knows, and the file know what rows say. Answers what the
    /// rows did not say, so that the store learns it, and others over it.
    ///
    /// # Errors
    /// When the file cannot be read or written: then nobody knows what was revoked.
    pub(crate) fn correct(&self, rows: &mut [impl Mortal]) -> io::Result<Vec<Grave>> {
        let mut known = self.known()?;
        let (mut new, mut forgotten) = (Vec::new(), Vec::new());
        for row in rows {
            let told = *row.revoked();
            match (told, known.dead.get(row.id()).copied()) {
                (None, Some(at)) => {
                    *row.revoked() = Some(at);
                    forgotten.push((row.id().into(), at));
                }
                (Some(at), None) => new.push((row.id().into(), at)),
                (None, None) | (Some(_), Some(_)) => {}
            }
        }
        self.write(&mut known, &new)?;
        Ok(forgotten)
    }

    /// Makes the file know whoever was removed, and tells everybody who ever was, as the file
    /// knows it.
    ///
    /// # Errors
    /// When the file cannot be read or written.
    pub(crate) fn bury(&self, removed: &[Buried]) -> io::Result<Vec<Buried>> {
        let mut known = self.known()?;
        let named = removed.iter().map(|(handle, at)| (named(handle), *at));
        let new: Vec<Grave> = named
            .filter(|(id, _)| !known.dead.contains_key(id))
            .collect();
        self.write(&mut known, &new)?;
        let buried = known.dead.iter();
        Ok(buried
            .filter_map(|(id, at)| Some((handle(id)?, *at)))
            .collect())
    }

    /// Reads what was added since, by other processes too.
    fn known(&self) -> io::Result<MutexGuard<'_, Known>> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let mut file = match File::open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(known),
            Err(error) => return Err(error),
        };
        if file.metadata()?.len() == known.read {
            return Ok(known);
        }
        let mut text = String::new();
        file.seek(SeekFrom::Start(known.read))?;
        file.read_to_string(&mut text)?;
        // A line that is being written, or was when somebody was killed, has no end.
        let whole = text.rfind('\n').map_or(0, |end| end.saturating_add(1));
        let (lines, _) = text.split_at_checked(whole).unwrap_or_default();
        for line in lines.lines() {
            known.dead.extend(read(line));
        }
        known.read = known
            .read
            .saturating_add(u64::try_from(lines.len()).unwrap_or(u64::MAX));
        Ok(known)
    }

    fn write(&self, known: &mut Known, new: &[Grave]) -> io::Result<()> {
        if new.is_empty() {
            return Ok(());
        }
        let mut file = OpenOptions::new()
            .create(true)
            .append(true)
            .mode(0o600)
            .open(&self.path)?;
        // It begins a line of its own, also where somebody was killed in the middle of one.
        let mut text = String::from("\n");
        for (id, at) in new {
            text.push_str(&format!("{id} {}\n", at.micros()));
        }
        file.write_all(text.as_bytes())?;
        file.sync_data()?;
        known.dead.extend(new.iter().cloned());
        Ok(())
    }
}

fn read(line: &str) -> Option<Grave> {
    let (id, at) = line.split_once(' ')?;
    let is_key = KeyId::new(id).is_ok() || AdminKeyId::new(id).is_ok();
    let is_one = is_key || handle(id).is_some();
    is_one.then_some(())?;
    Some((id.into(), Timestamp(at.parse().ok()?)))
}

fn named(handle: &[u8; 16]) -> Box<str> {
    format!("{HANDLE}{}", HEXLOWER.encode(handle)).into()
}

fn handle(id: &str) -> Option<[u8; 16]> {
    let bytes = HEXLOWER.decode(id.strip_prefix(HANDLE)?.as_bytes()).ok()?;
    bytes.try_into().ok()
}
