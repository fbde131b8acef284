//! The issuer's public keys, as it publishes them: a JSON Web Key Set (RFC 7517).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::DecodingKey;
use serde_json::Value;

use super::algorithm::{Algorithm, KeyKind};

/// Keys that signatures can be checked with.
#[derive(Debug)]
pub struct Keys(Vec<Key>);

#[derive(Debug)]
pub(super) struct Key {
    kid: Option<String>,
    /// The only algorithm that the issuer wants it used for, where it says so.
    only: Option<Algorithm>,
    kind: KeyKind,
    pub(super) public: DecodingKey,
}

/// Why a text is no key set to work with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeysFault {
    /// No JSON object with an array `keys`.
    #[error("it is no JSON Web Key Set")]
    NotASet,
    /// None of the keys can be used here. An issuer that means this would lock everybody out.
    #[error("it holds no key that signatures could be checked with")]
    NoneUsable,
}

impl Keys {
    /// Reads a key set. Keys that are no public keys for signatures, or too weak, are passed over: symmetric ones, those for
    /// encryption, private ones, unknown curves, RSA below 2048 bits.
    ///
    /// # Errors
    /// When it is no key set, or nothing is left.
    pub fn parse(json: &[u8]) -> Result<Self, KeysFault> {
        let set: Value = serde_json::from_slice(json).map_err(|_| KeysFault::NotASet)?;
        let all = set.get("keys").and_then(Value::as_array).ok_or(KeysFault::NotASet)?;
        let usable: Vec<Key> = all.iter().filter_map(Key::read).collect();
        if usable.is_empty() { Err(KeysFault::NoneUsable) } else { Ok(Keys(usable)) }
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// The key that a token names; without a name, the only one that fits. A key named by a token fits the token's algorithm,
    /// or it is not the one.
    pub(super) fn select(&self, kid: Option<&str>, algorithm: Algorithm) -> Option<&Key> {
        let mut fitting = self.0.iter().filter(|key| key.fits(algorithm));
        match kid {
            Some(kid) => fitting.find(|key| key.kid.as_deref() == Some(kid)),
            None => fitting.next().filter(|_| fitting.next().is_none()),
        }
    }

    /// Whether a key of this name is there, for whatever algorithm.
    pub(super) fn names(&self, kid: Option<&str>) -> bool {
        kid.is_some() && self.0.iter().any(|key| key.kid.as_deref() == kid)
    }
}

impl Key {
    fn fits(&self, algorithm: Algorithm) -> bool {
        self.kind == algorithm.kind() && self.only.is_none_or(|only| only == algorithm)
    }

    fn read(json: &Value) -> Option<Key> {
        let text = |name: &str| json.get(name).and_then(Value::as_str);
        // A private or symmetric key that lies open proves nothing about who signed.
        if json.get("d").is_some() || json.get("k").is_some() {
            return None;
        }
        if json.get("use").is_some_and(|purpose| purpose != "sig") {
            return None;
        }
        if let Some(operations) = json.get("key_ops") {
            operations.as_array()?.iter().find(|operation| *operation == "verify")?;
        }
        let (kind, public) = match (text("kty")?, text("crv")) {
            ("RSA", _) => (KeyKind::Rsa, rsa(&number(text("n")?)?, &number(text("e")?)?)?),
            ("EC", Some("P-256")) => (KeyKind::P256, point(text("x")?, text("y")?, 32)?),
            ("EC", Some("P-384")) => (KeyKind::P384, point(text("x")?, text("y")?, 48)?),
            ("OKP", Some("Ed25519")) => {
                let x = number(text("x")?).filter(|x| x.len() == 32)?;
                (KeyKind::Ed25519, DecodingKey::from_ed_der(&x))
            }
            _ => return None,
        };
        let only = match json.get("alg") {
            None => None,
            Some(name) => Some(Algorithm::of(name.as_str()?).filter(|only| only.kind() == kind)?),
        };
        Some(Key { kid: text("kid").map(str::to_owned), only, kind, public })
    }
}

fn number(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).ok()
}

fn rsa(modulus: &[u8], exponent: &[u8]) -> Option<DecodingKey> {
    // Some issuers put a zero byte in front, as in DER; ring takes numbers without.
    let bare = |number: &[u8]| -> Vec<u8> {
        number.iter().copied().skip_while(|byte| *byte == 0).collect()
    };
    let (n, e) = (bare(modulus), bare(exponent));
    let bits = n.len() * 8 - n.first().map_or(0, |first| first.leading_zeros() as usize);
    let sound = (2048..=8192).contains(&bits) && (1..=8).contains(&e.len()) && e != [1];
    sound.then(|| DecodingKey::from_rsa_raw_components(&n, &e))
}

/// A point of a curve in its uncompressed form.
fn point(x: &str, y: &str, width: usize) -> Option<DecodingKey> {
    let (x, y) = (number(x)?, number(y)?);
    let fits = x.len() == width && y.len() == width;
    fits.then(|| DecodingKey::from_ec_der(&[&[4], x.as_slice(), y.as_slice()].concat()))
}
