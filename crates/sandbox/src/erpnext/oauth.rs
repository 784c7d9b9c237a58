//! The OAuth provider, with the holes that the real one has: clients are not authenticated,
//! scopes are not enforced, refresh tokens are not rotated, introspection is open to guests.

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use portcullis_erp::value::{Map, Value, to_json};

use super::failure::{Failure, Message};
use super::identity::{self, cookie};
use super::reply::Outcome;
use super::values::{field, plain, text};
use super::{Turn, broken, chance, list, pages};

/// How long a token lives, in seconds.
const LIFE: i64 = 3_600;

/// Codes and tokens that were given.
#[derive(Default)]
pub(crate) struct Grants {
    codes: HashMap<String, Code>,
    tokens: HashMap<String, Token>,
}

struct Code {
    client: String,
    user: String,
    scope: String,
    redirect: String,
    challenge: Option<(String, bool)>,
}

#[derive(Clone)]
struct Token {
    client: String,
    user: String,
    scope: String,
    refresh: String,
    until: i64,
    is_active: bool,
}

impl Grants {
    /// The user of a live access token.
    pub(crate) fn user(&self, access: &str, now: i64) -> Option<&str> {
        let token = self.tokens.get(access)?;
        (token.is_active && now < token.until).then_some(token.user.as_str())
    }
}

type Refusal = Result<Outcome, Failure>;

fn refused(error: &str) -> Refusal {
    let body = Map::from_iter([("error".to_owned(), text(error))]);
    Ok(Outcome::Status(400, body))
}

fn fatal(error: &str, description: &str) -> Refusal {
    let mut body = Map::new();
    body.insert("description".to_owned(), text(description));
    body.insert("status_code".to_owned(), Value::Int(400));
    body.insert("error".to_owned(), text(error));
    Ok(Outcome::Status(400, body))
}

fn issuer(turn: &Turn<'_>) -> String {
    format!(
        "http://{}",
        turn.request.header("host").unwrap_or("localhost")
    )
}

pub(crate) fn configuration(turn: &mut Turn<'_>) -> Refusal {
    let issuer = issuer(turn);
    let mut body = Map::from_iter([("issuer".to_owned(), text(issuer.as_str()))]);
    for (key, method) in [
        ("authorization_endpoint", "authorize"),
        ("token_endpoint", "get_token"),
        ("userinfo_endpoint", "openid_profile"),
        ("revocation_endpoint", "revoke_token"),
        ("introspection_endpoint", "introspect_token"),
    ] {
        let url = format!("{issuer}/api/method/frappe.integrations.oauth2.{method}");
        body.insert(key.to_owned(), text(url));
    }
    let kinds = [
        "code",
        "token",
        "code id_token",
        "code token id_token",
        "id_token",
        "id_token token",
    ];
    body.insert("response_types_supported".to_owned(), list::names(kinds));
    body.insert(
        "subject_types_supported".to_owned(),
        list::names(["public"]),
    );
    body.insert(
        "id_token_signing_alg_values_supported".to_owned(),
        list::names(["HS256"]),
    );
    Ok(Outcome::Object(body))
}

/// What is wrong with a wish for a code, if anything is.
fn unfit(turn: &Turn<'_>) -> Result<Option<Refusal>, Failure> {
    let param = |name: &str| turn.params.text(name).unwrap_or_default();
    let redirect = turn.params.text("redirect_uri");
    let redirect = redirect.ok_or_else(|| Failure::internal("", "KeyError", "'redirect_uri'"))?;
    let world = turn.world()?;
    let Some(client) = world.get("OAuth Client", &param("client_id")) else {
        return Ok(Some(fatal(
            "invalid_request",
            "Invalid client_id parameter value.",
        )));
    };
    if !field(client, "redirect_uris")
        .split_whitespace()
        .any(|known| known == redirect)
    {
        return Ok(Some(fatal("invalid_request", "Mismatching redirect URI.")));
    }
    let scopes = field(client, "scopes");
    let is_known = |scope: &str| scopes.split_whitespace().any(|known| known == scope);
    if !param("scope").split_whitespace().all(is_known) {
        return Ok(Some(fatal("invalid_scope", "")));
    }
    Ok(match param("response_type").as_str() {
        "code" => None,
        "id_token token" => return Err(Failure::absent("User", "None")),
        _ => Some(fatal("unauthorized_client", "")),
    })
}

pub(crate) fn authorize(turn: &mut Turn<'_>) -> Refusal {
    if turn.caller.is_guest() {
        let here = format!(
            "{}{}?{}",
            issuer(turn),
            turn.request.path,
            turn.request.query
        );
        let here = percent_encoding::utf8_percent_encode(&here, percent_encoding::NON_ALPHANUMERIC);
        return Ok(Outcome::Redirect(302, format!("/login?redirect-to={here}")));
    }
    if let Some(refusal) = unfit(turn)? {
        return refusal;
    }
    let page = pages::consent(&turn.request.query);
    Ok(Outcome::Raw(
        200,
        super::reply::HTML,
        page.into_bytes(),
        Vec::new(),
    ))
}

