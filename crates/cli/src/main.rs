//! The `portcullis` program.
//!
//! Exit codes: 0 fine, 1 findings or refused, 2 usage or configuration.

mod administration;
mod args;
mod command;
mod desk;
mod doors;
mod house;
mod operator;
mod place;
mod running;
mod show;

use std::process::ExitCode;

use clap::Parser as _;

use crate::args::Args;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let args = Args::parse();
    // One crypto provider for the whole process; it fails only if there is one already.
    if rustls::crypto::aws_lc_rs::default_provider()
        .install_default()
        .is_err()
    {
        tracing::debug!("a crypto provider was installed already");
    }
    start_log(args.log.as_deref());
    match command::run(args.command) {
        Ok(code) => code,
        Err(error) => {
            command::complain(&error);
            ExitCode::from(2)
        }
    }
}

/// Logs go to standard error; `--log` (or PORTCULLIS_LOG) filters them.
fn start_log(filter: Option<&str>) {
    let filter = tracing_subscriber::EnvFilter::new(filter.unwrap_or("warn"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_target(false)
        .init();
}
