//! Rules that fail, as issues. The text says which side differs, never with what.

use crate::registry::{Failure, Holders, How, Rule};

use super::{Code, Issue};

impl From<Rule> for Code {
    fn from(rule: Rule) -> Self {
        match rule {
            Rule::ProviderInPlr => Code::ProviderInPlr,
            Rule::ProviderInPas => Code::ProviderInPas,
            Rule::ProviderGiven => Code::ProviderGiven,
            Rule::ProviderFamily => Code::ProviderFamily,
            Rule::ClinicInPlr => Code::ClinicInPlr,
            Rule::ClinicInPas => Code::ClinicInPas,
            Rule::ClinicName => Code::ClinicName,
            Rule::ClinicPostalCode => Code::ClinicPostalCode,
            Rule::ProviderAtClinic => Code::ProviderAtClinic,
            Rule::PatientInClientRegistry => Code::PatientInClientRegistry,
            Rule::PatientGiven => Code::PatientGiven,
            Rule::PatientFamily => Code::PatientFamily,
            Rule::PatientBirthDate => Code::PatientBirthDate,
            Rule::PatientNotDeceased => Code::PatientNotDeceased,
            Rule::PatientPhnCurrent => Code::PatientPhnCurrent,
            Rule::PatientNotMasked => Code::PatientNotMasked,
        }
    }
}

impl From<&Failure> for Issue {
    fn from(failure: &Failure) -> Self {
        let code = Code::from(failure.rule);
        let plain = code.row().text;
        let text = match failure.how {
            How::Fails | How::Unknown => plain.to_owned(),
            How::NotCurrent => format!(
                "{plain} There is a record, but it is not current: ended, inactive, or without a current licence."
            ),
            How::Several => format!("{plain} The identifiers given belong to several records."),
            How::Differs(Holders::ClientRegistry) => plain.to_owned(),
            How::Differs(Holders::Plr) => format!("{plain} It differs from PLR."),
            How::Differs(Holders::Pas) => format!("{plain} It differs from PAS."),
            How::Differs(Holders::PlrAndPas) => {
                format!("{plain} It differs from PLR and from PAS.")
            }
            How::GivenNotJoined => format!(
                "{plain} It would match if all given names stood in the first entry of given, separated by spaces: only that entry is compared."
            ),
        };
        Issue::with(code, text).at(failure.at)
    }
}
