//! What is fuzzed in `portcullis-erp`: each reader, with what must hold for every input.
//!
//! Besides not panicking: what was read and written again is read as the same, and no fault's
//! message carries an inside of the ERP. `crates/erp/tests/corpus.rs` runs the same functions
//! over the seeds with a stable compiler.
//!
//! An input of a request is one line `VERB segment/segment?query content-type` and the body;
//! an input of an answer is one line with the status and the body.

use std::collections::BTreeSet;
use std::sync::Arc;

use percent_encoding::percent_decode_str;
use portcullis_erp::dialect::rest;
use portcullis_erp::dialect::signature::live::{self, bind_live};
use portcullis_erp::dialect::signature::{Kind, arguments_of};
use portcullis_erp::dialect::{Returned, UpstreamLogin};
use portcullis_erp::domain::{Domain, FieldKind};
use portcullis_erp::filters::Filters;
use portcullis_erp::value::{from_json, to_json};
use portcullis_erp::visit::{self, LogIn, Page, PageTerms, Said, Sessions};
use portcullis_erp::{
    Answer, Asked, Call, Database, Dialect, Inbound, Limits, Model, Outbound, Payload, RecordId,
    Reply, Value, Verb, Visit,
};

/// Room enough for everything that was read within the ordinary limits and written again.
const WIDE: Limits = Limits {
    body: usize::MAX,
    depth: 100,
    values: usize::MAX,
    batch: 100,
};

/// `/xmlrpc/*` and `/xmlrpc/2/*`.
pub fn xmlrpc_request(data: &[u8]) {
    request(Dialect::XmlRpc2, data);
}

/// Answers over XML-RPC, of both versions.
pub fn xmlrpc_answer(data: &[u8]) {
    answer(Dialect::XmlRpc2, data);
}

/// `/jsonrpc`, requests and answers.
pub fn jsonrpc(data: &[u8]) {
    request(Dialect::JsonRpc, data);
    answer(Dialect::JsonRpc, data);
}

/// `/json/2/*`, requests and answers.
pub fn json2(data: &[u8]) {
    request(Dialect::Json2, data);
    answer(Dialect::Json2, data);
}

/// Odoo's small pages.
pub fn odoo_web(data: &[u8]) {
    request(Dialect::OdooWeb, data);
}

/// Odoo's web sessions: log-in, `call_kw`, `call_button`.
pub fn odoo_call(data: &[u8]) {
    request(Dialect::OdooCall, data);
}

/// `/api/resource/*`.
pub fn frappe_resource(data: &[u8]) {
    request(Dialect::FrappeResource, data);
}

/// `/api/method/*`.
pub fn frappe_method(data: &[u8]) {
    request(Dialect::FrappeMethod, data);
}

/// `/api/v2/*`.
pub fn frappe_v2(data: &[u8]) {
    request(Dialect::FrappeV2, data);
}

/// `/files/*` and `/private/files/*`.
pub fn frappe_file(data: &[u8]) {
    request(Dialect::FrappeFile, data);
}

/// Multipart bodies of uploads, with `b` as their boundary.
pub fn frappe_upload(data: &[u8]) {
    let mut whole = b"POST upload_file multipart/form-data; boundary=b\n".to_vec();
    whole.extend_from_slice(data);
    request(Dialect::FrappeMethod, &whole);
}

/// Answers of Frappe.
pub fn frappe_answer(data: &[u8]) {
    answer(Dialect::FrappeMethod, data);
}

/// JSON values.
pub fn json_value(data: &[u8]) {
    if let Ok(value) = from_json(data, &Limits::default()) {
        let again = from_json(&to_json(&value), &WIDE).expect("what is written is JSON");
        assert!(value == again, "what is written is read back");
    }
}

/// Visits to custom controllers: a query in the first line, its content type behind a blank,
/// and the body; and the same body as an answer.
pub fn visit(data: &[u8]) {
    let (head, body) = line(data);
    let (query, content_type) = head.split_once(' ').unwrap_or((head, ""));
    let limits = Limits::default();
    for (status, envelope) in [
        (200, false),
        (200, true),
        (302, false),
        (400, false),
        (401, false),
        (403, false),
        (404, false),
        (405, false),
        (409, false),
        (413, false),
        (415, false),
        (422, false),
        (429, false),
        (500, false),
        (502, false),
    ] {
        let terms = PageTerms {
            kinds: vec!["application/json".to_owned(), "text/plain".to_owned()],
            envelope,
        };
        let answer = Returned {
            status,
            content_type,
            body,
        };
        match Page::read(answer, &terms, &limits) {
            Ok(page) => assert!(
                status == 200 || page.status() == status,
                "the status of an error is kept"
            ),
            Err(fault) => assert!(!fault.message.is_empty(), "a refusal says why"),
        }
    }
    let read = visit::query(query, &limits).and_then(|query| {
        let payload = visit::payload(content_type, body, &limits)?;
        let said = Said {
            query,
            headers: Vec::new(),
            payload,
        };
        Visit::new(Verb::Post, vec!["orders".to_owned()], false, said)
    });
    let Ok(visit) = read else { return };
    let sent = visit.write();
    let query = sent.target.split_once('?').map_or("", |(_, query)| query);
    let kind = sent.headers.first().map_or("", |(_, value)| value);
    let again = visit::query(query, &WIDE).expect("what is written is a query");
    assert!(
        visit
            .query_names()
            .eq(again.iter().map(|(name, _)| name.as_str())),
        "what is written is read back"
    );
    let again = visit::payload(kind, &sent.body, &WIDE).expect("what is written is a body");
    let empty = matches!(visit.payload(), Payload::Form(pairs) if pairs.is_empty());
    assert!(
        empty || again == *visit.payload(),
        "what is written is read back"
    );
}

