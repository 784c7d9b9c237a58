//! Whose ERP user is archived is refused, or goes on as the one that stands in.

use std::sync::Arc;

use portcullis_identity::{Timestamp, Unmet};

use crate::keyring::Holder;
use crate::upstream::Upstream;

/// The caller as whom calls may run: itself, or, while its ERP user is archived, the one that its
/// key names. That one must be known here, have told what it is, and be no administrator, unless
/// the key says that it may be.
///
/// # Errors
/// When the user is archived, and nobody may stand in.
pub(super) fn bound(
    holder: Arc<Holder>,
    erp: Option<&Upstream>,
    now: Timestamp,
) -> Result<Arc<Holder>, Unmet> {
    // A person calls within the ERP's own session, which the ERP ends.
    let Some(erp) = erp.filter(|_| holder.user.is_none()) else {
        return Ok(holder);
    };
    let Some(user) = erp.user(holder.principal.erp_login()) else {
        return Ok(holder);
    };
    user.standing().called();
    if !user.standing().is_archived() {
        return Ok(holder);
    }
    let stand_in = holder.stand_in.as_ref().ok_or(Unmet::Archived)?;
    let other = erp.user(&stand_in.login).ok_or(Unmet::Archived)?;
    other.standing().called();
    if !other.standing().may_stand_in(stand_in.administrator, now) {
        return Err(Unmet::Archived);
    }
    let login = stand_in.login.clone();
    Ok(Arc::new(Holder::standing_in(&holder, login)))
}
