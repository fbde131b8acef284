//! How things are told on pages: plain words for what the workflow calls by codes.

use chrono::{DateTime, Datelike as _, FixedOffset, NaiveDate, Utc};

use crate::attachment::{
    Answer, Became, Complexity, DeclineReason, Gender, Job, LeaveOutReason, Part, PartName,
    ProposalState,
};
use crate::clock::Clock;

use super::super::App;
pub(super) use super::languages::{LANGUAGES, Language, language};

/// What stands for the name in a masked record.
pub(super) const WITHHELD: &str = "Name withheld";

/// When a page is shown, and where.
#[derive(Debug, Clone, Copy)]
pub(super) struct Today {
    pub(super) now: DateTime<Utc>,
    pub(super) offset: FixedOffset,
}

impl Today {
    /// The day of a page.
    pub(super) fn of(app: &App) -> Self {
        Today { now: app.service.clock.now(), offset: app.service.offset }
    }

    /// Today, in the province.
    pub(super) fn date(self) -> NaiveDate {
        Clock::day_of(self.now, self.offset)
    }

    /// A day in the province.
    pub(super) fn day(self, at: DateTime<Utc>) -> String {
        Clock::day_of(at, self.offset).format("%-d %B %Y").to_string()
    }

    /// How long somebody has waited, in months of thirty days as they are counted in the order.
    pub(super) fn waited(self, since: DateTime<Utc>) -> String {
        match (self.now - since).num_days() / 30 {
            ..1 => "less than a month".to_owned(),
            months => count(months, "month", "months"),
        }
    }

    /// How old somebody is.
    pub(super) fn age(self, born: Option<NaiveDate>) -> String {
        age(born, self.date())
    }
}

/// How many of something.
pub(super) fn count(number: i64, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// How many people.
pub(super) fn people(number: impl Into<i64>) -> String {
    count(number.into(), "person", "people")
}

fn age(born: Option<NaiveDate>, today: NaiveDate) -> String {
    let Some(born) = born else { return "not on record".to_owned() };
    match today.years_since(born) {
        None => "not born yet".to_owned(),
        Some(0) => count(months_between(born, today), "month", "months"),
        Some(years) => count(i64::from(years), "year", "years"),
    }
}

fn months_between(born: NaiveDate, today: NaiveDate) -> i64 {
    let months = |day: NaiveDate| i64::from(day.year()) * 12 + i64::from(day.month0());
    months(today) - months(born) - i64::from(today.day() < born.day())
}

/// How much care somebody is likely to need.
pub(super) const fn complexity(band: Complexity) -> &'static str {
    match band {
        Complexity::Low => "Low",
        Complexity::Medium => "Medium",
        Complexity::High => "High",
    }
}

/// A provider's gender, in a form.
pub(super) const fn gender(gender: Gender) -> &'static str {
    match gender {
        Gender::Female => "Female",
        Gender::Male => "Male",
        Gender::Another => "Another",
    }
}

/// What a provider can say of somebody.
pub(super) const fn answer(answer: Answer) -> &'static str {
    match answer {
        Answer::TakeIn => "Take in: we are talking with them",
        Answer::Accept => "Accept onto the panel",
        Answer::Decline => "Decline, for the reason below",
        Answer::PatientDeclined => "They did not want to",
        Answer::Unreachable => "We could not reach them",
    }
}

/// Why somebody is declined.
pub(super) const fn decline_reason(reason: DeclineReason) -> &'static str {
    match reason {
        DeclineReason::Balance => "The panel's balance would suffer",
        DeclineReason::Needs => "They need what we do not offer",
        DeclineReason::Distance => "Too far away",
        DeclineReason::Language => "No common language, and no interpreter",
        DeclineReason::Room => "Less room than was stated",
        DeclineReason::Other => "Another reason",
    }
}

