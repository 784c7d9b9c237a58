//! Files: `upload_file`, and the paths and methods that hand a file out.
//!
//! Both become calls on the DocType `File`: `upload_file` is the making of one, tied to the
//! document that it is attached to, and `download_file` is the reading of its bytes.

use super::{bad, document, multipart, required};
use crate::call::Call;
use crate::dialect::Inbound;
use crate::dialect::media::Media;
use crate::fault::{Fault, FaultKind};
use crate::limits::Limits;
use crate::value::{Map, Value};

/// The longest name of a file (as Frappe's own field has it).
const LONGEST: usize = 140;

/// The methods that hand out a file. Which of them there are depends on the version.
const DOWNLOADS: &[&str] = &[
    "download_file",
    "frappe.handler.download_file",
    "frappe.core.doctype.file.file.download_file",
    "frappe.core.doctype.file.utils.download_file",
    "frappe.utils.file_manager.download_file",
];

/// Whether a method takes a file.
pub(super) fn is_upload(dotted: &str) -> bool {
    matches!(
        dotted,
        "upload_file" | "uploadfile" | "frappe.handler.upload_file" | "frappe.handler.uploadfile"
    )
}

/// Whether a method hands out a file.
pub(super) fn is_download(dotted: &str) -> bool {
    DOWNLOADS.contains(&dotted)
}

/// Reads an upload.
pub(super) fn upload(request: Inbound<'_>, limits: &Limits) -> Result<Call, Fault> {
    if request.verb != "POST" {
        return Err(Fault::new(FaultKind::Verb, "a file is sent by POST"));
    }
    if request.body.len() > limits.body {
        return Err(Fault::new(
            FaultKind::TooLarge,
            "the file is larger than allowed",
        ));
    }
    if Media::of(request.content_type).essence != "multipart/form-data" {
        return Err(Fault::new(
            FaultKind::ContentType,
            "a file is sent as multipart/form-data",
        ));
    }
    if !request.query.is_empty() {
        return Err(bad("the fields of an upload stand in its body"));
    }
    let mut call = File::call("upload_file")?;
    for part in multipart::read(request.content_type, request.body)? {
        if let Some(file) = part.file {
            if part.name != "file" {
                return Err(bad("the field with the file is `file`"));
            }
            call = call
                .with("file_name", name(&file)?)
                .with("content", Value::Bytes(part.content.to_vec()));
            continue;
        }
        let text = std::str::from_utf8(part.content)
            .map_err(|_| Fault::new(FaultKind::Malformed, "a field is not UTF-8"))?;
        match part.name.as_str() {
            "csrf_token" => {}
            "is_private" => call = call.with("is_private", truth(text)?),
            "doctype" | "docname" | "fieldname" | "folder" if text.is_empty() => {}
            field @ ("doctype" | "docname" | "fieldname" | "folder") => {
                call = call.with(field, text);
            }
            "file_url" | "method" | "library_file_name" => {
                return Err(Fault::new(
                    FaultKind::AccessError,
                    "Not permitted: an upload brings its own bytes, and nothing else is done with it",
                ));
            }
            _ => {
                return Err(bad(
                    "an upload takes file, is_private, folder, doctype, docname and fieldname",
                ));
            }
        }
    }
    if !call.named.contains_key("content") {
        return Err(bad("`file` is missing"));
    }
    attached(&call.named)?;
    Ok(call)
}

/// Reads the path of a file: `/files/{name}`, `/private/files/{name}`.
pub(super) fn path(request: Inbound<'_>) -> Result<Call, Fault> {
    if request.verb != "GET" {
        return Err(Fault::new(FaultKind::Verb, "a file is fetched with GET"));
    }
    // Frappe's own links say with `fid` which document of several with one file is meant.
    if !request.query.is_empty() && !request.query.starts_with("fid=") {
        return Err(bad("a file's path takes no arguments"));
    }
    File::download(&format!("/{}", request.segments.join("/")))
}

/// Reads a method that hands out a file.
pub(super) fn method(verb: &str, mut arguments: Map) -> Result<Call, Fault> {
    if verb != "GET" && verb != "POST" {
        return Err(Fault::new(FaultKind::Verb, "a file is fetched with GET"));
    }
    let url = required(&mut arguments, "file_url")?;
    if arguments.keys().any(|name| name != "fid") {
        return Err(bad("a file is fetched by `file_url` alone"));
    }
    File::download(&url)
}

struct File;

impl File {
    fn call(method: &str) -> Result<Call, Fault> {
        Call::new("File", method).map_err(|_| bad("this is no file"))
    }

    fn download(url: &str) -> Result<Call, Fault> {
        let name = url
            .strip_prefix("/private/files/")
            .or_else(|| url.strip_prefix("/files/"))
            .ok_or_else(|| bad("a file's address begins with /files/ or /private/files/"))?;
        self::name(name)?;
        Ok(Self::call("download_file")?.with("file_url", url))
    }
}

/// A file's name, without any path.
fn name(text: &str) -> Result<&str, Fault> {
    let odd = |c: char| c.is_control() || matches!(c, '/' | '\\' | '?' | '#' | '%');
    if text.is_empty()
        || text.chars().count() > LONGEST
        || text.contains(odd)
        || text.contains("..")
        || text.starts_with('.')
        || text.ends_with(['.', ' '])
    {
        return Err(bad("this is not a valid file name"));
    }
    Ok(text)
}

/// What is attached to a document names its DocType and its name; a field alone names nothing.
fn attached(named: &Map) -> Result<(), Fault> {
    let has = |name: &str| named.get(name).and_then(Value::as_str);
    match (has("doctype"), has("docname"), has("fieldname")) {
        (None, None, None) => Ok(()),
        (Some(_), Some(name), _) => document(name).map(drop),
        _ => Err(bad("`doctype` and `docname` stand together")),
    }
}

/// A truth value, as forms write it.
pub(super) fn truth(text: &str) -> Result<bool, Fault> {
    match text {
        "1" | "true" | "True" => Ok(true),
        "0" | "false" | "False" | "" => Ok(false),
        _ => Err(bad("a truth value is 0 or 1")),
    }
}
