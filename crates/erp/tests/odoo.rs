//! Odoo's dialects: any in, any out, the same call; what is ambiguous is refused.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::wildcard_enum_match_arm,
    reason = "a test may panic"
)]

use portcullis_erp::asked::Claim;
use portcullis_erp::dialect::{Form, ReadError, Returned, UpstreamLogin, Written, local};
use portcullis_erp::{
    Answer, Asked, Call, Database, Dialect, Fault, FaultKind, Inbound, Limits, Local, Outbound,
    Reading, RecordId, Reply, Value,
};
use proptest::prelude::*;

const ODOO: [Dialect; 4] = [
    Dialect::XmlRpc1,
    Dialect::XmlRpc2,
    Dialect::JsonRpc,
    Dialect::Json2,
];

fn read(
    dialect: Dialect,
    path: &[&str],
    content_type: &str,
    body: &[u8],
) -> Result<Reading, ReadError> {
    let segments: Vec<String> = path.iter().map(|segment| (*segment).to_owned()).collect();
    dialect.read(
        Inbound {
            verb: "POST",
            segments: &segments,
            query: "",
            content_type,
            body,
        },
        &Limits::default(),
    )
}

fn login(database: &Database) -> UpstreamLogin<'_> {
    UpstreamLogin {
        database,
        uid: 7,
        login: "integration",
        secret: "secret",
    }
}

fn database() -> Database {
    Database::new("demo").unwrap()
}

/// What a client sends is what we send: the same writer serves both in these tests.
fn receive(dialect: Dialect, sent: &Outbound) -> Result<Reading, ReadError> {
    let path: Vec<&str> = match dialect {
        Dialect::Json2 => sent
            .target
            .strip_prefix("/json/2/")
            .unwrap()
            .split('/')
            .collect(),
        Dialect::JsonRpc => vec![],
        _ => vec!["object"],
    };
    let content_type = &sent
        .headers
        .iter()
        .find(|(name, _)| *name == "content-type")
        .unwrap()
        .1;
    read(dialect, &path, content_type, &sent.body)
}

fn call_of(reading: Reading) -> Call {
    match reading.asked {
        Asked::Call(call) => call,
        other => panic!("{other:?}"),
    }
}

fn rpc(service: &str, method: &str, args: &str) -> Result<Reading, ReadError> {
    let body = format!(
        r#"{{"jsonrpc":"2.0","method":"call","params":{{"service":"{service}","method":"{method}","args":{args}}},"id":5}}"#
    );
    read(Dialect::JsonRpc, &[], "application/json", body.as_bytes())
}

fn kind(read: Result<Reading, ReadError>) -> FaultKind {
    read.unwrap_err().fault.kind
}

#[test]
fn one_call_is_the_same_in_every_dialect() {
    let xml = br#"<?xml version="1.0"?><methodCall><methodName>execute</methodName><params>
        <param><value>demo</value></param><param><value><int>7</int></value></param><param><value>secret</value></param>
        <param><value>res.partner</value></param><param><value>read</value></param>
        <param><value><array><data><value><int>1</int></value></data></array></value></param>
        <param><value><array><data><value>name</value></data></array></value></param>
        </params></methodCall>"#;
    let json = rpc(
        "object",
        "execute_kw",
        r#"["demo",7,"secret","res.partner","read",[[1]],{"fields":["name"],"context":{}}]"#,
    );
    let json2 = read(
        Dialect::Json2,
        &["res.partner", "read"],
        "application/json",
        br#"{"ids":1,"fields":["name"]}"#,
    );
    let json = call_of(json.unwrap());
    assert_eq!(
        json,
        call_of(read(Dialect::XmlRpc1, &["object"], "text/xml", xml).unwrap())
    );
    assert_eq!(json, call_of(json2.unwrap()));
    assert_eq!(json.ids, Some(vec![RecordId::Number(1)]));
    let database = database();
    for dialect in ODOO {
        let sent = dialect.write(&json, &login(&database)).unwrap();
        assert_eq!(
            json,
            call_of(receive(dialect, &sent).unwrap()),
            "{dialect:?}"
        );
    }
}

