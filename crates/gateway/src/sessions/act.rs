//! What is done with sessions: one is opened, or ended. It is done when it was written down,
//! as a call is.

use std::sync::Arc;

use portcullis_erp::dialect::local;
use portcullis_erp::{Dialect, Map, Reply, Value};
use portcullis_identity::{SessionDigest, Style, Timestamp};
use portcullis_storage::StoreError;

use super::{Comer, From, Secure, Sessions, cookie};
use crate::clock;
use crate::denial::Why;
use crate::keyring::Holder;
use crate::upstream::{Asker, ErpUser, Upstream};

/// What is done.
pub(crate) enum Act {
    /// A session is opened.
    Open(Opening),
    /// A session is ended, and the ERP's own with it; none where somebody logs out who was not
    /// logged in.
    End(Option<Ending>),
    /// All sessions of a caller are ended.
    EndAll(Arc<Holder>, Arc<Upstream>),
}

/// The session that is ended.
pub(crate) struct Ending {
    pub(crate) digest: SessionDigest,
    /// The person whose it is, with the ERP's own.
    pub(crate) person: Option<(Arc<Upstream>, Arc<ErpUser>)>,
}

/// For whom a session is opened.
pub(crate) struct Opening {
    pub(crate) comer: Comer,
    /// In which way the credential was shown.
    pub(crate) style: Option<Style>,
    pub(crate) from: From,
    pub(crate) holder: Arc<Holder>,
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
    asker: &Asker<'_>,
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
            let how = (opening.style, opening.from);
            let opened = sessions.open_for(&opening.comer, how, now);
            let (token, digest) = opened.await.map_err(|error| {
                tracing::error!(%error, "a session could not be opened");
                Why::Blind
            })?;
            let who = &opening.who;
            let lasts = sessions.lasting.absolute;
            let csrf = sessions.csrf(&digest).text();
            let in_answer = matches!(reply.dialect, Dialect::OdooCall | Dialect::Rest);
            Ok(Acted {
                value: if reply.dialect == Dialect::OdooCall {
                    info(reply, who, Some(csrf.clone()))
                } else if in_answer {
                    local::told_token(&who.login, &csrf)
                } else {
                    local::logged_in(reply.dialect, &who.login)
                },
                csrf: (!in_answer).then_some(csrf),
                cookies: token.expose(|token| {
                    cookie::opened(reply.dialect, token, &who.login, lasts, secure)
                }),
            })
        }
        Act::End(own) => {
            if let Some(Ending { digest, person }) = own {
                sessions.end(&digest).await.map_err(unended)?;
                if let Some((upstream, user)) = person {
                    upstream.log_out(asker, &user).await;
                }
            }
            Ok(ended(reply, secure))
        }
        Act::EndAll(holder, upstream) => {
            match (holder.user.as_deref(), holder.principal.key()) {
                (Some(user), _) => {
                    let all = sessions.end_of(upstream.name(), user.login(), now);
                    for user in all.await.map_err(unended)? {
                        upstream.log_out(asker, &user).await;
                    }
                    // Other processes learn from the store who came there by Basic before this.
                    let entered = upstream.people().map(|people| &people.entered);
                    let guests =
                        entered.map(|entered| entered.end(user.login(), now, clock::now()));
                    for user in guests.unwrap_or_default() {
                        upstream.log_out(asker, &user).await;
                    }
                    // This process knows its own session by another copy.
                    if let Some(own) = user.session() {
                        own.end();
                    }
                }
                (None, Some(key)) => sessions.end_of_key(*key, now).await.map_err(unended)?,
                (None, None) => {}
            }
            Ok(ended(reply, secure))
        }
    }
}

fn unended(error: StoreError) -> Why {
    tracing::error!(%error, "a session could not be ended");
    Why::Blind
}

fn ended(reply: &Reply, secure: bool) -> Acted {
    Acted {
        value: if reply.dialect == Dialect::OdooCall {
            Value::Null
        } else if reply.dialect == Dialect::Rest {
            Value::Map(Map::new())
        } else {
            local::logged_out(reply.dialect)
        },
        cookies: cookie::ended(reply.dialect, secure),
        csrf: None,
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
