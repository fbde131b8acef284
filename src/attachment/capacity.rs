//! What room a provider has, as they state it for a panel.

use serde::{Deserialize, Serialize};

words! {
    /// A provider's gender, or the one that somebody would prefer.
    Gender {
        /// Female.
        Female = "female",
        /// Male.
        Male = "male",
        /// Neither.
        Another = "another",
    }
}

/// The complexity of new patients that would balance a panel, per cent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mix {
    /// Low.
    pub low: u8,
    /// Medium.
    pub medium: u8,
    /// High.
    pub high: u8,
}

/// What is stated for one panel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Capacity {
    /// Whether new patients are welcome at all.
    pub accepting: bool,
    /// How many, from now on.
    pub anticipated: u32,
    /// How many a month at most.
    pub monthly: Option<u32>,
    /// How large the panel is to be.
    pub desired_size: Option<u32>,
    /// Which mix would balance it.
    pub mix: Option<Mix>,
    /// The provider's gender, if it is to be considered.
    pub gender: Option<Gender>,
    /// Languages that patients can be seen in, BCP 47.
    #[serde(default)]
    pub languages: Vec<String>,
}

/// How large a panel is to be by a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Target {
    /// By when.
    pub due_on: chrono::NaiveDate,
    /// How large, in people; `None`: it is given up.
    pub size: Option<u32>,
}

/// What is wrong with a statement of capacity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CapacityFault {
    /// The mix is not a whole.
    #[error("low, medium and high must come to 100 per cent")]
    Mix,
    /// More people than there can be.
    #[error("new patients: 0 to 10,000; a month: 1 to 10,000; size of the panel: 1 to 100,000")]
    Number,
    /// Not a language.
    #[error("a language is a tag such as `en` or `zh-Hant`")]
    Language,
}

impl Capacity {
    /// Whether it makes sense.
    ///
    /// # Errors
    /// What is wrong with it first.
    pub fn check(&self) -> Result<(), CapacityFault> {
        let whole =
            |mix: Mix| u32::from(mix.low) + u32::from(mix.medium) + u32::from(mix.high) == 100;
        let within = |number: Option<u32>, most| number.is_none_or(|n| (1..=most).contains(&n));
        if self.anticipated > 10_000
            || !within(self.monthly, 10_000)
            || !within(self.desired_size, 100_000)
        {
            return Err(CapacityFault::Number);
        }
        if !self.mix.is_none_or(whole) {
            return Err(CapacityFault::Mix);
        }
        if self.languages.len() > 20 || !self.languages.iter().all(|tag| is_language(tag)) {
            return Err(CapacityFault::Language);
        }
        Ok(())
    }

    /// How many more can be proposed, when so many were accepted since it was stated or are before the provider.
    pub fn open(&self, taken: u32) -> u32 {
        if self.accepting { self.anticipated.saturating_sub(taken) } else { 0 }
    }
}

/// Whether a text has the form of a language tag (BCP 47).
pub fn is_language(tag: &str) -> bool {
    let mut parts = tag.split('-');
    let first = parts.next().unwrap_or_default();
    (2..=3).contains(&first.len())
        && first.bytes().all(|byte| byte.is_ascii_lowercase())
        && parts.all(|part| {
            (2..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn capacity() -> Capacity {
        Capacity {
            accepting: true,
            anticipated: 12,
            monthly: Some(4),
            desired_size: None,
            mix: Some(Mix { low: 50, medium: 30, high: 20 }),
            gender: None,
            languages: vec!["en".into(), "zh-Hant".into()],
        }
    }

    #[test]
    fn what_is_taken_is_not_open_and_a_closed_panel_has_no_room() {
        assert_eq!(capacity().open(0), 12);
        assert_eq!(capacity().open(5), 7);
        assert_eq!(capacity().open(40), 0);
        assert_eq!(Capacity { accepting: false, ..capacity() }.open(0), 0);
    }

    #[test]
    fn a_statement_that_makes_no_sense_is_told_why() {
        assert_eq!(capacity().check(), Ok(()));
        let mix = Some(Mix { low: 50, medium: 30, high: 21 });
        assert_eq!(Capacity { mix, ..capacity() }.check(), Err(CapacityFault::Mix));
        let monthly = Some(0);
        assert_eq!(Capacity { monthly, ..capacity() }.check(), Err(CapacityFault::Number));
        let languages = vec!["English".into()];
        assert_eq!(Capacity { languages, ..capacity() }.check(), Err(CapacityFault::Language));
    }
}
