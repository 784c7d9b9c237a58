//! Learnt roles as they are written, in the style of the profiles that come with the program.
//!
//! What is written is read back, and must be what was meant: no name can become another setting.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use portcullis_erp::Method;
use portcullis_identity::{RoleName, UpstreamName};

use super::{Draft, LearntRole, Lesson, Sample, manner, visited};
use crate::explain::written::{self, quoted};
use crate::mask::Mask;
use crate::operation::Operation;
use crate::role::Role;
use crate::rule::{Arguments, Effect, FieldSet, Models, RouteRule, Rule};

/// Where a list goes on in the next line.
const WIDTH: usize = 100;

impl Lesson<'_> {
    /// The roles of what is left of the copies.
    pub(super) fn written(
        &self,
        drafts: &[Draft<'_>],
        samples: &BTreeMap<Sample, u64>,
    ) -> Result<Vec<LearntRole>, String> {
        let mut written: Vec<LearntRole> = Vec::new();
        let mut done: Vec<&Role> = Vec::new();
        for role in self.roles() {
            if done.iter().any(|other| manner(other) == manner(role)) {
                continue;
            }
            done.push(role);
            let of_manner = |other: &&Role| manner(other) == manner(role);
            let alike: Vec<&Role> = self.roles().filter(of_manner).collect();
            let mut names = BTreeSet::new();
            let mut rules = Vec::new();
            for draft in drafts.iter().filter(|draft| of_manner(&draft.role)) {
                let mut rule = draft.rule.clone();
                rule.name = named(draft, drafts, &mut names);
                rules.push(rule);
            }
            let denials = alike.iter().flat_map(|role| role.rules());
            let denials: Vec<Rule> = denials
                .filter(|rule| rule.effect == Effect::Deny)
                .cloned()
                .collect();
            let mut routes: Vec<RouteRule> = alike
                .iter()
                .flat_map(|role| visited(role, samples))
                .collect();
            if rules.is_empty() && routes.iter().all(RouteRule::denies) {
                continue;
            }
            for rule in &mut routes {
                rule.name = free(&rule.name, &mut names);
            }
            for mut rule in denials {
                rule.name = free(&rule.name, &mut names);
                rules.push(rule);
            }
            let toml = whole(role, &rules, &routes)?;
            let seen = |sample: &&Sample| {
                let role = sample.rule.split_once('/').map(|(role, _)| role);
                alike.iter().any(|one| Some(one.name().as_str()) == role)
            };
            let samples = || samples.keys().filter(seen);
            written.push(LearntRole {
                toml,
                instead_of: alike.iter().map(|role| role.name().to_string()).collect(),
                dialects: samples()
                    .filter_map(|sample| written::dialect(sample.dialect))
                    .collect(),
                addresses: samples().map(|sample| sample.address).collect(),
            });
        }
        Ok(written)
    }
}

/// The name of a learnt rule: that of the rule that it comes from, with what it is for where
/// several come from it.
fn named(draft: &Draft<'_>, drafts: &[Draft<'_>], taken: &mut BTreeSet<String>) -> String {
    let operations: Vec<&str> = draft
        .rule
        .operations
        .iter()
        .map(|one| one.as_str())
        .collect();
    let operations = operations.join(" ");
    let models: Vec<String> = draft
        .rule
        .models()
        .into_iter()
        .flatten()
        .map(ToString::to_string)
        .collect();
    let Some(origin) = &draft.origin else {
        return free(
            &format!("monitored: {operations} {}", models.join(" ")),
            taken,
        );
    };
    let name = origin
        .split_once('/')
        .map_or(origin.as_str(), |(_, name)| name);
    let siblings = drafts.iter().filter(|other| other.origin == draft.origin);
    if siblings.count() < 2 {
        return free(name, taken);
    }
    let what = match models.as_slice() {
        [model] => format!("{operations} {model}"),
        _ => operations,
    };
    free(&format!("{name}: {what}"), taken)
}

/// A name that no other rule has.
fn free(name: &str, taken: &mut BTreeSet<String>) -> String {
    let mut free = name.to_owned();
    let mut number = 2;
    while !taken.insert(free.clone()) {
        free = format!("{name} {number}");
        number += 1;
    }
    free
}

/// What is written must be read as what was meant.
fn checked(toml: &str, rules: &[Rule], routes: &[RouteRule]) -> Result<(), String> {
    let name = RoleName::new("learnt").map_err(|error| error.to_string())?;
    let read = Role::from_toml(name, toml).map_err(|errors| {
        let errors: Vec<String> = errors.iter().map(ToString::to_string).collect();
        format!("the learnt role cannot be read: {}", errors.join("; "))
    })?;
    let plain = |rule: &Rule| {
        let mut rule = rule.clone();
        let written = rule.write_fields.take();
        rule.write_fields = Some(written.unwrap_or_else(|| rule.fields.clone()));
        if !writes(&rule) {
            rule.write_fields = None;
        }
        rule
    };
    let is_meant =
        read.rules().iter().map(plain).eq(rules.iter().map(plain)) && read.route_rules() == routes;
    if is_meant {
        Ok(())
    } else {
        Err("the learnt role cannot be written: a rule would be read as another".to_owned())
    }
}

/// A role with the head of this one and these rules, as it is read back.
pub(super) fn whole(role: &Role, rules: &[Rule], routes: &[RouteRule]) -> Result<String, String> {
    let toml = text(role, rules, routes);
    checked(&toml, rules, routes)?;
    Ok(toml)
}

/// The text of a role.
fn text(role: &Role, rules: &[Rule], routes: &[RouteRule]) -> String {
    let mut parts = vec![head(role)];
    parts.extend(rules.iter().map(rule));
    parts.extend(routes.iter().map(route));
    parts.retain(|part| !part.is_empty());
    parts.join("\n")
}

