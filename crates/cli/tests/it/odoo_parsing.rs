//! Where Odoo reads a request in another way than a gateway might: FACTS (Odoo), section 5,
//! point by point. Each test is named by its point.
//!
//! Each first asks what is served and sees it arrive, then asks the same in the way that Odoo
//! would take too, and sees that nothing arrives. The tables of `tests/hostile/cases.py` have many
//! more cases of points 1 to 9; `crates/erp/tests` has those of the readers by themselves.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use portcullis_testkit::leaks;
use portcullis_testkit::recorded::wire;

use crate::demo::Demo;
use crate::relay::Relay;
use crate::serve::Place;

const PATH: &str = "/json/2/res.partner/search_count";
const BODY: &str = r#"{"domain": []}"#;

/// A demo, and requests to it as bytes.
struct Bytes {
    demo: Demo,
    key: String,
}

/// The address in a URL.
fn door(url: &str) -> SocketAddr {
    let address = url.trim_start_matches("http://").parse();
    address.expect("an address")
}

impl Bytes {
    fn start() -> Self {
        let demo = Demo::start();
        let key = demo.key("odoo_full");
        let bytes = Self { demo, key };
        // The model's fields are asked for once; what arrives from now on is the caller's.
        assert_eq!(bytes.status(&bytes.good()), 200);
        bytes.demo.reached();
        bytes
    }

    fn head(&self, line: &str, more: &str) -> String {
        format!(
            "{line} HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer {}\r\n{more}\r\n",
            self.key
        )
    }

    fn json2(&self, line: &str, body: &str) -> String {
        let more = format!(
            "Content-Type: application/json\r\nContent-Length: {}\r\n",
            body.len()
        );
        self.head(line, &more) + body
    }

    fn good(&self) -> String {
        self.json2(&format!("POST {PATH}"), BODY)
    }

