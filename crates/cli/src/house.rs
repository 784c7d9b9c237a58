//! What an installation keeps: the store, the vault, the ledger.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use portcullis_admin::Installation;
use portcullis_audit::LedgerId;
use portcullis_gateway::archive::Safe;
use portcullis_gateway::clock;
use portcullis_gateway::config::{Config, StoreConfig};
use portcullis_gateway::renewal::Sealing;
#[cfg(feature = "postgres")]
use portcullis_gateway::secret_from::SecretFrom;
use portcullis_gateway::upstream::CursorSeal;
use portcullis_identity::{ErpLogin, Secret, UpstreamName};
use portcullis_storage::{ErpUserRow, Journal, Sealed, Store};
use portcullis_store::{FileJournal, JournalOptions, Place, SqlStore, Vault, VaultError, entropy};

/// An installation that was opened.
pub(crate) struct House {
    folder: PathBuf,
    /// Keys, roles, ERP users.
    pub(crate) store: Arc<SqlStore>,
    /// What seals and opens.
    pub(crate) vault: Arc<Vault>,
    /// The ledger of the data folder.
    pub(crate) ledger: LedgerId,
}

impl House {
    /// Opens a data folder, and the database that is the store where it is not the folder's
    /// own; a new folder is made.
    pub(crate) async fn open(folder: &Path, shared: Option<&StoreConfig>) -> anyhow::Result<Self> {
        make_private(folder)
            .with_context(|| format!("the data folder {} cannot be made", folder.display()))?;
        let master = folder.join("master.key");
        let vault = Vault::open(&master)?;
        let store = match shared {
            None => SqlStore::open(&embedded(folder)).await?,
            Some(shared) => connect(shared).await?,
        };
        vault.check(store.settings()).await.map_err(|error| {
            let others = shared.is_some_and(|_| matches!(error, VaultError::OtherKey));
            let error = anyhow::Error::from(error);
            if others {
                let file = master.display();
                error.context(format!(
                    "{file}: every gateway of one store has the same master key"
                ))
            } else {
                error
            }
        })?;
        // A ledger belongs to its folder. Where the folder has a store, its id is kept there.
        let ledger = match shared {
            None => entropy::ledger_id(store.settings()).await?,
            Some(_) => entropy::ledger_id_in(&folder.join("ledger.id"))?,
        };
        Ok(Self {
            folder: folder.to_owned(),
            store: Arc::new(store.remembering(folder.join("revoked"))),
            vault: Arc::new(vault),
            ledger,
        })
    }

    /// What the operations of administrators work on.
    pub(crate) fn installation(&self, config: Option<Arc<Config>>) -> Installation {
        let vault = WithVault(Arc::clone(&self.vault));
        let vault = Arc::new(vault);
        let (folder, options) = (self.ledger_folder(), JournalOptions::new(self.ledger));
        Installation {
            store: Arc::clone(&self.store) as _,
            safe: Arc::clone(&vault) as _,
            sealing: vault,
            pepper: self.vault.pepper(),
            cursors: Arc::new(CursorSeal::new(self.vault.tagger())),
            journals: Box::new(move || {
                let journal = FileJournal::open(&folder, 0, options, clock::now())?;
                Ok(Box::new(journal) as Box<dyn Journal>)
            }),
            config,
        }
    }

    /// Where the ledger lies.
    pub(crate) fn ledger_folder(&self) -> PathBuf {
        ledger_folder(&self.folder)
    }
}

/// The file of the embedded store in a data folder.
pub(crate) fn embedded(data: &Path) -> PathBuf {
    data.join("portcullis.db")
}

#[cfg(feature = "postgres")]
async fn connect(shared: &StoreConfig) -> anyhow::Result<SqlStore> {
    let password = shared.password.as_ref().map(SecretFrom::read).transpose()?;
    let server = portcullis_store::Server {
        url: shared.url.to_string(),
        password,
        authorities: shared.certificates_file.clone(),
    };
    let opened = SqlStore::connect(&server).await;
    opened.with_context(|| format!("the store {} cannot be used", shared.url))
}

#[cfg(not(feature = "postgres"))]
#[expect(clippy::unused_async, reason = "with PostgreSQL it is")]
async fn connect(shared: &StoreConfig) -> anyhow::Result<SqlStore> {
    anyhow::bail!(
        "this program was built without PostgreSQL and cannot use {}",
        shared.url
    )
}

/// Reads a secret file; the end of its line is no part of the secret.
pub(crate) fn secret(file: &Path) -> anyhow::Result<Secret<String>> {
    portcullis_admin::installation::secret(file)
        .with_context(|| format!("the secret file {} cannot be read", file.display()))
}

/// Where the ledger of a data folder lies.
pub(crate) fn ledger_folder(data: &Path) -> PathBuf {
    data.join("ledger")
}

/// Opens and seals with a vault.
pub(crate) struct WithVault(pub(crate) Arc<Vault>);

impl Sealing for WithVault {
    fn unseal(&self, row: &ErpUserRow) -> Option<Secret<String>> {
        self.0
            .unseal(&Place::erp_user(&row.upstream, &row.login), &row.sealed)
            .ok()
    }

    fn seal_user(
        &self,
        upstream: &UpstreamName,
        login: &ErpLogin,
        secret: &Secret<String>,
    ) -> Option<Sealed> {
        self.0.seal(&Place::erp_user(upstream, login), secret).ok()
    }
}

impl Safe for WithVault {
    fn seal(&self, table: &'static str, row: &str, plain: Vec<u8>) -> Option<Sealed> {
        self.0.seal_bytes(&Place::of(table, &[row]), plain).ok()
    }

    fn open(&self, table: &'static str, row: &str, sealed: &Sealed) -> Option<Vec<u8>> {
        self.0.unseal_bytes(&Place::of(table, &[row]), sealed).ok()
    }

    fn digest(&self, parts: &[&[u8]]) -> [u8; 32] {
        self.0.digest(parts)
    }
}

fn make_private(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
}