/// Why a candidate is left out.
pub(super) const fn leave_out_reason(reason: LeaveOutReason) -> &'static str {
    match reason {
        LeaveOutReason::Balance => "The list would be out of balance",
        LeaveOutReason::Wish => "They asked for somebody else",
        LeaveOutReason::BetterElsewhere => "Another panel suits them better",
        LeaveOutReason::Unclear => "Something has to be cleared up first",
        LeaveOutReason::Other => "Another reason",
    }
}

/// Where somebody on a list stands, and the mark beside it.
pub(super) const fn state(state: ProposalState) -> (&'static str, &'static str) {
    match state {
        ProposalState::LeftOut => ("Left out", ""),
        ProposalState::Proposed => ("To be answered", ""),
        ProposalState::InIntake => ("In intake", ""),
        ProposalState::Accepted => ("Accepted, to be confirmed", "good"),
        ProposalState::Declined => ("Declined", "bad"),
        ProposalState::PatientDeclined => ("Did not want to", "bad"),
        ProposalState::Unreachable => ("Not reached", "bad"),
        ProposalState::Expired => ("Not answered in time", "bad"),
        ProposalState::Confirmed => ("Confirmed: on the panel", "good"),
        ProposalState::Lost => ("No longer looking, or attached elsewhere", "bad"),
    }
}

/// Why somebody was declined or left out, by the code that was kept.
pub(super) fn reason(code: &str) -> &'static str {
    let declined = DeclineReason::of(code).map(decline_reason);
    declined.or_else(|| LeaveOutReason::of(code).map(leave_out_reason)).unwrap_or("Another reason")
}

/// Points for one thing, told.
pub(super) fn part(part: &Part) -> String {
    let points = count(i64::from(part.points), "point", "points");
    let what = match part.name {
        PartName::Waiting => "for the months that they have waited",
        PartName::Need => "for how much care they need",
        PartName::Distance => "for living near the clinic",
        PartName::Language => "for a language in common",
        PartName::Gender => "for the provider whom they would prefer",
        PartName::Mix => "for what the requested mix still lacks",
    };
    format!("{points} {what}")
}

/// Why somebody stands on a panel where they do, by the code in its history.
pub(super) fn change(code: &str) -> &'static str {
    match code {
        "added" => "Added by the EMR",
        "confirmed-again" => "Added again by the EMR",
        "removed" => "Taken off by the EMR",
        "mrp-moved" => "Another provider took them over",
        "clinic-moved" => "Moved to the provider's other clinic",
        "accepted" => "Accepted from a list",
        "confirmed" => "Confirmed after being accepted",
        "attached-elsewhere" => "Attached elsewhere before it was confirmed",
        "not-confirmed" => "Accepted, but not confirmed in time",
        "no-longer-looking" => "No longer looks for a provider",
        "died" => "Died",
        "clean-up-added" => "Added in a clean-up",
        "clean-up-confirmed" => "Confirmed in a clean-up",
        "clean-up-removed" => "Taken off in a clean-up",
        "provider-left" => "The provider left",
        "number-merged" => "Has another number now",
        _ => "Changed",
    }
}

/// Where somebody stands on a panel, and the mark beside it.
pub(super) fn standing(status: &str, deceased: bool) -> (&'static str, &'static str) {
    match (deceased, status) {
        (true, _) => ("Died", "bad"),
        (_, "confirmed") => ("On the panel", "good"),
        (_, "pending") => ("Accepted, to be confirmed", ""),
        (_, "not-mrp") => ("With another provider", "bad"),
        _ => ("Taken off", "bad"),
    }
}

/// What somebody does at a clinic.
pub(super) const fn job(job: Job) -> &'static str {
    match job {
        Job::MedicalOfficeAssistant => "Medical office assistant",
        Job::ClinicManager => "Clinic manager",
        Job::Nurse => "Nurse",
        Job::Other => "Other",
    }
}

/// How far a panel is from a target that so many people are missing from, and the mark beside it.
pub(super) fn target(due_on: NaiveDate, missing: i64, today: NaiveDate) -> (String, &'static str) {
    match (due_on < today, missing) {
        (true, 1..) => (format!("The day is over, and {} missing", is_or_are(missing)), "bad"),
        (true, _) => ("The day is over, and the panel is as large".to_owned(), "good"),
        (false, 1..) => (format!("{} to come", count(missing, "more person", "more people")), ""),
        (false, 0) => ("The panel is as large already".to_owned(), "good"),
        (false, _) => (format!("Below today's size by {}", people(-missing)), ""),
    }
}

