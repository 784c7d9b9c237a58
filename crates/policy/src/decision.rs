//! The policy's yes and no.

use portcullis_erp::{Fault, FaultKind, Model};

use crate::permit::Permit;

/// The answer to a question.
#[must_use = "a decision that is not looked at protects nothing"]
#[derive(Debug)]
pub enum Decision {
    /// Yes, on the permit's terms.
    Allow(Box<Permit>),
    /// No.
    Refuse(Box<Refusal>),
}

/// Why not. Closed on purpose: whoever maps reasons meets a new one at compile time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// No rule speaks of this model and operation.
    NoRule,
    /// A rule denies it.
    Denied,
    /// The method is not in the table and no rule lists it.
    UnknownMethod,
    /// The method is private to the ERP.
    PrivateMethod,
    /// The model or method is dangerous and must be named one by one.
    Dangerous,
    /// A field is not open.
    Field,
    /// A field shows or changes one that is not open.
    HiddenByData,
    /// A field may not be written.
    WriteField,
    /// An argument is not known, or cannot be judged.
    Argument,
    /// A domain or filter cannot be read.
    Domain,
    /// A context key is not open.
    Context,
    /// A linked model is not open, or not wholly.
    Link,
    /// The values break the rule's domain, or it cannot be said whether they do.
    Values,
    /// More is asked at once than a cap of the role allows.
    Cap,
    /// A record is not there, or not for this caller.
    Missing,
    /// The models of the ERP are not known yet: see [`Refusal::wants`].
    Schema,
    /// The ERP's answer has a shape that cannot be filtered.
    Answer,
}

impl Reason {
    /// As it stands in records.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NoRule => "no-rule",
            Self::Denied => "denied",
            Self::UnknownMethod => "unknown-method",
            Self::PrivateMethod => "private-method",
            Self::Dangerous => "dangerous",
            Self::Field => "field",
            Self::HiddenByData => "hidden-by-data",
            Self::WriteField => "write-field",
            Self::Argument => "argument",
            Self::Domain => "domain",
            Self::Context => "context",
            Self::Link => "link",
            Self::Values => "values",
            Self::Cap => "cap",
            Self::Missing => "missing",
            Self::Schema => "schema",
            Self::Answer => "answer",
        }
    }
}

/// What must be known before something can be judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Want {
    /// The fields of a model.
    Model(Model),
    /// What the ERP knows of the user as whom the call would run.
    User,
}

/// The policy's no.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The rule that came closest (`role/rule`), if one speaks of the model at all.
    pub rule: Option<String>,
    /// Why, for records.
    pub reason: Reason,
    /// What the caller sees. Forbidden and absent look the same.
    pub fault: Fault,
    /// How to get it allowed, for the operator. Never for the caller.
    pub advice: String,
    /// Whether the caller may be told reason and rule.
    pub told: bool,
    pub(crate) wants: Option<Want>,
}

impl Refusal {
    pub(crate) fn new(reason: Reason, fault: Fault, advice: impl Into<String>) -> Self {
        Self {
            rule: None,
            reason,
            fault,
            advice: advice.into(),
            told: false,
            wants: None,
        }
    }

    /// "You may not", with words for the caller and others for the operator.
    pub(crate) fn access(
        reason: Reason,
        message: impl Into<String>,
        advice: impl Into<String>,
    ) -> Self {
        Self::new(reason, Fault::new(FaultKind::AccessError, message), advice)
    }

    /// A record that is not there, and one that is not for this caller.
    pub(crate) fn missing() -> Self {
        Self::new(
            Reason::Missing,
            Fault::new(
                FaultKind::MissingRecord,
                "Record does not exist or has been deleted.",
            ),
            "a record is not there, or the rule's domain does not hold for it",
        )
    }

    /// The same, about this field.
    pub(crate) fn about(mut self, field: &str) -> Self {
        self.fault = self.fault.about(field);
        self
    }

    pub(crate) fn under(mut self, rule: &str) -> Self {
        self.rule = Some(rule.to_owned());
        self
    }

    /// The model whose fields must be known to judge this. Whoever can tell asks the ERP
    /// (`fields_get`), puts the answer into the schema (or [`crate::Schema::absent`]), and
    /// asks the policy again.
    pub fn wants(&self) -> Option<&Model> {
        match &self.wants {
            Some(Want::Model(model)) => Some(model),
            Some(Want::User) | None => None,
        }
    }

    /// Whether the user as whom the call would run must be known to judge this. Whoever can
    /// tell asks the ERP, puts the answer into the schema ([`crate::Schema::learn_user`]), and
    /// asks the policy again.
    pub fn wants_user(&self) -> bool {
        self.wants == Some(Want::User)
    }
}
