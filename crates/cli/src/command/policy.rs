//! `policy`: what it says of records that are known, and what of it an ERP holds itself.

mod call;
mod check;
mod comparison;
mod days;
mod diff;
mod domains;
mod explain;
mod file;
mod filters;
mod install;
mod known;
mod learn;
mod past;
mod recorded;
mod schema;
mod test;
mod unused;
mod who;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Subcommand;

#[derive(clap::Args)]
pub(crate) struct PolicyArgs {
    #[command(subcommand)]
    command: PolicyCommand,
}

#[derive(Subcommand)]
enum PolicyCommand {
    /// Say which rule decides a call, why, and what would allow it; ends with 1 if it is refused
    Explain(Box<explain::ExplainArgs>),
    /// Look at role files: errors end with 2, findings of the linter with 1
    Check(check::CheckArgs),
    /// Judge calls of data files and compare with what is expected; ends with 1 if any differs
    Test(test::TestArgs),
    /// Propose the narrowest role that covers what a caller did, from the ledger
    Learn(Box<learn::LearnArgs>),
    /// Tell which rights nobody used, and the roles without them; ends with 1 if there are any
    Unused(Box<unused::UnusedArgs>),
    /// Judge the ledger's calls under two sets of roles and tell what would change
    Diff(Box<diff::DiffArgs>),
    /// Lay the rules of roles into an Odoo as record rules, for the users of keys with the roles
    Install(Box<install::InstallArgs>),
    /// Take such rules out of an Odoo again
    Uninstall(Box<install::UninstallArgs>),
    /// List the rules that were laid into an Odoo; ends with 1 if one was changed by hand
    Installed(Box<install::InstalledArgs>),
    /// Ask an ERP what its models are made of, as `--schema` of the other commands wants it
    Schema(schema::SchemaArgs),
    /// Evaluate search domains of Odoo on records: one JSON line for each question
    Domains {
        /// The records, as JSON
        records: PathBuf,
        /// The questions, one JSON line each
        domains: PathBuf,
        /// Print JSON lines (else a table of the summary)
        #[arg(long)]
        json: bool,
    },
    /// Evaluate list filters of Frappe on documents: one JSON line for each query
    Filters {
        /// The documents, as JSON: a list of them for each `DocType`
        records: PathBuf,
        /// The queries, one JSON line each: `doctype`, `filters`, `or_filters`
        queries: PathBuf,
        /// The fields of the site's own `DocTypes`, as their meta tells them
        #[arg(long, value_name = "FILE")]
        schema: Option<PathBuf>,
        /// Print JSON lines
        #[arg(long)]
        json: bool,
    },
}

/// Runs `policy`.
pub(crate) async fn run(args: PolicyArgs) -> anyhow::Result<ExitCode> {
    match args.command {
        PolicyCommand::Explain(args) => explain::run(*args).await,
        PolicyCommand::Check(args) => check::run(&args),
        PolicyCommand::Test(args) => test::run(&args),
        PolicyCommand::Learn(args) => learn::run(*args).await,
        PolicyCommand::Unused(args) => unused::run(*args).await,
        PolicyCommand::Diff(args) => diff::run(*args).await,
        PolicyCommand::Install(args) => install::run(*args).await,
        PolicyCommand::Uninstall(args) => install::uninstall(*args).await,
        PolicyCommand::Installed(args) => install::installed(*args).await,
        PolicyCommand::Schema(args) => schema::run(args).await,
        PolicyCommand::Domains {
            records,
            domains,
            json,
        } => domains::run(&records, &domains, json),
        PolicyCommand::Filters {
            records,
            queries,
            schema,
            json,
        } => filters::run(&records, &queries, schema.as_deref(), json),
    }
}
