//! `portcullis key adopt`: a client that has a key or password of the ERP gets a gateway key
//! for it. What it had is tried at the ERP once, and not kept.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use portcullis_gateway::upstream::{ErpUser, NativeError};

use super::create::{CreateArgs, create};
use crate::command::user::read_secret;
use crate::errand::{Errand, configured, credential};
use crate::place::Place;
use crate::show;

#[derive(clap::Args)]
pub(super) struct AdoptArgs {
    #[command(flatten)]
    create: CreateArgs,

    /// The file of the key or password that the client has (`KEY:SECRET` for Frappe); standard
    /// input if it is left out
    #[arg(long, value_name = "FILE")]
    secret_file: Option<PathBuf>,

    /// Revoke the ERP's key, where the ERP lets us (Odoo since 19)
    #[arg(long)]
    revoke: bool,
}

pub(super) async fn run(place: &Place, args: AdoptArgs, json: bool) -> anyhow::Result<ExitCode> {
    let secret = read_secret(args.secret_file.as_deref())?;
    let upstream = place.upstream(args.create.upstream.as_ref())?;
    let config = configured(place, &upstream)?;
    let login = args.create.user.clone();
    let house = place.house().await?;
    place.check_user(&*house.store, &upstream, &login).await?;
    let own = credential(&house, config, &login).await?;
    let own = own.with_context(|| format!("there is no credential for `{login}`"))?;
    let is_own = own.has(&secret);
    anyhow::ensure!(
        !(is_own && args.revoke),
        "this is the very credential with which calls run as `{login}`; nothing was done: give \
         `portcullis user add` one of its own first"
    );

    let native = ErpUser::new(login.clone(), secret, None);
    let errand = Errand::as_user(place, &house, &upstream, &login).await?;
    let asker = errand.clerk.asker();
    errand.upstream.prepare(&asker).await?;
    let is_same = errand.upstream.is_same_user(&asker, &native, &own).await?;
    errand.clerk.flush();
    anyhow::ensure!(
        is_same,
        "what the client has is of another user of `{upstream}` than `{login}`"
    );

    // The new key first: whoever is left with none cannot work.
    let code = create(place, args.create, json).await?;
    let said = if is_own {
        "the ERP's key stays: calls run with it".to_owned()
    } else if !args.revoke {
        "the ERP's key still opens the ERP: revoke it there once the client has changed over, or adopt with --revoke".to_owned()
    } else {
        let revoked = errand.upstream.revoke_key(&asker, &native, &own).await;
        errand.clerk.flush();
        match revoked {
            Ok(()) => {
                show::aside("the ERP's key is revoked")?;
                return Ok(code);
            }
            Err(NativeError::Unsupported) => {
                "the ERP's key still opens the ERP, which revokes none over its API: do it in its settings".to_owned()
            }
            Err(error) => format!("the ERP's key still opens the ERP: {error}"),
        }
    };
    show::aside(&said)?;
    Ok(if args.revoke { ExitCode::from(1) } else { code })
}
