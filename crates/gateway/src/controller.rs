//! A custom controller of an ERP, as a `[[route]]` of the configuration opens it.
//!
//! A route says everything: the path here and at the ERP, who may come, what is taken, what is
//! given, and which credential is added. It is checked as a whole when the configuration is
//! read (`config::route`), and lives in the snapshot.

mod pattern;
mod schema;
mod takes;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use http::header::CONTENT_SECURITY_POLICY;
use http::{HeaderMap, HeaderName, HeaderValue};
use portcullis_erp::Verb;
use portcullis_erp::visit::PageTerms;
use portcullis_identity::{ErpLogin, Networks, PrincipalName, RouteName, UpstreamName};
use portcullis_policy::Door;

pub(crate) use pattern::{Parameters, Pattern, bounded};
pub(crate) use schema::Schema;
pub(crate) use takes::Takes;

use crate::listener::Path;
use crate::throttle::Throttle;

/// One route to a custom controller.
#[derive(Debug)]
pub struct Controller {
    pub(crate) name: RouteName,
    pub(crate) upstream: UpstreamName,
    /// The path here.
    pub(crate) path: Pattern,
    /// The path at the ERP, with the same parameters.
    pub(crate) to: Pattern,
    pub(crate) verbs: BTreeSet<Verb>,
    pub(crate) comers: Comers,
    /// From where they may come.
    pub(crate) networks: Networks,
    /// Whether a page may have made a request that changes something only if it shows the
    /// token of its session.
    pub(crate) csrf: bool,
    /// The cookie in which a session may be shown here: the one that clients of this ERP know.
    pub(crate) cookie: Option<&'static str>,
    pub(crate) takes: Takes,
    pub(crate) gives: Gives,
    pub(crate) credential: Option<Credential>,
}

/// Who may come, before any rule of a role is asked.
#[derive(Debug)]
pub(crate) enum Comers {
    /// Everybody; those who do not say who they are, at this rate for an address.
    Everybody(Throttle),
    /// Whoever a rule lets through.
    Known,
    /// Whoever a rule lets through, if the name is one of these.
    Callers(BTreeSet<PrincipalName>),
}

/// What is given.
#[derive(Debug)]
pub(crate) struct Gives {
    pub(crate) terms: PageTerms,
    /// The headers of the ERP that are handed on.
    pub(crate) headers: Vec<HeaderName>,
    /// The largest answer, in bytes.
    pub(crate) bytes: usize,
    /// How long an answer may take, if not as long as others of this ERP.
    pub(crate) patience: Option<Duration>,
    /// What is said of the route's own end: `Deprecation`, `Sunset`, `Link`.
    pub(crate) notice: Vec<(HeaderName, HeaderValue)>,
    /// What an answer may do in a browser: `Content-Security-Policy`.
    pub(crate) shown: HeaderValue,
}

impl Gives {
    /// The headers of an answer that are handed on, each once, and what is said of the route
    /// and of what an answer may do.
    pub(crate) fn handed_on(&self, headers: &HeaderMap) -> HeaderMap {
        let listed = self.headers.iter().filter_map(|name| {
            let value = headers.get(name)?;
            Some((name.clone(), value.clone()))
        });
        let own = (CONTENT_SECURITY_POLICY, self.shown.clone());
        listed
            .chain(self.notice.iter().cloned())
            .chain([own])
            .collect()
    }
}

/// The credential that is added for the ERP.
#[derive(Debug)]
pub(crate) enum Credential {
    /// It stands in a header.
    Shown {
        /// How.
        how: How,
        /// Whose it is.
        whose: Whose,
    },
    /// A session of an ERP user, in the ERP's own cookie: of this one, or, with none, of the
    /// one as whom the caller's calls run.
    Session(Option<ErpLogin>),
}

/// How a credential is shown to the ERP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum How {
    /// In a header of this name, as OCA's `auth_api_key` has `API-KEY`.
    Header(HeaderName),
    /// `Authorization: Bearer …`
    Bearer,
    /// `Authorization: Basic …`
    Basic,
    /// `Authorization: token KEY:SECRET`, as Frappe has it.
    Token,
}

