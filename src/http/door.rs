//! Who is let in: a token with every message, and not too many messages from one client.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::ConnectInfo;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, header};
use chrono::{DateTime, Utc};

use crate::access::{Authenticated, Budget, Caller, Limiter, RetryAfter, TokenFault};
use crate::fault::{Code, Issue};
use crate::issuer::Issuer;

/// Who is let in.
#[derive(Debug)]
pub enum Door {
    /// Everybody, and nobody is asked (`--insecure-no-auth`).
    Open,
    /// Whoever has a token of the issuer, as often as one client may.
    Guarded {
        /// Checks tokens.
        issuer: Arc<Issuer>,
        /// Counts.
        limiter: Limiter,
    },
}

/// Why somebody is turned away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turned {
    /// No token came with it.
    NoToken,
    /// A token that is not accepted.
    Token(TokenFault),
    /// Too soon.
    Often(RetryAfter),
}

impl Door {
    /// Who sends this; and one request of theirs is counted.
    pub(super) async fn admit(
        &self,
        headers: &HeaderMap,
        now: DateTime<Utc>,
    ) -> Result<Authenticated, (Turned, Caller)> {
        let Door::Guarded { issuer, limiter } = self else {
            return Ok(Authenticated::UNCHECKED);
        };
        let token = bearer(headers).map_err(|turned| (turned, Caller::Unchecked))?;
        let by = issuer.verify(token, now).await;
        let by = by.map_err(|fault| (Turned::Token(fault), Caller::Unchecked))?;
        if let Some(client) = by.caller.client() {
            let admitted = limiter.admit(client, Instant::now());
            admitted.map_err(|often| (Turned::Often(often), by.caller.clone()))?;
        }
        Ok(by)
    }

    /// Whether anybody can be let in: without a key of the issuer nobody is.
    pub(super) fn opens(&self) -> bool {
        match self {
            Door::Open => true,
            Door::Guarded { issuer, .. } => issuer.verifier().has_keys(),
        }
    }

    /// How old the keys are that tokens are checked with; none for the sandbox's own, and before there are any.
    pub(super) fn keys_age(&self) -> Option<Duration> {
        match self {
            Door::Open => None,
            Door::Guarded { issuer, .. } => issuer.keys_age(),
        }
    }

    /// What counts the requests and failed matches of clients.
    pub(super) fn limiter(&self) -> Option<&Limiter> {
        match self {
            Door::Open => None,
            Door::Guarded { limiter, .. } => Some(limiter),
        }
    }
}

impl Turned {
    /// What the sender is told.
    pub(super) fn issue(self) -> Issue {
        match self {
            Turned::NoToken => Issue::plain(Code::TokenMissing),
            Turned::Token(TokenFault::NoKeys) => Issue::plain(Code::IssuerUnavailable),
            Turned::Token(fault) => Issue::with(Code::TokenInvalid, fault.text()),
            Turned::Often(RetryAfter { budget: Budget::Requests, .. }) => {
                Issue::plain(Code::TooManyRequests)
            }
            Turned::Often(RetryAfter { budget: Budget::FailedMatches, .. }) => {
                Issue::plain(Code::TooManyFailedMatches)
            }
        }
    }

    /// Seconds after which it may be tried again, where that is known.
    pub(super) fn retry_after(self) -> Option<u64> {
        match self {
            Turned::Often(often) => Some(often.seconds),
            Turned::NoToken | Turned::Token(_) => None,
        }
    }
}

/// The token of an `Authorization: Bearer` (RFC 6750 §2.1); other places for tokens are not looked at.
fn bearer(headers: &HeaderMap) -> Result<&str, Turned> {
    let mut given = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(first), None) = (given.next(), given.next()) else {
        return Err(if headers.contains_key(header::AUTHORIZATION) {
            Turned::Token(TokenFault::Malformed)
        } else {
            Turned::NoToken
        });
    };
    let words = first.to_str().ok().and_then(|text| text.trim().split_once(' '));
    match words {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => Ok(token.trim()),
        _ => Err(Turned::NoToken),
    }
}

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Where a request came from: the peer; or, behind a gateway that is trusted to say so, the last address that it added.
pub(super) fn origin(parts: &Parts, behind_gateway: bool) -> Option<IpAddr> {
    let forwarded = || {
        let last = parts.headers.get_all(FORWARDED_FOR).iter().next_back()?.to_str().ok()?;
        let last = last.rsplit(',').next()?.trim();
        // Some gateways name the port as well.
        last.parse().ok().or_else(|| Some(last.parse::<SocketAddr>().ok()?.ip()))
    };
    let peer = || parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip());
    behind_gateway.then(forwarded).flatten().or_else(peer)
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    fn parts(headers: &[(&str, &str)]) -> Parts {
        let mut request = Request::post("/");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let peer: SocketAddr = "192.0.2.1:5000".parse().unwrap();
        request.extension(ConnectInfo(peer)).body(()).unwrap().into_parts().0
    }

    #[test]
    fn one_bearer_token_is_taken_and_nothing_else() {
        fn taken(values: &[&str]) -> Result<String, Turned> {
            let headers: Vec<_> = values.iter().map(|value| ("authorization", *value)).collect();
            bearer(&parts(&headers).headers).map(str::to_owned)
        }
        assert_eq!(taken(&["Bearer a.b.c"]), Ok("a.b.c".into()));
        assert_eq!(taken(&["bearer  a.b.c "]), Ok("a.b.c".into()));
        assert_eq!(taken(&[]), Err(Turned::NoToken));
        for other in ["Basic YTpi", "Bearer", "a.b.c", ""] {
            assert_eq!(taken(&[other]), Err(Turned::NoToken), "{other}");
        }
        let two = taken(&["Bearer a.b.c", "Bearer d.e.f"]);
        assert_eq!(two, Err(Turned::Token(TokenFault::Malformed)));
    }

    #[test]
    fn a_forwarded_address_counts_only_behind_a_gateway_and_only_the_last() {
        let address = |text: &str| Some(text.parse::<IpAddr>().unwrap());
        let forged = parts(&[("x-forwarded-for", "198.51.100.9, 203.0.113.5")]);
        assert_eq!(origin(&forged, false), address("192.0.2.1"));
        assert_eq!(origin(&forged, true), address("203.0.113.5"));
        let twice = [("x-forwarded-for", "198.51.100.9"), ("x-forwarded-for", "203.0.113.6")];
        assert_eq!(origin(&parts(&twice), true), address("203.0.113.6"));
        let with_port = parts(&[("x-forwarded-for", "203.0.113.7:567")]);
        assert_eq!(origin(&with_port, true), address("203.0.113.7"));
        assert_eq!(origin(&parts(&[("x-forwarded-for", "nobody")]), true), address("192.0.2.1"));
        assert_eq!(origin(&parts(&[]), true), address("192.0.2.1"));
    }
}