pub(crate) fn approve(turn: &mut Turn<'_>) -> Refusal {
    // The user is taken from a cookie that the client sets: so does the real server.
    let user = cookie(turn, "user_id");
    if let Some(refusal) = unfit(turn)? {
        return refusal;
    }
    let user = user.ok_or_else(|| Failure::internal("", "KeyError", "'user_id'"))?;
    let param = |name: &str| turn.params.text(name);
    let redirect = param("redirect_uri").unwrap_or_default();
    let hashed = param("code_challenge_method").is_some_and(|method| method == "S256");
    let code = chance::token();
    let given = Code {
        client: param("client_id").unwrap_or_default(),
        user,
        scope: param("scope").unwrap_or_default(),
        redirect: redirect.clone(),
        challenge: param("code_challenge").map(|challenge| (challenge, hashed)),
    };
    turn.erp
        .grants
        .lock()
        .map_err(|_| broken())?
        .codes
        .insert(code.clone(), given);
    let state = param("state")
        .map(|state| format!("&state={state}"))
        .unwrap_or_default();
    Ok(Outcome::Redirect(
        302,
        format!("{redirect}?code={code}{state}"),
    ))
}

pub(crate) fn get_token(turn: &mut Turn<'_>) -> Refusal {
    if turn.verb() != "POST" {
        return fatal(
            "invalid_request",
            &format!("Unsupported request method {}", turn.verb()),
        );
    }
    let form = |name: &str| {
        turn.params
            .form
            .get(name)
            .map(|value| plain(Some(value)))
            .unwrap_or_default()
    };
    match form("grant_type").as_str() {
        "authorization_code" => by_code(turn),
        "refresh_token" => by_refresh(turn, &form("refresh_token")),
        "password" => {
            let (user, password, client) = (form("username"), form("password"), form("client_id"));
            if !turn
                .erp
                .sessions
                .lock()
                .map_err(|_| broken())?
                .is_password(&user, &password)
            {
                let mut failure = Failure::login("Invalid login credentials");
                failure.clears_cookies = true;
                return Err(failure);
            }
            let scope = form("scope");
            let scope = if scope.is_empty() {
                "all openid".to_owned()
            } else {
                scope
            };
            give(turn, client, user, scope, None)
        }
        "client_credentials" => refused("unauthorized_client"),
        _ => refused("unsupported_grant_type"),
    }
}

fn by_code(turn: &Turn<'_>) -> Refusal {
    let form = |name: &str| {
        turn.params
            .form
            .get(name)
            .map(|value| plain(Some(value)))
            .unwrap_or_default()
    };
    let (client, asked) = (form("client_id"), form("code"));
    if !turn.world()?.has("OAuth Client", &client) {
        return Err(Failure::absent("OAuth Client", &client));
    }
    let mut grants = turn.erp.grants.lock().map_err(|_| broken())?;
    let Some(code) = grants.codes.get(&asked) else {
        return refused("invalid_grant");
    };
    if cookie(turn, "user_id").is_some_and(|user| user != code.user) {
        return refused("invalid_client");
    }
    if code.redirect != form("redirect_uri") {
        let mut body = Map::from_iter([("error".to_owned(), text("invalid_request"))]);
        body.insert(
            "error_description".to_owned(),
            text("Mismatching redirect URI."),
        );
        return Ok(Outcome::Status(400, body));
    }
    let verifier = form("code_verifier");
    if let Some((challenge, hashed)) = &code.challenge {
        let proof = if *hashed {
            let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, verifier.as_bytes());
            URL_SAFE_NO_PAD.encode(digest)
        } else {
            verifier.clone()
        };
        if proof != *challenge {
            if verifier.is_empty() {
                grants.codes.remove(&asked); // A wrong verifier leaves the code alive.
            }
            return refused("invalid_grant");
        }
    }
    let Some(code) = grants.codes.remove(&asked) else {
        return refused("invalid_grant");
    };
    drop(grants);
    let id_token = id_token(turn, &code)?;
    give(turn, code.client, code.user, code.scope, Some(id_token))
}

fn by_refresh(turn: &Turn<'_>, refresh: &str) -> Refusal {
    let found = {
        let grants = turn.erp.grants.lock().map_err(|_| broken())?;
        let mut tokens = grants.tokens.values();
        tokens
            .find(|token| token.refresh == refresh && token.is_active)
            .cloned()
    };
    let Some(token) = found else {
        let name = format!("{{'refresh_token': '{refresh}', 'status': 'Active'}}");
        return Err(Failure::absent("OAuth Bearer Token", &name));
    };
    give(turn, token.client, token.user, token.scope, None)
}

