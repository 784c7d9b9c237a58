//! Files, sent and fetched.

use std::io::Write as _;
use std::net::TcpStream;

use serde_json::{Value as Json, json};

use super::narrow::Narrow;
use super::{Caller, segment};
use crate::demo::{Demo, Got};

/// Sends a file with these fields beside it.
fn upload(
    caller: &Caller<'_>,
    face: &str,
    name: &str,
    content: &[u8],
    fields: &[(&str, &str)],
) -> Got {
    let mut body = Vec::new();
    for (field, value) in fields {
        body.extend(
            format!(
                "--edge\r\nContent-Disposition: form-data; name=\"{field}\"\r\n\r\n{value}\r\n"
            )
            .bytes(),
        );
    }
    body.extend(format!("--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: text/html\r\n\r\n").bytes());
    body.extend(content);
    body.extend(b"\r\n--edge--\r\n");
    caller.send("POST", face, "multipart/form-data; boundary=edge", &body)
}

const V1: &str = "/api/method/upload_file";
const V2: &str = "/api/v2/method/upload_file";

#[test]
fn frappe_6_13_an_upload_is_a_file_and_nothing_else() {
    let demo = Demo::start();
    let (full, clerk) = (
        Caller::of(&demo, "erpnext_full"),
        Caller::of(&demo, "erpnext"),
    );
    let customer = full.some("Customer", "[]");
    let attached = [
        ("is_private", "1"),
        ("doctype", "Customer"),
        ("docname", customer.as_str()),
    ];
    for (face, data) in [(V1, "message"), (V2, "data")] {
        let got = upload(&full, face, "note.txt", b"hello", &attached);
        let file = full.done(&got)[data].clone();
        assert_eq!(file["attached_to_name"], json!(customer), "{file}");
        assert_eq!(file["file_url"], "/private/files/note.txt");
    }
    for (field, value) in [
        ("method", "frappe.auth.get_logged_user"),
        ("file_url", "http://127.0.0.1:1/x"),
        ("file_url", "/private/files/other.txt"),
    ] {
        for face in [V1, V2] {
            full.refused(
                &upload(&full, face, "a.txt", b"x", &[(field, value)]),
                403,
                field,
            );
        }
    }
    for (name, content) in [
        ("x.html", &b"<b>x</b>"[..]),
        ("x.svg", b"x"),
        ("x.txt", b" <script>1</script>"),
    ] {
        full.refused(
            &upload(&full, V1, name, content, &[("is_private", "0")]),
            403,
            name,
        );
        full.done(&upload(&full, V1, name, content, &[("is_private", "1")]));
    }
    for name in ["../../evil.txt", "a\\\\b.txt", "", "a\u{7f}b"] {
        let got = upload(&full, V1, name, b"x", &[]);
        full.refused(&got, got.status, name);
    }
    for (field, value) in [
        ("cmd", "frappe.client.get_list"),
        ("sid", "x"),
        ("docname", "x"),
    ] {
        full.refused(
            &upload(&full, V1, "a.txt", b"x", &[(field, value)]),
            417,
            field,
        );
    }
    clerk.refused(
        &upload(&clerk, V1, "a.txt", b"x", &[]),
        403,
        "no rule opens files",
    );
    let made = json!({"file_url": "/private/files/other.txt", "file_name": "x"});
    full.refused(
        &full.json("POST", "/api/resource/File", &made),
        403,
        "a file that is a link",
    );
    let made = json!({"content": "<b>", "file_name": "x.html", "is_private": 0});
    full.refused(
        &full.json("POST", "/api/resource/File", &made),
        403,
        "bytes in a document",
    );
}

#[test]
fn frappe_6_13_a_file_is_tied_to_what_the_role_may_write() {
    let demo = Demo::start();
    let narrow = Narrow::start(&demo);
    let (caller, full) = (narrow.caller(&demo), Caller::of(&demo, "erpnext_full"));
    let company = caller.some("Customer", "[]");
    let person = full.some("Customer", "[[\"customer_type\",\"=\",\"Individual\"]]");
    let to = |doctype: &'static str, name: &str| {
        [
            ("is_private", "1".to_owned()),
            ("doctype", doctype.to_owned()),
            ("docname", name.to_owned()),
        ]
    };
    let send = |fields: &[(&str, String)]| {
        let fields: Vec<(&str, &str)> = fields
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        upload(&caller, V1, "a.txt", b"x", &fields)
    };
    caller.done(&send(&to("Customer", &company)));
    let hidden = send(&to("Customer", &person));
    assert_eq!(hidden.status, 404, "{}", hidden.text());
    let arrived = demo.reached();
    assert!(
        arrived
            .iter()
            .all(|line| !line.to_string().contains("upload_file")),
        "{arrived:?}"
    );
    caller.refused(
        &send(&to("User", "Administrator")),
        403,
        "a DocType that is not open",
    );
    caller.refused(
        &send(&[("is_private", "0".to_owned())]),
        403,
        "public, where `is_private` is not open",
    );
}

