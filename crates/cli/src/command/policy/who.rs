//! Whose calls are judged: the roles of files, of profiles, or of a key, and the ERP user.

use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use portcullis_admin::Installation;
use portcullis_admin::may::Leave;
use portcullis_admin::roles;
use portcullis_erp::{Call, Dialect, Edition};
use portcullis_gateway::clock;
use portcullis_gateway::config::Problem;
use portcullis_identity::{
    ErpLogin, KeyId, Principal, PrincipalKind, PrincipalName, RoleName, UpstreamName,
};
use portcullis_policy::{
    Family, FieldPermission, Policy, Question, Role, RoleProfile, Schema, UserFacts,
};

use crate::command::check;
use crate::place::Place;

/// Who calls.
#[derive(clap::Args, Clone)]
pub(crate) struct WhoArgs {
    /// A file of a role, whose name is the file's (may be given again)
    #[arg(long = "role", value_name = "FILE")]
    roles: Vec<PathBuf>,

    /// A role profile that comes with the program (may be given again)
    #[arg(long = "profile", value_name = "PROFILE")]
    profiles: Vec<String>,

    /// A key of the store, by its id: its roles, upstream and ERP user
    #[arg(long, conflicts_with_all = ["roles", "profiles"])]
    key: Option<KeyId>,

    /// The upstream, for rules that name some
    #[arg(long, default_value = "erp")]
    upstream: UpstreamName,

    /// The dialect, as rules name it
    #[arg(long, value_parser = dialect)]
    dialect: Option<Dialect>,

    /// The address that the call comes from
    #[arg(long, default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    address: IpAddr,

    /// The number of the ERP user as whom calls run (Odoo)
    #[arg(long)]
    uid: Option<i64>,

    /// That user's own partner (Odoo)
    #[arg(long)]
    partner: Option<i64>,

    /// A company that it may work in (Odoo; may be given again)
    #[arg(long = "company")]
    companies: Vec<i64>,
}

/// A caller, and the roles that there are.
pub(crate) struct Who {
    pub(crate) policy: Policy,
    pub(crate) principal: Principal,
    pub(crate) upstream: UpstreamName,
    pub(crate) dialect: Option<Dialect>,
    pub(crate) address: IpAddr,
    pub(crate) uid: Option<i64>,
    pub(crate) user: UserFacts,
}

impl WhoArgs {
    /// The caller that has a key.
    pub(crate) fn of_key(key: KeyId) -> anyhow::Result<Self> {
        Ok(Self {
            roles: Vec::new(),
            profiles: Vec::new(),
            key: Some(key),
            upstream: UpstreamName::new("erp")?,
            dialect: None,
            address: IpAddr::V4(Ipv4Addr::LOCALHOST),
            uid: None,
            partner: None,
            companies: Vec::new(),
        })
    }

    /// Whether anybody was named.
    pub(crate) fn is_given(&self) -> bool {
        self.key.is_some() || !self.roles.is_empty() || !self.profiles.is_empty()
    }

    pub(crate) async fn find(
        self,
        place: impl FnOnce() -> anyhow::Result<Place>,
    ) -> anyhow::Result<Who> {
        let user = UserFacts {
            name: None,
            partner_id: self.partner,
            company_ids: self.companies,
        };
        if let Some(key) = self.key {
            return of_key(
                &place()?,
                &key,
                (self.dialect, self.address, self.uid),
                user,
            )
            .await;
        }
        let mut all = Vec::new();
        for file in &self.roles {
            all.push(role_of(file)?);
        }
        for name in &self.profiles {
            let found = RoleProfile::find(name);
            let found = found.with_context(|| {
                format!("there is no profile `{name}`; `portcullis role profiles` lists them")
            })?;
            let name = RoleName::new(name.rsplit('/').next().unwrap_or(name))?;
            let role = Role::from_toml(name, found.text);
            all.push(role.map_err(|_| anyhow::anyhow!("the profile cannot be read"))?);
        }
        anyhow::ensure!(
            !all.is_empty(),
            "name whose call it is: --role FILE, --profile PROFILE or --key ID"
        );
        Who::of(all, self.upstream).map(|who| Who {
            dialect: self.dialect,
            address: self.address,
            uid: self.uid,
            user,
            ..who
        })
    }
}

