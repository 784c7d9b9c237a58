//! What each profile of `crates/erp/src/profiles.tsv` promises, seen from the ERP's side.
//!
//! The table is read here anew, cell by cell, so that a line that nobody heeds is noticed.

mod stub;

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};

use crate::serve::{Place, Served};
use stub::{Heard, Stub};

const TABLE: &str = include_str!("../../../erp/src/profiles.tsv");

/// Whatever a profile's test asks.
const ROLE: &str = r#"
[[rule]]
name = "all"
models = ["res.partner", "Customer"]
operations = ["read", "create", "write", "call"]
fields = "*"
arguments = "any"
methods = ["get_views", "web_save_multi"]
"#;

/// A line of the table.
struct Line {
    name: &'static str,
    kind: &'static str,
    releases: &'static str,
    dialects: Vec<&'static str>,
    connections: &'static str,
    mebibytes: u64,
    database: &'static str,
    secrets: &'static str,
    quirks: Vec<&'static str>,
}

fn lines() -> Vec<Line> {
    let rows = TABLE.lines().filter(|line| !line.starts_with('#')).skip(1);
    let words = |cell: &'static str| cell.split(' ').filter(|word| *word != "-").collect();
    let lines: Vec<Line> = rows
        .map(|row| {
            let cells: Vec<&str> = row.split('\t').collect();
            Line {
                name: cells[0],
                kind: cells[1],
                releases: cells[2],
                dialects: words(cells[3]),
                connections: cells[4],
                mebibytes: cells[5].parse().expect("a number"),
                database: cells[6],
                secrets: cells[7],
                quirks: words(cells[8]),
            }
        })
        .collect();
    assert!(lines.len() >= 14, "the table has been cut");
    lines
}

impl Line {
    fn is_odoo(&self) -> bool {
        self.kind == "odoo"
    }

    /// What the ERP calls its database where the configuration does not.
    fn database(&self) -> &'static str {
        match self.database {
            "named" => "named",
            "label" => "127",
            "host" => "127.0.0.1",
            other => panic!("{other}"),
        }
    }

    /// A place before an ERP of this profile.
    fn place(&self, url: &str) -> Place {
        let database = match self.database {
            "named" => "database = \"named\"\n",
            _ => "",
        };
        let text = format!(
            "listen = \"127.0.0.1:0\"\nroles = [\"reader.toml\"]\nworkers = 1\n\
             [limits]\nbody-bytes = 67108864\n\
             [upstream.erp]\nkind = \"{}\"\nurl = \"{url}\"\nprofile = \"{}\"\n{database}\
             [upstream.erp.user.joe]\nsecret-file = \"secret\"\n",
            self.kind, self.name,
        );
        let place = Place::of(&text, ROLE);
        std::fs::write(place.path().join("secret"), "upstream:sealed").expect("a file");
        place
    }
}

/// A gateway before a stub, known to it, and a key.
struct Front {
    stub: Stub,
    served: Served,
    key: String,
    _place: Place,
}

impl Front {
    fn of(line: &Line) -> Self {
        let stub = Stub::speaking(&line.dialects);
        let place = line.place(stub.url());
        let (key, _) = place.key_of("joe", "joe", &[]);
        let served = place.serve();
        let front = Self {
            stub,
            served,
            key,
            _place: place,
        };
        if line.is_odoo() {
            let known = crate::within(10_000, || {
                let got = front.ask("res.partner", "search_count", &json!({"domain": []}));
                (got == 200).then_some(())
            });
            assert!(known.is_some(), "{} was not got to know", line.name);
        }
        front.stub.heard();
        front
    }

    /// Asks by JSON-2; answers the status.
    fn ask(&self, model: &str, method: &str, arguments: &Json) -> u16 {
        self.send("POST", &format!("/json/2/{model}/{method}"), arguments)
    }

    fn send(&self, verb: &str, path: &str, body: &Json) -> u16 {
        let body = if body.is_null() {
            Vec::new()
        } else {
            body.to_string().into_bytes()
        };
        let request = http::Request::builder()
            .method(verb)
            .uri(format!("{}{path}", self.served.url))
            .header("authorization", format!("Bearer {}", self.key))
            .header("content-type", "application/json");
        crate::demo::send(request.body(body).expect("a request")).status
    }

    /// Three calls that any ERP of the kind answers.
    fn three(&self, line: &Line) -> Vec<Heard> {
        for _ in 0..3 {
            let status = match line.is_odoo() {
                true => self.ask("res.partner", "search_count", &json!({"domain": []})),
                false => self.send("GET", "/api/resource/Customer/A", &Json::Null),
            };
            assert_eq!(status, 200, "{}", line.name);
        }
        let heard = self.stub.heard();
        assert_eq!(heard.len(), 3, "{}: {heard:?}", line.name);
        heard
    }

    /// Writes so many bytes; whether the ERP heard of it, and the status.
    fn writes(&self, line: &Line, bytes: usize) -> (bool, u16) {
        let long = "x".repeat(bytes);
        let status = match line.is_odoo() {
            true => {
                let values = json!({"ids": [7], "vals": {"comment": long}});
                self.ask("res.partner", "write", &values)
            }
            false => {
                let values = json!({"customer_details": long});
                self.send("PUT", "/api/resource/Customer/A", &values)
            }
        };
        (!self.stub.heard().is_empty(), status)
    }
}

