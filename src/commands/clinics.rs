//! The clinics of the sandbox, as their directors keep them: by the same desk as everybody.

use serde::Deserialize;

use crate::access::{Caller, ClientId, Subject};
use crate::attachment::{ClinicDetails, Job, Person, Post, Role};
use crate::audit::Origin;
use crate::process::Service;
use crate::workflow::{Desk, Refusal};

use super::CommandError;

/// What they keep.
const CLINICS: &str = include_str!("../../fixtures/cast/clinics.json");

#[derive(Deserialize)]
struct Kept {
    clinic: String,
    director: String,
    details: ClinicDetails,
    staff: Vec<Member>,
}

#[derive(Deserialize)]
struct Member {
    subject: String,
    name: String,
    job: Job,
}

/// Keeps details and staff of each clinic for which nobody did so yet.
///
/// # Errors
/// When the database does not answer, or a clinic is not on file, which a test excludes.
pub(super) async fn keep(service: Service) -> Result<(), CommandError> {
    let clinics: Vec<Kept> = serde_json::from_str(CLINICS)
        .map_err(|error| CommandError::Told(format!("clinics.json: {error}")))?;
    let told = |refusal: Refusal| CommandError::Told(format!("clinics.json: {refusal}"));
    for Kept { clinic, director, details, staff } in clinics {
        if service.store.clinic_details(&clinic).await?.is_some() {
            continue;
        }
        let role = Role::Director { organization_key: clinic.clone() };
        let person = Person { subject: director.clone(), roles: vec![role] };
        let caller = match (ClientId::parse("pas"), Subject::parse(&director)) {
            (Some(client), Some(subject)) => Caller::User { client, subject },
            _ => Caller::Unchecked,
        };
        let origin = Origin { request_id: service.clock.id(), caller: &caller, address: None };
        let desk = Desk { service: &service, person: &person, origin };
        for Member { subject, name, job } in staff {
            desk.keep_staff(&clinic, &subject, Post { name, job }).await.map_err(told)?;
        }
        // Last: whoever is interrupted before it begins anew.
        desk.keep_clinic(&clinic, details).await.map_err(told)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_cast_keeps_makes_sense() {
        let clinics: Vec<Kept> = serde_json::from_str(CLINICS).unwrap();
        assert_eq!(clinics.len(), 2);
        for Kept { details, staff, .. } in clinics {
            assert!(details.tidy().is_ok());
            assert!(!staff.is_empty());
            for Member { subject, name, job } in staff {
                assert!(Subject::parse(&subject).is_some() && Post { name, job }.tidy().is_ok());
            }
        }
    }
}
