//! Who administers the gateway, in which roles, and how far some of them reach.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::key_id::AdminKeyId;
use crate::name::{ErpLogin, NameError, PrincipalName, RoleName, UpstreamName};

/// What an administrator may do; the roles are built in, and what each may do is a table of
/// `portcullis-admin`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AdminRole {
    /// Reads everything but secrets.
    Auditor,
    /// Decides on calls that wait for another person.
    Approver,
    /// Manages the keys of others, as far as its scope reaches.
    KeyManager,
    /// Does everything.
    Administrator,
}

/// How far a key manager reaches: the keys that run as one of these ERP users, and have none
/// but these roles. What is not named is out of reach.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Scope {
    /// The roles that it may give.
    pub roles: Vec<RoleName>,
    /// The ERP users as whom it may let calls run.
    pub users: Vec<ScopedUser>,
}

/// An ERP user within a scope, written `UPSTREAM/LOGIN`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScopedUser {
    /// The ERP.
    pub upstream: UpstreamName,
    /// The login there.
    pub login: ErpLogin,
}

/// Somebody who administers the gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Administrator {
    /// What the operator calls them, as it stands in records.
    pub name: PrincipalName,
    /// What they may do.
    pub roles: Vec<AdminRole>,
    /// How far that reaches, for the roles that do not reach everywhere.
    pub scope: Scope,
    /// How they were known.
    pub by: Means,
}

/// How an administrator was known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Means {
    /// A program, by its key.
    Key(AdminKeyId),
    /// A person, by the session of a log-in.
    Session,
}

impl AdminRole {
    /// All of them, in the order of what they may do.
    pub const ALL: &[Self] = &[
        Self::Auditor,
        Self::Approver,
        Self::KeyManager,
        Self::Administrator,
    ];

    /// The role as it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Auditor => "auditor",
            Self::Approver => "approver",
            Self::KeyManager => "key-manager",
            Self::Administrator => "administrator",
        }
    }
}

impl fmt::Display for AdminRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for AdminRole {
    type Err = NameError;
    fn from_str(text: &str) -> Result<Self, NameError> {
        let found = Self::ALL.iter().find(|role| role.as_str() == text);
        found.copied().ok_or(NameError {
            what: "administrative role",
            rule: "`auditor`, `approver`, `key-manager` or `administrator`",
        })
    }
}

impl FromStr for ScopedUser {
    type Err = NameError;
    fn from_str(text: &str) -> Result<Self, NameError> {
        let (upstream, login) = text.split_once('/').ok_or(NameError {
            what: "ERP user of a scope",
            rule: "UPSTREAM/LOGIN",
        })?;
        Ok(Self {
            upstream: upstream.parse()?,
            login: login.parse()?,
        })
    }
}

impl fmt::Display for ScopedUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.upstream, self.login)
    }
}

impl Scope {
    /// Whether it reaches a key that runs as this user and has these roles.
    pub fn has(&self, upstream: &UpstreamName, login: &ErpLogin, roles: &[RoleName]) -> bool {
        self.has_user(upstream, login) && roles.iter().all(|role| self.roles.contains(role))
    }

    /// Whether it reaches this ERP user.
    pub fn has_user(&self, upstream: &UpstreamName, login: &ErpLogin) -> bool {
        let mut users = self.users.iter();
        users.any(|user| user.upstream == *upstream && user.login == *login)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_reaches_what_it_names_and_nothing_else() {
        let name = |text: &str| RoleName::new(text).unwrap();
        let scope = Scope {
            roles: vec![name("reader"), name("writer")],
            users: vec!["odoo/shop/7".parse().unwrap()],
        };
        let (odoo, shop) = (
            UpstreamName::new("odoo").unwrap(),
            ErpLogin::new("shop/7").unwrap(),
        );
        assert!(scope.has(&odoo, &shop, &[name("reader")]));
        assert!(scope.has(&odoo, &shop, &[name("writer"), name("reader")]));
        assert!(!scope.has(&odoo, &shop, &[name("reader"), name("boss")]));
        assert!(!scope.has(&UpstreamName::new("erpnext").unwrap(), &shop, &[]));
        assert!(!scope.has(&odoo, &ErpLogin::new("admin").unwrap(), &[]));
        assert!(!Scope::default().has(&odoo, &shop, &[]));
    }

    #[test]
    fn roles_are_read_as_they_are_written() {
        for role in AdminRole::ALL {
            assert_eq!(role.as_str().parse(), Ok(*role));
            assert_eq!(
                serde_json::to_value(role).unwrap(),
                serde_json::Value::from(role.as_str())
            );
        }
        assert!("owner".parse::<AdminRole>().is_err());
    }
}