#[test]
fn who_takes_files_slowly_leaves_room_for_others() {
    let demo = Demo::start();
    let full = Caller::of(&demo, "erpnext_full");
    let content = vec![b'x'; 7 << 20];
    full.done(&upload(
        &full,
        V1,
        "large.bin",
        &content,
        &[("is_private", "1")],
    ));
    let place = full.url.trim_start_matches("http://");
    let place = place.split('/').next().expect("a place");
    let asked = format!(
        "GET /private/files/large.bin HTTP/1.1\r\nHost: {place}\r\nAuthorization: {}\r\n\r\n",
        full.token
    );
    // More than may run there at once; none of them takes its file.
    let slow: Vec<TcpStream> = (0..20)
        .map(|_| {
            let mut stream = TcpStream::connect(place).expect("a connection");
            stream.write_all(asked.as_bytes()).expect("written");
            stream
        })
        .collect();
    let mut begun = 0;
    for _ in 0..400 {
        let reached = demo.reached();
        let files = reached
            .iter()
            .filter(|line| line.to_string().contains("download_file"));
        begun += files.count();
        if begun >= 8 {
            break;
        }
        crate::pause(50);
    }
    assert_eq!(begun, 8, "half of the places are for files");
    full.some("Customer", "[]");
    let more = demo.reached();
    assert!(
        !format!("{more:?}").contains("download_file"),
        "the others still await theirs: {more:?}"
    );
    drop(slow);
}

#[test]
fn a_file_comes_back_as_it_was_sent_and_no_browser_runs_it() {
    let demo = Demo::start();
    let (full, clerk) = (
        Caller::of(&demo, "erpnext_full"),
        Caller::of(&demo, "erpnext"),
    );
    let content: Vec<u8> = (0..300_000_u32).map(|n| (n % 251) as u8).collect();
    full.done(&upload(
        &full,
        V1,
        "Über 1.html",
        &content,
        &[("is_private", "1")],
    ));
    let url = format!("/private/files/{}", segment("Über 1.html"));
    for path in [
        url.clone(),
        format!("{url}?fid=x"),
        format!("/api/method/download_file?file_url={url}"),
        format!("/api/method/frappe.utils.file_manager.download_file?file_url={url}"),
        format!("/api/v2/method/download_file?file_url={url}"),
    ] {
        let got = full.get(&path);
        assert_eq!(got.status, 200, "{path}: {}", got.text());
        assert!(got.body == content, "{path}: {} bytes", got.body.len());
        let header = |name: &str| {
            got.headers
                .get(name)
                .map_or("", |value| value.to_str().unwrap())
        };
        assert_eq!(header("content-type"), "application/octet-stream");
        assert_eq!(
            header("content-disposition"),
            "attachment; filename*=UTF-8''%C3%9Cber%201.html"
        );
        assert_eq!(header("x-content-type-options"), "nosniff");
        assert_eq!(
            header("content-security-policy"),
            "default-src 'none'; sandbox"
        );
        assert_eq!(header("set-cookie"), "");
        assert_eq!(
            demo.reached().len(),
            2,
            "the document is looked for, then the bytes are fetched"
        );
    }
    clerk.refused(&clerk.get(&url), 403, "no rule opens files");
    let absent = full.get("/private/files/absent.txt");
    assert_eq!(absent.status, 404, "{}", absent.text());
    assert_eq!(demo.reached().len(), 1, "only the document is looked for");
    for path in [
        "/private/files/a%2Fb",
        "/private/files/a?x=1",
        "/files/.htaccess",
    ] {
        let got = full.get(path);
        assert!((400..500).contains(&got.status), "{path}: {}", got.text());
        assert!(demo.reached().is_empty(), "{path}");
    }
    let remote = full.get("/api/method/download_file?file_url=http://127.0.0.1:1/x");
    full.refused(&remote, 417, "another server's file");
    let body: Json = serde_json::from_slice(&remote.body).expect("JSON");
    assert!(body["exc"].is_string());
}
