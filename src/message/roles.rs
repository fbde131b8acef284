//! Cross-checks: a PractitionerRole entry or a Group.characteristic, when given, must speak of the same
//! provider and clinic as the rest of the message. (The guide gives both without saying what they are for.)

use std::collections::HashSet;

use crate::fhir::{Element, Entries, Entry};

use super::fault::What;
use super::policy::Naming;
use super::reader::Reader;

/// The provider or the clinic of a message.
pub(super) struct Party {
    /// Where its entry is.
    place: Option<usize>,
    /// Its identifiers, as `system|value`.
    tokens: HashSet<String>,
}

impl Party {
    pub(super) fn new(place: Option<usize>, tokens: impl Iterator<Item = String>) -> Self {
        Party { place, tokens: tokens.collect() }
    }

    /// Whether the party could be told apart from others of the same system.
    fn has_system(&self, system: &str) -> bool {
        self.tokens
            .iter()
            .any(|token| token.strip_prefix(system).is_some_and(|rest| rest.starts_with('|')))
    }
}

/// Both of them.
pub(super) struct Parties {
    pub(super) practitioner: Party,
    pub(super) organization: Party,
}

pub(super) fn check_role(
    reader: &mut Reader,
    entries: &Entries<'_>,
    role: &Entry<'_>,
    parties: &Parties,
    naming: &Naming,
) {
    reader.refuse_modifiers(role.resource);
    let (practitioner, organization) =
        (role.resource.field("practitioner"), role.resource.field("organization"));
    let cross = Cross { entries, from: role };
    cross.check(reader, practitioner, &parties.practitioner, &naming.practitioner, "provider");
    cross.check(reader, organization, &parties.organization, &naming.facility, "clinic");
}

pub(super) fn check_characteristics(
    reader: &mut Reader,
    entries: &Entries<'_>,
    group: &Entry<'_>,
    parties: &Parties,
    naming: &Naming,
) {
    for characteristic in reader.items(group.resource.field("characteristic")) {
        reader.refuse_modifiers(characteristic);
        let exclude = characteristic.field("exclude");
        if reader.optional_boolean(exclude) == Some(true) {
            reader
                .fault(exclude.path(), What::Invalid("false: a panel is not defined by exclusion"));
        }
        let value = characteristic.choice("valueReference", "value");
        let cross = Cross { entries, from: group };
        match cross.kind(value) {
            Some("Organization") => {
                cross.check(reader, value, &parties.organization, &naming.facility, "clinic");
            }
            Some("Practitioner") => {
                cross.check(reader, value, &parties.practitioner, &naming.practitioner, "provider");
            }
            // A role is checked where it stands; what else a panel is characterised by is not our business.
            _ => {}
        }
    }
}

struct Cross<'e, 'a> {
    entries: &'e Entries<'a>,
    from: &'e Entry<'a>,
}

impl<'a> Cross<'_, 'a> {
    fn place(&self, reference: Element<'a>) -> Option<usize> {
        let text = reference.field("reference").text().ok().flatten()?;
        self.entries.resolve(text, self.from).ok()
    }

    /// What a reference leads to, or says that it leads to.
    fn kind(&self, reference: Element<'a>) -> Option<&'a str> {
        let entry = self.place(reference).and_then(|place| self.entries.all().get(place));
        let said = reference.field("type").text().ok().flatten();
        entry.map(|entry| entry.resource_type).or(said)
    }

    /// A reference, where there is one, must lead to the party's entry, or name one of the party's identifiers. One that
    /// leads outside the Bundle and names no identifier that we know says nothing that could be wrong.
    fn check(
        &self,
        reader: &mut Reader,
        reference: Element<'a>,
        party: &Party,
        systems: &[String],
        who: &'static str,
    ) {
        if let (Some(found), Some(place)) = (self.place(reference), party.place) {
            if found != place {
                reader.fault(reference.field("reference").path(), What::RoleMismatch(who));
            }
            return;
        }
        let identifier = reference.field("identifier");
        let system = reader.optional_text(identifier.field("system")).unwrap_or_default();
        let Some(value) = reader.optional_text(identifier.field("value")) else { return };
        let Some(system) = Naming::accepted(systems, system) else { return };
        if party.has_system(system) && !party.tokens.contains(&format!("{system}|{}", value.trim()))
        {
            reader.fault(identifier.field("value").path(), What::RoleMismatch(who));
        }
    }
}
