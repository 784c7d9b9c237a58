//! Whether a credential may be shown so: where, how, and for what.

use std::net::IpAddr;

use portcullis_identity::{Conditions, Style, Unmet};

use super::Desk;
use crate::keyring::Holder;
use crate::upstream::Upstream;

/// Where a credential was shown, how, and for what.
pub(super) struct Showing {
    pub(super) address: IpAddr,
    /// In which way: of a session, the way in which it was opened; none where that is not known.
    pub(super) style: Option<Style>,
    pub(super) used: Use,
}

/// What a credential is used for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    /// What is asked with it.
    Request,
    /// A session is to be opened.
    LogIn,
    /// It was used to open the session in which something is asked.
    Session,
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
        let takes = |style| self.ways.take(style, showing.address);
        let taken = match showing.style {
            Some(style) => takes(style),
            // It may have been any.
            None if showing.used == Use::Session => Style::ALL.iter().copied().all(takes),
            None => true,
        };
        taken.then_some(()).ok_or(Unmet::Style)
    }
}

/// Whether a credential meets these conditions. A session is good while the way in which it was
/// opened is. What it asks is not signed, so there is none where each request must be.
pub(super) fn meet(conditions: &Conditions, showing: &Showing) -> Result<(), Unmet> {
    conditions.from_here(showing.address)?;
    if conditions.must_sign && showing.used != Use::Request {
        return Err(Unmet::Unsigned);
    }
    match showing.style {
        Some(style) => conditions.in_this_way(style),
        None if showing.used == Use::Session && !conditions.styles.is_empty() => Err(Unmet::Style),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_as_good_as_the_way_in_which_it_was_opened() {
        let told = |conditions: &Conditions, style, used| {
            let showing = Showing {
                address: IpAddr::from([192, 0, 2, 1]),
                style,
                used,
            };
            meet(conditions, &showing)
        };
        let (bearer, password) = (Some(Style::Bearer), Some(Style::Password));
        let open = Conditions::default();
        let narrow = Conditions {
            styles: vec![Style::Password],
            ..Conditions::default()
        };
        for style in [bearer, password, None] {
            assert_eq!(told(&open, style, Use::Session), Ok(()));
        }
        assert_eq!(told(&narrow, password, Use::Session), Ok(()));
        assert_eq!(told(&narrow, bearer, Use::Session), Err(Unmet::Style));
        assert_eq!(told(&narrow, None, Use::Session), Err(Unmet::Style));
        let signed = Conditions {
            must_sign: true,
            ..Conditions::default()
        };
        let signature = Some(Style::Signature);
        assert_eq!(told(&signed, signature, Use::Request), Ok(()));
        for used in [Use::LogIn, Use::Session] {
            assert_eq!(told(&signed, signature, used), Err(Unmet::Unsigned));
        }
    }
}
