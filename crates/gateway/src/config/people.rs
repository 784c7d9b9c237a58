//! `[upstream.NAME.people]`: who logs in with the ERP's own password.

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use portcullis_identity::{ErpLogin, RoleName};
use serde::Deserialize;

use super::Checker;
use crate::gcra::Rate;
use crate::people::{Basic, PeopleConfig, folded};

/// The administrators of a stock Odoo and Frappe. They may do everything at the ERP, so that
/// only a rule here stands before it.
const ADMINISTRATORS: [&str; 2] = ["admin", "Administrator"];

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct RawPeople {
    #[serde(default)]
    roles: Vec<RoleName>,
    #[serde(default)]
    login_roles: BTreeMap<String, Vec<RoleName>>,
    #[serde(default)]
    deny: Vec<String>,
    #[serde(default)]
    basic: Basic,
    per_minute: Option<NonZeroU32>,
    burst: Option<NonZeroU32>,
}

impl Checker<'_> {
    /// Reads who may log in; `usual` is the rate of whoever has none.
    pub(super) fn people(&mut self, name: &str, raw: RawPeople, usual: Rate) -> PeopleConfig {
        let place = format!("[upstream.{name}.people]");
        let named = raw.login_roles.keys().chain(&raw.deny);
        let flaws: Vec<String> = named
            .filter_map(|login| ErpLogin::new(login).err())
            .map(|error| error.to_string())
            .collect();
        for flaw in flaws {
            self.problem(&place, flaw);
        }
        if raw.roles.is_empty() && raw.login_roles.is_empty() {
            let message = "nobody may log in: say `roles`, or `login-roles`";
            self.problem(&place, message.to_owned());
        }
        let denied = ADMINISTRATORS.iter().copied();
        let denied = denied.chain(raw.deny.iter().map(String::as_str));
        let mut logins: BTreeMap<String, Vec<RoleName>> = BTreeMap::new();
        for (login, roles) in raw.login_roles {
            logins.entry(folded(&login)).or_default().extend(roles);
        }
        PeopleConfig {
            roles: raw.roles,
            logins,
            deny: denied.map(folded).collect(),
            basic: raw.basic,
            rate: Rate {
                per_minute: raw.per_minute.map_or(usual.per_minute, NonZeroU32::get),
                burst: raw.burst.map_or(usual.burst, NonZeroU32::get),
            },
        }
    }
}
