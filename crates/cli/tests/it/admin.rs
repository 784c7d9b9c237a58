//! The administrative API: who gets in, and what it does.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use crate::demo::{Demo, Got, send};
use crate::serve::{Place, Served};

/// What a configuration says to have the API.
const LISTEN: &str = "[admin]\nlisten = \"127.0.0.1:0\"\n";

/// A gateway with its administration.
struct Administered {
    place: Place,
    served: Served,
    admin: String,
}

impl Administered {
    fn before(demo: &Demo, more: &str) -> Self {
        Self::at(Place::before(demo, &format!("{more}{LISTEN}")))
    }

    fn at(place: Place) -> Self {
        let mut child = place
            .program(&["serve"])
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program runs");
        let mut lines = BufReader::new(child.stderr.take().expect("a pipe")).lines();
        let mut told = |before: &str| {
            lines
                .find_map(|line| {
                    let line = line.expect("text");
                    line.split_once(before)
                        .map(|(_, url)| url.trim().to_owned())
                })
                .expect("the gateway says where it listens")
        };
        let url = told("listens on ");
        let admin = told("is administered at ");
        std::thread::spawn(move || for _ in lines.by_ref() {});
        Self {
            place,
            served: Served { child, url },
            admin,
        }
    }

    fn ask(&self, verb: &str, path: &str, bearer: Option<&str>) -> Got {
        let mut request = http::Request::builder()
            .method(verb)
            .uri(format!("{}{path}", self.admin));
        if let Some(bearer) = bearer {
            request = request.header("authorization", format!("Bearer {bearer}"));
        }
        send(request.body(Vec::new()).expect("a request"))
    }
}

#[test]
fn without_a_credential_there_is_nothing() {
    let demo = Demo::start();
    let gateway = Administered::before(&demo, "");
    for (verb, path) in [
        ("GET", "/admin/v1/self"),
        ("DELETE", "/admin/v1/self"),
        ("GET", "/admin/v1/nothing"),
        ("GET", "/"),
        ("POST", "/json/2/res.partner/search_count"),
    ] {
        let got = gateway.ask(verb, path, None);
        assert_eq!(got.status, 401, "{verb} {path}: {}", got.text());
        assert_eq!(got.content_type, "application/problem+json");
        assert_eq!(got.headers["cache-control"], "no-store");
        assert_eq!(got.headers["x-content-type-options"], "nosniff");
        assert!(!got.headers.contains_key("access-control-allow-origin"));
    }
    let public = format!("{}/admin/v1/self", gateway.served.url);
    let got = send(http::Request::get(public).body(Vec::new()).unwrap());
    assert_eq!(got.status, 404, "{}", got.text());
    assert!(gateway.place.path().is_dir());
}
