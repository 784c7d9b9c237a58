//! Passkeys (WebAuthn): what a ceremony begins with, and whether its answer is good.
//!
//! Everything of a ceremony that must not be made up by the client is handed to the caller as
//! bytes, to be sealed and kept until the answer comes. An authenticator must have verified its
//! holder (a PIN, a finger): the password alone never is enough, nor is the device.

use portcullis_identity::AdministratorName;
use serde_json::Value as Json;
use url::Url;

use crate::refused::Refused;

#[cfg(feature = "passkeys")]
use webauthn_rs::prelude::{
    Passkey, PasskeyAuthentication, PasskeyRegistration, PublicKeyCredential,
    RegisterPublicKeyCredential, Webauthn, WebauthnBuilder,
};

/// Where passkeys are good: at the pages of one origin.
#[derive(Debug)]
pub struct Passkeys {
    #[cfg(feature = "passkeys")]
    webauthn: Webauthn,
}

/// Why passkeys cannot be had at an origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OriginError {
    /// It is no origin of a name.
    #[error("passkeys need an origin such as https://admin.example.com: a name, not an address")]
    NoName,
    /// It is not encrypted.
    #[error("browsers have passkeys for https:// only, or for http://localhost")]
    Clear,
    /// The program was built without them.
    #[error("this program was built without passkeys")]
    NotBuilt,
}

/// What a ceremony begins with.
pub(crate) struct Begun {
    /// What the page gives to the authenticator.
    pub(crate) options: Json,
    /// What must be known when the answer comes.
    pub(crate) state: Vec<u8>,
}

/// A passkey, as it is sealed and kept.
pub(crate) struct Kept {
    /// What the authenticator calls it.
    pub(crate) credential: Vec<u8>,
    /// All that is known of it.
    pub(crate) bytes: Vec<u8>,
}

#[cfg(feature = "passkeys")]
impl Passkeys {
    /// Passkeys for the pages of this origin.
    ///
    /// # Errors
    /// When browsers have none there.
    pub fn at(origin: &Url) -> Result<Self, OriginError> {
        let name = origin.domain().ok_or(OriginError::NoName)?;
        let local = origin.scheme() == "http" && name == "localhost";
        if origin.scheme() != "https" && !local {
            return Err(OriginError::Clear);
        }
        let builder = WebauthnBuilder::new(name, origin).map_err(|_| OriginError::NoName)?;
        let webauthn = builder.rp_name("Portcullis").build();
        Ok(Self {
            webauthn: webauthn.map_err(|_| OriginError::NoName)?,
        })
    }

    pub(crate) fn begin_registration(
        &self,
        handle: &[u8; 16],
        name: &AdministratorName,
        known: &[Vec<u8>],
    ) -> Result<Begun, Refused> {
        let known: Vec<Passkey> = known
            .iter()
            .map(|kept| read(kept))
            .collect::<Result<_, _>>()?;
        let known = known.iter().map(|passkey| passkey.cred_id().clone());
        let handle = uuid::Uuid::from_bytes(*handle);
        let name = name.as_str();
        let begun =
            self.webauthn
                .start_passkey_registration(handle, name, name, Some(known.collect()));
        let (options, state) = begun.map_err(unverified)?;
        begun_with(&options, &state)
    }

    pub(crate) fn finish_registration(&self, answer: &str, state: &[u8]) -> Result<Kept, Refused> {
        let state: PasskeyRegistration = read(state)?;
        let answer: RegisterPublicKeyCredential =
            serde_json::from_str(answer).map_err(|_| Refused::Malformed("`credential`"))?;
        let finished = self.webauthn.finish_passkey_registration(&answer, &state);
        kept(&finished.map_err(unverified)?)
    }

    pub(crate) fn begin_authentication(&self, known: &[Vec<u8>]) -> Result<Begun, Refused> {
        let known: Vec<Passkey> = known
            .iter()
            .map(|kept| read(kept))
            .collect::<Result<_, _>>()?;
        let begun = self.webauthn.start_passkey_authentication(&known);
        let (options, state) = begun.map_err(unverified)?;
        begun_with(&options, &state)
    }