    /// XML-RPC with the key in its slot.
    fn xml(&self, head: &str, uid: &str, method: &str, tail: &str) -> String {
        let body = format!(
            "{head}<methodCall><methodName>{method}</methodName><params><param><value>demo</value></param>\
             <param><value>{uid}</value></param><param><value>{}</value></param><param><value>res.partner</value></param>\
             <param><value>search_count</value></param><param><value><array><data><value><array><data></data></array></value></data></array></value></param>{tail}</params></methodCall>",
            self.key
        );
        format!(
            "POST /xmlrpc/2/object HTTP/1.1\r\nHost: gateway\r\nContent-Type: text/xml\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
    }

    fn jsonrpc(&self, uid: &str, more: &str) -> String {
        let body = format!(
            r#"{{"jsonrpc":"2.0","params":{{"service":"object","method":"execute_kw","args":["demo",{uid},"{}","res.partner","search_count",[[]],{{}}]{more}}},"id":1}}"#,
            self.key
        );
        format!(
            "POST /jsonrpc HTTP/1.1\r\nHost: gateway\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
    }

    fn answer(&self, request: &str) -> String {
        let gateway = door(self.demo.fact("/gateway"));
        let answer = wire::exchange(gateway, request.as_bytes());
        let (head, body) = wire::split(&answer);
        assert_eq!(leaks::found(&head, body, request.as_bytes()), None);
        String::from_utf8_lossy(&answer).into_owned()
    }

    fn status(&self, request: &str) -> u16 {
        let answer = self.answer(request);
        answer
            .split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok())
            .unwrap_or(0)
    }

    /// It is done, and the ERP hears of it.
    fn done(&self, request: &str) {
        let answer = self.answer(request);
        let refused = answer.contains("<fault>") || answer.contains("\"error\"");
        assert!(
            answer.starts_with("HTTP/1.1 200") && !refused,
            "{request}\n{answer}"
        );
        assert_eq!(self.demo.reached().len(), 1, "{request}");
    }

    /// It is refused, and the ERP hears nothing.
    fn refused(&self, request: &str) -> String {
        let answer = self.answer(request);
        let refused = answer.is_empty()
            || answer.contains("<fault>")
            || answer.contains("\"error\"")
            || !answer.starts_with("HTTP/1.1 200");
        assert!(refused, "{request}\n{answer}");
        assert_eq!(
            self.demo.reached(),
            Vec::<serde_json::Value>::new(),
            "{request}"
        );
        answer
    }
}

#[test]
fn odoo_5_01_options_and_made_up_verbs_never_execute() {
    let bytes = Bytes::start();
    bytes.done(&bytes.good());
    for verb in [
        "OPTIONS", "GET", "PUT", "PATCH", "DELETE", "HEAD", "BREW", "post",
    ] {
        bytes.refused(&bytes.json2(&format!("{verb} {PATH}"), BODY));
    }
    let uid = bytes.demo.uid("odoo_full").to_string();
    bytes.done(&bytes.jsonrpc(&uid, ""));
    bytes.done(&bytes.xml("", &format!("<int>{uid}</int>"), "execute_kw", ""));
    for verb in ["OPTIONS", "PUT", "BREW"] {
        bytes.refused(&bytes.jsonrpc(&uid, "").replacen("POST", verb, 1));
        let xml = bytes.xml("", &format!("<int>{uid}</int>"), "execute_kw", "");
        bytes.refused(&xml.replacen("POST", verb, 1));
    }
}

#[test]
fn odoo_5_02_a_path_is_read_in_one_way() {
    let bytes = Bytes::start();
    bytes.done(&bytes.good());
    for path in [
        "/json/2/res.partner%2Fsearch_count",
        "//json/2/res.partner/search_count",
        "/json/2/res.partner/search_count/",
        "/json//2/res.partner/search_count",
        "/json/2/./res.partner/search_count",
        "/json/2/res.partner/search_count;x",
        "/json/2/res.partner/search_count%00",
        "/json/2/res.partner/search_count#x",
        "/JSON/2/res.partner/search_count",
        "http://gateway/json/2/res.partner/search_count",
    ] {
        bytes.refused(&bytes.json2(&format!("POST {path}"), BODY));
    }
}

#[test]
fn odoo_5_03_xml_has_no_entities_of_its_own_and_one_reading() {
    let bytes = Bytes::start();
    let uid = format!("<int>{}</int>", bytes.demo.uid("odoo_full"));
    bytes.demo.reached();
    bytes.done(&bytes.xml("<?xml version='1.0'?>", &uid, "execute_kw", ""));
    let lol = "<!DOCTYPE m [<!ENTITY a 'execute_kw'>]>";
    bytes.refused(&bytes.xml(lol, &uid, "&a;", ""));
    bytes.refused(&bytes.xml(
        "<!DOCTYPE m SYSTEM 'http://127.0.0.1:9/x'>",
        &uid,
        "execute_kw",
        "",
    ));
    bytes.refused(&bytes.xml("", &uid, "execute_kw</methodName><methodName>execute", ""));
    bytes.refused(&bytes.xml("", &uid, "execute_kw", "</params><params>"));
    bytes.refused(&bytes.xml(
        "<?xml version='1.0' encoding='utf-16'?>",
        &uid,
        "execute_kw",
        "",
    ));
    bytes.refused(&bytes.xml("", &uid, " execute_kw ", ""));
    bytes.refused(&bytes.xml("", &uid, "execute_kw", "<x/>"));
    let twice = "<param><value><struct><member><name>limit</name><value><int>1</int></value></member>\
                 <member><name>limit</name><value><int>2</int></value></member></struct></value></param>";
    bytes.refused(&bytes.xml("", &uid, "execute_kw", twice));
}

#[test]
fn odoo_5_04_a_uid_is_a_whole_number_and_the_callers() {
    let bytes = Bytes::start();
    let uid = bytes.demo.uid("odoo_full");
    bytes.demo.reached();
    bytes.done(&bytes.jsonrpc(&uid.to_string(), ""));
    for odd in [
        "2.9", "true", "\" 2 \"", "\"1_0\"", "\"٢\"", "null", "[2]", "7",
    ] {
        bytes.refused(&bytes.jsonrpc(odd, ""));
    }
    bytes.done(&bytes.xml("", &format!("<int>{uid}</int>"), "execute_kw", ""));
    for odd in [
        "<double>2.9</double>",
        "<boolean>1</boolean>",
        "<string> 2 </string>",
        "<int>1_0</int>",
        "<int>٢</int>",
        "<int>7</int>",
    ] {
        bytes.refused(&bytes.xml("", odd, "execute_kw", ""));
    }
}

#[test]
fn odoo_5_05_json_has_no_key_twice_no_nan_and_one_encoding() {
    let bytes = Bytes::start();
    bytes.done(&bytes.good());
    let line = format!("POST {PATH}");
    for body in [
        r#"{"domain": [], "domain": [["id", "=", 1]]}"#,
        r#"{"domain": [], "\u0064omain": []}"#,
        r#"{"domain": [["id", "=", NaN]]}"#,
        "\u{feff}{\"domain\": []}",
        r#"{"domain": []} x"#,
    ] {
        bytes.refused(&bytes.json2(&line, body));
    }
    bytes.refused(&bytes.json2(&line, &"[".repeat(100_000)));
    for media in [
        "application/json; charset=latin-1",
        "application/json; charset=utf-16",
        "text/plain",
    ] {
        bytes.refused(&bytes.good().replacen("application/json", media, 1));
    }
}

#[test]
fn odoo_5_06_chunks_are_read_and_a_length_is_sent() {
    let demo = Demo::start();
    let relay = Relay::before(demo.fact("/odoo"));
    let place = Place::before_url(&demo, &relay.url(), "");
    let (key, _) = place.key("shop", &[]);
    let served = place.serve();
    let door = door(&served.url);
    let ask = |framing: &str| {
        let request = format!(
            "POST {PATH} HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer {key}\r\nContent-Type: application/json\r\n{framing}"
        );
        let answer = wire::exchange(door, request.as_bytes());
        assert!(
            answer.starts_with(b"HTTP/1.1 200"),
            "{}",
            String::from_utf8_lossy(&answer)
        );
    };
    ask(&format!("Content-Length: {}\r\n\r\n{BODY}", BODY.len()));
    relay.seen();
    ask(&format!(
        "Transfer-Encoding: chunked\r\n\r\n{:x}\r\n{BODY}\r\n0\r\n\r\n",
        BODY.len()
    ));
    let seen = relay.seen();
    let [sent] = seen.as_slice() else {
        panic!("{seen:?}")
    };
    let head = sent.to_lowercase();
    assert!(
        head.contains("content-length: ") && !head.contains("transfer-encoding"),
        "{sent}"
    );
}

#[test]
fn odoo_5_07_a_length_is_told_once_and_plainly() {
    let bytes = Bytes::start();
    bytes.done(&bytes.good());
    let size = BODY.len();
    let line = format!("POST {PATH}");
    for framing in [
        format!("Content-Length: {size}\r\nTransfer-Encoding: chunked\r\n"),
        format!("Transfer-Encoding: chunked\r\nContent-Length: {size}\r\n"),
        format!("Content-Length: {size}\r\nContent-Length: {size}\r\n"),
        format!("Content-Length: +{size}\r\n"),
        "Content-Length: -1\r\n".to_owned(),
        "Transfer-Encoding: xchunked\r\n".to_owned(),
        format!("X: a\nContent-Length: {size}\r\n"),
        format!("Content-Length: {size}\r\nX: a\r\n b\r\n"),
        format!("Content-Length: {size}\r\nContent-Encoding: gzip\r\n"),
    ] {
        let head = bytes.head(
            &line,
            &format!("Content-Type: application/json\r\n{framing}"),
        );
        bytes.refused(&(head + BODY));
    }
    bytes.refused(&bytes.good().replacen("Host: gateway\r\n", "", 1));
    // The head behind another request is read as strictly: one is done, the other is not.
    let behind = bytes.json2(&line, BODY).replacen(
        "Host: gateway\r\n",
        "Host: gateway\r\nX: a\n b: c\r\n",
        1,
    );
    bytes.done(&bytes.good());
    let answer = bytes.answer(&(bytes.good() + &behind));
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    crate::pause(300);
    assert_eq!(bytes.demo.reached().len(), 1, "only the first");
}

#[test]
fn odoo_5_08_a_header_is_one_header() {
    let bytes = Bytes::start();
    let with = |more: &str| {
        bytes
            .good()
            .replacen("Host: gateway\r\n", &format!("Host: gateway\r\n{more}"), 1)
    };
    bytes.done(&with("X-Odoo-Database: demo\r\n"));
    bytes.refused(&with("X-Odoo-Database: other\r\n"));
    bytes.refused(&with("X-Odoo-Database: demo\r\nX-Odoo-Database: demo\r\n"));
    bytes.refused(&with(&format!("Authorization: Bearer {}\r\n", bytes.key)));
    bytes.refused(&with(&format!("X-API-Key: {}\r\n", bytes.key)));
    // What is spelt with `_` is another header, and none that we send on.
    bytes.done(&with("X_Odoo_Database: other\r\n"));
}

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "a refusal that waits for the body would come late"
)]
fn odoo_5_09_a_body_has_a_bound_and_is_refused_before_it_comes() {
    let bytes = Bytes::start();
    bytes.done(&bytes.good());
    let start = Instant::now();
    for target in [PATH, "/jsonrpc", "/xmlrpc/2/object"] {
        let kind = if target.starts_with("/xml") {
            "text/xml"
        } else {
            "application/json"
        };
        let head = bytes.head(
            &format!("POST {target}"),
            &format!("Content-Type: {kind}\r\nContent-Length: 140000000\r\n"),
        );
        let answer = bytes.refused(&head);
        assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    }
    assert!(
        start.elapsed() < Duration::from_secs(5),
        "nothing was waited for"
    );
}

