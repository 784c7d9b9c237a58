//! The columns of an import (`load`), where a rule lists it with any arguments.
//!
//! An import writes linked records as well (`user_ids/password`), so that whoever may import
//! contacts could make users. Columns that hold credentials, or that write records of a model
//! which must be named and is not, are refused; a path whose end cannot be judged is refused too.

use portcullis_erp::{Call, Value};

use crate::bench::{Bench, No};
use crate::danger;
use crate::decision::Reason;
use crate::odoo::bad_argument;
use crate::odoo::view::View;
use crate::operation::Family;

/// Judges the columns.
pub(crate) fn columns(bench: &Bench<'_>, view: &View<'_>, call: &Call) -> Result<(), No> {
    let bad = || bad_argument(view, "fields");
    let columns = call.named.get("fields").and_then(Value::as_list);
    for column in columns.ok_or_else(bad)? {
        let path = column.as_str().ok_or_else(bad)?;
        let mut parts: Vec<&str> = path.split(['/', ':']).map(str::trim).collect();
        // The identity of a linked record: its row is found by it, not written.
        if matches!(parts.last(), Some(&("id" | ".id"))) {
            parts.pop();
        }
        if let Some(part) = parts.iter().find(|part| danger::credential(part)) {
            return Err(view.refuse_write(
                Reason::Dangerous,
                part,
                format!("the column `{path}` holds a credential; an import writes none"),
            ));
        }
        let written = match parts.as_slice() {
            [] | [_] => continue,
            [link, _] => view.relation(link),
            [..] => None,
        };
        let is_open = written.is_some_and(|model| {
            !danger::model(model.as_str(), Family::Odoo) || bench.knows(model)
        });
        if !is_open {
            return Err(view.refuse_write(
                Reason::Dangerous,
                path,
                format!("the column `{path}` writes records that no rule names, or leads further than can be judged"),
            ));
        }
    }
    Ok(())
}
