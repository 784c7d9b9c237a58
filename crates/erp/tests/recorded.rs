//! The recorded exchanges of a real Odoo: every request that is meant for a dialect is read
//! without a panic, ordinary ones are taken, and every answer is understood.
#![expect(clippy::indexing_slicing, reason = "a test may panic")]

use std::path::{Path, PathBuf};

use portcullis_erp::dialect::Returned;
use portcullis_erp::{Answer, Dialect, FaultKind, Inbound, Limits};

fn facts() -> Option<PathBuf> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let beside = here.join("../../../shared");
    #[expect(
        clippy::disallowed_methods,
        reason = "tests are told where the recorded exchanges lie"
    )]
    let named = std::env::var("PORTCULLIS_FACTS").ok().map(PathBuf::from);
    named
        .into_iter()
        .chain([beside])
        .find(|path| path.join("odoo/transcripts").is_dir())
}

struct Exchange {
    name: String,
    verb: String,
    target: String,
    content_type: String,
    body: Vec<u8>,
    status: u16,
    answer: Vec<u8>,
}

fn split<'a>(bytes: &'a [u8], mark: &str) -> Option<(&'a [u8], &'a [u8])> {
    let at = bytes
        .windows(mark.len())
        .position(|window| window == mark.as_bytes())?;
    Some((&bytes[..at], &bytes[at + mark.len()..]))
}

fn message(bytes: &[u8]) -> Option<(String, Vec<u8>)> {
    let (head, body) = split(bytes, "\r\n\r\n").or_else(|| split(bytes, "\n\n"))?;
    Some((
        String::from_utf8_lossy(head).trim().to_owned(),
        body.to_vec(),
    ))
}

fn exchange(path: &Path) -> Option<Exchange> {
    let bytes = std::fs::read(path).ok()?;
    let (_, bytes) = split(&bytes, ">>> REQUEST\n")?;
    let (request, answer) = split(bytes, "<<< RESPONSE\n")?;
    let (head, mut body) = message(request)?;
    let (answer_head, answer) = message(answer)?;
    let mut lines = head.lines();
    let mut first = lines.next()?.split(' ');
    let (verb, target) = (first.next()?.to_owned(), first.next()?.to_owned());
    let header = |name: &str| {
        head.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name)
                .then(|| value.trim().to_owned())
        })
    };
    if let Some(length) = header("content-length").and_then(|length| length.parse().ok()) {
        body.truncate(length);
    }
    let status = answer_head.split(' ').nth(1)?.parse().ok()?;
    let end = answer
        .iter()
        .rposition(|byte| !byte.is_ascii_whitespace())
        .map_or(0, |at| at + 1);
    Some(Exchange {
        name: path.file_stem()?.to_string_lossy().into_owned(),
        verb,
        target,
        content_type: header("content-type").unwrap_or_default(),
        body,
        status,
        answer: answer[..end].to_vec(),
    })
}

fn route(target: &str) -> Option<(Dialect, Vec<String>)> {
    let path = target.split('?').next()?;
    let segments = |rest: &str| {
        rest.split('/')
            .filter(|part| !part.is_empty())
            .map(str::to_owned)
            .collect()
    };
    if let Some(rest) = path.strip_prefix("/xmlrpc/2/") {
        return Some((Dialect::XmlRpc2, segments(rest)));
    }
    if let Some(rest) = path.strip_prefix("/xmlrpc/") {
        return Some((Dialect::XmlRpc1, segments(rest)));
    }
    if let Some(rest) = path.strip_prefix("/json/2/") {
        return Some((Dialect::Json2, segments(rest)));
    }
    (path == "/jsonrpc").then(|| (Dialect::JsonRpc, Vec::new()))
}

#[test]
fn recorded_exchanges_are_understood() {
    let Some(facts) = facts() else {
        println!("skipped: no recorded exchanges at hand");
        return;
    };
    let mut files: Vec<_> = std::fs::read_dir(facts.join("odoo/transcripts"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    let limits = Limits::default();
    let (mut seen, mut taken, mut refused, mut lost) = (0, 0, Vec::new(), Vec::new());
    for exchange in files.iter().filter_map(|path| exchange(path)) {
        let Some((dialect, segments)) = route(&exchange.target) else {
            continue;
        };
        seen += 1;
        let inbound = Inbound {
            verb: &exchange.verb,
            segments: &segments,
            query: "",
            content_type: &exchange.content_type,
            body: &exchange.body,
        };
        match dialect.read(inbound, &limits) {
            Ok(_) => taken += 1,
            Err(error) => {
                let number: u32 = exchange
                    .name
                    .split('-')
                    .next()
                    .and_then(|number| number.parse().ok())
                    .unwrap();
                let ordinary = matches!(number, 1..=10 | 20..=46 | 200..=238 | 400..=431);
                assert!(!ordinary, "{} {}", exchange.name, error.fault.message);
                refused.push(format!(
                    "{} {:?} {}",
                    exchange.name, error.fault.kind, error.fault.message
                ));
            }
        }
        let returned = Returned {
            status: exchange.status,
            content_type: "",
            body: &exchange.answer,
        };
        if let Answer::Fault(fault) = dialect.read_answer(returned, &limits) {
            assert!(
                !fault.message.contains("Traceback") && !fault.message.contains("/srv/"),
                "{}",
                exchange.name
            );
            if fault.kind == FaultKind::Unknown && !exchange.answer.is_empty() {
                lost.push(exchange.name);
            }
        }
    }
    println!(
        "{seen} exchanges, {taken} requests taken; refused:\n{}\nlost: {lost:?}",
        refused.join("\n")
    );
    assert!(seen > 150, "only {seen} exchanges found");
    assert!(taken * 100 >= seen * 65, "{taken} of {seen}");
}
