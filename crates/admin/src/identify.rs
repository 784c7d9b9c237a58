//! Who asks: each kind of credential has one that knows it.

use std::net::IpAddr;
use std::pin::Pin;

use http::HeaderMap;
use portcullis_identity::{Administrator, Timestamp, Unmet};
use portcullis_storage::StoreError;

/// What a request shows of who sends it.
#[derive(Clone, Copy)]
pub struct Shown<'a> {
    /// The method. A browser sends a cookie along whoever made the page that asks; what changes
    /// something needs more than a cookie.
    pub verb: &'a str,
    /// The headers.
    pub headers: &'a HeaderMap,
    /// From where it came.
    pub address: IpAddr,
    /// Whether others may have read it on its way: then nothing that it shows is good, and what
    /// it shows is marked, or ends.
    pub is_clear: bool,
    /// When.
    pub now: Timestamp,
}

/// What is known of who sends a request.
#[derive(Debug)]
pub enum Recognised {
    /// It shows no credential of this kind; another kind may be tried.
    NotShown,
    /// It shows one that is good.
    Known(Administrator),
    /// It shows one that is not; whose it is, if it is somebody's, and which condition is not
    /// met, for the record. The caller is told neither, and no other kind is tried.
    Refused(Option<(Administrator, Unmet)>),
}

/// A look at what is shown.
pub type Look<'a> = Pin<Box<dyn Future<Output = Result<Recognised, StoreError>> + Send + 'a>>;

/// Knows administrators by one kind of credential.
pub trait Recognise: Send + Sync {
    /// Whose credential a request shows.
    fn look<'a>(&'a self, shown: Shown<'a>) -> Look<'a>;
}

/// Who sends a request: the first kind of credential that is shown decides.
///
/// # Errors
/// When the store does not answer: then nobody is known.
pub async fn caller(
    kinds: &[Box<dyn Recognise>],
    shown: Shown<'_>,
) -> Result<Recognised, StoreError> {
    for kind in kinds {
        match kind.look(shown).await? {
            Recognised::NotShown => {}
            found @ (Recognised::Known(_) | Recognised::Refused(_)) => return Ok(found),
        }
    }
    Ok(Recognised::NotShown)
}
