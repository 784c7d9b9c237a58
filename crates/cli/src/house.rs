//! What a data folder holds: the store, the vault, the ledger.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use portcullis_audit::LedgerId;
use portcullis_gateway::archive::Safe;
use portcullis_gateway::control::Unseal;
use portcullis_identity::Secret;
use portcullis_storage::{ErpUserRow, Sealed, Store};
use portcullis_store::{Place, SqliteStore, Vault, entropy};

/// An opened data folder.
pub(crate) struct House {
    folder: PathBuf,
    /// Keys, roles, ERP users.
    pub(crate) store: Arc<SqliteStore>,
    /// What seals and opens.
    pub(crate) vault: Vault,
    /// The ledger that belongs to the store.
    pub(crate) ledger: LedgerId,
}

impl House {
    /// Opens a data folder; a new one is made.
    pub(crate) async fn open(folder: &Path) -> anyhow::Result<Self> {
        make_private(folder)
            .with_context(|| format!("the data folder {} cannot be made", folder.display()))?;
        let vault = Vault::open(&folder.join("master.key"))?;
        let store = SqliteStore::open(&folder.join("portcullis.db")).await?;
        vault.check(store.settings()).await?;
        let ledger = entropy::ledger_id(store.settings()).await?;
        Ok(Self {
            folder: folder.to_owned(),
            store: Arc::new(store),
            vault,
            ledger,
        })
    }

    /// Where the ledger lies.
    pub(crate) fn ledger_folder(&self) -> PathBuf {
        ledger_folder(&self.folder)
    }
}

/// Where the ledger of a data folder lies.
pub(crate) fn ledger_folder(data: &Path) -> PathBuf {
    data.join("ledger")
}

/// Opens and seals with a vault.
pub(crate) struct WithVault(pub(crate) Arc<Vault>);

impl Unseal for WithVault {
    fn unseal(&self, row: &ErpUserRow) -> Option<Secret<String>> {
        self.0
            .unseal(&Place::erp_user(&row.upstream, &row.login), &row.sealed)
            .ok()
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
