//! Cleaning up a panel: an EMR's list beside the panel. A dry run: what differs is told, and nothing is changed.

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;

use crate::fhir::Path;
use crate::message::{Name, Patient, Phn, PhnFault};
use crate::panel::{EntryStatus, Status};
use crate::registry::{Judgement, PatientRecord, Rule, differences};

use super::EmrPatient;

/// Somebody who is on the panel, with what the Client Registry holds about them.
#[derive(Debug, Clone)]
pub struct Listed {
    /// The status of their entry.
    pub status: EntryStatus,
    /// Their record.
    pub record: PatientRecord,
}

impl Listed {
    /// Where they stand; the Client Registry's word on death counts.
    fn standing(&self) -> Status {
        if self.record.deceased { Status::Deceased } else { self.status.into() }
    }
}

words! {
    /// What can differ from the Client Registry.
    Field {
        /// The given names, all of them.
        Given = "given",
        /// The family name.
        Family = "family",
        /// The birth date.
        BirthDate = "birthDate",
    }
}

/// Only in the EMR.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// Where they are first named.
    pub line: u32,
    /// Personal health number.
    pub phn: Phn,
}

/// On the panel and not as the EMR's list has it: only there, or not `confirmed`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unlisted {
    /// Where the EMR's list first names them, if it does.
    pub line: Option<u32>,
    /// Personal health number.
    pub phn: String,
    /// Where they stand.
    pub status: Status,
}

/// A number that is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Invalid {
    /// Where.
    pub line: u32,
    /// Why.
    pub fault: PhnFault,
}

/// A number that stands there more than once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repeated {
    /// Which.
    pub phn: Phn,
    /// Where, every time.
    pub lines: Vec<u32>,
}

/// Somebody on the panel who is on record in another way; in which, is not told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// Where.
    pub line: u32,
    /// Personal health number.
    pub phn: Phn,
    /// What differs.
    pub fields: Vec<Field>,
}

/// Everything that differs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CleanUp {
    /// Different valid numbers in the EMR's list.
    pub in_emr: usize,
    /// People on the panel.
    pub in_pas: usize,
    /// In both, and `confirmed`.
    pub agreed: usize,
    /// Only in the EMR, in the order of its list.
    pub only_in_emr: Vec<Missing>,
    /// Only in PAS, by number.
    pub only_in_pas: Vec<Unlisted>,
    /// In both but not `confirmed`, by number.
    pub not_confirmed: Vec<Unlisted>,
    /// Numbers that are none.
    pub invalid: Vec<Invalid>,
    /// Numbers that stand there more than once, by number.
    pub repeated: Vec<Repeated>,
    /// Names and birth dates that differ, in the order of the list.
    pub mismatches: Vec<Mismatch>,
}

/// Compares. Everybody of the EMR's list with a valid number, and everybody on the panel, is in exactly one of: only in the EMR, only in PAS,
/// not confirmed, agreed.
pub fn clean_up(emr: &[EmrPatient], panel: &[Listed], digit: bool, by: Judgement) -> CleanUp {
    let by_phn: HashMap<&str, &Listed> =
        panel.iter().map(|listed| (listed.record.phn.as_str(), listed)).collect();
    let mut lines: BTreeMap<Phn, Vec<u32>> = BTreeMap::new();
    let mut told = CleanUp { in_pas: by_phn.len(), ..CleanUp::default() };
    for patient in emr {
        let phn = match Phn::parse(&patient.phn, digit) {
            Ok(phn) => phn,
            Err(fault) => {
                told.invalid.push(Invalid { line: patient.line, fault });
                continue;
            }
        };
        let known = by_phn.get(phn.as_str());
        if let Some(listed) = known {
            let fields = differing(patient, &phn, &listed.record, by);
            if !fields.is_empty() {
                told.mismatches.push(Mismatch { line: patient.line, phn: phn.clone(), fields });
            }
        }
        let named = lines.entry(phn.clone()).or_default();
        if named.is_empty() && known.is_none() {
            told.only_in_emr.push(Missing { line: patient.line, phn });
        }
        named.push(patient.line);
    }
    told.in_emr = lines.len();
    let first: HashMap<&str, u32> =
        lines.iter().filter_map(|(phn, lines)| Some((phn.as_str(), *lines.first()?))).collect();
    for (phn, listed) in BTreeMap::from_iter(by_phn) {
        let (line, status) = (first.get(phn).copied(), listed.standing());
        let one = Unlisted { line, phn: phn.to_owned(), status };
        match (line, status) {
            (None, _) => told.only_in_pas.push(one),
            (Some(_), Status::Confirmed) => told.agreed += 1,
            (Some(_), _) => told.not_confirmed.push(one),
        }
    }
    let again = lines.into_iter().filter(|(_, lines)| lines.len() > 1);
    told.repeated = again.map(|(phn, lines)| Repeated { phn, lines }).collect();
    told
}

