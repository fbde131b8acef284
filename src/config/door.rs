//! From settings to who is let in. Closed by default: without an issuer there is no server, but for the sandbox, which is
//! its own, and for whoever asks in so many words for no door at all.

use std::net::SocketAddr;
use std::sync::Arc;

use crate::access::{Cast, Expectation, KeysFault, Limiter, Limits, Mint, MintFault, Verifier};
use crate::cli::{AccessArgs, ServeArgs};
use crate::clock::Clock;
use crate::conformance::{Claims, Security};
use crate::http::Door;
use crate::http::token::{Desk, SandboxDesk};
use crate::issuer::{Issuer, KeySource, Pace};
use crate::outgoing::AddressFault;
use crate::process::Service;

/// Why there is no door, for the person who started the server.
#[derive(Debug, thiserror::Error)]
pub enum DoorFault {
    /// Nobody said who may post.
    #[error(
        "who may post? Name the issuer of tokens (--issuer, PAS_ISSUER). To try without tokens, on this machine alone, \
         say --insecure-no-auth; to accept the cast's published secrets, say --insecure-sandbox-tokens"
    )]
    Nobody,
    /// Two settings that exclude each other.
    #[error("{0} and {1} exclude each other: say one of them")]
    Both(&'static str, &'static str),
    /// No door, and a listener that others can reach.
    #[error(
        "--insecure-no-auth listens on loopback alone, and {0} is none: use 127.0.0.1 or [::1]"
    )]
    NotLoopback(SocketAddr),
    /// An address that keys may not be fetched from.
    #[error("the issuer's address: {0}")]
    Address(#[from] AddressFault),
    /// No key for the sandbox's tokens.
    #[error("the sandbox's key: {0}")]
    Mint(#[from] MintFault),
    /// The sandbox's own key is not taken.
    #[error("the sandbox's key: {0}")]
    Keys(#[from] KeysFault),
}

/// Who may post.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission<'a> {
    /// Whoever; nobody is asked.
    Everybody,
    /// Whoever has a token of the server's own issuer, which hands them out to the cast.
    Cast,
    /// Whoever has a token of this issuer.
    Issuer(&'a str),
}

/// What the settings say about who may post. `sandbox`: the database is the sandbox's own.
///
/// # Errors
/// When they say nothing, contradict each other, or leave everybody in from anywhere.
pub fn admission(args: &ServeArgs, sandbox: bool) -> Result<Admission<'_>, DoorFault> {
    let AccessArgs { issuer, insecure_no_auth, insecure_sandbox_tokens, .. } = &args.access;
    match (issuer.as_deref(), insecure_no_auth, insecure_sandbox_tokens) {
        (Some(_), true, _) => Err(DoorFault::Both("--issuer", "--insecure-no-auth")),
        (Some(_), _, true) => Err(DoorFault::Both("--issuer", "--insecure-sandbox-tokens")),
        (_, true, true) => Err(DoorFault::Both("--insecure-no-auth", "--insecure-sandbox-tokens")),
        (Some(issuer), false, false) => Ok(Admission::Issuer(issuer)),
        (None, true, false) if !args.bind.ip().is_loopback() => {
            Err(DoorFault::NotLoopback(args.bind))
        }
        (None, true, false) => Ok(Admission::Everybody),
        (None, false, true) => Ok(Admission::Cast),
        (None, false, false) if sandbox => Ok(Admission::Cast),
        (None, false, false) => Err(DoorFault::Nobody),
    }
}

/// The door, and where clients are told that tokens come from. `base` is our own base URL as clients have it.
///
/// # Errors
/// When an address is none, or there is no key.
pub fn door(
    admission: Admission<'_>,
    args: &AccessArgs,
    base: &str,
) -> Result<(Door, Option<Arc<Desk>>), DoorFault> {
    let audience = args.audience.as_deref().unwrap_or(base);
    let (issuer, desk) = match admission {
        Admission::Everybody => return Ok((Door::Open, None)),
        Admission::Cast => {
            let mint = Mint::new(base)?;
            let verifier = Verifier::new(Expectation::new(base, base));
            verifier.replace(mint.keys()?);
            let desk = SandboxDesk { mint, cast: Cast::load(), clock: Clock::System };
            (Arc::new(Issuer::known(verifier)), Desk::Sandbox(Box::new(desk)))
        }
        Admission::Issuer(name) => {
            let algorithms = args.token_algorithms.clone();
            let expected = Expectation { algorithms, ..Expectation::new(name, audience) };
            let source = KeySource::of(name, args.jwks.as_deref())?;
            let pace = Pace::every(args.keys_refresh);
            let issuer = Arc::new(Issuer::new(Verifier::new(expected), source, pace));
            (issuer.clone(), Desk::Elsewhere(issuer))
        }
    };
    let limits = Limits::new(args.requests_per_minute, args.failed_matches_per_hour);
    Ok((Door::Guarded { issuer, limiter: Limiter::new(limits) }, Some(Arc::new(desk))))
}

/// What is published of a service: whom it asks for tokens, and for how long it keeps answers.
pub fn claims(service: &Service, desk: Option<&Desk>, keep_answers: u32) -> Claims {
    Claims {
        canonical: service.origin.canonical.clone(),
        endpoint: service.origin.endpoint.clone(),
        naming: service.reading.naming.clone(),
        limits: service.reading.limits,
        reliable_cache: keep_answers * 24 * 60,
        sandbox: matches!(desk, Some(Desk::Sandbox(_))),
        security: desk.map_or(Security::Open, Desk::security),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::cli::{Cli, Command};

    fn settled(flags: &str, sandbox: bool) -> Result<String, String> {
        let words = ["pas", "serve"].into_iter().chain(flags.split_whitespace());
        let Command::Serve(args) = Cli::parse_from(words).command else { unreachable!() };
        let admission = admission(&args, sandbox);
        admission.map(|admission| format!("{admission:?}")).map_err(|fault| fault.to_string())
    }

    #[test]
    fn nobody_posts_to_a_given_database_unless_somebody_said_who() {
        assert!(settled("", false).is_err_and(|why| why.contains("--issuer")));
        assert_eq!(settled("", true), Ok("Cast".into()));
        let issuer = "--issuer https://issuer.example";
        for sandbox in [true, false] {
            assert_eq!(settled(issuer, sandbox), Ok("Issuer(\"https://issuer.example\")".into()));
            assert_eq!(settled("--insecure-no-auth", sandbox), Ok("Everybody".into()));
            assert_eq!(settled("--insecure-sandbox-tokens", sandbox), Ok("Cast".into()));
        }
    }

    #[test]
    fn no_door_means_loopback_and_contradictions_are_told() {
        for bind in ["0.0.0.0:8080", "[::]:8080", "192.0.2.1:80"] {
            let flags = format!("--insecure-no-auth --bind {bind}");
            assert!(settled(&flags, true).is_err_and(|why| why.contains("loopback")), "{bind}");
        }
        assert_eq!(settled("--insecure-no-auth --bind [::1]:80", false), Ok("Everybody".into()));
        for flags in [
            "--issuer https://issuer.example --insecure-no-auth",
            "--issuer https://issuer.example --insecure-sandbox-tokens",
            "--insecure-no-auth --insecure-sandbox-tokens",
        ] {
            assert!(settled(flags, true).is_err_and(|why| why.contains("exclude")), "{flags}");
        }
    }
}
