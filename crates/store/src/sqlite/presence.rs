//! Which processes are there. Each holds the lock of a file of its own beside the store; the
//! kernel lets go of it when the process ends, in whatever way.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::PathBuf;
use std::sync::Mutex;

use portcullis_storage::ProcessId;

use crate::entropy;

/// The files, and this process's own, once it has entered.
#[derive(Debug)]
pub(crate) struct Processes {
    /// None for a store in memory, which no other process can see.
    folder: Option<PathBuf>,
    own: Mutex<Option<(ProcessId, Option<File>)>>,
}

impl Processes {
    pub(super) fn new(folder: Option<PathBuf>) -> Self {
        Self {
            folder,
            own: Mutex::new(None),
        }
    }

    pub(crate) fn enter(&self) -> io::Result<ProcessId> {
        let mut own = self.own.lock().map_err(|_| io::Error::other("poisoned"))?;
        if let Some((id, _)) = &*own {
            return Ok(*id);
        }
        let bits = entropy::bytes().map_err(io::Error::other)?;
        let id = ProcessId(u64::from_be_bytes(bits));
        let file = match &self.folder {
            None => None,
            Some(folder) => {
                std::fs::DirBuilder::new()
                    .recursive(true)
                    .mode(0o700)
                    .create(folder)?;
                sweep(folder)?;
                let file = OpenOptions::new()
                    .write(true)
                    .create_new(true)
                    .mode(0o600)
                    .open(path(folder, id))?;
                file.lock()?;
                Some(file)
            }
        };
        *own = Some((id, file));
        Ok(id)
    }

    pub(crate) fn is_there(&self, process: ProcessId) -> io::Result<bool> {
        let own = self.own.lock().map_err(|_| io::Error::other("poisoned"))?;
        if own.as_ref().is_some_and(|(id, _)| *id == process) {
            return Ok(true);
        }
        match &self.folder {
            None => Ok(false),
            Some(folder) => holds(&path(folder, process)),
        }
    }
}

fn path(folder: &std::path::Path, process: ProcessId) -> PathBuf {
    folder.join(format!("{:016x}", process.0))
}

/// Whether somebody holds the lock of this file.
fn holds(path: &std::path::Path) -> io::Result<bool> {
    let file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        opened => opened?,
    };
    match file.try_lock_shared() {
        Ok(()) => Ok(false),
        Err(TryLockError::WouldBlock) => Ok(true),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Removes the files of processes that ended. One that was made a moment ago and is not locked
/// yet may go too: its process keeps its lock, and is then taken for ended by others, who say
/// of its calls that they do not know how they ended, which is never wrong.
fn sweep(folder: &std::path::Path) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if !holds(&path)? {
            match std::fs::remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                Ok(()) | Err(_) => {}
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_entered_is_there_until_its_end() {
        let folder = tempfile::tempdir().unwrap();
        let processes = || Processes::new(Some(folder.path().join("running")));
        let (one, other) = (processes(), processes());
        let id = one.enter().unwrap();
        assert_eq!(one.enter().unwrap(), id);
        assert!(one.is_there(id).unwrap());
        assert!(other.is_there(id).unwrap());
        assert!(!other.is_there(ProcessId(id.0 ^ 1)).unwrap());
        // A lock of one process is a lock of one opened file: this ends it as a kill would.
        drop(one);
        assert!(!other.is_there(id).unwrap());
        let next = other.enter().unwrap();
        assert_ne!(next, id);
        assert_eq!(
            std::fs::read_dir(folder.path().join("running"))
                .unwrap()
                .count(),
            1
        );
    }
}
