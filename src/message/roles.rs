//! Cross-checks: a PractitionerRole entry or a Group.characteristic, when given, must speak of the same
//! provider and clinic as the rest of the message. (The guide gives both without saying what they are for.)

use crate::fhir::{Element, Entries, Entry};

use super::fault::What;
use super::policy::Naming;
use super::reader::Reader;

/// Where the provider's and the clinic's entries are.
#[derive(Clone, Copy)]
pub(super) struct Parties {
    pub(super) practitioner: Option<usize>,
    pub(super) organization: Option<usize>,
}

pub(super) fn check_role(
    reader: &mut Reader,
    entries: &Entries<'_>,
    role: &Entry<'_>,
    parties: Parties,
    naming: &Naming,
) {
    reader.refuse_modifiers(role.resource);
    let practitioner = role.resource.field("practitioner");
    let organization = role.resource.field("organization");
    let cross = Cross { entries, from: role };
    cross.check(reader, practitioner, parties.practitioner, &naming.practitioner, "provider");
    cross.check(reader, organization, parties.organization, &naming.facility, "clinic");
}

pub(super) fn check_characteristics(
    reader: &mut Reader,
    entries: &Entries<'_>,
    group: &Entry<'_>,
    parties: Parties,
    naming: &Naming,
) {
    for characteristic in reader.items(group.resource.field("characteristic")) {
        reader.refuse_modifiers(characteristic);
        let value = characteristic.field("valueReference");
        if !value.exists() {
            continue;
        }
        if reader.optional_boolean(characteristic.field("exclude")) == Some(true) {
            reader.fault(
                characteristic.field("exclude").path(),
                What::Invalid("false: a panel is not defined by exclusion"),
            );
        }
        let target = value
            .field("reference")
            .text()
            .ok()
            .flatten()
            .and_then(|reference| entries.resolve(reference, group).ok())
            .and_then(|index| entries.all().get(index));
        // A reference to the role is checked where the role itself is.
        if target.is_none_or(|entry| entry.resource_type != "PractitionerRole") {
            let cross = Cross { entries, from: group };
            cross.check(reader, value, parties.organization, &naming.facility, "clinic");
        }
    }
}

struct Cross<'e, 'a> {
    entries: &'e Entries<'a>,
    from: &'e Entry<'a>,
}

impl Cross<'_, '_> {
    /// A reference, where there is one, must lead to the party's entry, or name one of the party's identifiers.
    fn check(
        &self,
        reader: &mut Reader,
        reference: Element<'_>,
        party: Option<usize>,
        systems: &[String],
        who: &'static str,
    ) {
        let Some(party) = party else { return };
        if let Some(text) = reader.optional_text(reference.field("reference")) {
            if self.entries.resolve(text, self.from) != Ok(party) {
                reader.fault(reference.field("reference").path(), What::RoleMismatch(who));
            }
            return;
        }
        let identifier = reference.field("identifier");
        let system = reader.optional_text(identifier.field("system")).unwrap_or_default();
        let Some(value) = reader.optional_text(identifier.field("value")) else { return };
        if !Naming::accepts(systems, system) {
            return;
        }
        let Some(entry) = self.entries.all().get(party) else { return };
        let own = entry.resource.field("identifier").items().unwrap_or_default();
        let same_system: Vec<&str> = own
            .iter()
            .filter(|id| {
                id.field("system").text().ok().flatten().map(str::trim) == Some(system.trim())
            })
            .filter_map(|id| id.field("value").text().ok().flatten())
            .collect();
        if !same_system.is_empty() && !same_system.iter().any(|own| own.trim() == value.trim()) {
            reader.fault(identifier.field("value").path(), What::RoleMismatch(who));
        }
    }
}
