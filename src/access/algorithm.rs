//! How tokens may be signed: with a private key whose public half the issuer publishes, and in no other way.

use jsonwebtoken::Algorithm as Named;

/// A signature algorithm (RFC 7518 §3.1, RFC 8037). There is none for `none` and none for HMAC, so that no setting and
/// no token can ask for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256,
    /// … with SHA-384.
    Rs384,
    /// … with SHA-512.
    Rs512,
    /// RSASSA-PSS with SHA-256.
    Ps256,
    /// … with SHA-384.
    Ps384,
    /// … with SHA-512.
    Ps512,
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// ECDSA on P-384 with SHA-384.
    Es384,
    /// Ed25519.
    EdDsa,
}

/// What a key is made of; each algorithm works with one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KeyKind {
    Rsa,
    P256,
    P384,
    Ed25519,
}

impl Algorithm {
    /// Every algorithm that there is a verifier for.
    pub const ALL: [Algorithm; 9] = [
        Algorithm::Rs256,
        Algorithm::Rs384,
        Algorithm::Rs512,
        Algorithm::Ps256,
        Algorithm::Ps384,
        Algorithm::Ps512,
        Algorithm::Es256,
        Algorithm::Es384,
        Algorithm::EdDsa,
    ];

    /// What is accepted unless a setting says otherwise: SMART's two, and what issuers of today use beside them.
    pub const DEFAULT: [Algorithm; 7] = [
        Algorithm::Rs256,
        Algorithm::Rs384,
        Algorithm::Ps256,
        Algorithm::Ps384,
        Algorithm::Es256,
        Algorithm::Es384,
        Algorithm::EdDsa,
    ];

    /// The name in a header and in a key.
    pub const fn name(self) -> &'static str {
        match self {
            Algorithm::Rs256 => "RS256",
            Algorithm::Rs384 => "RS384",
            Algorithm::Rs512 => "RS512",
            Algorithm::Ps256 => "PS256",
            Algorithm::Ps384 => "PS384",
            Algorithm::Ps512 => "PS512",
            Algorithm::Es256 => "ES256",
            Algorithm::Es384 => "ES384",
            Algorithm::EdDsa => "EdDSA",
        }
    }

    /// The algorithm of this name, in its exact spelling.
    pub fn of(name: &str) -> Option<Self> {
        Algorithm::ALL.into_iter().find(|algorithm| algorithm.name() == name)
    }

    pub(super) const fn kind(self) -> KeyKind {
        match self {
            Algorithm::Rs256
            | Algorithm::Rs384
            | Algorithm::Rs512
            | Algorithm::Ps256
            | Algorithm::Ps384
            | Algorithm::Ps512 => KeyKind::Rsa,
            Algorithm::Es256 => KeyKind::P256,
            Algorithm::Es384 => KeyKind::P384,
            Algorithm::EdDsa => KeyKind::Ed25519,
        }
    }

    pub(super) const fn named(self) -> Named {
        match self {
            Algorithm::Rs256 => Named::RS256,
            Algorithm::Rs384 => Named::RS384,
            Algorithm::Rs512 => Named::RS512,
            Algorithm::Ps256 => Named::PS256,
            Algorithm::Ps384 => Named::PS384,
            Algorithm::Ps512 => Named::PS512,
            Algorithm::Es256 => Named::ES256,
            Algorithm::Es384 => Named::ES384,
            Algorithm::EdDsa => Named::EdDSA,
        }
    }
}
