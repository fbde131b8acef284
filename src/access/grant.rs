//! Whom a caller may speak for: the clinics that its program is registered for, and the providers that a person is.

use chrono::NaiveDate;
use serde::Deserialize;

use crate::message::Message;
use crate::registry::{Identifier, Records};

use super::caller::Caller;

/// What a caller is registered for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct Grant {
    /// Clinics of the program, by facility number as `system|value`.
    pub facilities: Vec<String>,
    /// Providers of the person, by practitioner number as `system|value`; `None`: the person is not registered.
    pub practitioners: Option<Vec<String>>,
}

/// Why a caller may not send a message in this provider's and clinic's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SpeakingFault {
    /// The program is not registered here.
    ClientUnknown,
    /// The person is not registered here.
    UserUnknown,
    /// The program is not registered for the clinic.
    Clinic,
    /// The person is not registered for the provider.
    Provider,
}

impl SpeakingFault {
    /// Every fault.
    pub const ALL: [SpeakingFault; 4] = [
        SpeakingFault::ClientUnknown,
        SpeakingFault::UserUnknown,
        SpeakingFault::Clinic,
        SpeakingFault::Provider,
    ];

    /// What the sender is told.
    pub const fn text(self) -> &'static str {
        match self {
            SpeakingFault::ClientUnknown => "The client of the token is not registered here.",
            SpeakingFault::UserUnknown => "The user of the token is not registered here.",
            SpeakingFault::Clinic => {
                "The client of the token is not registered to speak for the clinic of the message."
            }
            SpeakingFault::Provider => {
                "The user of the token is not registered to speak for the provider of the message."
            }
        }
    }
}

/// In whose name a message speaks, by its numbers as `system|value`.
#[derive(Debug, Clone)]
pub struct Spoken<'m> {
    /// The provider's numbers. Each must be covered: one that is the caller's does not vouch for another.
    pub practitioner: Vec<String>,
    /// The clinic's one number, by every system that it may be on record under.
    pub facility: &'m [String],
}

impl<'m> Spoken<'m> {
    /// In whose name this message speaks.
    pub fn of(message: &'m Message) -> Self {
        Spoken {
            practitioner: message.provider.ids.iter().map(|id| id.token()).collect(),
            facility: &message.clinic.tokens,
        }
    }
}

/// Decides whether a caller may speak so. `grant` is what the caller is registered for, `None` when its program is not
/// registered; `records` are those gathered for the message, of which PAS's count. A program in its own name speaks for
/// every provider of its clinics.
///
/// # Errors
/// The first of: not registered, not for the clinic, not for the provider.
pub fn may_speak(
    caller: &Caller,
    grant: Option<&Grant>,
    spoken: &Spoken<'_>,
    records: &Records,
    today: NaiveDate,
) -> Result<(), SpeakingFault> {
    let person = match caller {
        Caller::Unchecked => return Ok(()),
        Caller::System { .. } => false,
        Caller::User { .. } => true,
    };
    let grant = grant.ok_or(SpeakingFault::ClientUnknown)?;
    let clinics: Vec<Held<'_>> = records
        .pas_organizations
        .iter()
        .map(|record| Held { active: record.active, identifiers: &record.identifiers, today })
        .collect();
    let providers: Vec<Held<'_>> = records
        .pas_practitioners
        .iter()
        .map(|record| Held { active: record.active, identifiers: &record.identifiers, today })
        .collect();
    if person && grant.practitioners.is_none() {
        return Err(SpeakingFault::UserUnknown);
    }
    if !covered(spoken.facility, &grant.facilities, &clinics) {
        return Err(SpeakingFault::Clinic);
    }
    let Some(practitioners) = grant.practitioners.as_ref().filter(|_| person) else {
        return Ok(());
    };
    let each = |number: &String| covered(std::slice::from_ref(number), practitioners, &providers);
    if spoken.practitioner.is_empty() || !spoken.practitioner.iter().all(each) {
        return Err(SpeakingFault::Provider);
    }
    Ok(())
}

/// The numbers of one record of PAS.
struct Held<'r> {
    active: bool,
    identifiers: &'r [Identifier],
    today: NaiveDate,
}

impl Held<'_> {
    /// Whether the record has one of these numbers today; a number that has ended may be another's by now.
    fn has(&self, tokens: &[String]) -> bool {
        let mut current = self.identifiers.iter().filter(|id| id.period.holds(self.today));
        self.active && current.any(|id| tokens.contains(&id.token()))
    }
}

