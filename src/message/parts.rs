//! Whose panel, at which clinic, which patients: the parts of a message behind its header, and that each refers to the
//! others as it should.

use std::collections::HashSet;

use crate::fhir::{Element, Entries, Entry, Path, Unresolved};

use super::envelope::Envelope;
use super::fault::{MessageFault, What};
use super::ids::Sender;
use super::policy::Policy;
use super::reader::{Reader, plain_word};
use super::roles::{Parties, check_characteristics, check_role};
use super::{Clinic, Digest, Event, Keys, Message, Patient, Provider, people};

/// Everything but Bundle and header.
pub(super) struct Parts {
    provider: Provider,
    clinic: Clinic,
    patients: Vec<Patient>,
    ignored: Vec<MessageFault>,
}

pub(super) fn read_parts(
    reader: &mut Reader,
    entries: &Entries<'_>,
    header: &Entry<'_>,
    policy: &Policy,
) -> Option<Parts> {
    let group = focus(reader, entries, header);
    let (organization, clinic) = only_organization(reader, entries, policy);
    let mut practitioner = None;
    let mut provider = None;
    let mut patients = Vec::new();
    if let Some(group) = group {
        let element = group.resource.field("managingEntity");
        practitioner = follow(reader, entries, group, element, "Practitioner");
        let entry = practitioner
            .or_else(|| only(entries, "Practitioner"))
            .and_then(|p| entries.all().get(p));
        provider = entry.and_then(|entry| people::provider(reader, entry, &policy.naming));
        patients = read_members(reader, entries, group, policy);
        let parties = Parties { practitioner, organization };
        check_characteristics(reader, entries, group, parties, &policy.naming);
    }
    for (_, role) in entries.of_type("PractitionerRole") {
        check_role(reader, entries, role, Parties { practitioner, organization }, &policy.naming);
    }
    let known = [
        "MessageHeader",
        "Group",
        "Practitioner",
        "PractitionerRole",
        "Organization",
        "Patient",
        "",
    ];
    let extra_practitioners = entries
        .of_type("Practitioner")
        .filter(|(place, _)| practitioner.is_some_and(|used| used != *place))
        .map(|(_, entry)| entry);
    let ignored = entries
        .all()
        .iter()
        .filter(|entry| !known.contains(&entry.resource_type))
        .chain(extra_practitioners)
        .map(|entry| MessageFault {
            at: entry.resource.path(),
            what: What::ResourceIgnored(plain_word(entry.resource_type)),
        })
        .collect();
    Some(Parts { provider: provider?, clinic: clinic?, patients, ignored })
}

/// `MessageHeader.focus`: exactly one Group.
fn focus<'e, 'a>(
    reader: &mut Reader,
    entries: &'e Entries<'a>,
    header: &Entry<'_>,
) -> Option<&'e Entry<'a>> {
    let element = header.resource.field("focus");
    let items = reader.some_items(element, "a reference to the Group");
    for extra in items.iter().skip(1) {
        reader.fault(extra.path(), What::Repeated("MessageHeader.focus"));
    }
    let place = match items.first() {
        Some(first) => follow(reader, entries, header, *first, "Group"),
        None => None,
    };
    let place = place.or_else(|| only(entries, "Group"))?;
    let group = entries.all().get(place)?;
    for (other, entry) in entries.of_type("Group") {
        if other != place {
            reader.fault(entry.resource.path(), What::Repeated("Group"));
        }
    }
    let resource = group.resource;
    reader.refuse_modifiers(resource);
    if let Some(kind) = reader.text(resource.field("type"), "the type of the group")
        && kind != "person"
    {
        reader.fault(resource.field("type").path(), What::Invalid("'person'"));
    }
    match reader.optional_boolean(resource.field("actual")) {
        Some(true) => {}
        Some(false) => reader.fault(resource.field("actual").path(), What::Invalid("true")),
        None if resource.field("actual").exists() => {}
        None => reader
            .fault(resource.field("actual").path(), What::Missing("whether the group is actual")),
    }
    Some(group)
}

