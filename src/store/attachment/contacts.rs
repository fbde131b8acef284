//! How those who sign in want to be told.

use chrono::{DateTime, Utc};
use sqlx::Row as _;

use crate::attachment::{Contact, ContactChannel};

use super::super::error::StoreError;
use super::super::pool::Store;
use super::act::Act;
use super::places::word;

const CONTACT: &str =
    "SELECT channel, email, phone, told_at FROM access.contact WHERE subject = $1";

const SET: &str = "
INSERT INTO access.contact (subject, channel, email, phone, told_at) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (subject) DO UPDATE SET channel = $2, email = $3, phone = $4, told_at = $5";

// Whoever wants to hear nothing does not hear of it later either.
const HUSH: &str = "
UPDATE attachment.notice SET given_up_at = $2 WHERE subject = $1 AND sent_at IS NULL AND given_up_at IS NULL";

impl Store {
    /// How somebody wants to be told, and since when; `None`: they did not say.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn contact(
        &self,
        subject: &str,
    ) -> Result<Option<(Contact, DateTime<Utc>)>, StoreError> {
        let row = sqlx::query(CONTACT).bind(subject).fetch_optional(&self.pool).await?;
        let Some(row) = row else { return Ok(None) };
        let contact = Contact {
            channel: word(&row, "channel", ContactChannel::of)?,
            email: row.try_get("email")?,
            phone: row.try_get("phone")?,
        };
        Ok(Some((contact, row.try_get("told_at")?)))
    }
}

impl Act {
    /// Keeps how whoever acts wants to be told.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn set_contact(&mut self, contact: &Contact) -> Result<(), StoreError> {
        let by = self.by.clone();
        let query = sqlx::query(SET).bind(&by.author).bind(contact.channel.word());
        let query = query.bind(&contact.email).bind(&contact.phone).bind(by.at);
        query.execute(self.connection()).await?;
        if contact.channel == ContactChannel::Not {
            let query = sqlx::query(HUSH).bind(&by.author).bind(by.at);
            query.execute(self.connection()).await?;
        }
        Ok(())
    }
}
