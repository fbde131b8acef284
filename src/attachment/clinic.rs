//! A clinic as its director keeps it: how families reach and find it, and who works there.

use serde::{Deserialize, Serialize};

words! {
    /// What somebody does at a clinic.
    Job {
        /// Medical office assistant.
        MedicalOfficeAssistant = "medical-office-assistant",
        /// Clinic manager.
        ClinicManager = "clinic-manager",
        /// Nurse.
        Nurse = "nurse",
        /// Something else.
        Other = "other",
    }
}

/// How a clinic is reached and found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct ClinicDetails {
    /// Telephone number.
    pub phone: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
    /// The address where families come.
    pub lines: Vec<String>,
    /// Its postal code: six characters, without the space.
    pub postal_code: Option<String>,
    /// How it is found and entered, in the clinic's own words.
    pub for_families: Option<String>,
}

/// Somebody's place at a clinic.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Post {
    /// Their name, as providers see it.
    pub name: String,
    /// What they do there.
    pub job: Job,
}

/// What is wrong with what a director keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ClinicFault {
    /// Not to be dialled.
    #[error(
        "A telephone number has 7 to 15 digits, such as 604-555-0101, and an extension if need be: ext. 12."
    )]
    Phone,
    /// Not to be written to.
    #[error("An e-mail address has the form name@clinic.example.")]
    Email,
    /// Too much of an address.
    #[error("An address has four lines at most, of 100 characters each.")]
    Lines,
    /// Not a whole one.
    #[error("The postal code of a clinic has six characters, such as V0X 9Z1.")]
    PostalCode,
    /// Too long.
    #[error("The text for families has 500 characters at most.")]
    Long,
    /// It leads away.
    #[error(
        "The text for families holds no web address: whoever reads it is to trust what stands here."
    )]
    Link,
    /// Nothing that could be shown.
    #[error("A name has 1 to 100 characters.")]
    Name,
}

/// The most characters of the text for families.
pub const TEXT_FOR_FAMILIES: usize = 500;

impl ClinicDetails {
    /// The same as it is kept: without what stands around it, without what is empty.
    ///
    /// # Errors
    /// What is wrong with it first.
    pub fn tidy(self) -> Result<Self, ClinicFault> {
        let given = |text: Option<String>| {
            text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
        };
        let lines = self.lines.iter().map(|line| line.trim()).filter(|line| !line.is_empty());
        let compact = |code: String| {
            code.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_uppercase()
        };
        let tidy = ClinicDetails {
            phone: given(self.phone),
            email: given(self.email),
            lines: lines.map(str::to_owned).collect(),
            postal_code: given(self.postal_code).map(compact),
            // Browsers send the ends of lines as two characters; they count as one.
            for_families: given(self.for_families.map(|text| text.replace("\r\n", "\n"))),
        };
        tidy.fault().map_or(Ok(tidy), Err)
    }

    fn fault(&self) -> Option<ClinicFault> {
        let wrong = |text: &Option<String>, fits: fn(&str) -> bool| {
            text.as_deref().is_some_and(|text| !fits(text))
        };
        let text = self.for_families.as_deref().unwrap_or_default();
        let faults = [
            (wrong(&self.phone, is_phone), ClinicFault::Phone),
            (wrong(&self.email, is_email), ClinicFault::Email),
            (self.lines.len() > 4 || !self.lines.iter().all(|l| is_line(l)), ClinicFault::Lines),
            (wrong(&self.postal_code, is_postal_code), ClinicFault::PostalCode),
            (text.chars().count() > TEXT_FOR_FAMILIES || !is_text(text), ClinicFault::Long),
            (leads_away(text), ClinicFault::Link),
        ];
        faults.into_iter().find_map(|(wrong, fault)| wrong.then_some(fault))
    }
}

impl Post {
    /// The same as it is kept.
    ///
    /// # Errors
    /// Where the name is none.
    pub fn tidy(self) -> Result<Self, ClinicFault> {
        let name = self.name.trim().to_owned();
        if name.is_empty() || !is_line(&name) {
            return Err(ClinicFault::Name);
        }
        Ok(Post { name, job: self.job })
    }
}

