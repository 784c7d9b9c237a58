//! Serves the Odoo look-alike alone: `cargo run --example odoo -- 8069 admin-password`.
//!
//! The users are `admin`, `integration` and `second`, all with the password given; the API key
//! of each is its login, a hyphen, and the password.

use std::net::TcpListener;
use std::sync::Arc;

use portcullis_sandbox::odoo::{Key, Odoo, Options, Role, User};
use portcullis_sandbox::{UpstreamLog, serve};

#[expect(clippy::print_stdout, reason = "an example tells where it listens")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let port: u16 = arguments.next().unwrap_or_default().parse().unwrap_or(0);
    let password = arguments.next().ok_or("usage: odoo PORT PASSWORD")?;
    let user = |login: &str, role| User {
        login: login.to_owned(),
        name: login.to_owned(),
        role,
        password: password.clone(),
        keys: vec![Key::rpc(format!("{login}-{password}"))],
    };
    let users = vec![
        user("admin", Role::Admin),
        user("integration", Role::SalesOwn),
        user("second", Role::Sales),
    ];
    let odoo = Arc::new(Odoo::new(Options::new("demo", users)));
    let server = serve(
        TcpListener::bind(("127.0.0.1", port))?,
        odoo,
        UpstreamLog::nowhere(),
    )?;
    println!("{} (database `demo`), until Enter is pressed", server.url());
    std::io::stdin().read_line(&mut String::new())?;
    Ok(())
}