#[test]
fn a_page_that_is_the_same_for_everybody_is_read_in_one_way_too() {
    let bytes = Bytes::start();
    let get = |path: &str, more: &str| {
        bytes.answer(&format!(
            "GET {path} HTTP/1.1\r\nHost: gateway\r\n{more}\r\n0\r\n\r\n"
        ))
    };
    for path in [
        "/healthz",
        "/readyz",
        "/api/v1/docs",
        "/u/odoo/api/v1/docs/page.js",
    ] {
        let good = get(path, "Connection: close\r\nTransfer-Encoding: chunked\r\n");
        assert!(good.starts_with("HTTP/1.1 200"), "{path}: {good}");
        for two in [
            "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
            "Content-Length: 5\r\nContent-Length: 5\r\n",
            "Transfer-Encoding: gzip, chunked\r\n",
            "Content-Length: 5\nX-Line: LF alone\r\n",
        ] {
            let answer = get(path, two);
            let head = answer.to_lowercase();
            assert!(head.starts_with("http/1.1 400"), "{path} {two}: {answer}");
            assert!(head.contains("connection: close"), "{path} {two}: {answer}");
        }
        let elsewhere = get(
            &format!("http://elsewhere.example{path}"),
            "Connection: close\r\nTransfer-Encoding: chunked\r\n",
        );
        assert!(elsewhere.starts_with("HTTP/1.1 400"), "{path}: {elsewhere}");
    }
}