fn is_or_are(number: i64) -> String {
    format!("{} {}", people(number), if number == 1 { "is" } else { "are" })
}

/// Why somebody was not changed in a clean-up.
pub(super) const fn not_cleaned(became: Became) -> &'static str {
    match became {
        Became::NoMatch => {
            "Does not match provincial records, or cannot be attached. Check the number, names and birth date."
        }
        Became::NotPending => "Is not waiting to be confirmed any more. Compare again.",
        Became::OtherProvider => "Has another provider, who has to take them off first.",
        Became::NotOnPanel => "Is not on the panel.",
        _ => "This could not be done now. Compare again, and send it once more.",
    }
}

/// A number with its thousands apart.
pub(super) fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let mut told = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            told.push(',');
        }
        told.push(digit);
    }
    told
}

/// What was just done, by a word of the address. Any other word says nothing.
pub(super) fn done(word: Option<&str>) -> Option<&'static str> {
    match word? {
        "capacity" => Some("Your capacity is stated. Coordinators see it now."),
        "answers" => Some("Your answers are sent."),
        "confirmed" => Some("Confirmed: they are on the panel."),
        "list" => Some("The list is sent."),
        "target" => Some("The target is set."),
        "no-target" => Some("The target is given up."),
        "delegate" => Some("They may act for you from now on."),
        "no-delegate" => Some("They act for you no longer."),
        "clinic" => {
            Some("The details are kept. Families whom the clinic takes see them from now on.")
        }
        "staff" => Some("They are on the staff."),
        "no-staff" => {
            Some("They are on the staff no longer, and what they did for its providers is over.")
        }
        "notices" => Some("Thank you: this is how we tell you from now on."),
        "called" => Some("Ticked off: they were called."),
        "registered" => Some("You are registered."),
        "they-registered" => Some("They are registered."),
        "they-reconfirmed" => Some("They are still on the registry."),
        "changed" => Some("It was changed."),
        "reconfirmed" => Some("Thank you: you are still on the registry."),
        "withdrawn" => Some("They were taken off the registry."),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day_of(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn an_age_is_told_in_years_and_a_baby_s_in_months() {
        let today = day_of("2026-11-22");
        assert_eq!(age(Some(day_of("1984-04-12")), today), "42 years");
        assert_eq!(age(Some(day_of("1984-11-23")), today), "41 years");
        assert_eq!(age(Some(day_of("2025-11-22")), today), "1 year");
        assert_eq!(age(Some(day_of("2025-11-23")), today), "11 months");
        assert_eq!(age(None, today), "not on record");
    }

    #[test]
    fn a_target_is_told_as_what_it_is() {
        let today = day_of("2026-11-22");
        let told = |due_on: &str, missing| target(day_of(due_on), missing, today).0;
        assert_eq!(told("2026-11-22", 12), "12 more people to come");
        assert_eq!(told("2027-01-01", 1), "1 more person to come");
        assert_eq!(told("2027-01-01", 0), "The panel is as large already");
        assert_eq!(told("2027-01-01", -3), "Below today's size by 3 people");
        assert_eq!(told("2026-11-21", 2), "The day is over, and 2 people are missing");
        assert_eq!(told("2026-11-21", -2), "The day is over, and the panel is as large");
    }

    #[test]
    fn thousands_stand_apart() {
        for (number, told) in [(0, "0"), (500, "500"), (1_800, "1,800"), (1_000_000, "1,000,000")] {
            assert_eq!(thousands(number), told);
        }
    }

    #[test]
    fn only_words_that_we_know_are_told_as_done() {
        assert!(done(Some("capacity")).is_some());
        assert_eq!(done(Some("<b>anything</b>")), None);
        assert_eq!(done(None), None);
    }
}
