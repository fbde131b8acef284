//! When two names are the same name. Registries write JOSÉ, Jose and José for one person, and apostrophes and
//! hyphens in half a dozen ways; none of that is a difference between people.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// How names are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NamePolicy {
    /// Whether combining marks (accents, glottalisation) are passed over: registries often hold upper-case ASCII.
    pub ignore_marks: bool,
}

impl Default for NamePolicy {
    fn default() -> Self {
        NamePolicy { ignore_marks: true }
    }
}

/// Whether two names, or two lists of names joined by spaces, are the same.
pub fn same_text(a: &str, b: &str, policy: NamePolicy) -> bool {
    a == b || fold(a, policy) == fold(b, policy)
}

/// Whether the first given name of a message, which should hold all given names, equals those on record.
pub fn same_given(message: &str, record: &[String], policy: NamePolicy) -> bool {
    let joined = match record {
        [only] => Cow::Borrowed(only.as_str()),
        several => Cow::Owned(several.join(" ")),
    };
    same_text(message, &joined, policy)
}

/// A postal code without spaces and hyphens, in upper case.
pub fn postal_code(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_whitespace() && !is_hyphen(*c))
        .flat_map(char::to_uppercase)
        .collect()
}

/// The form in which names are compared: NFKC, case-folded, white space trimmed and collapsed, apostrophes and
/// hyphens made one, combining marks removed when the policy says so.
fn fold(text: &str, policy: NamePolicy) -> String {
    let plain = |c: char| match c {
        c if is_apostrophe(c) => '\'',
        c if is_hyphen(c) => '-',
        c => c,
    };
    // Before normalization, which would take U+00B4 (´, typed for an apostrophe) apart into a space and an accent.
    let decomposed = text.chars().map(plain).filter(|c| *c != '\u{ad}').nfkd();
    let marked = decomposed.filter(|c| !(policy.ignore_marks && is_combining_mark(*c)));
    // Lower, upper and lower again is full case folding for letters: ß, ẞ and SS meet, and so do ς and σ.
    let folded: String = marked
        .flat_map(char::to_lowercase)
        .flat_map(char::to_uppercase)
        .flat_map(char::to_lowercase)
        .map(plain)
        .nfkc()
        .collect();
    let mut words = folded.split_whitespace();
    let mut out = words.next().unwrap_or_default().to_owned();
    for word in words {
        out.push(' ');
        out.push_str(word);
    }
    out
}

fn is_apostrophe(c: char) -> bool {
    matches!(
        c,
        '\'' | '`'
            | '\u{b4}'
            | '\u{2018}'
            | '\u{2019}'
            | '\u{201b}'
            | '\u{2032}'
            | '\u{2b9}'
            | '\u{2bb}'
            | '\u{2bc}'
            | '\u{2bd}'
            | '\u{2c8}'
            | '\u{55a}'
            | '\u{a78c}'
            | '\u{ff07}'
    )
}

fn is_hyphen(c: char) -> bool {
    matches!(c, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe58}' | '\u{fe63}' | '\u{ff0d}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LENIENT: NamePolicy = NamePolicy { ignore_marks: true };
    const STRICT: NamePolicy = NamePolicy { ignore_marks: false };

    #[test]
    fn spellings_of_one_name_are_the_same() {
        for (a, b) in [
            ("José", "JOSE"),
            ("  de   la Cruz ", "De La\u{a0}Cruz"),
            ("O'Placebo", "O\u{2019}PLACEBO"),
            ("O\u{b4}Placebo", "o\u{2bc}placebo"),
            ("Fern-Marie", "FERN\u{2010}MARIE"),
            ("Strauß", "STRAUSS"),
            ("STRAUẞ", "strauß"),
            ("X\u{331}élna\u{331}", "Xelna"),
            ("Jose\u{301}", "Jos\u{e9}"),
        ] {
            assert!(same_text(a, b, LENIENT), "{a} and {b}");
        }
    }

    #[test]
    fn different_names_stay_different() {
        for (a, b) in
            [("Anna", "Ana"), ("Anne Marie", "Annemarie"), ("Li", "Lí Na"), ("O'Neil", "ONeil")]
        {
            assert!(!same_text(a, b, LENIENT), "{a} and {b}");
        }
        assert!(!same_text("José", "Jose", STRICT));
        assert!(same_text("José", "JOSE\u{301}", STRICT));
    }

    #[test]
    fn given_names_are_compared_joined() {
        let record = ["Wren".to_owned(), "Aurelia".to_owned()];
        assert!(same_given("WREN  AURELIA", &record, LENIENT));
        assert!(!same_given("Wren", &record, LENIENT));
    }

    #[test]
    fn a_postal_code_has_no_spaces_no_hyphens_and_no_case() {
        assert_eq!(postal_code(" v0x-9z1"), "V0X9Z1");
        assert_eq!(postal_code("V0X\u{a0}9Z1"), postal_code("v0x9z1"));
    }

    proptest! {
        #[test]
        fn comparing_is_reflexive_symmetric_and_blind_to_case_and_space(name in "\\PC{0,24}", other in "\\PC{0,24}") {
            for policy in [LENIENT, STRICT] {
                prop_assert!(same_text(&name, &name, policy));
                prop_assert_eq!(same_text(&name, &other, policy), same_text(&other, &name, policy));
                let padded = format!("  {name}\t");
                prop_assert!(same_text(&name, &padded, policy));
            }
        }

        #[test]
        fn folding_twice_changes_nothing(name in "[\\p{Latin}\\p{Greek}\\p{Mn}'’ʼ\\- ]{0,24}") {
            for policy in [LENIENT, STRICT] {
                let once = fold(&name, policy);
                prop_assert_eq!(&fold(&once, policy), &once);
            }
        }

        #[test]
        fn what_is_the_same_strictly_is_the_same_leniently(a in "[a-zA-Zéèñ' -]{1,8}", b in "[a-zA-Zéèñ' -]{1,8}") {
            prop_assert!(!same_text(&a, &b, STRICT) || same_text(&a, &b, LENIENT));
        }
    }
}
