//! What credentials of the gateway's own begin with, so that one is known for what it is
//! wherever it is shown: none of them is a password of an ERP.

pub(crate) const KEY: &str = "pck_";
pub(crate) const ADMIN_KEY: &str = "pca_";
pub(crate) const SESSION: &str = "pcs_";
pub(crate) const ADMINISTRATOR: &str = "pcl_";
pub(crate) const ENROLMENT: &str = "pce_";
pub(crate) const SIGNING: &str = "pcsign_";

/// What a text begins with that the gateway gave somebody, or might have given.
pub const PREFIXES: [&str; 6] = [KEY, ADMIN_KEY, SESSION, ADMINISTRATOR, ENROLMENT, SIGNING];

/// Whether a text begins as a credential of the gateway's own does.
pub fn looks_like_ours(text: &str) -> bool {
    PREFIXES.iter().any(|prefix| text.starts_with(prefix))
}
