//! A real authenticator in software, and the client that a browser would be.

use async_trait::async_trait;
use passkey::authenticator::{Authenticator, UiHint, UserCheck, UserValidationMethod};
use passkey::client::{Client, DefaultClientData, WebauthnError};
use passkey::crypto::rust_crypto::RustCryptoBackend;
use passkey::types::Passkey;
use passkey::types::ctap2::{Aaguid, Ctap2Error};
use passkey::types::webauthn::{CredentialCreationOptions, CredentialRequestOptions};
use serde_json::Value as Json;
use url::Url;

/// The holder: who is there, and shows a finger or does not.
#[derive(Clone, Copy)]
pub(super) struct Holder {
    pub(super) verified: bool,
}

#[async_trait]
impl UserValidationMethod for Holder {
    type PasskeyItem = Passkey;

    async fn check_user<'a>(
        &self,
        _hint: UiHint<'a, Self::PasskeyItem>,
        _presence: bool,
        _verification: bool,
    ) -> Result<UserCheck, Ctap2Error> {
        Ok(UserCheck {
            presence: true,
            verification: self.verified,
        })
    }

    fn is_presence_enabled(&self) -> bool {
        true
    }

    fn is_verification_enabled(&self) -> Option<bool> {
        Some(true)
    }
}

/// A device with one passkey at the most, at the pages of an origin.
pub(super) struct Device {
    pub(super) passkey: Option<Passkey>,
    pub(super) holder: Holder,
    pub(super) origin: Url,
}

impl Device {
    pub(super) fn new(origin: &str) -> Self {
        Self {
            passkey: None,
            holder: Holder { verified: true },
            origin: Url::parse(origin).unwrap(),
        }
    }

    fn authenticator(&self) -> Authenticator<Option<Passkey>, Holder, RustCryptoBackend> {
        let mut authenticator = Authenticator::new(
            Aaguid::new_empty(),
            self.passkey.clone(),
            self.holder,
            RustCryptoBackend,
        );
        authenticator.set_make_credentials_with_signature_counter(true);
        authenticator
    }

    /// What a page gets from `navigator.credentials.create`.
    pub(super) async fn create(&mut self, options: &Json) -> Result<Json, WebauthnError> {
        let options: CredentialCreationOptions = serde_json::from_value(options.clone()).unwrap();
        let mut client = Client::new(self.authenticator());
        let made = client
            .register(&self.origin, options, DefaultClientData)
            .await?;
        self.passkey = client.authenticator().store().clone();
        Ok(serde_json::to_value(made).unwrap())
    }

    /// What a page gets from `navigator.credentials.get`.
    pub(super) async fn get(&mut self, options: &Json) -> Result<Json, WebauthnError> {
        let options: CredentialRequestOptions = serde_json::from_value(options.clone()).unwrap();
        let mut client = Client::new(self.authenticator());
        let made = client
            .authenticate(&self.origin, options, DefaultClientData)
            .await?;
        self.passkey = client.authenticator().store().clone();
        Ok(serde_json::to_value(made).unwrap())
    }
}
