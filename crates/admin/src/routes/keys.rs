//! The API keys.

use std::collections::BTreeMap;

use portcullis_gateway::throttle::Account;
use portcullis_gateway::{clock, tls};
use portcullis_identity::signing::{PublicKey, Scheme};
use portcullis_identity::{
    CertificateDigest, ErpLogin, KeyId, PrincipalName, RoleName, Style, UpstreamName,
};
use portcullis_storage::{RateLimit, StandIn};
use serde::Deserialize;

use super::read::{File, Hidden, Nothing, WhichKeys, networks};
use super::{Act, Asked, Done, Needs, Planned, Route};
use crate::approvals::{Judge, touched};
use crate::chance;
use crate::errand::apart;
use crate::keys::{self, Change, Importing, Rotation, Wanted};
use crate::part;
use crate::refusal::Refusal;

pub(super) const ROUTES: &[Route] = &[
    route("GET", "/admin/v1/keys", "list", list),
    route("POST", "/admin/v1/keys", "create", create),
    route("POST", "/admin/v1/keys/adopt", "adopt", adopt),
    route("POST", "/admin/v1/keys/import", "import", import),
    route("GET", "/admin/v1/keys/{id}", "show", show),
    route("POST", "/admin/v1/keys/{id}/rotate", "rotate", rotate),
    route("POST", "/admin/v1/keys/{id}/suspend", "suspend", suspend),
    route("POST", "/admin/v1/keys/{id}/resume", "resume", resume),
    route("POST", "/admin/v1/keys/{id}/revoke", "revoke", revoke),
    route("PUT", STAND_IN, "stand-in", stand_in),
    route("DELETE", STAND_IN, "stand-in", no_stand_in),
];

const STAND_IN: &str = "/admin/v1/keys/{id}/stand-in";

type Plan = fn(Asked) -> Result<Planned, Refusal>;

