//! `portcullis serve`: runs the gateway until it is told to stop.

use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Arc;

use portcullis_admin::keys::{self, Said};
use portcullis_gateway::clock;
use portcullis_gateway::config::Config;
use tokio::signal::unix::{SignalKind, signal};

use crate::args::ConfigArgs;
use crate::command::{check, recorded};
use crate::house::House;
use crate::running::Running;

pub(crate) async fn run(args: ConfigArgs) -> anyhow::Result<ExitCode> {
    let mut config = match Config::read_with_secrets(&args.config) {
        Ok(config) => config,
        Err(problems) => {
            check::say(&problems)?;
            return Ok(ExitCode::from(2));
        }
    };
    if let Some(listen) = args.listen {
        config.listen = listen;
    }
    let house = House::open(&config.data, config.store.as_ref()).await?;
    let config = Arc::new(config);
    take_over_declared(&config, &house).await?;
    let running = Running::start(config, house).await?;
    writeln!(
        anstream::stderr(),
        "portcullis listens on {}://{}",
        if running.encrypted { "https" } else { "http" },
        running.address
    )?;
    if let Some(admin) = &running.admin {
        writeln!(anstream::stderr(), "portcullis is administered at {admin}")?;
    }
    told_to_stop().await?;
    running.stop();
    Ok(ExitCode::SUCCESS)
}

/// Makes the keys what the configuration declares, before anybody is served.
async fn take_over_declared(config: &Arc<Config>, house: &House) -> anyhow::Result<()> {
    let at = house.installation(Some(Arc::clone(config)));
    if !keys::is_anything_declared(&at).await? {
        return Ok(());
    }
    let work = keys::declare(&at, clock::now());
    let said = recorded(&at, ("key", "declare"), "", work).await?;
    for Said { id, name, what } in said {
        tracing::warn!(key.id = %id, key.name = %name, "{what}");
    }
    Ok(())
}

/// Waits for SIGTERM or SIGINT.
pub(super) async fn told_to_stop() -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}
