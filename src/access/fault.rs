//! Why a token is refused.

use jsonwebtoken::errors::ErrorKind;

/// Why a token is refused. The texts are constant: nothing of a token is ever said again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TokenFault {
    /// More than 8 KiB.
    TooLong,
    /// Not three parts of base64url with JSON in the first two, or a claim of the wrong type.
    Malformed,
    /// An algorithm that is not on the list (`none` and HMAC never are), or that the named key is not for.
    AlgorithmRefused,
    /// The header asks for an extension to be understood (`crit`).
    Critical,
    /// The header's `typ` says that it is another kind of token.
    NotForAccess,
    /// We have no keys of the issuer yet. Not the sender's fault: it may try again.
    NoKeys,
    /// The issuer's keys hold none of that name, or several fit and none is named.
    UnknownKey,
    /// The signature is not by that key over that text.
    BadSignature,
    /// `iss` is absent or another.
    WrongIssuer,
    /// `aud` is absent or does not name us.
    WrongAudience,
    /// No `exp`.
    NoExpiry,
    /// `exp` has come.
    Expired,
    /// `nbf` or `iat` lies ahead.
    NotYetValid,
    /// Neither `client_id` nor `azp` names the program, in 1 to 200 printable characters.
    NoClient,
    /// A user's scopes, and no `sub` of 1 to 200 printable characters.
    NoSubject,
}

impl TokenFault {
    /// Every fault.
    pub const ALL: [TokenFault; 15] = [
        TokenFault::TooLong,
        TokenFault::Malformed,
        TokenFault::AlgorithmRefused,
        TokenFault::Critical,
        TokenFault::NotForAccess,
        TokenFault::NoKeys,
        TokenFault::UnknownKey,
        TokenFault::BadSignature,
        TokenFault::WrongIssuer,
        TokenFault::WrongAudience,
        TokenFault::NoExpiry,
        TokenFault::Expired,
        TokenFault::NotYetValid,
        TokenFault::NoClient,
        TokenFault::NoSubject,
    ];

    /// What the sender is told.
    pub const fn text(self) -> &'static str {
        match self {
            TokenFault::TooLong => "The token is longer than 8 KiB.",
            TokenFault::Malformed => {
                "The token is not a signed JWT with claims of the right types."
            }
            TokenFault::AlgorithmRefused => {
                "The token is signed with an algorithm that is not accepted, or not with this key."
            }
            TokenFault::Critical => {
                "The token's header has 'crit', and no extension is understood."
            }
            TokenFault::NotForAccess => "The token's 'typ' says that it is not an access token.",
            TokenFault::NoKeys => "The keys of the issuer are not known yet; try again soon.",
            TokenFault::UnknownKey => "The token's 'kid' selects none of the issuer's keys.",
            TokenFault::BadSignature => "The token's signature is wrong.",
            TokenFault::WrongIssuer => "The token's 'iss' is not the issuer that is accepted here.",
            TokenFault::WrongAudience => "The token's 'aud' does not name this server.",
            TokenFault::NoExpiry => "The token has no 'exp'.",
            TokenFault::Expired => "The token has expired.",
            TokenFault::NotYetValid => "The token is not valid yet ('nbf' or 'iat').",
            TokenFault::NoClient => "The token names no client ('client_id' or 'azp').",
            TokenFault::NoSubject => "The token has scopes of a user, and no 'sub'.",
        }
    }

    /// What remains to go wrong once header and key are settled.
    pub(super) fn of(error: &ErrorKind) -> Self {
        match error {
            ErrorKind::InvalidSignature => TokenFault::BadSignature,
            ErrorKind::InvalidAlgorithm | ErrorKind::UnsupportedAlgorithm => {
                TokenFault::AlgorithmRefused
            }
            _ => TokenFault::Malformed,
        }
    }
}
