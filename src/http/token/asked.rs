//! What a request for a token says, and how it is refused.

use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::written;

/// A request for a token, whoever may have sent it.
pub(super) struct Asked {
    pub(super) client: String,
    pub(super) secret: String,
    pub(super) grant_type: String,
    pub(super) scope: Option<String>,
    /// An extension of the sandbox: the person who is signed in.
    pub(super) subject: Option<String>,
}

/// Why there is no token (RFC 6749 §5.2). The texts are constant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Refusal {
    status: StatusCode,
    error: &'static str,
    text: &'static str,
}

impl Refusal {
    pub(super) const CLIENT: Refusal = refusal(
        StatusCode::UNAUTHORIZED,
        "invalid_client",
        "The sandbox has no such client, or the secret is another.",
    );
    pub(super) const GRANT_TYPE: Refusal = refusal(
        StatusCode::BAD_REQUEST,
        "unsupported_grant_type",
        "The sandbox knows grant_type=client_credentials only.",
    );
    pub(super) const SCOPE: Refusal = refusal(
        StatusCode::BAD_REQUEST,
        "invalid_scope",
        "The client has none of these scopes: system/Group.read and system/Group.write are in its own name, \
         user/Group.read and user/Group.write go with requested_subject.",
    );
    pub(super) const SUBJECT: Refusal = refusal(
        StatusCode::BAD_REQUEST,
        "invalid_request",
        "The sandbox has no such user: requested_subject is unknown.",
    );
    pub(super) const METHOD: Refusal = refusal(
        StatusCode::METHOD_NOT_ALLOWED,
        "invalid_request",
        "Another method is wanted here.",
    );
    pub(super) const DEFECT: Refusal =
        refusal(StatusCode::INTERNAL_SERVER_ERROR, "server_error", "The token was not signed.");
    const FORM: Refusal = refusal(
        StatusCode::BAD_REQUEST,
        "invalid_request",
        "A body of type application/x-www-form-urlencoded is wanted.",
    );
    pub(super) const TIME: Refusal =
        refusal(StatusCode::REQUEST_TIMEOUT, "invalid_request", "The body did not arrive in time.");
    const TOO_LARGE: Refusal =
        refusal(StatusCode::PAYLOAD_TOO_LARGE, "invalid_request", "The body is too large.");
    const TWICE: Refusal = refusal(
        StatusCode::BAD_REQUEST,
        "invalid_request",
        "A parameter is given twice, or the client proves itself in two ways.",
    );
    const NO_GRANT_TYPE: Refusal =
        refusal(StatusCode::BAD_REQUEST, "invalid_request", "grant_type is missing.");

    /// A body that is no form.
    pub(super) fn of_body(status: StatusCode) -> Refusal {
        if status == StatusCode::PAYLOAD_TOO_LARGE { Refusal::TOO_LARGE } else { Refusal::FORM }
    }
}

const fn refusal(status: StatusCode, error: &'static str, text: &'static str) -> Refusal {
    Refusal { status, error, text }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let body = json!({ "error": self.error, "error_description": self.text });
        let mut response = (self.status, written(&body)).into_response();
        if self.status == StatusCode::UNAUTHORIZED {
            let basic = header::HeaderValue::from_static("Basic realm=\"pas\", charset=\"UTF-8\"");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, basic);
        }
        response
    }
}

impl Asked {
    /// Reads the form and the header. Parameters without a value count as left out, unknown ones are passed over
    /// (RFC 6749 §3.2).
    pub(super) fn read(
        headers: &HeaderMap,
        fields: Vec<(String, String)>,
    ) -> Result<Asked, Refusal> {
        let field = |name: &str| {
            let mut given =
                fields.iter().filter(|(known, value)| known == name && !value.is_empty());
            match (given.next(), given.next()) {
                (_, Some(_)) => Err(Refusal::TWICE),
                (one, None) => Ok(one.map(|(_, value)| value.clone())),
            }
        };
        let (client, secret) = (field("client_id")?, field("client_secret")?);
        let basic = headers.contains_key(header::AUTHORIZATION);
        let (client, secret) = if basic {
            let (named, known) = credentials(headers).ok_or(Refusal::CLIENT)?;
            if secret.is_some() || client.is_some_and(|client| client != named) {
                return Err(Refusal::TWICE);
            }
            (named, known)
        } else {
            (client.ok_or(Refusal::CLIENT)?, secret.ok_or(Refusal::CLIENT)?)
        };
        Ok(Asked {
            client,
            secret,
            grant_type: field("grant_type")?.ok_or(Refusal::NO_GRANT_TYPE)?,
            scope: field("scope")?,
            subject: field("requested_subject")?,
        })
    }
}

