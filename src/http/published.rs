//! What is published: CapabilityStatement, definitions, their package, the OpenAPI description, examples and the page for people.
//! All of it is made when somebody first asks for any of it, and again when the issuer has told where its tokens are; a
//! search alone is put together each time.

use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::conformance::{
    self, Artifact, BASES, Claims, KINDS, PACKAGE, Security, VERSION, written,
};
use crate::fault::Code;
use crate::message::Event;

use super::negotiate::{accepted, query};
use super::token::Desk;
use super::{App, home};

const FHIR_JSON: HeaderValue = HeaderValue::from_static("application/fhir+json; charset=utf-8");
const JSON: HeaderValue = HeaderValue::from_static("application/json");
const GZIP: HeaderValue = HeaderValue::from_static("application/gzip");
const HTML: HeaderValue = HeaderValue::from_static("text/html; charset=utf-8");
/// Claims change with a new version or other settings; five minutes of an old one harm nobody.
const CACHE: HeaderValue = HeaderValue::from_static("public, max-age=300");

const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// Bytes, and what their headers say of them.
#[derive(Debug, Clone)]
struct Page {
    bytes: Bytes,
    kind: HeaderValue,
    etag: HeaderValue,
}

impl Page {
    fn new(kind: HeaderValue, bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        let digest: String =
            Sha256::digest(&bytes).iter().take(16).map(|b| format!("{b:02x}")).collect();
        let etag = HeaderValue::from_str(&format!("\"{digest}\""));
        Page { bytes, kind, etag: etag.unwrap_or(HeaderValue::from_static("\"\"")) }
    }

    /// 200, or 304 to whoever has these bytes already.
    fn sent(&self, asked: &HeaderMap) -> Response {
        let known = asked.get_all(header::IF_NONE_MATCH).iter().filter_map(|v| v.to_str().ok());
        let own = self.etag.to_str().unwrap_or_default();
        let fits =
            |tag: &str| matches!(tag.trim(), "*") || tag.trim().trim_start_matches("W/") == own;
        let fresh = known.flat_map(|tags| tags.split(',')).any(fits);
        let headers = [(header::ETAG, self.etag.clone()), (header::CACHE_CONTROL, CACHE)];
        if fresh {
            return (StatusCode::NOT_MODIFIED, headers).into_response();
        }
        let kind = [(header::CONTENT_TYPE, self.kind.clone())];
        let plain = [(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"))];
        (headers, kind, plain, Body::from(self.bytes.clone())).into_response()
    }
}

/// A definition, and its bytes.
#[derive(Debug)]
struct Definition {
    artifact: Artifact,
    page: Page,
}

/// Everything that is published, ready to be sent.
#[derive(Debug)]
struct Published {
    base: String,
    /// What was known of the issuer when this was made.
    security: Security,
    definitions: Vec<Definition>,
    metadata: Page,
    package: Page,
    openapi: Page,
    home: Page,
    /// Of the page for people: nothing from elsewhere, no script.
    policy: HeaderValue,
}

impl Published {
    /// Makes all of it.
    fn new(claims: &Claims) -> Self {
        let artifacts = conformance::artifacts(claims);
        let package = Page::new(GZIP, conformance::package(claims, &artifacts));
        let definition = |artifact: Artifact| {
            let page = Page::new(FHIR_JSON, artifact.bytes.clone());
            Definition { artifact, page }
        };
        Published {
            base: claims.base().to_owned(),
            security: claims.security.clone(),
            definitions: artifacts.into_iter().map(definition).collect(),
            metadata: Page::new(FHIR_JSON, written(&conformance::capability(claims))),
            package,
            openapi: Page::new(JSON, written(&conformance::openapi(claims))),
            home: Page::new(HTML, home::page(claims)),
            policy: home::policy(),
        }
    }

    /// A searchset of the definitions of a type that fit every parameter we know; its self link says which we knew.
    fn search(&self, kind: &str, parameters: &[(String, String)]) -> Page {
        let known: Vec<&(String, String)> = parameters
            .iter()
            .filter(|(key, _)| matches!(key.as_str(), "url" | "_id" | "name"))
            .collect();
        let found: Vec<&Artifact> = self
            .definitions
            .iter()
            .map(|definition| &definition.artifact)
            .filter(|artifact| artifact.kind() == kind)
            .filter(|artifact| known.iter().all(|(key, value)| fits(artifact, key, value)))
            .collect();
        let used: Vec<String> =
            known.iter().map(|(key, value)| format!("{key}={}", encoded(value))).collect();
        let mark = if used.is_empty() { "" } else { "?" };
        let link = format!("{}/{kind}{mark}{}", self.base, used.join("&"));
        let mut bundle = json!({
            "resourceType": "Bundle",
            "type": "searchset",
            "total": found.len(),
            "link": [{"relation": "self", "url": link}],
        });
        if !found.is_empty() {
            let entries = found.iter().map(|artifact| {
                json!({
                    "fullUrl": format!("{}/{kind}/{}", self.base, artifact.id()),
                    "resource": artifact.resource,
                    "search": {"mode": "match"},
                })
            });
            bundle["entry"] = entries.collect();
        }
        Page::new(FHIR_JSON, written(&bundle))
    }
}

/// Whether a definition fits a parameter: one of its values, commas between.
fn fits(artifact: &Artifact, key: &str, values: &str) -> bool {
    values.split(',').any(|value| match key {
        "url" => match value.split_once('|') {
            Some((url, version)) => url == artifact.url() && version == VERSION,
            None => value == artifact.url(),
        },
        "_id" => value == artifact.id(),
        _ => artifact.name().to_lowercase().starts_with(&value.to_lowercase()),
    })
}

/// A value as it can stand in a query.
pub(super) fn encoded(value: &str) -> String {
    let mut text = String::new();
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~:/,".contains(&byte) {
            text.push(char::from(byte));
        } else {
            text += &format!("%{byte:02X}");
        }
    }
    text
}