#[test]
fn the_slot_holds_database_claim_and_password() {
    let reading = rpc(
        "object",
        "execute_kw",
        r#"["demo","7","secret","res.partner","search",[[]]]"#,
    )
    .unwrap();
    let slot = reading.slot.unwrap();
    assert_eq!(slot.database, Some(database()));
    assert_eq!(slot.claim, Claim::Uid(7));
    assert_eq!(slot.password, "secret");
    assert_eq!(*reading.reply.id, Value::Int(5));
    let reading = rpc(
        "common",
        "authenticate",
        r#"["demo","joe","secret",{"base_location":"http://evil"}]"#,
    )
    .unwrap();
    assert_eq!(reading.asked, Asked::Local(Local::Authenticate));
    assert_eq!(reading.slot.unwrap().claim, Claim::Login("joe".to_owned()));
    assert!(rpc("common", "login", r#"["demo","joe","secret"]"#).is_ok());
}

#[test]
fn a_uid_is_taken_only_where_nobody_can_read_it_in_two_ways() {
    let uid = |uid: &str| {
        rpc(
            "object",
            "execute",
            &format!(r#"["demo",{uid},"secret","res.partner","search",[]]"#),
        )
    };
    for taken in ["7", "\"7\"", "7.0", "\"007\""] {
        assert_eq!(
            uid(taken).unwrap().slot.unwrap().claim,
            Claim::Uid(7),
            "{taken}"
        );
    }
    for refused in [
        "true",
        "2.9",
        "\" 2 \"",
        "\"1_0\"",
        "\"\u{667}\"",
        "\"abc\"",
        "null",
        "[7]",
        "\"\"",
        "1e300",
        "\"-7\"",
    ] {
        assert_eq!(kind(uid(refused)), FaultKind::BadArguments, "{refused}");
    }
}

#[test]
fn what_is_answered_here_does_not_become_a_call() {
    for (service, method, args, local) in [
        ("common", "version", "[]", Local::Version),
        ("common", "about", "[]", Local::About),
        ("common", "about", "[false]", Local::About),
        ("common", "about", "[true]", Local::AboutVersion),
        ("db", "list", "[]", Local::Databases),
        ("db", "server_version", "[]", Local::ServerVersion),
        (
            "db",
            "db_exist",
            r#"["demo"]"#,
            Local::DatabaseExists(Some(database())),
        ),
        (
            "db",
            "db_exist",
            r#"["host=x"]"#,
            Local::DatabaseExists(None),
        ),
        (
            "db",
            "dump",
            r#"["admin","demo"]"#,
            Local::Shut(Value::from("db.dump")),
        ),
    ] {
        assert_eq!(
            rpc(service, method, args).unwrap().asked,
            Asked::Local(local)
        );
    }
    assert_eq!(
        kind(rpc("common", "set_loglevel", "[]")),
        FaultKind::UnknownMethod
    );
    assert_eq!(
        kind(rpc("object", "exec_workflow", "[]")),
        FaultKind::UnknownMethod
    );
    assert_eq!(
        kind(rpc("report", "render", "[]")),
        FaultKind::UnknownMethod
    );
}

#[test]
fn small_pages_are_answered_in_their_own_shape() {
    let page = |verb, path: &[&str], body: &str| {
        let segments: Vec<String> = path.iter().map(|segment| (*segment).to_owned()).collect();
        let inbound = Inbound {
            verb,
            segments: &segments,
            query: "",
            content_type: "application/json",
            body: body.as_bytes(),
        };
        Dialect::OdooWeb.read(inbound, &Limits::default())
    };
    let text = |written: Written| String::from_utf8(written.body).unwrap();
    let info = page(
        "POST",
        &["web", "webclient", "version_info"],
        r#"{"jsonrpc":"2.0","params":{},"id":1}"#,
    )
    .unwrap();
    assert_eq!(info.asked, Asked::Local(Local::Version));
    let version = local::version(&info.reply, "19.0");
    assert_eq!(
        text(info.reply.write_answer(&version)),
        r#"{"jsonrpc":"2.0","id":1,"result":{"server_version":"19.0","server_version_info":[19,0,0,"final",0,""],"server_serie":"19.0","protocol_version":1}}"#
    );
    let bare = page("GET", &["web", "version"], "").unwrap();
    assert_eq!(
        text(
            bare.reply
                .write_answer(&local::version(&bare.reply, "19.0"))
        ),
        r#"{"version_info":[19,0,0,"final",0,""],"version":"19.0"}"#
    );
    assert_eq!(
        page("POST", &["web", "database", "list"], "{}")
            .unwrap()
            .asked,
        Asked::Local(Local::Databases)
    );
    assert_eq!(
        kind(page("POST", &["web", "database", "drop"], "{}")),
        FaultKind::NotFound
    );
    assert_eq!(kind(page("POST", &["web", "version"], "")), FaultKind::Verb);
    assert_eq!(
        kind(page("GET", &["web", "database", "list"], "")),
        FaultKind::Verb
    );
}

#[test]
fn one_created_record_is_answered_as_one_id_over_rpc() {
    let one = rpc(
        "object",
        "execute",
        r#"["demo",7,"s","res.partner","create",{"name":"x"}]"#,
    )
    .unwrap();
    let many = rpc(
        "object",
        "execute",
        r#"["demo",7,"s","res.partner","create",[{"name":"x"}]]"#,
    )
    .unwrap();
    assert_eq!(one.reply.form, Form::Single);
    let ids = Value::List(vec![Value::Int(3)]);
    assert_eq!(
        one.reply.write_answer(&ids).body,
        br#"{"jsonrpc":"2.0","id":5,"result":3}"#
    );
    assert_eq!(
        many.reply.write_answer(&ids).body,
        br#"{"jsonrpc":"2.0","id":5,"result":[3]}"#
    );
    assert_eq!(call_of(one), call_of(many));
}

#[test]
fn json_2_says_why_it_cannot_say_it() {
    let call = call_of(
        rpc(
            "object",
            "execute",
            r#"["demo",7,"s","res.partner","x_own","a"]"#,
        )
        .unwrap(),
    );
    let database = database();
    let fault = Dialect::Json2
        .write(&call, &login(&database))
        .err()
        .unwrap();
    assert_eq!(fault.kind, FaultKind::BadArguments);
    assert!(fault.message.contains("named arguments"));
    assert!(Dialect::JsonRpc.write(&call, &login(&database)).is_ok());
}

#[test]
fn verbs_types_and_paths_that_are_not_the_dialects_are_refused() {
    let ask = |dialect: Dialect, verb, path: &[&str], content_type: &str, body: &[u8]| {
        let segments: Vec<String> = path.iter().map(|segment| (*segment).to_owned()).collect();
        kind(dialect.read(
            Inbound {
                verb,
                segments: &segments,
                query: "",
                content_type,
                body,
            },
            &Limits::default(),
        ))
    };
    for verb in ["OPTIONS", "GET", "PUT", "FOO", "post"] {
        assert_eq!(
            ask(Dialect::XmlRpc2, verb, &["common"], "text/xml", b""),
            FaultKind::Verb
        );
        assert_eq!(
            ask(Dialect::JsonRpc, verb, &[], "application/json", b"{}"),
            FaultKind::Verb
        );
        assert_eq!(
            ask(
                Dialect::Json2,
                verb,
                &["res.partner", "read"],
                "application/json",
                b"{}"
            ),
            FaultKind::Verb
        );
    }
    for content_type in [
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "text/xml; charset=latin-1",
    ] {
        assert_eq!(
            ask(Dialect::XmlRpc2, "POST", &["common"], content_type, b""),
            FaultKind::ContentType
        );
    }
    for content_type in [
        "",
        "text/plain",
        "application/json; charset=latin-1",
        "application/x-www-form-urlencoded",
    ] {
        assert_eq!(
            ask(Dialect::JsonRpc, "POST", &[], content_type, b"{}"),
            FaultKind::ContentType
        );
        assert_eq!(
            ask(Dialect::Json2, "POST", &["m", "read"], content_type, b"{}"),
            FaultKind::ContentType
        );
    }
    assert_eq!(
        ask(Dialect::XmlRpc2, "POST", &["report"], "text/xml", b""),
        FaultKind::UnknownMethod
    );
    assert_eq!(
        ask(Dialect::XmlRpc2, "POST", &[], "text/xml", b""),
        FaultKind::NotFound
    );
    assert_eq!(
        ask(Dialect::Json2, "POST", &["m"], "application/json", b"{}"),
        FaultKind::NotFound
    );
    assert_eq!(
        ask(Dialect::JsonRpc, "POST", &["x"], "application/json", b"{}"),
        FaultKind::NotFound
    );
}

#[test]
fn malformed_json_is_refused() {
    let jsonrpc = |body: &str| {
        kind(read(
            Dialect::JsonRpc,
            &[],
            "application/json",
            body.as_bytes(),
        ))
    };
    for body in [
        "",
        "{bad",
        "[{}]",
        "1",
        "\u{feff}{}",
        r#"{"id":1,"id":2}"#,
        r#"{"params":{"args":[NaN]}}"#,
        "{} {}",
    ] {
        assert_eq!(jsonrpc(body), FaultKind::Malformed, "{body}");
    }
    for body in [
        "{}",
        r#"{"params":[1]}"#,
        r#"{"params":{"service":"common","method":"version"}}"#,
    ] {
        assert_eq!(jsonrpc(body), FaultKind::BadArguments, "{body}");
    }
    assert_eq!(jsonrpc(&"[".repeat(100_000)), FaultKind::TooLarge);
    assert_eq!(
        kind(read(
            Dialect::JsonRpc,
            &[],
            "application/json",
            b"{\"a\":\"\xff\"}"
        )),
        FaultKind::Malformed
    );
    assert_eq!(
        kind(read(
            Dialect::Json2,
            &["m", "read"],
            "application/json",
            b"[1]"
        )),
        FaultKind::BadArguments
    );
}

#[test]
fn private_and_impossible_names_are_refused() {
    let call =
        |model: &str, method: &str| read(Dialect::Json2, &[model, method], "application/json", b"");
    assert!(call("res.partner", "x_do").is_ok());
    assert_eq!(kind(call("res.partner", "_x")), FaultKind::AccessError);
    assert_eq!(
        kind(call("res.partner", "__init__")),
        FaultKind::AccessError
    );
    assert_eq!(
        kind(call("res.partner/../x", "read")),
        FaultKind::UnknownModel
    );
    assert_eq!(kind(call("res partner", "read")), FaultKind::UnknownModel);
    assert_eq!(kind(call("res.partner", "a.b")), FaultKind::UnknownMethod);
    assert_eq!(kind(call("res.partner", "a b")), FaultKind::UnknownMethod);
}

#[test]
fn nothing_is_false_over_xml_and_absent_over_json() {
    let xml = Reply::plain(Dialect::XmlRpc2).write_answer(&Value::Null);
    assert!(
        String::from_utf8(xml.body)
            .unwrap()
            .contains("<boolean>0</boolean>")
    );
    assert_eq!(
        Reply::plain(Dialect::JsonRpc)
            .write_answer(&Value::Null)
            .body,
        br#"{"jsonrpc":"2.0","id":null}"#
    );
    assert_eq!(
        Reply::plain(Dialect::Json2).write_answer(&Value::Null).body,
        b"null"
    );
}

fn answer(dialect: Dialect, status: u16, body: &str) -> Answer {
    dialect.read_answer(
        Returned {
            status,
            content_type: "",
            body: body.as_bytes(),
        },
        &Limits::default(),
    )
}

fn fault(dialect: Dialect, status: u16, body: &str) -> Fault {
    let Answer::Fault(fault) = answer(dialect, status, body) else {
        panic!("{body}")
    };
    fault
}

#[test]
fn none_over_xml_means_done() {
    let none = "Traceback (most recent call last):\n  File \"/srv/x.py\"\nTypeError: cannot marshal None unless allow_none is enabled\n";
    let written =
        Reply::plain(Dialect::XmlRpc2).write_fault(&Fault::new(FaultKind::Internal, none));
    assert_eq!(
        answer(
            Dialect::XmlRpc2,
            200,
            &String::from_utf8(written.body).unwrap()
        ),
        Answer::DoneWithoutResult
    );
    assert_eq!(
        answer(Dialect::JsonRpc, 200, r#"{"jsonrpc":"2.0","id":1}"#),
        Answer::Value(Value::Null)
    );
    assert_eq!(
        answer(Dialect::Json2, 200, "null"),
        Answer::Value(Value::Null)
    );
}

#[test]
fn tracebacks_never_pass() {
    let trace = "Traceback (most recent call last):\n  File \"/srv/odoo/x.py\", line 1\nValueError: Invalid field 'secret'\n";
    let written =
        Reply::plain(Dialect::XmlRpc2).write_fault(&Fault::new(FaultKind::Internal, trace));
    let read = fault(
        Dialect::XmlRpc2,
        200,
        &String::from_utf8(written.body).unwrap(),
    );
    assert_eq!(read.kind, FaultKind::BadValue);
    assert!(!read.message.contains("secret"));
    let read = fault(
        Dialect::JsonRpc,
        200,
        r#"{"jsonrpc":"2.0","id":1,"error":{"code":0,"data":{"name":"psycopg2.OperationalError","message":"connection to /srv failed","debug":"Traceback"}}}"#,
    );
    assert_eq!(read.kind, FaultKind::Internal);
    assert!(!read.message.contains("/srv"));
    let read = fault(
        Dialect::Json2,
        422,
        r#"{"name":"odoo.exceptions.UserError","message":"File \"/srv/x.py\", line 1"}"#,
    );
    assert!(!read.message.contains("/srv"));
}

#[test]
fn a_proxys_page_is_not_taken_for_an_answer() {
    for dialect in ODOO {
        assert_eq!(
            fault(dialect, 502, "<html>bad gateway</html>").kind,
            FaultKind::Unknown,
            "{dialect:?}"
        );
        assert_eq!(fault(dialect, 200, "").kind, FaultKind::Unknown);
        assert_eq!(fault(dialect, 413, "<html/>").kind, FaultKind::TooLarge);
    }
    let cut = Reply::plain(Dialect::XmlRpc2)
        .write_answer(&Value::Int(7))
        .body;
    let cut = String::from_utf8(cut[..cut.len() - 20].to_vec()).unwrap();
    assert_eq!(fault(Dialect::XmlRpc2, 200, &cut).kind, FaultKind::Unknown);
}

#[test]
fn faults_keep_their_kind_and_users_keep_the_message() {
    for (kind, message) in [
        (FaultKind::AccessDenied, "Access Denied"),
        (FaultKind::User, "First cancel it."),
    ] {
        for dialect in ODOO {
            let written = Reply::plain(dialect).write_fault(&Fault::new(kind, message));
            let read = fault(
                dialect,
                written.status,
                &String::from_utf8(written.body).unwrap(),
            );
            assert_eq!(read, Fault::new(kind, message), "{dialect:?}");
        }
    }
    // Who the ERP user is, and what it may not, is the operator's business.
    for dialect in ODOO {
        let telling = Fault::new(FaultKind::AccessError, "Mitchell Admin (id=2) may not");
        let written = Reply::plain(dialect).write_fault(&telling);
        let read = fault(
            dialect,
            written.status,
            &String::from_utf8(written.body).unwrap(),
        );
        assert_eq!(read.kind, FaultKind::AccessError, "{dialect:?}");
        assert!(!read.message.contains("Mitchell"), "{dialect:?}");
    }
    let missing = Fault::new(
        FaultKind::MissingRecord,
        "Record does not exist or has been deleted.",
    );
    for dialect in ODOO {
        let written = Reply::plain(dialect).write_fault(&missing);
        assert_eq!(
            fault(
                dialect,
                written.status,
                &String::from_utf8(written.body).unwrap()
            ),
            missing,
            "{dialect:?}"
        );
    }
}

#[test]
fn statuses_are_the_dialects() {
    let status = |dialect, kind| {
        Reply::plain(dialect)
            .write_fault(&Fault::new(kind, "x"))
            .status
    };
    for dialect in [Dialect::XmlRpc1, Dialect::XmlRpc2, Dialect::JsonRpc] {
        assert_eq!(status(dialect, FaultKind::AccessError), 200);
        assert_eq!(status(dialect, FaultKind::TooLarge), 413);
        assert_eq!(status(dialect, FaultKind::TooMany), 429);
    }
    assert_eq!(status(Dialect::XmlRpc2, FaultKind::Malformed), 200);
    assert_eq!(status(Dialect::JsonRpc, FaultKind::Malformed), 400);
    assert_eq!(status(Dialect::Json2, FaultKind::AccessError), 403);
    assert_eq!(status(Dialect::Json2, FaultKind::User), 422);
    let denied =
        Reply::plain(Dialect::Json2).write_fault(&Fault::new(FaultKind::AccessDenied, "x"));
    assert_eq!((denied.status, denied.headers.len()), (401, 1));
    let v1 = Reply::plain(Dialect::XmlRpc1)
        .write_fault(&Fault::new(FaultKind::AccessError, "You may not."));
    assert!(
        String::from_utf8(v1.body)
            .unwrap()
            .contains("<string>warning -- AccessError\n\nYou may not.</string>")
    );
}

fn texts() -> impl Strategy<Value = String> {
    prop_oneof!["[a-zA-Z0-9_ <&>é]{0,9}", "\\PC{0,12}"].prop_map(|text: String| {
        text.chars()
            .filter(|c| !matches!(c, '\u{fffe}' | '\u{ffff}'))
            .collect()
    })
}

fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::Int),
        (-1.0e9..1.0e9).prop_map(Value::Float),
        texts().prop_map(Value::Text),
    ];
    leaf.prop_recursive(4, 30, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::List),
            prop::collection::vec((texts(), inner), 0..5)
                .prop_map(|pairs| Value::Map(pairs.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_input_panics(bytes in any::<Vec<u8>>(), text in ".*", json in values()) {
        let json = portcullis_erp::value::to_json(&json);
        for dialect in ODOO {
            for body in [bytes.as_slice(), text.as_bytes(), &json] {
                drop(read(dialect, &["object"], "application/json", body));
                drop(read(dialect, &["res.partner", "read"], "application/json", body));
                drop(read(dialect, &[], "application/json", body));
                drop(dialect.read_answer(Returned { status: 200, content_type: "", body }, &Limits::default()));
            }
        }
    }
}
