//! What a director keeps: how their clinic is reached and found, and who works there.

use crate::access::Subject;
use crate::attachment::{ClinicDetails, ClinicFault, Ground, Post, Role};
use crate::store::{By, ClinicEntry, Delegate, KeptDetails, Named, PanelSide, StaffMember};

use super::{About, Desk, Refusal};

/// A clinic as its director sees it.
#[derive(Debug, Clone)]
pub struct Clinic {
    /// By key in PAS.
    pub key: String,
    /// As the registries have it, PAS first.
    pub entries: Vec<ClinicEntry>,
    /// How it is reached and found; `None`: nobody has said so yet.
    pub kept: Option<KeptDetails>,
    /// Who works there.
    pub staff: Vec<StaffMember>,
    /// Its providers' panels.
    pub panels: Vec<PanelSide>,
    /// Who acts for these providers.
    pub delegates: Vec<Delegate>,
}

impl Clinic {
    /// Its name in PAS.
    pub fn name(&self) -> &str {
        self.entries.first().map_or("", |entry| entry.name.as_str())
    }
}

impl From<ClinicFault> for Refusal {
    fn from(fault: ClinicFault) -> Self {
        let ground = match fault {
            ClinicFault::Phone => Ground::Phone,
            ClinicFault::Email => Ground::Email,
            ClinicFault::Lines => Ground::Lines,
            ClinicFault::PostalCode => Ground::PostalCode,
            ClinicFault::Long | ClinicFault::Link => Ground::Text,
            ClinicFault::Name => Ground::Name,
        };
        Refusal::Invalid(ground, fault.to_string())
    }
}

impl Desk<'_> {
    /// The clinics that they direct.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn clinics(&self) -> Result<Vec<Named>, Refusal> {
        let clinic = |role: &Role| match role {
            Role::Director { organization_key } => Some(organization_key.clone()),
            _ => None,
        };
        let keys: Vec<String> = self.person.roles.iter().filter_map(clinic).collect();
        let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
        Ok(self.service.store.clinics(&keys).await?)
    }

    /// One clinic.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] where they do not direct it.
    pub async fn clinic(&self, clinic: &str) -> Result<Clinic, Refusal> {
        self.directs(clinic)?;
        let (store, today) = (&self.service.store, self.today());
        let entries = store.clinic_entries(clinic, today).await?;
        let kept = store.clinic_details(clinic).await?;
        let staff = store.staff_of(&[clinic]).await?;
        let mut panels = store.panels_at(clinic, self.as_of(), today).await?;
        panels.sort_by(|one, other| one.practitioner.cmp(&other.practitioner));
        let providers: Vec<&str> =
            panels.iter().map(|panel| panel.practitioner_key.as_str()).collect();
        let delegates = store.delegates_of(&providers).await?;
        Ok(Clinic { key: clinic.to_owned(), entries, kept, staff, panels, delegates })
    }

    /// Keeps how a clinic is reached and found, in place of what was kept before.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] where they do not direct it; [`Refusal::Invalid`] where it makes no sense.
    pub async fn keep_clinic(
        &self,
        clinic: &str,
        details: ClinicDetails,
    ) -> Result<Clinic, Refusal> {
        self.directs(clinic)?;
        let details = details.tidy()?;
        let by = self.by(None);
        let record = self.record(&by, "keep-clinic", &at(clinic));
        let mut act = self.service.store.act(by).await?;
        act.keep_clinic(clinic, &details).await?;
        act.commit(&record).await?;
        self.clinic(clinic).await
    }

    /// Keeps somebody on the staff of a clinic, with their name and job.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] where they do not direct it; [`Refusal::Invalid`] where it makes no sense.
    pub async fn keep_staff(
        &self,
        clinic: &str,
        subject: &str,
        post: Post,
    ) -> Result<Clinic, Refusal> {
        self.directs(clinic)?;
        let Some(subject) = Subject::parse(subject) else {
            return Err((Ground::Name, "A name to sign in with has no space in it.").into());
        };
        let Post { name, job } = post.tidy()?;
        let by = self.by(None);
        let record = self.record(&by, "keep-staff", &at(clinic));
        let mut act = self.service.store.act(by).await?;
        act.lock_staff(subject.as_str()).await?;
        act.keep_staff(clinic, subject.as_str(), &name, job).await?;
        act.commit(&record).await?;
        self.clinic(clinic).await
    }

    /// Lets somebody go from the staff of a clinic. They act for its providers no longer, unless they work for them at another clinic.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] where they do not direct it, or nobody of that name works there.
    pub async fn staff_leaves(&self, clinic: &str, subject: &str) -> Result<Clinic, Refusal> {
        self.directs(clinic)?;
        let by = self.by(None);
        let mut records = vec![self.record(&by, "keep-staff", &at(clinic))];
        let mut act = self.service.store.act(by).await?;
        act.lock_staff(subject).await?;
        let ended = act.leave_staff(clinic, subject, self.today()).await?;
        for practitioner in &ended.ok_or(Refusal::NotFound)? {
            let about = About { practitioner: Some(practitioner), ..at(clinic) };
            // A record of its own, of the same act.
            let own = By { id: self.service.clock.id(), ..act.by.clone() };
            let record = self.record(&own, "take-delegate", &about);
            // It names in whose name nothing is done any more.
            let on_behalf_of = vec![practitioner.clone()];
            let message_id = Some(act.by.id);
            records.push(crate::audit::Record { message_id, on_behalf_of, ..record });
        }
        act.commit_all(&records).await?;
        self.clinic(clinic).await
    }

    fn directs(&self, clinic: &str) -> Result<(), Refusal> {
        if self.person.directs(clinic) { Ok(()) } else { Err(Refusal::NotFound) }
    }

    pub(super) fn today(&self) -> chrono::NaiveDate {
        self.service.clock.today(self.service.offset)
    }
}

fn at(clinic: &str) -> About<'_> {
    About { organization: Some(clinic), ..About::default() }
}
