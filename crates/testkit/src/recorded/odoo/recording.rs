//! A recorded exchange, as its file holds it.

use std::path::Path;

/// One recorded exchange.
pub struct Recording {
    /// Its number.
    pub number: u32,
    /// Its file's name.
    pub name: String,
    /// The request's head, its lines ended by `\n`.
    head: String,
    body: Vec<u8>,
    /// The answer; none if there was none.
    pub reply: Option<Reply>,
}

/// An answer.
#[derive(Clone)]
pub struct Reply {
    pub status: u16,
    /// Type and charset, lower case, without blanks.
    pub content_type: String,
    pub body: Vec<u8>,
    /// Whether the recorder cut it off.
    pub cut: bool,
}

impl Recording {
    pub fn read(path: &Path) -> Self {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let number = name.split('-').next().unwrap().parse().unwrap();
        let file = std::fs::read(path).unwrap();
        let request = between(&file, b">>> REQUEST\n", b"\n<<< RESPONSE");
        let (head, body) = split(request, b"\n\n");
        let head = String::from_utf8_lossy(head).into_owned();
        let mut body = unescaped(body);
        match length(&head) {
            Some(length) => body.truncate(length),
            None => {
                while body.last() == Some(&b'\n') {
                    body.pop();
                }
            }
        }
        let answer = split(&file, b"<<< RESPONSE\n").1;
        Self {
            number,
            name,
            head,
            body,
            reply: Reply::read(answer),
        }
    }

    /// The target as sent.
    pub fn target(&self) -> &str {
        self.head.split(' ').nth(1).unwrap_or_default()
    }

    /// Whether the exchange is one of the three dialects'.
    pub fn is_rpc(&self) -> bool {
        self.is_at(&["xmlrpc", "jsonrpc", "json/2"])
    }

    /// Whether the exchange is one of the API's: the three dialects, calls in a web session, the
    /// description of models, and the pages that tell the version.
    pub fn is_api(&self) -> bool {
        self.is_rpc()
            || self.is_at(&[
                "web/session/",
                "web/dataset/",
                "doc-bearer/",
                "web/webclient/version_info",
                "web/version",
                "json/version",
                "web/database/list",
            ])
    }

    fn is_at(&self, faces: &[&str]) -> bool {
        let target = self.target();
        let path = target.split_once("://").map_or(target, |(_, rest)| {
            rest.split_once('/').map_or("", |(_, path)| path)
        });
        let path = path.trim_start_matches('/').to_lowercase();
        faces.iter().any(|face| path.starts_with(face))
    }

    /// The texts of an XML-RPC request, in order.
    pub fn texts(&self) -> Vec<String> {
        let body = String::from_utf8_lossy(&self.body).into_owned();
        body.split("<string>")
            .skip(1)
            .map(|rest| rest.split("</string>").next().unwrap().to_owned())
            .collect()
    }

    pub fn bearer(&self) -> String {
        let header = self
            .head
            .lines()
            .find(|line| line.to_lowercase().starts_with("authorization: bearer "));
        header.unwrap().rsplit(' ').next().unwrap().to_owned()
    }

    /// Whether the request was for every field's description.
    pub fn is_fields_get(&self) -> bool {
        String::from_utf8_lossy(&self.body).contains("fields_get")
            || self.target().contains("/fields_get")
    }

