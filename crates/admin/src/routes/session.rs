//! Log-ins of people, and what they log in with. Whoever has a session may do what is here,
//! whatever their roles; whoever has no second factor yet may do nothing but enrol one, which the
//! desk sees to.

use portcullis_administrators::wire::{self, Answer, Entrance, Operation};
use portcullis_administrators::{Desk, Refused};

use super::read::Nothing;
use super::{Act, Asked, By, Done, Needs, Planned, Route};
use crate::refusal::Refusal;

pub(super) const ROUTES: &[Route] = &[
    entrance("/admin/v1/session", |asked| enter(asked, Entrance::LogIn)),
    entrance("/admin/v1/session/passkey", |asked| {
        enter(asked, Entrance::FinishPasskey)
    }),
    entrance("/admin/v1/session/enrolment", |asked| {
        enter(asked, Entrance::EnrolWith)
    }),
    own("GET", "/admin/v1/session", ("log-in", "show"), |asked| {
        plan(asked, "", |_| Operation::Tell)
    }),
    own("DELETE", "/admin/v1/session", ("log-in", "end"), |asked| {
        plan(asked, "", |_| Operation::LogOut)
    }),
    own(
        "DELETE",
        "/admin/v1/session/all",
        ("log-in", "end-all"),
        |asked| plan(asked, "", |_| Operation::LogOutEverywhere),
    ),
    own(
        "POST",
        "/admin/v1/password",
        ("password", "change"),
        |asked| plan(asked, "", |_| Operation::ChangePassword),
    ),
    own(
        "POST",
        "/admin/v1/recovery-codes",
        ("recovery-code", "create"),
        |asked| plan(asked, "", |_| Operation::RecoveryCodes),
    ),
    own(
        "POST",
        "/admin/v1/factors/totp",
        ("factor", "begin"),
        |asked| plan(asked, "app", |_| Operation::BeginTotp),
    ),
    own(
        "POST",
        "/admin/v1/factors/totp/confirm",
        ("factor", "enrol"),
        |asked| plan(asked, "app", |_| Operation::FinishTotp),
    ),
    own(
        "POST",
        "/admin/v1/factors/passkey",
        ("factor", "begin"),
        |asked| plan(asked, "passkey", |_| Operation::BeginRegistration),
    ),
    own(
        "POST",
        "/admin/v1/factors/passkey/confirm",
        ("factor", "enrol"),
        |asked| plan(asked, "passkey", |_| Operation::FinishRegistration),
    ),
    own(
        "DELETE",
        "/admin/v1/factors/{id}",
        ("factor", "remove"),
        |asked| {
            let id: String = asked.parameter("id", "second factor")?;
            plan(asked, &id, |id| Operation::RemoveFactor(id))
        },
    ),
];

type Plan = fn(Asked) -> Result<Planned, Refusal>;

const fn entrance(path: &'static str, plan: Plan) -> Route {
    Route {
        verb: "POST",
        path,
        needs: Needs::Open(Act::new("log-in", "open")),
        plan,
    }
}

const fn own(
    verb: &'static str,
    path: &'static str,
    (thing, done): (&'static str, &'static str),
    plan: Plan,
) -> Route {
    Route {
        verb,
        path,
        needs: Needs::Session(Act::new(thing, done)),
        plan,
    }
}

fn enter(asked: Asked, entrance: Entrance) -> Result<Planned, Refusal> {
    asked.query::<Nothing>()?;
    let desk = asked.api.desk().ok_or(Refusal::Nowhere)?;
    let By::Nobody(watch) = &asked.by else {
        return Err(Refusal::Failed);
    };
    let watch = std::sync::Arc::clone(watch);
    Ok(Planned::new("", async move {
        let desk: &Desk = &desk;
        let answer = wire::enter(desk, entrance, request(&asked), &*watch, asked.now).await;
        done(answer)
    }))
}

/// Does something with what is named so in the record.
fn plan(asked: Asked, on: &str, operation: fn(&str) -> Operation<'_>) -> Result<Planned, Refusal> {
    asked.query::<Nothing>()?;
    let desk = asked.api.desk().ok_or(Refusal::Nowhere)?;
    let on = on.to_owned();
    Ok(Planned::new(on.clone(), async move {
        let By::Session(known) = &asked.by else {
            return Err(Refusal::Failed);
        };
        let operation = operation(&on);
        done(wire::answer(&desk, known, operation, request(&asked), asked.now).await)
    }))
}

fn request(asked: &Asked) -> wire::Request<'_> {
    wire::Request {
        headers: &asked.headers,
        body: &asked.body,
        from: asked.address,
    }
}

fn done(answer: Result<Answer, Refused>) -> Result<Done, Refusal> {
    let answer = answer?;
    Ok(Done {
        status: answer.status,
        body: answer.body,
        headers: answer.headers,
    })
}
