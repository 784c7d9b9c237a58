//! The last room: the answer in the caller's dialect. The only file with status codes.

mod batch;
mod body;
mod file;

use std::fmt::Write as _;

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use http_body::Body as _;
use portcullis_audit::RequestId;
use portcullis_erp::dialect::Written;
use portcullis_erp::visit::Page;
use portcullis_erp::{Dialect, FaultKind};
use portcullis_policy::Refusal;

use crate::approve::NoLeave;
use crate::denial::{Denial, Why};
use crate::dry_run;
use crate::filter::{Filtered, Outcome};
use crate::limit::Allowance;
use crate::once::NoTurn;
use crate::sessions::cookie;
use crate::trail::Trail;

pub(crate) use batch::batch;
pub use body::Body;

/// What goes back over the wire.
pub type Response = http::Response<Body>;

/// Under which name the caller is told the id of its request.
const REQUEST: HeaderName = HeaderName::from_static("x-request-id");

/// Says which cap is the limit of the answer's rows, such as `page=500`.
const CAP: HeaderName = HeaderName::from_static("x-portcullis-cap");

/// Tells why a call is refused, where the caller's role says that it may know.
const REASON: HeaderName = HeaderName::from_static("x-portcullis-reason");

/// Tells the token against forged requests, under the name by which it comes back.
const CSRF: HeaderName = HeaderName::from_static("x-frappe-csrf-token");

/// Says that the answer was given before, and that nothing was done now.
const REPEATED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// Names the approval that a call waits for, or that was denied to it.
const APPROVAL: HeaderName = HeaderName::from_static("x-approval");

/// What a dry run tells of a call that would be sent.
const ALLOWED: &str = "allowed";

/// Writes a clean answer, or the ERP's own fault, for the caller.
///
/// # Errors
/// When the answer is larger than the caller's role allows.
pub fn with(filtered: Filtered, trail: &Trail) -> Result<Response, Denial> {
    let Filtered {
        outcome,
        reply,
        allowance,
        paged,
        most,
    } = filtered;
    let mut response = match outcome {
        Outcome::Page(clean, headers) => controlled(clean.into_page(), headers),
        Outcome::Clean(clean) => {
            let manner = reply.rest.as_deref();
            match (
                manner.and_then(|manner| manner.fault_in(clean.value())),
                clean.capped(),
            ) {
                (Some(fault), _) => {
                    finish(reply.write_fault(&fault.of_request(trail.request().to_string())))
                }
                (None, Some(most)) => finish(reply.write_cut(clean.value(), most)),
                (None, None) => finish(reply.write_answer(clean.value())),
            }
        }
        Outcome::Here(value) => finish(reply.write_answer(&value)),
        Outcome::Acted(acted) => {
            let mut response = finish(reply.write_answer(&acted.value));
            if let Some(csrf) = acted.csrf {
                set(&mut response, CSRF, &csrf);
            }
            for cookie in acted.cookies {
                if let Ok(cookie) = HeaderValue::from_str(&cookie) {
                    response.headers_mut().append(header::SET_COOKIE, cookie);
                }
            }
            response
        }
        Outcome::Fault(fault) => {
            let request = trail.request().to_string();
            finish(reply.write_fault(&fault.of_request(request)))
        }
        Outcome::File(released, opened) => file::handed_on(&released, opened),
    };
    if let Some(most) = most
        && response.body().size_hint().lower() > u64::from(most.bytes)
    {
        return Err(Denial::to(reply, Why::TooMuch(most)));
    }
    if let Some(cap) = paged {
        set(&mut response, CAP, &cap.to_string());
    }
    if let Some(Allowance {
        limit,
        remaining,
        reset,
    }) = allowance
    {
        rate(&mut response, limit, remaining, reset);
    }
    Ok(response)
}

/// The page of a custom controller.
fn controlled(page: Page, headers: HeaderMap) -> Response {
    let content_type = HeaderValue::from_str(page.content_type()).ok();
    let mut response = finish(Written {
        status: page.status(),
        content_type: "application/octet-stream",
        headers: Vec::new(),
        body: page.into_body(),
    });
    let own = response.headers_mut();
    match content_type {
        Some(value) if !value.is_empty() => own.insert(header::CONTENT_TYPE, value),
        Some(_) | None => own.remove(header::CONTENT_TYPE),
    };
    own.extend(headers);
    response
}

