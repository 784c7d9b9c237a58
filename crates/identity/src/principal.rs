//! The caller, once it is known.

use std::sync::Arc;

use crate::key_id::KeyId;
use crate::name::{ErpLogin, PrincipalName, RoleName, UpstreamName};

/// What kind of caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PrincipalKind {
    /// Nobody said who is calling.
    Anonymous,
    /// A program with a key.
    Integration,
    /// A person who logged in.
    Person,
    /// A program that acts for a person.
    Agent,
}

impl PrincipalKind {
    /// The kind as it stands in records.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Anonymous => "anonymous",
            Self::Integration => "integration",
            Self::Person => "person",
            Self::Agent => "agent",
        }
    }
}

/// Who is calling, which ERP user the calls run as, and which roles say what may be done.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Principal {
    kind: PrincipalKind,
    name: PrincipalName,
    key: Option<KeyId>,
    upstream: UpstreamName,
    erp_login: ErpLogin,
    /// Whose place the ERP user takes, who is archived.
    instead_of: Option<ErpLogin>,
    /// Clones share one list.
    roles: Arc<[RoleName]>,
}

impl Principal {
    /// An integration that showed a key.
    pub fn integration(
        name: PrincipalName,
        key: KeyId,
        upstream: UpstreamName,
        erp_login: ErpLogin,
        roles: impl Into<Arc<[RoleName]>>,
    ) -> Self {
        Self {
            kind: PrincipalKind::Integration,
            name,
            key: Some(key),
            upstream,
            erp_login,
            instead_of: None,
            roles: roles.into(),
        }
    }

    /// A caller of another kind.
    pub fn new(
        kind: PrincipalKind,
        name: PrincipalName,
        upstream: UpstreamName,
        erp_login: ErpLogin,
        roles: impl Into<Arc<[RoleName]>>,
    ) -> Self {
        Self {
            kind,
            name,
            key: None,
            upstream,
            erp_login,
            instead_of: None,
            roles: roles.into(),
        }
    }

    /// The same caller for a person: as this ERP user, with these roles.
    #[must_use]
    pub fn for_person(&self, erp_login: ErpLogin, roles: Vec<RoleName>) -> Self {
        Self {
            kind: PrincipalKind::Agent,
            erp_login,
            instead_of: None,
            roles: roles.into(),
            ..self.clone()
        }
    }

    /// The same caller, while its ERP user is archived: as the one that stands in.
    #[must_use]
    pub fn standing_in(&self, erp_login: ErpLogin) -> Self {
        Self {
            instead_of: Some(self.erp_login.clone()),
            erp_login,
            ..self.clone()
        }
    }

    /// What kind of caller.
    pub fn kind(&self) -> PrincipalKind {
        self.kind
    }

    /// What the operator calls the caller.
    pub fn name(&self) -> &PrincipalName {
        &self.name
    }

    /// The key that was shown, if it was one.
    pub fn key(&self) -> Option<&KeyId> {
        self.key.as_ref()
    }

    /// The only upstream that is open to the caller.
    pub fn upstream(&self) -> &UpstreamName {
        &self.upstream
    }

    /// The ERP user as whom the calls run.
    pub fn erp_login(&self) -> &ErpLogin {
        &self.erp_login
    }

    /// Whether the calls of both run as the same user of the same ERP.
    pub fn is_same_user(&self, other: &Self) -> bool {
        self.upstream == other.upstream && self.erp_login == other.erp_login
    }

    /// The archived ERP user in whose place that one stands, if in one's.
    pub fn instead_of(&self) -> Option<&ErpLogin> {
        self.instead_of.as_ref()
    }

    /// The roles that say what may be done.
    pub fn roles(&self) -> &[RoleName] {
        &self.roles
    }
}
