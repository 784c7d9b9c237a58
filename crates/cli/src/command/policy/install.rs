//! `policy install`, `policy uninstall` and `policy installed`: what an Odoo holds of roles
//! itself, as record rules.

mod told;

use std::process::ExitCode;

use portcullis_admin::Installation;
use portcullis_admin::record_rules::{self, Outcome, Wanted, Where};
use portcullis_identity::{ErpLogin, RoleName, UpstreamName};

use crate::command::{recorded, refused};
use crate::place::PlaceArgs;

/// Where rules are, and as whom they are written.
#[derive(clap::Args)]
pub(crate) struct WhereArgs {
    /// The ERP; may be left out if there is only one
    #[arg(long)]
    upstream: Option<UpstreamName>,

    /// The ERP user who may write record rules; its credential is kept (`portcullis user add`)
    #[arg(long = "as", value_name = "LOGIN")]
    by: ErpLogin,

    #[command(flatten)]
    place: PlaceArgs,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// How far it goes.
#[derive(clap::Args)]
pub(crate) struct HowArgs {
    /// These ERP users, with commas between; else those as whom keys with the roles run
    #[arg(long, value_name = "LOGIN", value_delimiter = ',')]
    users: Option<Vec<ErpLogin>>,

    /// Say what would be done, and do nothing
    #[arg(long)]
    dry_run: bool,

    /// Also overwrite or remove rules that somebody changed by hand
    #[arg(long)]
    force: bool,
}

#[derive(clap::Args)]
pub(crate) struct InstallArgs {
    /// The roles
    #[arg(required = true)]
    roles: Vec<RoleName>,

    #[command(flatten)]
    how: HowArgs,

    #[command(flatten)]
    to: WhereArgs,
}

#[derive(clap::Args)]
pub(crate) struct UninstallArgs {
    /// The roles whose rules are removed
    #[arg(required_unless_present = "all")]
    roles: Vec<RoleName>,

    /// All rules that were installed
    #[arg(long, conflicts_with = "roles")]
    all: bool,

    #[command(flatten)]
    how: HowArgs,

    #[command(flatten)]
    to: WhereArgs,
}

#[derive(clap::Args)]
pub(crate) struct InstalledArgs {
    #[command(flatten)]
    to: WhereArgs,
}

/// What is done with the rules of roles.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Verb {
    Install,
    Uninstall,
}

/// Runs `policy install`.
pub(crate) async fn run(args: InstallArgs) -> anyhow::Result<ExitCode> {
    change(Verb::Install, &args.roles, &args.how, &args.to).await
}

/// Runs `policy uninstall`.
pub(crate) async fn uninstall(args: UninstallArgs) -> anyhow::Result<ExitCode> {
    change(Verb::Uninstall, &args.roles, &args.how, &args.to).await
}

/// Runs `policy installed`: 1 where something was changed by hand.
pub(crate) async fn installed(args: InstalledArgs) -> anyhow::Result<ExitCode> {
    let place = args.to.place.find()?;
    let upstream = place.upstream(args.to.upstream.as_ref())?;
    let at = place.installation().await?;
    let to = Where {
        upstream: &upstream,
        by: &args.to.by,
    };
    let steps = match record_rules::installed(&at, &to).await {
        Ok(steps) => steps,
        Err(refusal) => return refused(refusal),
    };
    let outcome = Outcome {
        steps,
        ..Outcome::default()
    };
    told::show(&upstream, &outcome, args.to.json, told::Tense::Is)
}

async fn change(
    verb: Verb,
    roles: &[RoleName],
    how: &HowArgs,
    to: &WhereArgs,
) -> anyhow::Result<ExitCode> {
    let place = to.place.find()?;
    let upstream = place.upstream(to.upstream.as_ref())?;
    let at = place.installation().await?;
    let target = Where {
        upstream: &upstream,
        by: &to.by,
    };
    let wanted = Wanted {
        roles,
        users: how.users.as_deref(),
        force: how.force,
        dry: how.dry_run,
    };
    let outcome = if how.dry_run {
        run_verb(verb, &at, &target, &wanted).await
    } else {
        let (word, on) = said(verb, &upstream, roles);
        let work = run_verb(verb, &at, &target, &wanted);
        recorded(&at, ("policy", word), &on, work).await
    };
    let outcome = match outcome {
        Ok(outcome) => outcome,
        Err(refusal) => return refused(refusal),
    };
    let tense = if how.dry_run {
        told::Tense::Would
    } else {
        told::Tense::Was
    };
    told::show(&upstream, &outcome, to.json, tense)
}

async fn run_verb(
    verb: Verb,
    at: &Installation,
    to: &Where<'_>,
    wanted: &Wanted<'_>,
) -> Result<Outcome, portcullis_admin::Refusal> {
    match verb {
        Verb::Install => record_rules::install(at, to, wanted).await,
        Verb::Uninstall => record_rules::uninstall(at, to, wanted).await,
    }
}

/// As it is recorded: the verb, and with what.
fn said(verb: Verb, upstream: &UpstreamName, roles: &[RoleName]) -> (&'static str, String) {
    let word = match verb {
        Verb::Install => "install",
        Verb::Uninstall => "uninstall",
    };
    let roles: Vec<&str> = roles.iter().map(RoleName::as_str).collect();
    let roles = if roles.is_empty() {
        "all".to_owned()
    } else {
        roles.join(",")
    };
    (word, format!("{upstream}/{roles}"))
}
