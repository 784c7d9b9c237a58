//! Rules that speak of models.

use std::collections::{BTreeMap, BTreeSet};

use portcullis_erp::domain::{Domain, FieldPath};
use portcullis_erp::value::from_json;
use portcullis_erp::{Dialect, FieldName, Limits, Method, Model};
use portcullis_identity::{Networks, UpstreamName, network};
use toml::Spanned;

use super::Errors;
use super::raw::{RawFields, RawRule};
use crate::egress;
use crate::frappe::reports;
use crate::mask::Mask;
use crate::operation::{Family, Operation};
use crate::rule::{Arguments, Effect, FieldSet, Models, Rule, RuleDomain};
use crate::whom;

/// How many bytes the name of a report may have; Frappe's names have 140 letters at the most.
const MAX_REPORT: usize = 560;

/// Reads a rule that speaks of models.
pub(super) fn read(raw: RawRule, at: usize, errors: &mut Errors<'_>) -> Rule {
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
                "operation (read, create, write, delete, call, name, mail, submit, cancel)",
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
    let sends = methods.iter().find(|method| {
        [Family::Odoo, Family::Frappe]
            .into_iter()
            .any(|family| egress::method(method.as_str(), family))
    });
    if let Some(method) = sends
        && !raw.deny
        && !operations.contains(&Operation::Mail)
    {
        errors.add(
            at,
            format!(
                "`{method}` sends something to people: the rule needs the operation `mail` as well"
            ),
        );
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
    let report_names: BTreeSet<String> = errors
        .names(raw.reports, "report", |text| {
            let is_name = !text.trim().is_empty() && text.len() <= MAX_REPORT;
            is_name.then(|| text.to_owned())
        })
        .into_iter()
        .collect();
    if !report_names.is_empty() && !methods.iter().any(reports::is_runner) {
        errors.add(
            at,
            "`reports` has an effect only where `methods` lists a function that runs them, such as `frappe.desk.query_report.run`",
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
    let hidden = read_hidden(raw.hidden, errors);
    if raw.deny && !raw.masked.is_empty() {
        errors.add(at, "a rule with `deny = true` shows nothing, masked or not");
    }
    let masked = read_masked(raw.masked, raw.mask, errors);
    let derived = errors
        .names(raw.derived, "field", path)
        .into_iter()
        .collect();
    let domain = raw.domain.and_then(|text| read_domain(&text, errors));
    let dialects = raw.dialects.map(|names| {
        errors
            .names(
                names,
                "dialect (xmlrpc, jsonrpc, json2, odoo-web, frappe, rest)",
                read_dialect,
            )
            .into_iter()
            .flatten()
            .collect()
    });
    let networks = errors.names(
        raw.networks,
        "address or network (such as 192.0.2.0/24)",
        network,
    );
    let max_rows = errors.count("max-rows", raw.max_rows);
    if let (Some(approval), true) = (&raw.approval, raw.deny) {
        let at = approval.span().start;
        errors.add(at, "`approval` has no effect in a rule with `deny = true`");
    }
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
        reports: report_names,
        arguments,
        fields,
        write_fields,
        hidden,
        masked,
        derived,
        domain,
        dialects,
        networks: Networks(networks),
        context: errors
            .names(raw.context, "context key", |text| {
                FieldName::new(text).ok().map(|_| text.to_owned())
            })
            .into_iter()
            .collect(),
        max_rows,
        approval: raw.approval.is_some_and(Spanned::into_inner),
    }
}

/// Whether a rule gives or takes. That it has a name is looked at on the way.
pub(super) fn read_effect(raw: &RawRule, errors: &mut Errors<'_>) -> Effect {
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

fn read_hidden(names: Vec<Spanned<String>>, errors: &mut Errors<'_>) -> BTreeSet<String> {
    // No further than one link is followed: what lies behind would stay open.
    for name in &names {
        if name.get_ref().matches('.').count() > 1 {
            let (at, path) = (name.span().start, name.get_ref());
            errors.add(
                at,
                format!("`{path}` leads over more than one link: hide the field in the rule, or by a denial, of the model that has it"),
            );
        }
    }
    let path = |text: &str| FieldPath::new(text).ok().map(|path| path.to_string());
    let read = errors.names(names, "field", path);
    read.into_iter().collect()
}

fn read_masked(
    names: Vec<Spanned<String>>,
    mask: Option<Spanned<String>>,
    errors: &mut Errors<'_>,
) -> BTreeMap<String, Mask> {
    let kind = match &mask {
        None => Mask::LastFour,
        Some(text) => Mask::read(text.get_ref()).unwrap_or_else(|| {
            let at = text.span().start;
            errors.add(at, "`mask` is `\"last-4\"` or `\"fixed\"`");
            Mask::Fixed
        }),
    };
    if let (Some(text), true) = (&mask, names.is_empty()) {
        let at = text.span().start;
        errors.add(at, "`mask` has an effect only with `masked`");
    }
    // By these a record is found and linked; and no further than one link is followed.
    let path = |text: &str| {
        let path = FieldPath::new(text).ok()?.to_string();
        let name = path.rsplit('.').next().unwrap_or_default();
        let fits = path.matches('.').count() <= 1 && !matches!(name, "id" | "name");
        (fits || (name == "name" && path.contains('.'))).then_some(path)
    };
    errors
        .names(names, "field that can be masked", path)
        .into_iter()
        .map(|path| (path, kind))
        .collect()
}

fn read_domain(text: &Spanned<String>, errors: &mut Errors<'_>) -> Option<RuleDomain> {
    let at = text.span().start;
    match from_json(text.get_ref().as_bytes(), &Limits::default()) {
        Ok(value) => {
            let value = whom::listed(value);
            let odoo = Domain::parse(&value);
            let frappe = crate::frappe::rule_filters(&value);
            if let (Err(error), None) = (&odoo, &frappe) {
                errors.add(at, format!("`domain`: {error}"));
            }
            let odoo = odoo.ok();
            let conditions = frappe.as_ref().map(|filters| filters.all.as_slice());
            let personal = whom::misplaced(odoo.as_ref(), conditions);
            if let Err(error) = &personal {
                errors.add(at, format!("`domain`: {error}"));
            }
            Some(RuleDomain {
                odoo,
                frappe,
                personal: personal.unwrap_or(true),
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
