//! `portcullis administrator totp`: an app is enrolled, and confirmed by a code of it.

use std::process::ExitCode;

use portcullis_gateway::clock;
use portcullis_identity::AdministratorName;
use qrcode::QrCode;
use qrcode::render::unicode::Dense1x2;
use serde_json::json;

use super::ask;
use super::change::{absent, show_codes, texts};
use super::office::Office;
use crate::place::Place;
use crate::show;

pub(super) async fn run(
    place: &Place,
    name: &AdministratorName,
    json: bool,
) -> anyhow::Result<ExitCode> {
    let office = Office::open(place).await?;
    if office.administrators().find(name).await?.is_none() {
        return absent(name, json);
    }
    let desk = office.desk()?;
    let (slip, totp) = desk.begin_totp(name, clock::now()).await?;
    totp.expose(|uri, secret| {
        if json {
            return show::json(&json!({ "name": name, "uri": uri, "secret": secret }));
        }
        show::line(&picture(uri)?)?;
        show::line(uri)
    })??;
    let code = ask::code()?;
    let slip = slip.expose(str::to_owned);
    let work = async {
        // Whoever is logged in without it logs in anew.
        let confirmed = desk.finish_totp((name, None), &slip, &code, clock::now());
        Ok(Some(confirmed.await?))
    };
    let Some(enrolled) = office.act("totp", name, work).await? else {
        return absent(name, json);
    };
    if json {
        let codes = texts(&enrolled.recovery);
        show::json(&json!({ "name": name, "enrolled": enrolled.id, "recovery-codes": codes }))?;
        return Ok(ExitCode::SUCCESS);
    }
    show::line(&format!("`{name}` logs in with the codes of this app"))?;
    if !enrolled.recovery.is_empty() {
        show_codes(&enrolled.recovery)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// A QR code, dark on light whatever the terminal's colours.
fn picture(uri: &str) -> anyhow::Result<String> {
    let code = QrCode::new(uri)?;
    let text = code
        .render::<Dense1x2>()
        .dark_color(Dense1x2::Light)
        .light_color(Dense1x2::Dark)
        .build();
    Ok(text)
}