/// Writes a denial for the caller: in its dialect where that is known, else as plain text.
pub(crate) fn denied(denial: &Denial, request: RequestId) -> Response {
    let fault = denial.fault().of_request(request.to_string());
    let mut response = match (denial.why(), denial.reply()) {
        // A failed log-in is an answer in the dialects that have one: `false`.
        (Why::LoginFailed, Some(reply)) if says_false(reply.dialect) => {
            finish(reply.write_answer(&portcullis_erp::Value::Bool(false)))
        }
        (_, Some(reply)) => finish(reply.write_fault(&fault)),
        (_, None) => finish(plain(fault.kind, &fault.message)),
    };
    if let (Why::Expired, Some(reply)) = (denial.why(), denial.reply()) {
        // Whoever still has the cookie could not show a key beside it.
        for cookie in cookie::over(reply.dialect) {
            if let Ok(cookie) = HeaderValue::from_str(&cookie) {
                response.headers_mut().append(header::SET_COOKIE, cookie);
            }
        }
    }
    match denial.why() {
        Why::Verb(verbs) => {
            set(&mut response, header::ALLOW, &verbs.join(", "));
            set(&mut response, header::CONNECTION, "close");
        }
        Why::Unoffered(verbs) => set(&mut response, header::ALLOW, &verbs.join(", ")),
        // The body of these may not have been read: what follows on the wire is no request.
        Why::Paced(wait) => {
            set(&mut response, header::RETRY_AFTER, &wait.to_string());
            set(&mut response, header::CONNECTION, "close");
        }
        Why::Held(wait) => set(&mut response, header::RETRY_AFTER, &wait.to_string()),
        Why::Limited(wait) => {
            set(
                &mut response,
                header::RETRY_AFTER,
                &wait.seconds.to_string(),
            );
            rate(&mut response, wait.burst, 0, wait.seconds);
        }
        Why::Blind
        | Why::Unschooled
        | Why::Unrecorded
        | Why::NoTurn(NoTurn::Running | NoTurn::Unavailable) => {
            set(&mut response, header::RETRY_AFTER, "1");
        }
        Why::NoLeave(NoLeave::Waits(id) | NoLeave::Rejected { id, .. }) => {
            set(&mut response, APPROVAL, &id.to_string());
        }
        Why::NoLeave(NoLeave::Unavailable) => set(&mut response, header::RETRY_AFTER, "1"),
        Why::NoTurn(NoTurn::Full) => set(&mut response, header::RETRY_AFTER, "3600"),
        Why::Malformed(_) | Why::NotFromHere | Why::NotServed => {
            set(&mut response, header::CONNECTION, "close")
        }
        // A route that is closed to its caller looks like none, in every header.
        Why::Refused(_) if denial.is_nowhere() => {
            set(&mut response, header::CONNECTION, "close");
        }
        Why::Refused(refusal) if refusal.told => {
            set(&mut response, REASON, &reason(refusal));
        }
        Why::Unreadable(fault) if matches!(fault.kind, FaultKind::TooLarge) => {
            set(&mut response, header::CONNECTION, "close");
        }
        Why::Unreadable(_)
        | Why::Stranger
        | Why::TwoUsers
        | Why::Unidentified
        | Why::LoginFailed
        | Why::SecondFactor
        | Why::Expired
        | Why::Forged
        | Why::Clear
        | Why::PasswordSent
        | Why::SecretSent
        | Why::Late(_)
        | Why::Repeated
        | Why::Absent
        | Why::Refused(_)
        | Why::Unfit(_)
        | Why::Unreachable
        | Why::Lost
        | Why::Renewed
        | Why::Slow(_)
        | Why::NoLeave(NoLeave::Full | NoLeave::Large(_))
        | Why::NoTurn(NoTurn::Reused | NoTurn::Unknown | NoTurn::Unkept)
        | Why::Unsayable(_)
        | Why::GuardRefused(_)
        | Why::Unclean
        | Why::TooMuch(_)
        | Why::Panicked => {}
    }
    response
}

/// `field; rule="web-shop/companies"`: what a rule is called may be any text.
fn reason(refusal: &Refusal) -> String {
    let mut text = refusal.reason.as_str().to_owned();
    if let Some(rule) = &refusal.rule {
        text.push_str("; rule=\"");
        for byte in rule.bytes() {
            match byte {
                b'"' | b'\\' | b'%' | 0..=0x1f | 0x7f.. => {
                    // INVARIANT: a text takes everything.
                    write!(text, "%{byte:02X}").unwrap_or_default();
                }
                plain => text.push(char::from(plain)),
            }
        }
        text.push('"');
    }
    text
}

