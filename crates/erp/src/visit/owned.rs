//! The paths that belong to a dialect, or to the gateway itself.
//!
//! A custom controller never lies there: a visit would be a call that no policy has judged by
//! its model. The list is that of both kinds of ERP, whichever stands behind, and is wider than
//! what is served: what an ERP answers there at all is not for a route to open.

/// First segments of which everything below is taken.
const FIRST: &[&str] = &[
    // Odoo
    "web",
    "xmlrpc",
    "jsonrpc",
    "json",
    "doc",
    "doc-bearer",
    "odoo",
    "websocket",
    "longpolling",
    // Frappe
    "app",
    "desk",
    "login",
    "files",
    "private",
    "backups",
    "assets",
    "socket.io",
    // the gateway
    "u",
    "oauth",
    ".well-known",
    "hooks",
    "connect",
    "mcp",
    "healthz",
    "readyz",
    "metrics",
];

/// Segments behind `/api` of which everything below is Frappe's.
const API: &[&str] = &["resource", "method", "v2"];

/// Segments behind `/api/v1` that are Frappe's, or the gateway's own.
const API_V1: &[&str] = &["resource", "method", "doctype", "openapi.json", "docs", "-"];

/// All words of the lists, for whoever asks what a path with a gap could become.
pub fn words() -> impl Iterator<Item = &'static str> {
    let first = FIRST.iter().chain(API).chain(API_V1);
    first.copied().chain(["api", "v1"])
}

/// Whether a path belongs to a dialect or to the gateway. `/` does: Frappe runs `cmd` there.
pub fn owned(segments: &[String]) -> bool {
    let Some((first, rest)) = segments.split_first() else {
        return true;
    };
    taken(segments) || (is_language(first) && taken(rest))
}

fn taken(segments: &[String]) -> bool {
    let is = |at: usize, words: &[&str]| {
        segments
            .get(at)
            .is_some_and(|segment| words.iter().any(|word| segment.eq_ignore_ascii_case(word)))
    };
    if !is(0, &["api"]) {
        return is(0, FIRST);
    }
    match segments.len() {
        1 => true,
        2 => is(1, API) || is(1, &["v1"]),
        _ => is(1, API) || (is(1, &["v1"]) && is(2, API_V1)),
    }
}

/// Whether an Odoo website takes this segment for the language of the page behind it, as in
/// `/de/…`, `/pt_BR/…` or `/sr@latin/…`, and serves what follows as if it stood alone.
fn is_language(segment: &str) -> bool {
    let mut parts = segment.split(['_', '-', '@']);
    let language = parts.next().unwrap_or_default();
    matches!(language.len(), 2 | 3)
        && language.bytes().all(|byte| byte.is_ascii_alphabetic())
        && parts.all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_owned(path: &str) -> bool {
        let segments: Vec<String> = path.split('/').skip(1).map(str::to_owned).collect();
        owned(&segments)
    }

    #[test]
    fn what_a_dialect_owns_is_owned_in_any_case_and_behind_any_language() {
        for path in [
            "/web",
            "/web/database/manager",
            "/web/session/authenticate",
            "/xmlrpc/2/object",
            "/jsonrpc",
            "/json/2/res.partner/read",
            "/doc-bearer/res.partner.json",
            "/api",
            "/api/resource/User",
            "/api/method/login",
            "/api/v1",
            "/api/v1/method/login",
            "/api/v2/document/User",
            "/api/v2",
            "/u/odoo",
        ] {
            assert!(is_owned(path), "{path}");
            assert!(is_owned(&path.to_ascii_uppercase()), "{path}");
            for language in ["de", "pt_BR", "sr@latin", "zh-hans-CN"] {
                assert!(is_owned(&format!("/{language}{path}")), "{language}{path}");
            }
        }
        assert!(owned(&[]));
    }

    #[test]
    fn what_no_dialect_owns_is_free() {
        for path in [
            "/api/orders",
            "/api/form",
            "/api/v1/data",
            "/api/secure-data",
            "/my_service",
            "/rest/v2/orders/7",
            "/fastapi_demo/webhooks",
            "/webshop/jsonrpc",
        ] {
            assert!(!is_owned(path), "{path}");
        }
    }
}
