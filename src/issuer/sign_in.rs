//! People sign in with the issuer: authorization code with PKCE (OpenID Connect Core 1.0 §3.1, RFC 7636). Nothing is kept here
//! of an attempt: what belongs to it are digests of one secret, which their browser keeps.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use ring::digest::{SHA256, digest};
use serde::Deserialize;

use crate::access::{Asked, ClientId, Identity, IdentityFault, TokenFault};
use crate::outgoing::{self, Address, OutgoingFault, Proof};

use super::IssuerFault;
use super::keeper::Issuer;

/// Ourselves, as the issuer knows us.
#[derive(Debug)]
pub struct Client {
    id: ClientId,
    /// None: we are a public client.
    proof: Option<Proof>,
    back: String,
}

/// Why somebody cannot be a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ClientFault {
    /// The id is none.
    #[error("a client's id of 1 to 200 printable characters without spaces is wanted")]
    Id,
    /// The secret is none.
    #[error("the secret is empty, or no text")]
    Secret,
}

impl Client {
    /// A client of this id, with its secret where it has one. People come back to `back`.
    ///
    /// # Errors
    /// When id or secret is none.
    pub fn new(id: &str, secret: Option<&str>, back: String) -> Result<Self, ClientFault> {
        let proof = match secret {
            None => None,
            Some("") => return Err(ClientFault::Secret),
            // RFC 6749 §2.3.1: each is encoded as in a form first.
            Some(secret) => {
                let (name, password) = (in_form(id)?, in_form(secret)?);
                Some(Proof::basic(&name, &password).ok_or(ClientFault::Secret)?)
            }
        };
        Ok(Client { id: ClientId::parse(id).ok_or(ClientFault::Id)?, proof, back })
    }
}

fn in_form(text: &str) -> Result<String, ClientFault> {
    let pair = serde_urlencoded::to_string([("t", text)]).map_err(|_| ClientFault::Secret)?;
    pair.strip_prefix("t=").map(str::to_owned).ok_or(ClientFault::Secret)
}

/// One attempt to sign in. Whoever has its secret is the browser that began it.
pub struct Attempt<'s>(&'s str);

impl<'s> Attempt<'s> {
    /// The attempt of this secret.
    pub fn of(secret: &'s str) -> Self {
        Attempt(secret)
    }

    /// Whether an answer with this `state` is to this attempt. Digests are compared, so that no time taken tells how much of a guess is right.
    pub fn is_answered_by(&self, state: &str) -> bool {
        digest(&SHA256, state.as_bytes()).as_ref()
            == digest(&SHA256, self.state().as_bytes()).as_ref()
    }

    fn state(&self) -> String {
        self.own("state")
    }

    fn nonce(&self) -> String {
        self.own("nonce")
    }

    fn verifier(&self) -> String {
        self.own("code_verifier")
    }

    fn challenge(&self) -> String {
        text(self.verifier().as_bytes())
    }

    /// None of them leads to another, or to the secret.
    fn own(&self, label: &str) -> String {
        text(format!("pas sign-in {label} {}", self.0).as_bytes())
    }
}

fn text(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(digest(&SHA256, bytes))
}

/// Why somebody could not sign in. For the log: no text of the issuer and nothing of a person is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignInFault {
    /// The issuer's metadata could not be read.
    #[error("of its metadata: {0}")]
    Metadata(IssuerFault),
    /// The metadata does not say where people sign in, or where codes are redeemed; or not by https.
    #[error("its metadata names no authorization_endpoint and token_endpoint by https")]
    NoEndpoint,
    /// The code was not redeemed.
    #[error("of the code: {0}")]
    Code(OutgoingFault),
    /// What came for the code holds no ID token.
    #[error("no ID token came for the code")]
    NoToken,
    /// The ID token is refused.
    #[error("of the ID token: {0}")]
    Token(#[from] IdentityFault),
}

impl SignInFault {
    /// Whether it is the issuer that cannot do it now, and not this one attempt that failed.
    pub fn is_outage(self) -> bool {
        match self {
            SignInFault::Metadata(_) | SignInFault::NoEndpoint => true,
            SignInFault::Code(OutgoingFault::Status(status)) => !(400..500).contains(&status),
            SignInFault::Code(_) => true,
            SignInFault::Token(IdentityFault::Token(fault)) => fault == TokenFault::NoKeys,
            SignInFault::NoToken | SignInFault::Token(_) => false,
        }
    }
}

