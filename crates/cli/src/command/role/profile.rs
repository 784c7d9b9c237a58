//! The role profiles that come with the program.

use std::process::ExitCode;

use portcullis_policy::RoleProfile;
use serde_json::json;

use crate::show;

/// The profile of this name.
pub(super) fn find(name: &str) -> anyhow::Result<&'static RoleProfile> {
    RoleProfile::find(name).ok_or_else(|| {
        anyhow::anyhow!("there is no profile `{name}`; `portcullis role profiles` lists them")
    })
}

/// Lists them.
pub(super) fn list(json: bool) -> anyhow::Result<ExitCode> {
    if json {
        let all = RoleProfile::all().iter();
        let all = all.map(|profile| json!({ "name": profile.name, "about": profile.about() }));
        show::json(&all.collect())?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut table = show::table(&["profile", "for"]);
    for profile in RoleProfile::all() {
        table.add_row([profile.name.to_owned(), profile.about()]);
    }
    show::print(&table, "there is no profile")?;
    Ok(ExitCode::SUCCESS)
}

/// Shows one as it is written, so that it can be kept in a file.
pub(super) fn show(name: &str, json: bool) -> anyhow::Result<ExitCode> {
    let profile = find(name)?;
    if json {
        show::json(
            &json!({ "name": profile.name, "about": profile.about(), "text": profile.text }),
        )?;
    } else {
        show::line(profile.text.trim_end())?;
    }
    Ok(ExitCode::SUCCESS)
}
