//! FHIR `Period` and partial dates, reduced to days: what "current" means for a registry record.

use chrono::{Datelike, Days, Months, NaiveDate};
use serde::{Deserialize, Serialize};

/// A span of days, both ends inclusive; an absent end is open.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Period {
    /// First day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<NaiveDate>,
    /// Last day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<NaiveDate>,
}

impl Period {
    /// A day before all others: the end of what ended nobody knows when.
    pub const LONG_AGO: NaiveDate = NaiveDate::from_yo_opt(1, 1).unwrap();

    /// Whether `day` lies within the period.
    pub fn holds(&self, day: NaiveDate) -> bool {
        self.start.is_none_or(|start| start <= day) && self.end.is_none_or(|end| day <= end)
    }

    /// The first and the last day that a FHIR `date` or `dateTime` stands for: `2024-02` is all of that February.
    /// `None` when the text is neither.
    pub fn of_partial(text: &str) -> Option<(NaiveDate, NaiveDate)> {
        let day = text.split_once('T').map_or(text, |(day, _)| day);
        let digits = |part: &str, width: usize| {
            (part.len() == width && part.bytes().all(|b| b.is_ascii_digit()))
                .then(|| part.parse::<u32>().ok())
                .flatten()
        };
        let mut parts = day.split('-');
        let year = i32::try_from(digits(parts.next()?, 4)?).ok().filter(|year| *year > 0)?;
        let Some(month) = parts.next() else {
            return Some((
                NaiveDate::from_ymd_opt(year, 1, 1)?,
                NaiveDate::from_ymd_opt(year, 12, 31)?,
            ));
        };
        let first = NaiveDate::from_ymd_opt(year, digits(month, 2)?, 1)?;
        let Some(number) = parts.next() else {
            let last = first.checked_add_months(Months::new(1))?.checked_sub_days(Days::new(1))?;
            return Some((first, last));
        };
        let date = first.with_day(digits(number, 2)?)?;
        parts.next().is_none().then_some((date, date))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_partial_date_stands_for_all_its_days() {
        assert_eq!(Period::of_partial("2024-02"), Some((day("2024-02-01"), day("2024-02-29"))));
        assert_eq!(Period::of_partial("2024"), Some((day("2024-01-01"), day("2024-12-31"))));
        assert_eq!(Period::of_partial("2024-12-31T23:59:59-08:00").unwrap().0, day("2024-12-31"));
        for wrong in [
            "",
            "0000-01-01",
            "24",
            "2024-2",
            "2024-13",
            "2024-02-30",
            "2024-02-03-04",
            "yesterday",
        ] {
            assert_eq!(Period::of_partial(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn both_ends_are_inclusive_and_an_absent_end_is_open() {
        let period = Period { start: Some(day("2020-01-01")), end: Some(day("2020-01-31")) };
        assert!(period.holds(day("2020-01-01")) && period.holds(day("2020-01-31")));
        assert!(!period.holds(day("2019-12-31")) && !period.holds(day("2020-02-01")));
        assert!(Period::default().holds(day("1900-01-01")));
    }
}
