//! The few pages that are no JSON, in our own words.

use super::failure::Failure;

/// A page of the framework below.
pub(crate) fn plain(status: u16, title: &str, words: &str) -> String {
    let words = escaped(words);
    format!(
        "<!doctype html>\n<html lang=en>\n<title>{status} {title}</title>\n<h1>{title}</h1>\n<p>{words}</p>\n"
    )
}

/// A failure shown to a browser.
pub(crate) fn message(failure: &Failure) -> String {
    let title = failure.class;
    let words = escaped(&failure.text);
    site(title, &format!("<h1>{title}</h1><p>{words}</p>"))
}

/// A page that is not there.
pub(crate) fn absent() -> String {
    site(
        "Not Found",
        "<h1>Page not found</h1><p>There is no such page here.</p>",
    )
}

/// The log-in page.
pub(crate) fn login() -> String {
    let form = "<h1>Login</h1><form method=\"post\" action=\"/login\"><input name=\"usr\">\
                <input name=\"pwd\" type=\"password\"><button>Login</button></form>";
    site("Login", form)
}

/// The question whether a client may have a code.
pub(crate) fn consent(query: &str) -> String {
    let query = escaped(query);
    let to = format!("/api/method/frappe.integrations.oauth2.approve?{query}");
    site(
        "Confirm",
        &format!("<h1>Confirm</h1><a id=\"allow\" href=\"{to}\">Allow</a>"),
    )
}

/// The desk, which carries the session's token.
pub(crate) fn desk(token: &str) -> String {
    site(
        "Desk",
        &format!(
            "<script>frappe = {{csrf_token: \"{token}\"}}; frappe.csrf_token = \"{token}\";</script>"
        ),
    )
}

/// The words under a redirect.
pub(crate) fn redirect(to: &str) -> String {
    let to = escaped(to);
    format!(
        "<!doctype html>\n<html lang=en>\n<title>Redirecting</title>\n<a href=\"{to}\">{to}</a>\n"
    )
}

fn site(title: &str, inner: &str) -> String {
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\">\
         <meta name=\"generator\" content=\"frappe\"><title>{title}</title></head>\n\
         <body>{inner}</body>\n</html>\n"
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}