    /// Which of those that are known the answer is of, and what is known of it since.
    pub(crate) fn finish_authentication(
        &self,
        answer: &str,
        state: &[u8],
        known: &[Vec<u8>],
    ) -> Result<(usize, Kept), Refused> {
        let state: PasskeyAuthentication = read(state)?;
        let answer: PublicKeyCredential =
            serde_json::from_str(answer).map_err(|_| Refused::Malformed("`credential`"))?;
        let finished = self.webauthn.finish_passkey_authentication(&answer, &state);
        let finished = finished.map_err(unverified)?;
        if !finished.user_verified() {
            return Err(Refused::Unverified);
        }
        for (at, bytes) in known.iter().enumerate() {
            let mut passkey: Passkey = read(bytes)?;
            if passkey.update_credential(&finished).is_some() {
                return Ok((at, kept(&passkey)?));
            }
        }
        // It was removed meanwhile.
        Err(Refused::Unverified)
    }
}

#[cfg(feature = "passkeys")]
fn begun_with(
    options: &impl serde::Serialize,
    state: &impl serde::Serialize,
) -> Result<Begun, Refused> {
    Ok(Begun {
        options: serde_json::to_value(options).map_err(|_| Refused::Unavailable)?,
        state: serde_json::to_vec(state).map_err(|_| Refused::Unavailable)?,
    })
}

#[cfg(feature = "passkeys")]
fn kept(passkey: &Passkey) -> Result<Kept, Refused> {
    Ok(Kept {
        credential: AsRef::<[u8]>::as_ref(passkey.cred_id()).to_vec(),
        bytes: serde_json::to_vec(passkey).map_err(|_| Refused::Unavailable)?,
    })
}

#[cfg(feature = "passkeys")]
fn read<T: serde::de::DeserializeOwned>(bytes: &[u8]) -> Result<T, Refused> {
    serde_json::from_slice(bytes).map_err(|error| {
        tracing::error!(%error, "what was kept of a passkey cannot be read");
        Refused::Unavailable
    })
}

/// What the library finds wrong is for the log; whoever asks learns that it is wrong.
#[cfg(feature = "passkeys")]
fn unverified(error: webauthn_rs::prelude::WebauthnError) -> Refused {
    tracing::debug!(%error, "an authenticator's answer is not taken");
    Refused::Unverified
}

#[cfg(not(feature = "passkeys"))]
#[expect(
    clippy::unused_self,
    clippy::missing_errors_doc,
    unused_variables,
    reason = "the same functions as with them"
)]
impl Passkeys {
    /// This program was built without passkeys.
    pub fn at(origin: &Url) -> Result<Self, OriginError> {
        Err(OriginError::NotBuilt)
    }

    pub(crate) fn begin_registration(
        &self,
        handle: &[u8; 16],
        name: &AdministratorName,
        known: &[Vec<u8>],
    ) -> Result<Begun, Refused> {
        Err(Refused::NoPasskeys)
    }

    pub(crate) fn finish_registration(&self, answer: &str, state: &[u8]) -> Result<Kept, Refused> {
        Err(Refused::NoPasskeys)
    }

    pub(crate) fn begin_authentication(&self, known: &[Vec<u8>]) -> Result<Begun, Refused> {
        Err(Refused::NoPasskeys)
    }

    pub(crate) fn finish_authentication(
        &self,
        answer: &str,
        state: &[u8],
        known: &[Vec<u8>],
    ) -> Result<(usize, Kept), Refused> {
        Err(Refused::NoPasskeys)
    }
}

#[cfg(all(test, feature = "passkeys"))]
mod tests {
    use super::*;

    #[test]
    fn passkeys_are_for_names_and_encrypted_or_local() {
        let at = |origin: &str| Passkeys::at(&Url::parse(origin).unwrap()).map(drop);
        assert_eq!(at("https://admin.example.com"), Ok(()));
        assert_eq!(at("https://admin.example.com:8443"), Ok(()));
        assert_eq!(at("http://localhost:8641"), Ok(()));
        assert_eq!(at("http://admin.example.com"), Err(OriginError::Clear));
        assert_eq!(at("https://192.0.2.1"), Err(OriginError::NoName));
    }

    #[test]
    fn what_is_no_answer_of_an_authenticator_is_refused() {
        let passkeys = Passkeys::at(&Url::parse("https://admin.example.com").unwrap()).unwrap();
        let anna = AdministratorName::new("anna").unwrap();
        let begun = passkeys.begin_registration(&[7; 16], &anna, &[]).unwrap();
        let options = &begun.options["publicKey"];
        assert_eq!(options["rp"]["id"], "admin.example.com");
        assert_eq!(
            options["authenticatorSelection"]["userVerification"],
            "required"
        );
        for answer in ["", "{}", "null", "{\"id\":\"a\"}"] {
            let refused = passkeys.finish_registration(answer, &begun.state);
            assert!(matches!(refused, Err(Refused::Malformed(_))), "{answer}");
        }
    }
}
