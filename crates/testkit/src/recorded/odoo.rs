//! The recorded exchanges with a real Odoo 19.

mod lab;
mod recording;
pub mod shape;

pub use lab::Lab;
pub use recording::{Recording, Reply};

/// Every recorded exchange, by number; none where the recordings are not at hand.
pub fn recordings() -> Option<Vec<Recording>> {
    let mut found: Vec<_> = super::files("odoo")?
        .iter()
        .map(|file| Recording::read(file))
        .collect();
    found.sort_by_key(|recording| recording.number);
    Some(found)
}
