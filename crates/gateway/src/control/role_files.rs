//! The roles that lie in files, as fresh as the files.
//!
//! The files are looked at as often as the store. Files that cannot be read, or have a
//! mistake, change nothing: the roles stay as they were, and the log says why.

use std::cell::RefCell;
use std::path::PathBuf;
use std::time::SystemTime;

use portcullis_policy::{FieldPermission, Role};

use crate::config::Config;

/// When each file was changed last, and how long it was.
type Marks = Vec<Option<(SystemTime, u64)>>;

/// The role files of a configuration.
pub struct RoleFiles {
    config: PathBuf,
    files: Vec<PathBuf>,
    seen: RefCell<Marks>,
    read: RefCell<(Vec<Role>, Vec<FieldPermission>)>,
}

impl RoleFiles {
    /// The roles of a configuration that was read.
    pub fn new(config: &Config) -> Self {
        Self {
            config: config.file.clone(),
            files: config.role_files.clone(),
            // Marked as unseen, so that an edit made since the configuration was read counts.
            seen: RefCell::default(),
            read: RefCell::new((config.roles.clone(), config.permissions.clone())),
        }
    }

    /// The roles as they were read last, and the fields that are for some of them only.
    pub(super) fn current(&self) -> (Vec<Role>, Vec<FieldPermission>) {
        self.read.borrow().clone()
    }

    /// Looks at the files, and reads the roles again if one has changed. Answers whether
    /// there are new roles now.
    pub(super) fn look(&self) -> bool {
        let marks = self.marks();
        if *self.seen.borrow() == marks {
            return false;
        }
        self.seen.replace(marks);
        match Config::read(&self.config) {
            Ok(config) => {
                self.read.replace((config.roles, config.permissions));
                true
            }
            Err(problems) => {
                for problem in problems {
                    tracing::error!(%problem, "the role files cannot be used; the old roles stay");
                }
                false
            }
        }
    }

    fn marks(&self) -> Marks {
        self.files
            .iter()
            .map(|file| {
                let facts = std::fs::metadata(file).ok()?;
                Some((facts.modified().ok()?, facts.len()))
            })
            .collect()
    }
}
