//! The dialects of the ERPs, and what a call is.
//!
//! Everything here is pure: bytes and values in, bytes and values out.
//! A dialect is one module with the same four functions ([`dialect`]); what they
//! read and write is the same [`Call`], [`Value`] and [`Fault`] for all of them.
#![warn(missing_docs)]

pub mod answer;
pub mod asked;
pub mod calendar;
pub mod call;
pub mod dialect;
pub mod domain;
pub mod edition;
pub mod fault;
pub mod filters;
pub mod limits;
pub mod name;
pub mod profile;
pub mod release;
pub mod shape;
pub mod translate;
pub mod value;
pub mod visit;

pub use answer::Answer;
pub use asked::{Asked, Local, SlotCredential};
pub use call::{Call, RecordId};
pub use dialect::{Dialect, Inbound, Outbound, Reading, Reply};
pub use edition::Edition;
pub use fault::{Fault, FaultKind, Parts, Said};
pub use limits::Limits;
pub use name::{Database, FieldName, Method, Model};
pub use profile::Profile;
pub use release::Release;
pub use shape::Shape;
pub use translate::Told;
pub use value::{Map, Value};
pub use visit::{Payload, Verb, Visit};
