//! A gateway with a listener of administrators, before no ERP.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::Stdio;

use serde_json::{Value as Json, json};

use crate::demo::{Got, send};
use crate::serve::{Place, READER, Served};

/// The password of everybody here.
pub(crate) const PASSWORD: &str = "four rather odd giraffes";

/// A gateway and where it is administered.
pub(crate) struct Office {
    pub(crate) place: Place,
    pub(crate) served: Served,
    pub(crate) admin: String,
}

/// What an enrolment of an app told.
pub(crate) struct Enrolled {
    pub(crate) secret: String,
    pub(crate) recovery: Vec<String>,
}

/// The place of such a gateway, with these settings more.
pub(crate) fn place(more: &str) -> Place {
    let text = format!(
        "listen = \"127.0.0.1:0\"\nroles = [\"reader.toml\"]\n\
         [admin]\nlisten = \"127.0.0.1:0\"\norigin = \"https://admin.example.com\"\n{more}\n\
         [upstream.odoo]\nkind = \"odoo\"\nurl = \"http://127.0.0.1:9\"\ndatabase = \"none\"\n"
    );
    Place::of(&text, READER)
}

impl Office {
    pub(crate) fn open(more: &str) -> Self {
        Self::at(place(more), |_| {})
    }

    /// The gateway of a place, and what it logs.
    pub(crate) fn at(place: Place, mut heard: impl FnMut(String) + Send + 'static) -> Self {
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
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                heard(line);
            }
        });
        Self {
            place,
            served: Served { child, url },
            admin,
        }
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> (i32, Json) {
        self.place.run(arguments)
    }

    pub(crate) fn add(&self, name: &str, role: &str) {
        add(&self.place, name, role);
    }

    /// Enrols an app; it is confirmed by its code of so many steps from now.
    pub(crate) fn enrol_totp(&self, name: &str, step: i64) -> Enrolled {
        let mut child = self
            .place
            .program(&["administrator", "totp", name])
            .arg("--json")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program runs");
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut line = || -> Json {
            let line = lines.next().expect("a line").expect("text");
            serde_json::from_str(&line).expect("JSON")
        };
        let begun = line();
        let secret = begun["secret"].as_str().unwrap().to_owned();
        let uri = begun["uri"].as_str().unwrap();
        assert!(
            uri.starts_with("otpauth://totp/") && uri.contains(&secret),
            "{uri}"
        );
        let code = totp_at(&secret, step);
        writeln!(child.stdin.take().unwrap(), "{code}").unwrap();
        let done = line();
        assert!(child.wait().unwrap().success());
        assert_eq!(done["enrolled"], "app", "{done}");
        let codes = done["recovery-codes"].as_array().unwrap();
        Enrolled {
            secret,
            recovery: codes
                .iter()
                .map(|code| code.as_str().unwrap().to_owned())
                .collect(),
        }
    }

    pub(crate) fn ask(&self, verb: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Got {
        let uri = format!("{}/admin/v1/{path}", self.admin);
        let mut request = http::Request::builder().method(verb).uri(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        send(request.body(body.to_vec()).expect("a request"))
    }

    pub(crate) fn get(&self, path: &str, token: Option<&str>) -> Got {
        self.with_bearer("GET", path, token, b"")
    }

    pub(crate) fn delete(&self, path: &str, token: Option<&str>) -> Got {
        self.with_bearer("DELETE", path, token, b"")
    }

    pub(crate) fn post(&self, path: &str, token: Option<&str>, body: &Json) -> Got {
        self.with_bearer("POST", path, token, body.to_string().as_bytes())
    }

    fn with_bearer(&self, verb: &str, path: &str, token: Option<&str>, body: &[u8]) -> Got {
        let bearer = token.map(|token| format!("Bearer {token}"));
        let mut headers: Vec<(&str, &str)> = Vec::new();
        if !body.is_empty() {
            headers.push(("content-type", "application/json"));
        }
        headers.extend(bearer.as_deref().map(|bearer| ("authorization", bearer)));
        self.ask(verb, path, &headers, body)
    }

    /// A session of somebody, by a recovery code that is made for it.
    pub(crate) fn log_in(&self, name: &str) -> String {
        let got = self.post("session", None, &self.good(name));
        assert_eq!(got.status, 201, "{}", got.text());
        got.json()["token"].as_str().expect("a token").to_owned()
    }

    /// What is a good log-in of somebody, once.
    pub(crate) fn good(&self, name: &str) -> Json {
        let (code, made) = self.run(&["administrator", "recovery", name]);
        assert_eq!(code, 0, "{made}");
        json!({"name": name, "password": PASSWORD, "recovery-code": made["recovery-codes"][0]})
    }
}

/// Adds somebody, with the password by standard input.
pub(crate) fn add(place: &Place, name: &str, role: &str) {
    let (code, text) = given(
        place,
        &["administrator", "add", name, "--role", role],
        PASSWORD,
    );
    assert_eq!(code, 0, "{text}");
}

/// Runs a command that reads standard input; answers what it prints, and complains.
pub(crate) fn given(place: &Place, arguments: &[&str], input: &str) -> (i32, String) {
    let mut child = place
        .program(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program runs");
    let mut stdin = child.stdin.take().unwrap();
    // A command that refuses at once does not read.
    stdin.write_all(input.as_bytes()).ok();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8(text).expect("text");
    (output.status.code().unwrap_or(-1), text)
}

/// The code of an app, so many steps of 30 seconds from now. At the end of a step the next one is
/// waited for, so that it is the same step when the code arrives.
pub(crate) fn totp_at(secret: &str, steps: i64) -> String {
    let seconds = || portcullis_gateway::clock::now().micros() / 1_000_000;
    while seconds() % 30 > 22 {
        crate::pause(200);
    }
    let at = u64::try_from(seconds() + steps * 30).unwrap();
    app(secret).generate(at).to_string()
}

/// The app of a secret.
pub(crate) fn app(secret: &str) -> totp_rs::Totp {
    let secret = totp_rs::Secret::try_from_base32(secret).expect("a secret");
    let builder = totp_rs::Builder::new().with_secret(secret);
    builder.build().expect("an app")
}

impl Got {
    pub(crate) fn json(&self) -> Json {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("{}", self.text()))
    }

    /// The last word of a problem's type.
    pub(crate) fn kind(&self) -> String {
        let body = self.json();
        let kind = body["type"].as_str().unwrap_or_default();
        kind.rsplit(':').next().unwrap_or_default().to_owned()
    }
}
