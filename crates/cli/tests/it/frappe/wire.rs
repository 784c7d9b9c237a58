//! What stands on the wire to Frappe: the gateway's own words, whatever the client said.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};

use crate::serve::Place;

const ROLE: &str = "[[rule]]\nname = \"r\"\nmodels = [\"Customer\"]\noperations = [\"read\", \"write\"]\nfields = \"*\"\n";

/// A Frappe that says what it hears, and sends cookies with every answer.
fn listening() -> (String, Receiver<String>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let (heard, hearing) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.expect("a connection");
            let mut reader = BufReader::new(stream.try_clone().expect("a copy"));
            let mut text = String::new();
            while reader.read_line(&mut text).expect("a line") > 2 {}
            let length = text
                .lines()
                .find_map(|line| line.strip_prefix("content-length: "));
            let length = length.map_or(0, |length| length.parse().expect("a number"));
            let mut body = vec![0; length];
            reader.read_exact(&mut body).expect("the body");
            text.push_str(&String::from_utf8(body).expect("text"));
            let answer = r#"{"data":{"name":"A"}}"#;
            let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nServer: gunicorn\r\n\
                        Set-Cookie: sid=Guest; Path=/\r\nSet-Cookie: user_id=Guest; Path=/\r\nConnection: close\r\n";
            write!(
                stream,
                "{head}Content-Length: {}\r\n\r\n{answer}",
                answer.len()
            )
            .expect("an answer");
            // Who it is there, and whether that user is archived, the gateway asks for itself.
            let own = ["get_logged_user", "GET /api/resource/User?"];
            if own.iter().any(|own| text.contains(own)) {
                continue;
            }
            if heard.send(text).is_err() {
                return;
            }
        }
    });
    (url, hearing)
}

#[test]
fn frappe_6_03_and_5_no_word_of_the_client_goes_upstream() {
    let (url, hearing) = listening();
    let place = Place::of(
        &format!(
            "listen = \"127.0.0.1:0\"\nroles = [\"reader.toml\"]\n[upstream.erp]\nkind = \"frappe\"\nurl = \"{url}\"\n\
             database = \"erp.example\"\nuser.joe.secret-file = \"secret\"\n"
        ),
        ROLE,
    );
    std::fs::write(place.path().join("secret"), "upstream:sealed").expect("a file");
    let (key, _) = place.key_of("joe", "joe", &[]);
    let served = place.serve();
    let send = |verb: &str, path: &str, body: &str| {
        let mut request = http::Request::builder()
            .method(verb)
            .uri(format!("{}{path}", served.url))
            .header("authorization", format!("Bearer {key}"))
            .header("content-type", "application/json");
        for (name, value) in [
            ("x-frappe-site-name", "../other"),
            ("frappe-authorization-source", "Customer"),
            (
                "cookie",
                "user_id=Administrator; system_user=yes; full_name=x",
            ),
            ("x-forwarded-for", "203.0.113.9"),
            ("x-forwarded-host", "evil.example"),
            ("x-forwarded-proto", "https"),
            ("x-frappe-csrf-token", "x"),
            ("x-http-method-override", "DELETE"),
            ("accept", "text/html"),
            ("user-agent", "evil"),
            ("x-evil", "evil"),
        ] {
            request = request.header(name, value);
        }
        crate::demo::send(request.body(body.as_bytes().to_vec()).expect("a request"))
    };
    for (verb, path, body, line) in [
        (
            "GET",
            "/api/resource/Customer/A",
            "",
            "GET /api/resource/Customer/A HTTP/1.1",
        ),
        (
            "GET",
            "/api/v2/document/Customer/A",
            "",
            "GET /api/resource/Customer/A HTTP/1.1",
        ),
        (
            "PATCH",
            "/api/v2/document/Customer/A",
            "{ \"website\":\"x\" }",
            "PUT /api/resource/Customer/A HTTP/1.1",
        ),
    ] {
        let got = send(verb, path, body);
        assert_eq!(got.status, 200, "{}", got.text());
        assert!(
            got.headers.get("set-cookie").is_none(),
            "the ERP's cookies stay behind"
        );
        assert!(got.headers.get("server").is_none());
        let heard = hearing
            .recv_timeout(std::time::Duration::from_secs(10))
            .expect("a request");
        assert!(heard.starts_with(line), "{heard}");
        let mut names: Vec<&str> = heard
            .lines()
            .skip(1)
            .take_while(|line| !line.is_empty())
            .filter_map(|line| line.split_once(':').map(|(name, _)| name))
            .collect();
        names.sort_unstable();
        names.retain(|name| !["content-length", "content-type"].contains(name));
        assert_eq!(
            names,
            [
                "accept",
                "authorization",
                "host",
                "user-agent",
                "x-frappe-site-name"
            ],
            "{heard}"
        );
        assert!(
            heard.contains("x-frappe-site-name: erp.example\r\n"),
            "{heard}"
        );
        assert!(
            heard.contains("authorization: token upstream:sealed\r\n"),
            "{heard}"
        );
        assert!(heard.contains("accept: application/json\r\n"), "{heard}");
        for word in ["evil", "Administrator", "203.0.113.9", &key] {
            assert!(!heard.contains(word), "{word}: {heard}");
        }
        if !body.is_empty() {
            assert!(heard.ends_with(r#"{"data":{"website":"x"}}"#), "{heard}");
        }
    }
    for path in [
        "/api/method/frappe.integrations.oauth2.approve?client_id=x",
        "/api/method/frappe.integrations.oauth2.get_token",
        "/api/v2/method/frappe.integrations.oauth2.introspect_token?token=x",
    ] {
        assert_eq!(send("GET", path, "").status, 403, "{path}");
    }
    assert!(
        hearing.try_recv().is_err(),
        "Frappe's own OAuth is not reached"
    );
}

/// A role that may fetch files.
const FILES: &str =
    "[[rule]]\nname = \"r\"\nmodels = [\"File\"]\noperations = [\"read\"]\nfields = \"*\"\n";

/// A Frappe that finds every file, and sends one in two halves: the second when it is told to,
/// or never.
fn in_halves(second: Receiver<bool>) -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.expect("a connection");
            let mut reader = BufReader::new(stream.try_clone().expect("a copy"));
            let mut head = String::new();
            while reader.read_line(&mut head).expect("a line") > 2 {}
            let close = "Connection: close\r\n";
            if !head.contains("download_file") {
                let rows = r#"{"data":[{"name":"f1"}]}"#;
                let kind = "Content-Type: application/json\r\n";
                write!(
                    stream,
                    "HTTP/1.1 200 OK\r\n{kind}{close}Content-Length: {}\r\n\r\n{rows}",
                    rows.len()
                )
                .expect("an answer");
                continue;
            }
            let kind = "Content-Type: text/html\r\nContent-Disposition: inline\r\nSet-Cookie: sid=Guest\r\n";
            write!(
                stream,
                "HTTP/1.1 200 OK\r\n{kind}{close}Content-Length: 10\r\n\r\nfirst"
            )
            .expect("a half");
            if second.recv().unwrap_or(false) {
                write!(stream, "other").expect("the other half");
            }
        }
    });
    url
}