#[test]
fn odoo_5_10_each_call_gets_a_connection_and_callers_keep_theirs() {
    let bytes = Bytes::start();
    let mut caller = TcpStream::connect(door(bytes.demo.fact("/gateway"))).expect("a connection");
    caller
        .set_read_timeout(Some(Duration::from_secs(10)))
        .expect("a time-out");
    caller
        .write_all((bytes.good() + &bytes.good()).as_bytes())
        .expect("two requests");
    let (mut answers, mut chunk) = (String::new(), [0; 4096]);
    while answers.matches("HTTP/1.1 200").count() < 2 {
        let count = caller.read(&mut chunk).expect("answers");
        assert!(count > 0, "closed after {answers}");
        answers.push_str(&String::from_utf8_lossy(&chunk[..count]));
    }
    // Odoo itself would have dropped the second.
    assert_eq!(bytes.demo.reached().len(), 2);
}

#[test]
fn odoo_5_11_a_slow_caller_holds_no_worker_of_the_erp() {
    let demo = Demo::start();
    let relay = Relay::before(demo.fact("/odoo"));
    let place = Place::before_url(&demo, &relay.url(), "");
    let (key, _) = place.key("shop", &[]);
    let served = place.serve();
    let door = door(&served.url);
    let head = format!(
        "POST {PATH} HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer {key}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        BODY.len()
    );
    assert!(wire::exchange(door, (head.clone() + BODY).as_bytes()).starts_with(b"HTTP/1.1 200"));
    assert_eq!(relay.seen().len(), 1);
    // A body that does not come: nobody is connected to, and others are served.
    let waiting = std::thread::spawn(move || wire::exchange(door, head.as_bytes()));
    crate::pause(500);
    assert_eq!(relay.seen(), Vec::<String>::new());
    assert_eq!(waiting.join().expect("an end"), b"");
}

#[test]
fn odoo_5_12_the_key_says_which_database_and_nothing_else_does() {
    let bytes = Bytes::start();
    let uid = bytes.demo.uid("odoo_full").to_string();
    bytes.demo.reached();
    bytes.done(&bytes.json2(&format!("POST {PATH}?db=other"), BODY));
    bytes.done(&bytes.jsonrpc(&uid, ""));
    bytes.refused(&bytes.jsonrpc(&uid, "").replacen("demo", "test", 1));
    bytes.refused(&bytes.jsonrpc(&uid, "").replacen(
        "Host: gateway\r\n",
        "Host: gateway\r\nX-Odoo-Database: other\r\n",
        1,
    ));
    bytes.refused(&bytes.good().replacen(
        "Host: gateway\r\n",
        "Host: gateway\r\nX-Odoo-Database: other\r\n",
        1,
    ));
}
