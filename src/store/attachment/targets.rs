//! How large panels are to be by when, as coordinators agree with new providers.

use chrono::NaiveDate;
use sqlx::Row as _;
use sqlx::postgres::PgRow;

use crate::attachment::Target;
use crate::panel::PanelId;

use super::super::error::StoreError;
use super::super::pool::Store;
use super::act::Act;

const TARGETS: &str = "
SELECT due_on, size FROM (
    SELECT DISTINCT ON (due_on) due_on, size FROM attachment.target WHERE panel_id = $1 ORDER BY due_on, id DESC) t
 WHERE size IS NOT NULL ORDER BY due_on";

const SET: &str = "
INSERT INTO attachment.target (panel_id, due_on, size, set_at, author, act_id) VALUES ($1, $2, $3, $4, $5, $6)";

impl Store {
    /// The targets of a panel, by day.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn targets_of(&self, panel: PanelId) -> Result<Vec<Target>, StoreError> {
        let rows = sqlx::query(TARGETS).bind(panel.0).fetch_all(&self.pool).await?;
        let target = |row: &PgRow| -> Result<Target, StoreError> {
            let (due_on, size): (NaiveDate, i32) = (row.try_get("due_on")?, row.try_get("size")?);
            Ok(Target { due_on, size: u32::try_from(size).ok() })
        };
        rows.iter().map(target).collect()
    }
}

impl Act {
    /// Sets the target of a day, or gives it up.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn set_target(&mut self, panel: PanelId, target: Target) -> Result<(), StoreError> {
        let by = self.by.clone();
        let size = target.size.map(|size| i32::try_from(size).unwrap_or(i32::MAX));
        let query = sqlx::query(SET).bind(panel.0).bind(target.due_on).bind(size);
        query.bind(by.at).bind(&by.author).bind(by.id).execute(self.connection()).await?;
        Ok(())
    }
}
