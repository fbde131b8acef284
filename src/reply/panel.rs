//! A provider's panel as a search finds it: a Group in a searchset.

use chrono::{DateTime, Utc};
use serde::Serialize;
use uuid::Uuid;

use crate::message::Naming;
use crate::panel::{PanelId, Standing};
use crate::registry::Identifier;

use super::wire::{Member, Reference};
use super::{Body, encode, instant, member};

/// A page of a panel, as it is to be shown.
#[derive(Debug)]
pub struct PanelPage<'p> {
    /// Its own id.
    pub id: Uuid,
    /// When it was read.
    pub at: DateTime<Utc>,
    /// Our base URL.
    pub base: &'p str,
    /// What was asked.
    pub own: String,
    /// Where more is.
    pub next: Option<String>,
    /// Whose panel, by the number that was asked for.
    pub provider: Identifier,
    /// The panel with the members of this page; `None`: there is none.
    pub panel: Option<(PanelId, Vec<Standing>)>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SearchSet {
    resource_type: &'static str,
    id: Uuid,
    meta: Meta,
    r#type: &'static str,
    total: usize,
    link: Vec<Link>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    entry: Vec<Found>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Meta {
    last_updated: String,
}

#[derive(Serialize)]
struct Link {
    relation: &'static str,
    url: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Found {
    full_url: String,
    resource: Group,
    search: Search,
}

#[derive(Serialize)]
struct Search {
    mode: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Group {
    resource_type: &'static str,
    id: String,
    r#type: &'static str,
    actual: bool,
    managing_entity: Reference,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    member: Vec<Member>,
}

/// Writes a page.
pub fn panel_page(page: PanelPage<'_>, naming: &Naming, canonical: &str) -> Body {
    let system = Naming::emitted(&naming.phn);
    let shown = |standing: &Standing| {
        let phn = Identifier {
            system: system.to_owned(),
            value: standing.phn.as_str().to_owned(),
            period: crate::fhir::Period::default(),
        };
        member(standing, Reference::named("Patient", &phn), canonical)
    };
    let entry = page.panel.map(|(panel, members)| Found {
        full_url: format!("{}/Group/{}", page.base, panel.0),
        resource: Group {
            resource_type: "Group",
            id: panel.0.to_string(),
            r#type: "person",
            actual: true,
            managing_entity: Reference::named("Practitioner", &page.provider),
            member: members.iter().map(shown).collect(),
        },
        search: Search { mode: "match" },
    });
    let own = Link { relation: "self", url: page.own };
    let next = page.next.map(|url| Link { relation: "next", url });
    encode(&SearchSet {
        resource_type: "Bundle",
        id: page.id,
        meta: Meta { last_updated: instant(page.at) },
        r#type: "searchset",
        total: usize::from(entry.is_some()),
        link: std::iter::once(own).chain(next).collect(),
        entry: entry.into_iter().collect(),
    })
}