    /// The bytes to send, with a session of our own in place of the recorded one, and with these
    /// keys in place of recorded passwords and keys.
    pub fn request(&self, session: &str, keys: &[(String, String)]) -> Vec<u8> {
        let mut head = self.head.replace('\n', "\r\n");
        if let Some((before, rest)) = head.split_once("session_id=") {
            let (recorded, after) = rest.split_once("\r\n").unwrap_or((rest, ""));
            // A made-up session stays made up.
            let session = if recorded.starts_with("AAAA") || recorded.len() < 80 {
                recorded
            } else {
                session
            };
            head = format!("{before}session_id={session}\r\n{after}");
        }
        let chunked = self
            .head
            .to_lowercase()
            .contains("transfer-encoding: chunked");
        let mut body = if chunked {
            crlf(&self.body)
        } else {
            self.body.clone()
        };
        match self.number {
            86 => body = quadratic(),
            87 => body = deep(),
            _ => {}
        }
        if matches!(self.number, 86 | 87) {
            let length = length(&self.head).unwrap_or_default();
            head = head.replace(
                &format!("Content-Length: {length}"),
                &format!("Content-Length: {}", body.len()),
            );
        }
        (head, body) = exchanged(head, body, keys);
        let mut bytes = head.into_bytes();
        if self.number == 709 {
            // Half a head, and no more.
            return bytes.trim_ascii_end().to_vec();
        }
        while bytes.ends_with(b"\r\n") {
            bytes.truncate(bytes.len() - 2);
        }
        bytes.extend_from_slice(b"\r\n\r\n");
        bytes.extend(body);
        bytes
    }
}

/// Puts keys in place of recorded ones; the length is told anew where it was right before.
fn exchanged(mut head: String, body: Vec<u8>, keys: &[(String, String)]) -> (String, Vec<u8>) {
    let Ok(mut text) = String::from_utf8(body.clone()) else {
        return (head, body);
    };
    for (theirs, own) in keys {
        if theirs == "admin" {
            // Where a password stands; elsewhere it is the login.
            text = weak(&text, own);
            continue;
        }
        head = head.replace(theirs, own);
        text = text.replace(theirs, own);
    }
    if text.as_bytes() == body {
        return (head, body);
    }
    let told = format!("Content-Length: {}", body.len());
    let now = format!("Content-Length: {}", text.len());
    let lines: Vec<&str> = head.split("\r\n").collect();
    if lines.contains(&told.as_str()) {
        let told_anew = lines
            .iter()
            .map(|line| if *line == told { &now } else { *line });
        head = told_anew.collect::<Vec<_>>().join("\r\n");
    } else if head.to_lowercase().contains("transfer-encoding") {
        text = rechunked(&text).unwrap_or(text);
    }
    (head, text.into_bytes())
}

/// Puts a key in place of the administrator's password, which is the same word as the login.
fn weak(text: &str, own: &str) -> String {
    const XML: &str = "<string>admin</string>";
    const BARE: &str = "<int>2</int></value></param><param><value>admin</value>";
    let text = text
        .replace(BARE, &BARE.replace("admin", own))
        .replace("2, \"admin\"", &format!("2, \"{own}\""))
        .replace("\"admin\", \"admin\"", &format!("\"admin\", \"{own}\""))
        .replace(
            "\"password\": \"admin\"",
            &format!("\"password\": \"{own}\""),
        );
    let logs_in = text.contains("<methodName>authenticate<") || text.contains("<methodName>login<");
    let from = if logs_in {
        text.find(XML).map(|at| at + XML.len())
    } else {
        text.find("<int>2</int>")
    };
    let slot = from.and_then(|from| Some(from + text.get(from..)?.find(XML)?));
    let Some((before, after)) = slot.and_then(|at| text.split_at_checked(at)) else {
        return text;
    };
    format!(
        "{before}<string>{own}</string>{}",
        after.strip_prefix(XML).unwrap_or(after)
    )
}

/// Chunks whose sizes no longer fit, with sizes that do.
fn rechunked(text: &str) -> Option<String> {
    let mut lines = text.split("\r\n");
    let mut out = String::new();
    while let (Some(size), Some(data)) = (lines.next(), lines.next()) {
        let size = u64::from_str_radix(size.trim(), 16).ok()?;
        let told = if size == 0 { 0 } else { data.len() };
        out.push_str(&format!("{told:x}\r\n{data}\r\n"));
        if size == 0 {
            break;
        }
    }
    Some(out)
}