#[test]
fn check_tells_what_each_profile_promises() {
    for line in lines() {
        let place = line.place("http://127.0.0.1:9");
        let (code, told) = place.run(&["check"]);
        assert_eq!(code, 0, "{}: {told}", line.name);
        let told = &told["upstreams"][0];
        assert_eq!(told["profile"], line.name);
        assert_eq!(told["database"], line.database(), "{}", line.name);
        assert_eq!(told["connections"], line.connections, "{}", line.name);
        assert_eq!(told["request-bytes"], line.mebibytes << 20, "{}", line.name);
        assert_eq!(told["keys-only"], line.secrets == "key", "{}", line.name);
        let quirks: BTreeSet<&str> = told["quirks"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|words| words.as_str().expect("words"))
            .collect();
        assert_eq!(quirks.len(), line.quirks.len(), "{}: {quirks:?}", line.name);
        assert!(
            quirks.iter().all(|words| words.len() > 10),
            "{}: {quirks:?}",
            line.name
        );
        if line.database == "named" {
            let text = std::fs::read_to_string(place.path().join("portcullis.toml")).expect("text");
            let text = text.replace("database = \"named\"\n", "");
            std::fs::write(place.path().join("portcullis.toml"), text).expect("a file");
            assert_eq!(
                place.run(&["check"]).0,
                2,
                "{} needs its database named",
                line.name
            );
        }
    }
}

#[test]
fn each_odoo_is_tried_in_its_dialects_in_their_order_and_in_no_other() {
    for line in lines().iter().filter(|line| line.is_odoo()) {
        let stub = Stub::speaking(&[]);
        let place = line.place(stub.url());
        let served = place.serve();
        let wanted = line.dialects.len();
        let mut tried: Vec<&str> = Vec::new();
        let enough = crate::within(10_000, || {
            tried.extend(stub.heard().iter().map(Heard::dialect));
            (tried.len() >= wanted).then_some(())
        });
        assert!(enough.is_some(), "{} was asked in {tried:?}", line.name);
        assert_eq!(tried[..wanted], line.dialects, "{}", line.name);
        drop(served);
        tried.extend(stub.heard().iter().map(Heard::dialect));
        let all: BTreeSet<&str> = tried.iter().copied().collect();
        assert_eq!(
            all,
            line.dialects.iter().copied().collect(),
            "{}",
            line.name
        );
    }
}

#[test]
fn each_is_reached_by_its_connections_and_asked_for_its_database() {
    for line in lines() {
        let front = Front::of(&line);
        let heard = front.three(&line);
        let connections: BTreeSet<usize> = heard.iter().map(|heard| heard.connection).collect();
        let closes = heard
            .iter()
            .all(|heard| heard.header("connection") == Some("close"));
        match line.connections {
            "fresh" => assert!(connections.len() == 3 && closes, "{}: {heard:?}", line.name),
            "kept" => assert!(
                connections.len() == 1 && !closes,
                "{}: {heard:?}",
                line.name
            ),
            other => panic!("{other}"),
        }
        for heard in &heard {
            assert_eq!(
                heard.database().as_deref(),
                Some(line.database()),
                "{}",
                line.name
            );
            assert_eq!(heard.dialect(), line.dialects[0], "{}", line.name);
        }
    }
}

#[test]
fn what_is_larger_than_an_erp_takes_is_not_sent_to_it() {
    // Above these a body is larger than the gateway itself is set to take here.
    let mut sizes = BTreeSet::new();
    let lines = lines();
    for line in lines
        .iter()
        .filter(|line| line.mebibytes <= 25 && sizes.insert(line.mebibytes))
    {
        let front = Front::of(line);
        let bytes = usize::try_from(line.mebibytes << 20).expect("a number");
        let (reached, status) = front.writes(line, bytes - 4096);
        assert!(reached && status == 200, "{}: {status}", line.name);
        let (reached, status) = front.writes(line, bytes + 1);
        assert!(!reached && status == 413, "{}: {status}", line.name);
    }
}

#[test]
fn each_odoo_is_asked_for_what_its_release_has() {
    for line in lines().iter().filter(|line| line.is_odoo()) {
        let first = line.releases.split('-').next().unwrap_or_default();
        let release: Option<u16> = first.parse().ok();
        let front = Front::of(line);
        for (method, arguments, (first, last), becomes) in asked_of_releases() {
            front.ask("res.partner", method, &arguments);
            let heard: Vec<String> = front.stub.heard().iter().map(Heard::method).collect();
            // Before an ERP of no known release everything is asked as it is.
            let has = release.is_none_or(|release| (first..=last).contains(&release));
            let awaited = match (has, becomes) {
                (true, _) => vec![method.to_owned()],
                (false, Some(other)) => vec![other.to_owned()],
                (false, None) => Vec::new(),
            };
            assert_eq!(heard, awaited, "{} and {method}", line.name);
        }
    }
}

/// A method, its arguments, the releases that have it so, and what is asked of the others.
type AskedOf = (&'static str, Json, (u16, u16), Option<&'static str>);

fn asked_of_releases() -> Vec<AskedOf> {
    let rows = json!({"domain": [], "fields": ["name"], "load": ""});
    let saved = json!({"ids": [7], "vals": {"name": "x"}, "specification": {"name": {}}});
    let several = json!({"ids": [7], "vals_list": [{"name": "x"}], "specification": {"name": {}}});
    let right = json!({"operation": "read", "raise_exception": false});
    vec![
        ("search_read", rows, (15, 99), None),
        (
            "search_count",
            json!({"domain": [], "limit": 5}),
            (16, 99),
            None,
        ),
        (
            "get_views",
            json!({"views": [[false, "list"]]}),
            (16, 99),
            None,
        ),
        ("web_save", saved, (17, 99), None),
        (
            "has_access",
            json!({"ids": [7], "operation": "read"}),
            (18, 99),
            None,
        ),
        ("name_get", json!({"ids": [7]}), (0, 17), Some("read")),
        ("web_save_multi", several, (19, 99), None),
        ("check_access_rights", right, (0, 19), Some("has_access")),
    ]
}
