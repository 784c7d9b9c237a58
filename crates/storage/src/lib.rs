//! The traits of everything that is kept. No driver is named here.
//!
//! - [`Store`] is what several processes share: keys, roles, ERP users, sessions,
//!   settings. Its
//!   operations are boxed futures, so that rooms hold a `dyn Store` and stay free of generics.
//! - [`Journal`] is what one core writes: the ledger. It blocks, on that core's own thread.
//!
//! Look-ups answer `Option`; time comes in as an argument; what must happen as one thing is one
//! operation (`revoke` says whether it was the one that revoked).
//!
//! **To add a repository:** write its trait in a file of its own here (rows as structs with
//! newtypes, one method an operation, [`Stored`] as the result), add it to [`Store`]'s list,
//! add a migration of the same number in each folder of `crates/store/migrations/`, implement it
//! in a file of its own in `crates/store/src/database/` (one text of each statement for SQLite
//! and PostgreSQL; its tests run on both), and bump the change counter in the same transaction if running
//! gateways must learn of the change.
#![warn(missing_docs)]

mod admin_keys;
mod administrators;
mod admissions;
mod approvals;
mod changes;
mod claims;
mod erp_users;
mod error;
mod journal;
mod keys;
mod nonces;
mod originals;
mod part;
mod presence;
mod roles;
mod sessions;
mod settings;

pub use admin_keys::{AdminKeyRow, AdminKeys};
pub use administrators::{
    AdministratorRow, Administrators, Ending, FactorKind, FactorRow, Makes, Removal, Removed,
};
pub use admissions::{AdmissionRow, Admissions, Purpose, SlipRow, Standing};
pub use approvals::{ApprovalRow, ApprovalState, Approvals, Asked, Decided, Waiting};
pub use changes::{Changed, Changes, Point};
pub use claims::{Claim, ClaimState, Claiming, Claims};
pub use erp_users::{ErpUserRow, ErpUsers, Renewed, Sealed, UserHealth};
pub use error::{StoreError, Stored};
pub use journal::{Journal, JournalError};
pub use keys::{
    Declaration, KeyOrigin, KeyRow, KeyState, KeyUse, Keys, RateLimit, Select, Signing, StandIn,
};
pub use nonces::{Nonce, Nonces};
pub use originals::{OriginalRow, Originals};
pub use part::Part;
pub use presence::{Presence, ProcessId};
pub use roles::Roles;
pub use sessions::{Opener, PersonEnd, PersonRow, SessionRow, Sessions, Whose};
pub use settings::Settings;

/// Everything that processes share: `store.keys().find(&id)`, `store.version()`.
pub trait Store:
    Keys
    + AdminKeys
    + Roles
    + ErpUsers
    + Sessions
    + Settings
    + Changes
    + Claims
    + Originals
    + Presence
    + Nonces
    + Administrators
    + Admissions
    + Approvals
{
    /// The API keys.
    fn keys(&self) -> &dyn Keys;
    /// The administrative keys.
    fn admin_keys(&self) -> &dyn AdminKeys;
    /// The roles that are kept in the store.
    fn roles(&self) -> &dyn Roles;
    /// The ERP users.
    fn erp_users(&self) -> &dyn ErpUsers;
    /// The sessions.
    fn sessions(&self) -> &dyn Sessions;
    /// What the store remembers about itself.
    fn settings(&self) -> &dyn Settings;
    /// What was asked with an `Idempotency-Key`.
    fn claims(&self) -> &dyn Claims;
    /// The original errors of ERPs.
    fn originals(&self) -> &dyn Originals;
    /// The processes that work on the store.
    fn presence(&self) -> &dyn Presence;
    /// What was signed once.
    fn nonces(&self) -> &dyn Nonces;
    /// The people who administer the gateway.
    fn administrators(&self) -> &dyn Administrators;
    /// Their sessions and slips.
    fn admissions(&self) -> &dyn Admissions;
    /// Calls that wait until another person says yes.
    fn approvals(&self) -> &dyn Approvals;
}

impl<T> Store for T
where
    T: Keys
        + AdminKeys
        + Roles
        + ErpUsers
        + Sessions
        + Settings
        + Changes
        + Claims
        + Originals
        + Presence
        + Nonces
        + Administrators
        + Admissions
        + Approvals,
{
    fn keys(&self) -> &dyn Keys {
        self
    }
    fn admin_keys(&self) -> &dyn AdminKeys {
        self
    }
    fn roles(&self) -> &dyn Roles {
        self
    }
    fn erp_users(&self) -> &dyn ErpUsers {
        self
    }
    fn sessions(&self) -> &dyn Sessions {
        self
    }
    fn settings(&self) -> &dyn Settings {
        self
    }
    fn claims(&self) -> &dyn Claims {
        self
    }
    fn originals(&self) -> &dyn Originals {
        self
    }
    fn presence(&self) -> &dyn Presence {
        self
    }
    fn nonces(&self) -> &dyn Nonces {
        self
    }
    fn administrators(&self) -> &dyn Administrators {
        self
    }
    fn admissions(&self) -> &dyn Admissions {
        self
    }
    fn approvals(&self) -> &dyn Approvals {
        self
    }
}
