//! A file that somebody sends by one of our own forms.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::multipart::MultipartError;
use axum::extract::{DefaultBodyLimit, FromRequest, FromRequestParts as _, Multipart, Request};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};

use super::super::App;
use super::super::body::{self, Held};
use super::super::negotiate::Encoding;
use super::layout::told;
use super::visitor::Visitor;

/// What a visitor sent, and the file that came with it.
#[derive(Debug)]
pub(super) struct Upload(pub(super) Visitor, pub(super) File);

/// A file as a browser sends it.
#[derive(Debug)]
pub(super) struct File {
    /// What the browser takes it for.
    pub(super) kind: String,
    pub(super) bytes: Bytes,
    /// The body that it came in: as long as the file is looked at, its room is paid for.
    _body: Held,
}

impl FromRequest<Arc<App>> for Upload {
    type Rejection = Response;

    /// The whole is read within the bounds of any body; only then it is taken apart.
    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Response> {
        let (mut parts, sent) = request.into_parts();
        let visitor = Visitor::from_request_parts(&mut parts, app).await?;
        let held = body::read(sent, Encoding::Plain, app.limits, &app.bodies).await;
        let held = held.map_err(|code| app.alone(code).into_response())?;
        let mut whole = Request::from_parts(parts, Body::from(held.bytes().to_vec()));
        DefaultBodyLimit::disable().apply(&mut whole);
        let unread = || told(StatusCode::BAD_REQUEST, "This is no form of ours with a file.");
        let form = Multipart::from_request(whole, app).await.map_err(|_| unread())?;
        let (key, kind, bytes) = taken(form).await.map_err(|_| unread())?;
        visitor.owns(&key)?;
        Ok(Upload(visitor, File { kind, bytes, _body: held }))
    }
}

/// The key of the form, what the file is taken for, and its bytes.
async fn taken(mut form: Multipart) -> Result<(String, String, Bytes), MultipartError> {
    let (mut key, mut kind, mut bytes) = (String::new(), String::new(), Bytes::new());
    while let Some(field) = form.next_field().await? {
        match field.name() {
            Some("form_key") => key = field.text().await?,
            Some("list") => {
                kind = field.content_type().unwrap_or_default().to_owned();
                bytes = field.bytes().await?;
            }
            _ => {}
        }
    }
    Ok((key, kind, bytes))
}
