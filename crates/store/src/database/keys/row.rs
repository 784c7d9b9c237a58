//! A row of the table, read back and checked: what cannot be read is damage, never a key
//! with fewer conditions.

use std::fmt::Display;
use std::str::FromStr;

use portcullis_identity::signing::{PublicKey, Scheme};
use portcullis_identity::{
    CertificateDigest, Conditions, ErpLogin, KeyDigest, KeyId, Networks, PrincipalName, RoleName,
    Timestamp, UpstreamName,
};
use portcullis_storage::{
    KeyOrigin, KeyRow, KeyUse, RateLimit, Sealed, Signing, StandIn, StoreError,
};

use crate::database::Row;

const DAMAGED: StoreError = StoreError::Damaged { what: super::THING };

pub(super) fn read(row: &Row) -> Result<KeyRow, StoreError> {
    let text = |column: &str| row.get::<&str>(column).map_err(|_| DAMAGED);
    let perhaps = |column: &str| row.get::<Option<String>>(column).map_err(|_| DAMAGED);
    let number = |column: &str| row.get::<Option<i64>>(column).map_err(|_| DAMAGED);
    let moment = |column: &str| Ok(number(column)?.map(Timestamp));
    let bytes = |column: &str| row.get::<Option<&[u8]>>(column).map_err(|_| DAMAGED);
    let count = |column: &str| {
        number(column)?
            .map(|count| u32::try_from(count).map_err(|_| DAMAGED))
            .transpose()
    };
    let digest = bytes("digest")?.ok_or(DAMAGED)?;
    let certificate = bytes("certificate")?
        .map(|bytes| bytes.try_into().map_err(|_| DAMAGED))
        .transpose()?;
    let scheme: Option<Scheme> = perhaps("signing")?
        .map(|name| name.parse().map_err(|_| DAMAGED))
        .transpose()?;
    let signing = match (scheme, bytes("signing_secret")?, bytes("signing_key")?) {
        (None, None, None) => None,
        (Some(Scheme::Ed25519), None, Some(key)) => {
            let key = key.try_into().map_err(|_| DAMAGED)?;
            Some(Signing::Ed25519(PublicKey::from_bytes(key)))
        }
        (Some(scheme), Some(sealed), None) if scheme.has_secret() => {
            Some(Signing::Secret(scheme, Sealed(sealed.to_vec())))
        }
        (Some(scheme), None, None) if scheme.is_beside() => Some(Signing::Beside(scheme)),
        _ => return Err(DAMAGED),
    };
    Ok(KeyRow {
        id: KeyId::new(text("id")?).map_err(|_| DAMAGED)?,
        digest: KeyDigest::from_bytes(digest.try_into().map_err(|_| DAMAGED)?),
        is_foreign: row.get("is_foreign").map_err(|_| DAMAGED)?,
        origin: {
            let named = text("origin")?;
            let mut all = KeyOrigin::ALL.into_iter();
            all.find(|origin| origin.as_str() == named).ok_or(DAMAGED)?
        },
        name: PrincipalName::new(text("name")?).map_err(|_| DAMAGED)?,
        upstream: UpstreamName::new(text("upstream")?).map_err(|_| DAMAGED)?,
        erp_login: ErpLogin::new(text("erp_login")?).map_err(|_| DAMAGED)?,
        stand_in: perhaps("stand_in")?
            .map(|login| {
                Ok(StandIn {
                    login: ErpLogin::new(&login).map_err(|_| DAMAGED)?,
                    administrator: row.get("stand_in_administrator").map_err(|_| DAMAGED)?,
                })
            })
            .transpose()?,
        roles: parted::<RoleName>(text("roles")?)?,
        owner: perhaps("owner")?,
        purpose: perhaps("purpose")?,
        conditions: Conditions {
            networks: Networks(parted(text("networks")?)?),
            styles: parted(text("styles")?)?,
            must_sign: row.get("must_sign").map_err(|_| DAMAGED)?,
        },
        limit: match (count("per_minute")?, count("burst")?) {
            (Some(per_minute), Some(burst)) => Some(RateLimit { per_minute, burst }),
            (None, None) => None,
            (Some(_), None) | (None, Some(_)) => return Err(DAMAGED),
        },
        certificate: certificate.map(CertificateDigest::from_bytes),
        signing,
        created: moment("created")?.ok_or(DAMAGED)?,
        expires: moment("expires")?,
        suspended: moment("suspended")?,
        exposed: moment("exposed")?,
        successor: perhaps("successor")?
            .map(|id| KeyId::new(&id).map_err(|_| DAMAGED))
            .transpose()?,
        revoked: moment("revoked")?,
    })
}

pub(super) fn read_id(row: &Row) -> Result<KeyId, StoreError> {
    let id: &str = row.get("id").map_err(|_| DAMAGED)?;
    KeyId::new(id).map_err(|_| DAMAGED)
}

pub(super) fn read_use(row: &Row) -> Result<KeyUse, StoreError> {
    let text = |column: &str| row.get::<&str>(column).map_err(|_| DAMAGED);
    Ok(KeyUse {
        key: KeyId::new(text("key")?).map_err(|_| DAMAGED)?,
        at: Timestamp(row.get("at").map_err(|_| DAMAGED)?),
        address: text("address")?.parse().map_err(|_| DAMAGED)?,
        dialect: text("dialect")?.to_owned(),
    })
}

/// The last use of a key whose row has it beside it, if it ever was used.
pub(super) fn read_use_beside(row: &Row) -> Result<Option<KeyUse>, StoreError> {
    let used: Option<&str> = row.get("key").map_err(|_| DAMAGED)?;
    used.map(|_| read_use(row)).transpose()
}

/// A list as it is kept.
pub(in crate::database) fn joined<T: Display>(parts: &[T]) -> String {
    let parts: Vec<String> = parts.iter().map(ToString::to_string).collect();
    parts.join(" ")
}

pub(in crate::database) fn parted<T: FromStr>(text: &str) -> Result<Vec<T>, StoreError> {
    text.split(' ')
        .filter(|part| !part.is_empty())
        .map(|part| part.parse().map_err(|_| DAMAGED))
        .collect()
}
