//! The rule about provider and clinic together.

use chrono::NaiveDate;

use crate::message::Message;
use crate::registry::found::Found;
use crate::registry::record::{OrganizationRecord, PractitionerRecord, RoleRecord};
use crate::registry::{Failure, How, Rule};

/// A current PractitionerRole joins the two in PAS. Without both records there is no role to look for: then it fails as
/// unknown, since the guide asks for the relationship to exist.
pub(in crate::registry) fn provider_at_clinic(
    message: &Message,
    provider: Found<'_, PractitionerRecord>,
    clinic: Found<'_, OrganizationRecord>,
    roles: &[RoleRecord],
    day: NaiveDate,
) -> Option<Failure> {
    let joined: Vec<&RoleRecord> = match (provider.record(), clinic.record()) {
        (Some(provider), Some(clinic)) => roles
            .iter()
            .filter(|role| {
                role.practitioner_key == provider.key && role.organization_key == clinic.key
            })
            .collect(),
        _ => Vec::new(),
    };
    if joined.iter().any(|role| role.active && role.period.holds(day)) {
        return None;
    }
    let how = if joined.is_empty() { How::Unknown } else { How::NotCurrent };
    Some(Failure { rule: Rule::ProviderAtClinic, at: message.provider.at, how })
}
