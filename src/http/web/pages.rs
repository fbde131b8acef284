//! What pages need beside what messages do: where people sign in, how often they may come, how their cookies are set.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Instant;

use axum::http::{HeaderMap, header};
use sha2::{Digest as _, Sha256};

use crate::access::{RetryAfter, Turnstile};
use crate::issuer::{Client, Issuer};

/// Steps of signing in from one address in a minute at most. A clinic may be one address, and everybody begins at eight.
const SIGN_INS: NonZeroU32 = NonZeroU32::MIN.saturating_add(59);

/// Where people sign in.
#[derive(Debug)]
pub struct SignIn {
    /// With whom.
    pub issuer: Arc<Issuer>,
    /// As what it knows us.
    pub client: Client,
}

/// What pages need.
#[derive(Debug)]
pub struct Pages {
    sign_in: Option<SignIn>,
    /// Our own address is https: cookies go nowhere else.
    secure: bool,
    addresses: Turnstile<Option<IpAddr>>,
    sessions: Turnstile<[u8; 32]>,
}

impl Pages {
    /// `endpoint` is our own address as people have it. Without somewhere to sign in, only the sandbox's cast can.
    pub fn new(endpoint: &str, per_minute: NonZeroU32, sign_in: Option<SignIn>) -> Self {
        let scheme = endpoint.split("://").next().unwrap_or_default();
        Pages {
            sign_in,
            secure: scheme.eq_ignore_ascii_case("https"),
            addresses: Turnstile::new(SIGN_INS),
            sessions: Turnstile::new(per_minute),
        }
    }

    /// Where people sign in.
    pub fn sign_in(&self) -> Option<&SignIn> {
        self.sign_in.as_ref()
    }

    /// Lets somebody who signs in through, from this address.
    pub(super) fn knock(&self, address: Option<IpAddr>) -> Result<(), RetryAfter> {
        self.addresses.admit(&address.map(network), Instant::now())
    }

    /// Lets a request of this session through.
    pub(super) fn visit(&self, session: &[u8; 32]) -> Result<(), RetryAfter> {
        self.sessions.admit(session, Instant::now())
    }

    /// The cookie of a session.
    pub(super) fn session(&self) -> Cookie {
        let name = if self.secure { "__Host-pas_session" } else { "pas_session" };
        Cookie { name, path: "/", secure: self.secure }
    }

    /// The cookie of an attempt to sign in.
    pub(super) fn attempt(&self) -> Cookie {
        let name = if self.secure { "__Secure-pas_sign_in" } else { "pas_sign_in" };
        Cookie { name, path: "/sign-in", secure: self.secure }
    }
}

/// Whoever has one address of IPv6 has the last 64 bits of it to choose from.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(address) if address.to_ipv4_mapped().is_none() => {
            IpAddr::V6((u128::from(address) >> 64 << 64).into())
        }
        other => other.to_canonical(),
    }
}

/// A cookie of ours, which no script reads and no other site's form sends.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cookie {
    name: &'static str,
    path: &'static str,
    secure: bool,
}

impl Cookie {
    /// Set to a value, for as long as the browser runs or for some seconds.
    pub(super) fn set(self, value: &str, seconds: Option<u32>) -> String {
        let Cookie { name, path, secure } = self;
        let age = seconds.map(|seconds| format!("; Max-Age={seconds}")).unwrap_or_default();
        let secure = if secure { "; Secure" } else { "" };
        format!("{name}={value}; Path={path}; HttpOnly; SameSite=Lax{secure}{age}")
    }

    /// Forgotten.
    pub(super) fn gone(self) -> String {
        self.set("", Some(0))
    }

    /// What a browser sent.
    pub(super) fn of(self, headers: &HeaderMap) -> Option<&str> {
        let cookies = headers.get_all(header::COOKIE).iter();
        let cookies = cookies.filter_map(|value| value.to_str().ok());
        let mut pairs = cookies.flat_map(|value| value.split(';'));
        pairs.find_map(|pair| pair.trim().strip_prefix(self.name)?.strip_prefix('='))
    }

    /// The digest of it, by which a session is known.
    pub(super) fn digest(self, headers: &HeaderMap) -> Option<[u8; 32]> {
        Some(Sha256::digest(self.of(headers)?.as_bytes()).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pages(endpoint: &str) -> Pages {
        Pages::new(endpoint, NonZeroU32::MIN, None)
    }

    #[test]
    fn cookies_are_for_https_alone_where_we_are_https() {
        let (tls, plain) = (pages("https://pas.test/$process-message"), pages("http://pas.test"));
        assert_eq!(
            tls.session().set("s", None),
            "__Host-pas_session=s; Path=/; HttpOnly; SameSite=Lax; Secure"
        );
        assert_eq!(
            tls.attempt().set("a", Some(600)),
            "__Secure-pas_sign_in=a; Path=/sign-in; HttpOnly; SameSite=Lax; Secure; Max-Age=600"
        );
        assert_eq!(plain.session().set("s", None), "pas_session=s; Path=/; HttpOnly; SameSite=Lax");
        assert_eq!(
            plain.attempt().gone(),
            "pas_sign_in=; Path=/sign-in; HttpOnly; SameSite=Lax; Max-Age=0"
        );
    }

    #[test]
    fn of_many_cookies_ours_is_read_to_the_letter_of_its_name() {
        let mut headers = HeaderMap::new();
        headers.append(header::COOKIE, "a=1; pas_session_x=2; pas_session=3".parse().unwrap());
        headers.append(header::COOKIE, "pas_sign_in=4".parse().unwrap());
        let plain = pages("http://pas.test");
        assert_eq!(plain.session().of(&headers), Some("3"));
        assert_eq!(plain.attempt().of(&headers), Some("4"));
        assert_eq!(pages("https://pas.test").session().of(&headers), None, "by its other name");
    }

    #[test]
    fn neighbours_in_a_network_of_ipv6_are_one() {
        let one = |text: &str| network(text.parse().unwrap()).to_string();
        assert_eq!(one("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert_eq!(one("192.0.2.7"), "192.0.2.7");
        assert_eq!(one("::ffff:192.0.2.7"), "192.0.2.7");
    }
}
