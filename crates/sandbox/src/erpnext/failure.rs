//! How a request fails: status, exception, messages, and the body that says so.

use portcullis_erp::value::{Map, Value};

use super::values::{spaced_string, text};

/// One of the messages that travel beside an answer.
#[derive(Debug, Clone)]
pub(crate) struct Message {
    pub(crate) text: String,
    pub(crate) title: &'static str,
    pub(crate) indicator: Option<&'static str>,
    /// The id of the exception that was raised with it.
    pub(crate) raised: Option<String>,
}

impl Message {
    /// A message without an exception.
    pub(crate) fn plain(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            title: "Message",
            indicator: None,
            raised: None,
        }
    }

    fn encoded(&self) -> String {
        let mut out = format!(
            "{{\"message\": {}, \"title\": {}",
            spaced_string(&self.text),
            spaced_string(self.title)
        );
        if let Some(indicator) = self.indicator {
            out.push_str(&format!(", \"indicator\": {}", spaced_string(indicator)));
        }
        if let Some(id) = &self.raised {
            out.push_str(&format!(
                ", \"raise_exception\": 1, \"__frappe_exc_id\": \"{id}\""
            ));
        }
        out.push('}');
        out
    }
}

/// The list of messages as it stands in `_server_messages`.
pub(crate) fn encoded(messages: &[Message]) -> String {
    let parts: Vec<String> = messages
        .iter()
        .map(|message| spaced_string(&message.encoded()))
        .collect();
    format!("[{}]", parts.join(", "))
}

/// Why a request fails. Boxed, for it is rare and large.
#[derive(Debug, Clone)]
pub(crate) struct Failure(Box<Facts>);

impl std::ops::Deref for Failure {
    type Target = Facts;

    fn deref(&self) -> &Facts {
        &self.0
    }
}

impl std::ops::DerefMut for Failure {
    fn deref_mut(&mut self) -> &mut Facts {
        &mut self.0
    }
}

/// What is known of a failure.
#[derive(Debug, Clone)]
pub(crate) struct Facts {
    pub(crate) status: u16,
    /// The exception's class.
    pub(crate) class: &'static str,
    /// The module it lies in, with the final dot; empty for built-in ones.
    module: &'static str,
    /// What the exception says; may be empty.
    pub(crate) text: String,
    pub(crate) messages: Vec<Message>,
    error_message: Option<String>,
    traced: bool,
    /// The login page's own words, which come first.
    pub(crate) login_message: Option<&'static str>,
    /// A framework page instead of all this.
    pub(crate) page: Option<(&'static str, String)>,
    /// What must be said about the credentials: the cookies are deleted.
    pub(crate) clears_cookies: bool,
    /// The verbs that would do, for 405.
    pub(crate) allow: Option<&'static str>,
}

const HOME: &str = "frappe.exceptions.";

impl Failure {
    fn new(
        status: u16,
        module: &'static str,
        class: &'static str,
        text: impl Into<String>,
    ) -> Self {
        Self(Box::new(Facts {
            status,
            class,
            module,
            text: text.into(),
            messages: Vec::new(),
            error_message: None,
            traced: true,
            login_message: None,
            page: None,
            clears_cookies: false,
            allow: None,
        }))
    }

    /// An exception of a language or library, status 500.
    pub(crate) fn internal(
        module: &'static str,
        class: &'static str,
        text: impl Into<String>,
    ) -> Self {
        Self::new(500, module, class, text)
    }

    /// An exception that carries its own text as a message (`frappe.throw`).
    pub(crate) fn thrown(status: u16, class: &'static str, text: impl Into<String>) -> Self {
        Self::titled(status, class, "Message", text)
    }

    /// The same under a title of its own.
    pub(crate) fn titled(
        status: u16,
        class: &'static str,
        title: &'static str,
        text: impl Into<String>,
    ) -> Self {
        let mut failure = Self::new(status, HOME, class, text);
        let message = failure.text.clone();
        failure.messages.push(Message {
            text: message,
            title,
            indicator: Some("red"),
            raised: Some(super::chance::hex(28)),
        });
        failure
    }

    /// An exception of the framework without a message of its own.
    pub(crate) fn silent(status: u16, class: &'static str, text: impl Into<String>) -> Self {
        Self::new(status, HOME, class, text)
    }

    /// 417 `ValidationError` with its text as message.
    pub(crate) fn invalid(text: impl Into<String>) -> Self {
        Self::thrown(417, "ValidationError", text)
    }

    /// 403 without words.
    pub(crate) fn forbidden() -> Self {
        Self::silent(403, "PermissionError", "")
    }

    /// 404 of a document or DocType that is not there.
    pub(crate) fn absent(doctype: &str, name: &str) -> Self {
        let mut failure = Self::thrown(
            404,
            "DoesNotExistError",
            format!("{doctype} {name} not found"),
        );
        failure.traced = false;
        failure
    }

