//! Who may do what: roles, DocType permissions, permlevels.

use super::schema::{DocType, Field};
use super::values::{Doc, field};

/// The user without limits.
pub(crate) const ADMINISTRATOR: &str = "Administrator";
/// The user that nobody has to be.
pub(crate) const GUEST: &str = "Guest";

/// Who is asking.
#[derive(Debug, Clone, Default)]
pub(crate) struct Caller {
    pub(crate) user: String,
    pub(crate) roles: Vec<String>,
    /// Works at the desk, is no mere customer.
    pub(crate) is_system_user: bool,
}

impl Caller {
    pub(crate) fn guest() -> Self {
        Self {
            user: GUEST.to_owned(),
            roles: vec![GUEST.to_owned()],
            is_system_user: false,
        }
    }

    pub(crate) fn is_guest(&self) -> bool {
        self.user == GUEST
    }

    pub(crate) fn is_administrator(&self) -> bool {
        self.user == ADMINISTRATOR
    }

    pub(crate) fn has_role(&self, role: &str) -> bool {
        self.is_administrator() || self.roles.iter().any(|held| held == role)
    }

    fn holds(&self, role: &str) -> bool {
        self.roles.iter().any(|held| held == role)
    }

    /// Whether one of the roles has this right (a letter of `doctypes.tsv`) on the DocType.
    pub(crate) fn may(&self, doctype: &DocType, right: char) -> bool {
        self.is_administrator()
            || doctype.permissions.iter().any(|permission| {
                permission.level == 0
                    && permission.rights.contains(right)
                    && !permission.rights.contains('o')
                    && self.holds(&permission.role)
            })
    }

    /// Whether the caller's roles reach this field's permlevel. Administrator has every role
    /// here, but no more: a level that no role has is out of reach of lists for everybody.
    pub(crate) fn reaches(&self, doctype: &DocType, field: &Field, right: char) -> bool {
        field.permlevel == 0
            || doctype.permissions.iter().any(|permission| {
                permission.level == field.permlevel
                    && permission.rights.contains(right)
                    && (self.is_administrator() || self.holds(&permission.role))
            })
    }

    /// Whether this very document may be read, beyond the roles.
    pub(crate) fn may_on(&self, doctype: &DocType, doc: &Doc, right: char) -> bool {
        if doctype.name == "User" && field(doc, "name") == self.user && matches!(right, 'r' | 'w') {
            return true;
        }
        if doctype.name == "File" && right == 'r' && !self.is_administrator() {
            return field(doc, "owner") == self.user
                || super::values::whole(doc.get("is_private")) == 0;
        }
        self.may(doctype, right)
    }
}
