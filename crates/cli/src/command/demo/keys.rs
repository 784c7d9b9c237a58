//! The demo's API keys: one for each thing worth trying.

use portcullis_gateway::clock;
use portcullis_identity::{ErpLogin, Principal, PrincipalName, RoleName, UpstreamName};
use portcullis_storage::{KeyRow, Store as _};
use portcullis_store::entropy;

use crate::house::House;

/// One key, in clear: it is shown, for it opens nothing but the demo.
pub(super) struct DemoKey {
    /// What the demo calls it.
    pub(super) name: &'static str,
    /// The ERP user as whom its calls run.
    pub(super) login: &'static str,
    /// What it may do, in words.
    pub(super) may: &'static str,
    /// The whole key.
    pub(super) whole: String,
    /// The key as `KEY:SECRET`.
    pub(super) pair: String,
}

/// The demo's keys.
pub(super) struct Keys(pub(super) Vec<DemoKey>);

/// Name, upstream, ERP login, role, and what it may do.
const WANTED: &[(&str, &str, &str, &str, &str)] = &[
    (
        "odoo",
        "odoo",
        "integration",
        "odoo-demo",
        "reads contacts; reads, creates, writes sales orders",
    ),
    (
        "erpnext",
        "erpnext",
        "integration@example.com",
        "erpnext-demo",
        "reads customers; reads, creates, writes sales orders",
    ),
    (
        "odoo_narrow",
        "odoo",
        "integration",
        "companies-only",
        "reads name and city of companies",
    ),
    (
        "odoo_full",
        "odoo",
        "admin",
        "odoo-full",
        "deletes and confirms too, as the administrator, and no more than that",
    ),
    (
        "odoo_second",
        "odoo",
        "second",
        "odoo-full",
        "the same, as another ERP user",
    ),
    (
        "erpnext_full",
        "erpnext",
        "Administrator",
        "erpnext-full",
        "creates and deletes customers too, as Administrator",
    ),
];

impl Keys {
    pub(super) async fn make(house: &House) -> anyhow::Result<Self> {
        let mut keys = Vec::new();
        for (name, upstream, login, role, may) in WANTED.iter().copied() {
            let key = entropy::new_key()?;
            let holder = Principal::integration(
                PrincipalName::new(&format!("demo {name}"))?,
                key.id(),
                UpstreamName::new(upstream)?,
                ErpLogin::new(login)?,
                vec![RoleName::new(role)?],
            );
            let digest = key.digest(&house.vault.pepper());
            let row = KeyRow::new(key.id(), digest, &holder, clock::now());
            house.store.keys().insert(&row).await?;
            keys.push(DemoKey {
                name,
                login,
                may,
                whole: key.expose_whole(str::to_owned),
                pair: key.expose_pair(|key, secret| format!("{key}:{secret}")),
            });
        }
        Ok(Self(keys))
    }

    /// A key of the demo by its name, in the form that its ERP's clients want.
    pub(super) fn shown(&self, name: &str) -> &str {
        let key = self.0.iter().find(|key| key.name == name);
        key.map_or("", DemoKey::shown)
    }
}

impl DemoKey {
    /// Frappe's clients want a pair, Odoo's one text.
    pub(super) fn shown(&self) -> &str {
        if self.name.starts_with("erpnext") {
            &self.pair
        } else {
            &self.whole
        }
    }
}
