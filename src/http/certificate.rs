//! TLS for senders: the certificate and its key, read from files and read again when these change.

use std::fs::Metadata;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{self, ServerConfig};

/// Why there is no TLS with these files.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// A file cannot be read.
    #[error("{}: {error}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// It was read, and what was looked for is not in it.
    #[error("{}: {wanted} in PEM form is not in it", path.display())]
    Missing {
        /// The file.
        path: PathBuf,
        /// What was looked for.
        wanted: &'static str,
    },
    /// Certificate and key cannot be used, or not with each other.
    #[error("{} and {}: {error}", certificate.display(), key.display())]
    Unusable {
        /// The file of the certificate.
        certificate: PathBuf,
        /// The file of the key.
        key: PathBuf,
        /// Why.
        error: rustls::Error,
    },
}

/// A certificate chain and its key, as they stand in two PEM files.
#[derive(Debug)]
pub struct Certificate {
    chain: PathBuf,
    key: PathBuf,
    loaded: Mutex<Loaded>,
}

#[derive(Debug)]
struct Loaded {
    stamps: [Stamp; 2],
    config: Arc<ServerConfig>,
}

/// By what it shows that a file was replaced: when it was written, and its length.
type Stamp = Option<(SystemTime, u64)>;

impl Certificate {
    /// Reads both files.
    ///
    /// # Errors
    /// When one of them cannot be read, or they do not belong together.
    pub fn open(chain: &Path, key: &Path) -> Result<Self, CertificateError> {
        // Before reading: what changes meanwhile is read again.
        let stamps = [stamp(chain), stamp(key)];
        let config = Arc::new(config(chain, key)?);
        let loaded = Mutex::new(Loaded { stamps, config });
        Ok(Certificate { chain: chain.to_owned(), key: key.to_owned(), loaded })
    }

    /// Takes connections with what the files hold now. Where that cannot be used (one file may be replaced before the
    /// other), what they held before stays. Blocks.
    pub(super) fn acceptor(&self) -> TlsAcceptor {
        let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        let stamps = [stamp(&self.chain), stamp(&self.key)];
        if stamps != loaded.stamps {
            loaded.stamps = stamps;
            match config(&self.chain, &self.key) {
                Ok(config) => {
                    loaded.config = Arc::new(config);
                    tracing::info!("the certificate was read again");
                }
                Err(error) => tracing::warn!(%error, "the certificate stays as it was"),
            }
        }
        TlsAcceptor::from(loaded.config.clone())
    }
}

fn stamp(path: &Path) -> Stamp {
    let of = |meta: Metadata| Some((meta.modified().ok()?, meta.len()));
    path.metadata().ok().and_then(of)
}

/// TLS 1.2 and 1.3, HTTP/1.1 within.
fn config(chain: &Path, key: &Path) -> Result<ServerConfig, CertificateError> {
    let read = |path: &Path| {
        let unreadable = |error| CertificateError::Unreadable { path: path.to_owned(), error };
        std::fs::read(path).map_err(unreadable)
    };
    let missing = |path: &Path, wanted| CertificateError::Missing { path: path.to_owned(), wanted };
    let certificates: Vec<_> = CertificateDer::pem_slice_iter(&read(chain)?)
        .collect::<Result<_, _>>()
        .map_err(|_| missing(chain, "a sound certificate"))?;
    if certificates.is_empty() {
        return Err(missing(chain, "a certificate"));
    }
    let private = PrivateKeyDer::from_pem_slice(&read(key)?)
        .map_err(|_| missing(key, "a private key (PKCS#8, PKCS#1 or SEC1, not encrypted)"))?;
    let unusable = |error| CertificateError::Unusable {
        certificate: chain.to_owned(),
        key: key.to_owned(),
        error,
    };
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(unusable)?
        .with_no_client_auth()
        .with_single_cert(certificates, private)
        .map_err(unusable)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}
