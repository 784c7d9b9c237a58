//! Files: sent and fetched.
//!
//! A file is a document of the DocType `File`, and its bytes are that document's `content`: a
//! rule opens them as it opens any field. What it is attached to must be open for writing as
//! well, and a file that is public is open to the whole world, so that `is_private` must be.

use portcullis_erp::filters::{Condition, Filters, Operator};
use portcullis_erp::{Call, FieldName, Map, Model, Shape, Value};

use super::view::{Aim, FrappeView};
use crate::after::Does;
use crate::bench::No;
use crate::decision::Reason;
use crate::operation::Operation;
use crate::permit::{Check, Guard, Permit};
use crate::terms::Terms;

/// Kinds of files that a browser would run.
const ACTIVE: &[&str] = &[
    "asp", "aspx", "cgi", "hta", "htm", "html", "jnlp", "js", "jsp", "mht", "mhtml", "mjs", "php",
    "shtml", "svg", "svgz", "swf", "vbs", "wasm", "xht", "xhtml", "xml", "xsl", "xslt",
];

/// How many files of one address are looked through.
const MOST_FOUND: usize = 1_000;

impl FrappeView<'_> {
    /// `upload_file`.
    pub(crate) fn upload(&self, call: &Call) -> Result<Permit, No> {
        if call.ids.is_some() {
            return Err(self.bad_argument("name"));
        }
        let mut doc = Map::new();
        let mut target = (None, None, None);
        let mut content: &[u8] = &[];
        let mut private = false;
        for (name, value) in &call.named {
            let field = match (name.as_str(), value) {
                ("content", Value::Bytes(bytes)) => {
                    content = bytes;
                    "content"
                }
                ("is_private", Value::Bool(is_private)) => {
                    private = *is_private;
                    continue;
                }
                ("file_name", Value::Text(_)) => "file_name",
                ("folder", Value::Text(_)) => "folder",
                ("doctype", Value::Text(doctype)) => {
                    target.0 = Some(doctype.as_str());
                    "attached_to_doctype"
                }
                ("docname", Value::Text(name)) => {
                    target.1 = Some(name.as_str());
                    "attached_to_name"
                }
                ("fieldname", Value::Text(field)) => {
                    target.2 = Some(field.as_str());
                    "attached_to_field"
                }
                (name, _) => return Err(self.bad_argument(name)),
            };
            if !self.may_write(field, Operation::Create) {
                return Err(self.closed(field));
            }
            doc.insert(field.to_owned(), value.clone());
        }
        if !private && !self.may_write("is_private", Operation::Create) {
            return Err(self.closed("is_private"));
        }
        let file = doc.get("file_name").and_then(Value::as_str);
        let file = file.ok_or_else(|| self.bad_argument("file"))?;
        if !private && is_active(file, content) {
            return Err(self.refuse(
                Reason::Values,
                "A file that a browser would run cannot be public. Send it with is_private=1.",
                "a public HTML, SVG, XML or script file would run on the ERP's own site",
            ));
        }
        let is_private = Value::Int(i64::from(private));
        doc.insert("is_private".to_owned(), is_private);
        for condition in self.own_filters()? {
            self.must_hold(&condition, &doc)?;
        }
        let guard = match target {
            (None, None, None) => None,
            (Some(doctype), Some(name), field) => self.target(doctype, name, field)?,
            _ => return Err(self.bad_argument("docname")),
        };
        let mut clean = call.clone();
        clean
            .named
            .insert("is_private".to_owned(), Value::Bool(private));
        let attached = target.0.map(|doctype| format!("doctype {doctype}"));
        let public = (!private).then(|| "public".to_owned());
        let shape = Shape {
            fields: doc.into_keys().collect(),
            how: attached.into_iter().chain(public).collect(),
            ..Shape::default()
        };
        let terms = Terms::Document(self.document_terms());
        Ok(self.permit(Operation::Create, shape, guard, clean, terms))
    }

    /// `download_file`: the bytes of a file whose document this role may read.
    pub(crate) fn download(&self, call: &Call) -> Result<Permit, No> {
        let url = match (call.named.get("file_url"), call.named.len(), &call.ids) {
            (Some(Value::Text(url)), 1, None) => url.as_str(),
            _ => return Err(self.bad_argument("file_url")),
        };
        self.readable("content")?;
        let field = FieldName::new("file_url").map_err(|_| self.bad_argument("file_url"))?;
        let named = Condition {
            doctype: Some(self.model.clone()),
            ..Condition::new(field, Operator::Equal, url)
        };
        let own = self.own_filters()?;
        let guards = if own.is_empty() {
            vec![Guard {
                call: self.files(vec![named], &["name"], 1)?,
                check: Check::Found,
                watch: None,
            }]
        } else {
            // The ERP takes the first file that its database finds under this address, whatever
            // the rule says of it: none may be among them that has another one.
            let mut open = vec![named.clone()];
            open.extend(own);
            [open, vec![named]]
                .into_iter()
                .map(|all| {
                    let full = MOST_FOUND;
                    Ok(Guard {
                        call: self.files(all, &["name", "file_url"], full)?,
                        check: Check::Exactly {
                            field: "file_url",
                            value: url.to_owned(),
                            full,
                        },
                        watch: None,
                    })
                })
                .collect::<Result<_, No>>()?
        };
        let shape = Shape {
            fields: vec!["content".to_owned()],
            ids: 1,
            ..Shape::default()
        };
        let name = url.rsplit('/').next().unwrap_or_default().to_owned();
        let terms = Terms::File { name };
        Ok(self.permit(Operation::Read, shape, guards, call.clone(), terms))
    }

    /// The search for files under these conditions.
    fn files(&self, all: Vec<Condition>, fields: &[&str], most: usize) -> Result<Call, No> {
        let filters = Filters {
            all,
            any: Vec::new(),
        };
        let fields: Vec<Value> = fields.iter().copied().map(Value::from).collect();
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        Ok(Call::new(self.model.as_str(), "get_list")
            .map_err(|_| self.bad_argument("doctype"))?
            .with("fields", fields)
            .with("filters", filters.filters_value())
            .with("limit_page_length", most))
    }

    /// The document that something is tied to: it must be open for writing, with the field, if
    /// one is named. Answers the guard that must find it; none where a rule opens all of them.
    pub(crate) fn target(
        &self,
        doctype: &str,
        name: &str,
        field: Option<&str>,
    ) -> Result<Option<Guard>, No> {
        let model = Model::new(doctype).map_err(|_| self.bad_argument("doctype"))?;
        self.bench.know(&model)?;
        for held in self.bench.rules(&model, Operation::Write, None) {
            let view = FrappeView {
                bench: self.bench,
                held,
                model: &model,
            };
            if field.is_none_or(|field| view.may_write(field, Operation::Write)) {
                return view.guard(name, Aim::Does(Does::Acts));
            }
        }
        Err(self.refuse(
            Reason::Link,
            format!("This key may not add anything to `{doctype}`. Ask whoever gave you the key."),
            format!("no rule lets this role write `{doctype}`, or the field that is named"),
        ))
    }
}

