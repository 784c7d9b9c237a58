//! The terms of a permit: what is taken out of an answer before anybody sees it.
//! What has another shape than was asked for is never passed on.

use std::collections::BTreeSet;

use portcullis_erp::Value;

/// The shape that the answer must have, and what is taken out of it.
#[derive(Debug)]
pub(crate) enum Terms {
    /// Rows of these fields.
    Rows(BTreeSet<String>),
    /// Nothing can be taken out.
    Plain,
}

impl Terms {
    /// The clean answer, and whether something was taken out; or what is wrong with it.
    pub(crate) fn apply(self, answer: Value) -> Result<(Value, bool), &'static str> {
        match self {
            Self::Rows(fields) => {
                let Value::List(rows) = answer else { return Err("no list of rows") };
                let mut removed = false;
                let mut kept = Vec::with_capacity(rows.len());
                for row in rows {
                    let Value::Map(mut row) = row else { return Err("a row that is none") };
                    let before = row.len();
                    row.retain(|name, _| fields.contains(name));
                    removed |= row.len() != before;
                    kept.push(Value::Map(row));
                }
                Ok((Value::List(kept), removed))
            }
            Self::Plain => Ok((answer, false)),
        }
    }
}
