//! What may be done, and why: roles, rules, and the judgement of a whole call.
//!
//! [`Policy::judge`] is the only way to a [`Permit`], and a permit is the only way to the ERP
//! and back: it owns the call as it must be sent ([`Permit::next`]), the guard calls before it
//! ([`Permit::guarded`]), the after-checks behind it ([`Permit::after`]) and the terms for the
//! answer ([`Permit::apply`]). Custom controllers
//! have a [`Passage`] instead, from [`Policy::admit`].
//! Silence is a no: what no rule allows is refused, and so is what cannot be judged.
//! Everything here is pure.
#![warn(missing_docs)]
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "values are matched by shape; every other shape is refused"
)]

mod after;
mod bench;
mod both;
mod caps;
mod danger;
mod decision;
mod egress;
mod explain;
mod field_permissions;
mod fit;
mod frappe;
mod learn;
mod lint;
mod mask;
mod monitor;
mod names;
mod odoo;
mod operation;
mod passage;
mod permit;
mod pins;
mod policy;
mod profiles;
mod protection;
mod question;
mod record_rules;
mod replay;
mod rights;
mod role;
mod rule;
mod schema;
mod sizes;
mod terms;
mod whom;

pub use after::{Company, Findings, Sent};
pub use caps::{Cap, Caps};
pub use decision::{Decision, Reason, Refusal};
pub use explain::{Cell, Explanation, Outcome, Remedy, Said, Shown, Suggestion, Way};
pub use field_permissions::FieldPermission;
pub use fit::{Fit, unfit};
pub use learn::{Learnt, LearntRole, Lesson, Sample, Unused, Used};
pub use lint::{Finding, FindingKind};
pub use operation::{Family, Operation};
pub use passage::{CleanPage, Door, Knock, Passage};
pub use permit::{Clean, Permit, Released};
pub use pins::Pins;
pub use policy::Policy;
pub use portcullis_erp::Shape;
pub use profiles::RoleProfile;
pub use protection::Protection;
pub use question::{Asking, Question};
pub use record_rules::{Heirs, Left, Mode, RecordRule, RecordRules};
pub use replay::Recorded;
pub use rights::{Columns, Depth, Listed, Named, Rights};
pub use role::{Role, RoleError};
pub use rule::{RouteRule, Rule};
pub use schema::{FieldSchema, ModelSchema, Schema};
pub use whom::UserFacts;
