//! `portcullis key import`: the keys of OCA's `auth_api_key` are taken over, with the secrets
//! that their clients have.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use portcullis_admin::approvals::Judge;
use portcullis_admin::keys::{self, Fate, Importing};
use portcullis_admin::may::Leave;
use portcullis_gateway::clock;
use portcullis_identity::{ErpLogin, Networks, Secret, Style, UpstreamName};
use serde_json::json;

use super::terms::TermArgs;
use crate::command::recorded;
use crate::operator;
use crate::place::Place;
use crate::show;

#[derive(clap::Args)]
pub(super) struct ImportArgs {
    /// The export, in CSV, with the columns name, key, user_id/login and active
    file: PathBuf,

    /// The ERP that they open; may be left out if there is only one
    #[arg(long)]
    upstream: Option<UpstreamName>,

    /// The login of a user whom the file calls otherwise; may be given several times
    #[arg(long = "as", value_name = "NAME=LOGIN", value_parser = user)]
    users: Vec<(String, ErpLogin)>,

    /// Show what would be done, and do nothing
    #[arg(long)]
    dry_run: bool,

    #[command(flatten)]
    terms: TermArgs,

    /// The way in which they may be shown: header (if nothing is said), bearer, apikey, basic,
    /// password, query; may be given several times
    #[arg(long = "style", value_name = "STYLE")]
    styles: Vec<Style>,

    /// Although an ERP user is an administrator of the ERP
    #[arg(long)]
    administrator: bool,
}

pub(super) async fn run(place: &Place, args: ImportArgs, json: bool) -> anyhow::Result<ExitCode> {
    let text = read(&args.file)?;
    let at = place.installation().await?;
    let now = clock::now();
    let (is_dry, limit) = (args.dry_run, args.terms.limit());
    let upstream = at.upstream(args.upstream.as_ref())?;
    let wanted = Importing {
        upstream: Some(upstream.clone()),
        roles: args.terms.roles,
        users: args.users.into_iter().collect::<BTreeMap<_, _>>(),
        owner: args.terms.owner,
        purpose: args.terms.purpose,
        expires: args.terms.expires,
        networks: Networks(args.terms.networks),
        styles: args.styles,
        administrator: args.administrator,
        limit,
        is_dry,
    };
    let work = async {
        let imported = keys::import(&at, &Leave::All, &text, wanted, now).await?;
        let judge = Judge::Operator(&operator::name());
        imported.touched(&at, &judge).await?;
        Ok(imported)
    };
    let imported = if is_dry {
        work.await?
    } else {
        recorded(&at, ("key", "import"), upstream.as_str(), work).await?
    };
    for aside in &imported.asides {
        show::aside(aside)?;
    }
    if json {
        let mut told = imported.told();
        if let Some(members) = told.as_object_mut() {
            members.insert("dry-run".to_owned(), json!(is_dry));
        }
        show::json(&told)?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut table = show::table(&["line", "name", "user", "id", ""]);
    for line in &imported.lines {
        let id = line.id.map_or_else(|| "-".to_owned(), |id| id.to_string());
        let user = line.user.as_ref().map_or("-", ErpLogin::as_str).to_owned();
        let fate = match line.fate {
            Fate::New if is_dry => "would be taken over",
            Fate::New => "taken over",
            Fate::There => "was taken over before",
            Fate::Inactive => "not active; left out",
        };
        table.add_row([
            line.line.to_string(),
            line.name.clone(),
            user,
            id,
            fate.to_owned(),
        ]);
    }
    show::print(&table, "there is no key in it")?;
    let ends = imported.expires.map_or("never".to_owned(), show::second);
    show::line(&format!(
        "They open {}; those that are new end: {ends}.",
        imported.upstream
    ))?;
    if !is_dry {
        show::aside(
            "whoever has the file has the keys: remove it, and rotate them one by one \
             (`portcullis key rotate`)",
        )?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Reads the file. It is wiped when it is done with.
fn read(file: &Path) -> anyhow::Result<Secret<Vec<u8>>> {
    const MOST: u64 = 8 << 20;
    let whole = || -> std::io::Result<Vec<u8>> {
        let file = std::fs::File::open(file)?;
        // Never grown, so that no copy is left behind.
        let size = usize::try_from(file.metadata()?.len().min(MOST)).unwrap_or(0);
        let mut text = Vec::with_capacity(size.saturating_add(1));
        file.take(MOST).read_to_end(&mut text)?;
        Ok(text)
    };
    let text = whole().with_context(|| format!("{} cannot be read", file.display()))?;
    Ok(Secret::new(text))
}

fn user(text: &str) -> Result<(String, ErpLogin), String> {
    let form = "say whom the file names, and the login: 'Mitchell Admin=admin'";
    let (name, login) = text.split_once('=').ok_or(form)?;
    let login = ErpLogin::new(login).map_err(|error| error.to_string())?;
    Ok((name.to_owned(), login))
}
