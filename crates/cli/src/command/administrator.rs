//! `portcullis administrator`: the people who administer the gateway, and what they log in with.
//!
//! The first one is made here; whoever may run this on the gateway's data may do everything
//! anyway. The people of an ERP are another matter: `portcullis session`.

mod add;
mod ask;
mod change;
mod key;
mod list;
mod office;
mod totp;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Subcommand;
use portcullis_identity::{AdminRole, AdministratorName, RoleName, Scope, ScopedUser};

use crate::place::PlaceArgs;

#[derive(clap::Args)]
pub(crate) struct AdministratorArgs {
    #[command(subcommand)]
    command: AdministratorCommand,

    #[command(flatten)]
    place: PlaceArgs,

    /// Print JSON
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Subcommand)]
enum AdministratorCommand {
    /// Add somebody who administers the gateway; a second factor comes next
    Add {
        /// What they log in as, in small letters
        name: AdministratorName,

        #[command(flatten)]
        may: MayArgs,

        #[command(flatten)]
        password: PasswordArgs,
    },
    /// List the people who administer the gateway
    List,
    /// Show all that is known of one of them
    Show {
        /// The name
        name: AdministratorName,
    },
    /// Change what somebody may do
    Roles {
        /// The name
        name: AdministratorName,

        #[command(flatten)]
        may: MayArgs,
    },
    /// Set somebody's password; all their sessions end
    Password {
        /// The name
        name: AdministratorName,

        #[command(flatten)]
        password: PasswordArgs,
    },
    /// Enrol an app that makes codes (TOTP), in the place of the one that there is; a code of it
    /// is asked for, or read from standard input
    Totp {
        /// The name
        name: AdministratorName,
    },
    /// Make a code with which a second factor is enrolled over HTTP, once, within 15 minutes
    Passkey {
        /// The name
        name: AdministratorName,
    },
    /// Remove a second factor
    Forget {
        /// The name
        name: AdministratorName,

        /// Its id, as `show` tells it
        id: String,
    },
    /// Make recovery codes, in the place of those that there are, and show them, once
    Recovery {
        /// The name
        name: AdministratorName,
    },
    /// Lock somebody out; all their sessions end
    Lock {
        /// The name
        name: AdministratorName,
    },
    /// Let somebody in again who was locked out
    Unlock {
        /// The name
        name: AdministratorName,
    },
    /// End all sessions of somebody
    LogOut {
        /// The name
        name: AdministratorName,
    },
    /// Remove somebody, with all that is theirs, and the administrative keys that they made
    Remove {
        /// The name
        name: AdministratorName,

        /// The administrative keys that they made go on
        #[arg(long)]
        keep_keys: bool,
    },
    /// Make, list and revoke the keys of programs that administer the gateway
    Key {
        #[command(subcommand)]
        command: key::KeyCommand,
    },
}

#[derive(clap::Args)]
struct MayArgs {
    /// What they may do: auditor, approver, key-manager, administrator; may be given several times
    #[arg(long = "role", required = true, value_name = "ROLE")]
    roles: Vec<AdminRole>,

    /// A role that a key manager may give; may be given several times
    #[arg(long = "may-give", value_name = "ROLE")]
    may_give: Vec<RoleName>,

    /// An ERP user as whom a key manager may let calls run; may be given several times
    #[arg(long = "may-use", value_name = "UPSTREAM/LOGIN")]
    may_use: Vec<ScopedUser>,
}

#[derive(clap::Args)]
struct PasswordArgs {
    /// The file of the password; else it is asked for, or read from standard input
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
}

impl MayArgs {
    fn read(self) -> (Vec<AdminRole>, Scope) {
        let mut roles = self.roles;
        roles.sort_unstable();
        roles.dedup();
        let scope = Scope {
            roles: self.may_give,
            users: self.may_use,
        };
        (roles, scope)
    }
}

pub(crate) async fn run(args: AdministratorArgs) -> anyhow::Result<ExitCode> {
    let place = args.place.find()?;
    let json = args.json;
    match args.command {
        AdministratorCommand::Add {
            name,
            may,
            password,
        } => {
            let file = password.password_file.as_deref();
            add::add(&place, &name, may.read(), file, json).await
        }
        AdministratorCommand::List => list::run(&place, json).await,
        AdministratorCommand::Show { name } => list::one(&place, &name, json).await,
        AdministratorCommand::Roles { name, may } => {
            change::roles(&place, &name, may.read(), json).await
        }
        AdministratorCommand::Password { name, password } => {
            let file = password.password_file.as_deref();
            add::password(&place, &name, file, json).await
        }
        AdministratorCommand::Totp { name } => totp::run(&place, &name, json).await,
        AdministratorCommand::Passkey { name } => change::passkey(&place, &name, json).await,
        AdministratorCommand::Forget { name, id } => change::forget(&place, &name, &id, json).await,
        AdministratorCommand::Recovery { name } => change::recovery(&place, &name, json).await,
        AdministratorCommand::Lock { name } => change::lock(&place, &name, json).await,
        AdministratorCommand::Unlock { name } => change::unlock(&place, &name, json).await,
        AdministratorCommand::LogOut { name } => change::log_out(&place, &name, json).await,
        AdministratorCommand::Key { command } => key::run(&place, command, json).await,
        AdministratorCommand::Remove { name, keep_keys } => {
            change::remove(&place, &name, keep_keys, json).await
        }
    }
}
