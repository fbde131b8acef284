//! Organization.

use crate::fhir::Element;
use crate::message::Naming;
use crate::registry::record::{Address, NameKind, OrganizationName, OrganizationRecord};

use super::{
    Described, PERIOD, active, extension_period, extensions, identifiers, key, period_unless_old,
    text,
};

const PRIMARY_CARE: &str = "http://hlth.gov.bc.ca/fhir/provider/StructureDefinition/bc-organization-primary-care-clinic-extension";
const LEGAL_NAME: &str = "http://hlth.gov.bc.ca/fhir/provider/StructureDefinition/bc-organization-clinic-legal-name-extension";

/// An Organization as a registry describes it.
///
/// # Errors
/// When there is no identifier, or an element cannot be read.
pub fn organization(resource: Element<'_>, naming: &Naming) -> Described<OrganizationRecord> {
    let identifiers = identifiers(resource)?;
    Ok(OrganizationRecord {
        key: key(resource, &identifiers, &naming.facility)?,
        active: active(resource)?,
        names: names(resource)?,
        addresses: addresses(resource)?,
        identifiers,
    })
}

fn names(resource: Element<'_>) -> Described<Vec<OrganizationName>> {
    let mut names = Vec::new();
    if let Some(name) = text(resource.field("name"))? {
        let period = extension_period(resource.field("_name"), PERIOD)?;
        names.push(OrganizationName { text: name, kind: NameKind::Name, period });
    }
    for alias in resource.field("alias").items()? {
        if let Some(alias) = text(alias)? {
            names.push(OrganizationName {
                text: alias,
                kind: NameKind::Alias,
                period: Default::default(),
            });
        }
    }
    for details in extensions(resource, PRIMARY_CARE)? {
        for legal in extensions(details, LEGAL_NAME)? {
            let period = extension_period(legal, PERIOD)?;
            for name in extensions(legal, "clinicLegalName")? {
                if let Some(name) = text(name.field("valueString"))? {
                    names.push(OrganizationName { text: name, kind: NameKind::Legal, period });
                }
            }
        }
    }
    Ok(names)
}

/// Its own addresses, whatever their use, and those of its contacts: business addresses count as well.
fn addresses(resource: Element<'_>) -> Described<Vec<Address>> {
    let mut all = resource.field("address").items()?;
    for contact in resource.field("contact").items()? {
        all.push(contact.field("address"));
    }
    let mut addresses = Vec::new();
    for item in all {
        if let Some(postal_code) = text(item.field("postalCode"))? {
            addresses.push(Address { postal_code, period: period_unless_old(item)? });
        }
    }
    Ok(addresses)
}
