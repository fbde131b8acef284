//! Practitioner and PractitionerRole.

use crate::fhir::{Element, Period};
use crate::message::Naming;
use crate::registry::record::{Licence, PersonName, PractitionerRecord};

use super::{
    Described, Undescribed, active, extensions, identifiers, key, period, period_unless_old, text,
};

const LICENCE_STATUS: &str =
    "http://hlth.gov.bc.ca/fhir/provider/StructureDefinition/bc-license-status-extension";

/// A Practitioner as a registry describes it.
///
/// # Errors
/// When there is no identifier, or an element cannot be read.
pub fn practitioner(resource: Element<'_>, naming: &Naming) -> Described<PractitionerRecord> {
    let identifiers = identifiers(resource)?;
    let mut licences: Vec<Licence> = identifiers
        .iter()
        .filter(|id| naming.licence.contains(&id.system))
        .map(|id| Licence { active: true, period: id.period })
        .collect();
    let statuses = licence_statuses(resource)?;
    // Where the registry states a status, that speaks for itself: a number may well outlive its licence.
    if !statuses.is_empty() {
        licences = statuses;
    }
    Ok(PractitionerRecord {
        key: key(resource, &identifiers, &naming.practitioner)?,
        active: active(resource)?,
        names: person_names(resource)?,
        identifiers,
        licences,
    })
}

/// PLR's licence status extension: `statusCode` and the `period` for which it holds.
fn licence_statuses(resource: Element<'_>) -> Described<Vec<Licence>> {
    let mut licences = Vec::new();
    for status in extensions(resource, LICENCE_STATUS)? {
        let codes = extensions(status, "statusCode")?;
        let mut active = false;
        for code in codes {
            for coding in code.field("valueCodeableConcept").field("coding").items()? {
                active |= text(coding.field("code"))?
                    .is_some_and(|code| code.eq_ignore_ascii_case("active"));
            }
        }
        let periods = extensions(status, "period")?;
        let period = match periods.first() {
            Some(extension) => period(extension.field("valuePeriod"))?,
            None => super::extension_period(status, super::PERIOD)?,
        };
        licences.push(Licence { active, period });
    }
    Ok(licences)
}

/// Every name with a family name.
pub(super) fn person_names(resource: Element<'_>) -> Described<Vec<PersonName>> {
    let mut names = Vec::new();
    for item in resource.field("name").items()? {
        let Some(family) = text(item.field("family"))? else { continue };
        let mut given = Vec::new();
        for name in item.field("given").items()? {
            given.extend(text(name)?);
        }
        names.push(PersonName { family, given, period: period_unless_old(item)? });
    }
    Ok(names)
}

/// A PractitionerRole as a registry describes it; its two sides named by identifier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DescribedRole {
    /// `PractitionerRole.id`, else both tokens joined.
    pub key: String,
    /// `practitioner.identifier` as `system|value`.
    pub practitioner: String,
    /// `organization.identifier` as `system|value`.
    pub organization: String,
    /// Whether it is in use.
    pub active: bool,
    /// When it holds.
    pub period: Period,
}

/// A PractitionerRole as a registry describes it.
///
/// # Errors
/// When a side has no identifier, or an element cannot be read.
pub fn role(resource: Element<'_>) -> Described<DescribedRole> {
    let side = |name: &'static str, missing: &'static str| -> Described<String> {
        let identifier = resource.field(name).field("identifier");
        match (text(identifier.field("system"))?, text(identifier.field("value"))?) {
            (Some(system), Some(value)) => Ok(format!("{system}|{value}")),
            _ => Err(Undescribed::Missing(missing)),
        }
    };
    let practitioner = side("practitioner", "practitioner.identifier (system and value)")?;
    let organization = side("organization", "organization.identifier (system and value)")?;
    let key =
        text(resource.field("id"))?.unwrap_or_else(|| format!("{practitioner} {organization}"));
    Ok(DescribedRole {
        key,
        practitioner,
        organization,
        active: active(resource)?,
        period: period(resource.field("period"))?,
    })
}