/// What an ERP answers to a log-in, and within its session: a line with the status and an
/// address to go on to, a `Set-Cookie` header a line, an empty line, and the body.
pub fn session_answer(data: &[u8]) {
    let (head, mut rest) = line(data);
    let (status, location) = head.split_once(' ').unwrap_or((head, ""));
    let mut cookies = Vec::new();
    loop {
        let (cookie, behind) = line(rest);
        rest = behind;
        if cookie.is_empty() {
            break;
        }
        cookies.push(cookie);
    }
    let answer = Returned {
        status: status.parse().unwrap_or(200),
        content_type: "",
        body: rest,
    };
    for sessions in [Sessions::Odoo, Sessions::Frappe] {
        if let LogIn::In(opened) = sessions.read_login(answer, &cookies) {
            assert!(
                !opened.login.is_empty() || sessions == Sessions::Odoo,
                "somebody is in"
            );
            assert!(opened.uid.is_some() == (sessions == Sessions::Odoo));
            let sent = sessions.cookie_of(&opened.cookie);
            assert!(
                sent == Some(opened.cookie),
                "a cookie is one pair, to be sent as it is"
            );
        }
        if let Some(token) = sessions.token_of(rest) {
            assert!(
                token.bytes().all(|byte| byte.is_ascii_alphanumeric()),
                "a token is a word"
            );
        }
        if sessions.is_over(answer, location) {
            assert!(matches!(answer.status, 200 | 302 | 303 | 401 | 403));
        }
    }
}

/// Search domains.
pub fn domain(data: &[u8]) {
    let Ok(value) = from_json(data, &Limits::default()) else {
        return;
    };
    let Ok(domain) = Domain::parse(&value) else {
        return;
    };
    let written = domain.to_value();
    let again = Domain::parse(&written).expect("what is written is a domain");
    drop(domain.conditions());
    assert!(domain == again, "what is written is read back");
}

/// Frappe's list filters: one line of JSON for `filters`, the rest for `or_filters`.
pub fn filters(data: &[u8]) {
    let (all, any) = line(data);
    let read = |text: &[u8]| {
        if text.is_empty() {
            Ok(Value::Null)
        } else {
            from_json(text, &Limits::default())
        }
    };
    let (Ok(all), Ok(any)) = (read(all.as_bytes()), read(any)) else {
        return;
    };
    let Ok(filters) = Filters::parse(&all, &any) else {
        return;
    };
    let again = Filters::parse(&filters.filters_value(), &filters.or_filters_value())
        .expect("what is written is a list of filters");
    assert!(filters == again, "what is written is read back");
}

/// What a live Odoo tells of a model's methods: what stands in order gets these names, in their
/// order, and is said by them.
pub fn signature_live(data: &[u8]) {
    let (head, body) = line(data);
    let told = live::read(Returned {
        status: head.parse().unwrap_or(200),
        content_type: "",
        body,
    });
    for (method, live) in told.unwrap_or_default() {
        assert!(live.parameters.len() <= 64, "a method's names are bounded");
        let Ok(mut call) = Call::new("x_fuzzed.model", &method) else {
            continue;
        };
        let given: Vec<Value> = (0..).map(Value::Int).take(live.parameters.len()).collect();
        call.positional = given.clone();
        if live.kind == Kind::OnRecords {
            call.positional.insert(0, Value::List(vec![Value::Int(7)]));
        }
        let mut more = call.clone();
        more.positional.push(Value::Null);
        assert!(bind_live(more, &live).is_err(), "no argument is dropped");
        let Ok(bound) = bind_live(call, &live) else {
            let names: BTreeSet<_> = live.parameters.iter().collect();
            assert!(
                names.len() < live.parameters.len(),
                "names that differ are given"
            );
            continue;
        };
        assert!(
            bound.positional.is_empty() && bound.ids.is_some() == (live.kind == Kind::OnRecords)
        );
        let named = live.parameters.iter().map(|name| bound.named.get(name));
        assert!(named.eq(given.iter().map(Some)), "each has its own name");
        // Of methods that every model has, others than the table's names are refused.
        if arguments_of("x_fuzzed.model", &method).is_none() {
            again(Dialect::Json2, &bound);
        }
    }
}

