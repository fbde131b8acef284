//! What differs between an EMR's list and a panel, as the page of a clean-up tells it.

use std::collections::HashMap;

use crate::attachment::{EmrList, EmrPatient, Field, Listed, Numbering, Unlisted};
use crate::message::PhnFault;
use crate::panel::Status;
use crate::workflow::{Compared, Newcomer};

use super::words;

/// People of a section up to which it is shown unfolded.
const FEW: usize = 20;

/// What differs, told.
pub(super) struct Shown {
    pub(super) agreed: String,
    pub(super) sections: Vec<Section>,
    pub(super) remarks: Vec<Remarks>,
}

/// People who can be chosen.
pub(super) struct Section {
    /// The name of their boxes.
    pub(super) name: &'static str,
    pub(super) title: String,
    pub(super) hint: &'static str,
    pub(super) ticked: bool,
    pub(super) open: bool,
    pub(super) people: Vec<PersonShown>,
}

pub(super) struct PersonShown {
    /// What their box sends; `None`: nothing can be done with them here.
    pub(super) value: Option<String>,
    pub(super) name: String,
    pub(super) told: String,
}

/// What cannot be chosen from, only mended in the EMR.
pub(super) struct Remarks {
    pub(super) title: String,
    pub(super) open: bool,
    pub(super) lines: Vec<String>,
}

impl Remarks {
    fn of(what: (&str, &str), lines: Vec<String>) -> Option<Self> {
        let title = counted(lines.len(), what.0, what.1);
        (!lines.is_empty()).then_some(Remarks { title, open: lines.len() <= FEW, lines })
    }
}

fn counted(number: usize, one: &str, many: &str) -> String {
    words::count(i64::try_from(number).unwrap_or(i64::MAX), one, many)
}

/// Whom the list and the panel call what.
struct Names<'n> {
    place: &'static str,
    by_line: HashMap<u32, &'n EmrPatient>,
    by_phn: HashMap<&'n str, &'n Listed>,
}

impl<'n> Names<'n> {
    fn of(list: &'n EmrList, compared: &'n Compared) -> Self {
        Names {
            place: match list.numbering {
                Numbering::Lines => "line",
                Numbering::Entries => "entry",
            },
            by_line: list.patients.iter().map(|patient| (patient.line, patient)).collect(),
            by_phn: compared.listed.iter().map(|one| (one.record.phn.as_str(), one)).collect(),
        }
    }

    fn at(&self, line: u32) -> String {
        format!("{} {line}", self.place)
    }

    /// As the list has them; else as they are on record.
    fn of_unlisted(&self, one: &Unlisted) -> String {
        let listed = one.line.and_then(|line| in_list(self.by_line.get(&line)?));
        listed.unwrap_or_else(|| self.on_record(&one.phn))
    }

    fn on_record(&self, phn: &str) -> String {
        let Some(Listed { record, .. }) = self.by_phn.get(phn) else { return String::new() };
        if record.masked {
            return "Name withheld".to_owned();
        }
        let current = record.names.iter().find(|name| name.period.end.is_none());
        let name = current.or(record.names.first());
        name.map(|name| format!("{} {}", name.given.join(" "), name.family)).unwrap_or_default()
    }

    /// Whoever is only in the EMR, with what their box sends. The form holds them and the server nothing: a browser gives no file a second time, and 2,000 people
    /// are half a megabyte of a form, of eight that a body may have. What comes back is judged like what any program sends.
    fn newcomer(&self, line: u32, phn: &str) -> PersonShown {
        let patient = self.by_line.get(&line);
        let whole = patient.and_then(|patient| {
            let name = patient.names.iter().find(|n| n.family.is_some() && !n.given.is_empty())?;
            Some(Newcomer {
                phn: phn.to_owned(),
                given: name.given.join(" "),
                family: name.family.clone()?,
                birth_date: patient.birth_date?,
            })
        });
        let told = match &whole {
            Some(new) => format!("{phn}, born {}, {}", new.birth_date, self.at(line)),
            None => format!("{phn}, {}: the list lacks a name or the birth date", self.at(line)),
        };
        PersonShown {
            value: whole.and_then(|new| serde_json::to_string(&new).ok()),
            name: patient.and_then(|patient| in_list(patient)).unwrap_or_default(),
            told,
        }
    }

