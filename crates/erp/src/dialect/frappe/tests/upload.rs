//! Uploads: one reading of a multipart body, and what is written is read back.

use proptest::prelude::*;

use super::*;
use crate::dialect::Outbound;
use crate::dialect::frappe::multipart::{self, Part};

fn send(kind: &str, body: &[u8]) -> Result<Call, FaultKind> {
    let inbound = Inbound {
        verb: "POST",
        segments: &["upload_file".to_owned()],
        query: "",
        content_type: kind,
        body,
    };
    match Dialect::FrappeMethod.read(inbound, &Limits::default()) {
        Ok(Reading {
            asked: Asked::Call(call),
            ..
        }) => Ok(call),
        Ok(other) => panic!("{other:?}"),
        Err(error) => Err(error.fault.kind),
    }
}

const KIND: &str = "multipart/form-data; boundary=b";

fn body(fields: &[(&str, &str)], file: &str) -> Vec<u8> {
    let mut text = String::new();
    for (name, value) in fields {
        text +=
            &format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
    }
    text += &format!(
        "--b\r\nContent-Disposition: form-data; name=\"file\"; {file}\r\nContent-Type: text/plain\r\n\r\nhello\r\n--b--\r\n"
    );
    text.into_bytes()
}

const FILE: &str = "filename=\"a.txt\"";

#[test]
fn an_upload_is_the_making_of_a_file() {
    let fields = [
        ("is_private", "1"),
        ("doctype", "Sales Order"),
        ("docname", "S/1"),
        ("folder", "Home"),
    ];
    let call = send(KIND, &body(&fields, FILE)).unwrap();
    assert_eq!(
        (call.model.as_str(), call.method.as_str()),
        ("File", "upload_file")
    );
    assert_eq!(call.named["content"], Value::Bytes(b"hello".to_vec()));
    assert_eq!(call.named["is_private"], Value::Bool(true));
    assert_eq!(call.named["file_name"], Value::from("a.txt"));
    for (header, name) in [
        ("filename*=UTF-8''%C3%B6.txt", "ö.txt"),
        ("filename=\"ö.txt\"", "ö.txt"),
        ("filename=plain.txt", "plain.txt"),
        (r#"filename="a\"b.txt""#, "a\"b.txt"),
    ] {
        let call = send(KIND, &body(&[], header)).unwrap();
        assert_eq!(call.named["file_name"], Value::from(name));
    }
}

#[test]
fn what_an_upload_must_not_do_is_refused() {
    assert!(send(KIND, &body(&[("is_private", "0")], FILE)).is_ok());
    for (field, value) in [
        ("method", "frappe.auth.get_logged_user"),
        ("file_url", "http://127.0.0.1/x"),
        ("library_file_name", "x"),
    ] {
        let refused = send(KIND, &body(&[(field, value)], FILE));
        assert_eq!(refused, Err(FaultKind::AccessError), "{field}");
    }
    for (field, value) in [
        ("cmd", "frappe.client.get_list"),
        ("sid", "x"),
        ("is_private", "maybe"),
        ("docname", "S1"),
        ("optimize", "1"),
    ] {
        let refused = send(KIND, &body(&[(field, value)], FILE));
        assert_eq!(refused, Err(FaultKind::BadArguments), "{field}");
    }
    for file in [
        "filename=\"../../evil.txt\"",
        "filename=\"a\\\\b\"",
        "filename=\"\"",
        "filename=\".htaccess\"",
        "filename=\"a.html.\"",
        "filename=\"a\"; filename=\"b\"",
        "filename=\"a\"; filename*=UTF-8''b",
        "size=3; filename=\"a\"",
    ] {
        assert!(send(KIND, &body(&[], file)).is_err(), "{file}");
    }
}

#[test]
fn a_multipart_body_has_one_reading() {
    let good = body(&[], FILE);
    assert!(send(KIND, &good).is_ok());
    let twice = body(&[("folder", "a"), ("folder", "b")], FILE);
    assert_eq!(
        send(KIND, &twice),
        Err(FaultKind::Malformed),
        "a field twice"
    );
    let mut early = b"preamble\r\n".to_vec();
    early.extend(&good);
    let mut late = good.clone();
    late.extend(b"epilogue");
    let mut bare = good.clone();
    bare.truncate(good.len() - 4);
    for broken in [early, late, bare, Vec::new(), b"--b--\n".to_vec()] {
        assert_eq!(send(KIND, &broken), Err(FaultKind::Malformed));
    }
    for kind in [
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "multipart/form-data; boundary=b; boundary=c",
        "multipart/form-data; boundary=\"b",
        "multipart/form-data; boundary=a b",
    ] {
        assert_eq!(send(kind, &good), Err(FaultKind::Malformed), "{kind}");
    }
    assert_eq!(send("application/json", b"{}"), Err(FaultKind::ContentType));
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(
        fields in proptest::collection::btree_map("[a-z_]{1,12}", "[^\\r]{0,40}", 0..5),
        name in "[^/\\\\\\p{Cc}]{1,20}",
        content in proptest::collection::vec(any::<u8>(), 0..400),
    ) {
        let mut parts: Vec<Part<'_>> = fields
            .iter()
            .map(|(name, text)| Part { name: name.clone(), file: None, content: text.as_bytes() })
            .collect();
        parts.push(Part { name: "THE FILE".to_owned(), file: Some(name), content: &content });
        let (kind, body) = multipart::write(&parts);
        prop_assert_eq!(multipart::read(&kind, &body).unwrap(), parts);
    }

    #[test]
    fn no_body_makes_the_reader_panic(body in proptest::collection::vec(any::<u8>(), 0..200)) {
        let mut whole = b"--b\r\n".to_vec();
        whole.extend(body);
        drop(multipart::read(KIND, &whole));
    }

    #[test]
    fn an_upload_is_written_as_it_was_read(
        content in proptest::collection::vec(any::<u8>(), 0..300),
        private in any::<bool>(),
    ) {
        let call = Call::new("File", "upload_file").unwrap()
            .with("file_name", "a.bin")
            .with("content", Value::Bytes(content))
            .with("is_private", private)
            .with("doctype", "Sales Order")
            .with("docname", "S1");
        let database = Database::new("demo").unwrap();
        let login = UpstreamLogin { database: &database, uid: 0, login: "a", secret: "k:s" };
        let Outbound { headers, body, .. } = Dialect::FrappeResource.write(&call, &login).unwrap();
        let kind = headers.iter().find(|(name, _)| *name == "content-type").unwrap();
        prop_assert_eq!(send(&kind.1, &body).unwrap(), call);
    }
}
