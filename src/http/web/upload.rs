//! A file that somebody sends by one of our own forms.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::multipart::MultipartError;
use axum::extract::{DefaultBodyLimit, FromRequest, FromRequestParts as _, Multipart, Request};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};

use super::super::negotiate::Encoding;
use super::super::{App, body};
use super::layout::told;
use super::visitor::Visitor;

/// What a visitor sent, and the file that came with it.
#[derive(Debug)]
pub(super) struct Upload(pub(super) Visitor, pub(super) File);

/// A file as a browser sends it.
#[derive(Debug, Default)]
pub(super) struct File {
    /// What the browser takes it for.
    pub(super) kind: String,
    pub(super) bytes: Bytes,
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
        let (key, file) = taken(form).await.map_err(|_| unread())?;
        visitor.owns(&key)?;
        Ok(Upload(visitor, file))
    }
}

/// The key of the form, and the file.
async fn taken(mut form: Multipart) -> Result<(String, File), MultipartError> {
    let (mut key, mut file) = (String::new(), File::default());
    while let Some(field) = form.next_field().await? {
        match field.name() {
            Some("form_key") => key = field.text().await?,
            Some("list") => {
                let kind = field.content_type().unwrap_or_default().to_owned();
                file = File { kind, bytes: field.bytes().await? };
            }
            _ => {}
        }
    }
    Ok((key, file))
}
