//! `portcullis demo`: the gateway before a sandbox Odoo and a sandbox ERPNext.
//!
//! Everything of it is thrown away at the end: the store, the ledger, the keys, and the
//! credentials of the sandboxes, which are made anew each time.

mod keys;
mod sandboxes;
mod screen;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use portcullis_gateway::config::Config;

use crate::args::DemoArgs;
use crate::command::serve::told_to_stop;
use crate::house::House;
use crate::running::Running;
use keys::Keys;
use sandboxes::Sandboxes;

/// The roles of the demo, as they are written into its folder.
const ROLES: &[(&str, &str)] = &[
    ("odoo-demo", include_str!("../../roles/odoo-demo.toml")),
    ("odoo-full", include_str!("../../roles/odoo-full.toml")),
    (
        "companies-only",
        include_str!("../../roles/companies-only.toml"),
    ),
    (
        "erpnext-demo",
        include_str!("../../roles/erpnext-demo.toml"),
    ),
    (
        "erpnext-full",
        include_str!("../../roles/erpnext-full.toml"),
    ),
];

pub(crate) async fn run(args: DemoArgs) -> anyhow::Result<ExitCode> {
    let folder = Folder::make()?;
    let sandboxes = Sandboxes::start(folder.path(), args.upstream_dialect, args.upstream_release)?;
    let config = configure(folder.path(), &args, &sandboxes)?;
    let house = House::open(&config.data, config.store.as_ref()).await?;
    let keys = Keys::make(&house).await?;
    let running = Running::start(Arc::new(config), house).await?;
    let mut out = anstream::stdout();
    if args.json {
        writeln!(out, "{}", screen::json(running.address, &keys, &sandboxes))?;
    } else {
        screen::show(&mut out, running.address, &keys, &sandboxes, folder.path())?;
    }
    out.flush()?;
    told_to_stop().await?;
    running.stop();
    Ok(ExitCode::SUCCESS)
}

/// Writes the demo's configuration as an operator would, and reads it back.
fn configure(folder: &Path, args: &DemoArgs, sandboxes: &Sandboxes) -> anyhow::Result<Config> {
    let roles = folder.join("roles");
    std::fs::create_dir(&roles)?;
    for (name, text) in ROLES {
        std::fs::write(roles.join(name).with_extension("toml"), text)?;
    }
    let names: Vec<String> = ROLES
        .iter()
        .map(|(name, _)| format!("\"roles/{name}.toml\""))
        .collect();
    let text = format!(
        r#"# The demo's configuration: what an operator would write for two ERPs.
listen = "127.0.0.1:{port}"
data = "data"
roles = [{roles}]

# Generous, for trying things out. Out of the box it is 60 a minute and 10 at once.
[limits]
per-minute = 60000000
burst = 1000000
address-failures-per-minute = 60000
address-failures-burst = 60000

{upstreams}"#,
        port = args.port,
        roles = names.join(", "),
        upstreams = sandboxes.configuration(args.upstream_dialect),
    );
    let path = folder.join("portcullis.toml");
    std::fs::write(&path, text)?;
    Config::read(&path).map_err(|problems| {
        let all: Vec<String> = problems.iter().map(ToString::to_string).collect();
        anyhow::anyhow!("the demo's own configuration is wrong:\n{}", all.join("\n"))
    })
}

/// A folder that is removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn make() -> anyhow::Result<Self> {
        use std::os::unix::fs::DirBuilderExt as _;
        let name = format!("portcullis-demo-{}", sandboxes::random_hex::<8>()?);
        let path = std::env::temp_dir().join(name);
        std::fs::DirBuilder::new()
            .mode(0o700)
            .create(&path)
            .with_context(|| format!("the demo's folder {} cannot be made", path.display()))?;
        Ok(Self(path))
    }

    fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            tracing::warn!(%error, "the demo's folder could not be removed");
        }
    }
}
