//! Log-ins of people, and what they log in with. Who asks is known by the desk itself: whoever
//! has no second factor yet may do nothing but enrol one.

use http::Method;
use portcullis_administrators::wire::{self, Operation};

use super::{Act, Asked, Done, Needs, Planned, Route};
use crate::refusal::Refusal;

pub(super) const ROUTES: &[Route] = &[
    route("POST", "/admin/v1/session", ("session", "open"), |asked| {
        plan(asked, Method::POST, |_| Operation::LogIn)
    }),
    route(
        "POST",
        "/admin/v1/session/passkey",
        ("session", "open"),
        |asked| plan(asked, Method::POST, |_| Operation::FinishPasskey),
    ),
    route(
        "POST",
        "/admin/v1/session/enrolment",
        ("session", "open"),
        |asked| plan(asked, Method::POST, |_| Operation::EnrolWith),
    ),
    route("GET", "/admin/v1/session", ("session", "show"), |asked| {
        plan(asked, Method::GET, |_| Operation::Tell)
    }),
    route("DELETE", "/admin/v1/session", ("session", "end"), |asked| {
        plan(asked, Method::DELETE, |_| Operation::LogOut)
    }),
    route(
        "DELETE",
        "/admin/v1/session/all",
        ("session", "end-all"),
        |asked| plan(asked, Method::DELETE, |_| Operation::LogOutEverywhere),
    ),
    route(
        "POST",
        "/admin/v1/password",
        ("password", "change"),
        |asked| plan(asked, Method::POST, |_| Operation::ChangePassword),
    ),
    route(
        "POST",
        "/admin/v1/recovery-codes",
        ("recovery-code", "create"),
        |asked| plan(asked, Method::POST, |_| Operation::RecoveryCodes),
    ),
    route(
        "POST",
        "/admin/v1/factors/totp",
        ("factor", "begin"),
        |asked| plan(asked, Method::POST, |_| Operation::BeginTotp),
    ),
    route(
        "POST",
        "/admin/v1/factors/totp/confirm",
        ("factor", "enrol"),
        |asked| plan(asked, Method::POST, |_| Operation::FinishTotp),
    ),
    route(
        "POST",
        "/admin/v1/factors/passkey",
        ("factor", "begin"),
        |asked| plan(asked, Method::POST, |_| Operation::BeginRegistration),
    ),
    route(
        "POST",
        "/admin/v1/factors/passkey/confirm",
        ("factor", "enrol"),
        |asked| plan(asked, Method::POST, |_| Operation::FinishRegistration),
    ),
    route(
        "DELETE",
        "/admin/v1/factors/{id}",
        ("factor", "remove"),
        |asked| plan(asked, Method::DELETE, |id| Operation::RemoveFactor(id)),
    ),
];

const fn route(
    verb: &'static str,
    path: &'static str,
    (thing, done): (&'static str, &'static str),
    plan: fn(Asked) -> Result<Planned, Refusal>,
) -> Route {
    Route {
        verb,
        path,
        needs: Needs::Nobody(Act::new(thing, done)),
        plan,
    }
}

fn plan(
    asked: Asked,
    method: Method,
    operation: fn(&str) -> Operation<'_>,
) -> Result<Planned, Refusal> {
    let desk = asked.api.desk().ok_or(Refusal::Nowhere)?;
    // Only one path of these has a parameter.
    let id: String = asked.parameter("id", "second factor").unwrap_or_default();
    let who = wire::named(&asked.body);
    Ok(Planned::new(who.unwrap_or_default(), async move {
        let request = wire::Request {
            method: &method,
            headers: &asked.headers,
            body: &asked.body,
            from: asked.address,
        };
        let answer = wire::answer(&desk, operation(&id), request, asked.now).await?;
        Ok(Done {
            status: answer.status,
            body: answer.body,
            headers: answer.headers,
        })
    }))
}
