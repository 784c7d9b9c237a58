//! Visits to custom controllers: written as they are read, and never to a path of a dialect.

use portcullis_erp::visit::{self, Said};
use portcullis_erp::{Dialect, Limits, Payload, Value, Verb, Visit};
use portcullis_gateway::listener::Path;
use portcullis_gateway::route::TABLE;
use proptest::prelude::*;

fn visit(segments: Vec<String>) -> bool {
    Visit::new(Verb::Post, segments, false, Said::default()).is_ok()
}

#[test]
fn no_visit_leads_to_a_line_of_the_table() {
    let names = |route: &portcullis_gateway::route::Route, more: usize| -> Vec<String> {
        let prefix = route.prefix.iter().map(|word| (*word).to_owned());
        prefix.chain((0..more).map(|at| format!("x{at}"))).collect()
    };
    // The façade is the gateway's own: no ERP has it, and a route may lie beside its resources.
    for route in TABLE.iter().filter(|route| route.dialect != Dialect::Rest) {
        for more in route.rest.0..=route.rest.1.min(4) {
            let segments = names(route, more);
            let upper = segments
                .iter()
                .map(|one| one.to_ascii_uppercase())
                .collect();
            let mut paths = vec![upper];
            // Only an Odoo has pages in languages, and none of its dialects lies at `/`.
            if !segments.is_empty() {
                paths.push([vec!["de".to_owned()], segments.clone()].concat());
            }
            paths.push(segments);
            for path in paths {
                assert!(!visit(path.clone()), "{path:?}");
            }
        }
    }
    assert!(visit(vec!["api".to_owned(), "orders".to_owned()]));
    for segment in [
        "a/b", "a\\b", "a%2fb", "..", ".", "", "a;b", "a\0b", "a?b", "a#b",
    ] {
        assert!(
            !visit(vec!["api".to_owned(), segment.to_owned()]),
            "{segment:?}"
        );
    }
}

#[test]
fn no_argument_is_taken_for_something_else() {
    let said = |name: &str| {
        let pair = vec![(name.to_owned(), "x".to_owned())];
        let json = [(name.to_owned(), Value::Null)].into_iter().collect();
        [
            Said {
                query: pair.clone(),
                ..Said::default()
            },
            Said {
                payload: Payload::Form(pair),
                ..Said::default()
            },
            Said {
                payload: Payload::Json(Value::Map(json)),
                ..Said::default()
            },
        ]
    };
    let taken = |name: &str| {
        said(name)
            .map(|said| Visit::new(Verb::Post, vec!["orders".to_owned()], false, said).is_ok())
    };
    assert_eq!(taken("name"), [true; 3]);
    for name in ["cmd", "CMD", " cmd", "sid", "session_id"] {
        assert_eq!(taken(name), [false; 3], "{name}");
    }
}

fn pairs() -> impl Strategy<Value = Vec<(String, String)>> {
    proptest::collection::btree_map("\\PC{1,12}", "\\PC{0,12}", 0..6)
        .prop_map(|map| map.into_iter().collect())
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(
        segments in proptest::collection::vec("\\PC{1,12}", 1..5),
        trailing in any::<bool>(),
        query in pairs(),
        form in pairs(),
    ) {
        let said = Said {
            query: query.clone(),
            headers: Vec::new(),
            payload: Payload::Form(form.clone()),
        };
        let Ok(visit) = Visit::new(Verb::Post, segments.clone(), trailing, said) else {
            return Ok(());
        };
        let sent = visit.write();
        let target: http::Uri = sent.target.parse().unwrap();
        let path = Path::read(target.path()).unwrap();
        prop_assert_eq!(path.segments(), &segments[..]);
        prop_assert_eq!(path.has_trailing_slash(), trailing);
        let limits = Limits::default();
        prop_assert_eq!(visit::query(target.query().unwrap_or_default(), &limits).unwrap(), query);
        let kind = &sent.headers.first().unwrap().1;
        match visit::payload(kind, &sent.body, &limits).unwrap() {
            Payload::Form(read) => prop_assert_eq!(read, form),
            Payload::Nothing => prop_assert!(form.is_empty()),
            Payload::Json(_) | Payload::Enveloped(_) => prop_assert!(false, "a form"),
        }
    }

    #[test]
    fn no_input_makes_the_readers_panic(text in ".{0,200}", kind in ".{0,40}") {
        let limits = Limits::default();
        let read = visit::query(&text, &limits).is_ok();
        let form = visit::payload("application/x-www-form-urlencoded", text.as_bytes(), &limits);
        prop_assert!(text.is_empty() || form.is_ok() == read);
        prop_assert!(visit::payload(&kind, text.as_bytes(), &limits).is_ok() || !text.is_empty());
    }
}
