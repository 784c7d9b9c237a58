//! What is written is read back as what it was, in every dialect: calls, answers, faults.
//!
//! Where a dialect cannot say something, the generators leave it out and say why; where it
//! says two things alike, the tests name the two.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    reason = "a test may panic, and names what it looks for"
)]

mod answers;
mod frappe;
mod odoo;
mod values;

use portcullis_erp::dialect::{ReadError, UpstreamLogin};
use portcullis_erp::{Asked, Call, Database, Dialect, Inbound, Limits, Reading};
use proptest::prelude::*;

/// A request as it is received.
#[derive(Debug, Clone)]
struct Sent {
    verb: &'static str,
    /// What follows the dialect's own prefix.
    segments: Vec<String>,
    query: String,
    content_type: String,
    body: Vec<u8>,
}

impl Sent {
    fn read(&self, dialect: Dialect) -> Result<Reading, ReadError> {
        let inbound = Inbound {
            verb: self.verb,
            segments: &self.segments,
            query: &self.query,
            content_type: &self.content_type,
            body: &self.body,
        };
        dialect.read(inbound, &Limits::default())
    }

    /// The call that is read.
    fn call(&self, dialect: Dialect) -> Result<Call, TestCaseError> {
        match self.read(dialect) {
            Ok(Reading {
                asked: Asked::Call(call),
                ..
            }) => Ok(call),
            Ok(other) => Err(TestCaseError::fail(format!("no call: {:?}", other.asked))),
            Err(error) => Err(TestCaseError::fail(format!(
                "{:?}: {} by {self:?}",
                error.fault.kind, error.fault.message
            ))),
        }
    }
}

fn segments(path: &str) -> Vec<String> {
    let decoded = |part| {
        percent_encoding::percent_decode_str(part)
            .decode_utf8()
            .unwrap()
            .into_owned()
    };
    path.split('/').map(decoded).collect()
}

fn database() -> Database {
    Database::new("demo").unwrap()
}

fn login(database: &Database) -> UpstreamLogin<'_> {
    UpstreamLogin {
        database,
        uid: 7,
        login: "integration",
        secret: "k:s",
    }
}

fn config() -> ProptestConfig {
    ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}