/// The façade: what was read becomes calls of either ERP, or is refused.
pub fn rest(data: &[u8]) {
    let (head, body) = line(data);
    let mut words = head.splitn(4, ' ');
    let mut word = || words.next().unwrap_or_default();
    let (verb, target, content_type, condition) = (word(), word(), word(), word());
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let inbound = Inbound {
        verb,
        segments: &segments(path),
        query,
        content_type,
        body,
    };
    let request = match Dialect::Rest.read(inbound, &Limits::default()) {
        Ok(reading) => match reading.asked {
            Asked::Rest(request) => *request,
            Asked::Batch(_) | Asked::Call(_) | Asked::Local(_) => return,
        },
        Err(error) => {
            assert!(!error.fault.message.is_empty(), "a refusal says why");
            drop(error.reply.write_fault(&error.fault));
            return;
        }
    };
    let request = match verb {
        "GET" => request.on_condition("", condition),
        _ => request.on_condition(condition, ""),
    };
    let town = Model::new("res.partner").expect("a model");
    let town = rest::Resource::plain(town).calling("town", "city");
    let town = town.expect("names").guarded(rest::Guarded::Always);
    let facade = rest::Facade::new("odoo", Arc::new(NoSeal)).with("partners", town);
    for (said, dialect) in [
        (request.in_odoo(&facade, Arc::new(())), Dialect::JsonRpc),
        (request.in_odoo(&facade, Arc::new(Kinds)), Dialect::JsonRpc),
        (request.in_frappe(&facade, &()), Dialect::FrappeResource),
        (request.in_frappe(&facade, &Kinds), Dialect::FrappeResource),
    ] {
        let Ok(said) = said else { continue };
        again(dialect, &said.call);
        let reply = Reply {
            rest: Some(Arc::new(said.manner)),
            ..Reply::plain(Dialect::Rest)
        };
        drop(reply.write_answer(&Value::List(Vec::new())));
    }
}

struct NoSeal;

impl rest::Seal for NoSeal {
    fn tag(&self, _: &[&[u8]]) -> [u8; 16] {
        [0; 16]
    }
}

/// Models of which each has a field of each kind, called by its first letters.
struct Kinds;

impl rest::Models for Kinds {
    fn field(&self, _: &str, field: &str) -> Option<(FieldKind, Option<&str>)> {
        let kind = match field.split('_').next()? {
            "active" => FieldKind::Boolean,
            "color" => FieldKind::Integer,
            "weight" => FieldKind::Float,
            "amount" => FieldKind::Monetary,
            "name" => FieldKind::Char,
            "comment" => FieldKind::Text,
            "note" => FieldKind::Html,
            "state" => FieldKind::Selection,
            "date" => FieldKind::Date,
            "write" => FieldKind::Datetime,
            "parent" => FieldKind::Many2one,
            "child" => FieldKind::One2many,
            "category" => FieldKind::Many2many,
            "other" => FieldKind::Other,
            _ => return None,
        };
        Some((kind, Some("res.partner")))
    }
}

/// The first line, and what follows it.
fn line(data: &[u8]) -> (&str, &[u8]) {
    let at = data
        .iter()
        .position(|byte| *byte == b'\n')
        .unwrap_or(data.len());
    let (line, rest) = data.split_at(at);
    (
        std::str::from_utf8(line).unwrap_or_default(),
        rest.get(1..).unwrap_or_default(),
    )
}

fn segments(path: &str) -> Vec<String> {
    let parts = path.split('/').filter(|part| !part.is_empty());
    parts
        .map(|part| percent_decode_str(part).decode_utf8_lossy().into_owned())
        .collect()
}

fn request(dialect: Dialect, data: &[u8]) {
    let (head, body) = line(data);
    let mut words = head.splitn(3, ' ');
    let verb = words.next().unwrap_or_default();
    let target = words.next().unwrap_or_default();
    let content_type = words.next().unwrap_or_default();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let inbound = Inbound {
        verb,
        segments: &segments(path),
        query,
        content_type,
        body,
    };
    match dialect.read(inbound, &Limits::default()) {
        Ok(reading) => {
            drop(reading.reply.write_answer(&Value::Null));
            if let Asked::Call(call) = reading.asked {
                again(dialect, &call);
            }
        }
        Err(error) => {
            assert!(!error.fault.message.is_empty(), "a refusal says why");
            drop(error.reply.write_fault(&error.fault));
        }
    }
}

