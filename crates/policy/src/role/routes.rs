//! Rules that speak of routes to custom controllers.

use portcullis_identity::RouteName;

use super::Errors;
use super::raw::RawRule;
use super::rule::read_effect;
use crate::rule::RouteRule;

/// Reads a rule with `routes`. Everything that speaks of models would have no effect there.
pub(super) fn read(raw: RawRule, at: usize, errors: &mut Errors<'_>) -> RouteRule {
    let effect = read_effect(&raw, errors);
    let RawRule {
        name,
        deny: _,
        routes,
        upstream,
        models,
        through,
        operations,
        methods,
        reports,
        arguments,
        fields,
        write_fields,
        hidden,
        masked,
        mask,
        derived,
        domain,
        dialects,
        networks,
        context,
        max_rows,
        approval,
    } = raw;
    let of_models = [
        ("upstream", upstream.is_some()),
        ("models", !models.is_empty()),
        ("through", through.is_some()),
        ("operations", operations.is_some()),
        ("methods", !methods.is_empty()),
        ("reports", !reports.is_empty()),
        ("arguments", arguments.is_some()),
        ("fields", fields.is_some()),
        ("write-fields", write_fields.is_some()),
        ("hidden", !hidden.is_empty()),
        ("masked", !masked.is_empty()),
        ("mask", mask.is_some()),
        ("derived", !derived.is_empty()),
        ("domain", domain.is_some()),
        ("dialects", dialects.is_some()),
        ("networks", !networks.is_empty()),
        ("context", !context.is_empty()),
        ("max-rows", max_rows.is_some()),
        ("approval", approval.is_some()),
    ];
    for (setting, _) in of_models.iter().filter(|(_, given)| *given) {
        errors.add(
            at,
            format!("`{setting}` has no effect in a rule with `routes`; make it a rule of its own"),
        );
    }
    let routes = routes.unwrap_or_default();
    if routes.is_empty() {
        errors.add(at, "`routes` names at least one route");
    }
    RouteRule {
        name: name.into_inner(),
        effect,
        routes: errors
            .names(routes, "route", |text| RouteName::new(text).ok())
            .into_iter()
            .collect(),
    }
}
