//! What is done with sessions: one is opened, or ended. It is done when it was written down,
//! as a call is.

use portcullis_erp::dialect::local;
use portcullis_erp::{Dialect, Map, Reply, Value};
use portcullis_identity::{KeyId, SessionDigest, Timestamp};

use super::{Secure, Sessions, cookie};
use crate::denial::Why;

/// What is done.
pub(crate) enum Act {
    /// A session is opened.
    Open(Opening),
    /// A session is ended; none where somebody logs out who was not logged in.
    End(Option<SessionDigest>),
}

/// For whom a session is opened.
pub(crate) struct Opening {
    pub(crate) key: KeyId,
    pub(crate) who: Who,
}

/// What a caller is told of itself.
pub(crate) struct Who {
    pub(crate) login: String,
    /// Odoo's number of the user.
    pub(crate) uid: i64,
    pub(crate) database: String,
    pub(crate) version: String,
    /// Language and time zone.
    pub(crate) context: Map,
}

/// The answer to what was done.
pub(crate) struct Acted {
    pub(crate) value: Value,
    /// The cookies to be set.
    pub(crate) cookies: Vec<String>,
    /// The token against forged requests, where a header tells it.
    pub(crate) csrf: Option<String>,
}

/// Does it. `plain` says that the client's connection is known to be unencrypted and local.
///
/// # Errors
/// When the store does not answer.
pub(crate) async fn perform(
    sessions: &Sessions,
    act: Act,
    reply: &Reply,
    plain: bool,
    now: Timestamp,
) -> Result<Acted, Why> {
    let secure = match sessions.lasting.secure {
        Secure::Always => true,
        Secure::Auto => !plain,
        Secure::Never => false,
    };
    match act {
        Act::Open(opening) => {
            let (token, digest) = sessions.open(opening.key, now).await.map_err(|error| {
                tracing::error!(%error, "a session could not be opened");
                Why::Blind
            })?;
            let who = &opening.who;
            let lasts = sessions.lasting.absolute;
            let csrf = sessions.csrf(&digest).text();
            let is_odoo = reply.dialect == Dialect::OdooCall;
            Ok(Acted {
                value: if is_odoo {
                    info(reply, who, Some(csrf.clone()))
                } else {
                    local::logged_in(reply.dialect, &who.login)
                },
                csrf: (!is_odoo).then_some(csrf),
                cookies: token.expose(|token| {
                    cookie::opened(reply.dialect, token, &who.login, lasts, secure)
                }),
            })
        }
        Act::End(digest) => {
            if let Some(digest) = digest {
                sessions.end(&digest).await.map_err(|error| {
                    tracing::error!(%error, "a session could not be ended");
                    Why::Blind
                })?;
            }
            Ok(Acted {
                value: if reply.dialect == Dialect::OdooCall {
                    Value::Null
                } else {
                    local::logged_out(reply.dialect)
                },
                cookies: cookie::ended(reply.dialect, secure),
                csrf: None,
            })
        }
    }
}

/// What Odoo's clients are told of a session.
pub(crate) fn info(reply: &Reply, who: &Who, csrf: Option<String>) -> Value {
    local::session_info(
        reply,
        &local::Session {
            uid: who.uid,
            login: &who.login,
            database: &who.database,
            version: &who.version,
            context: &who.context,
            csrf,
        },
    )
}
