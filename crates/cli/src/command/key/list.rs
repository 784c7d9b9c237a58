//! `portcullis key list` and `key show`.

use std::process::ExitCode;

use portcullis_admin::keys::{self, roles};
use portcullis_admin::may::Leave;
use portcullis_gateway::clock;
use portcullis_identity::{KeyId, Timestamp};
use portcullis_storage::KeyState;

use crate::command::refused;
use crate::place::Place;
use crate::show;

pub(super) async fn run(place: &Place, all: bool, json: bool) -> anyhow::Result<ExitCode> {
    let now = clock::now();
    let at = place.installation().await?;
    let listed = keys::list(&at, &Leave::All, all, now).await?;
    if json {
        show::json(&listed.iter().map(|each| each.told(now)).collect())?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut table = show::table(&[
        "id",
        "name",
        "upstream",
        "user",
        "roles",
        "ends",
        "used last",
        "state",
    ]);
    for each in &listed {
        let row = &each.row;
        let state = match (row.state(now), each.look(now)) {
            (KeyState::Valid, None) if each.is_administrator == Some(true) => {
                show::doubtful("valid; it acts as an administrator of the ERP")
            }
            (KeyState::Valid, None) => show::good("valid"),
            (KeyState::Valid, Some(look)) if each.is_refused() => show::bad(look),
            (KeyState::Valid, Some(look)) => show::doubtful(format!("valid; {look}")),
            (state, _) => show::bad(state.as_str()),
        };
        table.add_row([
            row.id.to_string().into(),
            row.name.to_string().into(),
            row.upstream.to_string().into(),
            row.erp_login.to_string().into(),
            roles(row).into(),
            row.expires
                .map_or_else(|| "never".to_owned(), show::second)
                .into(),
            each.used
                .as_ref()
                .map_or_else(|| "never".to_owned(), |used| show::second(used.at))
                .into(),
            state,
        ]);
    }
    show::print(&table, "there is no key; `portcullis key create` makes one")?;
    Ok(ExitCode::SUCCESS)
}

/// Shows all that is known of one key.
pub(super) async fn one(place: &Place, id: KeyId, json: bool) -> anyhow::Result<ExitCode> {
    let now = clock::now();
    let at = place.installation().await?;
    let listed = match keys::find(&at, &Leave::All, &id).await {
        Ok(listed) => listed,
        Err(refusal) => return refused(refusal),
    };
    if json {
        show::json(&listed.told(now))?;
        return Ok(ExitCode::SUCCESS);
    }
    let look = listed.look(now);
    let archived = listed.archived;
    let (row, used) = (listed.row, listed.used.as_ref());
    let mut table = show::table(&["", ""]);
    let mut say = |what: &str, value: String| {
        table.add_row([what.to_owned(), value]);
    };
    let when = |moment: Option<Timestamp>| moment.map_or("never".to_owned(), show::second);
    let list = |parts: Vec<String>, none: &str| match parts.as_slice() {
        [] => none.to_owned(),
        parts => parts.join(", "),
    };
    say("id", row.id.to_string());
    say("name", row.name.to_string());
    say("opens", format!("{} as {}", row.upstream, row.erp_login));
    if let Some(stand_in) = &row.stand_in {
        say("stands in", stand_in.login.to_string());
    }
    say("roles", roles(&row));
    say("owner", row.owner.clone().unwrap_or_else(|| "-".to_owned()));
    say(
        "purpose",
        row.purpose.clone().unwrap_or_else(|| "-".to_owned()),
    );
    let conditions = &row.conditions;
    let networks = conditions
        .networks
        .0
        .iter()
        .map(ToString::to_string)
        .collect();
    say("good from", list(networks, "anywhere"));
    let styles = conditions.styles.iter().map(ToString::to_string).collect();
    say("shown as", list(styles, "any style"));
    if let Some(certificate) = &row.certificate {
        say("certificate", certificate.to_string());
    }
    if let Some(signing) = &row.signing {
        let scheme = signing.scheme();
        let must = if conditions.must_sign {
            ", and must"
        } else {
            ""
        };
        say("signs", format!("{scheme}{must}"));
        if let Some(open) = scheme.unsigned() {
            say("which is weak", open.to_owned());
        }
    }
    let made = format!("{}, {}", show::second(row.created), row.origin.as_str());
    say("here since", made);
    say("ends", when(row.expires));
    say(
        "used last",
        used.map_or("never".to_owned(), |used| {
            let (at, from) = (show::second(used.at), used.address);
            format!("{at} from {from} in {}", used.dialect)
        }),
    );
    if let Some(successor) = &row.successor {
        say("taken over by", successor.to_string());
    }
    for (what, moment) in [
        ("suspended", row.suspended),
        ("exposed", row.exposed),
        ("revoked", row.revoked),
        ("user archived", archived),
    ] {
        if let Some(moment) = moment {
            say(what, show::second(moment));
        }
    }
    say("state", row.state(now).as_str().to_owned());
    if let Some(look) = look {
        say("look", look.to_owned());
    }
    show::print(&table, "")?;
    Ok(ExitCode::SUCCESS)
}