impl Who {
    /// A caller with all of these roles.
    pub(crate) fn of(roles: Vec<Role>, upstream: UpstreamName) -> anyhow::Result<Self> {
        let names: Vec<RoleName> = roles.iter().map(|role| role.name().clone()).collect();
        let principal = Principal::new(
            PrincipalKind::Integration,
            PrincipalName::new("caller")?,
            upstream.clone(),
            ErpLogin::new("user")?,
            names,
        );
        Ok(Self {
            policy: Policy::new(0, roles),
            principal,
            upstream,
            dialect: None,
            address: IpAddr::V4(Ipv4Addr::LOCALHOST),
            uid: None,
            user: UserFacts::default(),
        })
    }

    /// The same caller, whose calls run as this ERP user.
    pub(crate) fn running_as(mut self, uid: Option<i64>, user: UserFacts) -> Self {
        (self.uid, self.user) = (uid, user);
        self
    }

    /// What is known of the ERP's models, and of the ERP user.
    pub(crate) fn knowing(&self, mut schema: Schema) -> Schema {
        let mut user = self.user.clone();
        let login = self.principal.erp_login();
        user.name.get_or_insert_with(|| login.as_str().to_owned());
        schema.learn_user(login.clone(), user);
        schema
    }

    /// The question whether it may do this.
    pub(crate) fn asks<'a>(
        &'a self,
        family: Family,
        schema: &'a Schema,
        call: Call,
    ) -> Question<'a> {
        Question {
            principal: &self.principal,
            upstream: &self.upstream,
            family,
            dialect: self.dialect.unwrap_or(match family {
                Family::Odoo => Dialect::Json2,
                Family::Frappe => Dialect::FrappeResource,
            }),
            address: self.address,
            now: clock::now(),
            schema,
            uid: self.uid,
            login: self.principal.erp_login(),
            edition: Edition::Any,
            call,
        }
    }
}

async fn of_key(
    place: &Place,
    key: &KeyId,
    (dialect, address, uid): (Option<Dialect>, IpAddr, Option<i64>),
    user: UserFacts,
) -> anyhow::Result<Who> {
    let at = place.installation().await?;
    let row = at.store.keys().find(key).await?;
    let row = row.with_context(|| format!("there is no key `{key}`"))?;
    let (known, _) = roles::list(&at, &Leave::All).await?;
    let policy = Policy::new(0, known.into_iter().map(|known| known.role).collect());
    let policy = policy.permitting(permissions(&at));
    Ok(Who {
        policy,
        upstream: row.upstream.clone(),
        principal: Principal::new(
            PrincipalKind::Integration,
            row.name,
            row.upstream,
            row.erp_login,
            row.roles,
        ),
        dialect,
        address,
        uid,
        user,
    })
}

/// Fields that the configuration gives to some roles only.
pub(crate) fn permissions(at: &Installation) -> Vec<FieldPermission> {
    let config = at.config.as_ref();
    config.map_or_else(Vec::new, |config| config.permissions.clone())
}

/// The role of a file. What is wrong with it is said with its lines.
pub(crate) fn role_of(file: &Path) -> anyhow::Result<Role> {
    let text = std::fs::read_to_string(file)
        .with_context(|| format!("the role file {} cannot be read", file.display()))?;
    let stem = file.file_stem().and_then(|stem| stem.to_str());
    let name = RoleName::new(stem.unwrap_or_default())
        .with_context(|| format!("the name of {} is no role's name", file.display()))?;
    Role::from_toml(name, &text).map_err(|errors| {
        let problems = errors
            .into_iter()
            .map(|error| Problem::at(file, &text, error.line, error.column, error.message));
        // What could not be said there is no worse to miss than the error itself.
        match check::say(&problems.collect::<Vec<_>>()) {
            Ok(()) => anyhow::anyhow!("the role cannot be read"),
            Err(error) => error.into(),
        }
    })
}

/// A dialect as rules name it.
pub(crate) fn dialect(text: &str) -> Result<Dialect, String> {
    Ok(match text {
        "xmlrpc" => Dialect::XmlRpc2,
        "jsonrpc" => Dialect::JsonRpc,
        "json2" => Dialect::Json2,
        "odoo-web" => Dialect::OdooCall,
        "frappe" => Dialect::FrappeResource,
        "rest" => Dialect::Rest,
        _ => return Err("there are xmlrpc, jsonrpc, json2, odoo-web, frappe and rest".to_owned()),
    })
}