fn give(
    turn: &Turn<'_>,
    client: String,
    user: String,
    scope: String,
    id_token: Option<String>,
) -> Refusal {
    let (access, refresh) = (chance::token(), chance::token());
    let mut body = Map::new();
    body.insert("access_token".to_owned(), text(access.as_str()));
    body.insert("expires_in".to_owned(), Value::Int(LIFE));
    body.insert("token_type".to_owned(), text("Bearer"));
    body.insert("scope".to_owned(), text(scope.as_str()));
    body.insert("refresh_token".to_owned(), text(refresh.as_str()));
    if let Some(id_token) = id_token {
        body.insert("id_token".to_owned(), text(id_token));
    }
    let until = turn.now.saturating_add(LIFE.saturating_mul(1_000_000));
    let token = Token {
        client,
        user,
        scope,
        refresh,
        until,
        is_active: true,
    };
    turn.erp
        .grants
        .lock()
        .map_err(|_| broken())?
        .tokens
        .insert(access, token);
    Ok(Outcome::Object(body))
}

/// A token about the user whose signature is chance: nobody here has a key to sign with.
fn id_token(turn: &Turn<'_>, code: &Code) -> Result<String, Failure> {
    let mut claims = profile(turn, &code.user)?;
    claims.insert("aud".to_owned(), text(code.client.as_str()));
    let now = turn.now / 1_000_000;
    claims.insert("iat".to_owned(), Value::Int(now));
    claims.insert("exp".to_owned(), Value::Int(now.saturating_add(LIFE)));
    let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    let head = encode(br#"{"alg":"HS256","typ":"jwt"}"#);
    let claims = encode(&to_json(&Value::Map(claims)));
    Ok(format!(
        "{head}.{claims}.{}",
        encode(chance::hex(16).as_bytes())
    ))
}

fn profile(turn: &Turn<'_>, user: &str) -> Result<Map, Failure> {
    let world = turn.world()?;
    let doc = world
        .get("User", user)
        .ok_or_else(|| Failure::absent("User", user))?;
    let logins = doc
        .get("social_logins")
        .and_then(Value::as_list)
        .unwrap_or_default();
    let login = logins.first().and_then(Value::as_map);
    let mut profile = Map::new();
    let mut put = |key: &str, value: Value| drop(profile.insert(key.to_owned(), value));
    put(
        "sub",
        text(login.map(|row| field(row, "userid")).unwrap_or_default()),
    );
    put("name", text(field(doc, "full_name")));
    put("given_name", text(field(doc, "first_name")));
    put(
        "family_name",
        doc.get("last_name").cloned().unwrap_or_default(),
    );
    put("email", text(field(doc, "email")));
    put(
        "picture",
        doc.get("user_image").cloned().unwrap_or_default(),
    );
    let roles = identity::caller_of(&world, user).roles;
    put("roles", list::names(roles.iter().map(String::as_str)));
    put("iss", text(issuer(turn)));
    Ok(profile)
}

pub(crate) fn openid_profile(turn: &mut Turn<'_>) -> Refusal {
    let header = turn.request.header("authorization").unwrap_or_default();
    if !header.to_ascii_lowercase().starts_with("bearer ") {
        return Err(Failure::absent("OAuth Bearer Token", "None"));
    }
    profile(turn, &turn.caller.user).map(Outcome::Object)
}

pub(crate) fn revoke_token(turn: &mut Turn<'_>) -> Refusal {
    let asked = turn.params.text("token").unwrap_or_default();
    let mut grants = turn.erp.grants.lock().map_err(|_| broken())?;
    match grants.tokens.get_mut(&asked) {
        Some(token) => {
            token.is_active = false;
            Ok(Outcome::Object(Map::new()))
        }
        None => Err(Failure::absent("OAuth Client", "None")),
    }
}

pub(crate) fn introspect_token(turn: &mut Turn<'_>) -> Refusal {
    let asked = turn.params.text("token").unwrap_or_default();
    let found = {
        let grants = turn.erp.grants.lock().map_err(|_| broken())?;
        let by_refresh = || grants.tokens.values().find(|token| token.refresh == asked);
        grants.tokens.get(&asked).or_else(by_refresh).cloned()
    };
    let Some(token) = found else {
        let words = format!("OAuth Bearer Token {{'access_token': '{asked}'}} not found");
        let raised = Some(chance::hex(28));
        turn.messages.push(Message {
            text: words,
            title: "Message",
            indicator: Some("red"),
            raised,
        });
        let body = Map::from_iter([("active".to_owned(), Value::Bool(false))]);
        return Ok(Outcome::Object(body));
    };
    let mut body = Map::new();
    body.insert("client_id".to_owned(), text(token.client.as_str()));
    body.insert("trusted_client".to_owned(), Value::Int(0));
    body.insert(
        "active".to_owned(),
        Value::Bool(token.is_active && turn.now < token.until),
    );
    body.insert("exp".to_owned(), Value::Int(token.until / 1_000_000));
    body.insert("scope".to_owned(), text(token.scope.as_str()));
    body.extend(profile(turn, &token.user)?);
    Ok(Outcome::Object(body))
}
