//! What one logs in with: second factors, recovery codes, the password.

use http::StatusCode;
use portcullis_identity::{RecoveryCode, Secret, Timestamp};
use serde_json::{Value as Json, json};

use super::session::{forgotten, pending};
use super::{Answer, Request, asked};
use crate::desk::{Desk, Enrolled, Known};
use crate::refused::Refused;

type Answered = Result<Answer, Refused>;

/// The longest name of a passkey, in characters.
const LABEL: usize = 64;

/// `POST factors/totp`.
pub(super) async fn begin_totp(
    desk: &Desk,
    known: &Known,
    request: Request<'_>,
    now: Timestamp,
) -> Answered {
    asked::nothing(request)?;
    desk.may_enrol(known, now)?;
    let (slip, totp) = desk.begin_totp(&known.administrator.name, now).await?;
    let slip = slip.expose(str::to_owned);
    let body = totp.expose(|uri, secret| json!({ "slip": slip, "uri": uri, "secret": secret }))?;
    Ok(Answer::json(StatusCode::OK, body))
}

/// `POST factors/totp/confirm`.
pub(super) async fn finish_totp(
    desk: &Desk,
    known: &Known,
    request: Request<'_>,
    now: Timestamp,
) -> Answered {
    let asked: asked::Confirmation = asked::read(request)?;
    desk.may_enrol(known, now)?;
    let name = &known.administrator.name;
    let enrolled = desk
        .finish_totp((name, Some(known)), &asked.slip, &asked.code, now)
        .await?;
    Ok(Answer::json(StatusCode::CREATED, told(&enrolled)))
}

/// `POST factors/passkey`.
pub(super) async fn begin_passkey(
    desk: &Desk,
    known: &Known,
    request: Request<'_>,
    now: Timestamp,
) -> Answered {
    asked::nothing(request)?;
    let asks = desk.begin_registration(known, now).await?;
    Ok(Answer::json(StatusCode::OK, pending(&asks)))
}

/// `POST factors/passkey/confirm`.
pub(super) async fn finish_passkey(
    desk: &Desk,
    known: &Known,
    request: Request<'_>,
    now: Timestamp,
) -> Answered {
    let asked: asked::Registration<'_> = asked::read(request)?;
    let label = asked.label.as_deref().unwrap_or("passkey");
    if label.chars().count() > LABEL || label.chars().any(char::is_control) {
        return Err(Refused::Malformed("`label` has up to 64 characters"));
    }
    let shown = (asked.slip.as_str(), asked.credential.get());
    let enrolled = desk.finish_registration(known, shown, label, now).await?;
    Ok(Answer::json(StatusCode::CREATED, told(&enrolled)))
}

/// `DELETE factors/{id}`.
pub(super) async fn remove(
    desk: &Desk,
    known: &Known,
    request: Request<'_>,
    id: &str,
    now: Timestamp,
) -> Answered {
    asked::nothing(request)?;
    desk.remove_factor(known, id, now).await?;
    Ok(Answer::json(StatusCode::OK, json!({ "removed": id })))
}

/// `POST recovery-codes`.
pub(super) async fn recovery_codes(
    desk: &Desk,
    known: &Known,
    request: Request<'_>,
    now: Timestamp,
) -> Answered {
    asked::nothing(request)?;
    let codes = desk.own_recovery_codes(known, now).await?;
    let body = json!({ "recovery-codes": texts(&codes) });
    Ok(Answer::json(StatusCode::CREATED, body))
}

/// `POST password`.
pub(super) async fn change_password(
    desk: &Desk,
    known: &Known,
    request: Request<'_>,
    now: Timestamp,
) -> Answered {
    let asked: asked::Passwords = asked::read(request)?;
    let (old, new) = (Secret::new(asked.old), Secret::new(asked.new));
    desk.change_password(known, old, new, request.from, now)
        .await?;
    forgotten(Answer::json(StatusCode::OK, json!({ "changed": true })))
}

fn told(enrolled: &Enrolled) -> Json {
    let mut body = json!({ "id": enrolled.id });
    if let (Some(members), false) = (body.as_object_mut(), enrolled.recovery.is_empty()) {
        members.insert("recovery-codes".to_owned(), texts(&enrolled.recovery));
    }
    body
}

fn texts(codes: &[RecoveryCode]) -> Json {
    codes
        .iter()
        .map(|code| code.expose(str::to_owned))
        .collect()
}