    /// 404 of a path that is not there.
    pub(crate) fn nowhere() -> Self {
        let mut failure = Self::silent(404, "DoesNotExistError", "");
        failure.traced = false;
        failure
    }

    /// 400 of a session that must show its token.
    pub(crate) fn csrf() -> Self {
        let mut failure = Self::thrown(400, "CSRFTokenError", "Invalid Request");
        failure.traced = false;
        failure
    }

    /// 401 of an `Authorization` header.
    pub(crate) fn unauthenticated() -> Self {
        let mut failure = Self::silent(401, "AuthenticationError", "");
        failure.clears_cookies = true;
        failure
    }

    /// 401 of a log-in.
    pub(crate) fn login(words: &'static str) -> Self {
        let mut failure = Self::silent(401, "AuthenticationError", "");
        failure.login_message = Some(words);
        failure
    }

    /// 403 of a method that may not be called.
    pub(crate) fn not_whitelisted(method: &str) -> Self {
        Self::titled(
            403,
            "PermissionError",
            "Method Not Allowed",
            format!(
                "<details><summary>You are not permitted to access this resource.</summary>\
                 Function <strong>{method}</strong> is not whitelisted.</details>"
            ),
        )
    }

    /// 403 of a verb that a method does not take.
    pub(crate) fn wrong_verb() -> Self {
        Self::thrown(403, "PermissionError", "Not permitted")
    }

    /// 500 of a text that is not JSON.
    pub(crate) fn not_json(text: &[u8]) -> Self {
        let words = if text.first() == Some(&b'{') {
            "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"
        } else {
            "Expecting value: line 1 column 1 (char 0)"
        };
        Self::internal("json.decoder.", "JSONDecodeError", words)
    }

    /// 500 of a method called without an argument it needs.
    pub(crate) fn missing_argument(function: &str, argument: &str) -> Self {
        let text = format!("{function}() missing 1 required positional argument: '{argument}'");
        Self::internal("", "TypeError", text)
    }

    /// A page of the framework below: 404, 405 and the like.
    pub(crate) fn page(status: u16, title: &'static str, words: impl Into<String>) -> Self {
        let mut failure = Self::silent(status, "HTTPException", "");
        failure.page = Some((title, words.into()));
        failure
    }

    #[must_use]
    pub(crate) fn with_message(mut self, message: Message) -> Self {
        self.messages.insert(0, message);
        self
    }

    #[must_use]
    pub(crate) fn with_error_message(mut self, text: impl Into<String>) -> Self {
        self.error_message = Some(text.into());
        self
    }

    /// The body of version 1: one flat object. Messages said before come first.
    pub(crate) fn body(&self, before: &[Message]) -> Map {
        let mut body = Map::new();
        if let Some(words) = self.login_message {
            body.insert("message".to_owned(), text(words));
        }
        if self.traced {
            body.insert("exception".to_owned(), text(self.exception()));
        }
        body.insert("exc_type".to_owned(), text(self.class));
        if self.traced {
            let traced = format!("[{}]", spaced_string(&self.traceback()));
            body.insert("exc".to_owned(), text(traced));
        }
        let messages: Vec<Message> = before.iter().chain(&self.messages).cloned().collect();
        if !messages.is_empty() {
            body.insert("_server_messages".to_owned(), text(encoded(&messages)));
        }
        if let Some(words) = &self.error_message {
            body.insert("_error_message".to_owned(), text(words.as_str()));
        }
        body
    }

    /// The body of version 2: a list of errors.
    pub(crate) fn body_v2(&self, before: &[Message]) -> Map {
        let mut error = Map::new();
        error.insert("type".to_owned(), text(self.class));
        if self.traced {
            error.insert("exception".to_owned(), text(self.traceback()));
        }
        let mut others: Vec<&Message> = before.iter().chain(&self.messages).collect();
        if let Some(own) = others.pop() {
            error.extend(object(own));
        }
        let mut body = Map::new();
        body.insert("errors".to_owned(), Value::List(vec![Value::Map(error)]));
        if !others.is_empty() {
            let others = others
                .into_iter()
                .map(|message| Value::Map(object(message)));
            body.insert("messages".to_owned(), Value::List(others.collect()));
        }
        body
    }

    fn exception(&self) -> String {
        let colon = if self.text.is_empty() { "" } else { ": " };
        format!("{}{}{colon}{}", self.module, self.class, self.text)
    }

    /// A traceback of our own: the real one names files that are not here.
    fn traceback(&self) -> String {
        format!(
            "Traceback (most recent call last):\n  File \"sandbox/erpnext.rs\", line 1, in answer\n    \
             look_alike(request)\n{}\n",
            self.exception()
        )
    }
}

fn object(message: &Message) -> Map {
    let mut object = Map::new();
    object.insert("message".to_owned(), text(message.text.as_str()));
    object.insert("title".to_owned(), text(message.title));
    if let Some(indicator) = message.indicator {
        object.insert("indicator".to_owned(), text(indicator));
    }
    object
}