const fn route(verb: &'static str, path: &'static str, does: &'static str, plan: Plan) -> Route {
    Route {
        verb,
        path,
        needs: Needs::Leave(Act::new("key", does)),
        plan,
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Create {
    name: PrincipalName,
    upstream: Option<UpstreamName>,
    user: ErpLogin,
    stand_in: Option<ErpLogin>,
    roles: Vec<RoleName>,
    owner: Option<String>,
    purpose: Option<String>,
    expires: Option<String>,
    #[serde(default)]
    from: Vec<String>,
    #[serde(default)]
    styles: Vec<Style>,
    certificate: Option<String>,
    signed: Option<String>,
    public_key: Option<String>,
    #[serde(default)]
    must_sign: bool,
    #[serde(default)]
    administrator: bool,
    limit: Option<Limit>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Limit {
    per_minute: std::num::NonZeroU32,
    burst: std::num::NonZeroU32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Adopt {
    key: Create,
    secret: Hidden,
    #[serde(default)]
    revoke: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Import {
    csv: File,
    upstream: Option<UpstreamName>,
    roles: Vec<RoleName>,
    #[serde(default)]
    users: BTreeMap<String, ErpLogin>,
    owner: Option<String>,
    purpose: Option<String>,
    expires: Option<String>,
    #[serde(default)]
    from: Vec<String>,
    #[serde(default)]
    styles: Vec<Style>,
    #[serde(default)]
    administrator: bool,
    limit: Option<Limit>,
    #[serde(default)]
    dry_run: bool,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
struct Rotate {
    overlap: Option<String>,
    public_key: Option<String>,
    expires: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StoodIn {
    user: ErpLogin,
    #[serde(default)]
    administrator: bool,
}

impl Create {
    fn wanted(self) -> Result<Wanted, Refusal> {
        Ok(Wanted {
            name: self.name,
            upstream: self.upstream,
            user: self.user,
            stand_in: self.stand_in,
            roles: self.roles,
            owner: self.owner.map(|text| note("owner", text)).transpose()?,
            purpose: self.purpose.map(|text| note("purpose", text)).transpose()?,
            expires: self.expires,
            networks: networks(&self.from)?,
            styles: self.styles,
            certificate: self.certificate.as_deref().map(certificate).transpose()?,
            signed: self.signed.as_deref().map(scheme).transpose()?,
            public_key: self.public_key.as_deref().map(public_key).transpose()?,
            must_sign: self.must_sign,
            administrator: self.administrator,
            limit: self.limit.map(Limit::rate),
        })
    }
}

impl Limit {
    fn rate(self) -> RateLimit {
        RateLimit {
            per_minute: self.per_minute.get(),
            burst: self.burst.get(),
        }
    }
}

fn list(asked: Asked) -> Result<Planned, Refusal> {
    let WhichKeys { all, limit, after } = asked.query()?;
    asked.body_or_default::<Nothing>()?;
    let part = part::asked(limit, after.as_deref())?;
    let (at, leave, now) = asked.within()?;
    Ok(Planned::new("", async move {
        let listed = keys::part(&at, &leave, all, part, now).await?;
        Ok(Done::with(listed.told("keys", |each| each.told(now))))
    }))
}

fn show(asked: Asked) -> Result<Planned, Refusal> {
    asked.nothing()?;
    let id: KeyId = asked.parameter("id", "key")?;
    let (at, leave, now) = asked.within()?;
    Ok(Planned::new(id.as_str(), async move {
        Ok(Done::with(keys::find(&at, &leave, &id).await?.told(now)))
    }))
}

fn create(asked: Asked) -> Result<Planned, Refusal> {
    asked.query::<Nothing>()?;
    let wanted = asked.body::<Create>()?.wanted()?;
    let key = chance::api_key()?;
    let on = key.id().to_string();
    let (at, leave, now) = asked.within()?;
    let who = asked.who()?.clone();
    let work = apart(move || async move {
        touched(&at, &Judge::Administrator(&who), &key.id(), None).await?;
        let made = keys::create(&at, &leave, key, wanted, now).await?;
        Ok(Done::made(made.told(now)))
    });
    Ok(Planned::new(on, work))
}

fn adopt(asked: Asked) -> Result<Planned, Refusal> {
    asked.query::<Nothing>()?;
    let Adopt {
        key: wanted,
        secret: Hidden(secret),
        revoke,
    } = asked.body()?;
    let wanted = (wanted.wanted()?, secret, revoke);
    let key = chance::api_key()?;
    let on = key.id().to_string();
    let (at, leave, now) = asked.within()?;
    let upstream = at.upstream(wanted.0.upstream.as_ref())?;
    leave.check(&upstream, &wanted.0.user, &wanted.0.roles)?;
    let account = Account::tried_by(asked.who()?, &upstream, &wanted.0.user);
    let who = asked.who()?.clone();
    let work = apart(move || async move {
        touched(&at, &Judge::Administrator(&who), &key.id(), None).await?;
        let adopted = keys::adopt(&at, &leave, key, wanted, now).await?;
        Ok(Done::made(adopted.told(now)))
    });
    // Whether a secret is the ERP user's is told: who guesses waits, as whoever guesses at a
    // log-in does, and holds up nobody else.
    let work = async move {
        let adopts = asked.api.adopts();
        let tried = adopts.begin(&account, asked.address, now);
        let tried = tried.map_err(Refusal::Paced)?;
        let done = work.await?;
        adopts.give_back(tried, clock::now());
        Ok(done)
    };
    Ok(Planned::new(on, work))
}

fn import(asked: Asked) -> Result<Planned, Refusal> {
    asked.query::<Nothing>()?;
    let body: Import = asked.body()?;
    let (at, leave, now) = asked.within()?;
    let upstream = at.upstream(body.upstream.as_ref())?;
    let on = upstream.to_string();
    let File(text) = body.csv;
    let wanted = Importing {
        upstream: Some(upstream),
        roles: body.roles,
        users: body.users,
        owner: body.owner.map(|text| note("owner", text)).transpose()?,
        purpose: body.purpose.map(|text| note("purpose", text)).transpose()?,
        expires: body.expires,
        networks: networks(&body.from)?,
        styles: body.styles,
        administrator: body.administrator,
        limit: body.limit.map(Limit::rate),
        is_dry: body.dry_run,
    };
    let account = Account::of_imports(asked.who()?);
    let who = asked.who()?.clone();
    let work = apart(move || async move {
        let imported = keys::import(&at, &leave, &text, wanted, now).await?;
        imported.touched(&at, &Judge::Administrator(&who)).await?;
        Ok(Done::with(imported.told()))
    });
    // That something is beyond the scope may tell that there is such a key.
    let work = async move {
        let tries = asked.api.adopts();
        let tried = tries.begin(&account, asked.address, now);
        let tried = tried.map_err(Refusal::Paced)?;
        let done = work.await;
        if !matches!(done, Err(Refusal::OutOfScope(_))) {
            tries.give_back(tried, clock::now());
        }
        done
    };
    Ok(Planned::new(on, work))
}

fn rotate(asked: Asked) -> Result<Planned, Refusal> {
    asked.query::<Nothing>()?;
    let body: Rotate = asked.body_or_default()?;
    let rotation = Rotation {
        overlap: body.overlap.unwrap_or_else(|| "7d".to_owned()),
        public_key: body.public_key.as_deref().map(public_key).transpose()?,
        expires: body.expires,
    };
    let id: KeyId = asked.parameter("id", "key")?;
    let key = chance::api_key()?;
    let (at, leave, now) = asked.within()?;
    let who = asked.who()?.clone();
    let work = apart(move || async move {
        let judge = Judge::Administrator(&who);
        touched(&at, &judge, &key.id(), Some(&id)).await?;
        let rotated = keys::rotate(&at, &leave, (id, key), rotation, now).await?;
        Ok(Done::made(rotated.told(now)))
    });
    Ok(Planned::new(id.as_str(), work))
}

fn suspend(asked: Asked) -> Result<Planned, Refusal> {
    change(asked, Change::Suspend)
}

fn resume(asked: Asked) -> Result<Planned, Refusal> {
    change(asked, Change::Resume)
}

fn revoke(asked: Asked) -> Result<Planned, Refusal> {
    change(asked, Change::Revoke)
}

fn change(asked: Asked, change: Change) -> Result<Planned, Refusal> {
    asked.nothing()?;
    let id: KeyId = asked.parameter("id", "key")?;
    let (at, leave, now) = asked.within()?;
    Ok(Planned::new(id.as_str(), async move {
        let changed = keys::change(&at, &leave, (&id, change), now).await?;
        Ok(Done::with(changed.told(now)))
    }))
}

fn stand_in(asked: Asked) -> Result<Planned, Refusal> {
    asked.query::<Nothing>()?;
    let StoodIn {
        user: login,
        administrator,
    } = asked.body()?;
    let stand_in = StandIn {
        login,
        administrator,
    };
    let id: KeyId = asked.parameter("id", "key")?;
    let (at, leave, now) = asked.within()?;
    let work = apart(move || async move {
        let changed = keys::set_stand_in(&at, &leave, &id, Some(&stand_in)).await?;
        Ok(Done::with(changed.told(now)))
    });
    Ok(Planned::new(id.as_str(), work))
}

fn no_stand_in(asked: Asked) -> Result<Planned, Refusal> {
    asked.nothing()?;
    let id: KeyId = asked.parameter("id", "key")?;
    let (at, leave, now) = asked.within()?;
    let work = apart(move || async move {
        let changed = keys::set_stand_in(&at, &leave, &id, None).await?;
        Ok(Done::with(changed.told(now)))
    });
    Ok(Planned::new(id.as_str(), work))
}

fn note(member: &str, text: String) -> Result<String, Refusal> {
    keys::note(&text).map_err(|why| Refusal::Unfit(format!("`{member}`: {why}")))
}

fn certificate(pem: &str) -> Result<CertificateDigest, Refusal> {
    tls::digest_of_pem(pem.as_bytes())
        .ok_or_else(|| Refusal::Unfit("`certificate`: give a certificate in PEM".to_owned()))
}

fn public_key(pem: &str) -> Result<PublicKey, Refusal> {
    tls::public_key_of_pem(pem.as_bytes())
        .ok_or_else(|| Refusal::Unfit("`public-key`: give an Ed25519 public key in PEM".to_owned()))
}

fn scheme(text: &str) -> Result<Scheme, Refusal> {
    text.parse().map_err(|_| {
        Refusal::Unfit(
            "`signed`: take hmac, ed25519, legacy-sorted-json, legacy-timestamp or \
             legacy-request-time"
                .to_owned(),
        )
    })
}
