//! `portcullis key suspend`, `resume`, `revoke` and `stand-in`.

use std::process::ExitCode;

use portcullis_admin::keys::{self, Change, Changed};
use portcullis_admin::may::Leave;
use portcullis_admin::refusal::Refusal;
use portcullis_gateway::clock;
use portcullis_identity::{ErpLogin, KeyId};
use portcullis_storage::StandIn;
use serde_json::json;

use crate::command::{recorded, refused};
use crate::place::Place;
use crate::show;

#[derive(clap::Args)]
pub(super) struct StandInArgs {
    /// Its id
    id: KeyId,

    /// The ERP user, whose credential is kept here
    #[arg(long, value_name = "LOGIN", required_unless_present = "nobody")]
    user: Option<ErpLogin>,

    /// Although that one is an administrator of the ERP
    #[arg(long, requires = "user")]
    administrator: bool,

    /// Nobody: the key is refused while its ERP user is archived
    #[arg(long, conflicts_with = "user")]
    nobody: bool,
}

pub(super) async fn stand_in(
    place: &Place,
    args: StandInArgs,
    json: bool,
) -> anyhow::Result<ExitCode> {
    let at = place.installation().await?;
    let (id, administrator) = (args.id, args.administrator);
    let stand_in = args.user.map(|login| StandIn {
        login,
        administrator,
    });
    let work = keys::set_stand_in(&at, &Leave::All, &id, stand_in.as_ref());
    let changed = recorded(&at, ("key", "stand-in"), id.as_str(), work).await;
    told(id, changed, json, |changed| {
        match (changed.row.revoked, &changed.row.stand_in) {
            (Some(_), _) => "revoked, and stays as it is".to_owned(),
            (None, Some(one)) => format!("set: `{}` stands in", one.login),
            (None, None) => "set: nobody stands in".to_owned(),
        }
    })
}

pub(super) async fn run(
    place: &Place,
    id: KeyId,
    change: Change,
    json: bool,
) -> anyhow::Result<ExitCode> {
    let at = place.installation().await?;
    let work = keys::change(&at, &Leave::All, (&id, change), clock::now());
    let changed = recorded(&at, ("key", change.as_str()), id.as_str(), work).await;
    told(id, changed, json, |changed| {
        match (change, changed.is_done, changed.row.revoked) {
            (Change::Suspend, true, _) => "suspended".to_owned(),
            (Change::Suspend, false, None) => "suspended already".to_owned(),
            (Change::Suspend, false, Some(_)) => "revoked".to_owned(),
            (Change::Resume, true, _) => "taken again".to_owned(),
            (Change::Resume, false, None) => "not suspended".to_owned(),
            (Change::Resume, false, Some(_)) => "revoked, and stays so".to_owned(),
            (Change::Revoke, false, Some(at)) => {
                format!("revoked already, at {}", at.to_rfc3339())
            }
            (Change::Revoke, _, _) => "revoked".to_owned(),
        }
    })
}

/// Says what became of a key, or that there is none.
fn told(
    id: KeyId,
    changed: Result<Changed, Refusal>,
    json: bool,
    say: impl FnOnce(&Changed) -> String,
) -> anyhow::Result<ExitCode> {
    let changed = match changed {
        Ok(changed) => changed,
        Err(refusal) => {
            if json && matches!(refusal, Refusal::Absent(_)) {
                show::json(&json!({ "id": id, "revoked": null, "state": null }))?;
            }
            return refused(refusal);
        }
    };
    if json {
        show::json(&changed.told(clock::now()))?;
    } else {
        show::line(&format!("{id} ({}) is {}", changed.row.name, say(&changed)))?;
    }
    Ok(ExitCode::SUCCESS)
}
