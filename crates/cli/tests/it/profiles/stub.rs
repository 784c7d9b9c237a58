//! An ERP that keeps its connections, remembers what it heard on which, and knows one user.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use serde_json::{Value as Json, json};

/// A request, as it came.
#[derive(Clone)]
pub(super) struct Heard {
    /// Which connection it came on.
    pub(super) connection: usize,
    head: String,
    body: String,
}

/// It ends with the process.
pub(super) struct Stub {
    url: String,
    heard: Arc<Mutex<Vec<Heard>>>,
}

impl std::fmt::Debug for Heard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let line = self.head.lines().next().unwrap_or_default();
        write!(f, "{line} on {}", self.connection)
    }
}

impl Heard {
    fn path(&self) -> &str {
        self.head.split(' ').nth(1).unwrap_or_default()
    }

    /// The dialect that its path is of, as profiles call it.
    pub(super) fn dialect(&self) -> &'static str {
        let paths = [
            ("/json/2/", "json2"),
            ("/jsonrpc", "jsonrpc"),
            ("/xmlrpc/", "xmlrpc"),
            ("/api/", "frappe"),
        ];
        let found = paths.iter().find(|(path, _)| self.path().starts_with(path));
        found.map_or_else(|| panic!("{self:?}"), |(_, dialect)| dialect)
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().skip(1);
        lines.find_map(|line| {
            let (key, value) = line.split_once(": ")?;
            key.eq_ignore_ascii_case(name).then_some(value)
        })
    }

    fn json(&self) -> Json {
        serde_json::from_str(&self.body).unwrap_or_default()
    }

    /// The database or site that is meant.
    pub(super) fn database(&self) -> Option<String> {
        match self.dialect() {
            "json2" => self.header("x-odoo-database").map(str::to_owned),
            "frappe" => self.header("x-frappe-site-name").map(str::to_owned),
            _ => Some(self.json()["params"]["args"][0].as_str()?.to_owned()),
        }
    }

    /// The method that is called.
    pub(super) fn method(&self) -> String {
        match self.dialect() {
            "json2" => self
                .path()
                .rsplit('/')
                .next()
                .unwrap_or_default()
                .to_owned(),
            "jsonrpc" => {
                let params = &self.json()["params"];
                let of_service = params["method"].as_str().unwrap_or_default();
                params["args"][4].as_str().unwrap_or(of_service).to_owned()
            }
            _ => String::new(),
        }
    }

    /// Whether the gateway asks it of its own.
    fn is_own(&self) -> bool {
        matches!(
            self.method().as_str(),
            "context_get" | "fields_get" | "has_group" | "login" | "authenticate" | "version"
        )
    }
}

impl Stub {
    /// An ERP that knows these dialects; whatever else it is asked is not there.
    pub(super) fn speaking(dialects: &[&'static str]) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let heard = Arc::new(Mutex::new(Vec::new()));
        let (kept, dialects) = (Arc::clone(&heard), dialects.to_vec());
        std::thread::spawn(move || {
            for (connection, stream) in listener.incoming().flatten().enumerate() {
                let (kept, dialects) = (Arc::clone(&kept), dialects.clone());
                std::thread::spawn(move || serve(connection, &stream, &dialects, &kept));
            }
        });
        Self { url, heard }
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// What came since this was asked last: calls, and whatever came to a stub that knows nothing.
    pub(super) fn heard(&self) -> Vec<Heard> {
        std::mem::take(&mut *self.heard.lock().expect("a list"))
    }
}

fn serve(connection: usize, stream: &TcpStream, dialects: &[&str], kept: &Mutex<Vec<Heard>>) {
    let mut reader = BufReader::new(stream);
    loop {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            match reader.read_line(&mut head) {
                Ok(1..) => {}
                _ => return,
            }
        }
        let mut heard = Heard {
            connection,
            head,
            body: String::new(),
        };
        let length = heard
            .header("content-length")
            .map_or(0, |length| length.parse().expect("a number"));
        let mut body = vec![0; length];
        if reader.read_exact(&mut body).is_err() {
            return;
        }
        heard.body = String::from_utf8(body).expect("text");
        let known = !heard.path().starts_with("/web/") && dialects.contains(&heard.dialect());
        let (status, answer) = match known {
            true => (200, answer(&heard)),
            false => (404, Json::from("not here")),
        };
        // What is asked to get to know an ERP is a call to one that knows nothing.
        let counts = !heard.path().starts_with("/web/") && (dialects.is_empty() || !heard.is_own());
        let closes = heard.header("connection") == Some("close");
        if counts {
            kept.lock().expect("a list").push(heard);
        }
        let answer = answer.to_string();
        let written = write!(
            &mut &*stream,
            "HTTP/1.1 {status} x\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{answer}",
            answer.len()
        );
        if written.is_err() || closes {
            return;
        }
    }
}

fn answer(heard: &Heard) -> Json {
    let value = match heard.method().as_str() {
        "login" | "authenticate" => json!(7),
        "context_get" => json!({"uid": 7, "lang": "en_US", "tz": "UTC"}),
        "has_group" => json!(false),
        "fields_get" => {
            let field = |kind: &str| json!({"type": kind, "string": "x", "store": true, "searchable": true, "sortable": true, "required": false, "readonly": false});
            json!({"id": field("integer"), "name": field("char"), "comment": field("text"), "display_name": field("char")})
        }
        "search_read" | "read" | "web_save" | "web_save_multi" => json!([{"id": 7, "name": "x"}]),
        "search_count" => json!(3),
        _ => json!(true),
    };
    match heard.dialect() {
        "jsonrpc" => json!({"jsonrpc": "2.0", "id": 1, "result": value}),
        "frappe" => json!({"data": {"name": "A", "doctype": "Customer"}}),
        _ => value,
    }
}
