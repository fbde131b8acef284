//! The sandbox signs tokens itself, with a key that lives as long as the process.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use ring::digest;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::jwks::{Keys, KeysFault};
use super::signature;

/// Signs tokens with an ES256 key of its own.
pub struct Mint {
    issuer: String,
    kid: String,
    key: EncodingKey,
    jwks: Value,
}

/// What a token is to say.
#[derive(Debug, Clone)]
pub struct Claims<'c> {
    /// `client_id`: the program.
    pub client: &'c str,
    /// `sub`: the person, or once more the program.
    pub subject: &'c str,
    /// `scope`: what is granted, spaces between.
    pub scope: &'c str,
    /// `jti`: the token's own id.
    pub id: Uuid,
}

/// Why there is no key or no token: the machine gives no random numbers, or the arithmetic failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no key could be made, or it did not sign")]
pub struct MintFault;

#[derive(Serialize)]
struct Written<'c> {
    iss: &'c str,
    sub: &'c str,
    aud: &'c str,
    iat: i64,
    nbf: i64,
    exp: i64,
    jti: String,
    client_id: &'c str,
    scope: &'c str,
}

impl Mint {
    /// How long a token lives.
    pub const LIFETIME: TimeDelta = TimeDelta::hours(1);

    /// A mint with a fresh key. `issuer` is the server's own base URL: `iss` and `aud` of its tokens.
    ///
    /// # Errors
    /// When no key could be made.
    pub fn new(issuer: impl Into<String>) -> Result<Self, MintFault> {
        signature::install();
        let random = SystemRandom::new();
        let how = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let document = EcdsaKeyPair::generate_pkcs8(how, &random).map_err(|_| MintFault)?;
        let pair =
            EcdsaKeyPair::from_pkcs8(how, document.as_ref(), &random).map_err(|_| MintFault)?;
        // 0x04, then the two coordinates.
        let point = pair.public_key().as_ref();
        let (Some(x), Some(y)) = (point.get(1..33), point.get(33..65)) else {
            return Err(MintFault);
        };
        let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let kid = text(digest::digest(&digest::SHA256, point).as_ref());
        let jwks = json!({ "keys": [{
            "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": kid, "x": text(x), "y": text(y),
        }] });
        let key = EncodingKey::from_ec_der(document.as_ref());
        Ok(Mint { issuer: issuer.into(), kid, key, jwks })
    }

    /// `iss` and `aud` of its tokens.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The public half of its key, as a JSON Web Key Set.
    pub fn jwks(&self) -> &Value {
        &self.jwks
    }

    /// The same, to check tokens with.
    ///
    /// # Errors
    /// Never for a key that it made.
    pub fn keys(&self) -> Result<Keys, KeysFault> {
        Keys::parse(self.jwks.to_string().as_bytes())
    }

    /// A signed token that lives for an hour from `now`.
    ///
    /// # Errors
    /// When it could not be signed.
    pub fn mint(&self, claims: &Claims<'_>, now: DateTime<Utc>) -> Result<String, MintFault> {
        let header = Header {
            typ: Some("at+jwt".to_owned()),
            kid: Some(self.kid.clone()),
            ..Header::new(Algorithm::ES256)
        };
        let from = now.timestamp();
        let written = Written {
            iss: &self.issuer,
            sub: claims.subject,
            aud: &self.issuer,
            iat: from,
            nbf: from,
            exp: from + Mint::LIFETIME.num_seconds(),
            jti: claims.id.to_string(),
            client_id: claims.client,
            scope: claims.scope,
        };
        jsonwebtoken::encode(&header, &written, &self.key).map_err(|_| MintFault)
    }
}

/// Never the key.
impl std::fmt::Debug for Mint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Mint").field("issuer", &self.issuer).finish_non_exhaustive()
    }
}
