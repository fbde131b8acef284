//! How somebody who signs in wants to be told that there is something to do.

use chrono::{DateTime, Utc};

use crate::attachment::{Contact, Ground};

use super::{About, Desk, Refusal};

impl Desk<'_> {
    /// How they want to be told, and since when; whoever did not say is not told.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn contact(&self) -> Result<(Contact, Option<DateTime<Utc>>), Refusal> {
        let kept = self.service.store.contact(&self.person.subject).await?;
        Ok(kept.map_or((Contact::none(), None), |(contact, since)| (contact, Some(since))))
    }

    /// Says how they want to be told from now on.
    ///
    /// # Errors
    /// [`Refusal::Invalid`] where they cannot be reached so.
    pub async fn set_contact(
        &self,
        contact: &Contact,
    ) -> Result<(Contact, Option<DateTime<Utc>>), Refusal> {
        contact.check().map_err(|text| Refusal::from((Ground::Reach, text)))?;
        let by = self.by(None);
        let record = self.record(&by, "set-contact", &About::default());
        let mut act = self.service.store.act(by).await?;
        act.set_contact(contact).await?;
        act.commit(&record).await?;
        self.contact().await
    }
}
