//! The commands, one file each.

pub(crate) mod administrator;
pub(crate) mod approval;
pub(crate) mod audit;
mod check;
mod demo;
pub(crate) mod key;
pub(crate) mod policy;
pub(crate) mod role;
mod serve;
pub(crate) mod session;
pub(crate) mod user;

use std::io::Write as _;
use std::process::ExitCode;

use clap::CommandFactory as _;
use portcullis_admin::may::Act;
use portcullis_admin::{Installation, Refusal, record};

use crate::args::{Args, Command};
use crate::operator;

/// Runs a command.
pub(crate) fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Demo(args) => in_runtime(demo::run(args)),
        Command::Serve(args) => in_runtime(serve::run(args)),
        Command::Check(args) => check::run(&args),
        Command::Key(args) => in_runtime(key::run(args)),
        Command::Role(args) => in_runtime(role::run(args)),
        Command::User(args) => in_runtime(user::run(args)),
        Command::Session(args) => in_runtime(session::run(args)),
        Command::Administrator(args) => in_runtime(administrator::run(args)),
        Command::Approval(args) => in_runtime(approval::run(args)),
        Command::Audit(args) => in_runtime(audit::run(args)),
        Command::Policy(args) => in_runtime(policy::run(args)),
        Command::Completions { shell } => {
            clap_complete::generate(
                shell,
                &mut Args::command(),
                "portcullis",
                &mut std::io::stdout(),
            );
            Ok(ExitCode::SUCCESS)
        }
        Command::Man { folder } => {
            std::fs::create_dir_all(&folder)?;
            clap_mangen::generate_to(Args::command(), &folder)?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn in_runtime(work: impl Future<Output = anyhow::Result<ExitCode>>) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?;
    // What asks an ERP keeps its connection on the thread that asks.
    tokio::task::LocalSet::new().block_on(&runtime, work)
}

/// Does something with a thing, which is written down as an act of whoever runs the program.
pub(crate) async fn recorded<T>(
    at: &Installation,
    (thing, verb): (&'static str, &'static str),
    on: &str,
    work: impl Future<Output = Result<T, Refusal>>,
) -> Result<T, Refusal> {
    let act = Act::new(thing, verb);
    record::at_the_machine(at, &operator::name(), (act, on), work).await
}

/// What a refusal makes of a command: what is not there, or does not fit to how things are, is
/// said and ends with 1; everything else is an error.
pub(crate) fn refused(refusal: Refusal) -> anyhow::Result<ExitCode> {
    if matches!(refusal, Refusal::Absent(_) | Refusal::Conflict(_)) {
        crate::show::aside(&refusal.to_string())?;
        return Ok(ExitCode::from(1));
    }
    Err(refusal.into())
}

/// Says on standard error why a command could not be done.
pub(crate) fn complain(error: &anyhow::Error) {
    let style = anstyle::Style::new()
        .bold()
        .fg_color(Some(anstyle::AnsiColor::Red.into()));
    let written = writeln!(anstream::stderr(), "{style}error:{style:#} {error:#}");
    if written.is_err() {
        tracing::debug!("standard error is closed");
    }
}
