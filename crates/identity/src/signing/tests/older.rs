//! The older schemes, and JSON as one of them signs it.

use super::*;

impl Request {
    fn found(&self, verifier: &Verifier, beside: &str) -> Result<Found, Flaw> {
        let read = |head: &Head<'_>| Legacy::read(head, "/u/erpnext", self.body.as_bytes());
        let legacy = self.with(read)?.expect("a signature");
        legacy.verify(verifier, Some(beside))
    }
}

#[test]
fn each_older_scheme_is_known_by_its_own_keys_only() {
    let vectors = vectors();
    let half = vectors["half"].as_str().unwrap();
    for vector in each(&vectors, "legacy") {
        let request = Request::of(vector);
        let own = scheme(vector);
        let found = request
            .found(&verifier(&vectors, own), half)
            .unwrap_or_else(|flaw| panic!("{}: {flaw}", vector["name"]));
        let off = found.created.since(Timestamp(1_764_000_000_000_000));
        assert!((0..1_000_000).contains(&off), "{}", vector["name"]);
        for other in Scheme::ALL.iter().filter(|other| **other != own) {
            let refused = request.found(&verifier(&vectors, *other), half);
            assert!(refused.is_err(), "{}: {other}", vector["name"]);
        }
        let legacy = request.with(|head| Legacy::read(head, "/u/erpnext", request.body.as_bytes()));
        let (texts, _) = legacy.unwrap().unwrap().texts(own).unwrap();
        assert!(
            texts
                .iter()
                .any(|text| text == vector["text"].as_str().unwrap())
        );
    }
}

#[test]
fn an_older_signature_is_one_over_this_request() {
    let vectors = vectors();
    let half = vectors["half"].as_str().unwrap();
    let other_half = "baaqeayeaudaocajbifqydiob4ibceqtcqkrmfyydenbwha5dypqup6uch6";
    for vector in each(&vectors, "legacy") {
        let own = scheme(vector);
        let verifier = verifier(&vectors, own);
        let request = Request::of(vector);
        let found = request.found(&verifier, half).unwrap();
        assert_eq!(
            request.found(&verifier, half),
            Ok(found),
            "it is the same again"
        );
        let mut changes: Vec<(Request, Flaw)> = Vec::new();
        let mut change = |flaw, change: &dyn Fn(&mut Request)| {
            let mut other = request.clone();
            change(&mut other);
            changes.push((other, flaw));
        };
        change(Flaw::Wrong, &|r| r.verb = "PATCH".into());
        change(Flaw::Wrong, &|r| {
            r.target = r
                .target
                .replacen("/api", "/apj", 1)
                .replacen("/json/", "/jsom/", 1);
        });
        change(Flaw::Doubled("x-signature"), &|r| {
            let again = r.header("x-signature").clone();
            r.headers.push(("x-signature".into(), again));
        });
        change(Flaw::Bytes, &|r| {
            *r.header("x-signature") = r.header("x-signature").to_uppercase() + "0"
        });
        if own == Scheme::LegacySortedJson {
            change(Flaw::Wrong, &|r| {
                *r.header("x-timestamp") = "1764000001".into()
            });
            change(Flaw::BadParameter("X-Timestamp"), &|r| {
                *r.header("x-timestamp") = "soon".into()
            });
            change(Flaw::Wrong, &|r| r.body = "{\"a\": 1}".into());
            change(Flaw::Body, &|r| r.body = "a=1".into());
        } else {
            assert_eq!(request.found(&verifier, other_half), Err(Flaw::Wrong));
        }
        for (other, flaw) in changes {
            assert_eq!(other.found(&verifier, half), Err(flaw), "{other:?}");
        }
        let mut unsigned = request.clone();
        unsigned.target.push_str(if request.target.contains('?') {
            "&a=1"
        } else {
            "?a=1"
        });
        if let Ok(again) = unsigned.found(&verifier, half) {
            // Where the body is signed, the same signature is the same request, whatever bytes
            // say it; where it is not, other bytes are another one.
            let same = own == Scheme::LegacySortedJson;
            assert_eq!(again.mark == found.mark, same, "{own:?}");
        }
    }
}

#[test]
fn json_is_sorted_as_python_sorts_it() {
    for vector in each(&vectors(), "sorted-json") {
        let body = vector["body"].as_str().unwrap();
        assert_eq!(
            sorted_json(body.as_bytes()).as_deref(),
            vector["text"].as_str(),
            "{body}"
        );
    }
    let deep = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    assert!(sorted_json(deep(64).as_bytes()).is_some());
    for none in [
        "",
        "a=1",
        "{\"a\": 1, \"a\": 2}",
        "{\"a\": 1} x",
        "NaN",
        &deep(65),
    ] {
        assert_eq!(sorted_json(none.as_bytes()), None, "{none}");
    }
}
