//! What commands that look back at the ledger have in common: how far, whose roles, which fields.

use std::collections::BTreeMap;
use std::path::PathBuf;

use portcullis_admin::Installation;
use portcullis_gateway::clock;
use portcullis_identity::{RoleName, Timestamp};
use portcullis_policy::Schema;

use super::known;

/// The roles of each key of the store, by its id.
pub(crate) async fn roles_of_keys(
    at: &Installation,
) -> anyhow::Result<BTreeMap<String, Vec<RoleName>>> {
    let rows = at.store.keys().all().await?;
    let rows = rows.into_iter();
    Ok(rows.map(|row| (row.id.to_string(), row.roles)).collect())
}

/// What is known of models, by the kind of ERP.
pub(crate) fn schemas(paths: &[PathBuf]) -> anyhow::Result<BTreeMap<&'static str, Schema>> {
    let mut schemas = BTreeMap::new();
    for path in paths {
        let (family, schema) = known::read(path)?;
        schemas.insert(family.as_str(), schema);
    }
    Ok(schemas)
}

/// `7d`, `12h`, or a moment.
pub(crate) fn since(text: &str) -> Result<Timestamp, String> {
    let unit = |ending: &str, seconds: i64| {
        let number: i64 = text.strip_suffix(ending)?.parse().ok()?;
        let micros = number.checked_mul(seconds)?.checked_mul(1_000_000)?;
        clock::now().micros().checked_sub(micros).map(Timestamp)
    };
    match unit("d", 86_400).or_else(|| unit("h", 3_600)) {
        Some(moment) => Ok(moment),
        None => Timestamp::parse_rfc3339(text).map_err(|error| error.to_string()),
    }
}
