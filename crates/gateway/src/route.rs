//! The second room: which dialect a path belongs to.
//!
//! Routes are one table, matched exactly; a path that is in no line is not served, and no line
//! falls through to another.

mod table;

use std::borrow::Cow;
use std::sync::Arc;

use http::Method;
use portcullis_erp::{Dialect, Reply};
use portcullis_identity::UpstreamName;

pub use table::{Route, TABLE, line};

use crate::controller::{Controller, Found, Parameters};
use crate::denial::{Denial, Why};
use crate::listener::{Path, Received};
use crate::snapshot::Routes;
use table::among;

/// A request whose dialect is known.
pub struct Routed {
    pub(crate) received: Received,
    pub(crate) dialect: Dialect,
    /// The segments for the dialect's reader.
    pub(crate) segments: Vec<String>,
    /// The upstream that the host name or the path named, if one did.
    pub(crate) upstream: Option<UpstreamName>,
    /// The route to a custom controller, if the path is one.
    pub(crate) visited: Option<Visited>,
    /// What stood in the path before the route's own: `/u/{upstream}`, or nothing.
    pub(crate) base: String,
}

/// Whether a path is one of the façade's: what is wrong with a request there is always told as
/// a problem, also before it is known what is asked.
pub(crate) fn is_of_facade(path: &str) -> bool {
    let own = match path.strip_prefix("/u/") {
        Some(rest) => rest.split_once('/').map_or("", |(_, own)| own),
        None => path.strip_prefix('/').unwrap_or_default(),
    };
    let below = own.strip_prefix("api/v1/").unwrap_or_default();
    let first = below.split('/').next().unwrap_or_default();
    !matches!(first, "" | "resource" | "method")
}

/// A route to a custom controller that was found.
pub(crate) struct Visited {
    pub(crate) controller: Arc<Controller>,
    pub(crate) parameters: Parameters,
}

/// Finds the dialect of a request.
///
/// # Errors
/// When nothing is served at its path, or not by its verb.
pub fn find(routes: &Routes, received: Received) -> Result<Routed, Denial> {
    if !routes.serves(received.origin.address) {
        return Err(Denial::nowhere(Why::NotFromHere));
    }
    let of_batch = received.batch.is_some();
    let routed = anywhere(routes, received)?;
    // A batch is the façade's, and so is what is in it.
    let about_session = ["login", "logout", "csrf"];
    let own = routed.segments.get(2).is_some_and(|own| own == "-");
    let of_session = own
        && routed
            .segments
            .last()
            .is_some_and(|last| about_session.contains(&last.as_str()));
    if of_batch && (routed.dialect != Dialect::Rest || of_session) {
        return Err(Denial::nowhere(Why::NotServed));
    }
    Ok(routed)
}

fn anywhere(routes: &Routes, received: Received) -> Result<Routed, Denial> {
    let mut received = received;
    let host = received
        .head
        .headers
        .get(http::header::HOST)
        .and_then(|host| host.to_str().ok());
    let by_host = host.and_then(|host| routes.by_host(host));
    let (path, by_path) = named_upstream(routes, received.path)?;
    received.path = path;
    if let (Some(host), Some(path)) = (&by_host, &by_path)
        && host != path
    {
        return Err(Denial::nowhere(Why::NotServed));
    }
    let base = by_path.as_ref();
    let base = base.map_or_else(String::new, |name| format!("/u/{name}"));
    let upstream = by_path.or(by_host);
    if let Some(visited) = visited(routes, &received, upstream.as_ref())? {
        return Ok(Routed {
            received,
            dialect: Dialect::Custom,
            segments: Vec::new(),
            upstream: Some(visited.controller.upstream.clone()),
            visited: Some(visited),
            base,
        });
    }
    let frappe = routes.may_mean_frappe(upstream.as_ref());
    let served = |route: &Route| frappe || !route.frappe_only;
    let Some(route) = among(&received.path, served) else {
        return Err(Denial::nowhere(Why::NotServed));
    };
    if !route.by_caller
        && (!route.verbs.contains(&received.head.method.as_str())
            || received.head.method == Method::OPTIONS)
    {
        return Err(Denial::to(
            Reply::plain(route.dialect),
            Why::Verb(Cow::Borrowed(route.verbs)),
        ));
    }
    let segments = route.rest_of(&received.path).to_vec();
    Ok(Routed {
        received,
        dialect: route.dialect,
        segments,
        upstream,
        visited: None,
        base,
    })
}

/// Finds the route to a custom controller. None lies where a dialect's path does, so it makes
/// no difference which is looked for first.
fn visited(
    routes: &Routes,
    received: &Received,
    upstream: Option<&UpstreamName>,
) -> Result<Option<Visited>, Denial> {
    let verb = received.head.method.as_str();
    match Controller::find(routes.controllers(), &received.path, verb, upstream) {
        // A route that is not for this address looks like none.
        Found::Here((controller, _)) if !controller.networks.have(received.origin.address) => {
            Err(Denial::nowhere(Why::NotServed))
        }
        Found::Here((controller, parameters)) => Ok(Some(Visited {
            controller: Arc::clone(controller),
            parameters,
        })),
        Found::Verbs(verbs) => Err(Denial::to(
            Reply::plain(Dialect::Custom),
            Why::Verb(Cow::Owned(verbs)),
        )),
        Found::Nothing => Ok(None),
    }
}

/// `/u/{upstream}/…` names the upstream; what follows is an ordinary path.
fn named_upstream(routes: &Routes, path: Path) -> Result<(Path, Option<UpstreamName>), Denial> {
    let [first, name, ..] = path.segments() else {
        return Ok((path, None));
    };
    if first != "u" {
        return Ok((path, None));
    }
    let Some(name) = routes.by_name(name) else {
        return Err(Denial::nowhere(Why::NotServed));
    };
    Ok((path.without_first(2), Some(name)))
}
