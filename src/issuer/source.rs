//! Where the issuer's keys are, and how they are found.

use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use crate::access::Keys;
use crate::outgoing::{self, Address, AddressFault, OutgoingFault};

use super::IssuerFault;

/// Where keys come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeySource {
    /// A file with a key set, which is read again and again.
    File(PathBuf),
    /// A key set at this address.
    Url(Address),
    /// The issuer says where, in its metadata.
    Discover(Address),
}

/// What an issuer's metadata tells others: OpenID Connect Discovery 1.0 §3, SMART App Launch 2.2 (conformance).
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct Endpoints {
    /// Who it says it is.
    pub issuer: Option<String>,
    /// Where its keys are.
    pub jwks_uri: Option<String>,
    /// Where clients get tokens.
    pub token_endpoint: Option<String>,
    /// Where people sign in.
    pub authorization_endpoint: Option<String>,
    /// How clients prove themselves there, as it writes it.
    pub token_endpoint_auth_methods_supported: Option<Value>,
}

impl KeySource {
    /// The source by two settings: keys at a URL or in a file where that is said, else wherever the issuer says.
    ///
    /// # Errors
    /// When a URL is not one that keys may be fetched from.
    pub fn of(issuer: &str, keys: Option<&str>) -> Result<Self, AddressFault> {
        match keys {
            None => Address::parse(issuer).map(KeySource::Discover),
            Some(url) if url.contains("://") => Address::parse(url).map(KeySource::Url),
            Some(file) => Ok(KeySource::File(file.into())),
        }
    }

    /// Who is asked, for the log: a host, or `a file`.
    pub(super) fn place(&self) -> &str {
        match self {
            KeySource::File(_) => "a file",
            KeySource::Url(address) | KeySource::Discover(address) => address.place(),
        }
    }

    /// The keys as they are now. `known` are endpoints found before, which save asking for them; `patience` is for each
    /// document.
    pub(super) async fn fetch(
        &self,
        known: Option<&Endpoints>,
        patience: Duration,
    ) -> Result<(Keys, Option<Endpoints>), IssuerFault> {
        let (keys, found) = match self {
            KeySource::File(path) => {
                let length =
                    tokio::fs::metadata(path).await.map_err(|_| IssuerFault::NoFile)?.len();
                if length > outgoing::LONGEST as u64 {
                    return Err(OutgoingFault::TooLong.into());
                }
                (tokio::fs::read(path).await.map_err(|_| IssuerFault::NoFile)?.into(), None)
            }
            KeySource::Url(address) => (outgoing::get(address, patience).await?, None),
            KeySource::Discover(issuer) => {
                let found = match known {
                    Some(known) => known.clone(),
                    None => discover(issuer, patience).await?,
                };
                let address = found.jwks_uri.as_deref().ok_or(IssuerFault::NoMetadata)?;
                let address = Address::parse(address).map_err(|_| IssuerFault::NotSecure)?;
                (outgoing::get(&address, patience).await?, Some(found))
            }
        };
        Ok((Keys::parse(&keys)?, found))
    }
}

/// The issuer's metadata as OpenID Connect has it, else as SMART has it. Both must be of the very issuer that was asked for;
/// SMART's need not name it.
pub(super) async fn discover(
    issuer: &Address,
    patience: Duration,
) -> Result<Endpoints, IssuerFault> {
    let issuer = issuer.to_string();
    match read(&issuer, "openid-configuration", patience).await {
        Ok(found) if found.issuer.is_none() => Err(IssuerFault::AnotherIssuer),
        Err(IssuerFault::Outgoing(OutgoingFault::Status(_)) | IssuerFault::NoMetadata) => {
            read(&issuer, "smart-configuration", patience).await
        }
        other => other,
    }
}

async fn read(issuer: &str, name: &str, patience: Duration) -> Result<Endpoints, IssuerFault> {
    let base = issuer.trim_end_matches('/');
    let address = Address::parse(&format!("{base}/.well-known/{name}"))
        .map_err(|_| IssuerFault::NotSecure)?;
    let document = outgoing::get(&address, patience).await?;
    let found: Endpoints =
        serde_json::from_slice(&document).map_err(|_| IssuerFault::NoMetadata)?;
    match &found.issuer {
        Some(named) if named != issuer => Err(IssuerFault::AnotherIssuer),
        _ if found.jwks_uri.is_none() => Err(IssuerFault::NoMetadata),
        _ => Ok(found),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_come_from_where_the_settings_say() {
        let issuer = "https://issuer.test/realm";
        let place = |keys| KeySource::of(issuer, keys).map(|source| source.place().to_owned());
        assert_eq!(place(None).as_deref(), Ok("issuer.test"));
        assert_eq!(place(Some("https://keys.test/jwks")).as_deref(), Ok("keys.test"));
        assert_eq!(
            KeySource::of(issuer, Some("jwks.json")),
            Ok(KeySource::File("jwks.json".into()))
        );
        assert_eq!(place(Some("http://keys.test/jwks")), Err(AddressFault::NotSecure));
        assert_eq!(KeySource::of("http://issuer.test", None), Err(AddressFault::NotSecure));
        assert!(KeySource::of("any name", Some("/etc/pas/jwks.json")).is_ok());
    }
}
