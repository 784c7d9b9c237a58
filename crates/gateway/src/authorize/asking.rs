//! What is asked, in the words of the ERP that is meant.
//!
//! Most dialects belong to one kind of ERP, and their calls are read when they come in. The
//! façade is spoken before either, and what a value means there depends on the model's fields;
//! so its requests become calls here, anew whenever more is known of the models.

use std::sync::Arc;

use portcullis_erp::dialect::rest::{Manner, Request, Said};
use portcullis_erp::{Call, Edition, Fault};
use portcullis_policy::{Family, Schema};

use crate::upstream::Upstream;

/// What is to be judged.
#[expect(
    clippy::large_enum_variant,
    reason = "there is one in a request, and most are calls"
)]
pub(super) enum Asking {
    /// A call as it came in.
    Call(Call),
    /// A request of the façade.
    Rest(Box<Request>),
}

impl Asking {
    /// The request, if it asks what the façade is.
    pub(super) fn describes(&self) -> Option<&Request> {
        match self {
            Self::Rest(request) if request.describes() => Some(request),
            Self::Rest(_) | Self::Call(_) => None,
        }
    }

    /// The call, what is asked of the record's edition, and how the answer is written, where
    /// that is not known yet.
    ///
    /// # Errors
    /// When it cannot be said to this ERP.
    pub(super) fn to(
        &self,
        upstream: &Upstream,
        schema: &Arc<Schema>,
    ) -> Result<(Call, Edition, Option<Manner>), Fault> {
        let request = match self {
            Self::Call(call) => return Ok((call.clone(), Edition::Any, None)),
            Self::Rest(request) => request,
        };
        let Said {
            call,
            edition,
            manner,
        } = match upstream.family() {
            Family::Odoo => request.in_odoo(upstream.facade(), Arc::clone(schema) as _)?,
            Family::Frappe => request.in_frappe(upstream.facade())?,
        };
        Ok((call, edition, Some(manner)))
    }
}
