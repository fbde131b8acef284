//! How a clinic is reached and found, as it is shown to families and coordinators.

use crate::attachment::ClinicDetails;

/// A clinic, as others see it.
#[derive(Debug, Default)]
pub(super) struct ClinicCard {
    pub(super) name: String,
    pub(super) phone: Option<String>,
    /// For those who work with the clinic.
    pub(super) email: Option<String>,
    /// Line by line, the postal code last.
    pub(super) address: Vec<String>,
    /// Paragraph by paragraph.
    pub(super) text: Vec<String>,
}

impl ClinicCard {
    /// For those whom it took.
    pub(super) fn for_families(name: &str, details: ClinicDetails) -> Self {
        let mut address = details.lines;
        address.extend(details.postal_code.as_deref().map(spaced));
        let text = details.for_families.unwrap_or_default();
        ClinicCard {
            name: name.to_owned(),
            phone: details.phone,
            email: None,
            address,
            text: text.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect(),
        }
    }

    /// For those who work with it.
    pub(super) fn for_coordinators(name: &str, details: ClinicDetails) -> Self {
        let email = details.email.clone();
        ClinicCard { email, ..ClinicCard::for_families(name, details) }
    }

    /// The number as a telephone dials it.
    pub(super) fn dialled(&self) -> String {
        let number = self.phone.as_deref().unwrap_or_default();
        let number = number.split("ext.").next().unwrap_or_default();
        number.chars().filter(|c| c.is_ascii_digit() || *c == '+').collect()
    }
}

/// A postal code as people write it.
pub(super) fn spaced(code: &str) -> String {
    match code.split_at_checked(3) {
        Some((area, place)) if !place.is_empty() && !code.contains(' ') => {
            format!("{area} {place}")
        }
        _ => code.to_owned(),
    }
}
