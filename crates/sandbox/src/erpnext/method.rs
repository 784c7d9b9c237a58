//! Whitelisted methods: `/api/method/…` and `cmd`.

use portcullis_erp::value::{Map, Value};

use super::failure::{Failure, Message};
use super::identity;
use super::reply::Outcome;
use super::values::{Doc, field, parse, plain, text};
use super::world::{moment, shaped};
use super::{Turn, broken, chance, client, document, list, save};

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
    open("ping", USUAL, ping),
    open("frappe.ping", USUAL, ping),
    open("frappe.handler.ping", USUAL, ping),
    open("logout", USUAL, log_out),
    open("frappe.handler.logout", USUAL, log_out),
    open("frappe.handler.version", USUAL, version),
    open("frappe.client.get_time_zone", USUAL, time_zone),
    open("upload_file", POST, upload),
    open("frappe.handler.upload_file", POST, upload),
    open("download_file", USUAL, download),
    open("frappe.handler.download_file", USUAL, download),
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
    method("frappe.desk.reportview.get", USUAL, report_view),
    method("frappe.desk.reportview.get_count", USUAL, client::get_count),
    method("frappe.desk.search.search_link", USUAL, search_link),
    method("frappe.desk.form.load.getdoc", USUAL, get_doc),
    method("frappe.desk.query_report.run", USUAL, query_report),
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

fn report_view(turn: &mut Turn<'_>) -> Result<Outcome, Failure> {
    let doctype = turn.params.need("get", "doctype")?;
    let mut query = list::Query::read(turn, &doctype)?;
    query.start = turn
        .params
        .get("start")
        .map_or(0, |start| super::values::whole(Some(start)));
    query.length = turn
        .params
        .get("page_length")
        .map_or(20, |length| super::values::whole(Some(length)));
    query.order_by = query.order_by.or_else(|| Some("modified desc".to_owned()));
    query.as_rows = false;
    let rows = list::run(turn, &query)?;
    let rows = rows.as_list().unwrap_or_default();
    let Some(first) = rows.first().and_then(Value::as_map) else {
        return say(Value::List(Vec::new()));
    };
    let keys = list::names(first.keys().map(String::as_str));
    let values = rows
        .iter()
        .filter_map(Value::as_map)
        .map(|row| Value::List(row.values().cloned().collect()));
    let mut message = Map::new();
    message.insert("keys".to_owned(), keys);
    message.insert("values".to_owned(), Value::List(values.collect()));
    message.insert("user_info".to_owned(), Value::Map(Map::new()));
    say(message)
}

fn search_link(turn: &mut Turn<'_>) -> Result<Outcome, Failure> {
    let doctype = turn.params.need("search_link", "doctype")?;
    let wanted = turn.params.text("txt").unwrap_or_default().to_lowercase();
    let kind = turn.doctype(&doctype)?;
    if !turn.caller.may(kind, 'r') && !turn.caller.may(kind, 'l') {
        return Err(Failure::forbidden());
    }
    let world = turn.world()?;
    let mut found = Vec::new();
    for doc in world.all(&doctype) {
        let shown: Vec<String> = std::iter::once(kind.title_field.as_str())
            .chain(kind.search_fields.iter().map(|name| name.trim()))
            .map(|name| field(doc, name).to_owned())
            .filter(|value| !value.is_empty())
            .collect();
        let name = field(doc, "name");
        let hit = name.to_lowercase().contains(&wanted)
            || shown
                .iter()
                .any(|value| value.to_lowercase().contains(&wanted));
        if hit {
            let entry = [
                ("value", name.to_owned()),
                ("description", shown.join(", ")),
            ];
            let entry: Map = entry
                .into_iter()
                .map(|(key, value)| (key.to_owned(), text(value)))
                .collect();
            found.push(Value::Map(entry));
        }
        if found.len() >= 10 {
            break;
        }
    }
    drop(world);
    say(found)
}

fn get_doc(turn: &mut Turn<'_>) -> Result<Outcome, Failure> {
    let doctype = turn.params.need("getdoc", "doctype")?;
    let name = turn.params.need("getdoc", "name")?;
    let doc = document::readable(turn, &doctype, &name)?;
    let kind = turn.doctype(&doctype)?;
    let mut shown = document::shown(
        turn,
        kind,
        &doc,
        document::Nulls::Dropped,
        document::Levels::Reached,
    );
    if let Value::Map(shown) = &mut shown {
        let empty = ["addr_list", "contact_list", "dashboard_info"];
        let onload: Map = empty
            .map(|key| (key.to_owned(), Value::List(Vec::new())))
            .into_iter()
            .collect();
        shown.insert("__onload".to_owned(), Value::Map(onload));
    }
    let mut answer = Map::new();
    answer.insert("docs".to_owned(), Value::List(vec![shown]));
    answer.insert("docinfo".to_owned(), Value::Map(Map::new()));
    Ok(Outcome::Object(answer))
}

