//! Who is calling: principals, credentials, keys.
//!
//! Everything here is pure: chance (for new keys) and time come in as arguments.
//! Secrets live in [`Secret`]; no `Debug` of this crate shows one.
#![warn(missing_docs)]

mod administrator;
mod admission;
mod base32;
mod certificate;
mod check;
mod conditions;
mod digest;
mod foreign;
mod key;
mod key_id;
mod name;
mod networks;
mod opaque;
mod ours;
mod presented;
mod principal;
pub mod proxied;
mod secret;
mod session;
pub mod signing;
mod style;
mod tagger;
mod timestamp;

pub use administrator::{AdminRole, Administrator, Means, Scope, ScopedUser};
pub use admission::{
    AdministratorName, AdministratorToken, EnrolmentCode, RecoveryCode, RecoveryDigest,
};
pub use certificate::CertificateDigest;
pub use conditions::{Conditions, Unmet};
pub use digest::{KeyDigest, Pepper};
pub use foreign::{ForeignError, ForeignSecret};
pub use key::{AdminKey, ApiKey, KeyFormatError, KeyOf};
pub use key_id::{AdminDoor, AdminKeyId, Door, ErpDoor, IdOf, KeyId};
pub use name::{ErpLogin, NameError, PrincipalName, RoleName, RouteName, UpstreamName};
pub use networks::{Networks, network};
pub use ours::{PREFIXES, looks_like_ours};
pub use presented::Presented;
pub use principal::{Principal, PrincipalKind};
pub use secret::Secret;
pub use session::{CsrfToken, SessionDigest, SessionToken};
pub use style::Style;
pub use tagger::Tagger;
pub use timestamp::{Timestamp, TimestampError};
