//! The upstream log: one JSON line for each request that reached a sandbox.
//!
//! Tests prove with it that a refused request never arrived. A line is written with one
//! `write(2)` before the answer leaves, so it is there when the caller has its answer.
//! It holds no query string but the names of fields, a header or a body, for these may carry credentials.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::{Arc, Mutex};

use serde::Serialize;

use crate::clock;
use crate::http::{Request, Response};

/// Where the lines go. Clones write to the same place.
#[derive(Clone, Default)]
pub struct UpstreamLog {
    place: Option<Arc<Place>>,
}

enum Place {
    File(File),
    Memory(Mutex<Vec<String>>),
}

#[derive(Serialize)]
struct Line<'a> {
    at: String,
    erp: &'a str,
    method: &'a str,
    path: &'a str,
    model: Option<&'a str>,
    call: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fields: Option<&'a str>,
    user: Option<&'a str>,
    status: u16,
}

impl UpstreamLog {
    /// Appends to this file, which is created when absent. Several processes may share it.
    ///
    /// # Errors
    /// When the file cannot be opened.
    pub fn append(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().create(true).append(true).open(path)?;
        Ok(Self {
            place: Some(Arc::new(Place::File(file))),
        })
    }

    /// Keeps the lines in memory, for tests and benchmarks.
    pub fn in_memory() -> Self {
        Self {
            place: Some(Arc::new(Place::Memory(Mutex::default()))),
        }
    }

    /// Writes nothing.
    pub fn nowhere() -> Self {
        Self::default()
    }

    /// The lines kept in memory so far; none if they go elsewhere.
    pub fn lines(&self) -> Vec<String> {
        match self.place.as_deref() {
            Some(Place::Memory(lines)) => {
                lines.lock().map(|lines| lines.clone()).unwrap_or_default()
            }
            Some(Place::File(_)) | None => Vec::new(),
        }
    }

    /// Writes the line for one exchange.
    ///
    /// # Errors
    /// When it could not be written; the caller then answers with an error, so that no
    /// request passes unseen.
    pub(crate) fn note(&self, erp: &str, request: &Request, response: &Response) -> io::Result<()> {
        let Some(place) = self.place.as_deref() else {
            return Ok(());
        };
        let line = Line {
            at: clock::rfc3339(clock::now()),
            erp,
            method: &request.verb,
            path: &request.path,
            model: response.seen.model.as_deref(),
            call: response.seen.call.as_deref(),
            fields: response.seen.fields.as_deref(),
            user: response.seen.user.as_deref(),
            status: response.status,
        };
        let mut text = serde_json::to_string(&line)?;
        match place {
            Place::Memory(lines) => {
                let mut lines = lines
                    .lock()
                    .map_err(|_| io::Error::other("the log is poisoned"))?;
                lines.push(text);
                Ok(())
            }
            Place::File(file) => {
                text.push('\n');
                let mut file = file;
                file.write_all(text.as_bytes())
            }
        }
    }
}
