//! The people who administer the gateway: their passwords and second factors, and their log-ins.
//!
//! Not to be confused with the people of an ERP, who log in with the ERP's own password and
//! administer nothing (`portcullis_gateway::people`).
//!
//! [`Desk`] does everything; [`wire`] reads requests for it and writes its answers. What it keeps
//! lies in the store: passwords as sealed hashes, secrets of second factors sealed, tokens and
//! codes as keyed digests. Time comes in as an argument.
#![warn(missing_docs)]

mod chance;
mod desk;
mod hashing;
mod passkeys;
mod password;
mod refused;
mod strength;
mod totp;
pub mod wire;

pub use desk::{
    Comer, Desk, Device, Enrolled, Known, LogIn, LoggedIn, Opened, Pending, Second, Setting,
    Witness,
};
pub use hashing::Hashing;
pub use passkeys::{OriginError, Passkeys};
pub use password::{PasswordError, PasswordHash};
pub use refused::Refused;
pub use strength::{Weakness, judge};
pub use totp::Totp;