/// Whose credential it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Whose {
    /// That of the ERP user as whom the caller's calls run.
    Caller,
    /// That of this ERP user, whoever calls.
    User(ErpLogin),
    /// What lies in this file.
    File(PathBuf),
}

/// A request that a route was found for.
pub(crate) enum Found<T> {
    /// It leads here.
    Here(T),
    /// The path is served, by these verbs.
    Verbs(Vec<&'static str>),
    /// Nothing is served there.
    Nothing,
}

impl Controller {
    /// Whether it lets whoever has this name in, and not everybody.
    pub fn lets_in(&self, name: &PrincipalName) -> bool {
        matches!(&self.comers, Comers::Callers(names) if names.contains(name))
    }

    /// What it is called.
    pub fn name(&self) -> &RouteName {
        &self.name
    }

    /// Which ERP it belongs to.
    pub fn upstream(&self) -> &UpstreamName {
        &self.upstream
    }

    /// The file of the credential that is added, if it lies in one.
    pub fn secret_file(&self) -> Option<&std::path::Path> {
        match self.credential.as_ref()? {
            Credential::Shown {
                whose: Whose::File(path),
                ..
            } => Some(path),
            Credential::Shown { .. } | Credential::Session(_) => None,
        }
    }

    /// Verbs, path, destination and who may come, on one line.
    pub fn summary(&self) -> String {
        let verbs: Vec<&str> = self.verbs.iter().map(|verb| verb.as_str()).collect();
        let comers = match &self.comers {
            Comers::Everybody(_) => "everybody",
            Comers::Known => "by rule",
            Comers::Callers(_) => "by rule and name",
        };
        let credential = match &self.credential {
            None => "no credential".to_owned(),
            Some(Credential::Session(_)) => "session".to_owned(),
            Some(Credential::Shown { how, .. }) => match how {
                How::Header(name) => format!("credential in {name}"),
                How::Bearer => "bearer credential".to_owned(),
                How::Basic => "basic credential".to_owned(),
                How::Token => "token credential".to_owned(),
            },
        };
        format!(
            "{} {} -> {} {} ({comers}; {credential})",
            verbs.join(","),
            self.path,
            self.upstream,
            self.to
        )
    }

    /// Whether those may come who do not say who they are.
    pub(crate) fn is_open(&self) -> bool {
        matches!(self.comers, Comers::Everybody(_))
    }

    /// Whether a request by this verb must show the token of its session, if it has one.
    pub(crate) fn wants_token(&self, verb: Verb) -> bool {
        self.csrf && verb != Verb::Get
    }

    /// Who may come, for the policy.
    pub(crate) fn door(&self) -> Door<'_> {
        match &self.comers {
            Comers::Everybody(_) => Door::Open,
            Comers::Known => Door::Guarded,
            Comers::Callers(names) => Door::Callers(names),
        }
    }

    /// Whether both would answer some request.
    pub(crate) fn overlaps(&self, other: &Self) -> bool {
        !self.verbs.is_disjoint(&other.verbs) && self.path.overlaps(&other.path)
    }

    /// Finds the route of a request among these.
    pub(crate) fn find<'a>(
        all: &'a [std::sync::Arc<Self>],
        path: &Path,
        verb: &str,
        upstream: Option<&UpstreamName>,
    ) -> Found<(&'a std::sync::Arc<Self>, Parameters)> {
        let mut verbs = BTreeSet::new();
        for controller in all {
            if upstream.is_some_and(|named| *named != controller.upstream) {
                continue;
            }
            let Some(parameters) = controller.path.read(path) else {
                continue;
            };
            if Verb::read(verb).is_some_and(|verb| controller.verbs.contains(&verb)) {
                return Found::Here((controller, parameters));
            }
            verbs.extend(controller.verbs.iter().map(|verb| verb.as_str()));
        }
        if verbs.is_empty() {
            Found::Nothing
        } else {
            Found::Verbs(verbs.into_iter().collect())
        }
    }
}
