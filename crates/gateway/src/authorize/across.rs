//! Calls of one release of Odoo become those of the ERP's, before they are judged.

use portcullis_erp::translate::{self, Between, TranslateError, Translated};
use portcullis_erp::{Call, Dialect, Told};
use portcullis_policy::Schema;

use crate::denial::Why;
use crate::upstream::Upstream;

/// What is judged, how its answer will be told, and why it cannot be sent even if it is allowed.
pub(super) struct Asked {
    pub(super) call: Call,
    pub(super) told: Told,
    pub(super) unsayable: Option<Why>,
}

/// Makes of a call what the ERP knows. What cannot be translated is judged as it was asked:
/// whoever may not ask it at all is told that first.
pub(super) fn asked(call: &Call, caller: Dialect, upstream: &Upstream, schema: &Schema) -> Asked {
    let as_it_is = |unsayable| Asked {
        call: call.clone(),
        told: Told::AsIs,
        unsayable,
    };
    let Some(release) = upstream.release() else {
        return as_it_is(None);
    };
    let known = schema.model(&call.model);
    let kinds = |name: &str| known?.field(name).map(|field| field.kind);
    let between = Between {
        caller,
        release,
        fields: known.is_some().then_some(&kinds),
    };
    match translate::call(call.clone(), &between) {
        Ok(Translated { call, told }) => Asked {
            call,
            told,
            unsayable: None,
        },
        Err(TranslateError::Fields) => as_it_is(Some(Why::Unschooled)),
        Err(TranslateError::Refused(fault)) => as_it_is(Some(Why::Unsayable(fault))),
    }
}
