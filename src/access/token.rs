//! From a bearer token to a caller: every check of RFC 7519 §7.2, RFC 8725 and RFC 9068 §4 that applies, or why not.

use std::sync::{Arc, PoisonError, RwLock};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::Validation;
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};

use super::algorithm::Algorithm;
use super::caller::{Caller, ClientId, Subject};
use super::fault::TokenFault;
use super::jwks::Keys;
use super::proven::{Fingerprint, Memory, Proven, Times};
use super::scope::{Level, Scopes};
use super::signature;

/// Bytes of a token at most; a longer one is not looked at.
const LONGEST: usize = 8 << 10;

/// RFC 8725 §3.11: another kind of token of the same issuer must not pass for an access token.
const ACCESS: &[&str] = &["jwt", "at+jwt", "application/at+jwt", "application/jwt"];

/// What a token must be to be accepted.
#[derive(Debug, Clone)]
pub struct Expectation {
    /// `iss`, to the letter.
    pub issuer: String,
    /// What `aud` must hold, to the letter.
    pub audience: String,
    /// How it may be signed.
    pub algorithms: Vec<Algorithm>,
    /// By how much the issuer's clock may differ from ours.
    pub leeway: TimeDelta,
}

impl Expectation {
    /// The usual algorithms and half a minute of leeway.
    pub fn new(issuer: impl Into<String>, audience: impl Into<String>) -> Self {
        Expectation {
            issuer: issuer.into(),
            audience: audience.into(),
            algorithms: Algorithm::DEFAULT.to_vec(),
            leeway: TimeDelta::seconds(30),
        }
    }
}

/// Who calls, and what they may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authenticated {
    /// Who.
    pub caller: Caller,
    /// What.
    pub scopes: Scopes,
}

impl Authenticated {
    /// Where nobody is asked for a token.
    pub const UNCHECKED: Authenticated =
        Authenticated { caller: Caller::Unchecked, scopes: Scopes::ALL };
}

/// Checks tokens. Its keys can be replaced while others check.
#[derive(Debug)]
pub struct Verifier {
    expected: Expectation,
    keys: RwLock<Option<Arc<Held>>>,
}

/// Keys, and what they proved: forgotten together, so that no token outlives the key that signed it.
#[derive(Debug)]
struct Held {
    keys: Keys,
    memory: Memory,
}

/// The part of a token's header that matters.
#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    typ: Option<String>,
    crit: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct Claims {
    iss: Option<String>,
    aud: Option<OneOrMany>,
    exp: Option<f64>,
    nbf: Option<f64>,
    iat: Option<f64>,
    sub: Option<String>,
    client_id: Option<String>,
    azp: Option<String>,
    scope: Option<OneOrMany>,
    scp: Option<OneOrMany>,
}

#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl OneOrMany {
    pub(super) fn all(&self) -> &[String] {
        match self {
            OneOrMany::One(one) => std::slice::from_ref(one),
            OneOrMany::Many(many) => many,
        }
    }
}

impl Verifier {
    /// A verifier that has no keys yet.
    pub fn new(expected: Expectation) -> Self {
        signature::install();
        Verifier { expected, keys: RwLock::new(None) }
    }

    /// What tokens must be.
    pub fn expected(&self) -> &Expectation {
        &self.expected
    }

