//! In which way a new key signs: its secret is made here and sealed, or its public key is read.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use portcullis_gateway::keyring::SIGNING;
use portcullis_gateway::tls;
use portcullis_identity::signing::{PublicKey, Scheme, SigningSecret};
use portcullis_identity::{KeyId, Style};
use portcullis_storage::Signing;
use portcullis_store::{Place, Vault, entropy};

/// What a key that signs is made of.
pub(super) struct Made {
    /// What is kept.
    pub(super) kept: Signing,
    /// What is shown, once.
    pub(super) secret: Option<SigningSecret>,
}

/// Makes what a key signs with.
pub(super) fn make(
    scheme: Scheme,
    public_key: Option<&PathBuf>,
    id: &KeyId,
    vault: &Vault,
) -> anyhow::Result<Made> {
    if scheme == Scheme::Ed25519 {
        let file = public_key.context(
            "an Ed25519 key signs with a key pair of its holder: give the public half, --public-key FILE",
        )?;
        return Ok(Made {
            kept: Signing::Ed25519(read(file)?),
            secret: None,
        });
    }
    anyhow::ensure!(
        public_key.is_none(),
        "--public-key is for `--signed ed25519`; {scheme} signs with a secret"
    );
    if !scheme.has_secret() {
        return Ok(Made {
            kept: Signing::Beside(scheme),
            secret: None,
        });
    }
    let secret = entropy::new_signing_secret()?;
    let place = Place::of(SIGNING, &[id.as_str()]);
    let sealed = secret.expose(|text| vault.seal_bytes(&place, text.as_bytes().to_vec()))?;
    Ok(Made {
        kept: Signing::Secret(scheme, sealed),
        secret: Some(secret),
    })
}

/// The styles of a key that signs: its signature, and those that were asked for beside it.
pub(super) fn styles(scheme: Scheme, asked: Vec<Style>) -> Vec<Style> {
    let own = if scheme.is_legacy() {
        Style::LegacySignature
    } else {
        Style::Signature
    };
    let mut styles = asked;
    if !styles.contains(&own) {
        styles.push(own);
    }
    styles
}

/// Whether the whole key must be shown to its holder: a key that only signs is known by its id.
pub(super) fn shows_whole(signing: Option<&Signing>, styles: &[Style]) -> bool {
    let signs = |style: &Style| matches!(style, Style::Signature | Style::LegacySignature);
    match signing {
        None => true,
        Some(Signing::Beside(_)) => true,
        Some(Signing::Secret(..) | Signing::Ed25519(_)) => !styles.iter().all(signs),
    }
}

fn read(file: &Path) -> anyhow::Result<PublicKey> {
    let pem = std::fs::read(file).with_context(|| format!("{} cannot be read", file.display()))?;
    tls::public_key_of_pem(&pem)
        .with_context(|| format!("{} has no Ed25519 public key in PEM", file.display()))
}
