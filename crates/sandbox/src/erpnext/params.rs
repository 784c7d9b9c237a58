//! What a request carries as arguments: query, form or JSON, in the real server's order.
//!
//! A JSON content type sets the query aside; else the form goes over the query. Of a query
//! key that stands twice the first counts, of a JSON key the last. Bodies on GET count too.

use percent_encoding::percent_decode;
use portcullis_erp::value::{Map, Value};

use super::failure::Failure;
use super::values::{self, text, truthy};
use crate::http::Request;

/// The arguments of a request.
#[derive(Default)]
pub(crate) struct Params {
    pub(crate) map: Map,
    /// The uploaded file, of a multipart body.
    pub(crate) file: Option<Upload>,
    /// The keys that came in a form body.
    pub(crate) form: Map,
}

/// One uploaded file.
pub(crate) struct Upload {
    pub(crate) name: String,
    pub(crate) content: Vec<u8>,
}

impl Params {
    /// Reads the arguments.
    ///
    /// # Errors
    /// As the real server fails: 500 for a text that is not JSON, 417 for a JSON text that
    /// is neither object nor list.
    pub(crate) fn read(request: &Request) -> Result<Self, Failure> {
        let content_type = request.header("content-type").unwrap_or_default();
        let mime = content_type
            .split(';')
            .next()
            .unwrap_or_default()
            .trim()
            .to_ascii_lowercase();
        let is_json = mime == "application/json"
            || (mime.starts_with("application/") && mime.ends_with("+json"));
        if is_json && !request.body.is_empty() {
            return Self::read_json(&request.body);
        }
        let mut params = Self::default();
        for (key, value) in pairs(request.query.as_bytes()) {
            params.map.entry(key).or_insert_with(|| text(value));
        }
        if mime == "application/x-www-form-urlencoded" {
            for (key, value) in pairs(&request.body) {
                params.form.entry(key).or_insert_with(|| text(value));
            }
        } else if mime == "multipart/form-data" {
            params.read_multipart(content_type, &request.body);
        }
        let form = params.form.clone();
        params.map.extend(form);
        Ok(params)
    }

    fn read_json(body: &[u8]) -> Result<Self, Failure> {
        match values::parse(body) {
            Ok(Value::Map(map)) => Ok(Self {
                map,
                ..Self::default()
            }),
            Ok(Value::List(_)) => Ok(Self::default()),
            Ok(_) => Err(Failure::invalid("Invalid request arguments")),
            Err(error) if error.to_string().starts_with("recursion limit") => {
                let words = "maximum recursion depth exceeded while decoding a JSON array from a \
                             unicode string";
                Err(Failure::internal("", "RecursionError", words))
            }
            Err(_) => Err(Failure::not_json(body)),
        }
    }

    fn read_multipart(&mut self, content_type: &str, body: &[u8]) {
        let boundary = content_type
            .split(';')
            .filter_map(|part| part.trim().strip_prefix("boundary="))
            .map(|boundary| boundary.trim_matches('"'))
            .next();
        let Some(boundary) = boundary else { return };
        let mark = format!("--{boundary}").into_bytes();
        for part in split_on(body, &mark) {
            let part = part.strip_prefix(b"\r\n").unwrap_or(part);
            let part = part.strip_suffix(b"\r\n").unwrap_or(part);
            let mut halves = split_on(part, b"\r\n\r\n").into_iter();
            let Some(head) = halves.next() else { continue };
            let head = String::from_utf8_lossy(head).into_owned();
            let content = part
                .get(head.len().saturating_add(4)..)
                .unwrap_or_default()
                .to_vec();
            let Some(name) = quoted(&head, "name=") else {
                continue;
            };
            match quoted(&head, "filename=") {
                Some(file) => {
                    self.file = Some(Upload {
                        name: file,
                        content,
                    })
                }
                None => {
                    let value = text(String::from_utf8_lossy(&content).into_owned());
                    self.form.insert(name, value);
                }
            }
        }
    }

    /// An argument, if it was given and is not null.
    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        self.map.get(name).filter(|value| **value != Value::Null)
    }

    /// An argument as text, if it was given and is not empty.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        self.get(name)
            .map(|value| values::plain(Some(value)))
            .filter(|text| !text.is_empty())
    }

    /// An argument that is JSON inside a text, or JSON itself.
    ///
    /// # Errors
    /// When it is a text that is not JSON.
    pub(crate) fn json(&self, name: &str) -> Result<Option<Value>, Failure> {
        match self.get(name) {
            Some(Value::Text(inner)) if inner.is_empty() => Ok(None),
            Some(Value::Text(inner)) => values::parse(inner.as_bytes())
                .map(Some)
                .map_err(|_| Failure::not_json(inner.as_bytes())),
            other => Ok(other.filter(|value| truthy(value)).cloned()),
        }
    }

    /// The same, where a text that is not JSON stands for itself (`parse_json`).
    pub(crate) fn loose_json(&self, name: &str) -> Option<Value> {
        self.get(name).map(|value| {
            let inner = value
                .as_str()
                .and_then(|inner| values::parse(inner.as_bytes()).ok());
            inner.unwrap_or_else(|| value.clone())
        })
    }

    /// An argument that must be there.
    ///
    /// # Errors
    /// 500 as of a call without it.
    pub(crate) fn need(&self, function: &str, name: &str) -> Result<String, Failure> {
        self.text(name)
            .ok_or_else(|| Failure::missing_argument(function, name))
    }
}

/// The pairs of a query or form, decoded; broken UTF-8 becomes replacement marks.
pub(crate) fn pairs(encoded: &[u8]) -> impl Iterator<Item = (String, String)> {
    url::form_urlencoded::parse(encoded).map(|(key, value)| (key.into_owned(), value.into_owned()))
}

/// A path, percent-decoded once; `+` stays itself.
pub(crate) fn decoded_path(path: &str) -> String {
    percent_decode(path.as_bytes())
        .decode_utf8_lossy()
        .into_owned()
}

fn split_on<'a>(bytes: &'a [u8], mark: &[u8]) -> Vec<&'a [u8]> {
    let mut parts = Vec::new();
    let mut rest = bytes;
    while let Some(at) = rest
        .windows(mark.len().max(1))
        .position(|window| window == mark)
    {
        parts.push(rest.get(..at).unwrap_or_default());
        rest = rest
            .get(at.saturating_add(mark.len())..)
            .unwrap_or_default();
    }
    parts.push(rest);
    parts
}

fn quoted(head: &str, key: &str) -> Option<String> {
    head.split([';', '\n']).find_map(|part| {
        let inner = part.trim().strip_prefix(key)?;
        Some(inner.trim_matches('"').to_owned())
    })
}
