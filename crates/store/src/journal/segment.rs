//! The files of a ledger folder: `lane-0003-00000012.jsonl` is segment 12 of lane 3.

use std::fs::{self, DirBuilder, File};
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use portcullis_audit::{Line, Torn, WriterId};

/// A file of a lane.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Segment {
    pub(crate) writer: WriterId,
    pub(crate) number: u64,
    pub(crate) path: PathBuf,
}

/// How a segment ends.
#[derive(Debug, Default)]
pub(crate) struct End {
    /// Number and hash of its last whole line.
    pub(crate) last: Option<(u64, portcullis_audit::Hash)>,
    /// What stands behind the last line feed.
    pub(crate) torn: Option<Torn>,
}

/// The segments of a folder, by lane and number. Other files are passed over.
pub(crate) fn list(folder: &Path) -> io::Result<Vec<Segment>> {
    let mut segments = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .and_then(parse);
        if let Some((writer, number)) = name {
            segments.push(Segment {
                writer,
                number,
                path,
            });
        }
    }
    segments.sort();
    Ok(segments)
}

pub(super) fn make_folder(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

pub(super) fn path(folder: &Path, writer: WriterId, number: u64) -> PathBuf {
    folder.join(format!("lane-{:04}-{number:08}.jsonl", writer.0))
}

fn parse(name: &str) -> Option<(WriterId, u64)> {
    let (writer, number) = name
        .strip_prefix("lane-")?
        .strip_suffix(".jsonl")?
        .split_once('-')?;
    Some((WriterId(writer.parse().ok()?), number.parse().ok()?))
}

impl Segment {
    /// How it ends. Reads from the back, so that the size of the file does not matter.
    pub(crate) fn end(&self) -> io::Result<End> {
        let mut file = File::open(&self.path)?;
        let size = file.metadata()?.len();
        let mut reach: u64 = 64 * 1024;
        loop {
            let from = size.saturating_sub(reach);
            file.seek(SeekFrom::Start(from))?;
            let mut bytes = Vec::new();
            file.by_ref().take(size - from).read_to_end(&mut bytes)?;
            let end = self.end_of(&bytes);
            if end.last.is_some() || from == 0 {
                return Ok(end);
            }
            reach = reach.saturating_mul(8);
        }
    }

    fn end_of(&self, bytes: &[u8]) -> End {
        let whole = bytes
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |at| at + 1);
        let (lines, tail) = bytes.split_at_checked(whole).unwrap_or_default();
        // A line that was altered is gone on from all the same: to say so is for `verify`.
        let last = lines.rsplit(|byte| *byte == b'\n').find_map(Line::claims);
        End {
            last,
            torn: (!tail.is_empty()).then(|| Torn::of(self.number, tail)),
        }
    }
}
