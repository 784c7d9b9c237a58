//! The recorded exchanges with a real ERPNext 15.

pub mod shape;
pub mod site;
pub mod transcript;
pub mod world;

use transcript::Exchange;

/// Every recorded file, by name, with its exchanges; none where the recordings are not at hand.
pub fn recordings() -> Option<Vec<(String, Vec<Exchange>)>> {
    let files = super::files("frappe")?;
    let read = |path: &std::path::PathBuf| {
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        (name, transcript::read(&std::fs::read(path).unwrap()))
    };
    Some(files.iter().map(read).collect())
}