    fn pending(&self, one: &Unlisted) -> PersonShown {
        let deceased = one.status == Status::Deceased;
        let (standing, _) = words::standing(one.status.code(), deceased);
        let name = self.of_unlisted(one);
        let at = one.line.map(|line| format!(", {}", self.at(line))).unwrap_or_default();
        let pending = one.status == Status::Pending;
        PersonShown {
            value: pending.then(|| format!("{} {name}", one.phn)),
            told: format!("{}{at}: {standing}", one.phn),
            name,
        }
    }

    fn only_in_pas(&self, one: &Unlisted) -> PersonShown {
        let name = self.of_unlisted(one);
        let (standing, _) = words::standing(one.status.code(), one.status == Status::Deceased);
        PersonShown {
            value: Some(format!("{} {name}", one.phn)),
            told: format!("{}: {standing}", one.phn),
            name,
        }
    }
}

fn in_list(patient: &EmrPatient) -> Option<String> {
    let name = patient.names.first()?;
    let family = name.family.iter().map(String::as_str);
    Some(name.given.iter().map(String::as_str).chain(family).collect::<Vec<_>>().join(" "))
}

fn sections(names: &Names<'_>, compared: &Compared) -> Vec<Section> {
    let told = &compared.told;
    let not_confirmed: Vec<PersonShown> =
        told.not_confirmed.iter().map(|one| names.pending(one)).collect();
    let only_in_pas: Vec<PersonShown> =
        told.only_in_pas.iter().map(|one| names.only_in_pas(one)).collect();
    let only_in_emr: Vec<PersonShown> =
        told.only_in_emr.iter().map(|one| names.newcomer(one.line, one.phn.as_str())).collect();
    let section = |name, title: &str, hint, ticked, people: Vec<PersonShown>| Section {
        name,
        title: format!("{title}: {}", counted(people.len(), "person", "people")),
        hint,
        ticked,
        open: people.len() <= FEW,
        people,
    };
    let mut all = vec![
        section(
            "confirm",
            "In both, but not confirmed",
            "Whoever is ticked and was accepted is confirmed.",
            true,
            not_confirmed,
        ),
        section(
            "remove",
            "Only in PAS",
            "Whoever is ticked is taken off the panel.",
            false,
            only_in_pas,
        ),
        section(
            "add",
            "Only in the EMR",
            "Whoever is ticked is added to the panel, where number, name and birth date match provincial records.",
            false,
            only_in_emr,
        ),
    ];
    all.retain(|section| !section.people.is_empty());
    all
}

fn remarks(names: &Names<'_>, list: &EmrList, compared: &Compared) -> Vec<Remarks> {
    let told = &compared.told;
    let invalid = told.invalid.iter().map(|one| {
        let why = match one.fault {
            PhnFault::Form => "not ten digits that begin with 9",
            PhnFault::CheckDigit => "the check digit does not fit: a digit is wrong",
        };
        format!("{}: {why}", names.at(one.line))
    });
    let repeated = told.repeated.iter().map(|one| {
        let lines: Vec<String> = one.lines.iter().map(u32::to_string).collect();
        format!("{}: {} {}", one.phn.as_str(), names.place, lines.join(", "))
    });
    let mismatches = told.mismatches.iter().map(|one| {
        let fields: Vec<&str> = one.fields.iter().map(|field| field_word(*field)).collect();
        format!("{}, {}: {}", one.phn.as_str(), names.at(one.line), fields.join(", "))
    });
    let unreadable = list.faults.iter().map(|one| format!("{}: {}", names.at(one.line), one.why));
    let all = [
        Remarks::of(("number is none", "numbers are none"), invalid.collect()),
        Remarks::of(
            ("number comes more than once", "numbers come more than once"),
            repeated.collect(),
        ),
        Remarks::of(
            ("person is on record in another way", "people are on record in another way"),
            mismatches.collect(),
        ),
        Remarks::of(("line cannot be read", "lines cannot be read"), unreadable.collect()),
    ];
    all.into_iter().flatten().collect()
}

const fn field_word(field: Field) -> &'static str {
    match field {
        Field::Given => "the given names differ",
        Field::Family => "the family name differs",
        Field::BirthDate => "the birth date differs",
    }
}

impl Shown {
    /// Tells it.
    pub(super) fn of(list: &EmrList, compared: &Compared) -> Self {
        let names = Names::of(list, compared);
        let told = &compared.told;
        Shown {
            agreed: format!(
                "{} agreed: in the EMR's list and confirmed here. The list has {}, the panel {}.",
                counted(told.agreed, "person", "people"),
                told.in_emr,
                told.in_pas
            ),
            sections: sections(&names, compared),
            remarks: remarks(&names, list, compared),
        }
    }
}
