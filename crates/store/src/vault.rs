//! Seals what must be kept and read again: the credentials of ERP users.
//!
//! AES-256-GCM under keys that are derived from a master key. The master key lies in a file of
//! its own, never in the store: whoever has the store alone can read nothing sealed and try no
//! API key. Each line of that file is a key, `NUMBER:64 hexadecimal digits`; the last one seals,
//! all of them unseal, so that a key can be exchanged bit by bit.
//!
//! A sealed text is one byte of key number, 12 random bytes, and the ciphertext with its tag.
//! It is bound to its [`Place`]: moved to another row, it does not open.

mod master;

use std::fmt;
use std::path::{Path, PathBuf};

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::{hkdf, hmac};
use portcullis_identity::{ErpLogin, Pepper, Secret, Tagger, UpstreamName};
use portcullis_storage::{Sealed, Settings, StoreError};
use zeroize::Zeroize as _;

use crate::entropy::{self, EntropyError};

/// Seals and unseals.
pub struct Vault {
    /// By number; the last one seals.
    keys: Vec<(u8, LessSafeKey)>,
    /// Of the first key, so that API keys outlive an exchange.
    pepper: Secret<[u8; 32]>,
    /// Of the first key, so that cursors outlive an exchange.
    tags: Secret<[u8; 32]>,
    /// What a store remembers of the first key; it tells nothing of it.
    mark: [u8; 32],
    /// Of the first key too: digests must be the same after an exchange.
    digests: hmac::Key,
}

/// Where a sealed text belongs.
#[derive(Debug, Clone)]
pub struct Place(Vec<u8>);

/// Why the vault does not open, or something in it.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// There is no randomness.
    #[error(transparent)]
    Entropy(#[from] EntropyError),
    /// The file cannot be read or made.
    #[error("the master key file `{}` cannot be read", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Others may read the file.
    #[error(
        "the master key file `{}` has mode {mode:03o}: it must be readable by its owner alone (chmod 600)",
        path.display()
    )]
    Loose {
        /// The file.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// The file has another form.
    #[error(
        "the master key file `{}`, line {line}: expected a number from 1 to 255, a colon and 64 hexadecimal digits",
        path.display()
    )]
    Form {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
    },
    /// The store was sealed with another key.
    #[error(
        "this master key is not the one that the store was sealed with: put the file there that it was sealed with"
    )]
    OtherKey,
    /// A sealed text does not open.
    #[error(
        "a sealed credential does not open: it was damaged or moved, or is of another master key"
    )]
    Shut,
    /// The store did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Place {
    /// The row of an ERP user.
    pub fn erp_user(upstream: &UpstreamName, login: &ErpLogin) -> Self {
        Self::of("erp_user", &[upstream.as_str(), login.as_str()])
    }

    /// A row of a table, by its key. No two places have the same bytes: each part is preceded
    /// by its length.
    pub fn of(table: &'static str, key: &[&str]) -> Self {
        let mut bytes = Vec::new();
        for part in [table].iter().chain(key) {
            bytes.extend_from_slice(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            bytes.extend_from_slice(part.as_bytes());
        }
        Self(bytes)
    }
}

impl Vault {
    /// Opens the vault with the master key in a file, which is made (mode 0600) when it is
    /// absent.
    ///
    /// # Errors
    /// When the file cannot be read or made, others may read it, or it has another form.
    pub fn open(master_key_file: &Path) -> Result<Self, VaultError> {
        let masters = master::read_or_make(master_key_file)?;
        let keys = masters.iter().map(|(number, master)| {
            let seal = derive(master, b"portcullis seal 1")?;
            let key = seal.expose(|plain| UnboundKey::new(&AES_256_GCM, plain));
            Ok((
                *number,
                LessSafeKey::new(key.map_err(|_| VaultError::Shut)?),
            ))
        });
        let (_, first) = masters.first().ok_or(VaultError::Shut)?;
        Ok(Self {
            keys: keys.collect::<Result<_, VaultError>>()?,
            pepper: derive(first, b"portcullis pepper 1")?,
            tags: derive(first, b"portcullis tags 1")?,
            mark: derive(first, b"portcullis mark 1")?.expose(|plain| *plain),
            digests: derive(first, b"portcullis digest 1")?
                .expose(|plain| hmac::Key::new(hmac::HMAC_SHA256, plain)),
        })
    }

