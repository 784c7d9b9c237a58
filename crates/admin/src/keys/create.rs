//! A key is made: kept as a hash, and shown this once.

use portcullis_identity::signing::{PublicKey, Scheme, SigningSecret};
use portcullis_identity::{
    ApiKey, CertificateDigest, Conditions, ErpLogin, Networks, Principal, PrincipalName, RoleName,
    Style, Timestamp, UpstreamName,
};
use portcullis_storage::{KeyRow, RateLimit, StandIn};
use serde_json::Value;

use super::describe::describe;
use super::signing;
use super::stand_in;
use super::when::{DAY, moment};
use crate::errand::Errand;
use crate::installation::Installation;
use crate::may::Leave;
use crate::refusal::Refusal;

/// What a key is to be.
pub struct Wanted {
    /// Who will hold it.
    pub name: PrincipalName,
    /// The ERP that it opens; none: the only one there is.
    pub upstream: Option<UpstreamName>,
    /// The ERP user as whom its calls run.
    pub user: ErpLogin,
    /// The ERP user as whom they run while that one is archived; none: they are refused.
    pub stand_in: Option<ErpLogin>,
    /// What it may do.
    pub roles: Vec<RoleName>,
    /// Who answers for it.
    pub owner: Option<String>,
    /// What it is for.
    pub purpose: Option<String>,
    /// When it ends: a moment, or days from now.
    pub expires: Option<String>,
    /// The networks that it is good from.
    pub networks: Networks,
    /// The ways in which it may be shown.
    pub styles: Vec<Style>,
    /// The client certificate that is shown in its place.
    pub certificate: Option<CertificateDigest>,
    /// By which scheme it signs its requests.
    pub signed: Option<Scheme>,
    /// The public half of the key pair that it signs with.
    pub public_key: Option<PublicKey>,
    /// Whether each of its requests must be signed.
    pub must_sign: bool,
    /// Whether it may run as an administrator of the ERP.
    pub administrator: bool,
    /// Its own rate.
    pub limit: Option<RateLimit>,
}

/// A key that was made. It is shown once.
pub struct Made {
    /// The key.
    pub key: ApiKey,
    /// What it signs with.
    pub secret: Option<SigningSecret>,
    /// What is kept of it.
    pub row: KeyRow,
    /// What else whoever made it should know.
    pub asides: Vec<String>,
}

impl Made {
    /// Whether the whole key must be shown to its holder.
    pub fn shows_whole(&self) -> bool {
        let styles = &self.row.conditions.styles;
        let signing = self.row.signing.as_ref();
        self.row.certificate.is_none() && signing::shows_whole(signing, styles)
    }

    /// The key as JSON, with its secrets.
    pub fn told(&self, now: Timestamp) -> Value {
        let mut told = describe(&self.row, None, now);
        let Some(members) = told.as_object_mut() else {
            return told;
        };
        let mut put = |name: &str, value: Value| members.insert(name.to_owned(), value);
        if self.shows_whole() {
            self.key.expose_whole(|whole| put("key", whole.into()));
            self.key
                .expose_pair(|key, secret| put("pair", format!("{key}:{secret}").into()));
        }
        if let Some(secret) = &self.secret {
            secret.expose(|text| put("signing-secret", text.into()));
        }
        if !self.asides.is_empty() {
            put("asides", self.asides.clone().into());
        }
        told
    }
}

