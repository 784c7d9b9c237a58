//! What a route takes: kinds of bodies, their schema, arguments and headers.

use std::collections::BTreeSet;
use std::ops::Range;
use std::path::Path;

use portcullis_erp::Verb;
use toml::Spanned;

use super::{JSON, header};
use crate::config::Checker;
use crate::config::raw::{Envelope, RawRoute};
use crate::controller::{Schema, Takes};

const FORM: &str = "application/x-www-form-urlencoded";

impl Checker<'_> {
    pub(super) fn takes(
        &mut self,
        folder: &Path,
        raw: &RawRoute,
        verbs: &BTreeSet<Verb>,
        at: Range<usize>,
    ) -> Option<Takes> {
        let takes_body = verbs.iter().any(|verb| verb.takes_body());
        let (mut json, mut form) = (takes_body && raw.content_types.is_none(), false);
        for text in raw.content_types.iter().flatten() {
            match text.get_ref().as_str() {
                JSON => json = true,
                FORM => form = true,
                _ => self.at(text.span(), format!("a body is {JSON} or {FORM}")),
            }
            if !takes_body {
                self.at(text.span(), "none of the verbs has a body".to_owned());
            }
        }
        let envelope = raw.envelope == Envelope::Jsonrpc;
        if envelope && (form || !json || verbs.iter().any(|verb| *verb != Verb::Post)) {
            let message = format!("`envelope` is for verbs = [\"POST\"] and {JSON}");
            self.at(at.clone(), message);
        }
        let schema = match &raw.schema_file {
            Some(file) => self.schema(folder, file),
            None => {
                if takes_body && !raw.any_body {
                    let message = "`schema-file` names the JSON Schema of the body; where any body may pass, say `any-body = true`";
                    self.at(at, message.to_owned());
                }
                None
            }
        };
        if let (Some(file), true) = (&raw.schema_file, raw.any_body || !takes_body) {
            let message = "`schema-file` has no effect: any body may pass, or there is none";
            self.at(file.span(), message.to_owned());
        }
        let mut query = BTreeSet::new();
        for text in &raw.query {
            if text.get_ref().is_empty() || text.get_ref().len() > 64 {
                self.at(text.span(), "this is no name of an argument".to_owned());
            }
            query.insert(text.get_ref().clone());
        }
        Some(Takes {
            json,
            form,
            schema,
            envelope,
            query,
            headers: self.headers(&raw.request_headers, header::may_go_on),
            bytes: raw.body_bytes,
        })
    }

    fn schema(&mut self, folder: &Path, file: &Spanned<String>) -> Option<Schema> {
        let path = folder.join(file.get_ref());
        let text = match std::fs::read(&path) {
            Ok(text) => text,
            Err(error) => {
                let message = format!("{} cannot be read: {error}", path.display());
                self.at(file.span(), message);
                return None;
            }
        };
        Schema::new(&text)
            .map_err(|message| {
                let message = format!("{}: {message}", path.display());
                self.at(file.span(), message);
            })
            .ok()
    }
}