impl Reply {
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let text = String::from_utf8_lossy(bytes);
        let mut rest = text.trim_start();
        // A server first says "go on" when asked to.
        while rest.starts_with("HTTP/1.1 100") {
            let end = rest
                .find("\r\n\r\n")
                .map(|at| at + 4)
                .or_else(|| rest.find("\n\n").map(|at| at + 2))?;
            rest = rest.get(end..)?.trim_start();
        }
        if !rest.starts_with("HTTP/") {
            return None;
        }
        let status = rest.split(' ').nth(1)?.parse().ok()?;
        let (head, body) = rest
            .split_once("\r\n\r\n")
            .or_else(|| rest.split_once("\n\n"))
            .unwrap_or((rest, ""));
        let content_type = head
            .lines()
            .find_map(|line| {
                line.to_lowercase()
                    .strip_prefix("content-type:")
                    .map(|kind| kind.replace(' ', ""))
            })
            .unwrap_or_default()
            .trim()
            .to_owned();
        let cut = body.contains("[recorder: truncated here");
        // What follows the told length is another answer: to a body taken for a request.
        let told = head.lines().find_map(|line| {
            let line = line.to_lowercase();
            line.strip_prefix("content-length:")?.trim().parse().ok()
        });
        let body = told
            .and_then(|told: usize| body.get(..told))
            .unwrap_or(body);
        Some(Self {
            status,
            content_type,
            body: body.trim().as_bytes().to_vec(),
            cut,
        })
    }
}

fn split<'a>(bytes: &'a [u8], at: &[u8]) -> (&'a [u8], &'a [u8]) {
    match bytes.windows(at.len()).position(|window| window == at) {
        Some(found) => (&bytes[..found], &bytes[found + at.len()..]),
        None => (bytes, &[]),
    }
}

fn between<'a>(bytes: &'a [u8], from: &[u8], to: &[u8]) -> &'a [u8] {
    split(split(bytes, from).1, to).0
}

fn length(head: &str) -> Option<usize> {
    let header = head
        .lines()
        .find_map(|line| line.strip_prefix("Content-Length: "))?;
    if head.to_lowercase().contains("transfer-encoding: chunked") {
        return None;
    }
    header.trim_start_matches('+').parse().ok()
}

/// The recorder wrote bytes that are no UTF-8 as `\xNN`.
fn unescaped(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len());
    let mut rest = body;
    while let Some((&first, after)) = rest.split_first() {
        let digits = rest
            .get(2..4)
            .filter(|_| rest.starts_with(b"\\x"))
            .and_then(|digits| std::str::from_utf8(digits).ok());
        match digits
            .and_then(|digits| u8::from_str_radix(digits, 16).ok())
            .filter(|byte| *byte >= 0x80)
        {
            Some(byte) => {
                out.push(byte);
                rest = &rest[4..];
            }
            None => {
                out.push(first);
                rest = after;
            }
        }
    }
    out
}

fn crlf(body: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(body);
    format!("{}\r\n\r\n", text.trim_end().replace('\n', "\r\n")).into_bytes()
}

/// One long entity, used often.
fn quadratic() -> Vec<u8> {
    let (long, uses) = ("A".repeat(50_000), "&x;".repeat(200));
    format!("<?xml version=\"1.0\"?><!DOCTYPE m [<!ENTITY x \"{long}\">]><methodCall><methodName>version</methodName><params><param><value><string>{uses}</string></value></param></params></methodCall>").into_bytes()
}

/// Lists in lists in lists.
fn deep() -> Vec<u8> {
    let (open, close) = (
        "<value><array><data>".repeat(20_000),
        "</data></array></value>".repeat(20_000),
    );
    format!("<?xml version=\"1.0\"?><methodCall><methodName>version</methodName><params><param>{open}{close}</param></params></methodCall>").into_bytes()
}