/// What stands before the rules of a role.
pub(crate) fn head(role: &Role) -> String {
    let mut parts = Vec::new();
    if role.explains() {
        parts.push("explains = true\n".to_owned());
    }
    let caps: Vec<String> = role
        .caps()
        .iter()
        .map(|(name, cap)| format!("{name} = {cap}\n"))
        .collect();
    if !caps.is_empty() {
        parts.push(format!("[caps]\n{}", caps.concat()));
    }
    let pins = role.pins();
    let mut fixed = String::new();
    for (name, value) in pins.iter() {
        let value = if name == "company" {
            value
        } else {
            quoted(&value)
        };
        line(&mut fixed, name, &value);
    }
    if !fixed.is_empty() {
        parts.push(format!("[context]\n{fixed}"));
    }
    parts.join("\n")
}

fn route(rule: &RouteRule) -> String {
    let mut text = String::from("[[rule]]\n");
    line(&mut text, "name", &quoted(rule.name()));
    if rule.denies() {
        line(&mut text, "deny", "true");
    }
    names(
        &mut text,
        "routes",
        rule.routes().iter().map(|route| route.as_str()),
    );
    text
}

/// A rule, as it is written in a role's file.
pub(crate) fn rule(rule: &Rule) -> String {
    let mut text = String::from("[[rule]]\n");
    line(&mut text, "name", &quoted(&rule.name));
    if rule.effect == Effect::Deny {
        line(&mut text, "deny", "true");
    }
    match &rule.models {
        Models::All => line(&mut text, "models", "[\"*\"]"),
        Models::Named(models) => names(&mut text, "models", models.iter().map(|one| one.as_str())),
    }
    if let Some(through) = &rule.through {
        names(&mut text, "through", through.iter().map(|one| one.as_str()));
    }
    let operations = rule.operations.iter().map(|one| one.as_str());
    names(&mut text, "operations", operations);
    if !rule.methods.is_empty() {
        names(
            &mut text,
            "methods",
            rule.methods.iter().map(Method::as_str),
        );
    }
    if !rule.reports.is_empty() {
        names(
            &mut text,
            "reports",
            rule.reports.iter().map(String::as_str),
        );
    }
    if rule.arguments == Arguments::Any {
        line(&mut text, "arguments", &quoted("any"));
    }
    if rule.fields != FieldSet::Only(BTreeSet::new()) {
        fields(&mut text, "fields", &rule.fields);
    }
    if let Some(written) = &rule.write_fields
        && writes(rule)
        && *written != rule.fields
    {
        fields(&mut text, "write-fields", written);
    }
    let mut some = |key: &str, listed: &BTreeSet<String>| {
        if !listed.is_empty() {
            names(&mut text, key, listed.iter().map(String::as_str));
        }
    };
    some("hidden", &rule.hidden);
    some("derived", &rule.derived);
    if let Some(domain) = rule.domain.as_ref().and_then(written::domain) {
        line(&mut text, "domain", &quoted(&domain));
    }
    if let Some(mask) = rule.masked.values().copied().reduce(Mask::stricter) {
        names(&mut text, "masked", rule.masked.keys().map(String::as_str));
        line(&mut text, "mask", &quoted(mask.as_str()));
    }
    if !rule.context.is_empty() {
        names(
            &mut text,
            "context",
            rule.context.iter().map(String::as_str),
        );
    }
    if let Some(upstreams) = &rule.upstream {
        names(
            &mut text,
            "upstream",
            upstreams.iter().map(UpstreamName::as_str),
        );
    }
    if let Some(dialects) = &rule.dialects {
        let words: BTreeSet<&str> = dialects
            .iter()
            .filter_map(|one| written::dialect(*one))
            .collect();
        names(&mut text, "dialects", words);
    }
    if !rule.networks.0.is_empty() {
        let networks: Vec<String> = rule.networks.0.iter().map(ToString::to_string).collect();
        names(&mut text, "networks", networks.iter().map(String::as_str));
    }
    if let Some(most) = rule.max_rows {
        line(&mut text, "max-rows", &most.to_string());
    }
    if rule.approval {
        line(&mut text, "approval", "true");
    }
    text
}

/// Whether what may be written says anything in a rule.
fn writes(rule: &Rule) -> bool {
    let reading = [Operation::Read, Operation::Name, Operation::Delete];
    rule.effect == Effect::Deny || rule.operations.iter().any(|one| !reading.contains(one))
}

fn fields(text: &mut String, key: &str, set: &FieldSet) {
    match set {
        FieldSet::All => line(text, key, "\"*\""),
        FieldSet::Only(listed) => names(text, key, listed.iter().map(String::as_str)),
    }
}

fn names<'a>(text: &mut String, key: &str, listed: impl IntoIterator<Item = &'a str>) {
    let quoted: Vec<String> = listed.into_iter().map(quoted).collect();
    let plain = format!("[{}]", quoted.join(", "));
    if key.len() + 3 + plain.len() <= WIDTH {
        return line(text, key, &plain);
    }
    let mut rows = vec![String::new()];
    for name in quoted {
        let fits = rows
            .last()
            .is_some_and(|row| row.len() + name.len() + 6 <= WIDTH);
        if !fits {
            rows.push(String::new());
        }
        if let Some(row) = rows.last_mut() {
            let space = if row.is_empty() { "    " } else { " " };
            write!(row, "{space}{name},").unwrap_or_default();
        }
    }
    line(text, key, &format!("[\n{}\n]", rows.join("\n")));
}

fn line(text: &mut String, key: &str, value: &str) {
    // INVARIANT: a text takes every byte, so this does not fail.
    writeln!(text, "{key} = {value}").unwrap_or_default();
}
