//! A role: a named set of rules, read from TOML.
//!
//! All errors are told at once, each with line and column; a role with any error is no role.

mod routes;

use std::collections::BTreeSet;
use std::fmt;

use portcullis_erp::domain::{Domain, FieldPath};
use portcullis_erp::value::from_json;
use portcullis_erp::{Dialect, FieldName, Limits, Method, Model};
use portcullis_identity::{RoleName, UpstreamName};
use serde::Deserialize;
use serde::de::{Deserializer, SeqAccess, Visitor};
use toml::Spanned;

use crate::caps::Caps;
use crate::operation::Operation;
use crate::rule::{Arguments, Effect, FieldSet, Models, RouteRule, Rule, RuleDomain};

/// A named set of rules.
#[derive(Debug, Clone, PartialEq)]
pub struct Role {
    name: RoleName,
    rules: Vec<Rule>,
    route_rules: Vec<RouteRule>,
    caps: Caps,
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

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct RawRole {
    #[serde(default)]
    caps: RawCaps,
    #[serde(default)]
    rule: Vec<Spanned<RawRule>>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct RawCaps {
    page: Option<Spanned<i64>>,
    fields: Option<Spanned<i64>>,
    ids: Option<Spanned<i64>>,
    answer_bytes: Option<Spanned<i64>>,
    seconds: Option<Spanned<i64>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct RawRule {
    name: Spanned<String>,
    #[serde(default)]
    deny: bool,
    /// A rule that has these speaks of routes to custom controllers and has nothing else.
    routes: Option<Vec<Spanned<String>>>,
    upstream: Option<Vec<Spanned<String>>>,
    #[serde(default)]
    models: Vec<Spanned<String>>,
    through: Option<Vec<Spanned<String>>>,
    operations: Option<Vec<Spanned<String>>>,
    #[serde(default)]
    methods: Vec<Spanned<String>>,
    #[serde(default)]
    arguments: Option<Spanned<String>>,
    fields: Option<RawFields>,
    write_fields: Option<RawFields>,
    #[serde(default)]
    hidden: Vec<Spanned<String>>,
    #[serde(default)]
    derived: Vec<Spanned<String>>,
    domain: Option<Spanned<String>>,
    dialects: Option<Vec<Spanned<String>>>,
    #[serde(default)]
    context: Vec<Spanned<String>>,
    max_rows: Option<Spanned<i64>>,
}

/// `"*"` or a list of names.
enum RawFields {
    All,
    Only(Vec<Spanned<String>>),
}

impl<'de> Deserialize<'de> for RawFields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;
        impl<'de> Visitor<'de> for Fields {
            type Value = RawFields;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("`\"*\"` or a list of field names")
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<RawFields, E> {
                if text == "*" {
                    Ok(RawFields::All)
                } else {
                    Err(E::invalid_value(serde::de::Unexpected::Str(text), &self))
                }
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<RawFields, A::Error> {
                let mut names = Vec::new();
                while let Some(name) = seq.next_element()? {
                    names.push(name);
                }
                Ok(RawFields::Only(names))
            }
        }
        deserializer.deserialize_any(Fields)
    }
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
        let mut rules: Vec<Rule> = Vec::new();
        let mut route_rules: Vec<RouteRule> = Vec::new();
        let mut names = BTreeSet::new();
        for rule in raw.rule {
            let at = rule.span().start;
            let rule = rule.into_inner();
            let name = rule.name.get_ref().clone();
            if rule.routes.is_some() {
                route_rules.push(routes::read(rule, at, &mut errors));
            } else {
                rules.push(read_rule(rule, at, &mut errors));
            }
            if names.contains(&name) {
                errors.add(at, format!("a second rule is called `{name}`"));
            }
            names.insert(name);
        }
        if errors.found.is_empty() {
            Ok(Self {
                name,
                rules,
                route_rules,
                caps,
            })
        } else {
            Err(errors.found)
        }
    }

    /// The role's name.
    pub fn name(&self) -> &RoleName {
        &self.name
    }

    /// How much one call may ask for.
    pub fn caps(&self) -> &Caps {
        &self.caps
    }

    /// Its rules on models, in order.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// Its rules on routes, in order.
    pub fn route_rules(&self) -> &[RouteRule] {
        &self.route_rules
    }
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

fn read_rule(raw: RawRule, at: usize, errors: &mut Errors<'_>) -> Rule {
    let effect = read_effect(&raw, errors);
    if raw.models.is_empty() {
        errors.add(
            at,
            "a rule names at least one model, or `models = [\"*\"]`, or `routes`",
        );
    }
    let models = if raw.models.iter().any(|model| model.get_ref() == "*") {
        if raw.models.len() > 1 {
            errors.add(at, "`\"*\"` stands alone in `models`");
        }
        Models::All
    } else {
        Models::Named(
            errors
                .names(raw.models, "model", |text| Model::new(text).ok())
                .into_iter()
                .collect(),
        )
    };
    let operations = match raw.operations {
        Some(names) => errors
            .names(
                names,
                "operation (read, create, write, delete, call, name, submit, cancel)",
                |text| {
                    Operation::ALL
                        .iter()
                        .copied()
                        .find(|operation| operation.as_str() == text)
                },
            )
            .into_iter()
            .collect(),
        None if raw.deny => Operation::ALL.iter().copied().collect(),
        None => {
            errors.add(
                at,
                "a rule names its operations (only a rule with `deny = true` may leave them out)",
            );
            BTreeSet::new()
        }
    };
    let methods: BTreeSet<Method> = errors
        .names(raw.methods, "method", |text| Method::new(text).ok())
        .into_iter()
        .collect();
    if !methods.is_empty() && !operations.contains(&Operation::Call) {
        errors.add(at, "`methods` has an effect only with the operation `call`");
    }
    if let Some(private) = methods
        .iter()
        .find(|method| method.as_str().starts_with('_'))
    {
        errors.add(
            at,
            format!("`{private}` is private to the ERP and cannot be allowed"),
        );
    }
    let arguments = match raw
        .arguments
        .as_ref()
        .map(|text| (text.get_ref().as_str(), text.span().start))
    {
        None | Some(("scalar", _)) => Arguments::Scalar,
        Some(("any", _)) => Arguments::Any,
        Some((_, at)) => {
            errors.add(at, "`arguments` is `\"scalar\"` or `\"any\"`");
            Arguments::Scalar
        }
    };
    let fields = match raw.fields {
        Some(fields) => read_fields(fields, errors),
        None => FieldSet::Only(BTreeSet::new()),
    };
    let write_fields = raw.write_fields.map(|fields| read_fields(fields, errors));
    let path = |text: &str| FieldPath::new(text).ok().map(|path| path.to_string());
    let hidden = errors
        .names(raw.hidden, "field", path)
        .into_iter()
        .collect();
    let derived = errors
        .names(raw.derived, "field", path)
        .into_iter()
        .collect();
    let domain = raw.domain.and_then(|text| read_domain(&text, errors));
    let dialects = raw.dialects.map(|names| {
        errors
            .names(
                names,
                "dialect (xmlrpc, jsonrpc, json2, odoo-web, frappe)",
                read_dialect,
            )
            .into_iter()
            .flatten()
            .collect()
    });
    let max_rows = errors.count("max-rows", raw.max_rows);
    Rule {
        name: raw.name.into_inner(),
        effect,
        upstream: raw.upstream.map(|names| {
            errors
                .names(names, "upstream", |text| UpstreamName::new(text).ok())
                .into_iter()
                .collect()
        }),
        models,
        through: raw.through.map(|names| {
            errors
                .names(names, "model", |text| Model::new(text).ok())
                .into_iter()
                .collect()
        }),
        operations,
        methods,
        arguments,
        fields,
        write_fields,
        hidden,
        derived,
        domain,
        dialects,
        context: errors
            .names(raw.context, "context key", |text| {
                FieldName::new(text).ok().map(|_| text.to_owned())
            })
            .into_iter()
            .collect(),
        max_rows,
    }
}

/// Whether a rule gives or takes. That it has a name is looked at on the way.
fn read_effect(raw: &RawRule, errors: &mut Errors<'_>) -> Effect {
    if raw.name.get_ref().trim().is_empty() {
        errors.add(raw.name.span().start, "a rule needs a name");
    }
    if raw.deny {
        Effect::Deny
    } else {
        Effect::Allow
    }
}

fn read_fields(raw: RawFields, errors: &mut Errors<'_>) -> FieldSet {
    match raw {
        RawFields::All => FieldSet::All,
        RawFields::Only(names) => FieldSet::Only(
            errors
                .names(names, "field", |text| {
                    FieldPath::new(text).ok().map(|path| path.to_string())
                })
                .into_iter()
                .collect(),
        ),
    }
}

fn read_domain(text: &Spanned<String>, errors: &mut Errors<'_>) -> Option<RuleDomain> {
    let at = text.span().start;
    match from_json(text.get_ref().as_bytes(), &Limits::default()) {
        Ok(value) => {
            let odoo = Domain::parse(&value);
            let frappe = crate::frappe::rule_filters(&value);
            if let (Err(error), None) = (&odoo, &frappe) {
                errors.add(at, format!("`domain`: {error}"));
            }
            Some(RuleDomain {
                odoo: odoo.ok(),
                frappe,
            })
        }
        Err(error) => {
            errors.add(
                at,
                format!(
                    "`domain` is not well-formed JSON: {} (line {}, column {} of it)",
                    error.reason, error.line, error.column
                ),
            );
            None
        }
    }
}

fn read_dialect(text: &str) -> Option<Vec<Dialect>> {
    Some(match text {
        "xmlrpc" => vec![Dialect::XmlRpc1, Dialect::XmlRpc2],
        "jsonrpc" => vec![Dialect::JsonRpc],
        "json2" => vec![Dialect::Json2],
        "odoo-web" => vec![Dialect::OdooWeb, Dialect::OdooCall],
        "frappe" => vec![
            Dialect::FrappeResource,
            Dialect::FrappeMethod,
            Dialect::FrappeV2,
            Dialect::FrappeFile,
        ],
        "rest" => vec![Dialect::Rest],
        _ => return None,
    })
}
