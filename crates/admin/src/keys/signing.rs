//! In which way a new key signs: its secret is made here and sealed, or its public key is read.

use portcullis_gateway::archive::Safe;
use portcullis_gateway::keyring::SIGNING;
use portcullis_identity::signing::{PublicKey, Scheme, SigningSecret};
use portcullis_identity::{KeyId, Style};
use portcullis_storage::Signing;

use crate::chance;
use crate::refusal::Refusal;

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
    public_key: Option<PublicKey>,
    id: &KeyId,
    safe: &dyn Safe,
) -> Result<Made, Refusal> {
    let wrong = |text: &str| Err(Refusal::Unfit(text.to_owned()));
    if scheme == Scheme::Ed25519 {
        let Some(public_key) = public_key else {
            return wrong(
                "`public-key`: an Ed25519 key signs with a key pair of its holder; give the public half",
            );
        };
        return Ok(Made {
            kept: Signing::Ed25519(public_key),
            secret: None,
        });
    }
    if public_key.is_some() {
        return wrong("`public-key` is for keys that sign by ed25519; others sign with a secret");
    }
    if !scheme.has_secret() {
        return Ok(Made {
            kept: Signing::Beside(scheme),
            secret: None,
        });
    }
    let secret = chance::signing_secret()?;
    let sealed = secret.expose(|text| safe.seal(SIGNING, id.as_str(), text.as_bytes().to_vec()));
    let sealed = sealed.ok_or(Refusal::Failed)?;
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
pub fn shows_whole(signing: Option<&Signing>, styles: &[Style]) -> bool {
    let signs = |style: &Style| matches!(style, Style::Signature | Style::LegacySignature);
    match signing {
        None => true,
        Some(Signing::Beside(_)) => true,
        Some(Signing::Secret(..) | Signing::Ed25519(_)) => !styles.iter().all(signs),
    }
}
