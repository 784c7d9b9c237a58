//! People who administer the gateway are known by the session of a log-in.

use std::sync::Arc;

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
            let desk = &*self.0;
            let known = wire::known(desk, shown.headers, shown.address, shown.now);
            let own = async {
                let known = known.await?;
                if shown.is_clear {
                    desk.log_out(&known).await?;
                    return Err(Refused::NotLoggedIn);
                }
                wire::check_own(desk, &known, (shown.verb, shown.headers))?;
                known.administrator()
            };
            match own.await {
                Ok(who) => Ok(Recognised::Known(who)),
                Err(Refused::Store(error)) => Err(error),
                Err(_) => Ok(Recognised::Refused(None)),
            }
        })
    }
}
