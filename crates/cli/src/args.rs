//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::builder::TypedValueParser as _;
use clap::{Parser, Subcommand, ValueEnum};

/// A guarded road between an ERP and everything that talks to it.
#[derive(Parser)]
#[command(
    name = "portcullis",
    version,
    propagate_version = true,
    arg_required_else_help = true
)]
pub(crate) struct Args {
    /// What is logged, such as `info` or `warn,portcullis_gateway=debug`
    #[arg(long, global = true, env = "PORTCULLIS_LOG", value_name = "FILTER")]
    pub(crate) log: Option<String>,

    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Run the gateway before a sandbox Odoo and a sandbox ERPNext, with a throw-away store
    Demo(DemoArgs),
    /// Run the gateway
    Serve(ConfigArgs),
    /// Say everything that is wrong with a configuration
    Check(CheckArgs),
    /// Make, list and revoke API keys
    Key(crate::command::key::KeyArgs),
    /// List, show and keep roles
    Role(crate::command::role::RoleArgs),
    /// List ERP users, and keep their credentials
    User(crate::command::user::UserArgs),
    /// Add, list and change the people who administer the gateway
    Administrator(crate::command::administrator::AdministratorArgs),
    /// List and end sessions
    Session(crate::command::session::SessionArgs),
    /// List calls that wait for another person, and decide on them
    Approval(crate::command::approval::ApprovalArgs),
    /// Show and verify the ledger
    Audit(crate::command::audit::AuditArgs),
    /// Try the policy
    Policy(crate::command::policy::PolicyArgs),
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Write man pages into a folder
    Man {
        /// The folder
        folder: PathBuf,
    },
}

#[derive(clap::Args)]
pub(crate) struct DemoArgs {
    /// Print one JSON line when ready, instead of a screen for people
    #[arg(long)]
    pub(crate) json: bool,

    /// The gateway's port on 127.0.0.1; 0 takes any free one
    #[arg(long, default_value_t = 8640)]
    pub(crate) port: u16,

    /// Serve the sandbox Odoo in this dialect only, and speak to it so
    #[arg(long, value_enum)]
    pub(crate) upstream_dialect: Option<Spoken>,

    /// Serve the sandbox Odoo as this release has it
    #[arg(long, default_value_t = 19, value_parser = clap::builder::PossibleValuesParser::new(
        ["14", "15", "16", "17", "18", "19", "22"]).map(|text| text.parse::<u16>().unwrap_or(19)))]
    pub(crate) upstream_release: u16,
}

/// A dialect in which an Odoo is spoken to.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Spoken {
    /// JSON-2 (Odoo 19 and later)
    Json2,
    /// JSON-RPC (until Odoo 21)
    Jsonrpc,
    /// XML-RPC (until Odoo 21)
    Xmlrpc,
}

#[derive(clap::Args)]
pub(crate) struct ConfigArgs {
    /// The configuration file
    #[arg(
        long,
        env = "PORTCULLIS_CONFIG",
        default_value = "portcullis.toml",
        value_name = "FILE"
    )]
    pub(crate) config: PathBuf,

    /// Listen here instead of where the configuration says
    #[arg(long, env = "PORTCULLIS_LISTEN", value_name = "ADDRESS:PORT")]
    pub(crate) listen: Option<SocketAddr>,
}

#[derive(clap::Args)]
pub(crate) struct CheckArgs {
    /// The configuration file
    #[arg(
        long,
        env = "PORTCULLIS_CONFIG",
        default_value = "portcullis.toml",
        value_name = "FILE"
    )]
    pub(crate) config: PathBuf,

    /// Print the problems as JSON
    #[arg(long)]
    pub(crate) json: bool,
}
