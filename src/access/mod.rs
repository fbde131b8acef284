//! Who may post: callers and what proves them, what they are allowed, whom they may speak for, and how often.
//!
//! ```text
//! token ── Verifier (keys of the issuer) ──▶ caller, scopes ── may_speak (grant, records) ──▶ yes or 403
//!                                               │
//!                                            Limiter ──▶ yes or 429
//! ```
//!
//! Everything here is pure but for locks: keys that are replaced, tokens that were proven, budgets that are charged. Time is a value.

mod algorithm;
mod caller;
mod cast;
mod fault;
mod grant;
mod identity;
mod jwks;
mod limit;
mod mint;
mod proven;
mod scope;
mod signature;
#[cfg(test)]
mod tests;
mod token;
mod turnstile;

pub use algorithm::Algorithm;
pub use caller::{Caller, ClientId, Subject};
pub use cast::{Cast, CastClient, CastUser};
pub use fault::TokenFault;
pub use grant::{Grant, SpeakingFault, Spoken, may_speak};
pub use identity::{Asked, Identity, IdentityFault};
pub use jwks::{Keys, KeysFault};
pub use limit::{Budget, Limiter, Limits, RetryAfter};
pub use mint::{Claims, Mint, MintFault};
pub use scope::Scopes;
pub use token::{Authenticated, Expectation, Verifier};
pub use turnstile::Turnstile;
