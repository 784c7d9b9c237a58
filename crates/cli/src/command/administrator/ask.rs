//! What is asked of whoever runs a command: on the terminal, or by standard input.

use std::io::{IsTerminal as _, Read as _};
use std::path::Path;

use anyhow::Context as _;
use portcullis_identity::Secret;

use crate::command::user::read_secret;
use crate::show;

/// A new password: from a file, from the terminal (twice, and not seen), or from standard input.
pub(super) fn password(file: Option<&Path>) -> anyhow::Result<Secret<String>> {
    if file.is_some() || !std::io::stdin().is_terminal() {
        return read_secret(file);
    }
    let first = Secret::new(rpassword::prompt_password("New password: ")?);
    let second = Secret::new(rpassword::prompt_password("Once more: ")?);
    let same = first.expose(|first| second.expose(|second| first == second));
    anyhow::ensure!(same, "the two are not the same");
    Ok(first)
}

/// A code: from the terminal, or one line of standard input.
pub(super) fn code() -> anyhow::Result<String> {
    if std::io::stdin().is_terminal() {
        show::aside("A code that the app shows now:")?;
    }
    // Byte by byte to the end of the line: whoever writes it may keep the pipe open.
    let mut line = Vec::with_capacity(64);
    for byte in std::io::stdin().lock().bytes().take(64) {
        match byte.context("the code cannot be read from standard input")? {
            b'\n' => break,
            byte => line.push(byte),
        }
    }
    let code = String::from_utf8(line).context("this is no code")?;
    let code = code.trim().to_owned();
    anyhow::ensure!(!code.is_empty(), "a code of the app is needed");
    Ok(code)
}
