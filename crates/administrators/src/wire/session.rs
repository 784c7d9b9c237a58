//! Log-ins, the session, log-outs.

use http::{StatusCode, header};
use portcullis_identity::{AdminRole, Secret, Timestamp};
use portcullis_storage::Standing;
use serde_json::{Value as Json, json};

use super::asked::{self, Carried};
use super::{Answer, COOKIE, DEVICE, Request};
use crate::desk::{DEVICE_LASTS, Desk, Known, LogIn, LoggedIn, Opened, Pending, Second, Witness};
use crate::refused::Refused;

type Answered = Result<Answer, Refused>;

/// `POST session`.
pub(super) async fn log_in(
    desk: &Desk,
    request: Request<'_>,
    witness: &dyn Witness,
    now: Timestamp,
) -> Answered {
    let asked: asked::LogIn = asked::read_login(request)?;
    let second = match (asked.code, asked.recovery_code, asked.passkey) {
        (None, None, false) => Second::Nothing,
        (Some(code), None, false) => Second::Code(Secret::new(code)),
        (None, Some(code), false) => Second::Recovery(Secret::new(code)),
        (None, None, true) => Second::Passkey,
        _ => return Err(Refused::Malformed("it shows more than one second factor")),
    };
    let log_in = LogIn {
        name: asked.name,
        password: Secret::new(asked.password),
        second,
    };
    let comer = request.comer();
    match desk.log_in(log_in, &comer, witness, now).await? {
        LoggedIn::Session(session) => opened(desk, &session, asked.session, now),
        LoggedIn::Needs(kinds) => {
            let kinds: Vec<&str> = kinds.iter().map(|kind| kind.as_str()).collect();
            Ok(Answer::json(
                StatusCode::OK,
                json!({ "needs": "second-factor", "factors": kinds }),
            ))
        }
        LoggedIn::Passkey(asks) => Ok(Answer::json(StatusCode::OK, pending(&asks))),
    }
}

/// `POST session/passkey`.
pub(super) async fn finish_passkey(
    desk: &Desk,
    request: Request<'_>,
    witness: &dyn Witness,
    now: Timestamp,
) -> Answered {
    let asked: asked::Assertion<'_> = asked::read_login(request)?;
    let answer = asked.credential.get();
    let comer = request.comer();
    let session = desk.finish_passkey((&asked.slip, answer), &comer, witness, now);
    opened(desk, &session.await?, asked.session, now)
}

/// `POST session/enrolment`.
pub(super) async fn enrol_with(
    desk: &Desk,
    request: Request<'_>,
    witness: &dyn Witness,
    now: Timestamp,
) -> Answered {
    let asked: asked::EnrolmentCode = asked::read_login(request)?;
    let comer = request.comer();
    let session = desk.enrol_with(&asked.code, &comer, witness, now);
    opened(desk, &session.await?, asked.session, now)
}

/// `GET session`.
pub(super) async fn tell(desk: &Desk, known: &Known, request: Request<'_>) -> Answered {
    asked::nothing(request)?;
    let mut body = told(known);
    let factors = desk.factors(&known.administrator.name).await?;
    let factors = factors.iter().map(|row| {
        json!({
            "id": row.id,
            "kind": row.kind.as_str(),
            "label": row.label,
            "created": row.created.to_rfc3339(),
            "used": row.used.map(Timestamp::to_rfc3339),
        })
    });
    let factors: Json = factors.collect();
    put(&mut body, "factors", factors);
    put(&mut body, "csrf-token", desk.csrf(known).into());
    Ok(Answer::json(StatusCode::OK, body))
}

/// `DELETE session`.
pub(super) async fn log_out(desk: &Desk, known: &Known, request: Request<'_>) -> Answered {
    asked::nothing(request)?;
    desk.log_out(known).await?;
    forgotten(Answer::json(StatusCode::OK, json!({ "ended": 1 })))
}

/// `DELETE session/all`.
pub(super) async fn log_out_everywhere(
    desk: &Desk,
    known: &Known,
    request: Request<'_>,
) -> Answered {
    asked::nothing(request)?;
    let ended = desk.log_out_everywhere(known).await?;
    forgotten(Answer::json(StatusCode::OK, json!({ "ended": ended })))
}

/// What is asked of an authenticator.
pub(super) fn pending(asks: &Pending) -> Json {
    json!({
        "slip": asks.slip.expose(str::to_owned),
        "options": asks.options,
    })
}

/// Takes the cookie away.
pub(super) fn forgotten(answer: Answer) -> Answered {
    answer.with(header::SET_COOKIE, &cookie("", 0))
}

fn opened(desk: &Desk, session: &Opened, carried: Carried, now: Timestamp) -> Answered {
    let mut body = told(&session.known);
    match carried {
        Carried::Bearer => {
            put(
                &mut body,
                "token",
                session.token.expose(str::to_owned).into(),
            );
            Ok(Answer::json(StatusCode::CREATED, body))
        }
        Carried::Cookie => {
            put(&mut body, "csrf-token", session.csrf.text().into());
            let lasts = session.known.session.ends.since(now) / 1_000_000;
            let cookie = session.token.expose(|token| cookie(token, lasts));
            let answer = Answer::json(StatusCode::CREATED, body);
            let answer = answer.with(header::SET_COOKIE, &cookie)?;
            if session.known.session.standing != Standing::Full {
                return Ok(answer);
            }
            let device = desk.new_device(&session.known.administrator.name, now)?;
            answer.with(
                header::SET_COOKIE,
                &cookie_named(DEVICE, &device, DEVICE_LASTS),
            )
        }
    }
}

fn cookie(token: &str, lasts: i64) -> String {
    cookie_named(COOKIE, token, lasts)
}

fn cookie_named(name: &str, value: &str, lasts: i64) -> String {
    format!("{name}={value}; Max-Age={lasts}; Path=/; Secure; HttpOnly; SameSite=Strict")
}

fn told(known: &Known) -> Json {
    let roles = known.administrator.roles.iter().copied();
    json!({
        "name": known.administrator.name,
        "standing": known.session.standing.as_str(),
        "roles": roles.map(AdminRole::as_str).collect::<Vec<_>>(),
        "ends": known.session.ends.to_rfc3339(),
    })
}

fn put(body: &mut Json, name: &str, value: Json) {
    if let Some(members) = body.as_object_mut() {
        members.insert(name.to_owned(), value);
    }
}
