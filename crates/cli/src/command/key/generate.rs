//! `portcullis key generate`: a key that opens nothing until a configuration declares it.

use std::process::ExitCode;

use portcullis_admin::chance;
use serde_json::json;

use crate::show;

pub(super) fn run(json: bool) -> anyhow::Result<ExitCode> {
    let key = chance::api_key()?;
    if json {
        let (id, whole) = (key.id(), key.expose_whole(|whole| json!(whole)));
        show::json(&json!({ "id": id, "key": whole }))?;
    } else {
        // The key alone, so that it can be sent into a file.
        key.expose_whole(show::line)?;
    }
    Ok(ExitCode::SUCCESS)
}
