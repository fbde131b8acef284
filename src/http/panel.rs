//! `GET [base]/Group`: a provider's whole panel, for whoever may send messages in the provider's name.

use axum::extract::{Request, State};
use axum::http::HeaderValue;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};

use crate::fault::{Code, Issue};
use crate::message::Naming;
use crate::process::{PanelAsk, panel};
use crate::registry::Identifier;

use super::negotiate::{accepted, query};
use super::published::encoded;
use super::{App, Shared};

/// Members of a page, where nothing is said.
const COUNT: u32 = 1_000;

/// What is asked of a search, as it was read.
#[derive(Debug)]
struct Asked {
    provider: Identifier,
    facility: (String, String),
    since: Option<DateTime<Utc>>,
    count: u32,
    after: i64,
}

/// `GET [base]/Group`
pub(super) async fn search(State(app): Shared, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    let by = match app.admit(&parts).await {
        Ok(by) => by,
        Err(turned_away) => return turned_away,
    };
    let origin = by.origin();
    let asked = query(&parts)
        .and_then(|query| accepted(&query, &parts.headers).map(|()| query))
        .map_err(Issue::plain)
        .and_then(|query| Asked::read(&app, &query));
    let asked = match asked {
        Ok(asked) => asked,
        Err(issue) => return app.sent(app.refused(issue, origin), &by.caller),
    };
    let base = app.claims.base();
    let link = |after: Option<i64>| asked.link(base, after.unwrap_or(asked.after));
    let facility = Naming::tokens(&app.service.reading.naming.facility, &asked.facility.1);
    let ask = PanelAsk {
        origin,
        scopes: by.scopes,
        provider: asked.provider.clone(),
        facility,
        since: asked.since,
        after: asked.after,
        count: asked.count,
        base,
    };
    let answer = panel(&app.service, &ask, &link).await;
    let mut sent = app.sent(answer, &by.caller).into_response();
    sent.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    sent
}

impl Asked {
    fn read(app: &App, query: &[(String, String)]) -> Result<Self, Issue> {
        let naming = &app.service.reading.naming;
        let text = |wanted: &str| {
            query.iter().find(|(key, _)| key == wanted).map(|(_, value)| value.as_str())
        };
        let invalid = |told: &str| Issue::with(Code::ElementInvalid, told);
        let numbered = |name: &'static str, systems: &[String]| {
            let told = || {
                let told = format!("The parameter {name} is missing: {name}=SYSTEM|VALUE.");
                Issue::with(Code::ElementMissing, told)
            };
            let (system, value) =
                text(name).and_then(|text| text.split_once('|')).ok_or_else(told)?;
            let known = Naming::accepted(systems, system).filter(|_| !value.trim().is_empty());
            let system = known.ok_or_else(|| {
                let told = format!("The system of {name} is none of: {}.", systems.join(", "));
                Issue::with(Code::IdentifierNotAccepted, told)
            })?;
            Ok::<_, Issue>((system.to_owned(), value.trim().to_owned()))
        };
        let (system, value) = numbered("managing-entity:identifier", &naming.practitioner)?;
        let facility = numbered("facility", &naming.facility)?;
        let updated = text("_lastUpdated").map(|text| text.strip_prefix("ge").unwrap_or("-"));
        let since = text("_since").or(updated).map(|text| {
            // A bare `+` in a query is read as a space.
            let at = DateTime::parse_from_rfc3339(&text.replace(' ', "+"));
            let told = "An instant is meant: _since=INSTANT, or _lastUpdated=geINSTANT.";
            at.map(|at| at.to_utc()).map_err(|_| invalid(told))
        });
        let most = u32::try_from(app.service.reading.limits.members).unwrap_or(u32::MAX);
        let count = match text("_count").map(str::parse::<u32>) {
            None => COUNT,
            Some(Ok(count)) => count,
            Some(Err(_)) => return Err(invalid("_count is a number of members.")),
        };
        let after = text("page").map_or(Ok(0), |page| {
            place(page).ok_or_else(|| invalid("page is taken from a link, as it is."))
        });
        Ok(Asked {
            provider: Identifier { system, value, period: crate::fhir::Period::default() },
            facility,
            since: since.transpose()?,
            count: count.clamp(1, most.max(1)),
            after: after?,
        })
    }

    /// The address of the page behind a place.
    fn link(&self, base: &str, after: i64) -> String {
        let (system, value) = &self.facility;
        let facility = encoded(&format!("{system}|{value}"));
        let provider = encoded(&self.provider.token());
        let mut link = format!(
            "{base}/Group?managing-entity:identifier={provider}&facility={facility}&_count={}",
            self.count
        );
        if let Some(since) = self.since {
            let since = since.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true);
            link += &format!("&_since={since}");
        }
        if after > 0 {
            link += &format!("&page={}", BASE64_URL_SAFE_NO_PAD.encode(format!("after {after}")));
        }
        link
    }
}

/// The place that a page begins behind.
fn place(page: &str) -> Option<i64> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(page).ok()?;
    let after: i64 = std::str::from_utf8(&bytes).ok()?.strip_prefix("after ")?.parse().ok()?;
    Some(after).filter(|after| *after >= 0)
}
