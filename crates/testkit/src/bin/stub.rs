//! A stand-in for an ERP under load: `stub PORT` answers every request at once with fixed bytes.
//!
//! It exists so that a benchmark measures what stands in front of it. It speaks just enough of
//! Odoo's JSON-RPC and JSON-2 for a gateway to start: a log-in is user 2, `fields_get` tells of
//! three fields, a search finds the same ten rows each time. It is no server for anything else.

use std::io;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// The answers, made once: head and body in one piece.
struct Answers {
    rows: Vec<u8>,
    uid: Vec<u8>,
    version: Vec<u8>,
    fields: Vec<u8>,
    context: Vec<u8>,
    bare_rows: Vec<u8>,
}

fn main() -> io::Result<()> {
    let port = std::env::args()
        .nth(1)
        .and_then(|port| port.parse().ok())
        .unwrap_or(0_u16);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(serve(port))
}

async fn serve(port: u16) -> io::Result<()> {
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    let mut out = io::stdout();
    io::Write::write_all(
        &mut out,
        format!("{}\n", listener.local_addr()?.port()).as_bytes(),
    )?;
    io::Write::flush(&mut out)?;
    let answers: &'static Answers = Box::leak(Box::new(Answers::new()));
    loop {
        let (link, _) = listener.accept().await?;
        tokio::spawn(async move { answer_all(link, answers).await });
    }
}

/// Answers request after request until the other side has enough.
async fn answer_all(mut link: TcpStream, answers: &Answers) -> io::Result<()> {
    link.set_nodelay(true)?;
    let mut have: Vec<u8> = Vec::with_capacity(8192);
    loop {
        let Some(size) = whole(&have) else {
            if have.len() > 1 << 20 || link.read_buf(&mut have).await? == 0 {
                return Ok(());
            }
            continue;
        };
        let request = have.get(..size).unwrap_or_default();
        link.write_all(answers.to(request)).await?;
        have.drain(..size);
    }
}

/// The size of the first request in the buffer, if all of it is there.
fn whole(bytes: &[u8]) -> Option<usize> {
    let head = find(bytes, b"\r\n\r\n")?.checked_add(4)?;
    let text = std::str::from_utf8(bytes.get(..head)?).ok()?;
    let length = text.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length")
            .then(|| value.trim().parse::<usize>().ok())?
    });
    let size = head.checked_add(length.unwrap_or(0))?;
    (bytes.len() >= size).then_some(size)
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

impl Answers {
    fn new() -> Self {
        let rows = (1..=10).map(|id| {
            format!(
                r#"{{"id":{id},"name":"Azure Interior {id}","city":"Fremont","email":"azure.{id}@example.com","is_company":true}}"#
            )
        });
        let rows = format!("[{}]", rows.collect::<Vec<_>>().join(","));
        let field = |kind: &str| {
            format!(
                r#"{{"type":"{kind}","string":"x","store":true,"readonly":false,"required":false}}"#
            )
        };
        let fields = format!(
            r#"{{"id":{},"name":{},"city":{},"email":{},"is_company":{},"active":{}}}"#,
            field("integer"),
            field("char"),
            field("char"),
            field("char"),
            field("boolean"),
            field("boolean")
        );
        let version = r#"{"server_version":"19.0","server_version_info":[19,0,0,"final",0,""],"server_serie":"19.0","protocol_version":1}"#;
        Self {
            rows: in_rpc(&rows),
            uid: in_rpc("2"),
            version: in_rpc(version),
            fields: in_rpc(&fields),
            context: in_rpc(r#"{"lang":"en_US","tz":"UTC","uid":2}"#),
            bare_rows: framed(&rows),
        }
    }

    fn to(&self, request: &[u8]) -> &[u8] {
        let has = |what: &str| find(request, what.as_bytes()).is_some();
        if request.starts_with(b"POST /json/2/") {
            &self.bare_rows
        } else if has("\"search_read\"") {
            &self.rows
        } else if has("\"fields_get\"") {
            &self.fields
        } else if has("\"context_get\"") {
            &self.context
        } else if has("\"login\"") || has("\"authenticate\"") {
            &self.uid
        } else if has("\"version\"") || has("version_info") {
            &self.version
        } else {
            &self.rows
        }
    }
}

fn in_rpc(result: &str) -> Vec<u8> {
    framed(&format!(r#"{{"jsonrpc":"2.0","id":1,"result":{result}}}"#))
}

fn framed(body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}").into_bytes()
}
