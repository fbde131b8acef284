//! From an ID token to a person who signs in with a browser: every check of OpenID Connect Core 1.0 §3.1.3.7 that applies, or why not.

use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::caller::{ClientId, Subject};
use super::fault::TokenFault;
use super::proven::Times;
use super::token::{OneOrMany, Verifier};

/// An access token must not pass for an ID token.
const KINDS: &[&str] = &["jwt", "application/jwt"];
/// Letters of a name at most.
const LONGEST_NAME: usize = 200;

/// Who asked for an ID token, and by which attempt.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// Ourselves, as the issuer knows us.
    pub client: &'a ClientId,
    /// What only this attempt has.
    pub nonce: &'a str,
}

/// Who signed in.
#[derive(Clone, PartialEq, Eq)]
pub struct Identity {
    /// As the issuer knows them.
    pub subject: Subject,
    /// As they are greeted.
    pub name: String,
}

/// Never who: it must not reach a log by way of `{:?}`.
impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Identity(…)")
    }
}

/// Why an ID token is refused. For the log: nothing of the token is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IdentityFault {
    /// What can be wrong with every token.
    #[error("{}", .0.text())]
    Token(TokenFault),
    /// The header's `typ` says that it is another kind of token.
    #[error("The token's 'typ' says that it is no ID token.")]
    AnotherKind,
    /// No `iat`.
    #[error("The token has no 'iat'.")]
    NoIssuedAt,
    /// `azp` is another, or absent where there are several audiences.
    #[error("The token's 'azp' is not this client.")]
    WrongParty,
    /// `nonce` is absent or of another attempt.
    #[error("The token's 'nonce' is of another attempt.")]
    WrongNonce,
    /// No `sub` of 1 to 200 printable characters.
    #[error("The token has no 'sub' of 1 to 200 printable characters.")]
    NoSubject,
}

impl From<TokenFault> for IdentityFault {
    fn from(fault: TokenFault) -> Self {
        match fault {
            TokenFault::NotForAccess => IdentityFault::AnotherKind,
            fault => IdentityFault::Token(fault),
        }
    }
}

#[derive(Deserialize)]
struct Claims {
    iss: Option<String>,
    aud: Option<OneOrMany>,
    azp: Option<String>,
    exp: Option<f64>,
    nbf: Option<f64>,
    iat: Option<f64>,
    nonce: Option<String>,
    sub: Option<String>,
    name: Option<String>,
    preferred_username: Option<String>,
}

impl Verifier {
    /// Whom this ID token is about, as of `now`. It is proven once and never remembered.
    ///
    /// # Errors
    /// The first check that fails: shape, algorithm, key, signature, issuer, audience, party, time, nonce, name.
    pub fn identify(
        &self,
        token: &str,
        asked: &Asked<'_>,
        now: DateTime<Utc>,
    ) -> Result<Identity, IdentityFault> {
        let claims: Claims = self.claims(token, KINDS)?;
        let expected = self.expected();
        if claims.iss.as_ref() != Some(&expected.issuer) {
            return Err(TokenFault::WrongIssuer.into());
        }
        let ours = |name: &String| name == asked.client.as_str();
        let audience = claims.aud.as_ref().map(OneOrMany::all).unwrap_or_default();
        if !audience.iter().any(ours) {
            return Err(TokenFault::WrongAudience.into());
        }
        if !claims.azp.as_ref().map_or(audience.len() == 1, ours) {
            return Err(IdentityFault::WrongParty);
        }
        let issued = claims.iat.ok_or(IdentityFault::NoIssuedAt)?;
        let until = claims.exp.ok_or(TokenFault::NoExpiry)?;
        let from = Some(claims.nbf.map_or(issued, |from| from.max(issued)));
        Times { from, until }.check(now, expected.leeway)?;
        if claims.nonce.as_deref() != Some(asked.nonce) {
            return Err(IdentityFault::WrongNonce);
        }
        let subject = claims.sub.as_deref().and_then(Subject::parse);
        let subject = subject.ok_or(IdentityFault::NoSubject)?;
        let named = [claims.name, claims.preferred_username].into_iter().flatten();
        let name = named.map(|name| greeting(&name)).find(|name| !name.is_empty());
        let name = name.unwrap_or_else(|| subject.as_str().to_owned());
        Ok(Identity { subject, name })
    }
}

/// A name as a page and a table can hold it.
fn greeting(name: &str) -> String {
    let shown = name.chars().filter(|c| !c.is_control());
    shown.take(LONGEST_NAME).collect::<String>().trim().to_owned()
}
