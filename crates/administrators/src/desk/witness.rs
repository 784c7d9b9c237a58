//! Who keeps the record of a log-in. Strangers leave none: whoever tries names that nobody has
//! would fill the ledger. So it is opened once somebody is known, and before anything is done.

use portcullis_identity::AdministratorName;
use portcullis_storage::AdministratorRow;

use crate::refused::Refused;

/// Who keeps the record of a log-in.
pub trait Witness: Send + Sync {
    /// This is who it is, as far as the password, a slip or a code says. It comes before a second
    /// factor is judged, and before anything is done.
    ///
    /// # Errors
    /// When it cannot be written down; then nothing is done.
    fn known(&self, who: &AdministratorRow) -> Result<(), Refused>;

    /// A name that somebody has was tried in vain. It must take no time: how long an answer takes
    /// must not say that there is such a name.
    fn missed(&self, name: &AdministratorName);
}

/// Nobody keeps a record.
impl Witness for () {
    fn known(&self, _: &AdministratorRow) -> Result<(), Refused> {
        Ok(())
    }
    fn missed(&self, _: &AdministratorName) {}
}
