//! Routes to custom controllers: what may be said of them, and what must.

mod credential;
mod header;
mod notice;
mod shown;
mod takes;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Duration;

use portcullis_erp::Verb;
use portcullis_erp::visit::PageTerms;
use portcullis_identity::{PrincipalName, RouteName, UpstreamName};
use portcullis_policy::Role;
use toml::Spanned;

use super::raw::{Envelope, RawRoute};
use super::{Checker, Problem, UpstreamConfig};
use crate::controller::{Comers, Controller, Gives, Pattern, bounded};
use crate::gcra::Rate;
use crate::sessions::cookie;
use crate::throttle::Throttle;

const JSON: &str = "application/json";

impl Checker<'_> {
    /// Checks all routes, each by itself and then against the others.
    pub(super) fn routes(
        &mut self,
        folder: &Path,
        raw: Vec<Spanned<RawRoute>>,
        upstreams: &[UpstreamConfig],
    ) -> Vec<Controller> {
        let mut routes: Vec<(Controller, usize)> = Vec::new();
        for raw in raw {
            let at = raw.span();
            let raw = raw.into_inner();
            let (name, path) = (raw.name.span(), raw.path.span());
            let Some(controller) = self.route(folder, raw, at, upstreams) else {
                continue;
            };
            let facade = upstreams
                .iter()
                .find(|one| one.name == controller.upstream)
                .and_then(|one| {
                    let names = one.rest.resources.iter().map(|(name, _)| name);
                    names.into_iter().find(|name| controller.path.hides(name))
                });
            if let Some(name) = facade {
                let message = format!("this overlaps the resource `{name}` of the façade");
                self.at(path.clone(), message);
            }
            for (other, line) in &routes {
                if other.name == controller.name {
                    let message = format!("a second route is called `{}`", other.name);
                    self.at(name.clone(), message);
                }
                if other.overlaps(&controller) {
                    let message = format!(
                        "this overlaps the route `{}` in line {line}: one request would fit both",
                        other.name
                    );
                    self.at(path.clone(), message);
                }
            }
            let line = self.text.get(..path.start).unwrap_or_default();
            let line = line.matches('\n').count().saturating_add(1);
            routes.push((controller, line));
        }
        routes
            .into_iter()
            .map(|(controller, _)| controller)
            .collect()
    }

    /// A rule that names a route which is not there opens nothing, and closes nothing either.
    pub(super) fn routes_of_roles(
        &mut self,
        roles: &[Role],
        files: &[PathBuf],
        routes: &[Controller],
    ) {
        // While a route is wrong itself, its name would be told as missing.
        if !self.problems.is_empty() {
            return;
        }
        for role in roles {
            let of_role = |file: &&PathBuf| {
                file.file_stem().and_then(|stem| stem.to_str()) == Some(role.name().as_str())
            };
            let Some(file) = files.iter().find(of_role) else {
                continue;
            };
            let rules = role.route_rules().iter();
            for name in rules.flat_map(|rule| rule.routes()) {
                if routes.iter().any(|route| route.name == *name) {
                    continue;
                }
                let text = std::fs::read_to_string(file).unwrap_or_default();
                let at = text.find(&format!("\"{name}\"")).unwrap_or_default();
                let message = format!("no `[[route]]` is called `{name}`");
                self.problems
                    .push(Problem::at_offset(file, &text, at, message));
            }
        }
    }

    fn route(
        &mut self,
        folder: &Path,
        raw: RawRoute,
        at: Range<usize>,
        upstreams: &[UpstreamConfig],
    ) -> Option<Controller> {
        let before = self.problems.len();
        let name = self.spanned(
            raw.name.clone(),
            "`name` is up to 64 of a-z, A-Z, 0-9, `-`, `_`, `.`",
            |text| RouteName::new(text).ok(),
        );
        let upstream = self.spanned(
            raw.upstream.clone(),
            "`upstream` names an `[upstream.NAME]` of this file",
            |text| UpstreamName::new(text).ok(),
        );
        // An upstream that is wrong itself is told there.
        let upstream_config = upstreams
            .iter()
            .find(|one| Some(&one.name) == upstream.as_ref());
        let named = format!("[upstream.{}]", raw.upstream.get_ref());
        if upstream.is_some() && upstream_config.is_none() && !self.text.contains(&named) {
            let message = "`upstream` names an `[upstream.NAME]` of this file".to_owned();
            self.at(raw.upstream.span(), message);
        }
        let mut expressions = BTreeMap::new();
        for (parameter, text) in &raw.parameters {
            match bounded(text.get_ref()) {
                Ok(expression) => {
                    expressions.insert(parameter.clone(), expression);
                }
                Err(message) => self.at(text.span(), message),
            }
        }
        let path = self.pattern(&raw.path, &expressions);
        let to = match &raw.to {
            Some(to) => self.pattern(to, &expressions),
            None => path.clone(),
        };
        if let (Some(path), Some(to)) = (&path, &to) {
            let (here, there) = (sorted(path), sorted(to));
            if here != there {
                let place = raw.to.as_ref().unwrap_or(&raw.path).span();
                self.at(place, "`to` has the same parameters as `path`".to_owned());
            }
            for (parameter, text) in &raw.parameters {
                if !here.contains(parameter.as_str()) {
                    let message = format!("the path has no parameter `{parameter}`");
                    self.at(text.span(), message);
                }
            }
        }
        let verbs = self.verbs(&raw, at.clone());
        let comers = self.comers(&raw);
        let takes = self.takes(folder, &raw, &verbs, at.clone());
        let gives = self.gives(&raw);
        let credential = match raw.credential {
            None => None,
            Some(credential) => self.credential(folder, credential, raw.anonymous, upstream_config),
        };
        if self.problems.len() > before {
            return None;
        }
        Some(Controller {
            name: name?,
            upstream: upstream?,
            path: path?,
            to: to?,
            verbs,
            comers,
            networks: self.networks(raw.networks),
            csrf: raw.csrf,
            cookie: upstream_config.and_then(|one| cookie::of(one.family)),
            takes: takes?,
            gives,
            credential,
        })
    }

    fn pattern(
        &mut self,
        text: &Spanned<String>,
        expressions: &BTreeMap<String, regex::Regex>,
    ) -> Option<Pattern> {
        Pattern::new(text.get_ref(), expressions)
            .map_err(|message| self.at(text.span(), message))
            .ok()
    }

    fn verbs(&mut self, raw: &RawRoute, at: Range<usize>) -> BTreeSet<Verb> {
        let mut verbs = BTreeSet::new();
        for text in &raw.verbs {
            match Verb::read(text.get_ref()) {
                Some(verb) => {
                    verbs.insert(verb);
                }
                None => self.at(
                    text.span(),
                    "a verb is GET, POST, PUT, PATCH or DELETE".to_owned(),
                ),
            }
        }
        if raw.verbs.is_empty() {
            self.at(at, "`verbs` names at least one verb".to_owned());
        }
        verbs
    }

    fn comers(&mut self, raw: &RawRoute) -> Comers {
        let Some(callers) = &raw.callers else {
            return if raw.anonymous {
                Comers::Everybody(Throttle::new(Rate {
                    per_minute: raw.per_minute.get(),
                    burst: raw.burst.get(),
                }))
            } else {
                Comers::Known
            };
        };
        let mut names = BTreeSet::new();
        for text in callers {
            match PrincipalName::new(text.get_ref()) {
                Ok(name) => {
                    names.insert(name);
                }
                Err(error) => self.at(text.span(), error.to_string()),
            }
            if raw.anonymous {
                let message = "`callers` has no effect where `anonymous = true` lets everybody in";
                self.at(text.span(), message.to_owned());
            }
        }
        Comers::Callers(names)
    }

    fn gives(&mut self, raw: &RawRoute) -> Gives {
        let mut kinds = Vec::new();
        match &raw.answers {
            None => kinds.push(JSON.to_owned()),
            Some(answers) => {
                for text in answers {
                    let kind = text.get_ref().to_ascii_lowercase();
                    if !header::is_media(&kind) {
                        let message = "this is no content type such as application/json";
                        self.at(text.span(), message.to_owned());
                    }
                    kinds.push(kind);
                }
            }
        }
        Gives {
            terms: PageTerms {
                kinds,
                envelope: raw.envelope == Envelope::Jsonrpc,
            },
            headers: self.headers(&raw.answer_headers, header::may_come_back),
            bytes: raw.answer_bytes,
            patience: raw
                .timeout_seconds
                .map(|seconds| Duration::from_secs(u64::from(seconds.get()))),
            notice: self.notice(raw),
            shown: self.shown(raw),
        }
    }

    /// A problem at a place of the file.
    pub(super) fn at(&mut self, place: Range<usize>, message: String) {
        self.problems.push(Problem::at_offset(
            self.path,
            self.text,
            place.start,
            message,
        ));
    }
}

fn sorted(pattern: &Pattern) -> BTreeSet<&str> {
    pattern.names().collect()
}
