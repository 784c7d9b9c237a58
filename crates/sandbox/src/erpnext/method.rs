//! Whitelisted methods: `/api/method/…` and `cmd`.

use portcullis_erp::value::{Map, Value};

use super::failure::{Failure, Message};
use super::identity;
use super::reply::Outcome;
use super::values::{parse, text};
use super::{Turn, chance, client, document, list, oauth, save};

mod desk;
mod files;

pub(crate) use files::content;

/// The verbs that a method takes when it says nothing.
const USUAL: &[&str] = &["GET", "POST", "PUT", "DELETE"];
const WRITING: &[&str] = &["POST", "PUT"];
const POST: &[&str] = &["POST"];
const DELETING: &[&str] = &["DELETE", "POST"];

struct Method {
    name: &'static str,
    verbs: &'static [&'static str],
    guests: bool,
    run: fn(&mut Turn<'_>) -> Result<Outcome, Failure>,
}

const fn method(
    name: &'static str,
    verbs: &'static [&'static str],
    run: fn(&mut Turn<'_>) -> Result<Outcome, Failure>,
) -> Method {
    Method {
        name,
        verbs,
        guests: false,
        run,
    }
}

const fn open(
    name: &'static str,
    verbs: &'static [&'static str],
    run: fn(&mut Turn<'_>) -> Result<Outcome, Failure>,
) -> Method {
    Method {
        name,
        verbs,
        guests: true,
        run,
    }
}

const METHODS: &[Method] = &[
    open(
        "frappe.integrations.oauth2.openid_configuration",
        USUAL,
        oauth::configuration,
    ),
    open(
        "frappe.integrations.oauth2.authorize",
        USUAL,
        oauth::authorize,
    ),
    open(
        "frappe.integrations.oauth2.get_token",
        USUAL,
        oauth::get_token,
    ),
    open(
        "frappe.integrations.oauth2.revoke_token",
        USUAL,
        oauth::revoke_token,
    ),
    open(
        "frappe.integrations.oauth2.introspect_token",
        USUAL,
        oauth::introspect_token,
    ),
    method("frappe.integrations.oauth2.approve", USUAL, oauth::approve),
    method(
        "frappe.integrations.oauth2.openid_profile",
        USUAL,
        oauth::openid_profile,
    ),
    open("ping", USUAL, ping),
    open("frappe.ping", USUAL, ping),
    open("frappe.handler.ping", USUAL, ping),
    open("logout", USUAL, log_out),
    open("frappe.handler.logout", USUAL, log_out),
    open("frappe.handler.version", USUAL, version),
    open("frappe.client.get_time_zone", USUAL, time_zone),
    open("upload_file", POST, files::upload),
    open("frappe.handler.upload_file", POST, files::upload),
    open("download_file", USUAL, files::download),
    open("frappe.handler.download_file", USUAL, files::download),
    open(
        "frappe.core.doctype.user.user.reset_password",
        POST,
        reset_password,
    ),
    open("frappe.core.doctype.user.user.sign_up", USUAL, no_sign_up),
    open("frappe.www.login.send_login_link", USUAL, no_mail),
    method("frappe.auth.get_logged_user", USUAL, logged_user),
    method("frappe.utils.change_log.get_versions", USUAL, versions),
    method("frappe.client.get_list", USUAL, client::get_list),
    method("frappe.client.get_count", USUAL, client::get_count),
    method("frappe.client.get", USUAL, client::get),
    method("frappe.client.get_value", USUAL, client::get_value),
    method(
        "frappe.client.get_single_value",
        USUAL,
        client::get_single_value,
    ),
    method("frappe.client.get_password", USUAL, client::get_password),
    method("frappe.client.get_js", USUAL, client::get_js),
    method("frappe.client.validate_link", USUAL, client::validate_link),
    method(
        "frappe.client.has_permission",
        USUAL,
        client::has_permission,
    ),
    method("frappe.client.insert", WRITING, client::insert),
    method("frappe.client.insert_many", WRITING, client::insert_many),
    method("frappe.client.save", WRITING, client::save),
    method("frappe.client.set_value", WRITING, client::set_value),
    method("frappe.client.submit", WRITING, client::submit),
    method("frappe.client.cancel", WRITING, client::cancel),
    method("frappe.client.rename_doc", WRITING, client::rename_doc),
    method(
        "frappe.model.rename_doc.update_document_title",
        WRITING,
        client::rename_doc,
    ),
    method("frappe.client.delete", DELETING, client::delete),
    method("frappe.client.bulk_update", WRITING, client::bulk_update),
    method("frappe.desk.reportview.get", USUAL, desk::report_view),
    method("frappe.desk.reportview.get_count", USUAL, client::get_count),
    method("frappe.desk.search.search_link", USUAL, desk::search_link),
    method("frappe.desk.form.load.getdoc", USUAL, desk::get_doc),
    method("frappe.desk.query_report.run", USUAL, desk::query_report),
    method("frappe.core.doctype.user.user.get_roles", USUAL, get_roles),
    method(
        "frappe.core.doctype.user.user.generate_keys",
        USUAL,
        generate_keys,
    ),
    method("run_doc_method", USUAL, run_doc_method),
    method("frappe.handler.run_doc_method", USUAL, run_doc_method),
];

/// Runs the method of this name.
pub(crate) fn call(turn: &mut Turn<'_>, name: &str) -> Result<Outcome, Failure> {
    turn.sees(None, name);
    turn.seen.model = turn
        .params
        .text("doctype")
        .or_else(|| turn.params.text("dt"));
    let Some(method) = METHODS.iter().find(|method| method.name == name) else {
        return Err(unknown(name));
    };
    if turn.caller.is_guest() && !method.guests {
        return Err(Failure::not_whitelisted(name));
    }
    if !method.verbs.contains(&turn.verb()) {
        return Err(Failure::wrong_verb());
    }
    (method.run)(turn)
}

