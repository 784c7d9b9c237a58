//! A key in words, and as JSON.

use portcullis_identity::{RoleName, Timestamp};
use portcullis_storage::{KeyOrigin, KeyRow, KeyState, KeyUse};
use serde_json::{Value, json};

use super::when::DAY;

/// From when on a key that ends is worth a look, in days.
const SOON: i64 = 14;

/// A key in a list.
pub struct Listed {
    /// The key.
    pub row: KeyRow,
    /// When it was used last.
    pub used: Option<KeyUse>,
    /// Whether it acts as an administrator of the ERP, as far as the ERP has told.
    pub is_administrator: Option<bool>,
    /// Since when its ERP user is archived, as far as a gateway has found out.
    pub archived: Option<Timestamp>,
}

impl Listed {
    /// All that is known of it, as JSON.
    pub fn told(&self, now: Timestamp) -> Value {
        let mut told = describe(&self.row, self.used.as_ref(), now);
        if let Some(members) = told.as_object_mut() {
            members.insert("administrator".to_owned(), self.is_administrator.into());
            let archived = self.archived.map(Timestamp::to_rfc3339);
            members.insert("archived".to_owned(), archived.into());
            members.insert("look".to_owned(), self.look(now).into());
        }
        told
    }

    /// Whether it is refused because its ERP user is archived, and nobody stands in.
    pub fn is_refused(&self) -> bool {
        self.archived.is_some() && self.row.stand_in.is_none()
    }

    /// What somebody should do about it while it is good, if anything.
    pub fn look(&self, now: Timestamp) -> Option<&'static str> {
        let is_archived = self.archived.is_some() && self.row.state(now) == KeyState::Valid;
        match (is_archived, &self.row.stand_in) {
            (true, None) => Some("its ERP user is archived, and nobody stands in: it is refused"),
            (true, Some(_)) => Some("its ERP user is archived: another one stands in"),
            (false, _) => look(&self.row, now),
        }
    }
}

/// All that is known of a key, as JSON.
pub fn describe(row: &KeyRow, used: Option<&KeyUse>, now: Timestamp) -> Value {
    let when = |moment: Option<Timestamp>| moment.map(Timestamp::to_rfc3339);
    let conditions = &row.conditions;
    json!({
        "id": row.id,
        "name": row.name,
        "upstream": row.upstream,
        "user": row.erp_login,
        "stand-in": row.stand_in.as_ref().map(|one| json!({
            "user": one.login, "administrator": one.administrator,
        })),
        "roles": row.roles,
        "owner": row.owner,
        "purpose": row.purpose,
        "from": conditions.networks.0,
        "styles": conditions.styles,
        "must-sign": conditions.must_sign,
        "signed": row.signing.as_ref().map(|signing| signing.scheme().as_str()),
        "unsigned": row.signing.as_ref().and_then(|signing| signing.scheme().unsigned()),
        "certificate": row.certificate.map(|digest| digest.to_string()),
        "created": row.created.to_rfc3339(),
        "expires": when(row.expires),
        "suspended": when(row.suspended),
        "exposed": when(row.exposed),
        "revoked": when(row.revoked),
        "successor": row.successor,
        "limit": row.limit.map(|limit| json!({ "per-minute": limit.per_minute, "burst": limit.burst })),
        "used": used.map(|used| json!({
            "at": used.at.to_rfc3339(), "address": used.address, "dialect": used.dialect,
        })),
        "origin": row.origin.as_str(),
        "state": row.state(now).as_str(),
        "look": look(row, now),
    })
}

/// What somebody should do about a key that is good, if anything.
fn look(row: &KeyRow, now: Timestamp) -> Option<&'static str> {
    if row.state(now) != KeyState::Valid {
        return None;
    }
    if row.exposed.is_some() {
        return Some(match row.origin {
            KeyOrigin::Made | KeyOrigin::Imported => "others could read it: rotate it",
            KeyOrigin::Declared | KeyOrigin::Undeclared => {
                "others could read it: change its secret"
            }
        });
    }
    let soon = now.plus_millis(SOON * DAY);
    if row.expires.is_some_and(|expires| expires < soon) && row.successor.is_none() {
        return Some(match row.origin {
            KeyOrigin::Made | KeyOrigin::Imported => "it ends soon: rotate it",
            KeyOrigin::Declared | KeyOrigin::Undeclared => "it ends soon: change its secret",
        });
    }
    if row.origin == KeyOrigin::Imported && row.successor.is_none() {
        return Some("its secret was made elsewhere: rotate it");
    }
    None
}

/// The roles of a key in a row.
pub fn roles(row: &KeyRow) -> String {
    let names: Vec<&str> = row.roles.iter().map(RoleName::as_str).collect();
    names.join(", ")
}
