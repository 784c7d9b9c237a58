//! `policy`: what it says of records that are known.

mod comparison;
mod domains;
mod file;
mod filters;

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
pub(crate) fn run(args: PolicyArgs) -> anyhow::Result<ExitCode> {
    match args.command {
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
