//! A role: a named set of rules, read from TOML.
//!
//! All errors are told at once, each with line and column; a role with any error is no role.

mod index;
mod pins;
mod raw;
mod routes;
mod rule;

use std::collections::BTreeSet;

use portcullis_identity::{RoleName, Timestamp};
use toml::Spanned;

use crate::bench::Held;
use crate::caps::Caps;
use crate::pins::Pins;
use crate::rule::{RouteRule, Rule};
use index::Index;
use raw::RawRole;

/// A named set of rules.
#[derive(Debug, Clone, PartialEq)]
pub struct Role {
    name: RoleName,
    rules: Vec<Rule>,
    index: Index,
    route_rules: Vec<RouteRule>,
    caps: Caps,
    pins: Pins,
    explains: bool,
    monitored_until: Option<Timestamp>,
}

/// One thing that is wrong with the text of a role.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {message}")]
pub struct RoleError {
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1.
    pub column: usize,
    /// What is wrong, and what would be right.
    pub message: String,
}

impl Role {
    /// Reads a role.
    ///
    /// # Errors
    /// Everything that is wrong with the text, at once.
    pub fn from_toml(name: RoleName, text: &str) -> Result<Self, Vec<RoleError>> {
        let mut errors = Errors {
            text,
            found: Vec::new(),
        };
        let raw: RawRole = match toml::from_str(text) {
            Ok(raw) => raw,
            Err(error) => {
                let at = error.span().map_or(0, |span| span.start);
                errors.add(at, error.message());
                return Err(errors.found);
            }
        };
        let caps = Caps {
            page: errors.count("page", raw.caps.page),
            fields: errors.count("fields", raw.caps.fields),
            ids: errors.count("ids", raw.caps.ids),
            answer_bytes: errors.count("answer-bytes", raw.caps.answer_bytes),
            seconds: errors.count("seconds", raw.caps.seconds),
        };
        let pins = pins::read(raw.context, &mut errors);
        let monitored_until = raw.monitor_until.and_then(|text| {
            let end = moment(text.get_ref());
            if end.is_none() {
                let at = text.span().start;
                errors.add(
                    at,
                    "`monitor-until` is a date, such as \"2026-12-10\", or a moment with its zone",
                );
            }
            end
        });
        let mut rules: Vec<Rule> = Vec::new();
        let mut route_rules: Vec<RouteRule> = Vec::new();
        let mut names = BTreeSet::new();
        for written in raw.rule {
            let at = written.span().start;
            let written = written.into_inner();
            let name = written.name.get_ref().clone();
            if written.routes.is_some() {
                route_rules.push(routes::read(written, at, &mut errors));
            } else {
                rules.push(rule::read(written, at, &mut errors));
            }
            if names.contains(&name) {
                errors.add(at, format!("a second rule is called `{name}`"));
            }
            names.insert(name);
        }
        if errors.found.is_empty() {
            Ok(Self {
                name,
                index: Index::of(&rules),
                rules,
                route_rules,
                caps,
                pins,
                explains: raw.explains,
                monitored_until,
            })
        } else {
            Err(errors.found)
        }
    }

    /// The same role with these rules behind its own.
    ///
    /// # Errors
    /// Everything that is wrong with the text, at once.
    pub fn with(&self, text: &str) -> Result<Self, Vec<RoleError>> {
        let more = Self::from_toml(self.name.clone(), text)?;
        let mut role = self.clone();
        role.rules.extend(more.rules);
        role.index = Index::of(&role.rules);
        role.route_rules.extend(more.route_rules);
        Ok(role)
    }

    /// A role of rules that were read before.
    pub(crate) fn of_rules(
        name: RoleName,
        rules: Vec<Rule>,
        route_rules: Vec<RouteRule>,
        (caps, pins): (Caps, Pins),
    ) -> Self {
        Self {
            name,
            index: Index::of(&rules),
            rules,
            route_rules,
            caps,
            pins,
            explains: false,
            monitored_until: None,
        }
    }

    /// The same role, which tells its callers why they are refused, or does not.
    pub(crate) fn explaining(mut self, explains: bool) -> Self {
        self.explains = explains;
        self
    }

    /// Whether its callers are told why they are refused.
    pub fn explains(&self) -> bool {
        self.explains
    }

    /// The same role, which is not monitored.
    pub(crate) fn unmonitored(mut self) -> Self {
        self.monitored_until = None;
        self
    }

    /// When it ends that what no rule allows is let pass and written down; none where it never
    /// is. See [`Role::monitors`].
    pub fn monitored_until(&self) -> Option<Timestamp> {
        self.monitored_until
    }

    /// The role's name.
    pub fn name(&self) -> &RoleName {
        &self.name
    }

    /// How much one call may ask for.
    pub fn caps(&self) -> &Caps {
        &self.caps
    }

    /// What it fixes of the context of its calls.
    pub fn pins(&self) -> &Pins {
        &self.pins
    }

    /// Its rules on models, in order.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// Where its rules stand, by the models that they speak of.
    pub(crate) fn index(&self) -> &Index {
        &self.index
    }

    /// One of its rules, with what it says of all of them.
    pub(crate) fn held<'a>(&'a self, rule: &'a Rule) -> Held<'a> {
        Held {
            role: &self.name,
            rule,
            caps: self.caps,
            pins: &self.pins,
        }
    }

    /// Its rules on routes, in order.
    pub fn route_rules(&self) -> &[RouteRule] {
        &self.route_rules
    }
}

/// A moment, or the beginning of a day (UTC).
fn moment(text: &str) -> Option<Timestamp> {
    let whole = Timestamp::parse_rfc3339(text);
    whole
        .or_else(|_| Timestamp::parse_rfc3339(&format!("{text}T00:00:00Z")))
        .ok()
}

struct Errors<'a> {
    text: &'a str,
    found: Vec<RoleError>,
}

impl Errors<'_> {
    fn add(&mut self, at: usize, message: impl Into<String>) {
        let before = self.text.get(..at).unwrap_or(self.text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
        self.found.push(RoleError {
            line,
            column,
            message: message.into(),
        });
    }

    /// A number from 1.
    fn count(&mut self, name: &str, raw: Option<Spanned<i64>>) -> Option<u32> {
        let raw = raw?;
        let count = u32::try_from(*raw.get_ref())
            .ok()
            .filter(|count| *count > 0);
        if count.is_none() {
            self.add(raw.span().start, format!("`{name}` is a number from 1"));
        }
        count
    }

    fn names<T>(
        &mut self,
        raw: Vec<Spanned<String>>,
        what: &str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Vec<T> {
        let mut names = Vec::with_capacity(raw.len());
        for text in raw {
            match read(text.get_ref()) {
                Some(name) => names.push(name),
                None => self.add(
                    text.span().start,
                    format!("`{}` is no {what}", text.get_ref()),
                ),
            }
        }
        names
    }
}