    /// From now on, tokens are checked with these keys alone.
    pub fn replace(&self, keys: Keys) {
        let held = Held { keys, memory: Memory::default() };
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(held));
    }

    /// Whether there are keys to check with.
    pub fn has_keys(&self) -> bool {
        self.held().is_some()
    }

    /// How many tokens need no arithmetic when they come again.
    #[cfg(test)]
    pub(super) fn remembered(&self) -> usize {
        self.held().map_or(0, |held| held.memory.len())
    }

    fn held(&self) -> Option<Arc<Held>> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Who sent this token, as of `now`. The signature of a token is checked once a set of keys, its times always.
    ///
    /// # Errors
    /// The first check that fails: shape, algorithm, key, signature, issuer, audience, time, names.
    pub fn verify(&self, token: &str, now: DateTime<Utc>) -> Result<Authenticated, TokenFault> {
        if token.len() > LONGEST {
            return Err(TokenFault::TooLong);
        }
        let (held, fingerprint) = (self.held(), Fingerprint::of(token));
        if let Some(proven) = held.as_ref().and_then(|held| held.memory.recall(fingerprint)) {
            proven.times.check(now, self.expected.leeway)?;
            return Ok(proven.by);
        }
        let (header, algorithm) = self.header(token, ACCESS)?;
        let held = held.ok_or(TokenFault::NoKeys)?;
        let claims: Claims = signed(token, &header, algorithm, &held.keys)?;
        let proven = self.prove(&claims, now)?;
        held.memory.keep(fingerprint, proven.clone());
        Ok(proven.by)
    }

    /// The claims of a token of one of these kinds (`typ`) that a key of the issuer signed. What they say is not looked at.
    pub(super) fn claims<T: DeserializeOwned>(
        &self,
        token: &str,
        kinds: &[&str],
    ) -> Result<T, TokenFault> {
        if token.len() > LONGEST {
            return Err(TokenFault::TooLong);
        }
        let (header, algorithm) = self.header(token, kinds)?;
        let held = self.held().ok_or(TokenFault::NoKeys)?;
        signed(token, &header, algorithm, &held.keys)
    }

    /// What the header says, read by itself: `jsonwebtoken` cannot tell a refused algorithm from a broken header.
    fn header(&self, token: &str, kinds: &[&str]) -> Result<(Header, Algorithm), TokenFault> {
        let mut parts = token.split('.');
        let (Some(first), Some(_), Some(_), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(TokenFault::Malformed);
        };
        let json = URL_SAFE_NO_PAD.decode(first).map_err(|_| TokenFault::Malformed)?;
        let header: Header = serde_json::from_slice(&json).map_err(|_| TokenFault::Malformed)?;
        let algorithm = Algorithm::of(&header.alg)
            .filter(|algorithm| self.expected.algorithms.contains(algorithm))
            .ok_or(TokenFault::AlgorithmRefused)?;
        if header.crit.is_some() {
            return Err(TokenFault::Critical);
        }
        match &header.typ {
            Some(typ) if !kinds.contains(&typ.to_ascii_lowercase().as_str()) => {
                Err(TokenFault::NotForAccess)
            }
            _ => Ok((header, algorithm)),
        }
    }

    /// What the claims of a token say that is signed; nothing unless it is in force now.
    fn prove(&self, claims: &Claims, now: DateTime<Utc>) -> Result<Proven, TokenFault> {
        let Expectation { issuer, audience, leeway, .. } = &self.expected;
        if claims.iss.as_ref() != Some(issuer) {
            return Err(TokenFault::WrongIssuer);
        }
        if !claims.aud.as_ref().is_some_and(|aud| aud.all().contains(audience)) {
            return Err(TokenFault::WrongAudience);
        }
        let until = claims.exp.ok_or(TokenFault::NoExpiry)?;
        let from = [claims.nbf, claims.iat].into_iter().flatten().reduce(f64::max);
        let times = Times { from, until };
        times.check(now, *leeway)?;
        Ok(Proven { by: authenticated(claims)?, times })
    }
}

/// The claims of a token that one of these keys signed.
fn signed<T: DeserializeOwned>(
    token: &str,
    header: &Header,
    algorithm: Algorithm,
    keys: &Keys,
) -> Result<T, TokenFault> {
    let kid = header.kid.as_deref();
    let key = keys.select(kid, algorithm).ok_or(if keys.names(kid) {
        TokenFault::AlgorithmRefused
    } else {
        TokenFault::UnknownKey
    })?;
    // Signature and base64 are the crate's; the claims are ours, since it reads the machine's clock.
    let mut signature_only = Validation::new(algorithm.named());
    signature_only.required_spec_claims.clear();
    signature_only.validate_exp = false;
    signature_only.validate_nbf = false;
    signature_only.validate_aud = false;
    jsonwebtoken::decode::<T>(token, &key.public, &signature_only)
        .map(|token| token.claims)
        .map_err(|error| TokenFault::of(error.kind()))
}

/// Who is named, and what for. One scope of a user makes it a user's token: then the program's own scopes do not count,
/// since nobody may do in a person's name what that person was not given.
fn authenticated(claims: &Claims) -> Result<Authenticated, TokenFault> {
    let client = claims.client_id.as_deref().or(claims.azp.as_deref());
    let client = client.and_then(ClientId::parse).ok_or(TokenFault::NoClient)?;
    let granted = claims.scope.as_ref().or(claims.scp.as_ref());
    let words: Vec<&str> = granted
        .map(OneOrMany::all)
        .unwrap_or_default()
        .iter()
        .flat_map(|text| text.split_ascii_whitespace())
        .collect();
    if !words.iter().any(|word| word.starts_with(Level::User.prefix())) {
        let scopes = Scopes::of(words, Level::System);
        return Ok(Authenticated { caller: Caller::System { client }, scopes });
    }
    let subject = claims.sub.as_deref().and_then(Subject::parse).ok_or(TokenFault::NoSubject)?;
    let scopes = Scopes::of(words, Level::User);
    Ok(Authenticated { caller: Caller::User { client, subject }, scopes })
}
