//! Addresses that something may be asked of.

use std::fmt;
use std::net::IpAddr;

use hyper::Uri;

/// An `https:` URL; `http:` for loopback alone, where nobody can listen in. Without user, password or fragment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    text: String,
    uri: Uri,
}

/// Why a text is no such address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddressFault {
    /// No absolute `http:` or `https:` URL.
    #[error("an absolute https URL is wanted")]
    NotAUrl,
    /// Has user, password or fragment.
    #[error("an https URL without user, password or fragment is wanted")]
    MoreThanAPlace,
    /// `http:` on another host than this one.
    #[error("https is wanted; http is taken for loopback addresses only")]
    NotSecure,
}

impl Address {
    /// Reads an address.
    ///
    /// # Errors
    /// When nothing should be asked of it.
    pub fn parse(text: &str) -> Result<Self, AddressFault> {
        let uri: Uri = text.parse().map_err(|_| AddressFault::NotAUrl)?;
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Err(AddressFault::NotAUrl);
        };
        // Uri drops a fragment without a word.
        if authority.as_str().contains('@') || text.contains('#') {
            return Err(AddressFault::MoreThanAPlace);
        }
        match scheme {
            _ if authority.host().is_empty() => Err(AddressFault::NotAUrl),
            "http" if !loopback(authority.host()) => Err(AddressFault::NotSecure),
            "http" | "https" => Ok(Address { text: text.to_owned(), uri }),
            _ => Err(AddressFault::NotAUrl),
        }
    }

    /// The host and port, which is all that a log is told.
    pub fn place(&self) -> &str {
        self.uri.authority().map_or("", |authority| authority.as_str())
    }

    pub(super) fn uri(&self) -> Uri {
        self.uri.clone()
    }

    pub(super) fn is_secure(&self) -> bool {
        self.uri.scheme_str() == Some("https")
    }
}

/// To the letter as it was given: an issuer is compared so.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn https_anywhere_and_http_on_this_machine() {
        for text in [
            "https://issuer.test",
            "https://issuer.test:8443/realms/bc?p=1",
            "http://localhost:9000/jwks",
            "http://127.0.0.1/jwks",
            "http://127.1.2.3:1/jwks",
            "http://[::1]:8080/jwks",
        ] {
            assert_eq!(
                Address::parse(text).map(|address| address.to_string()),
                Ok(text.to_owned())
            );
        }
    }

    #[test]
    fn everything_else_is_refused() {
        for (text, fault) in [
            ("", AddressFault::NotAUrl),
            ("issuer.test", AddressFault::NotAUrl),
            ("/jwks", AddressFault::NotAUrl),
            ("ftp://issuer.test/jwks", AddressFault::NotAUrl),
            ("file:///etc/passwd", AddressFault::NotAUrl),
            ("https://", AddressFault::NotAUrl),
            ("https://me:secret@issuer.test/jwks", AddressFault::MoreThanAPlace),
            ("https://issuer.test/jwks#one", AddressFault::MoreThanAPlace),
            ("http://issuer.test/jwks", AddressFault::NotSecure),
            ("http://localhost.issuer.test/jwks", AddressFault::NotSecure),
            ("http://10.0.0.1/jwks", AddressFault::NotSecure),
            ("http://0.0.0.0/jwks", AddressFault::NotSecure),
        ] {
            assert_eq!(Address::parse(text), Err(fault), "{text}");
        }
    }
}
