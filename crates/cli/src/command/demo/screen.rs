//! What the demo says when it is ready: one line for programs, a screen for people.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::Path;

use anstyle::{AnsiColor, Style};
use comfy_table::{Table, presets};
use serde_json::{Map, Value, json};

use super::keys::Keys;
use super::sandboxes::Sandboxes;

/// One JSON line.
pub(super) fn json(gateway: SocketAddr, keys: &Keys, sandboxes: &Sandboxes) -> Value {
    let shown: Map<String, Value> = keys
        .0
        .iter()
        .map(|key| (key.name.to_owned(), json!(key.shown())))
        .collect();
    let users: Map<String, Value> = keys
        .0
        .iter()
        .map(|key| (key.name.to_owned(), json!(key.login)))
        .collect();
    json!({
        "gateway": format!("http://{gateway}"),
        "console": null,
        "odoo": sandboxes.odoo_url(),
        "erpnext": sandboxes.erpnext_url(),
        "database": sandboxes.database(),
        "keys": shown,
        "users": users,
        "upstream_log": sandboxes.log(),
    })
}

/// A screen that says what runs where, with keys and commands to paste.
pub(super) fn show(
    out: &mut impl Write,
    gateway: SocketAddr,
    keys: &Keys,
    sandboxes: &Sandboxes,
    folder: &Path,
) -> io::Result<()> {
    let bold = Style::new().bold();
    let green = Style::new().bold().fg_color(Some(AnsiColor::Green.into()));
    let dim = Style::new().dimmed();
    let database = sandboxes.database();
    writeln!(
        out,
        "\n{green}Portcullis is up.{green:#} Everything here is thrown away when you stop it (Ctrl-C).\n"
    )?;

    let mut places = Table::new();
    places.load_style(presets::NOTHING);
    places.add_row([
        "  gateway",
        &format!("http://{gateway}"),
        "every dialect; the only door you need",
    ]);
    places.add_row([
        "  sandbox Odoo 19",
        &sandboxes.odoo_url(),
        "a look-alike in memory, not Odoo",
    ]);
    places.add_row([
        "  sandbox ERPNext 15",
        &sandboxes.erpnext_url(),
        "a look-alike in memory, not ERPNext",
    ]);
    writeln!(out, "{bold}What runs where{bold:#}\n{places}\n")?;

    writeln!(
        out,
        "{bold}Keys{bold:#} {dim}(database and site: {database}){dim:#}"
    )?;
    for key in &keys.0 {
        writeln!(
            out,
            "  {bold}{}{bold:#}  {dim}as {}: {}{dim:#}\n      {}",
            key.name,
            key.login,
            key.may,
            key.shown()
        )?;
    }

    let odoo = keys.shown("odoo");
    let narrow = keys.shown("odoo_narrow");
    let erpnext = keys.shown("erpnext");
    writeln!(
        out,
        "\n{bold}Try it{bold:#} {dim}(paste into another terminal){dim:#}\n"
    )?;
    let program = std::env::current_exe();
    let program = program.map_or_else(
        |_| "portcullis".to_owned(),
        |path| path.display().to_string(),
    );
    let tries = [
        (
            "JSON-2: contacts",
            format!(
                "curl -s http://{gateway}/json/2/res.partner/search_read -H 'Authorization: Bearer {odoo}' \\\n    -H 'Content-Type: application/json' -d '{{\"domain\":[[\"is_company\",\"=\",true]],\"fields\":[\"name\",\"email\"],\"limit\":3}}'"
            ),
        ),
        (
            "XML-RPC: the same, from Python's standard library",
            format!(
                "python3 -c \"import xmlrpc.client as x; print(x.ServerProxy('http://{gateway}/xmlrpc/2/object').execute_kw('{database}', {uid}, '{odoo}', 'res.partner', 'search_read', [[]], {{'fields': ['name'], 'limit': 3}}))\"",
                uid = sandboxes.uid(),
            ),
        ),
        (
            "A key that may read name and city of companies asks for e-mail: refused, and Odoo never hears of it",
            format!(
                "curl -s http://{gateway}/json/2/res.partner/search_read -H 'X-API-Key: {narrow}' \\\n    -H 'Content-Type: application/json' -d '{{\"domain\":[],\"fields\":[\"name\",\"email\"]}}'"
            ),
        ),
        (
            "ERPNext: customers",
            format!(
                "curl -s 'http://{gateway}/api/resource/Customer?limit_page_length=3' -H 'Authorization: token {erpnext}'"
            ),
        ),
        (
            "What reached the ERPs",
            format!("tail -f {}", sandboxes.log().display()),
        ),
        (
            "The ledger",
            format!(
                "{program} audit tail --config {0}/portcullis.toml; {program} audit verify --config {0}/portcullis.toml",
                folder.display()
            ),
        ),
    ];
    for (what, command) in tries {
        writeln!(out, "  {dim}# {what}{dim:#}\n  {command}\n")?;
    }
    Ok(())
}
