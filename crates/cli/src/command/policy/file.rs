//! Files that an operator names: JSON, and JSON lines.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;

use anyhow::Context as _;
use portcullis_erp::value::from_json;
use portcullis_erp::{Limits, Value};

/// They are larger than what a stranger may send.
const LIMITS: Limits = Limits {
    body: 1 << 30,
    depth: 64,
    values: 50_000_000,
    batch: 0,
};

/// Reads a file of JSON.
pub(super) fn json(path: &Path) -> anyhow::Result<Value> {
    let bytes = fs::read(path).with_context(|| format!("cannot read `{}`", path.display()))?;
    from_json(&bytes, &LIMITS).map_err(|error| anyhow::anyhow!("`{}`: {error}", path.display()))
}

/// Calls `each` with every line of a file of JSON lines, and its number from 1.
pub(super) fn lines(
    path: &Path,
    mut each: impl FnMut(usize, &Value) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let file = fs::File::open(path).with_context(|| format!("cannot read `{}`", path.display()))?;
    for (at, line) in BufReader::new(file).lines().enumerate() {
        let place = || format!("`{}`, line {}", path.display(), at + 1);
        let line = line.with_context(place)?;
        if line.trim().is_empty() {
            continue;
        }
        let value = from_json(line.as_bytes(), &LIMITS)
            .map_err(|error| anyhow::anyhow!("{}: {error}", place()))?;
        each(at + 1, &value).with_context(place)?;
    }
    Ok(())
}
