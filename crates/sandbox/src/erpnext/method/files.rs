//! Files: sent and fetched.

use portcullis_erp::value::{Map, Value};

use super::{call, say};
use crate::erpnext::failure::Failure;
use crate::erpnext::reply::Outcome;
use crate::erpnext::values::{Doc, field, plain, text};
use crate::erpnext::world::{moment, shaped};
use crate::erpnext::{Turn, broken, chance, document};

pub(crate) fn upload(turn: &mut Turn<'_>) -> Result<Outcome, Failure> {
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
    kept.insert("content".to_owned(), Value::Bytes(content));
    turn.erp
        .world
        .write()
        .map_err(|_| broken())?
        .put("File", kept);
    say(shown)
}

pub(crate) fn download(turn: &mut Turn<'_>) -> Result<Outcome, Failure> {
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
    let disposition = format!(
        "attachment; filename={}",
        name.replace(|c: char| !c.is_ascii_graphic(), "_")
    );
    let content = content(file);
    Ok(Outcome::Raw(
        200,
        kind_of(name),
        content,
        vec![("Content-Disposition", disposition)],
    ))
}

/// The bytes of a file.
pub(crate) fn content(file: &Doc) -> Vec<u8> {
    match file.get("content") {
        Some(Value::Bytes(bytes)) => bytes.clone(),
        _ => Vec::new(),
    }
}

/// What is said of a file's type, by its name alone.
fn kind_of(name: &str) -> &'static str {
    match name.rsplit('.').next().unwrap_or_default() {
        "csv" => "text/csv; charset=utf-8",
        "html" => "text/html; charset=utf-8",
        "pdf" => "application/pdf",
        "png" => "image/png",
        "svg" => "image/svg+xml; charset=utf-8",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/unknown",
    }
}