    /// The pepper of the hashes of API keys.
    pub fn pepper(&self) -> Pepper {
        Pepper::new(&self.pepper)
    }

    /// What tags the cursors of lists.
    pub fn tagger(&self) -> Tagger {
        Tagger::new(&self.tags)
    }

    /// Checks that this is the vault of that store; a new store becomes this vault's own.
    ///
    /// # Errors
    /// When the store was sealed with another master key, or does not answer.
    pub async fn check(&self, settings: &dyn Settings) -> Result<(), VaultError> {
        let kept = settings.put_if_absent("vault.check", &self.mark).await?;
        if kept == self.mark {
            Ok(())
        } else {
            Err(VaultError::OtherKey)
        }
    }

    /// A digest of these parts that only this vault can make: equal parts have the same, and
    /// whoever has the store alone cannot try which they are.
    pub fn digest(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut context = hmac::Context::with_key(&self.digests);
        for part in parts {
            context.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            context.update(part);
        }
        let mut digest = [0; 32];
        // INVARIANT: HMAC-SHA256 has 32 bytes.
        digest.copy_from_slice(context.sign().as_ref());
        digest
    }

    /// Seals a text for a place.
    ///
    /// # Errors
    /// When there is no randomness.
    pub fn seal(&self, place: &Place, plain: &Secret<String>) -> Result<Sealed, VaultError> {
        let text = plain.expose(|plain| plain.clone().into_bytes());
        self.seal_bytes(place, text)
    }

    /// Seals bytes for a place.
    ///
    /// # Errors
    /// When there is no randomness.
    pub fn seal_bytes(&self, place: &Place, mut text: Vec<u8>) -> Result<Sealed, VaultError> {
        let (number, key) = self.keys.last().ok_or(VaultError::Shut)?;
        let nonce = entropy::bytes::<NONCE_LEN>()?;
        let tag = key
            .seal_in_place_separate_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(&place.0),
                &mut text,
            )
            .map_err(|_| VaultError::Shut)?;
        let mut sealed = Vec::with_capacity(1 + NONCE_LEN + text.len() + tag.as_ref().len());
        sealed.push(*number);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(&text);
        sealed.extend_from_slice(tag.as_ref());
        Ok(Sealed(sealed))
    }

    /// Opens what was sealed for that place.
    ///
    /// # Errors
    /// When it was sealed with another key or for another place, or was damaged.
    pub fn unseal(&self, place: &Place, sealed: &Sealed) -> Result<Secret<String>, VaultError> {
        let text = self.unseal_bytes(place, sealed)?;
        String::from_utf8(text).map(Secret::new).map_err(|error| {
            error.into_bytes().zeroize();
            VaultError::Shut
        })
    }

    /// Opens the bytes that were sealed for that place.
    ///
    /// # Errors
    /// When they were sealed with another key or for another place, or were damaged.
    pub fn unseal_bytes(&self, place: &Place, sealed: &Sealed) -> Result<Vec<u8>, VaultError> {
        let (number, rest) = sealed.0.split_first().ok_or(VaultError::Shut)?;
        let (nonce, text) = rest.split_at_checked(NONCE_LEN).ok_or(VaultError::Shut)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| VaultError::Shut)?;
        let (_, key) = self
            .keys
            .iter()
            .find(|(known, _)| known == number)
            .ok_or(VaultError::Shut)?;
        let mut text = text.to_vec();
        let length = key
            .open_in_place(nonce, Aad::from(&place.0), &mut text)
            .map_err(|_| VaultError::Shut)?
            .len();
        text.truncate(length);
        Ok(text)
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Vault(…)")
    }
}

fn derive(master: &Secret<[u8; 32]>, purpose: &[u8]) -> Result<Secret<[u8; 32]>, VaultError> {
    struct Length;
    impl hkdf::KeyType for Length {
        fn len(&self) -> usize {
            32
        }
    }
    let mut bits = [0; 32];
    master
        .expose(|plain| hkdf::Salt::new(hkdf::HKDF_SHA256, b"portcullis").extract(plain))
        .expand(&[purpose], Length)
        .and_then(|derived| derived.fill(&mut bits))
        .map_err(|_| VaultError::Shut)?;
    let secret = Secret::new(bits);
    bits.zeroize();
    Ok(secret)
}

#[cfg(test)]
mod tests;