fn query_report(turn: &mut Turn<'_>) -> Result<Outcome, Failure> {
    let report = turn.params.need("run", "report_name")?;
    let words = format!("You don't have access to Report: {report}");
    Err(Failure::thrown(403, "PermissionError", words))
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
    // No new secret is ever made here: those in force come from the creator.
    let _user = turn.params.need("generate_keys", "user")?;
    Err(Failure::forbidden())
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

fn upload(turn: &mut Turn<'_>) -> Result<Outcome, Failure> {
    if turn.caller.is_guest() {
        return Err(Failure::forbidden());
    }
    let name = turn
        .params
        .file
        .as_ref()
        .map(|file| file.name.replace(['/', '\\'], ""));
    let may_be = |name: &str| {
        let kind = name.rsplit('.').next().unwrap_or_default().to_lowercase();
        matches!(
            kind.as_str(),
            "jpg"
                | "jpeg"
                | "png"
                | "pdf"
                | "txt"
                | "csv"
                | "doc"
                | "docx"
                | "xls"
                | "xlsx"
                | "odt"
                | "ods"
        )
    };
    if !turn.caller.is_system_user && name.as_deref().is_some_and(|name| !may_be(name)) {
        let words = "You can only upload JPG, PNG, PDF, TXT, CSV or Microsoft documents.";
        return Err(Failure::invalid(words));
    }
    if let Some(method) = turn
        .params
        .form
        .get("method")
        .map(|method| plain(Some(method)))
    {
        return call(turn, &method);
    }
    let form = |name: &str| {
        turn.params
            .form
            .get(name)
            .map(|value| plain(Some(value)))
            .unwrap_or_default()
    };
    let is_private = form("is_private") == "1";
    let content = turn
        .params
        .file
        .as_ref()
        .map(|file| file.content.clone())
        .unwrap_or_default();
    let mut values = Map::new();
    let mut put = |key: &str, value: Value| drop(values.insert(key.to_owned(), value));
    match &name {
        Some(name) => {
            let folder = if is_private {
                "/private/files/"
            } else {
                "/files/"
            };
            let kind = name.rsplit('.').next().unwrap_or_default().to_uppercase();
            put("file_name", text(name.as_str()));
            put("file_type", text(kind));
            put("file_url", text(format!("{folder}{name}")));
            put("content_hash", text(chance::hex(16)));
        }
        None => {
            let url = form("file_url");
            if url.starts_with("/private/") {
                let words = format!(
                    "[Errno 2] No such file or directory: './{}{url}'",
                    turn.erp.site
                );
                return Err(Failure::internal("", "FileNotFoundError", words));
            }
            put(
                "file_name",
                text(url.rsplit('/').next().unwrap_or_default()),
            );
            put("file_url", text(url));
        }
    }
    put("is_private", Value::Int(i64::from(is_private)));
    put(
        "file_size",
        Value::Int(i64::try_from(content.len()).unwrap_or(0)),
    );
    put("folder", text("Home"));
    let (attached, to) = (form("doctype"), form("docname"));
    if !attached.is_empty() {
        put("attached_to_doctype", text(attached));
        put("attached_to_name", text(to));
    }
    put("name", text(chance::hex(5)));
    for key in ["owner", "modified_by"] {
        put(key, text(turn.caller.user.as_str()));
    }
    for key in ["creation", "modified"] {
        put(key, text(moment(turn.now)));
    }
    let kind = turn.doctype("File")?;
    let doc: Doc = shaped(kind, values);
    let shown = document::shown(
        turn,
        kind,
        &doc,
        document::Nulls::Dropped,
        document::Levels::All,
    );
    let mut kept = doc;
    kept.insert(
        "content".to_owned(),
        text(String::from_utf8_lossy(&content).into_owned()),
    );
    turn.erp
        .world
        .write()
        .map_err(|_| broken())?
        .put("File", kept);
    say(shown)
}

fn download(turn: &mut Turn<'_>) -> Result<Outcome, Failure> {
    let url = turn.params.need("download_file", "file_url")?;
    let world = turn.world()?;
    let file = world
        .all("File")
        .find(|file| field(file, "file_url") == url);
    let file = file.ok_or_else(Failure::forbidden)?;
    if field(file, "owner") != turn.caller.user && !turn.caller.is_administrator() {
        return Err(Failure::forbidden());
    }
    let name = field(file, "file_name");
    let disposition = format!("attachment; filename={name}");
    let content = field(file, "content").as_bytes().to_vec();
    Ok(Outcome::Raw(
        200,
        "text/plain; charset=utf-8",
        content,
        vec![("Content-Disposition", disposition)],
    ))
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
