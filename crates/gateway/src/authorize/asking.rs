//! What is asked, in the words of the ERP that is meant.
//!
//! Most dialects belong to one kind of ERP, and their calls are read when they come in. The
//! façade is spoken before either, and what a value means there depends on the model's fields;
//! so its requests become calls here, anew whenever more is known of the models.

use std::sync::Arc;

use portcullis_erp::dialect::rest::{Manner, Place, Request, Said};
use portcullis_erp::{Call, Edition, Fault, FaultKind};
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

    /// The request, if it cannot be read, or is of a record or method that there cannot be at
    /// its path; and what is wrong with it.
    pub(super) fn unread(&self, family: Family) -> Option<(&Request, Fault)> {
        let Self::Rest(request) = self else {
            return None;
        };
        if let Some(fault) = request.unread() {
            return Some((request, fault.clone()));
        }
        let place = place(request, family);
        let there = match request.verb() {
            "POST" => place.is_list || place.method.is_some(),
            _ => place.is_list || place.is_record,
        };
        let kind = match request.verb() {
            "POST" => FaultKind::UnknownMethod,
            _ => FaultKind::MissingRecord,
        };
        let fault = Fault::new(kind, "");
        (!there && !request.describes()).then_some((&**request, fault))
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
            Family::Frappe => request.in_frappe(upstream.facade(), &**schema)?,
        };
        Ok((call, edition, Some(manner)))
    }
}

/// What the path of a request stands for before this kind of ERP.
pub(super) fn place(request: &Request, family: Family) -> Place<'_> {
    match family {
        Family::Odoo => request.place_in_odoo(),
        Family::Frappe => request.place_in_frappe(),
    }
}