#[test]
fn a_file_passes_piece_by_piece_and_a_broken_one_never_looks_whole() {
    let (tell, told) = channel();
    let url = in_halves(told);
    let place = Place::of(
        &format!(
            "listen = \"127.0.0.1:0\"\nroles = [\"reader.toml\"]\n[upstream.erp]\nkind = \"frappe\"\nurl = \"{url}\"\n\
             database = \"erp.example\"\nuser.joe.secret-file = \"secret\"\n"
        ),
        FILES,
    );
    std::fs::write(place.path().join("secret"), "upstream:sealed").expect("a file");
    let (key, _) = place.key_of("joe", "joe", &[]);
    let served = place.serve();
    let ask = || {
        let address = served.url.strip_prefix("http://").expect("an address");
        let mut stream = std::net::TcpStream::connect(address).expect("a connection");
        write!(
            stream,
            "GET /private/files/a.html HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\nConnection: close\r\n\r\n"
        )
        .expect("a request");
        let mut reader = BufReader::new(stream);
        let mut head = String::new();
        while reader.read_line(&mut head).expect("a line") > 2 {}
        let mut half = [0; 5];
        reader
            .read_exact(&mut half)
            .expect("the first half, before the second is sent");
        assert_eq!(&half, b"first", "{head}");
        (head.to_ascii_lowercase(), reader)
    };
    let (head, mut reader) = ask();
    tell.send(true).expect("told");
    let mut rest = Vec::new();
    reader.read_to_end(&mut rest).expect("the second half");
    assert_eq!(rest, b"other");
    assert!(
        head.contains("content-length: 10\r\n") && head.contains("attachment"),
        "{head}"
    );
    assert!(
        !head.contains("set-cookie") && !head.contains("text/html"),
        "{head}"
    );

    let (head, mut reader) = ask();
    tell.send(false).expect("told");
    let mut rest = Vec::new();
    let ended = reader.read_to_end(&mut rest);
    assert!(head.contains("content-length: 10\r\n"), "{head}");
    assert!(
        rest.is_empty(),
        "what did not come is not made up: {ended:?} {rest:?}"
    );
}
