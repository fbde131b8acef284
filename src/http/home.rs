//! `GET /`: the page for people. Written once, at the start; it asks for nothing but itself.

use askama::Template;
use axum::http::HeaderValue;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use crate::conformance::{self, Claims, Section, Security, VERSION, words};
use crate::fault::{Alone, Code, Row};
use crate::message::Event;

const STYLE: &str = include_str!("home.css");

/// The whole page.
pub(super) fn page(claims: &Claims) -> String {
    // Writing into a string fails only where a value's own text does, and ours are all plain.
    Home::new(claims).render().unwrap_or_default()
}

/// Nothing is loaded from anywhere, nothing is run, and the one style sheet is the one that was written here.
pub(super) fn policy() -> HeaderValue {
    let hash = STANDARD.encode(Sha256::digest(STYLE));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static("default-src 'none'"))
}

#[derive(Template)]
#[template(path = "home.html")]
struct Home<'c> {
    style: &'static str,
    version: &'static str,
    claims: &'c Claims,
    /// The path of our base URL, before every link: behind a gateway there may be nothing of ours at its root.
    at: &'c str,
    token: Token,
    /// How long answers are kept, for people.
    kept: String,
    events: Vec<Example>,
    sections: Vec<Section>,
    count: usize,
}

/// How to get a token.
enum Token {
    /// Nobody asks for one.
    None,
    /// From the sandbox: one command.
    Sandbox(String),
    /// From an issuer, and its address for tokens when it is known.
    Issuer(String, String),
}

/// A request to copy and try.
struct Example {
    code: &'static str,
    title: &'static str,
    told: &'static str,
    command: String,
    path: String,
    body: &'static str,
}

impl<'c> Home<'c> {
    fn new(claims: &'c Claims) -> Self {
        let base = claims.base();
        let token = match &claims.security {
            Security::Open => Token::None,
            Security::Tokens { issuer, token_url } => {
                let url = token_url.clone().unwrap_or_default();
                if claims.sandbox {
                    Token::Sandbox(token_command(&url))
                } else {
                    Token::Issuer(issuer.clone(), url)
                }
            }
        };
        let open = matches!(token, Token::None);
        let events = Event::ALL.map(|event| Example::new(event, base, &claims.endpoint, open));
        Home {
            style: STYLE,
            version: VERSION,
            claims,
            at: path(base),
            token,
            kept: kept(claims.reliable_cache),
            events: events.into(),
            sections: conformance::sections().into(),
            count: Code::ALL.len(),
        }
    }

    /// How an answer with this row looks, in a word.
    fn status(row: &Row) -> String {
        match row.alone {
            Alone::Status(status) => status.to_string(),
            Alone::InMessage => row.severity.code().to_owned(),
        }
    }
}

/// What follows the host in a URL; empty where nothing does.
fn path(url: &str) -> &str {
    let rest = url.split_once("://").map_or("", |(_, rest)| rest);
    rest.find('/').and_then(|from| rest.get(from..)).unwrap_or_default()
}

/// Minutes in the largest unit that they fill.
fn kept(minutes: u32) -> String {
    match minutes {
        0..120 => format!("{minutes} minutes"),
        120..2_880 => format!("{} hours", minutes / 60),
        _ => format!("{} days", minutes / 1_440),
    }
}

/// The line that gets one of the sandbox's tokens into a shell's variable.
pub fn token_command(url: &str) -> String {
    format!(
        "TOKEN=$(curl -sS -u emr-lantern:lantern-sandbox-secret -d grant_type=client_credentials \\\n  \
         {url} | sed 's/.*\"access_token\": *\"\\([^\"]*\\)\".*/\\1/')"
    )
}

impl Example {
    fn new(event: Event, base: &str, endpoint: &str, open: bool) -> Self {
        let (title, told) = words(event);
        let path = conformance::example(event);
        let bearer = if open { "" } else { "-H \"Authorization: Bearer $TOKEN\" " };
        let command = format!(
            "curl -s {base}{path} |\ncurl -s {bearer}-H 'Content-Type: application/fhir+json' --data-binary @- \\\n  '{endpoint}'"
        );
        Example {
            code: event.code(),
            title,
            told,
            command,
            path,
            body: conformance::example_body(event),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::{Limits, Naming};

    fn page_of(security: Security, sandbox: bool) -> String {
        page_at("https://pas.example/$process-message", security, sandbox)
    }

    fn page_at(endpoint: &str, security: Security, sandbox: bool) -> String {
        page(&Claims {
            canonical: "https://a.example/<b>".into(),
            endpoint: endpoint.into(),
            naming: Naming::default(),
            limits: Limits { members: 5_000 },
            reliable_cache: 2_880,
            security,
            sandbox,
        })
    }

    fn tokens(token_url: Option<&str>) -> Security {
        let issuer = "https://login.example".into();
        Security::Tokens { issuer, token_url: token_url.map(str::to_owned) }
    }

    #[test]
    fn the_sandbox_tells_its_secret_and_no_other_server_does() {
        let sandbox = page_of(tokens(Some("https://pas.example/auth/token")), true);
        assert!(sandbox.contains("emr-lantern:lantern-sandbox-secret"));
        assert!(sandbox.contains("https://pas.example/auth/token"));
        assert!(sandbox.contains("Bearer $TOKEN"));
        for url in [None, Some("https://login.example/token")] {
            let page = page_of(tokens(url), false);
            assert!(page.contains("https://login.example") && page.contains("Bearer $TOKEN"));
            assert!(!page.contains("secret"), "nothing of the sandbox");
        }
        let open = page_of(Security::Open, false);
        assert!(open.contains("asks nobody") && !open.contains("$TOKEN"));
    }

    #[test]
    fn links_stay_below_our_base() {
        for (base, at) in [("https://pas.example", ""), ("https://gate.example/pas/r4", "/pas/r4")]
        {
            let page = page_at(&format!("{base}/$process-message"), Security::Open, false);
            let mut links = page.split("href=\"").skip(1).filter(|link| !link.starts_with('#'));
            assert!(
                links.clone().count() > 8 && links.all(|link| link.starts_with(&format!("{at}/")))
            );
            // Pages for people are at the root of a host alone.
            assert_eq!(page.contains("/sign-in"), at.is_empty());
            assert!(page.contains(&format!("href=\"{at}/metadata\"")));
        }
    }

    #[test]
    fn settings_are_escaped_and_the_style_is_the_one_that_the_policy_names() {
        let page = page_of(Security::Open, false);
        assert!(!page.contains("<b>\n") && !page.contains("example/<b>"));
        assert!(page.contains(&format!("<style>{STYLE}</style>")));
        assert!(page.contains("for at least 2 days"));
    }
}
