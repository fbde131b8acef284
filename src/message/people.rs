//! Reading the people and places of a message: Practitioner, Organization, Patient.

use chrono::NaiveDate;

use crate::fhir::{Element, Entry, Path};

use super::fault::What;
use super::ids::{FacilityId, Phn, PractitionerId};
use super::policy::{Naming, PhnCheck, Policy};
use super::reader::Reader;
use super::{Clinic, Name, Patient, Provider};

/// An identifier from an accepted system.
struct Accepted<'a> {
    /// As the accept-list has it.
    system: &'a str,
    value: &'a str,
    at: Path,
}

/// All identifiers of a resource that come from an accepted system and are not marked `old` (a modifier, R4 §2.24.0.9).
/// Every other identifier must have system and value.
fn identifiers<'a>(
    reader: &mut Reader,
    resource: Element<'a>,
    what: &'static str,
    systems: &'a [String],
) -> Vec<Accepted<'a>> {
    let element = resource.field("identifier");
    let items = reader.some_items(element, what);
    let mut accepted = Vec::new();
    let mut sound = false;
    for item in items {
        if reader.optional_text(item.field("use")) == Some("old") {
            sound = true;
            continue;
        }
        let system = reader.text(item.field("system"), "the system of the identifier");
        let value = reader.text(item.field("value"), "the value of the identifier");
        let (Some(system), Some(value)) = (system, value) else { continue };
        sound = true;
        if let Some(system) = Naming::accepted(systems, system) {
            accepted.push(Accepted { system, value: value.trim(), at: item.field("value").path() });
        }
    }
    if sound && accepted.is_empty() {
        reader.fault(element.path(), What::IdentifierNotAccepted(what, systems.to_vec()));
    }
    accepted
}

/// `active` is a modifier: `false` would mean that the record is not to be used.
fn refuse_inactive(reader: &mut Reader, resource: Element<'_>) {
    let active = resource.field("active");
    if reader.optional_boolean(active) == Some(false) {
        reader.fault(active.path(), What::Invalid("true, or left out"));
    }
}

/// All names of a person that are not marked `old`; family and given are required in each.
fn names(reader: &mut Reader, resource: Element<'_>) -> Vec<Name> {
    let items = reader.some_items(resource.field("name"), "the name");
    let mut names = Vec::new();
    let mut old_only = !items.is_empty();
    for item in items {
        if reader.optional_text(item.field("use")) == Some("old") {
            continue;
        }
        old_only = false;
        let family = reader.text(item.field("family"), "the family name");
        let given: Vec<Option<&str>> = reader
            .some_items(item.field("given"), "the given name")
            .into_iter()
            .map(|given| reader.text(given, "the given name"))
            .collect();
        let given: Option<Vec<String>> = given.into_iter().map(|g| g.map(str::to_owned)).collect();

        if let (Some(family), Some(given)) = (family, given)
            && !given.is_empty()
        {
            names.push(Name { family: family.to_owned(), given, at: item.path() });
        }
    }
    if old_only {
        reader.fault(resource.field("name").path(), What::Missing("a name that is not old"));
    }
    names
}

pub(super) fn provider(
    reader: &mut Reader,
    entry: &Entry<'_>,
    naming: &Naming,
) -> Option<Provider> {
    let resource = entry.resource;
    reader.refuse_modifiers(resource);
    let ids: Vec<PractitionerId> =
        identifiers(reader, resource, "a practitioner identifier", &naming.practitioner)
            .into_iter()
            .map(|id| PractitionerId { system: id.system.to_owned(), value: id.value.to_owned() })
            .collect();
    let names = names(reader, resource);
    let sound = !ids.is_empty() && !names.is_empty();
    sound.then(|| Provider { ids, names, at: resource.path() })
}

pub(super) fn clinic(reader: &mut Reader, entry: &Entry<'_>, naming: &Naming) -> Option<Clinic> {
    let resource = entry.resource;
    reader.refuse_modifiers(resource);
    refuse_inactive(reader, resource);
    let ids = identifiers(reader, resource, "a facility identifier", &naming.facility);
    if let [first, rest @ ..] = ids.as_slice()
        && let Some(other) = rest.iter().find(|id| id.value != first.value)
    {
        reader.fault(other.at, What::IdentifierAmbiguous("facility identifiers"));
    }
    let name = reader.text(resource.field("name"), "the name of the clinic");
    let address = resource.field("address");
    let addresses = reader.some_items(address, "an address with a postal code");
    let mut postal_codes = Vec::new();
    for item in &addresses {
        postal_codes.extend(reader.optional_text(item.field("postalCode")).map(str::to_owned));
    }
    if let ([first, ..], []) = (addresses.as_slice(), postal_codes.as_slice()) {
        reader.fault(first.field("postalCode").path(), What::Missing("a postal code"));
    }
    let id = ids.first().and_then(|id| FacilityId::parse(id.value))?;
    let tokens = Naming::tokens(&naming.facility, id.as_str());
    Some(Clinic { id, tokens, name: name?.to_owned(), postal_codes, at: resource.path() })
}

/// The patient of an entry, where it is sound, and the PHN even where the rest is not.
pub(super) fn patient(
    reader: &mut Reader,
    entry: &Entry<'_>,
    policy: &Policy,
) -> (Option<Phn>, Option<Patient>) {
    let resource = entry.resource;
    reader.refuse_modifiers(resource);
    refuse_inactive(reader, resource);
    let phn = phn(reader, resource, policy);
    let names = names(reader, resource);
    let birth = resource.field("birthDate");
    let birth_date = reader.text(birth, "the birth date").and_then(|text| {
        let date = full_date(text);
        if date.is_none() {
            reader.fault(birth.path(), What::BirthDateInvalid);
        }
        date
    });
    let patient = match (phn.clone(), birth_date) {
        (Some(phn), Some(birth_date)) if !names.is_empty() => {
            Some(Patient { phn, names, birth_date, at: resource.path() })
        }
        _ => None,
    };
    (phn, patient)
}

fn phn(reader: &mut Reader, resource: Element<'_>, policy: &Policy) -> Option<Phn> {
    let mut found: Option<Phn> = None;
    let ids = identifiers(reader, resource, "a personal health number", &policy.naming.phn);
    for id in ids {
        match Phn::parse(id.value, policy.phn == PhnCheck::Digit) {
            Err(fault) => reader.fault(id.at, What::PhnInvalid(fault)),
            Ok(phn) if found.as_ref().is_some_and(|first| *first != phn) => {
                reader.fault(id.at, What::IdentifierAmbiguous("personal health numbers"));
            }
            Ok(phn) => found = Some(phn),
        }
    }
    found
}

/// `YYYY-MM-DD` and nothing else, as the guide asks of birth dates.
fn full_date(text: &str) -> Option<NaiveDate> {
    let shape = text.len() == 10
        && text
            .bytes()
            .enumerate()
            .all(|(i, b)| if i == 4 || i == 7 { b == b'-' } else { b.is_ascii_digit() });
    shape.then(|| text.parse().ok()).flatten()
}
