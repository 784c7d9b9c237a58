//! API keys: made, shown, changed, by whoever may.

mod adopt;
mod change;
mod create;
mod declare;
mod describe;
mod import;
mod list;
mod rotate;
mod signing;
mod stand_in;
mod when;

pub use adopt::{Adopted, Native, adopt};
pub use change::{Change, Changed, change};
pub use create::{Made, Wanted, create, ends, note};
pub use declare::{Said, declare, is_anything_declared};
pub use describe::{Listed, describe, roles};
pub use import::{Fate, Imported, Importing, Line, import};
pub use list::{count, find, list, part};
pub use rotate::{Rotated, Rotation, rotate};
pub use signing::shows_whole;
pub use stand_in::set_stand_in;