fn is_line(text: &str) -> bool {
    text.chars().count() <= 100 && !text.contains(char::is_control)
}

fn is_text(text: &str) -> bool {
    text.chars().all(|c| c == '\n' || !c.is_control())
}

fn is_phone(text: &str) -> bool {
    let (number, extension) = text.split_once("ext.").unwrap_or((text, "1"));
    let digits = number.bytes().filter(u8::is_ascii_digit).count();
    let extension = extension.trim();
    (7..=15).contains(&digits)
        && number.chars().all(|c| c.is_ascii_digit() || " -+().".contains(c))
        && (1..=6).contains(&extension.len())
        && extension.bytes().all(|byte| byte.is_ascii_digit())
        && text.len() <= 40
}

fn is_email(text: &str) -> bool {
    let parts = text.split_once('@');
    let named = parts
        .is_some_and(|(name, host)| !name.is_empty() && host.contains('.') && !host.contains('@'));
    named && text.len() <= 254 && !text.contains(|c: char| c.is_whitespace() || c.is_control())
}

fn is_postal_code(code: &str) -> bool {
    let fits = |(place, byte): (usize, u8)| match place % 2 {
        0 => byte.is_ascii_uppercase(),
        _ => byte.is_ascii_digit(),
    };
    code.len() == 6 && code.bytes().enumerate().all(fits)
}

fn leads_away(text: &str) -> bool {
    let text = text.to_lowercase();
    text.contains("://") || text.contains("www.")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn details() -> ClinicDetails {
        ClinicDetails {
            phone: Some(" 604-555-0101 ext. 12 ".into()),
            email: Some("desk@cedar.example".into()),
            lines: vec!["12 Lantern Row".into(), "  ".into()],
            postal_code: Some("v0x 9z1".into()),
            for_families: Some("The door by the cedar.\r\nA ramp leads to it.\n".into()),
        }
    }

    #[test]
    fn what_is_kept_is_without_what_stands_around_it() {
        let tidy = details().tidy().unwrap();
        assert_eq!(tidy.phone.as_deref(), Some("604-555-0101 ext. 12"));
        assert_eq!(tidy.lines, ["12 Lantern Row"]);
        assert_eq!(tidy.postal_code.as_deref(), Some("V0X9Z1"));
        assert_eq!(
            tidy.for_families.as_deref(),
            Some("The door by the cedar.\nA ramp leads to it.")
        );
        assert_eq!(ClinicDetails::default().tidy(), Ok(ClinicDetails::default()));
    }

    #[test]
    fn what_makes_no_sense_is_told_why() {
        let some = |text: &str| Some(text.to_owned());
        let long = "a".repeat(501);
        for (wrong, fault) in [
            (ClinicDetails { phone: some("call us"), ..details() }, ClinicFault::Phone),
            (
                ClinicDetails { phone: some("604-555-0101 ext. door"), ..details() },
                ClinicFault::Phone,
            ),
            (ClinicDetails { email: some("cedar"), ..details() }, ClinicFault::Email),
            (ClinicDetails { lines: vec!["a".into(); 5], ..details() }, ClinicFault::Lines),
            (ClinicDetails { lines: vec![long.clone()], ..details() }, ClinicFault::Lines),
            (ClinicDetails { postal_code: some("V0X"), ..details() }, ClinicFault::PostalCode),
            (ClinicDetails { for_families: Some(long), ..details() }, ClinicFault::Long),
            (
                ClinicDetails { for_families: some("See HTTPS://x.example"), ..details() },
                ClinicFault::Link,
            ),
        ] {
            assert_eq!(wrong.tidy(), Err(fault));
        }
        let longest = "é".repeat(TEXT_FOR_FAMILIES);
        assert!(ClinicDetails { for_families: Some(longest), ..details() }.tidy().is_ok());
    }

    #[test]
    fn whoever_works_there_has_a_name() {
        let post = |name: &str| Post { name: name.to_owned(), job: Job::Nurse }.tidy();
        assert_eq!(post(" Rue Clipworth ").unwrap().name, "Rue Clipworth");
        assert_eq!(post("  "), Err(ClinicFault::Name));
        assert_eq!(post(&"a".repeat(101)), Err(ClinicFault::Name));
    }
}
