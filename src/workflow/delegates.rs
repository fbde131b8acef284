//! Who acts for a provider: the provider says so, and nobody hands it on.

use crate::access::Subject;
use crate::attachment::{Ground, Role};
use crate::store::Delegate;

use super::{Desk, Refusal};

impl Desk<'_> {
    /// Who acts for the providers that somebody is.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn delegates(&self) -> Result<Vec<Delegate>, Refusal> {
        let own: Vec<&str> = self.person.is_provider().collect();
        Ok(self.service.store.delegates_of(&own).await?)
    }

    /// Lets somebody act for a provider, or no longer.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] where they are not that provider, or nobody acts for them by that name; [`Refusal::Invalid`] where the name is none.
    pub async fn delegate(
        &self,
        practitioner: &str,
        subject: &str,
        acts: bool,
    ) -> Result<Vec<Delegate>, Refusal> {
        if !self.person.delegates_for(practitioner) {
            return Err(Refusal::NotFound);
        }
        let Some(subject) = Subject::parse(subject) else {
            return Err((Ground::Name, "A name to sign in with has no space in it.").into());
        };
        let role = Role::Delegate { practitioner_key: practitioner.to_owned() };
        let by = self.by(Some(practitioner));
        let event = if acts { "give-delegate" } else { "take-delegate" };
        let about = super::About { practitioner: Some(practitioner), ..super::About::default() };
        let record = self.record(&by, event, &about);
        let mut act = self.service.store.act(by).await?;
        if acts {
            act.give_role(subject.as_str(), &role).await?;
        } else if !act.take_role(subject.as_str(), &role).await? {
            return Err(Refusal::NotFound);
        }
        act.commit(&record).await?;
        self.delegates().await
    }
}
