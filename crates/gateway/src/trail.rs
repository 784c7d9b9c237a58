//! What is noted of a request on its way, for its record.
//!
//! Rooms may only write: a decision that rested on a note would rest on what another room
//! happened to say. Only the writing of records reads the trail, `audit` and `serve`, and
//! `respond`, which tells the caller under which id its record stands.

use std::net::IpAddr;
use std::sync::Arc;

use portcullis_audit::RequestId;
use portcullis_erp::{Dialect, FaultKind, Shape};
use portcullis_identity::{Principal, Timestamp, Unmet, UpstreamName};

use crate::audit::Aftermath;

/// The notes of one request.
pub struct Trail {
    story: Story,
}

/// What `serve` makes of a trail at the end.
pub(crate) struct Story {
    pub(crate) request: RequestId,
    pub(crate) at: Timestamp,
    pub(crate) policy: u64,
    pub(crate) address: Option<IpAddr>,
    pub(crate) dialect: Option<Dialect>,
    pub(crate) caller: Option<Arc<Principal>>,
    pub(crate) model: Option<Box<str>>,
    pub(crate) method: Option<Box<str>>,
    /// What a refused call named.
    pub(crate) shape: Shape,
    /// Whether `audit` opened a record, so that it has to be closed.
    pub(crate) opened: bool,
    /// The fault that the ERP answered, if it did.
    pub(crate) fault: Option<FaultKind>,
    /// Whether the terms took something out of the answer.
    pub(crate) cut: bool,
    /// Whether a monitored role let it pass.
    pub(crate) monitored: bool,
    /// Whether it was answered before, so that nothing was sent.
    pub(crate) repeated: bool,
    /// The approval that it waits for or was let through by, and by whom that was decided.
    pub(crate) leave: Vec<String>,
    /// Whether it was only to be judged, so that nothing was sent.
    pub(crate) tried: bool,
    /// Whether what the ERP said of a failure found no room.
    pub(crate) unkept: bool,
    /// The condition of the caller's key that was not met.
    pub(crate) unmet: Option<Unmet>,
    /// The ERP of an account that is held since this guess.
    pub(crate) held: Option<UpstreamName>,
    /// What was found after the call.
    pub(crate) aftermath: Option<Aftermath>,
}

impl Story {
    /// One like it, without what the call named, for a record that stands for several.
    pub(crate) fn alike(&self) -> Self {
        let mut trail = Trail::begin(self.request, self.at);
        trail.judged_by(self.policy);
        Self {
            address: self.address,
            dialect: self.dialect,
            caller: self.caller.clone(),
            model: self.model.clone(),
            method: self.method.clone(),
            ..trail.tell()
        }
    }
}

impl Trail {
    pub(crate) fn begin(request: RequestId, at: Timestamp) -> Self {
        let story = Story {
            request,
            at,
            policy: 0,
            address: None,
            dialect: None,
            caller: None,
            model: None,
            method: None,
            shape: Shape::default(),
            opened: false,
            fault: None,
            cut: false,
            monitored: false,
            repeated: false,
            leave: Vec::new(),
            tried: false,
            unkept: false,
            unmet: None,
            held: None,
            aftermath: None,
        };
        Self { story }
    }

    /// Notes by which version of the policy the request is judged.
    pub(crate) fn judged_by(&mut self, version: u64) {
        self.story.policy = version;
    }

    /// Notes where the request came from.
    pub(crate) fn came_from(&mut self, address: IpAddr) {
        self.story.address = Some(address);
    }

    /// Notes in which dialect it was made.
    pub(crate) fn spoke(&mut self, dialect: Dialect) {
        self.story.dialect = Some(dialect);
    }

    /// Notes what was asked, unjudged.
    pub(crate) fn asked(&mut self, model: &str, method: &str) {
        self.story.model = Some(model.into());
        self.story.method = Some(method.into());
    }

    /// Notes what a call names that is refused.
    pub(crate) fn refused(&mut self, shape: Shape) {
        self.story.shape = shape;
    }

    /// Notes who was recognised.
    pub(crate) fn recognised(&mut self, caller: Arc<Principal>) {
        self.story.caller = Some(caller);
    }

    /// Notes that a record was opened.
    pub(crate) fn opened(&mut self) {
        self.story.opened = true;
    }

    /// Notes that the ERP answered with a fault.
    pub(crate) fn failed(&mut self, kind: FaultKind) {
        self.story.fault = Some(kind);
    }

    /// Notes that the terms took something out of the answer.
    pub(crate) fn cut(&mut self) {
        self.story.cut = true;
    }

    /// Notes that a monitored role lets it pass.
    pub(crate) fn monitored(&mut self) {
        self.story.monitored = true;
    }

    /// Notes that it was answered before.
    pub(crate) fn repeated(&mut self) {
        self.story.repeated = true;
    }

    /// Notes which approval it waits for, or was let through by, and by whom it was decided.
    pub(crate) fn leave(&mut self, approval: RequestId, by: Option<&str>) {
        self.story.leave.push(format!("approval:{approval}"));
        let by = by.map(|by| format!("decided-by:{by}"));
        self.story.leave.extend(by);
    }

    /// Notes that it is only to be judged.
    pub(crate) fn tried(&mut self) {
        self.story.tried = true;
    }

    /// Notes that what the ERP said of a failure found no room.
    pub(crate) fn unkept(&mut self) {
        self.story.unkept = true;
    }

    /// Notes which condition of the caller's key was not met.
    pub(crate) fn unmet(&mut self, unmet: Unmet) {
        self.story.unmet = Some(unmet);
    }

    /// Notes that an account of this ERP is held since this guess.
    pub(crate) fn held(&mut self, upstream: UpstreamName) {
        self.story.held = Some(upstream);
    }

    /// Notes what was found after the call.
    pub(crate) fn looked(&mut self, aftermath: Option<Aftermath>) {
        self.story.aftermath = aftermath;
    }

    /// Under which id the record is written.
    pub(crate) fn request(&self) -> RequestId {
        self.story.request
    }

    /// Model and method as they were asked, for the record.
    pub(crate) fn names(&self) -> (&str, &str) {
        (
            self.story.model.as_deref().unwrap_or("-"),
            self.story.method.as_deref().unwrap_or("-"),
        )
    }

    pub(crate) fn tell(self) -> Story {
        self.story
    }
}
