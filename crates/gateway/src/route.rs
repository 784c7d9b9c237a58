//! The second room: which dialect a path belongs to.
//!
//! Routes are one table, matched exactly; a path that is in no line is not served, and no line
//! falls through to another.

use std::borrow::Cow;
use std::sync::Arc;

use http::Method;
use portcullis_erp::{Dialect, Reply};
use portcullis_identity::UpstreamName;

use crate::controller::{Controller, Found, Parameters};
use crate::denial::{Denial, Why};
use crate::listener::{Path, Received};
use crate::snapshot::Routes;

/// One line of the table.
#[derive(Debug)]
pub struct Route {
    /// The path's first segments, literally.
    pub prefix: &'static [&'static str],
    /// How many segments follow, at least and at most.
    pub rest: (usize, usize),
    /// The verbs that are served.
    pub verbs: &'static [&'static str],
    /// The dialect that is spoken there.
    pub dialect: Dialect,
    /// Whether the reader sees the whole path instead of what follows the prefix.
    whole: bool,
    /// Which segment behind the prefix is a document's name and may hold a `/`.
    name_at: Option<usize>,
    /// Whether one `/` at the end is overlooked, as clients of that ERP send it.
    trailing: bool,
    /// Whether the line is for a Frappe only: before an Odoo, the façade has the path.
    frappe_only: bool,
}

const GET: &[&str] = &["GET"];
const POST: &[&str] = &["POST"];
const GET_POST: &[&str] = &["GET", "POST"];
const REST: &[&str] = &["GET", "POST", "PUT", "DELETE"];
const RECORD: &[&str] = &["GET", "POST", "PATCH", "PUT", "DELETE"];
/// The most segments behind a prefix that ends in a document's name: clients send a `/` in it
/// as it is.
const NAME: usize = 8;

const fn rpc(prefix: &'static [&'static str], rest: usize, dialect: Dialect) -> Route {
    Route {
        prefix,
        rest: (rest, rest),
        verbs: POST,
        dialect,
        whole: false,
        name_at: None,
        trailing: false,
        frappe_only: false,
    }
}

const fn page(prefix: &'static [&'static str]) -> Route {
    Route {
        prefix,
        rest: (0, 0),
        verbs: GET_POST,
        dialect: Dialect::OdooWeb,
        whole: true,
        name_at: None,
        trailing: false,
        frappe_only: false,
    }
}

const fn resource(prefix: &'static [&'static str]) -> Route {
    Route {
        prefix,
        rest: (1, NAME),
        verbs: REST,
        dialect: Dialect::FrappeResource,
        whole: false,
        name_at: Some(1),
        trailing: true,
        frappe_only: false,
    }
}

/// Where Frappe hands out files.
const fn file(prefix: &'static [&'static str]) -> Route {
    Route {
        prefix,
        rest: (1, 1),
        verbs: &["GET"],
        dialect: Dialect::FrappeFile,
        whole: true,
        name_at: None,
        trailing: false,
        frappe_only: false,
    }
}

const fn method(prefix: &'static [&'static str]) -> Route {
    Route {
        prefix,
        rest: (1, 1),
        verbs: REST,
        dialect: Dialect::FrappeMethod,
        whole: false,
        name_at: None,
        trailing: true,
        frappe_only: false,
    }
}

/// A line of the façade: so many segments behind `/api/v1`.
const fn facade(rest: usize, verbs: &'static [&'static str]) -> Route {
    Route {
        prefix: &["api", "v1"],
        rest: (rest, rest),
        verbs,
        dialect: Dialect::Rest,
        whole: false,
        name_at: Some(1),
        trailing: false,
        frappe_only: false,
    }
}

/// The same line, but before a Frappe only.
const fn of_frappe(route: Route) -> Route {
    Route {
        frappe_only: true,
        ..route
    }
}

const fn session(prefix: &'static [&'static str]) -> Route {
    Route {
        verbs: POST,
        dialect: Dialect::OdooCall,
        ..page(prefix)
    }
}

