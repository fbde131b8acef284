//! Whose panel, at which clinic, which patients: the parts of a message behind its header, and that each refers to the
//! others as it should.

use std::collections::HashSet;

use crate::fhir::{Element, Entries, Entry, Json, Path, Unresolved};

use super::envelope::Envelope;
use super::fault::{MessageFault, What};
use super::ids::Sender;
use super::policy::Policy;
use super::reader::{Reader, plain_word};
use super::roles::{Parties, Party, check_characteristics, check_role};
use super::{Clinic, Digest, Event, Keys, Message, Patient, Provider, people};

/// Everything but Bundle and header.
pub(super) struct Parts {
    provider: Provider,
    clinic: Clinic,
    patients: Vec<Patient>,
    ignored: Vec<MessageFault>,
}

/// Reads everything behind the header; without a header as well, so that its absence hides no other fault.
pub(super) fn read_parts(
    reader: &mut Reader,
    entries: &Entries<'_>,
    header: Option<&Entry<'_>>,
    policy: &Policy,
) -> Option<Parts> {
    let naming = &policy.naming;
    let group = focus(reader, entries, header);
    let (organization, clinic) = only_organization(reader, entries, policy);
    let managing = group.and_then(|group| {
        let element = group.resource.field("managingEntity");
        follow(reader, entries, group, element, "Practitioner")
    });
    let practitioner = managing.or_else(|| only(entries, "Practitioner"));
    let entry = practitioner.and_then(|place| entries.all().get(place));
    let provider = entry.and_then(|entry| people::provider(reader, entry, naming));
    let patients = read_patients(reader, entries, group, policy);
    let parties = Parties {
        practitioner: Party::new(
            managing,
            provider.iter().flat_map(|provider| &provider.ids).map(|id| id.token()),
        ),
        organization: Party::new(
            organization,
            clinic.iter().flat_map(|clinic| clinic.tokens.clone()),
        ),
    };
    if let Some(group) = group {
        check_characteristics(reader, entries, group, &parties, naming);
    }
    for (_, role) in entries.of_type("PractitionerRole") {
        check_role(reader, entries, role, &parties, naming);
    }
    let ignored = ignored(entries, managing);
    Some(Parts { provider: provider?, clinic: clinic?, patients, ignored })
}

/// How many entries that play no part are named.
const REMARKS: usize = 100;

/// Entries that play no part: of other types, and Practitioners to whom nothing refers.
fn ignored(entries: &Entries<'_>, practitioner: Option<usize>) -> Vec<MessageFault> {
    const READ: [&str; 7] = [
        "MessageHeader",
        "Group",
        "Practitioner",
        "PractitionerRole",
        "Organization",
        "Patient",
        "",
    ];
    let others = entries.all().iter().filter(|entry| !READ.contains(&entry.resource_type));
    let practitioners = entries
        .of_type("Practitioner")
        .filter(|(place, _)| practitioner.is_some_and(|used| used != *place))
        .map(|(_, entry)| entry);
    let remark = |entry: &Entry<'_>| MessageFault {
        at: entry.resource.path(),
        what: What::ResourceIgnored(plain_word(entry.resource_type)),
    };
    others.chain(practitioners).map(remark).take(REMARKS).collect()
}

/// `MessageHeader.focus`: exactly one Group.
fn focus<'e, 'a>(
    reader: &mut Reader,
    entries: &'e Entries<'a>,
    header: Option<&Entry<'_>>,
) -> Option<&'e Entry<'a>> {
    let place = header.and_then(|header| {
        let items = reader.some_items(header.resource.field("focus"), "a reference to the Group");
        for extra in items.iter().skip(1) {
            reader.fault(extra.path(), What::Repeated("MessageHeader.focus"));
        }
        follow(reader, entries, header, *items.first()?, "Group")
    });
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

/// Every Patient: the members in their order, and those that are none for their faults.
fn read_patients(
    reader: &mut Reader,
    entries: &Entries<'_>,
    group: Option<&Entry<'_>>,
    policy: &Policy,
) -> Vec<Patient> {
    let limit = policy.limits.members;
    if let Some(member) = group.map(|group| group.resource.field("member"))
        && member.count() > limit
    {
        reader.fault(member.path(), What::TooManyMembers(limit));
        return Vec::new();
    }
    let (members, lost) =
        group.map_or((Vec::new(), true), |group| members(reader, entries, group, limit));
    let mut patients: Vec<Patient> = Vec::with_capacity(members.len());
    let mut numbers = HashSet::new();
    let strangers = entries.of_type("Patient").map(|(place, _)| place);
    let known: HashSet<usize> = members.iter().copied().collect();
    let strangers: Vec<usize> = strangers.filter(|place| !known.contains(place)).collect();
    for place in members.into_iter().chain(strangers.iter().copied()) {
        let Some(entry) = entries.all().get(place) else { continue };
        let (phn, patient) = people::patient(reader, entry, policy);
        if phn.is_some_and(|phn| !numbers.insert(phn)) {
            reader.fault(entry.resource.field("identifier").path(), What::PatientRepeated);
        }
        patients.extend(patient);
    }
    // Where a reference leads nowhere, nobody can say whom it does not mean.
    for place in strangers.into_iter().filter(|_| !lost) {
        let Some(entry) = entries.all().get(place) else { continue };
        reader.fault(entry.resource.path(), What::PatientNotMember);
    }
    patients
}

/// The places of the members' entries, and whether a member leads nowhere.
fn members(
    reader: &mut Reader,
    entries: &Entries<'_>,
    group: &Entry<'_>,
    limit: usize,
) -> (Vec<usize>, bool) {
    let element = group.resource.field("member");
    let items = reader.items_up_to(element, limit);
    let mut lost = items.is_empty();
    if lost && (!element.exists() || matches!(element.json(), Some(Json::Array(_)))) {
        reader.fault(element.path(), What::Missing("a member: a patient"));
    }
    let mut places = Vec::with_capacity(items.len());
    let mut seen = HashSet::new();
    for member in items {
        reader.refuse_modifiers(member);
        let entity = member.field("entity");
        match follow(reader, entries, group, entity, "Patient") {
            Some(place) if seen.insert(place) => places.push(place),
            Some(_) => reader.fault(entity.field("reference").path(), What::PatientRepeated),
            None => lost = true,
        }
    }
    (places, lost)
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