/// Writes a call as every dialect of its ERP can, and reads it back.
fn again(dialect: Dialect, call: &Call) {
    let database = Database::new("demo").expect("a name");
    let login = UpstreamLogin {
        database: &database,
        uid: 7,
        login: "joe",
        secret: "secret",
    };
    let frappe = matches!(
        dialect,
        Dialect::FrappeResource | Dialect::FrappeMethod | Dialect::FrappeV2 | Dialect::FrappeFile
    );
    let others: &[Dialect] = if frappe {
        &[dialect]
    } else {
        &[Dialect::XmlRpc2, Dialect::JsonRpc, Dialect::Json2]
    };
    for other in others {
        let Ok(sent) = other.write(call, &login) else {
            continue;
        };
        let read = reread(*other, &sent);
        // What another dialect cannot say the same way (moments, binaries) is not compared,
        // nor the empty name that `name_search` gets where it stands by position, nor a document
        // that Frappe submits when it is saved with another `docstatus`.
        let saved = call.method.as_str() == "submit" && call.named.contains_key("doc");
        let same = *other == dialect && call.method.as_str() != "name_search" && !saved;
        match read {
            Some(read) => assert!(
                !same || with_ids(read, call) == *call,
                "what is written is read back"
            ),
            None => assert!(!same, "what is written is read"),
        }
    }
}

/// By RPC, the ids of a method that nobody knows stand first among its arguments, and are read
/// as one of them.
fn with_ids(mut read: Call, sent: &Call) -> Call {
    let ids = sent.ids.iter().flatten();
    let ids = Value::List(ids.map(RecordId::to_value).collect());
    if read.ids.is_none() && sent.ids.is_some() && read.positional.first() == Some(&ids) {
        read.positional.remove(0);
        read.ids.clone_from(&sent.ids);
    }
    read
}

fn reread(dialect: Dialect, sent: &Outbound) -> Option<Call> {
    let (path, query) = sent.target.split_once('?').unwrap_or((&sent.target, ""));
    let (dialect, prefix) = match dialect {
        Dialect::XmlRpc1 | Dialect::XmlRpc2 => (dialect, "/xmlrpc/2/"),
        Dialect::Json2 => (dialect, "/json/2/"),
        Dialect::JsonRpc
        | Dialect::OdooWeb
        | Dialect::OdooCall
        | Dialect::Custom
        | Dialect::Rest => (dialect, "/jsonrpc"),
        Dialect::FrappeResource
        | Dialect::FrappeMethod
        | Dialect::FrappeV2
        | Dialect::FrappeFile => [
            (Dialect::FrappeMethod, "/api/method/"),
            (Dialect::FrappeV2, "/api/v2/"),
            (Dialect::FrappeResource, "/api/resource/"),
        ]
        .into_iter()
        .find(|(_, prefix)| path.starts_with(prefix))
        .expect("a path of Frappe's own"),
    };
    let rest = path.strip_prefix(prefix).expect("the dialect's own path");
    let content_type = sent
        .headers
        .iter()
        .find(|(name, _)| *name == "content-type")
        .map_or("", |(_, value)| value);
    let inbound = Inbound {
        verb: sent.verb,
        segments: &segments(rest),
        query,
        content_type,
        body: &sent.body,
    };
    match dialect.read(inbound, &WIDE) {
        Ok(reading) => match reading.asked {
            Asked::Call(call) => Some(call),
            Asked::Rest(_) | Asked::Batch(_) | Asked::Local(_) => None,
        },
        Err(_) => None,
    }
}

fn answer(dialect: Dialect, data: &[u8]) {
    let (head, body) = line(data);
    let returned = Returned {
        status: head.parse().unwrap_or(200),
        content_type: "",
        body,
    };
    match dialect.read_answer(returned, &Limits::default()) {
        Answer::Value(value) => {
            let written = Reply::plain(dialect).write_answer(&value);
            let returned = Returned {
                status: written.status,
                content_type: written.content_type,
                body: &written.body,
            };
            let again = dialect.read_answer(returned, &WIDE);
            // XML-RPC says `false` for `null`, and leaves out what XML cannot carry.
            if dialect != Dialect::XmlRpc2 {
                assert!(
                    again == Answer::Value(value),
                    "what is written is read back"
                );
            } else {
                assert!(matches!(again, Answer::Value(_)));
            }
        }
        Answer::DoneWithoutResult => {}
        Answer::Fault(fault) => {
            assert!(!fault.message.is_empty() && fault.message.len() <= 4096);
            assert!(!fault.message.contains("Traceback (most recent call last)"));
            for dialect in [Dialect::XmlRpc1, dialect] {
                drop(Reply::plain(dialect).write_fault(&fault));
            }
        }
    }
}