#[derive(Deserialize)]
struct Granted {
    id_token: Option<String>,
}

impl Issuer {
    /// The address at which an attempt goes on: the issuer's, where people say who they are.
    ///
    /// # Errors
    /// When it is not known.
    pub async fn way(&self, client: &Client, attempt: &Attempt<'_>) -> Result<String, SignInFault> {
        let found = self.found().await.map_err(SignInFault::Metadata)?;
        let endpoint = found.authorization_endpoint.ok_or(SignInFault::NoEndpoint)?;
        Address::parse(&endpoint).map_err(|_| SignInFault::NoEndpoint)?;
        let (state, nonce, challenge) = (attempt.state(), attempt.nonce(), attempt.challenge());
        let query = serde_urlencoded::to_string([
            ("response_type", "code"),
            ("client_id", client.id.as_str()),
            ("redirect_uri", &client.back),
            ("scope", "openid profile"),
            ("state", &state),
            ("nonce", &nonce),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ]);
        let query = query.map_err(|_| SignInFault::NoEndpoint)?;
        let mark = if endpoint.contains('?') { '&' } else { '?' };
        Ok(format!("{endpoint}{mark}{query}"))
    }

    /// Who signed in, by the code that they came back with.
    ///
    /// # Errors
    /// Why nobody did.
    pub async fn redeem(
        &self,
        client: &Client,
        attempt: &Attempt<'_>,
        code: &str,
        now: DateTime<Utc>,
    ) -> Result<Identity, SignInFault> {
        let found = self.found().await.map_err(SignInFault::Metadata)?;
        let endpoint = found.token_endpoint.as_deref().ok_or(SignInFault::NoEndpoint)?;
        let endpoint = Address::parse(endpoint).map_err(|_| SignInFault::NoEndpoint)?;
        let verifier = attempt.verifier();
        let mut fields = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &client.back),
            ("code_verifier", &verifier),
        ];
        if client.proof.is_none() {
            fields.push(("client_id", client.id.as_str()));
        }
        let proof = client.proof.as_ref();
        let granted = outgoing::post_form(&endpoint, proof, &fields, self.patience()).await;
        let granted: Option<Granted> =
            serde_json::from_slice(&granted.map_err(SignInFault::Code)?).ok();
        let token = granted.and_then(|granted| granted.id_token).ok_or(SignInFault::NoToken)?;
        let nonce = attempt.nonce();
        let asked = Asked { client: &client.id, nonce: &nonce };
        Ok(self.identify(&token, &asked, now).await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_belongs_to_an_attempt_is_its_own_and_each_is_another() {
        let (one, two) = (Attempt::of("one"), Attempt::of("two"));
        let all = [one.state(), one.nonce(), one.verifier(), one.challenge(), two.state()];
        for (place, text) in all.iter().enumerate() {
            // RFC 7636 §4.1 wants 43 to 128 letters of a verifier.
            assert!(text.len() == 43 && !all[..place].contains(text), "{text}");
        }
        assert!(one.is_answered_by(&one.state()));
        for other in [two.state(), one.nonce(), String::new(), "one".into()] {
            assert!(!one.is_answered_by(&other), "{other}");
        }
    }

    #[test]
    fn the_challenge_is_the_one_of_the_standard() {
        // RFC 7636, appendix B.
        let challenge = text(b"dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
        assert_eq!(challenge, "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }

    #[test]
    fn a_client_is_known_by_its_id_and_a_secret_that_is_one() {
        let back = || "https://pas.test/sign-in/back".to_owned();
        assert!(Client::new("pas-pages", None, back()).is_ok());
        let told = format!("{:?}", Client::new("pas-pages", Some("a secret: +%"), back()));
        assert!(told.starts_with("Ok") && !told.contains("secret:"), "{told}");
        assert_eq!(Client::new("", None, back()).err(), Some(ClientFault::Id));
        assert_eq!(Client::new("two words", None, back()).err(), Some(ClientFault::Id));
        assert_eq!(Client::new("pas", Some(""), back()).err(), Some(ClientFault::Secret));
    }
}
