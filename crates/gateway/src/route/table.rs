//! The table of the paths that lead to an ERP.

use portcullis_erp::Dialect;
use portcullis_erp::dialect::rest;

use crate::listener::Path;

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
    /// Whether it depends on the caller which verbs are taken: who may not use any other is not
    /// told of it. A verb that is not among these is then refused once the caller is known.
    pub by_caller: bool,
    /// Whether the line is for a Frappe only: before an Odoo, the façade has the path.
    pub(super) frappe_only: bool,
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
    own(&["api", "v1", "-", "batch"], POST),
    own(&["api", "v1", "-", "explain-signature"], POST),
    own(&["api", "v1", "-", "login"], POST),
    own(&["api", "v1", "-", "logout"], POST),
    own(&["api", "v1", "-", "csrf"], GET),
    Route {
        prefix: &["api", "v1", "openapi.json"],
        name_at: None,
        by_caller: false,
        ..facade(0, GET)
    },
    facade(1, rest::LIST),
    facade(2, rest::BELOW),
    facade(3, rest::METHOD),
    Route {
        prefix: &["api", "v2"],
        rest: (1, NAME),
        verbs: &["GET", "POST", "PUT", "PATCH", "DELETE"],
        dialect: Dialect::FrappeV2,
        whole: false,
        name_at: Some(2),
        trailing: true,
        by_caller: false,
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
        by_caller: false,
        frappe_only: false,
    },
];

const GET: &[&str] = &["GET"];
const POST: &[&str] = &["POST"];
const GET_POST: &[&str] = &["GET", "POST"];
const REST: &[&str] = &["GET", "POST", "PUT", "DELETE"];
/// Documents are asked for by HEAD as well, as by GET without the body.
const DOCUMENTS: &[&str] = &["GET", "HEAD", "POST", "PUT", "DELETE"];
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
        by_caller: false,
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
        by_caller: false,
        frappe_only: false,
    }
}

const fn resource(prefix: &'static [&'static str]) -> Route {
    Route {
        prefix,
        rest: (1, NAME),
        verbs: DOCUMENTS,
        dialect: Dialect::FrappeResource,
        whole: false,
        name_at: Some(1),
        trailing: true,
        by_caller: false,
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
        by_caller: false,
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
        by_caller: false,
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
        by_caller: true,
        frappe_only: false,
    }
}

/// A path of the façade's own, which is no resource.
const fn own(prefix: &'static [&'static str], verbs: &'static [&'static str]) -> Route {
    Route {
        prefix,
        whole: true,
        name_at: None,
        by_caller: false,
        ..facade(0, verbs)
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

/// The line of the table that serves a path, by whatever verb.
pub fn line(path: &Path) -> Option<&'static Route> {
    among(path, |_| true)
}

/// The first line that serves a path, among those that are served here.
pub(super) fn among(path: &Path, served: impl Fn(&Route) -> bool) -> Option<&'static Route> {
    TABLE
        .iter()
        .find(|route| served(route) && route.matches(path.segments()))
        .filter(|route| route.allows(path))
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
