//! From settings to what pages for people need.

use std::path::PathBuf;

use crate::cli::PagesArgs;
use crate::http::token::Desk;
use crate::http::{Pages, SignIn};
use crate::issuer::{Client, ClientFault};

/// Why nobody could sign in, for the person who started the server.
#[derive(Debug, thiserror::Error)]
pub enum PagesFault {
    /// A client, and no issuer at which it is one.
    #[error("--sign-in-client is a client of the issuer: name it with --issuer")]
    NoIssuer,
    /// A secret, and no client whose it is.
    #[error("--sign-in-secret-file is of a client: name it with --sign-in-client")]
    NoClient,
    /// The secret cannot be read.
    #[error("--sign-in-secret-file {}: {error}", path.display())]
    Secret {
        /// The file.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// Id or secret is none.
    #[error("--sign-in-client: {0}")]
    Client(#[from] ClientFault),
}

/// What pages need. `endpoint` is our own address as people have it, `desk` where tokens come from.
///
/// # Errors
/// When the settings do not fit each other, or the secret cannot be read.
pub fn pages(args: &PagesArgs, desk: Option<&Desk>, endpoint: &str) -> Result<Pages, PagesFault> {
    let client = args.sign_in_client.as_deref().filter(|client| !client.is_empty());
    let path = args.sign_in_secret_file.as_ref().filter(|path| !path.as_os_str().is_empty());
    let sign_in = match (client, desk) {
        (None, _) if path.is_some() => return Err(PagesFault::NoClient),
        (None, _) => None,
        (Some(_), None | Some(Desk::Sandbox(_))) => return Err(PagesFault::NoIssuer),
        (Some(client), Some(Desk::Elsewhere(issuer))) => {
            let secret = path.map(|path| {
                let read = std::fs::read_to_string(path);
                read.map_err(|error| PagesFault::Secret { path: path.clone(), error })
            });
            let secret = secret.transpose()?;
            let secret = secret.as_deref().map(str::trim_end);
            // Pages stand at the root of our host, whatever the base of the messages is.
            let back = format!("{}/sign-in/back", host(endpoint));
            let client = Client::new(client, secret, back)?;
            Some(SignIn { issuer: issuer.clone(), client })
        }
    };
    Ok(Pages::new(endpoint, args.pages_per_minute, sign_in))
}

/// Scheme, host and port of a URL.
pub(super) fn host(url: &str) -> &str {
    let from = url.find("://").map_or(0, |at| at + 3);
    let rest = url.get(from..).unwrap_or_default();
    let to = rest.find('/').map_or(url.len(), |at| from + at);
    url.get(..to).unwrap_or(url)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use clap::Parser;

    use super::*;
    use crate::access::{Expectation, Verifier};
    use crate::issuer::{Issuer, KeySource, Pace};

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        pages: PagesArgs,
    }

    fn settled(flags: &str, issuer: bool) -> Result<bool, String> {
        let words = ["pas"].into_iter().chain(flags.split_whitespace());
        let args = Line::try_parse_from(words).unwrap().pages;
        let name = "https://issuer.test";
        let verifier = Verifier::new(Expectation::new(name, "https://pas.test"));
        let source = KeySource::of(name, None).unwrap();
        let pace = Pace::every(std::time::Duration::from_secs(600));
        let desk = Desk::Elsewhere(Arc::new(Issuer::new(verifier, source, pace)));
        let pages = pages(&args, issuer.then_some(&desk), "https://pas.test/$process-message");
        pages.map(|pages| pages.sign_in().is_some()).map_err(|fault| fault.to_string())
    }

    #[test]
    fn people_sign_in_where_there_are_issuer_and_client() {
        assert_eq!(settled("", true), Ok(false));
        assert_eq!(settled("", false), Ok(false));
        assert_eq!(settled("--sign-in-client=", true), Ok(false));
        assert_eq!(settled("--sign-in-client pas-pages", true), Ok(true));
    }

    #[test]
    fn settings_that_do_not_fit_are_told() {
        let client = "--sign-in-client pas-pages";
        for (flags, issuer, word) in [
            (client.to_owned(), false, "--issuer"),
            ("--sign-in-secret-file /tmp/absent".to_owned(), true, "--sign-in-client"),
            (format!("{client} --sign-in-secret-file /absent/secret"), true, "/absent/secret"),
            (format!("{client} --sign-in-secret-file /dev/null"), true, "empty"),
        ] {
            let told = settled(&flags, issuer);
            assert!(told.as_ref().is_err_and(|why| why.contains(word)), "{flags}: {told:?}");
        }
    }

    #[test]
    fn people_come_back_to_the_root_of_our_host() {
        for (url, own) in [
            ("https://pas.test/$process-message", "https://pas.test"),
            ("https://pas.test:8443/fhir/$process-message", "https://pas.test:8443"),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ] {
            assert_eq!(host(url), own);
        }
    }
}
