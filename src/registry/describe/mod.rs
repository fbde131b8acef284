//! Registries describe themselves in FHIR resources; here those become records.
//!
//! Besides plain R4 the shapes of PLR's own guide are read: licence status, periods of names, the legal name of a clinic.

mod organization;
mod patient;
mod practitioner;

pub use organization::organization;
pub use patient::patient;
pub use practitioner::{DescribedRole, practitioner, role};

use crate::fhir::{Element, Misshapen, Period};

use super::record::Identifier;

/// Why a resource cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Undescribed {
    /// A required element is absent.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// An element has a form that cannot be read.
    #[error("{at} must be {wanted}")]
    Invalid {
        /// FHIRPath of the element.
        at: String,
        /// What it must be.
        wanted: &'static str,
    },
}

impl From<Misshapen> for Undescribed {
    fn from(wrong: Misshapen) -> Self {
        Undescribed::Invalid { at: wrong.at.to_string(), wanted: wrong.wanted }
    }
}

type Described<T> = Result<T, Undescribed>;

const PERIOD: &str = "http://hlth.gov.bc.ca/fhir/provider/StructureDefinition/bc-period-extension";

/// What Postgres can index, and more than any name or number has.
const BYTES: usize = 1_000;

fn text(element: Element<'_>) -> Described<Option<String>> {
    let text = element.text()?.map(str::trim);
    if text.is_some_and(|text| text.len() > BYTES) {
        let wanted = "at most 1,000 bytes long";
        return Err(Undescribed::Invalid { at: element.path().to_string(), wanted });
    }
    Ok(text.map(str::to_owned))
}

/// `active`, which is true when it is absent.
fn active(resource: Element<'_>) -> Described<bool> {
    Ok(resource.field("active").boolean()?.unwrap_or(true))
}

/// A Period element, to the day: a partial start means its first day, a partial end its last.
fn period(element: Element<'_>) -> Described<Period> {
    let bound = |name| -> Described<Option<_>> {
        let element = element.field(name);
        let Some(text) = element.text()? else { return Ok(None) };
        let invalid = || Undescribed::Invalid {
            at: element.path().to_string(),
            wanted: "a date or dateTime",
        };
        Period::of_partial(text).map(Some).ok_or_else(invalid)
    };
    Ok(Period {
        start: bound("start")?.map(|(first, _)| first),
        end: bound("end")?.map(|(_, last)| last),
    })
}

/// The extensions of an element with this URL.
fn extensions<'a>(element: Element<'a>, url: &str) -> Described<Vec<Element<'a>>> {
    let all = element.field("extension").items()?;
    Ok(all
        .into_iter()
        .filter(|extension| extension.field("url").text().ok().flatten() == Some(url))
        .collect())
}

/// The period that PLR gives by extension; open when it gives none.
fn extension_period(element: Element<'_>, url: &str) -> Described<Period> {
    match extensions(element, url)?.first() {
        Some(extension) => period(extension.field("valuePeriod")),
        None => Ok(Period::default()),
    }
}

/// Every identifier that has system and value; others cannot be found by, and are passed over.
fn identifiers(resource: Element<'_>) -> Described<Vec<Identifier>> {
    let mut all = Vec::new();
    for item in resource.field("identifier").items()? {
        if let (Some(system), Some(value)) =
            (text(item.field("system"))?, text(item.field("value"))?)
        {
            all.push(Identifier { system, value, period: period_unless_old(item)? });
        }
    }
    if all.is_empty() {
        Err(Undescribed::Missing("an identifier with system and value"))
    } else {
        Ok(all)
    }
}

/// The period of an identifier, name or address; what is marked `use: old` has ended, whenever that was.
fn period_unless_old(item: Element<'_>) -> Described<Period> {
    let mut period = period(item.field("period"))?;
    let own = extension_period(item, PERIOD)?;
    period.start = period.start.or(own.start);
    period.end = period.end.or(own.end);
    if item.field("use").text()? == Some("old") {
        period.end = Some(Period::LONG_AGO);
    }
    Ok(period)
}

/// `Resource.id`; else an identifier as `system|value`: one that has not ended, of the system that stands first in
/// `systems`, whatever their order in the resource.
fn key(resource: Element<'_>, identifiers: &[Identifier], systems: &[String]) -> Described<String> {
    let rank = |id: &&Identifier| {
        let system =
            systems.iter().position(|system| *system == id.system).unwrap_or(systems.len());
        (id.period.end.is_some(), system, id.token())
    };
    let first = identifiers.iter().min_by_key(rank).map(Identifier::token);
    text(resource.field("id"))?.or(first).ok_or(Undescribed::Missing("identifier"))
}
