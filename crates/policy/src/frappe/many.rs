//! Several documents in one call: each is judged as if it came alone, and all must be allowed.

use portcullis_erp::{Call, Map, Shape, Value};

use crate::bench::{Bench, No, no_access};
use crate::decision::Reason;
use crate::operation::Operation;
use crate::permit::{Check, Permit, Saves};
use crate::sizes::{self, Bound};
use crate::terms::Terms;

/// Judges `insert_many` and `bulk_update`.
pub(super) fn judge(bench: &Bench<'_>, call: Call) -> Result<Permit, No> {
    let inserts = call.method.as_str() == "insert_many";
    let bad = || {
        no_access(
            &call.model,
            Reason::Argument,
            "`docs` is not a list of documents, each with its DocType",
        )
    };
    let docs = match (call.named.get("docs"), call.named.len(), &call.ids) {
        (Some(Value::List(docs)), 1, None) if !docs.is_empty() => docs,
        _ => return Err(bad()),
    };
    let mut whole: Option<Permit> = None;
    let mut clean = Vec::with_capacity(docs.len());
    for (at, doc) in docs.iter().enumerate() {
        let mut doc = doc.as_map().cloned().ok_or_else(bad)?;
        let doctype = text(&mut doc, "doctype").ok_or_else(bad)?;
        let one = if inserts {
            Call::new(&doctype, "insert").map_err(|_| bad())?
        } else {
            let name = text(&mut doc, "docname").ok_or_else(bad)?;
            Call::new(&doctype, "save")
                .map_err(|_| bad())?
                .on(vec![portcullis_erp::RecordId::Name(name.into())])
        };
        let mut one = super::judge(bench, one.with("doc", doc))?;
        let bound = Bound::capped(sizes::RECORDS, "ids", one.caps.ids);
        if docs.len() > bound.most {
            return Err(Box::new(bound.refusal("docs").under(&one.rule)));
        }
        let Some(Value::Map(mut doc)) = one.call.named.shift_remove("doc") else {
            return Err(bad());
        };
        let of_doctype = format!("doctype {doctype}");
        doc.insert("doctype".to_owned(), Value::from(doctype));
        if let Some(name) = super::one_name(&one.call) {
            doc.insert("docname".to_owned(), Value::from(name));
        }
        clean.push(Value::Map(doc));
        for guard in &mut one.guards {
            if let Check::Document { saves, .. } = &mut guard.check
                && *saves == Saves::Doc
            {
                *saves = Saves::At(at);
            }
        }
        one.shape.how.push(of_doctype);
        match &mut whole {
            None => whole = Some(one),
            Some(whole) => {
                whole.guards.append(&mut one.guards);
                let Shape {
                    fields, ids, how, ..
                } = one.shape;
                for field in fields {
                    if !whole.shape.fields.contains(&field) {
                        whole.shape.fields.push(field);
                    }
                }
                for word in how {
                    if !whole.shape.how.contains(&word) {
                        whole.shape.how.push(word);
                    }
                }
                whole.shape.ids = whole.shape.ids.saturating_add(ids);
            }
        }
    }
    let mut permit = whole.ok_or_else(bad)?;
    permit.operation = if inserts {
        Operation::Create
    } else {
        Operation::Write
    };
    permit.terms = if inserts {
        Terms::Texts
    } else {
        Terms::FailedDocuments
    };
    permit.call = call;
    permit
        .call
        .named
        .insert("docs".to_owned(), Value::List(clean));
    Ok(permit)
}

fn text(doc: &mut Map, name: &str) -> Option<String> {
    match doc.shift_remove(name) {
        Some(Value::Text(text)) => Some(text),
        _ => None,
    }
}
