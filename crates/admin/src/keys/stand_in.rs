//! As whom a key's calls run while its ERP user is archived.

use portcullis_identity::{ErpLogin, KeyId, RoleName, UpstreamName};
use portcullis_storage::StandIn;

use super::change::{Changed, changed};
use super::list::find;
use crate::errand::Errand;
use crate::installation::Installation;
use crate::may::Leave;
use crate::refusal::Refusal;

/// Sets who stands in, or that nobody does: then the key is refused while its user is archived.
///
/// # Errors
/// When there is no such key within the leave, or that one may not stand in.
pub async fn set_stand_in(
    at: &Installation,
    leave: &Leave,
    id: &KeyId,
    stand_in: Option<&StandIn>,
) -> Result<Changed, Refusal> {
    let row = find(at, leave, id).await?.row;
    if let Some(stand_in) = stand_in {
        let whose = (&row.upstream, &row.erp_login, row.roles.as_slice());
        check(at, leave, whose, stand_in).await?;
    }
    let is_done = at.store.keys().set_stand_in(id, stand_in).await?;
    changed(at, leave, id, is_done).await
}

/// Checks that somebody may stand in for the user of a key: another one, whose credential is
/// there, within the leave, and no administrator unless that is said. An ERP that does not tell
/// is no yes: here nobody is needed.
pub(super) async fn check(
    at: &Installation,
    leave: &Leave,
    (upstream, user, roles): (&UpstreamName, &ErpLogin, &[RoleName]),
    stand_in: &StandIn,
) -> Result<(), Refusal> {
    let StandIn {
        login,
        administrator,
    } = stand_in;
    leave.check(upstream, login, roles)?;
    if *administrator && !leave.may_bind_administrators() {
        let what = "a key that runs as an administrator of the ERP";
        return Err(Refusal::OutOfScope(what.to_owned()));
    }
    if login == user {
        let text = "`stand-in`: name another ERP user than the key's own";
        return Err(Refusal::Unfit(text.to_owned()));
    }
    at.check_user(upstream, login).await?;
    if at.config.is_none() || *administrator {
        // A gateway asks by itself before it lets anybody stand in.
        return Ok(());
    }
    let errand = Errand::as_user(at, upstream, login).await?;
    let is = errand.is_administrator(login).await.map_err(|error| {
        Refusal::Erp(format!(
            "whether `{login}` is an administrator of `{upstream}` is not known: {error}"
        ))
    })?;
    at.store
        .erp_users()
        .note_standing(upstream, login, is)
        .await?;
    if !is {
        return Ok(());
    }
    let or = if leave.may_bind_administrators() {
        "; or say `administrator`"
    } else {
        ""
    };
    Err(Refusal::Unfit(format!(
        "`{login}` is an administrator of `{upstream}`: let one stand in that may do what the \
         client needs, and no more{or}"
    )))
}

/// Refuses to hand on who stands in, to whoever may not set it.
pub(super) fn may_hand_on(
    leave: &Leave,
    upstream: &UpstreamName,
    roles: &[RoleName],
    stand_in: &StandIn,
) -> Result<(), Refusal> {
    leave.check(upstream, &stand_in.login, roles)?;
    if stand_in.administrator && !leave.may_bind_administrators() {
        let what = "a stand-in that may be an administrator of the ERP";
        return Err(Refusal::OutOfScope(what.to_owned()));
    }
    Ok(())
}