/// Id and secret in HTTP's Basic form, each percent-encoded within it (RFC 6749 §2.3.1).
fn credentials(headers: &HeaderMap) -> Option<(String, String)> {
    let mut all = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(one), None) = (all.next(), all.next()) else { return None };
    let (scheme, encoded) = one.to_str().ok()?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (id, secret) = text.split_once(':')?;
    Some((unescaped(id)?, unescaped(secret)?))
}

/// A value of a form, without its escapes; `None` for one that is broken.
fn unescaped(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let mut digit = || char::from(rest.next()?).to_digit(16);
        match byte {
            b'+' => bytes.push(b' '),
            b'%' => bytes.push(u8::try_from(digit()? * 16 + digit()?).ok()?),
            plain => bytes.push(plain),
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn basic(text: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        let value = format!("Basic {}", STANDARD.encode(text));
        headers.insert(header::AUTHORIZATION, value.parse().unwrap());
        headers
    }

    fn read(headers: &HeaderMap, form: &str) -> Result<Asked, Refusal> {
        let fields = form.split('&').filter(|field| !field.is_empty()).map(|field| {
            let (name, value) = field.split_once('=').unwrap_or((field, ""));
            (name.to_owned(), value.to_owned())
        });
        Asked::read(headers, fields.collect())
    }

    fn refused(headers: &HeaderMap, form: &str) -> Refusal {
        read(headers, form).err().expect("refuses")
    }

    #[test]
    fn a_client_proves_itself_in_the_header_or_in_the_form() {
        let asked = read(&basic("emr:se%3Acret+1"), "grant_type=client_credentials").ok().unwrap();
        assert_eq!((asked.client.as_str(), asked.secret.as_str()), ("emr", "se:cret 1"));
        let form =
            "grant_type=x&client_id=emr&client_secret=s&scope=a&requested_subject=p&other=1&scope=";
        let asked = read(&HeaderMap::new(), form).ok().unwrap();
        assert_eq!((asked.client.as_str(), asked.secret.as_str()), ("emr", "s"));
        assert_eq!((asked.scope.as_deref(), asked.subject.as_deref()), (Some("a"), Some("p")));
        assert!(read(&basic("emr:s"), "grant_type=x&client_id=emr").is_ok(), "the same once more");
    }

    #[test]
    fn two_ways_at_once_and_two_of_a_kind_are_refused() {
        let none = HeaderMap::new();
        assert_eq!(refused(&basic("emr:s"), "grant_type=x&client_secret=s"), Refusal::TWICE);
        assert_eq!(refused(&basic("emr:s"), "grant_type=x&client_id=other"), Refusal::TWICE);
        let twice = "grant_type=x&client_id=a&client_id=a&client_secret=s";
        assert_eq!(refused(&none, twice), Refusal::TWICE);
        let scopes = "grant_type=x&client_id=a&client_secret=s&scope=a&scope=b";
        assert_eq!(refused(&none, scopes), Refusal::TWICE);
    }

    #[test]
    fn what_cannot_be_read_is_refused() {
        let none = HeaderMap::new();
        assert_eq!(refused(&none, ""), Refusal::CLIENT);
        assert_eq!(refused(&none, "client_id=a&client_secret=s"), Refusal::NO_GRANT_TYPE);
        for broken in ["emr", "emr:%", "emr:%4", "emr:%zz", "emr:%ff", "%c3:s"] {
            assert_eq!(refused(&basic(broken), ""), Refusal::CLIENT, "{broken}");
        }
        for header in ["Basic", "Basic !!", "Bearer abc", "Basic /w=="] {
            let mut headers = HeaderMap::new();
            headers.insert(header::AUTHORIZATION, header.parse().unwrap());
            assert_eq!(refused(&headers, ""), Refusal::CLIENT, "{header}");
        }
    }
}
