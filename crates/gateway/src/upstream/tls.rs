//! TLS towards an ERP, with the certificates that this machine trusts.

use std::sync::Arc;

use rustls::ClientConfig;
use rustls_platform_verifier::ConfigVerifierExt as _;
use tokio_rustls::TlsConnector;

/// Why no TLS connection can be made.
#[derive(Debug, thiserror::Error)]
#[error("the trusted certificates of this machine cannot be used")]
pub struct TlsError(#[source] rustls::Error);

pub(super) fn connector() -> Result<TlsConnector, TlsError> {
    let mut config = ClientConfig::with_platform_verifier().map_err(TlsError)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsConnector::from(Arc::new(config)))
}
