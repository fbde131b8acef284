//! Patient.

use chrono::NaiveDate;

use crate::fhir::{Element, Period};
use crate::message::{Naming, Phn, mentions_mask};
use crate::registry::record::PatientRecord;

use super::practitioner::person_names;
use super::{Described, Undescribed, active, identifiers, text};

/// A Patient as the Client Registry describes them. A registry's own numbers are taken as they are, whatever their
/// check digit.
///
/// # Errors
/// When it is not clear which PHN it is, or an element cannot be read.
pub fn patient(resource: Element<'_>, naming: &Naming) -> Described<PatientRecord> {
    let (deceased, deceased_on) = deceased(resource)?;
    let masked = ["name", "_name", "birthDate", "_birthDate", "extension"]
        .into_iter()
        .filter_map(|part| resource.field(part).json())
        .any(mentions_mask);
    let birth = resource.field("birthDate");
    let birth_date = match birth.text()? {
        None => None,
        Some(text) => {
            let invalid =
                || Undescribed::Invalid { at: birth.path().to_string(), wanted: "a date" };
            let (first, last) = Period::of_partial(text).ok_or_else(invalid)?;
            // A year or a month alone is known, but nothing that a full date could be compared with.
            (first == last).then_some(first)
        }
    };
    Ok(PatientRecord {
        phn: phn(resource, naming)?.as_str().to_owned(),
        active: active(resource)?,
        names: if masked { Vec::new() } else { person_names(resource)? },
        birth_date: birth_date.filter(|_| !masked),
        deceased,
        deceased_on,
        replaced_by: replaced_by(resource)?,
        masked,
    })
}

/// The record's PHN: the only one, else the only one that has not ended.
fn phn(resource: Element<'_>, naming: &Naming) -> Described<Phn> {
    let invalid = |wanted| Undescribed::Invalid { at: "Patient.identifier".into(), wanted };
    let (mut all, mut open) = (Vec::new(), Vec::new());
    for id in identifiers(resource)?.iter().filter(|id| Naming::accepts(&naming.phn, &id.system)) {
        let phn = Phn::parse(&id.value, false)
            .map_err(|_| invalid("a PHN of ten digits starting with 9"))?;
        let lists =
            if id.period.end.is_none() { vec![&mut all, &mut open] } else { vec![&mut all] };
        for list in lists {
            if !list.contains(&phn) {
                list.push(phn.clone());
            }
        }
    }
    match (all.as_slice(), open.as_slice()) {
        ([one], _) | (_, [one]) => Ok(one.clone()),
        ([], _) => Err(Undescribed::Missing("an identifier with a PHN system")),
        _ => Err(invalid(
            "one PHN: further ones belong in records of their own, linked by replaced-by",
        )),
    }
}

fn deceased(resource: Element<'_>) -> Described<(bool, Option<NaiveDate>)> {
    let flag = resource.field("deceasedBoolean").boolean()?;
    let date = resource.field("deceasedDateTime");
    let Some(text) = date.text()? else { return Ok((flag.unwrap_or(false), None)) };
    let invalid = || Undescribed::Invalid { at: date.path().to_string(), wanted: "a dateTime" };
    let (first, last) = Period::of_partial(text).ok_or_else(invalid)?;
    Ok((true, (first == last).then_some(first)))
}

/// The record that replaces this one: its PHN where the link names it, else the reference.
fn replaced_by(resource: Element<'_>) -> Described<Option<String>> {
    for link in resource.field("link").items()? {
        if link.field("type").text()? != Some("replaced-by") {
            continue;
        }
        let other = link.field("other");
        let number = text(other.field("identifier").field("value"))?;
        let reference = text(other.field("reference"))?;
        let named = number
            .or(reference)
            .ok_or(Undescribed::Missing("link.other (identifier or reference)"))?;
        return Ok(Some(named));
    }
    Ok(None)
}
