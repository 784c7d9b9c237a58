//! What the gateway answers by itself. Nothing of it says more than the caller may know.

use portcullis_erp::dialect::local;
use portcullis_erp::{Local, Reply, Value};

use crate::denial::Why;
use crate::keyring::Holder;
use crate::upstream::Upstream;

/// The version that is told of an Odoo that has not told its own yet.
const USUAL: &str = "19.0";

/// Answers what needs no ERP.
///
/// # Errors
/// When it is for known callers only, or for nobody.
pub(super) fn answer(
    local: &Local,
    holder: Option<&Holder>,
    upstream: Option<&Upstream>,
    reply: &Reply,
) -> Result<Value, Why> {
    let version = upstream.and_then(Upstream::version).unwrap_or(USUAL);
    let database = upstream.map(|upstream| upstream.database().as_str());
    Ok(match local {
        Local::Version => local::version(reply, version),
        Local::About => local::about(),
        Local::ServerVersion => Value::from(version),
        Local::Databases => Value::List(database.map(Value::from).into_iter().collect()),
        Local::DatabaseExists(asked) => Value::Bool(
            database.is_some() && asked.as_ref().map(|asked| asked.as_str()) == database,
        ),
        Local::Authenticate => {
            let holder = holder.ok_or(Why::LoginFailed)?;
            let user = upstream.and_then(|upstream| upstream.user(holder.principal.erp_login()));
            Value::Int(user.and_then(|user| user.uid()).ok_or(Why::Unschooled)?)
        }
        Local::Ping => local::pong(),
        Local::LoggedUser => Value::from(
            holder
                .ok_or(Why::Unidentified)?
                .principal
                .erp_login()
                .as_str(),
        ),
        Local::Shut(_) => return Err(Why::Unidentified),
    })
}
