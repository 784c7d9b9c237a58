//! Whether a credential may be shown so: where, how, and for what.

use std::net::IpAddr;

use portcullis_identity::{Conditions, Style, Unmet};

use super::Desk;
use crate::keyring::Holder;
use crate::upstream::Upstream;

/// Where a credential was shown, how, and for what.
pub(super) struct Showing {
    pub(super) address: IpAddr,
    /// None for a session: its key was shown when it was opened.
    pub(super) style: Option<Style>,
    pub(super) opens_session: bool,
}

impl Desk<'_> {
    /// Whether a credential may be shown so: by its own conditions, those of its ERP, and the
    /// ways that are taken at all.
    pub(super) fn takes(
        &self,
        holder: &Holder,
        erp: Option<&Upstream>,
        showing: &Showing,
    ) -> Result<(), Unmet> {
        [Some(&*holder.conditions), erp.map(Upstream::conditions)]
            .into_iter()
            .flatten()
            .try_for_each(|conditions| meet(conditions, showing))?;
        match showing.style {
            Some(style) if !self.ways.take(style, showing.address) => Err(Unmet::Style),
            Some(_) | None => Ok(()),
        }
    }
}

/// Whether a credential meets these conditions. What a session asks is not signed, so there is
/// none where each request must be.
pub(super) fn meet(conditions: &Conditions, showing: &Showing) -> Result<(), Unmet> {
    conditions.from_here(showing.address)?;
    if let Some(style) = showing.style {
        conditions.in_this_way(style)?;
    }
    if conditions.must_sign && (showing.style.is_none() || showing.opens_session) {
        return Err(Unmet::Unsigned);
    }
    Ok(())
}