fn unknown(name: &str) -> Failure {
    let failed = |why: String| {
        Failure::invalid(format!(
            "Failed to get method for command {name} with {why}"
        ))
    };
    let Some((app, _)) = name.split_once('.') else {
        return failed(format!("'{name}'"));
    };
    if matches!(app, "frappe" | "erpnext") {
        return Failure::not_whitelisted(name);
    }
    let words = format!("App {app} is not installed");
    let first = Message {
        text: words.clone(),
        title: "Message",
        indicator: Some("red"),
        raised: Some(chance::hex(28)),
    };
    failed(words).with_message(first)
}

fn say(value: impl Into<Value>) -> Result<Outcome, Failure> {
    Ok(Outcome::Value(value.into()))
}

fn ping(_: &mut Turn<'_>) -> Result<Outcome, Failure> {
    say("pong")
}

fn log_out(turn: &mut Turn<'_>) -> Result<Outcome, Failure> {
    identity::log_out(turn).map(Outcome::Object)
}

fn logged_user(turn: &mut Turn<'_>) -> Result<Outcome, Failure> {
    say(turn.caller.user.as_str())
}

fn version(_: &mut Turn<'_>) -> Result<Outcome, Failure> {
    say("15.55.2")
}

fn versions(_: &mut Turn<'_>) -> Result<Outcome, Failure> {
    let apps = [
        ("frappe", "Frappe Framework", "15.55.2"),
        ("erpnext", "ERPNext", "15.90.0"),
    ];
    let apps = apps.map(|(app, title, version)| {
        let facts = [
            ("title", title),
            ("description", title),
            ("branch", ""),
            ("version", version),
        ];
        let facts: Map = facts
            .into_iter()
            .map(|(key, value)| (key.to_owned(), text(value)))
            .collect();
        (app.to_owned(), Value::Map(facts))
    });
    say(Map::from_iter(apps))
}

fn time_zone(_: &mut Turn<'_>) -> Result<Outcome, Failure> {
    say(Map::from_iter([("time_zone".to_owned(), text("UTC"))]))
}

fn reset_password(turn: &mut Turn<'_>) -> Result<Outcome, Failure> {
    identity::count_reset(turn)?;
    no_mail(turn)
}

fn no_mail(_: &mut Turn<'_>) -> Result<Outcome, Failure> {
    let words = "Please setup default Email Account from Settings > Email Account";
    Err(Failure::thrown(501, "OutgoingEmailError", words))
}

fn no_sign_up(_: &mut Turn<'_>) -> Result<Outcome, Failure> {
    Err(Failure::titled(
        417,
        "ValidationError",
        "Not Allowed",
        "Sign Up is disabled",
    ))
}

fn get_roles(turn: &mut Turn<'_>) -> Result<Outcome, Failure> {
    let user = turn
        .params
        .text("uid")
        .ok_or_else(|| Failure::internal("", "KeyError", "'uid'"))?;
    let caller = identity::caller_of(&*turn.world()?, &user);
    say(list::names(caller.roles.iter().map(String::as_str)))
}

fn generate_keys(turn: &mut Turn<'_>) -> Result<Outcome, Failure> {
    let user = turn.params.need("generate_keys", "user")?;
    if !turn.caller.has_role("System Manager") {
        return Err(Failure::forbidden());
    }
    let secret = chance::hex(15);
    let replaced = identity::replace_secret(turn, &user, &secret)?;
    if !replaced {
        let words = format!("User {user} not found");
        return Err(Failure::thrown(404, "DoesNotExistError", words));
    }
    say(Map::from_iter([("api_secret".to_owned(), text(&secret))]))
}

fn run_doc_method(turn: &mut Turn<'_>) -> Result<Outcome, Failure> {
    let method = turn.params.need("run_doc_method", "method")?;
    let doctype = turn.params.text("dt").unwrap_or_default();
    let name = turn.params.text("dn").unwrap_or_else(|| doctype.clone());
    let kind = turn.doctype(&doctype)?;
    if !turn.caller.may(kind, 'r') {
        let user = &turn.caller.user;
        let words = format!(
            "User <strong>{user}</strong> does not have doctype access via role permission for document \
             <strong>{doctype}</strong><br>User <strong>{user}</strong> does not have access to this document"
        );
        return Err(Failure::wrong_verb().with_message(Message::plain(words)));
    }
    document::readable(turn, &doctype, &name)?;
    match method.as_str() {
        "submit" => save::set_docstatus(turn, &doctype, &name, 1)?,
        "cancel" => save::set_docstatus(turn, &doctype, &name, 2)?,
        other => {
            let words = format!(
                "'{}' object has no attribute '{other}'",
                doctype.replace(' ', "")
            );
            return Err(Failure::internal("", "AttributeError", words));
        }
    };
    Ok(Outcome::Object(Map::new()))
}

/// A document that came as an argument, as JSON or as JSON inside a text.
pub(crate) fn given_doc(turn: &Turn<'_>, function: &str, name: &str) -> Result<Map, Failure> {
    match turn.params.get(name) {
        Some(Value::Map(map)) => Ok(map.clone()),
        Some(Value::Text(inner)) => match parse(inner.as_bytes()) {
            Ok(Value::Map(map)) => Ok(map),
            Ok(_) => Err(Failure::internal(
                "",
                "ValueError",
                "First non keyword argument must be a string or dict",
            )),
            Err(_) => Err(Failure::not_json(inner.as_bytes())),
        },
        Some(_) => Err(Failure::internal(
            "",
            "ValueError",
            "First non keyword argument must be a string or dict",
        )),
        None => Err(Failure::missing_argument(function, name)),
    }
}