/// Whether a number (in one of its spellings) is granted itself, or every record that has it today, and there is one, has
/// a granted number as well.
fn covered(spellings: &[String], granted: &[String], records: &[Held<'_>]) -> bool {
    if spellings.iter().any(|spelling| granted.contains(spelling)) {
        return true;
    }
    let mut holders = records.iter().filter(|record| record.has(spellings)).peekable();
    holders.peek().is_some() && holders.all(|record| record.has(granted))
}

#[cfg(test)]
mod tests {
    use super::super::caller::{ClientId, Subject};
    use super::*;
    use crate::fhir::Period;
    use crate::registry::{OrganizationRecord, PractitionerRecord};

    const TODAY: &str = "2026-11-22";

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    /// `msp|90101`, or `msp|90101 until 2020-01-01`.
    fn identifier(text: &str) -> Identifier {
        let (token, end) =
            text.split_once(" until ").map_or((text, None), |(t, end)| (t, Some(day(end))));
        let (system, value) = token.split_once('|').unwrap();
        let period = Period { start: None, end };
        Identifier { system: system.into(), value: value.into(), period }
    }

    fn practitioner(key: &str, numbers: &[&str]) -> PractitionerRecord {
        PractitionerRecord {
            key: key.into(),
            active: true,
            identifiers: numbers.iter().map(|text| identifier(text)).collect(),
            names: Vec::new(),
            licences: Vec::new(),
        }
    }

    fn organization(key: &str, numbers: &[&str]) -> OrganizationRecord {
        OrganizationRecord {
            key: key.into(),
            active: true,
            identifiers: numbers.iter().map(|text| identifier(text)).collect(),
            names: Vec::new(),
            addresses: Vec::new(),
        }
    }

    fn registry() -> Records {
        Records {
            pas_practitioners: vec![
                practitioner("prov-1", &["msp|90101", "cpsid|70101"]),
                practitioner("prov-2", &["msp|90102", "cpsid|70102"]),
            ],
            pas_organizations: vec![
                organization("clinic-1", &["fac|F0101", "old|0101"]),
                organization("clinic-2", &["fac|F0102"]),
            ],
            ..Records::default()
        }
    }

    fn owned(tokens: &[&str]) -> Vec<String> {
        tokens.iter().map(|token| (*token).to_owned()).collect()
    }

    fn system() -> Caller {
        Caller::System { client: ClientId::parse("emr").unwrap() }
    }

    fn user() -> Caller {
        let client = ClientId::parse("emr").unwrap();
        Caller::User { client, subject: Subject::parse("juniper").unwrap() }
    }

    fn grant(facilities: &[&str], practitioners: &[&str]) -> Grant {
        Grant { facilities: owned(facilities), practitioners: Some(owned(practitioners)) }
    }

    fn speak(
        caller: &Caller,
        grant: &Grant,
        practitioner: &[&str],
        facility: &[&str],
        records: &Records,
    ) -> Result<(), SpeakingFault> {
        let facility = owned(facility);
        let spoken = Spoken { practitioner: owned(practitioner), facility: &facility };
        may_speak(caller, Some(grant), &spoken, records, day(TODAY))
    }

    #[test]
    fn a_program_speaks_for_its_clinics_and_for_whoever_works_there() {
        let grant = Grant { facilities: owned(&["fac|F0101"]), practitioners: None };
        let records = registry();
        let as_system =
            |clinic: &[&str]| speak(&system(), &grant, &["msp|90102"], clinic, &records);
        assert_eq!(as_system(&["fac|F0101"]), Ok(()));
        assert_eq!(as_system(&["fac|F0102"]), Err(SpeakingFault::Clinic));
        assert_eq!(as_system(&["fac|F0199"]), Err(SpeakingFault::Clinic));
        assert_eq!(as_system(&[]), Err(SpeakingFault::Clinic));
    }

    #[test]
    fn a_person_speaks_for_their_providers_at_the_programs_clinics_only() {
        let grant = grant(&["fac|F0101"], &["msp|90101"]);
        let as_user = |provider: &[&str], clinic: &[&str]| {
            speak(&user(), &grant, provider, clinic, &registry())
        };
        assert_eq!(as_user(&["msp|90101"], &["fac|F0101"]), Ok(()));
        assert_eq!(as_user(&["msp|90102"], &["fac|F0101"]), Err(SpeakingFault::Provider));
        assert_eq!(as_user(&["msp|90101"], &["fac|F0102"]), Err(SpeakingFault::Clinic));
        assert_eq!(as_user(&[], &["fac|F0101"]), Err(SpeakingFault::Provider));
    }

    #[test]
    fn a_number_is_covered_by_another_of_the_same_record() {
        let grant = grant(&["old|0101"], &["msp|90101"]);
        let licence = speak(&user(), &grant, &["cpsid|70101"], &["fac|F0101"], &registry());
        assert_eq!(licence, Ok(()));
    }

    #[test]
    fn one_number_of_their_own_does_not_vouch_for_anothers() {
        let grant = grant(&["fac|F0101"], &["msp|90101"]);
        for mixed in [["msp|90101", "cpsid|70102"], ["cpsid|70102", "msp|90101"]] {
            let spoken = speak(&user(), &grant, &mixed, &["fac|F0101"], &registry());
            assert_eq!(spoken, Err(SpeakingFault::Provider), "{mixed:?}");
        }
        let unknown = ["msp|90101", "msp|99999"];
        let spoken = speak(&user(), &grant, &unknown, &["fac|F0101"], &registry());
        assert_eq!(spoken, Err(SpeakingFault::Provider));
    }

    #[test]
    fn a_number_that_ended_covers_nothing_and_is_not_covered() {
        let grant = grant(&["fac|F0101"], &["msp|90101"]);
        // cpsid|70101 was the first provider's and is the second's now.
        let records = Records {
            pas_practitioners: vec![
                practitioner("prov-1", &["msp|90101", "cpsid|70101 until 2020-01-01"]),
                practitioner("prov-2", &["msp|90102", "cpsid|70101"]),
            ],
            ..registry()
        };
        let spoken = speak(&user(), &grant, &["cpsid|70101"], &["fac|F0101"], &records);
        assert_eq!(spoken, Err(SpeakingFault::Provider));
        // The granted number itself has ended on the record that holds the other.
        let records = Records {
            pas_practitioners: vec![practitioner(
                "prov-1",
                &["msp|90101 until 2026-11-21", "cpsid|70101"],
            )],
            ..registry()
        };
        let spoken = speak(&user(), &grant, &["cpsid|70101"], &["fac|F0101"], &records);
        assert_eq!(spoken, Err(SpeakingFault::Provider));
        let records = Records {
            pas_practitioners: vec![practitioner(
                "prov-1",
                &["msp|90101 until 2026-11-22", "cpsid|70101"],
            )],
            ..registry()
        };
        let spoken = speak(&user(), &grant, &["cpsid|70101"], &["fac|F0101"], &records);
        assert_eq!(spoken, Ok(()), "it holds through its last day");
    }

    #[test]
    fn a_record_that_is_not_in_use_covers_nothing() {
        let mut records = registry();
        records.pas_practitioners[0].active = false;
        let grant = grant(&["fac|F0101"], &["msp|90101"]);
        let spoken = speak(&user(), &grant, &["cpsid|70101"], &["fac|F0101"], &records);
        assert_eq!(spoken, Err(SpeakingFault::Provider));
    }

    #[test]
    fn a_number_that_two_records_hold_must_be_covered_by_both() {
        let grant = grant(&["fac|F0101"], &["msp|90101"]);
        let records = Records {
            pas_practitioners: vec![
                practitioner("prov-1", &["msp|90101", "cpsid|70101"]),
                practitioner("prov-2", &["msp|90102", "cpsid|70101"]),
            ],
            ..registry()
        };
        let spoken = speak(&user(), &grant, &["cpsid|70101"], &["fac|F0101"], &records);
        assert_eq!(spoken, Err(SpeakingFault::Provider));
    }

    #[test]
    fn spellings_of_one_facility_number_are_one_number() {
        let grant = Grant { facilities: owned(&["old|F0101"]), practitioners: None };
        let spoken = speak(&system(), &grant, &[], &["fac|F0101", "old|F0101"], &registry());
        assert_eq!(spoken, Ok(()));
    }

    #[test]
    fn who_is_not_registered_speaks_for_nobody_and_who_was_not_asked_for_anybody() {
        let facility = owned(&["fac|F0101"]);
        let spoken = Spoken { practitioner: owned(&["msp|90101"]), facility: &facility };
        let ask = |caller: &Caller, grant: Option<&Grant>| {
            may_speak(caller, grant, &spoken, &registry(), day(TODAY))
        };
        assert_eq!(ask(&system(), None), Err(SpeakingFault::ClientUnknown));
        assert_eq!(ask(&user(), None), Err(SpeakingFault::ClientUnknown));
        assert_eq!(ask(&Caller::Unchecked, None), Ok(()));
        let client_only = Grant { facilities: facility.clone(), practitioners: None };
        assert_eq!(ask(&user(), Some(&client_only)), Err(SpeakingFault::UserUnknown));
        let nobody = Grant { facilities: facility.clone(), practitioners: Some(Vec::new()) };
        assert_eq!(ask(&user(), Some(&nobody)), Err(SpeakingFault::Provider));
        assert_eq!(ask(&system(), Some(&Grant::default())), Err(SpeakingFault::Clinic));
    }
}
