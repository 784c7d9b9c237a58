//! The record of what was done, and its hash chain.
//!
//! Everything here is pure: records become lines, lines become records, and [`Verifier`] says
//! whether the lines of a ledger are whole. Files are walked in `store`.
//!
//! ```text
//! a lane = the lines of one writer, cut into segments
//!   {"n":0,"prev":"00…","kind":"head",…,"hash":"a1…"}    first line of each segment
//!   {"n":1,"prev":"a1…","kind":"open",…,"hash":"b2…"}    before the call goes upstream
//!   {"n":2,"prev":"b2…","kind":"close",…,"hash":"c3…"}   once its outcome is known
//! ```
//! The hash of a line is SHA-256 over its text up to `,"hash"`; that text holds the hash of the
//! line before. A head names the last lines of the other lanes as well, as a [`Witness`], so
//! that a lane which was cut short is told on by the others. A signed checkpoint is such a list
//! of witnesses with a signature.
//!
//! **Nothing of a call's values ever stands in a record.** What stands there is named in
//! [`Opening`] and [`Closing`], field by field.
#![warn(missing_docs)]

mod chain;
mod closing;
mod deed;
mod hash;
mod head;
mod ids;
mod line;
mod opening;
mod record;
mod verify;

pub use chain::Chain;
pub use closing::{Closing, Note, Outcome};
pub use deed::{Deed, Doer};
pub use hash::Hash;
pub use head::{Head, Torn, Witness};
pub use ids::{LedgerId, RequestId, WriterId};
pub use line::dialect_name;
pub use opening::{Opening, Would};
pub use portcullis_erp::Shape;
pub use record::{Closed, Event, Line, LineError, Opened, Verdict};
pub use verify::{Break, BreakKind, LaneEnd, Report, Unclosed, Verifier, verify};
