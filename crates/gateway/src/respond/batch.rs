//! The answers to the requests of a batch, in one.

use http::StatusCode;
use http_body_util::BodyExt as _;
use portcullis_erp::dialect::Written;
use serde::ser::{Serialize, SerializeMap as _, Serializer};
use serde_json::value::RawValue;

use super::{Response, finish};

/// The headers that an answer within a batch tells.
const TOLD: &[&str] = &[
    "location",
    "etag",
    "link",
    "retry-after",
    "deprecation",
    "sunset",
    "x-request-id",
    "x-dry-run",
    "x-approval",
];

/// One answer.
struct Answer {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Option<Box<RawValue>>,
}

/// Writes the answers to the requests of a batch, in their order.
pub(crate) async fn batch(responses: Vec<Response>) -> Response {
    let mut answers = Vec::with_capacity(responses.len());
    for response in responses {
        answers.push(Answer::of(response).await);
    }
    let body = serde_json::to_vec(&Answers { data: &answers }).unwrap_or_default();
    finish(Written {
        status: StatusCode::OK.as_u16(),
        content_type: "application/json",
        headers: Vec::new(),
        body,
    })
}

#[derive(serde::Serialize)]
struct Answers<'a> {
    data: &'a [Answer],
}

impl Answer {
    async fn of(response: Response) -> Self {
        let (head, body) = response.into_parts();
        let headers = TOLD.iter().filter_map(|name| {
            let value = head.headers.get(*name)?.to_str().ok()?;
            Some((*name, value.to_owned()))
        });
        let headers = headers.collect();
        let bytes = body.collect().await.map(|body| body.to_bytes());
        let text = bytes
            .ok()
            .and_then(|bytes| String::from_utf8(bytes.to_vec()).ok());
        // What is no JSON is an answer in plain text, of a path that is not served.
        let body = text.filter(|text| !text.is_empty()).and_then(|text| {
            RawValue::from_string(text.clone())
                .or_else(|_| serde_json::value::to_raw_value(&text))
                .ok()
        });
        Self {
            status: head.status.as_u16(),
            headers,
            body,
        }
    }
}

impl Serialize for Answer {
    fn serialize<S: Serializer>(&self, writer: S) -> Result<S::Ok, S::Error> {
        let mut map = writer.serialize_map(Some(3))?;
        map.serialize_entry("status", &self.status)?;
        map.serialize_entry("headers", &Headers(&self.headers))?;
        map.serialize_entry("body", &self.body)?;
        map.end()
    }
}

struct Headers<'a>(&'a [(&'static str, String)]);

impl Serialize for Headers<'_> {
    fn serialize<S: Serializer>(&self, writer: S) -> Result<S::Ok, S::Error> {
        writer.collect_map(self.0.iter().map(|(name, value)| (*name, value)))
    }
}