/// Whether a browser might run it: by its name, or by how it begins.
fn is_active(name: &str, content: &[u8]) -> bool {
    let kinds = name.split('.').skip(1);
    let named = kinds
        .map(|kind| kind.trim().to_ascii_lowercase())
        .any(|kind| ACTIVE.contains(&kind.as_str()));
    // Byte order marks, and the zeros of UTF-16 and UTF-32, in which XML may be written as well.
    let skipped =
        |byte: &u8| byte.is_ascii_whitespace() || b"\0\xef\xbb\xbf\xfe\xff".contains(byte);
    let begin = content.iter().find(|byte| !skipped(byte));
    named || begin == Some(&b'<')
}

#[cfg(test)]
mod tests {
    use super::is_active;

    #[test]
    fn what_a_browser_would_run_is_known_by_name_or_beginning() {
        for (name, content) in [
            ("x.HTML", &b"x"[..]),
            ("x.svg", b"x"),
            ("x.html.txt", b"x"),
            ("x.txt", b"\xef\xbb\xbf \n<!doctype html>"),
            ("x", b"<script>"),
            ("x.rss", b"\xff\xfe<\0r\0s\0s\0"),
            ("x.rss", b"\0<\0r\0s\0s"),
        ] {
            assert!(is_active(name, content), "{name}");
        }
        for (name, content) in [
            ("x.pdf", &b"%PDF-1.7"[..]),
            ("html", b"a word"),
            ("x.csv", b"a;b\n1;<2\n"),
            ("x.txt", b""),
            ("x.bin", b"\0\0\x01"),
        ] {
            assert!(!is_active(name, content), "{name}");
        }
    }
}
