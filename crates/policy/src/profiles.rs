//! Role profiles that come with the program: narrow roles for common kinds of clients, as a
//! start to be looked at and cut further.

use crate::operation::Family;

/// A role that comes with the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RoleProfile {
    /// Its name: `odoo/shop-sync`.
    pub name: &'static str,
    /// For which kind of ERP it is.
    pub family: Family,
    /// The role, as it is written.
    pub text: &'static str,
}

macro_rules! profile {
    ($family:ident, $folder:literal, $name:literal) => {
        RoleProfile {
            name: concat!($folder, "/", $name),
            family: Family::$family,
            text: include_str!(concat!("../profiles/", $folder, "/", $name, ".toml")),
        }
    };
}

const ALL: &[RoleProfile] = &[
    profile!(Odoo, "odoo", "shop-sync"),
    profile!(Odoo, "odoo", "accounting-export"),
    profile!(Odoo, "odoo", "bi"),
    profile!(Odoo, "odoo", "pos"),
    profile!(Odoo, "odoo", "partner-portal"),
    profile!(Odoo, "odoo", "ai-agent"),
    profile!(Frappe, "erpnext", "shop-sync"),
    profile!(Frappe, "erpnext", "accounting-export"),
    profile!(Frappe, "erpnext", "bi"),
    profile!(Frappe, "erpnext", "pos"),
    profile!(Frappe, "erpnext", "partner-portal"),
    profile!(Frappe, "erpnext", "ai-agent"),
];

impl RoleProfile {
    /// Every profile.
    pub fn all() -> &'static [Self] {
        ALL
    }

    /// The profile of this name.
    pub fn find(name: &str) -> Option<&'static Self> {
        ALL.iter().find(|profile| profile.name == name)
    }

    /// What it is for: the comment at its head.
    pub fn about(&self) -> String {
        let lines = self.text.lines().map_while(|line| line.strip_prefix("# "));
        lines.collect::<Vec<_>>().join(" ")
    }
}
