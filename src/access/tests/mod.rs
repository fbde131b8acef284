//! Tokens of every kind, made with keys of the tests, against the verifier.

mod accepted;
mod again;
mod identity;
mod keys;
mod mutations;
mod refused;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use ring::rand::SystemRandom;
use ring::signature::{
    self, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RsaEncoding, RsaKeyPair,
    RsaPublicKeyComponents,
};
use serde_json::{Value, json};

use super::{Algorithm, Authenticated, Expectation, Keys, TokenFault, Verifier};

pub(super) const ISSUER: &str = "https://issuer.test";
pub(super) const AUDIENCE: &str = "https://pas.test";

/// The instant at which all tests take place.
pub(super) fn now() -> DateTime<Utc> {
    "2026-11-22T17:00:00Z".parse().unwrap()
}

pub(super) fn base64url(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// A private key of a test.
pub(super) enum Private {
    P256(EcdsaKeyPair),
    P384(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
    Rsa(RsaKeyPair),
}

impl Private {
    pub(super) fn p256() -> Self {
        Private::P256(ecdsa(&signature::ECDSA_P256_SHA256_FIXED_SIGNING))
    }

    pub(super) fn p384() -> Self {
        Private::P384(ecdsa(&signature::ECDSA_P384_SHA384_FIXED_SIGNING))
    }

    pub(super) fn ed25519() -> Self {
        let document = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
        Private::Ed25519(Ed25519KeyPair::from_pkcs8(document.as_ref()).unwrap())
    }

    /// The one RSA key of the tests: ring makes none.
    pub(super) fn rsa() -> Self {
        let text = include_str!("../../../tests/keys/rsa-2048-test-only.txt");
        let base64: String = text.lines().filter(|line| !line.starts_with('#')).collect();
        Private::Rsa(RsaKeyPair::from_pkcs8(&STANDARD.decode(base64).unwrap()).unwrap())
    }

    /// Its public half, as an issuer publishes it.
    pub(super) fn jwk(&self, kid: &str) -> Value {
        let point = |pair: &EcdsaKeyPair, curve: &str| {
            let (x, y) = {
                let bytes = &pair.public_key().as_ref()[1..];
                bytes.split_at(bytes.len() / 2)
            };
            json!({ "kty": "EC", "crv": curve, "x": base64url(x), "y": base64url(y), "kid": kid, "use": "sig" })
        };
        match self {
            Private::P256(pair) => point(pair, "P-256"),
            Private::P384(pair) => point(pair, "P-384"),
            Private::Ed25519(pair) => json!({
                "kty": "OKP", "crv": "Ed25519", "x": base64url(pair.public_key().as_ref()), "kid": kid,
            }),
            Private::Rsa(pair) => {
                let parts = RsaPublicKeyComponents::<Vec<u8>>::from(pair.public());
                json!({ "kty": "RSA", "n": base64url(parts.n), "e": base64url(parts.e), "kid": kid, "use": "sig" })
            }
        }
    }

    fn sign(&self, algorithm: &str, text: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match self {
            Private::P256(pair) | Private::P384(pair) => {
                pair.sign(&random, text).unwrap().as_ref().to_vec()
            }
            Private::Ed25519(pair) => pair.sign(text).as_ref().to_vec(),
            Private::Rsa(pair) => {
                let how: &dyn RsaEncoding = match algorithm {
                    "RS256" => &signature::RSA_PKCS1_SHA256,
                    "RS384" => &signature::RSA_PKCS1_SHA384,
                    "RS512" => &signature::RSA_PKCS1_SHA512,
                    "PS256" => &signature::RSA_PSS_SHA256,
                    "PS384" => &signature::RSA_PSS_SHA384,
                    _ => &signature::RSA_PSS_SHA512,
                };
                let mut signed = vec![0; pair.public().modulus_len()];
                pair.sign(how, &random, text, &mut signed).unwrap();
                signed
            }
        }
    }

    /// A token with this header and these claims, signed as the header's `alg` says.
    pub(super) fn token(&self, header: &Value, claims: &Value) -> String {
        let text = unsigned(header, claims);
        let algorithm = header["alg"].as_str().unwrap_or_default();
        format!("{text}.{}", base64url(self.sign(algorithm, text.as_bytes())))
    }
}

fn ecdsa(how: &'static signature::EcdsaSigningAlgorithm) -> EcdsaKeyPair {
    let random = SystemRandom::new();
    let document = EcdsaKeyPair::generate_pkcs8(how, &random).unwrap();
    EcdsaKeyPair::from_pkcs8(how, document.as_ref(), &random).unwrap()
}

pub(super) fn unsigned(header: &Value, claims: &Value) -> String {
    format!("{}.{}", base64url(header.to_string()), base64url(claims.to_string()))
}

/// The header of an ES256 token by the key `one`.
pub(super) fn header() -> Value {
    json!({ "alg": "ES256", "typ": "JWT", "kid": "one" })
}

/// Claims of a program that nothing is wrong with.
pub(super) fn claims() -> Value {
    json!({
        "iss": ISSUER, "aud": AUDIENCE, "sub": "emr", "client_id": "emr",
        "iat": now().timestamp(), "nbf": now().timestamp(), "exp": now().timestamp() + 300,
        "scope": "system/Group.read system/Group.write",
    })
}

/// The same with one claim different; null: without it.
pub(super) fn claims_with(name: &str, value: Value) -> Value {
    let mut claims = claims();
    if value.is_null() {
        claims.as_object_mut().unwrap().remove(name);
    } else {
        claims[name] = value;
    }
    claims
}

pub(super) fn key_set(keys: &[Value]) -> Keys {
    Keys::parse(json!({ "keys": keys }).to_string().as_bytes()).unwrap()
}

/// A verifier of every algorithm with these keys.
pub(super) fn verifier(keys: &[Value]) -> Verifier {
    let expected =
        Expectation { algorithms: Algorithm::ALL.to_vec(), ..Expectation::new(ISSUER, AUDIENCE) };
    let verifier = Verifier::new(expected);
    verifier.replace(key_set(keys));
    verifier
}

/// A fresh ES256 key that is called `one`, and a verifier that knows it.
pub(super) fn one_key() -> (Private, Verifier) {
    let key = Private::p256();
    let verifier = verifier(&[key.jwk("one")]);
    (key, verifier)
}

/// What becomes of an ES256 token with these claims.
pub(super) fn verified(claims: &Value) -> Result<Authenticated, TokenFault> {
    let (key, verifier) = one_key();
    verifier.verify(&key.token(&header(), claims), now())
}
