//! What no answer of the gateway may tell: tracebacks, paths, SQL, versions of servers.

/// What would show a traceback, a file, SQL or a server, in a body or a head.
const SIGNS: &[&str] = &[
    "Traceback",
    "/usr/",
    "/home/",
    "/opt/",
    "/srv/",
    "/var/lib/",
    "site-packages",
    "dist-packages",
    ".py\"",
    "File \"",
    "SELECT ",
    "INSERT INTO",
    "psycopg",
    "pymysql",
    "MySQLdb",
    "relation \"",
    "Werkzeug/",
    "Python/",
    "gunicorn",
    "nginx/",
    "19.0-20",
];

/// What an answer tells that it must not; none if it tells nothing of the inside.
///
/// `head` is the status line and the header lines. What the caller sent itself may come back
/// (an echoed id, a record's name), so signs that stand in the request are overlooked.
pub fn found(head: &str, body: &[u8], request: &[u8]) -> Option<String> {
    let body = String::from_utf8_lossy(body);
    let request = String::from_utf8_lossy(request);
    if let Some(line) = head
        .lines()
        .find(|line| line.to_ascii_lowercase().starts_with("server:"))
    {
        return Some(format!("a header tells of the server: {line}"));
    }
    let sign = SIGNS.iter().find(|sign| {
        (head.contains(**sign) || body.contains(**sign)) && !request.contains(**sign)
    })?;
    let from = body.find(sign).unwrap_or(0);
    let around: String = body
        .chars()
        .skip(from.saturating_sub(60))
        .take(200)
        .collect();
    Some(format!(
        "the answer tells of the inside (`{sign}`): {around}"
    ))
}
