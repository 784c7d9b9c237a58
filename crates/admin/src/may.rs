//! What an administrative role may do: a fixed table. What does not stand in it is a no.

use portcullis_identity::{AdminRole, Administrator, ErpLogin, RoleName, Scope, UpstreamName};

use crate::refusal::Refusal;

/// What is done with what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Act {
    /// The kind of thing.
    pub thing: &'static str,
    /// What is done with it.
    pub verb: &'static str,
}

impl std::fmt::Display for Act {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.thing, self.verb)
    }
}

/// How far somebody may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// As far as the scope of the administrator.
    Scope,
    /// Everywhere.
    All,
}

/// How far somebody may go with keys: what an operation is given beside what is wanted.
#[derive(Debug, Clone)]
pub enum Leave {
    /// Everywhere: whoever has the machine, and administrators.
    All,
    /// Within a scope.
    Within(Scope),
}

impl Leave {
    /// The leave of somebody who may go so far.
    pub fn of(who: &Administrator, reach: Reach) -> Self {
        match reach {
            Reach::All => Self::All,
            Reach::Scope => Self::Within(who.scope.clone()),
        }
    }

    /// Whether a key is within it.
    pub fn has(&self, upstream: &UpstreamName, login: &ErpLogin, roles: &[RoleName]) -> bool {
        match self {
            Self::All => true,
            Self::Within(scope) => scope.has(upstream, login, roles),
        }
    }

    /// Whether a role is within it.
    pub fn has_role(&self, name: &RoleName) -> bool {
        match self {
            Self::All => true,
            Self::Within(scope) => scope.roles.contains(name),
        }
    }

    /// Whether a user of an ERP is within it.
    pub fn has_upstream(&self, name: &UpstreamName) -> bool {
        match self {
            Self::All => true,
            Self::Within(scope) => scope.users.iter().any(|user| user.upstream == *name),
        }
    }

    /// Checks that a key that is wanted is within it.
    ///
    /// # Errors
    /// When it is not; says what of it.
    pub fn check(
        &self,
        upstream: &UpstreamName,
        login: &ErpLogin,
        roles: &[RoleName],
    ) -> Result<(), Refusal> {
        let Self::Within(scope) = self else {
            return Ok(());
        };
        if !scope.has_user(upstream, login) {
            let user = format!("the user `{login}` of `{upstream}`");
            return Err(Refusal::OutOfScope(user));
        }
        match roles.iter().find(|role| !scope.roles.contains(role)) {
            Some(role) => Err(Refusal::OutOfScope(format!("the role `{role}`"))),
            None => Ok(()),
        }
    }

    /// Whether keys may be made that run as administrators of an ERP.
    pub const fn may_bind_administrators(&self) -> bool {
        matches!(self, Self::All)
    }
}

/// An act, and how far each role goes: those who read everything, those who approve calls, those
/// who manage keys.
/// Administrators do all that is in the table.
struct Line {
    act: Act,
    auditor: Option<Reach>,
    approver: Option<Reach>,
    key_manager: Option<Reach>,
}

const ALL: Option<Reach> = Some(Reach::All);
const SCOPE: Option<Reach> = Some(Reach::Scope);
const NO: Option<Reach> = None;

const TABLE: &[Line] = &[
    //    what       is done    auditor  key-manager
    line("self", "show", ALL, ALL).and_approvers(),
    line("state", "show", ALL, SCOPE),
    line("key", "list", ALL, SCOPE),
    line("key", "show", ALL, SCOPE),
    line("key", "create", NO, SCOPE),
    line("key", "adopt", NO, SCOPE),
    line("key", "import", NO, SCOPE),
    line("key", "rotate", NO, SCOPE),
    line("key", "suspend", NO, SCOPE),
    line("key", "resume", NO, SCOPE),
    line("key", "revoke", NO, SCOPE),
    line("key", "stand-in", NO, SCOPE),
    line("role", "list", ALL, SCOPE),
    line("role", "show", ALL, SCOPE),
    line("role", "put", NO, NO),
    line("role", "remove", NO, NO),
    line("user", "list", ALL, SCOPE),
    line("user", "put", NO, NO),
    line("user", "remove", NO, NO),
    line("user", "rotate", NO, NO),
    line("approval", "list", NO, NO).and_approvers(),
    line("approval", "show", NO, NO).and_approvers(),
    line("approval", "approve", NO, NO).and_approvers(),
    line("approval", "reject", NO, NO).and_approvers(),
    line("session", "list", ALL, NO),
    line("session", "end", NO, NO),
    line("admin-key", "list", ALL, NO),
    line("admin-key", "create", NO, NO),
    line("admin-key", "revoke", NO, NO),
];

const fn line(
    thing: &'static str,
    verb: &'static str,
    auditor: Option<Reach>,
    key_manager: Option<Reach>,
) -> Line {
    Line {
        act: Act { thing, verb },
        auditor,
        approver: NO,
        key_manager,
    }
}

impl Line {
    /// The same, also for those who approve calls.
    const fn and_approvers(self) -> Self {
        Self {
            approver: ALL,
            ..self
        }
    }
}

/// How far somebody may go with an act; none: it is not allowed.
pub fn reach(who: &Administrator, act: Act) -> Option<Reach> {
    let line = TABLE.iter().find(|line| line.act == act)?;
    let of = |role: &AdminRole| match role {
        AdminRole::Auditor => line.auditor,
        AdminRole::Approver => line.approver,
        AdminRole::KeyManager => line.key_manager,
        AdminRole::Administrator => ALL,
    };
    who.roles.iter().filter_map(of).max()
}

/// Every act of the table.
pub fn acts() -> impl Iterator<Item = Act> {
    TABLE.iter().map(|line| line.act)
}