/// Makes what is wanted of this key, if that is within the leave of whoever wants it.
///
/// # Errors
/// When it is not, or cannot be, or the store does not answer.
pub async fn create(
    at: &Installation,
    leave: &Leave,
    key: ApiKey,
    wanted: Wanted,
    now: Timestamp,
) -> Result<Made, Refusal> {
    let expires = ends(at, wanted.expires.as_deref(), now)?;
    let upstream = at.upstream(wanted.upstream.as_ref())?;
    leave.check(&upstream, &wanted.user, &wanted.roles)?;
    at.check_name(leave, &wanted.name)?;
    if wanted.roles.is_empty() {
        return Err(Refusal::Unfit(
            "`roles`: a key needs one at least".to_owned(),
        ));
    }
    if wanted.administrator && !leave.may_bind_administrators() {
        let what = "a key that runs as an administrator of the ERP";
        return Err(Refusal::OutOfScope(what.to_owned()));
    }
    at.check_user(&upstream, &wanted.user).await?;
    at.check_roles(&wanted.roles).await?;
    if let Some(scheme) = wanted.signed
        && wanted.must_sign
        && scheme.is_legacy()
    {
        return Err(Refusal::Unfit(format!(
            "`must-sign`: {scheme} leaves something unsigned; take hmac or ed25519"
        )));
    }
    if wanted.signed.is_none() && (wanted.must_sign || wanted.public_key.is_some()) {
        let text = "`must-sign` and `public-key` are for keys that sign: say `signed`";
        return Err(Refusal::Unfit(text.to_owned()));
    }
    if wanted.signed.is_some() && wanted.certificate.is_some() {
        let text = "`certificate`: a key that is a client certificate does not sign";
        return Err(Refusal::Unfit(text.to_owned()));
    }
    let aside = look_at_user(at, leave, &upstream, &wanted.user, wanted.administrator).await?;
    let stand_in = wanted.stand_in.map(|login| StandIn {
        login,
        administrator: wanted.administrator,
    });
    if let Some(stand_in) = &stand_in {
        stand_in::check(
            at,
            leave,
            (&upstream, &wanted.user, &wanted.roles),
            stand_in,
        )
        .await?;
    }
    let made = wanted
        .signed
        .map(|scheme| signing::make(scheme, wanted.public_key, &key.id(), &*at.safe))
        .transpose()?;
    let holder = Principal::integration(wanted.name, key.id(), upstream, wanted.user, wanted.roles);
    let row = KeyRow {
        owner: wanted.owner,
        purpose: wanted.purpose,
        conditions: Conditions {
            networks: wanted.networks,
            styles: match (&wanted.certificate, wanted.signed) {
                // Its secret is shown to nobody, so that it opens nothing.
                (Some(_), _) => vec![Style::Certificate],
                (None, Some(scheme)) => signing::styles(scheme, wanted.styles),
                (None, None) => wanted.styles,
            },
            must_sign: wanted.must_sign,
        },
        stand_in,
        certificate: wanted.certificate,
        signing: made.as_ref().map(|made| made.kept.clone()),
        expires,
        limit: wanted.limit,
        ..KeyRow::new(key.id(), key.digest(&at.pepper), &holder, now)
    };
    at.store.keys().insert(&row).await?;
    Ok(Made {
        key,
        secret: made.and_then(|made| made.secret),
        row,
        asides: aside.into_iter().collect(),
    })
}

/// Refuses a user that the ERP says is an administrator, unless that is wanted: its key would
/// reach as far as the role's gaps. An ERP that does not tell hinders nobody who may bind one;
/// whoever may not waits until it does.
pub(super) async fn look_at_user(
    at: &Installation,
    leave: &Leave,
    upstream: &UpstreamName,
    login: &ErpLogin,
    is_wanted: bool,
) -> Result<Option<String>, Refusal> {
    if at.config.is_none() {
        return Ok(None);
    }
    let errand = Errand::as_user(at, upstream, login).await?;
    let is = match errand.is_administrator(login).await {
        Ok(is) => is,
        Err(error) => {
            let said = format!(
                "whether `{login}` is an administrator of `{upstream}` is not known: {error}"
            );
            return if leave.may_bind_administrators() {
                Ok(Some(said))
            } else {
                Err(Refusal::Erp(said))
            };
        }
    };
    let users = at.store.erp_users();
    users.note_standing(upstream, login, is).await?;
    if is_wanted || !is {
        return Ok(None);
    }
    let mut text = format!(
        "`{login}` is an administrator of `{upstream}`: make a user there that may do what the \
         client needs, and no more"
    );
    if leave.may_bind_administrators() {
        text.push_str("; or say `administrator`");
    }
    Err(Refusal::Unfit(text))
}

/// A text for people: one line, not endless.
///
/// # Errors
/// When it is not.
pub fn note(text: &str) -> Result<String, String> {
    let fits = !text.is_empty() && text.len() <= 200 && !text.chars().any(char::is_control);
    fits.then(|| text.to_owned())
        .ok_or_else(|| "say it in one line of up to 200 bytes".to_owned())
}

/// When a key ends: as it was said, or after as long as keys may last.
///
/// # Errors
/// When it cannot be read, is past, or later than keys may last.
pub fn ends(
    at: &Installation,
    said: Option<&str>,
    now: Timestamp,
) -> Result<Option<Timestamp>, Refusal> {
    let said = said.map(|text| moment(text, now)).transpose()?;
    let Some(longest) = at.longest_days() else {
        return Ok(said);
    };
    let last = now.plus_millis(i64::from(longest.get()) * DAY);
    let ends = said.unwrap_or(last);
    if ends > last {
        return Err(Refusal::Unfit(format!(
            "`expires`: keys last {longest} days at the most here (`longest-days` of `[keys]`)"
        )));
    }
    Ok(Some(ends))
}
