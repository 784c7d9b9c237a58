//! What is asked, as far as it matters for who may ask it.

use portcullis_erp::{Asked, Dialect, Local};
use portcullis_identity::Presented;

use crate::decode::{Credentials, Signature, Wish};

/// Whether the token of a session must be shown, beside its cookie.
pub(super) fn wants_token(wish: &Wish) -> bool {
    match wish {
        Wish::Visit(visit, controller) => controller.wants_token(visit.verb()),
        Wish::Asked(_) => false,
    }
}

/// What is answered to nobody too: what clients ask before they log in, and routes that are
/// open to everybody.
pub(super) fn is_open(wish: &Wish, dialect: Dialect) -> bool {
    let asked = match wish {
        Wish::Visit(_, controller) => return controller.is_open(),
        Wish::Asked(asked) => asked,
    };
    match asked {
        Asked::Call(_)
        | Asked::Rest(_)
        | Asked::Batch(_)
        | Asked::Local(
            Local::LoggedUser
            | Local::Authenticate
            | Local::LogIn
            | Local::LogOutEverywhere
            | Local::Token
            | Local::SessionInfo
            | Local::SessionCheck
            | Local::Documentation(_)
            | Local::ExplainSignature(_),
        ) => false,
        // Odoo says that there is no session to end; Frappe says good-bye to anybody.
        Asked::Local(Local::LogOut) => !matches!(dialect, Dialect::OdooCall | Dialect::Rest),
        Asked::Local(
            Local::Version
            | Local::About
            | Local::AboutVersion
            | Local::ServerVersion
            | Local::Databases
            | Local::DatabaseExists(_)
            | Local::Ping
            | Local::Shut(_),
        ) => true,
    }
}

/// Whether a session is to be opened.
pub(super) fn is_log_in(wish: &Wish) -> bool {
    matches!(wish, Wish::Asked(Asked::Local(Local::LogIn)))
}

/// Whether somebody whose signature is not good asks what a signature is made of, and shows
/// nothing else. A key that must sign has no other way to ask. The answer is made of what the
/// client tells, so that it is the same whether there is such a key or not.
pub(super) fn asks_why_it_differs(wish: &Wish, credentials: &Credentials) -> bool {
    let Credentials {
        presented,
        slot,
        signature,
        vouched,
        beside,
        person,
    } = credentials;
    matches!(wish, Wish::Asked(Asked::Local(Local::ExplainSignature(_))))
        && matches!(presented, Presented::Nothing)
        && matches!(signature, Some(Signature::Standard(_)))
        && slot.is_none()
        && vouched.is_none()
        && beside.is_none()
        && person.is_none()
}
