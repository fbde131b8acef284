//! Settings about who may post, and how often.

use std::num::NonZeroU32;
use std::time::Duration;

use clap::Args;

use crate::access::Algorithm;

use super::seconds;

/// Who may post. Without an issuer, a server with DATABASE_URL does not start; the sandbox is its own issuer.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Access")]
pub struct AccessArgs {
    /// The issuer of tokens: their `iss`, to the letter.
    #[arg(long, env = "PAS_ISSUER", value_name = "URL")]
    pub issuer: Option<String>,
    /// What tokens must name as `aud`, to the letter [default: the address of --endpoint without its last part]
    #[arg(long, env = "PAS_AUDIENCE", value_name = "TEXT")]
    pub audience: Option<String>,
    /// The issuer's keys (JWKS) [default: where the issuer's metadata says]
    #[arg(long, env = "PAS_JWKS", value_name = "URL|FILE")]
    pub jwks: Option<String>,
    /// How tokens may be signed; RS512 and PS512 can be added. `none` and HMAC cannot.
    #[arg(long, env = "PAS_TOKEN_ALGORITHMS", value_delimiter = ',', value_parser = algorithm, value_name = "NAME,…",
          default_value = "RS256,RS384,PS256,PS384,ES256,ES384,EdDSA")]
    pub token_algorithms: Vec<Algorithm>,
    /// Seconds after which the issuer's keys are fetched again.
    #[arg(long, env = "PAS_KEYS_REFRESH", default_value = "600", value_parser = seconds, value_name = "SECONDS")]
    pub keys_refresh: Duration,
    /// Ask nobody for a token, and listen on loopback addresses only.
    #[arg(long, env = "PAS_INSECURE_NO_AUTH", default_value_t = false, num_args = 0..=1, default_missing_value = "true",
          action = clap::ArgAction::Set, value_name = "BOOL")]
    pub insecure_no_auth: bool,
    /// Be the issuer of tokens ourselves, for the invented clients, whose secrets everybody can read. The sandbox is so by
    /// itself; this is for a sandbox on DATABASE_URL, and for nothing else.
    #[arg(long, env = "PAS_INSECURE_SANDBOX_TOKENS", default_value_t = false, num_args = 0..=1,
          default_missing_value = "true", action = clap::ArgAction::Set, value_name = "BOOL")]
    pub insecure_sandbox_tokens: bool,
    /// Believe the peer, a gateway, about where a request came from: the last address of its X-Forwarded-For.
    #[arg(long, env = "PAS_BEHIND_GATEWAY", default_value_t = false, num_args = 0..=1, default_missing_value = "true",
          action = clap::ArgAction::Set, value_name = "BOOL")]
    pub behind_gateway: bool,
    /// Requests of one client in a minute at most, and at once.
    #[arg(long, env = "PAS_REQUESTS_PER_MINUTE", default_value = "600", value_name = "N")]
    pub requests_per_minute: NonZeroU32,
    /// Patients in one client's messages who do not match the Client Registry, in an hour at most.
    #[arg(long, env = "PAS_FAILED_MATCHES_PER_HOUR", default_value = "120", value_name = "N")]
    pub failed_matches_per_hour: NonZeroU32,
    /// Attempts of one person to register or to find a family that match nobody, in an hour at most.
    #[arg(long, env = "PAS_FAILED_ATTEMPTS_PER_HOUR", default_value = "20", value_name = "N")]
    pub failed_attempts_per_hour: NonZeroU32,
}

fn algorithm(name: &str) -> Result<Algorithm, String> {
    Algorithm::of(name).ok_or_else(|| {
        let names: Vec<&str> = Algorithm::ALL.iter().map(|known| known.name()).collect();
        format!("one of {} is wanted", names.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        access: AccessArgs,
    }

    fn parse(words: &str) -> Result<AccessArgs, clap::Error> {
        let words = ["pas"].into_iter().chain(words.split_whitespace());
        Line::try_parse_from(words).map(|line| line.access)
    }

    #[test]
    fn the_default_algorithms_are_those_of_the_verifier() {
        assert_eq!(parse("").unwrap().token_algorithms, Algorithm::DEFAULT);
    }

    #[test]
    fn no_setting_lets_unsigned_or_symmetric_tokens_in() {
        for name in ["none", "HS256", "HS384", "HS512", "rs256", "RS256,HS256", "", "ES256,"] {
            assert!(parse(&format!("--token-algorithms={name}")).is_err(), "{name}");
        }
        let one = parse("--token-algorithms=RS512").unwrap();
        assert_eq!(one.token_algorithms, [Algorithm::Rs512]);
    }

    #[test]
    fn nobody_is_let_in_unasked_by_default() {
        assert!(!parse("").unwrap().insecure_no_auth);
        assert!(parse("--insecure-no-auth").unwrap().insecure_no_auth);
        assert!(!parse("--insecure-no-auth=false").unwrap().insecure_no_auth);
        assert!(parse("--requests-per-minute=0").is_err());
    }
}