/// The only entry of a type: where a broken reference must have meant to lead, so that reading can go on
/// and find the faults behind it.
fn only(entries: &Entries<'_>, resource_type: &str) -> Option<usize> {
    let mut all = entries.of_type(resource_type).map(|(place, _)| place);
    all.next().filter(|_| all.next().is_none())
}

/// The place of the entry that a Reference element leads to, which must be of type `wanted`.
fn follow(
    reader: &mut Reader,
    entries: &Entries<'_>,
    from: &Entry<'_>,
    element: Element<'_>,
    wanted: &'static str,
) -> Option<usize> {
    let reference = element.field("reference");
    let text = reader.text(reference, "the reference")?;
    let what = match entries.resolve(text, from) {
        Ok(place) if entries.all().get(place).is_some_and(|e| e.resource_type == wanted) => {
            return Some(place);
        }
        Ok(_) => What::ReferenceWrongType(wanted),
        Err(Unresolved::Missing) => What::ReferenceUnresolved,
        Err(Unresolved::Ambiguous) => What::ReferenceAmbiguous,
        Err(Unresolved::Contained) => What::ReferenceContained,
    };
    reader.fault(reference.path(), what);
    None
}

/// The guide links panel and clinic in no other way: one Organization, the clinic.
fn only_organization(
    reader: &mut Reader,
    entries: &Entries<'_>,
    policy: &Policy,
) -> (Option<usize>, Option<Clinic>) {
    let all: Vec<_> = entries.of_type("Organization").collect();
    for (_, extra) in all.iter().skip(1) {
        reader.fault(extra.resource.path(), What::Repeated("Organization"));
    }
    let Some((place, entry)) = all.first() else {
        let at = Path::root("Bundle").field("entry");
        reader.fault(at, What::Missing("an Organization entry: the clinic"));
        return (None, None);
    };
    (Some(*place), people::clinic(reader, entry, &policy.naming))
}

fn read_members(
    reader: &mut Reader,
    entries: &Entries<'_>,
    group: &Entry<'_>,
    policy: &Policy,
) -> Vec<Patient> {
    let element = group.resource.field("member");
    let members = reader.some_items(element, "a member: a patient");
    if members.len() > policy.limits.members {
        reader.fault(element.path(), What::TooManyMembers(policy.limits.members));
        return Vec::new();
    }
    let mut patients: Vec<Patient> = Vec::with_capacity(members.len());
    let mut places = HashSet::new();
    let mut numbers = HashSet::new();
    // A reference that leads nowhere: then nobody can say whom it does not mean.
    let mut lost = false;
    for member in members {
        reader.refuse_modifiers(member);
        let entity = member.field("entity");
        let Some(place) = follow(reader, entries, group, entity, "Patient") else {
            lost = true;
            continue;
        };
        if !places.insert(place) {
            reader.fault(entity.field("reference").path(), What::PatientRepeated);
            continue;
        }
        let Some(entry) = entries.all().get(place) else { continue };
        if let Some(patient) = people::patient(reader, entry, policy) {
            if !numbers.insert(patient.phn.clone()) {
                reader.fault(entry.resource.field("identifier").path(), What::PatientRepeated);
            }
            patients.push(patient);
        }
    }
    for (place, entry) in entries.of_type("Patient") {
        if !places.contains(&place) {
            if !lost {
                reader.fault(entry.resource.path(), What::PatientNotMember);
            }
            let _ = people::patient(reader, entry, policy);
        }
    }
    patients
}

impl Parts {
    pub(super) fn into_message(
        self,
        envelope: Envelope,
        sender: Sender,
        event: Event,
        keys: Option<Keys>,
        digest: Digest,
        header: &Entry<'_>,
    ) -> Message {
        let Parts { provider, clinic, patients, ignored: mut remarks } = self;
        if keys.is_none() {
            let at = header.resource.field("id").path();
            remarks.push(MessageFault { at, what: What::Unprotected });
        }
        Message { envelope, sender, event, keys, digest, provider, clinic, patients, remarks }
    }
}
