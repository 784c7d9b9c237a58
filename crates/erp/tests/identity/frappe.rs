//! Frappe's calls: as we write them, and as each kind of client does.

mod calls;
mod faces;

use portcullis_erp::value::to_json;
use portcullis_erp::{Call, Dialect, Map, Outbound, Value};
use proptest::prelude::*;

use super::{Sent, config, database, login, segments};
use calls::{calls, submitted};
use faces::faces;

/// What the writer makes, as it is received: of its path the dialect is known.
fn received(sent: &Outbound) -> (Dialect, Sent) {
    let (path, query) = sent.target.split_once('?').unwrap_or((&sent.target, ""));
    let dialects = [
        ("/api/resource/", Dialect::FrappeResource),
        ("/api/method/", Dialect::FrappeMethod),
        ("/api/v2/", Dialect::FrappeV2),
    ];
    let found = dialects
        .iter()
        .find_map(|(prefix, dialect)| Some((*dialect, path.strip_prefix(prefix)?)));
    let (dialect, rest) = found.unwrap();
    let content_type = sent
        .headers
        .iter()
        .find(|(name, _)| *name == "content-type");
    let sent = Sent {
        verb: sent.verb,
        segments: segments(rest),
        query: query.to_owned(),
        content_type: content_type.map_or_else(String::new, |(_, value)| value.clone()),
        body: sent.body.clone(),
    };
    (dialect, sent)
}

fn back(call: &Call) -> Result<Call, TestCaseError> {
    let database = database();
    let sent = Dialect::FrappeResource
        .write(call, &login(&database))
        .unwrap();
    let (dialect, sent) = received(&sent);
    sent.call(dialect)
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn calls_are_read_back(call in calls()) {
        let read = back(&call)?;
        prop_assert!(read == call, "{read:?}");
    }

    #[test]
    fn every_face_says_the_same_call(call in calls()) {
        for (name, dialect, sent) in faces(&call) {
            let read = sent.call(dialect)?;
            // Which fields are told is the face's own; the call is the same.
            prop_assert!(Call { whole: call.whole, ..read.clone() } == call, "{name}: {read:?}");
        }
    }

    /// Submitted with its values a document is saved with another status, so that what is not
    /// named is kept: it is read back as that.
    #[test]
    fn what_is_submitted_with_its_values_is_saved_as_submitted(call in submitted()) {
        let mut doc = call.named["doc"].as_map().unwrap().clone();
        doc.insert("docstatus".to_owned(), Value::Int(1));
        let saved = Call { method: Call::new("x", "save").unwrap().method, ..call.clone() };
        prop_assert!(back(&call)? == saved.with("doc", doc));
    }
}

fn text_of(value: &Value) -> String {
    String::from_utf8(to_json(value)).unwrap()
}

fn map(entries: impl IntoIterator<Item = (&'static str, Value)>) -> Map {
    entries
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}
