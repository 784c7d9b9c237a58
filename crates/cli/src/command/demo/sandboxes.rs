//! The demo's two ERPs, with credentials that are made for this run.

use std::fmt::Write as _;
use std::io::Write as _;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use portcullis_sandbox::erpnext::{self, ErpNext};
use portcullis_sandbox::odoo::{self, Odoo};
use portcullis_sandbox::{Running, UpstreamLog, serve};
use portcullis_store::entropy;

use crate::args::Spoken;

/// Odoo's database and Frappe's site.
const DATABASE: &str = "demo";

/// The two ERPs, while they run.
pub(super) struct Sandboxes {
    odoo: Running,
    erpnext: Running,
    uid: i64,
    log: PathBuf,
    secrets: PathBuf,
}

impl Sandboxes {
    /// Starts both, on free ports of the loopback address.
    pub(super) fn start(
        folder: &Path,
        spoken: Option<Spoken>,
        release: u16,
    ) -> anyhow::Result<Self> {
        let log = folder.join("upstream.jsonl");
        let secrets = folder.join("secrets");
        std::fs::create_dir(&secrets)?;

        let admin = random_hex::<20>()?;
        let (integration, second) = (random_hex::<20>()?, random_hex::<20>()?);
        put(&secrets, "odoo-admin", &admin)?;
        put(&secrets, "odoo-integration", &integration)?;
        put(&secrets, "odoo-second", &second)?;
        let users = vec![
            odoo_user("admin", "Administrator", odoo::Role::Admin, admin)?,
            odoo_user("integration", "Integration", odoo::Role::Sales, integration)?,
            odoo_user("second", "Second Integration", odoo::Role::Sales, second)?,
        ];
        // Odoo's web sessions are opened by a password only: for who goes past the gateway.
        let password = users.iter().find(|user| user.login == "integration");
        let password = password.map_or("", |user| user.password.as_str());
        put(&secrets, "odoo-integration-password", password)?;
        let mut options = odoo::Options::new(DATABASE, users);
        options.faces = match spoken {
            None => odoo::Faces::ALL,
            Some(Spoken::Json2) => odoo::Faces::JSON2,
            Some(Spoken::Jsonrpc) => odoo::Faces::JSONRPC,
            Some(Spoken::Xmlrpc) => odoo::Faces::XMLRPC,
        };
        options.version = odoo::Version::ALL
            .into_iter()
            .find(|version| version.number() == release)
            .unwrap_or(odoo::Version::V19);
        let odoo = Odoo::new(options);
        let uid = odoo.uid("integration").unwrap_or_default();

        let options = erpnext::Options::new(
            erpnext_credential()?,
            erpnext_credential()?,
            erpnext_credential()?,
            erpnext_credential()?,
        );
        for (name, credential) in [
            ("erpnext-administrator", &options.administrator),
            ("erpnext-integration", &options.integration),
            ("erpnext-second", &options.second),
        ] {
            let pair = format!("{}:{}", credential.api_key, credential.api_secret);
            put(&secrets, name, &pair)?;
        }
        let erpnext = ErpNext::new(options);

        let free = || TcpListener::bind(("127.0.0.1", 0));
        Ok(Self {
            odoo: serve(free()?, Arc::new(odoo), UpstreamLog::append(&log)?)?,
            erpnext: serve(free()?, Arc::new(erpnext), UpstreamLog::append(&log)?)?,
            uid,
            log,
            secrets,
        })
    }

    /// The part of the configuration that names them.
    pub(super) fn configuration(&self, spoken: Option<Spoken>) -> String {
        let dialect = match spoken {
            None => "auto",
            Some(Spoken::Json2) => "json2",
            Some(Spoken::Jsonrpc) => "jsonrpc",
            Some(Spoken::Xmlrpc) => "xmlrpc",
        };
        let secrets = self.secrets.display();
        format!(
            r#"[upstream.odoo]
kind = "odoo"
url = "{odoo}"
database = "{DATABASE}"
dialect = "{dialect}"
user.admin.secret-file = "{secrets}/odoo-admin"
user.integration.secret-file = "{secrets}/odoo-integration"
user.second.secret-file = "{secrets}/odoo-second"

# The façade: `/api/v1/resource` is a product, with a `price`.
[upstream.odoo.rest.resource.resource]
model = "product.template"
fields = {{ price = "list_price" }}

[upstream.erpnext]
kind = "frappe"
url = "{erpnext}"
database = "{DATABASE}"
user.Administrator.secret-file = "{secrets}/erpnext-administrator"
user."integration@example.com".secret-file = "{secrets}/erpnext-integration"
"#,
            odoo = self.odoo.url(),
            erpnext = self.erpnext.url(),
        )
    }

    pub(super) fn odoo_url(&self) -> String {
        self.odoo.url()
    }

    pub(super) fn erpnext_url(&self) -> String {
        self.erpnext.url()
    }

    pub(super) fn database(&self) -> &'static str {
        DATABASE
    }

    /// The uid of Odoo's integration user, which RPC clients must name.
    pub(super) fn uid(&self) -> i64 {
        self.uid
    }

    /// Where each request that reached an ERP is noted.
    pub(super) fn log(&self) -> &Path {
        &self.log
    }
}

/// Random bytes in hexadecimal.
pub(super) fn random_hex<const N: usize>() -> anyhow::Result<String> {
    let mut text = String::with_capacity(N * 2);
    for byte in entropy::bytes::<N>()? {
        write!(text, "{byte:02x}")?;
    }
    Ok(text)
}

fn odoo_user(login: &str, name: &str, role: odoo::Role, key: String) -> anyhow::Result<odoo::User> {
    Ok(odoo::User {
        login: login.to_owned(),
        name: name.to_owned(),
        role,
        password: random_hex::<16>()?,
        keys: vec![odoo::Key::rpc(key)],
    })
}

fn erpnext_credential() -> anyhow::Result<erpnext::Credential> {
    Ok(erpnext::Credential {
        password: random_hex::<16>()?,
        api_key: random_hex::<8>()?,
        api_secret: random_hex::<8>()?,
    })
}

/// Puts a secret into a file that only its owner can read.
fn put(folder: &Path, name: &str, secret: &str) -> std::io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let path = folder.join(name);
    std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?
        .write_all(secret.as_bytes())
}