/// What differs, of what the EMR tells at all. By the rules of messages: what agrees here would be accepted there.
fn differing(patient: &EmrPatient, phn: &Phn, record: &PatientRecord, by: Judgement) -> Vec<Field> {
    let at = Path::root("Patient");
    let name = |name: &super::EmrName| Name {
        family: name.family.clone().unwrap_or_default(),
        given: name.given.clone(),
        at,
    };
    let asked = Patient {
        phn: phn.clone(),
        names: patient.names.iter().map(name).collect(),
        birth_date: patient.birth_date.unwrap_or(NaiveDate::MIN),
        at,
    };
    let told = |field: &Field| match field {
        Field::Given => patient.names.iter().any(|name| !name.given.is_empty()),
        Field::Family => patient.names.iter().any(|name| name.family.is_some()),
        Field::BirthDate => patient.birth_date.is_some(),
    };
    let field = |rule: Rule| match rule {
        Rule::PatientGiven => Some(Field::Given),
        Rule::PatientFamily => Some(Field::Family),
        Rule::PatientBirthDate => Some(Field::BirthDate),
        _ => None,
    };
    differences(&asked, record, by).into_iter().filter_map(field).filter(told).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::EmrName;
    use super::*;
    use crate::fhir::Period;
    use crate::registry::{PersonName, Policy};

    const MARIGOLD: &str = "9876500011";
    const BASIL: &str = "9876500029";
    const CLOVER: &str = "9876500036";

    fn by() -> Judgement {
        let today = NaiveDate::from_ymd_opt(2026, 11, 22).unwrap();
        Judgement { today, policy: Policy::default() }
    }

    fn born() -> Option<NaiveDate> {
        NaiveDate::from_ymd_opt(1984, 4, 12)
    }

    fn listed(phn: &str, status: EntryStatus) -> Listed {
        let name = PersonName {
            family: "EXAMPLETON".into(),
            given: vec!["Marigold".into(), "José".into()],
            period: Period::default(),
        };
        let record = PatientRecord {
            phn: phn.into(),
            active: true,
            names: vec![name],
            birth_date: born(),
            deceased: false,
            deceased_on: None,
            replaced_by: None,
            masked: false,
        };
        Listed { status, record }
    }

    fn row(line: u32, phn: &str) -> EmrPatient {
        let name =
            EmrName { family: Some("Exampleton".into()), given: vec!["marigold  jose".into()] };
        EmrPatient { line, phn: phn.into(), names: vec![name], birth_date: born() }
    }

    fn told(emr: &[EmrPatient], panel: &[Listed]) -> CleanUp {
        clean_up(emr, panel, true, by())
    }

    #[test]
    fn everybody_is_in_the_list_that_they_belong_in() {
        let panel = [
            listed(MARIGOLD, EntryStatus::Confirmed),
            listed(BASIL, EntryStatus::NotMrp),
            listed("9876500043", EntryStatus::Pending),
        ];
        let emr = [row(2, "9876 500 011"), row(3, CLOVER), row(4, BASIL)];
        let told = told(&emr, &panel);
        assert_eq!((told.in_emr, told.in_pas, told.agreed), (3, 3, 1));
        let phn = Phn::parse(CLOVER, true).unwrap();
        assert_eq!(told.only_in_emr, [Missing { line: 3, phn }]);
        let pending = Unlisted { line: None, phn: "9876500043".into(), status: Status::Pending };
        assert_eq!(told.only_in_pas, [pending]);
        let moved = Unlisted { line: Some(4), phn: BASIL.into(), status: Status::NotMrp };
        assert_eq!(told.not_confirmed, [moved]);
        assert_eq!((told.invalid, told.repeated, told.mismatches), (vec![], vec![], vec![]));
    }

    #[test]
    fn whoever_died_is_not_confirmed() {
        let mut dead = listed(MARIGOLD, EntryStatus::Confirmed);
        dead.record.deceased = true;
        let told = told(&[row(2, MARIGOLD)], &[dead]);
        assert_eq!(told.not_confirmed[0].status, Status::Deceased);
        assert_eq!(told.agreed, 0);
    }

    #[test]
    fn numbers_that_are_none_and_numbers_that_come_again_are_told_with_their_lines() {
        let emr = [row(2, MARIGOLD), row(3, "9876500012"), row(4, ""), row(7, "9876-500-011")];
        let told = told(&emr, &[]);
        let faults = [(3, PhnFault::CheckDigit), (4, PhnFault::Form)];
        assert_eq!(told.invalid, faults.map(|(line, fault)| Invalid { line, fault }));
        let phn = Phn::parse(MARIGOLD, true).unwrap();
        assert_eq!(told.repeated, [Repeated { phn: phn.clone(), lines: vec![2, 7] }]);
        assert_eq!(told.only_in_emr, [Missing { line: 2, phn }]);
    }

    /// The fields that differ on one line.
    fn fields(change: impl Fn(&mut EmrPatient)) -> Vec<Field> {
        let mut patient = row(2, MARIGOLD);
        change(&mut patient);
        let told = told(&[patient], &[listed(MARIGOLD, EntryStatus::Confirmed)]);
        told.mismatches.into_iter().flat_map(|mismatch| mismatch.fields).collect()
    }

    #[test]
    fn each_field_that_differs_is_named() {
        use Field::{BirthDate, Family, Given};
        let given = |text: &str| vec![text.to_owned()];
        assert_eq!(fields(|_| {}), []);
        assert_eq!(fields(|p| p.names[0].given = given("Marigold")), [Given]);
        assert_eq!(fields(|p| p.names[0].family = Some("Exampletown".into())), [Family]);
        assert_eq!(fields(|p| p.birth_date = NaiveDate::from_ymd_opt(1984, 12, 4)), [BirthDate]);
        let all = fields(|p| {
            let name = EmrName { family: Some("Other".into()), given: given("Another") };
            (p.names, p.birth_date) = (vec![name], NaiveDate::from_ymd_opt(1901, 1, 1));
        });
        assert_eq!(all, [Given, Family, BirthDate]);
    }

    #[test]
    fn what_the_list_does_not_tell_is_not_compared() {
        assert_eq!(fields(|p| (p.names, p.birth_date) = (Vec::new(), None)), []);
        assert_eq!(fields(|p| p.names[0].given.clear()), []);
        assert_eq!(fields(|p| p.names[0].family = None), []);
        let wrong = |p: &mut EmrPatient| {
            p.names[0] = EmrName { family: Some("Other".into()), given: Vec::new() };
        };
        assert_eq!(fields(wrong), [Field::Family]);
    }

    #[test]
    fn a_masked_record_is_compared_with_nothing() {
        let mut masked = listed(MARIGOLD, EntryStatus::Confirmed);
        masked.record.masked = true;
        let mut wrong = row(2, MARIGOLD);
        wrong.names[0].family = Some("Guessington".into());
        assert_eq!(told(&[wrong], &[masked]).mismatches, []);
    }

    #[test]
    fn nobody_who_is_not_on_the_panel_is_compared() {
        let told = told(&[row(2, CLOVER)], &[listed(MARIGOLD, EntryStatus::Confirmed)]);
        assert_eq!(told.mismatches, []);
    }

    const STATUSES: [EntryStatus; 3] =
        [EntryStatus::Confirmed, EntryStatus::Pending, EntryStatus::NotMrp];

    proptest! {
        #[test]
        fn the_lists_partition_the_valid_numbers_and_the_panel(
            emr in prop::collection::vec(0_u32..40, 0..60),
            panel in prop::collection::btree_map(0_u32..40, (0_usize..3, any::<bool>()), 0..30),
        ) {
            // Ten digits that begin with 9 are a number here; every fifth is none.
            let phn = |n: u32| format!("98765{n:05}");
            let written = |n: u32| if n.is_multiple_of(5) { format!("x{n}") } else { phn(n) };
            let rows: Vec<EmrPatient> =
                (2..).zip(&emr).map(|(line, n)| row(line, &written(*n))).collect();
            let listed: Vec<Listed> = panel
                .iter()
                .map(|(n, (status, dead))| {
                    let mut one = listed(&phn(*n), STATUSES[*status]);
                    one.record.deceased = *dead;
                    one
                })
                .collect();
            let told = clean_up(&rows, &listed, false, by());
            let valid: std::collections::BTreeSet<String> =
                emr.iter().filter(|n| !n.is_multiple_of(5)).map(|n| phn(*n)).collect();
            let on_panel: std::collections::BTreeSet<String> =
                panel.keys().map(|n| phn(*n)).collect();
            let only_in_emr: Vec<String> =
                told.only_in_emr.iter().map(|one| one.phn.as_str().to_owned()).collect();
            let numbers = |all: &[Unlisted]| -> Vec<String> {
                all.iter().map(|one| one.phn.clone()).collect()
            };
            let sorted = |mut all: Vec<String>| { all.sort(); all };
            prop_assert_eq!(sorted(only_in_emr.clone()), valid.difference(&on_panel).cloned().collect::<Vec<_>>());
            prop_assert_eq!(numbers(&told.only_in_pas), on_panel.difference(&valid).cloned().collect::<Vec<_>>());
            let both: Vec<String> = valid.intersection(&on_panel).cloned().collect();
            let confirmed = |phn: &String| {
                let one = listed.iter().find(|one| one.record.phn == *phn).unwrap();
                one.status == EntryStatus::Confirmed && !one.record.deceased
            };
            let (agreed, not): (Vec<String>, Vec<String>) = both.into_iter().partition(confirmed);
            prop_assert_eq!(numbers(&told.not_confirmed), not);
            prop_assert_eq!(told.agreed, agreed.len());
            prop_assert_eq!(told.in_emr, only_in_emr.len() + told.not_confirmed.len() + told.agreed);
            prop_assert_eq!(told.in_pas, told.only_in_pas.len() + told.not_confirmed.len() + told.agreed);
            prop_assert_eq!(told.invalid.len(), emr.iter().filter(|n| n.is_multiple_of(5)).count());
            let extra: usize = told.repeated.iter().map(|one| one.lines.len() - 1).sum();
            prop_assert_eq!(told.in_emr + extra + told.invalid.len(), emr.len());
        }
    }
}
