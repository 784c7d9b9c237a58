//! People who administer the gateway are known by the session of a log-in.

use std::sync::Arc;

use http::Method;
use portcullis_administrators::{Desk, Refused, wire};

use crate::identify::{Look, Recognise, Recognised, Shown};

/// Knows people by the cookie of a session, or by `Authorization: Bearer pcl_…`. The store is
/// asked at each request: what was ended a moment ago opens nothing.
pub struct LogIns(Arc<Desk>);

impl LogIns {
    /// Knows those who log in at this desk.
    pub fn new(desk: Arc<Desk>) -> Self {
        Self(desk)
    }
}

impl Recognise for LogIns {
    fn look<'a>(&'a self, shown: Shown<'a>) -> Look<'a> {
        Box::pin(async move {
            if !wire::is_shown(shown.headers) {
                return Ok(Recognised::NotShown);
            }
            let method = Method::from_bytes(shown.verb.as_bytes()).unwrap_or(Method::POST);
            let request = wire::Request {
                method: &method,
                headers: shown.headers,
                body: &[],
                from: shown.address,
            };
            let known = wire::known(&self.0, request, shown.now).await;
            match known.and_then(|known| known.administrator()) {
                Ok(who) => Ok(Recognised::Known(who)),
                Err(Refused::Store(error)) => Err(error),
                Err(_) => Ok(Recognised::Refused(None)),
            }
        })
    }
}