/// Whether a dialect answers `false` to a failed log-in.
fn says_false(dialect: Dialect) -> bool {
    matches!(
        dialect,
        Dialect::XmlRpc1 | Dialect::XmlRpc2 | Dialect::JsonRpc
    )
}

fn plain(kind: FaultKind, message: &str) -> Written {
    Written {
        status: status(kind).as_u16(),
        content_type: "text/plain; charset=utf-8",
        headers: Vec::new(),
        body: format!("{message}\n").into_bytes(),
    }
}

/// The status of a refusal to somebody whose dialect is not known.
fn status(kind: FaultKind) -> StatusCode {
    match kind {
        FaultKind::AccessDenied | FaultKind::Stranger | FaultKind::SessionExpired => {
            StatusCode::UNAUTHORIZED
        }
        FaultKind::AccessError => StatusCode::FORBIDDEN,
        FaultKind::MissingRecord
        | FaultKind::UnknownModel
        | FaultKind::UnknownMethod
        | FaultKind::NotFound => StatusCode::NOT_FOUND,
        FaultKind::Validation
        | FaultKind::User
        | FaultKind::BadArguments
        | FaultKind::BadValue
        | FaultKind::Capped
        | FaultKind::KeyReused => StatusCode::UNPROCESSABLE_ENTITY,
        FaultKind::Malformed | FaultKind::Forged => StatusCode::BAD_REQUEST,
        FaultKind::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        FaultKind::ContentType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        FaultKind::Verb => StatusCode::METHOD_NOT_ALLOWED,
        FaultKind::Conflict | FaultKind::Underway | FaultKind::Waiting => StatusCode::CONFLICT,
        FaultKind::Stale => StatusCode::PRECONDITION_FAILED,
        FaultKind::Unconditional => StatusCode::PRECONDITION_REQUIRED,
        FaultKind::TooMany => StatusCode::TOO_MANY_REQUESTS,
        FaultKind::Unreachable => StatusCode::SERVICE_UNAVAILABLE,
        FaultKind::Unknown => StatusCode::BAD_GATEWAY,
        FaultKind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

fn finish(written: Written) -> Response {
    let mut response = http::Response::new(Body::from(written.body));
    *response.status_mut() =
        StatusCode::from_u16(written.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.reserve(8);
    if written.status != 204 && written.status != 304 {
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static(written.content_type),
        );
    }
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    for (name, value) in written.headers {
        if let (Ok(name), Ok(value)) = (
            HeaderName::from_bytes(name.as_bytes()),
            HeaderValue::from_str(&value),
        ) {
            headers.insert(name, value);
        }
    }
    response
}

/// Tells the caller the id under which its request is recorded, and whether it was answered
/// before.
pub(crate) fn sign(response: &mut Response, request: RequestId, is_repeated: bool) {
    set(response, REQUEST, &request.to_string());
    if is_repeated {
        set(response, REPEATED, "true");
    }
}

/// Tells whoever asked for a dry run that it was one, and whether the call would be allowed.
pub(crate) fn tried(response: &mut Response, is_allowed: bool) {
    let told = if is_allowed { ALLOWED } else { "refused" };
    set(response, dry_run::NAME, told);
}

/// Whether an answer tells that its call would be allowed.
pub(crate) fn is_allowed(response: &Response) -> bool {
    let told = response.headers().get(dry_run::NAME);
    told.is_some_and(|told| told.as_bytes() == ALLOWED.as_bytes())
}

fn rate(response: &mut Response, limit: u32, remaining: u32, reset: u64) {
    let headers = response.headers_mut();
    headers.insert(
        HeaderName::from_static("ratelimit-limit"),
        HeaderValue::from(limit),
    );
    headers.insert(
        HeaderName::from_static("ratelimit-remaining"),
        HeaderValue::from(remaining),
    );
    headers.insert(
        HeaderName::from_static("ratelimit-reset"),
        HeaderValue::from(reset),
    );
}

fn set(response: &mut Response, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

/// Sends a client elsewhere, for good, with the same verb.
pub(crate) fn elsewhere(address: &str) -> Response {
    let mut response = page(StatusCode::PERMANENT_REDIRECT, "come by https\n");
    set(&mut response, header::LOCATION, address);
    response
}

/// A small page of the gateway's own.
pub(crate) fn page(status: StatusCode, text: &'static str) -> Response {
    finish(Written {
        status: status.as_u16(),
        content_type: "text/plain; charset=utf-8",
        headers: Vec::new(),
        body: text.as_bytes().to_vec(),
    })
}
