//! What the fuzz targets share: a request is read, and what was read must hold together.

use portcullis_erp::dialect::UpstreamLogin;
use portcullis_erp::{Asked, Call, Database, Dialect, Fault, FaultKind, Inbound, Limits, Value};

/// The dialects that an Odoo is spoken to in.
const ODOO: [Dialect; 3] = [Dialect::XmlRpc2, Dialect::JsonRpc, Dialect::Json2];

/// Reads a request. What was read must be answerable, and a call must survive being written and
/// read again: what was judged is what is sent.
pub fn request(
    dialect: Dialect,
    verb: &str,
    path: &[&str],
    query: &str,
    content_type: &str,
    body: &[u8],
) {
    let segments: Vec<String> = path.iter().map(|segment| (*segment).to_owned()).collect();
    let inbound = Inbound {
        verb,
        segments: &segments,
        query,
        content_type,
        body,
    };
    let reading = match dialect.read(inbound, &Limits::default()) {
        Ok(reading) => reading,
        Err(error) => {
            error.reply.write_fault(&error.fault);
            return;
        }
    };
    reading.reply.write_answer(&Value::Bool(true));
    reading
        .reply
        .write_fault(&Fault::new(FaultKind::AccessError, "no"));
    if let Asked::Call(call) = reading.asked {
        written_is_read_back(dialect, &call);
    }
}

fn written_is_read_back(from: Dialect, call: &Call) {
    let Ok(database) = Database::new("fuzz") else {
        return;
    };
    let login = UpstreamLogin {
        database: &database,
        uid: 7,
        login: "integration",
        secret: "key:secret",
    };
    let from = if from == Dialect::XmlRpc1 {
        Dialect::XmlRpc2
    } else {
        from
    };
    let own = from.write(call, &login).ok();
    for to in ODOO.into_iter().filter(|to| *to != from) {
        drop(to.write(call, &login));
    }
    // What one dialect tells apart (bytes and texts, say) another writes alike, so only the way
    // back in the same dialect must give the same.
    let (Some(own), true) = (own, ODOO.contains(&from)) else {
        return;
    };
    let (segments, content_type) = match from {
        Dialect::Json2 => (
            vec![call.model.to_string(), call.method.to_string()],
            "application/json",
        ),
        Dialect::XmlRpc2 => (vec!["object".to_owned()], "text/xml"),
        _ => (Vec::new(), "application/json"),
    };
    let inbound = Inbound {
        verb: "POST",
        segments: &segments,
        query: "",
        content_type,
        body: &own.body,
    };
    let again = from.read(
        inbound,
        &Limits {
            body: usize::MAX,
            depth: 1000,
            values: usize::MAX,
        },
    );
    match again.map(|reading| reading.asked) {
        Ok(Asked::Call(same)) => assert_eq!(&same, call, "written in {from:?} and read again"),
        other => panic!("written in {from:?}, and not read again: {other:?}\n{call:?}"),
    }
}

/// The first line, and what follows it.
pub fn line_and_rest(data: &[u8]) -> (&str, &[u8]) {
    let at = data
        .iter()
        .position(|byte| *byte == b'\n')
        .unwrap_or(data.len());
    let (line, rest) = data.split_at(at);
    (
        std::str::from_utf8(line).unwrap_or(""),
        rest.get(1..).unwrap_or(b""),
    )
}
