//! What the gateway answers by itself. Nothing of it says more than the caller may know.

use portcullis_erp::dialect::local;
use portcullis_erp::{Dialect, Local, Model, Value};

use super::explain;
use super::session::Inquiry;
use crate::denial::Why;
use crate::upstream::Upstream;

/// The version that is told of an Odoo that has not told its own yet.
const USUAL: &str = "19.0";

/// Answers what needs no ERP.
///
/// # Errors
/// When it is for known callers only, or for nobody.
pub(super) fn answer(local: &Local, inquiry: &Inquiry<'_>) -> Result<Value, Why> {
    let holder = inquiry.holder;
    let upstream = inquiry.upstream.map(AsRef::as_ref);
    let version = version(upstream);
    let database = upstream.map(|upstream| upstream.database().as_str());
    Ok(match local {
        Local::Version => local::version(inquiry.reply, version),
        Local::About => local::about(),
        Local::AboutVersion => Value::List(vec![local::about(), Value::from(version)]),
        Local::ServerVersion => Value::from(version),
        Local::Databases if upstream.is_some_and(|upstream| !upstream.lists_its_database()) => {
            return Err(Why::Unidentified);
        }
        Local::Databases => Value::List(database.map(Value::from).into_iter().collect()),
        Local::DatabaseExists(asked) => Value::Bool(
            database.is_some() && asked.as_ref().map(|asked| asked.as_str()) == database,
        ),
        Local::Authenticate => {
            let holder = holder.ok_or(Why::LoginFailed)?;
            let user = upstream.and_then(|upstream| upstream.user_of(holder));
            Value::Int(user.and_then(|user| user.uid()).ok_or(Why::Unschooled)?)
        }
        Local::Documentation(model) => documentation(model, inquiry)?,
        Local::ExplainSignature(told) => explain::explain(told, inquiry),
        Local::Ping => local::pong(),
        Local::LoggedUser => Value::from(
            holder
                .ok_or(Why::Unidentified)?
                .principal
                .erp_login()
                .as_str(),
        ),
        Local::LogIn
        | Local::LogOut
        | Local::LogOutEverywhere
        | Local::Token
        | Local::SessionInfo
        | Local::SessionCheck => Value::Null,
        Local::Shut(_) => return Err(Why::Unidentified),
    })
}

/// The version that is told of an upstream.
pub(super) fn version(upstream: Option<&Upstream>) -> &str {
    upstream.and_then(Upstream::version).unwrap_or(USUAL)
}

/// The methods of a model that the caller may call, with their arguments. A model of which it
/// may call nothing is not there.
fn documentation(model: &Model, inquiry: &Inquiry<'_>) -> Result<Value, Why> {
    let (Some(holder), Some(upstream)) = (inquiry.holder, inquiry.upstream) else {
        return Err(Why::Unidentified);
    };
    // Whoever reads this goes on in JSON-2.
    let (principal, name) = (&holder.principal, upstream.name());
    let policy = &inquiry.snapshot.policy;
    let methods = policy.methods(
        principal,
        name,
        (Dialect::Json2, inquiry.origin.address),
        model,
    );
    if methods.is_empty() {
        return Err(Why::Absent);
    }
    let methods: Vec<&str> = methods.iter().map(String::as_str).collect();
    Ok(local::documentation(model, &methods))
}