/// What the handlers share.
pub(super) struct Shelf {
    app: Arc<App>,
    made: Mutex<Option<Arc<Published>>>,
}

impl Shelf {
    fn published(&self) -> Arc<Published> {
        let desk = self.app.desk.as_deref();
        let security = desk.map_or(Security::Open, Desk::security);
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(made) = made.as_ref().filter(|made| made.security == security) {
            return made.clone();
        }
        let fresh = Arc::new(Published::new(&Claims { security, ..self.app.claims.clone() }));
        made.insert(fresh).clone()
    }
}

type Shared = State<Arc<Shelf>>;

/// The routes of what is published.
pub(super) fn routes(app: Arc<App>) -> Router {
    let shelf = Arc::new(Shelf { app, made: Mutex::default() });
    let pages = ["/", "/fhir", "/fhir/"].into_iter();
    let mut router = pages.fold(Router::new(), |router, at| router.route(at, only(get(page))));
    for base in BASES {
        let fixed = [
            (format!("{base}/openapi.json"), only(get(openapi))),
            (format!("{base}{PACKAGE}"), only(get(package))),
            (format!("{base}/metadata"), only(get(metadata))),
        ];
        for (path, handlers) in fixed {
            router = router.route(&path, handlers);
        }
        for event in Event::ALL {
            let example = async move |shelf: Shared| example(&shelf, event);
            router =
                router.route(&format!("{base}{}", conformance::example(event)), only(get(example)));
        }
        for kind in KINDS {
            let all = async move |shelf: Shared, request: Request| search(&shelf, kind, request);
            let one = async move |shelf: Shared, id: Path<String>, request: Request| {
                read(&shelf, kind, &id, request)
            };
            router = router
                .route(&format!("{base}/{kind}"), only(get(all)))
                .route(&format!("{base}/{kind}/{{id}}"), only(get(one)));
        }
    }
    router.with_state(shelf)
}

/// Another method learns the right one.
fn only(handlers: MethodRouter<Arc<Shelf>>) -> MethodRouter<Arc<Shelf>> {
    handlers.fallback(async |State(shelf): Shared| {
        ([("allow", "GET, HEAD")], shelf.app.alone(Code::MethodNotAllowed))
    })
}

async fn page(State(shelf): Shared, headers: HeaderMap) -> Response {
    let published = shelf.published();
    let mut sent = published.home.sent(&headers);
    let policy = HeaderName::from_static("content-security-policy");
    sent.headers_mut().insert(policy, published.policy.clone());
    sent.headers_mut().insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    sent
}

async fn openapi(State(shelf): Shared, headers: HeaderMap) -> Response {
    shelf.published().openapi.sent(&headers)
}

async fn package(State(shelf): Shared, headers: HeaderMap) -> Response {
    shelf.published().package.sent(&headers)
}

/// With new ids each time, so that whoever fetches it twice has two messages.
fn example(shelf: &Shelf, event: Event) -> Response {
    let clock = &shelf.app.service.clock;
    let body = conformance::fresh_example(event, clock.id(), clock.id());
    ([(header::CONTENT_TYPE, FHIR_JSON), (header::CACHE_CONTROL, NO_STORE)], body).into_response()
}

async fn metadata(State(shelf): Shared, request: Request) -> Response {
    negotiated(&shelf, request, |_| Ok(shelf.published().metadata.clone()))
}

fn search(shelf: &Shelf, kind: &str, request: Request) -> Response {
    negotiated(shelf, request, |parameters| Ok(shelf.published().search(kind, parameters)))
}

fn read(shelf: &Shelf, kind: &str, id: &str, request: Request) -> Response {
    let published = shelf.published();
    let mut definitions = published.definitions.iter();
    let found = definitions.find(|one| one.artifact.kind() == kind && one.artifact.id() == id);
    negotiated(shelf, request, |_| Ok(found.ok_or(Code::NotFound)?.page.clone()))
}

/// A resource, to whoever takes JSON.
fn negotiated(
    shelf: &Shelf,
    request: Request,
    page: impl FnOnce(&[(String, String)]) -> Result<Page, Code>,
) -> Response {
    let (parts, _) = request.into_parts();
    let asked = query(&parts).and_then(|query| {
        accepted(&query, &parts.headers)?;
        page(&query)
    });
    match asked {
        Ok(page) => page.sent(&parts.headers),
        Err(code) => shelf.app.alone(code).into_response(),
    }
}
