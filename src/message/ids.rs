//! Identities as types: below the door no bare string stands for one.

use std::fmt;

/// A personal health number: ten digits.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Phn(String);

/// Why a text is no personal health number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PhnFault {
    /// Not ten digits of which the first is 9.
    Form,
    /// The check digit is wrong.
    CheckDigit,
}

impl Phn {
    /// Reads a number as EMRs write it: spaces (no-break ones too) and hyphens are noise.
    ///
    /// With `check_digit`, the tenth digit must be right: 11 − (Σ d2..d9 × (2,4,8,5,10,9,7,3) mod 11), and
    /// numbers for which that is 10 or 11 are never issued.
    ///
    /// # Errors
    /// When it is not ten digits starting with 9, or the check digit is wrong.
    pub fn parse(text: &str, check_digit: bool) -> Result<Self, PhnFault> {
        let digits: String = text
            .chars()
            .filter(|c| !c.is_whitespace() && !matches!(c, '-' | '\u{2010}' | '\u{2011}'))
            .collect();
        let values: Vec<u32> = digits.chars().filter_map(|c| c.to_digit(10)).collect();
        if values.len() != digits.chars().count() || values.len() != 10 || values[0] != 9 {
            return Err(PhnFault::Form);
        }
        if check_digit {
            const WEIGHTS: [u32; 8] = [2, 4, 8, 5, 10, 9, 7, 3];
            let sum: u32 =
                values[1..9].iter().zip(WEIGHTS).map(|(digit, weight)| digit * weight).sum();
            if 11 - sum % 11 != values[9] {
                return Err(PhnFault::CheckDigit);
            }
        }
        Ok(Phn(digits))
    }

    /// The ten digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Never the number: a PHN must not reach a log by way of `{:?}`.
impl fmt::Debug for Phn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Phn(…)")
    }
}

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// Takes the text without the white space around it; `None` when nothing is left.
            pub fn parse(text: &str) -> Option<Self> {
                let text = text.trim();
                (!text.is_empty()).then(|| $name(text.to_owned()))
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
    };
}

text_id! {
    /// Who sent a message: `MessageHeader.source.endpoint`.
    Sender
}
text_id! {
    /// What a Bundle is recognised by: `Bundle.id`, else `Bundle.identifier`, else its digest.
    BundleKey
}
text_id! {
    /// What a message is recognised by: `MessageHeader.id`, else the uuid of its fullUrl, else `Bundle.identifier`.
    HeaderKey
}
text_id! {
    /// A facility number, from one of the accepted systems.
    FacilityId
}

/// A practitioner's number in one of the accepted systems (MSP or licence).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PractitionerId {
    /// The naming system, one of the accepted ones.
    pub system: String,
    /// The number.
    pub value: String,
}

impl PractitionerId {
    /// `system|value`, as registry records are found by.
    pub fn token(&self) -> String {
        format!("{}|{}", self.system, self.value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Published samples and computed edge cases; `r` of 0 or 1 has no valid check digit.
    const VECTORS: &[(&str, bool)] = &[
        ("9012372173", true),
        ("9698658215", true),
        ("9260784079", true),
        ("9876543218", true),
        ("9871111223", true),
        ("9123456798", true),
        ("9876543210", false),
        ("9000000000", false),
        ("9000000040", false),
        ("9698648215", false),
        ("9999999999", false),
        ("9999999998", true),
        ("9735353315", true),
        ("9000448000", false),
    ];

    #[test]
    fn the_check_digit_agrees_with_the_vectors() {
        for (number, valid) in VECTORS {
            let parsed = Phn::parse(number, true);
            assert_eq!(parsed.is_ok(), *valid, "{number}");
            assert!(Phn::parse(number, false).is_ok(), "{number} has the right form");
        }
    }

    #[test]
    fn noise_is_stripped_and_other_forms_are_refused() {
        for noisy in ["9012 372 173", "9012-372-173", " 9012\u{a0}372\u{a0}173 "] {
            assert_eq!(Phn::parse(noisy, true).unwrap().as_str(), "9012372173");
        }
        for wrong in [
            "",
            "901237217",
            "90123721730",
            "8012372173",
            "901237217x",
            "9012.372173",
            "٩012372173",
        ] {
            assert_eq!(Phn::parse(wrong, true), Err(PhnFault::Form), "{wrong}");
        }
    }

    #[test]
    fn a_number_never_shows_in_debug_output() {
        let phn = Phn::parse("9012372173", true).unwrap();
        assert!(!format!("{phn:?}").contains("9012"));
    }
}