const fn dataset(prefix: &'static [&'static str]) -> Route {
    Route {
        rest: (0, 2),
        ..session(prefix)
    }
}

/// Every path that leads to an ERP. A stranger tries each of them in the tests.
pub const TABLE: &[Route] = &[
    rpc(&["xmlrpc", "2"], 1, Dialect::XmlRpc2),
    rpc(&["xmlrpc"], 1, Dialect::XmlRpc1),
    rpc(&["jsonrpc"], 0, Dialect::JsonRpc),
    rpc(&["json", "2"], 2, Dialect::Json2),
    page(&["web", "webclient", "version_info"]),
    page(&["web", "version"]),
    page(&["json", "version"]),
    page(&["web", "database", "list"]),
    Route {
        rest: (1, 1),
        verbs: GET,
        ..page(&["doc-bearer"])
    },
    session(&["web", "session", "authenticate"]),
    session(&["web", "session", "get_session_info"]),
    session(&["web", "session", "check"]),
    session(&["web", "session", "destroy"]),
    dataset(&["web", "dataset", "call_kw"]),
    dataset(&["web", "dataset", "call_button"]),
    resource(&["api", "resource"]),
    of_frappe(resource(&["api", "v1", "resource"])),
    method(&["api", "method"]),
    of_frappe(method(&["api", "v1", "method"])),
    Route {
        prefix: &["api", "v1", "-", "batch"],
        whole: true,
        name_at: None,
        ..facade(0, POST)
    },
    Route {
        prefix: &["api", "v1", "openapi.json"],
        name_at: None,
        ..facade(0, GET)
    },
    facade(1, GET_POST),
    facade(2, RECORD),
    facade(3, POST),
    Route {
        prefix: &["api", "v2"],
        rest: (1, NAME),
        verbs: &["GET", "POST", "PUT", "PATCH", "DELETE"],
        dialect: Dialect::FrappeV2,
        whole: false,
        name_at: Some(2),
        trailing: true,
        frappe_only: false,
    },
    file(&["files"]),
    file(&["private", "files"]),
    // The root is Frappe's for requests with `cmd`.
    Route {
        prefix: &[],
        rest: (0, 0),
        verbs: GET_POST,
        dialect: Dialect::FrappeMethod,
        whole: false,
        name_at: None,
        trailing: true,
        frappe_only: false,
    },
];

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
        return Err(Denial::plain(Why::NotServed));
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
        return Err(Denial::plain(Why::NotServed));
    };
    if !route.verbs.contains(&received.head.method.as_str())
        || received.head.method == Method::OPTIONS
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

/// The line of the table that serves a path, by whatever verb.
pub fn line(path: &Path) -> Option<&'static Route> {
    among(path, |_| true)
}

fn among(path: &Path, served: impl Fn(&Route) -> bool) -> Option<&'static Route> {
    TABLE
        .iter()
        .find(|route| served(route) && route.matches(path.segments()))
        .filter(|route| route.allows(path))
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
        return Err(Denial::plain(Why::NotServed));
    };
    Ok((path.without_first(2), Some(name)))
}

impl Route {
    /// The segments for the dialect's reader.
    pub fn rest_of<'a>(&self, path: &'a Path) -> &'a [String] {
        let skip = if self.whole { 0 } else { self.prefix.len() };
        path.segments().get(skip..).unwrap_or_default()
    }

    fn matches(&self, segments: &[String]) -> bool {
        let Some(rest) = segments.len().checked_sub(self.prefix.len()) else {
            return false;
        };
        rest >= self.rest.0
            && rest <= self.rest.1
            && self
                .prefix
                .iter()
                .zip(segments)
                .all(|(want, have)| want == have)
    }

    /// A `/` within a segment is allowed in a document's name and nowhere else.
    fn allows(&self, path: &Path) -> bool {
        if path.has_trailing_slash() && !self.trailing {
            return false;
        }
        let name = self.name_at.map(|at| at.saturating_add(self.prefix.len()));
        path.segments()
            .iter()
            .enumerate()
            .all(|(at, segment)| !segment.contains('/') || Some(at) == name)
    }
}
