//! One statement gathers everything that a message needs: the answer given before, the registries' records, and where
//! its patients stand.

use std::collections::HashMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use sqlx::Row as _;
use sqlx::postgres::{PgExecutor, PgRow};
use sqlx::types::Json;

use crate::access::{Caller, ClientId, Grant, Subject};
use crate::message::{Digest, Message};
use crate::panel::{Entry, PanelId};
use crate::registry::{Identifier, PatientRecord, Records};

/// What to look for.
#[derive(Debug)]
pub struct Question<'m> {
    client: &'m str,
    subject: Option<&'m str>,
    sender: &'m str,
    bundle_key: Option<&'m str>,
    practitioner_tokens: Vec<String>,
    facility_tokens: &'m [String],
    phns: Vec<&'m str>,
}

impl<'m> Question<'m> {
    /// What this message of this caller needs to know.
    pub fn about(message: &'m Message, caller: &'m Caller) -> Self {
        Question {
            client: client_key(caller),
            subject: caller.subject().map(Subject::as_str),
            sender: message.sender.as_str(),
            bundle_key: message.keys.as_ref().map(|keys| keys.bundle.as_str()),
            practitioner_tokens: message.provider.ids.iter().map(|id| id.token()).collect(),
            facility_tokens: &message.clinic.tokens,
            phns: message.patients.iter().map(|patient| patient.phn.as_str()).collect(),
        }
    }
}

/// The client as answers are kept by: nobody's are those of the empty one.
pub(super) fn client_key(caller: &Caller) -> &str {
    caller.client().map_or("", ClientId::as_str)
}

/// The Bundle was answered before.
#[derive(Debug)]
pub struct Seen {
    /// The key of the message that was in it.
    pub header_key: String,
    /// Its content's digest.
    pub digest: Option<Digest>,
    /// The answer, byte for byte.
    pub answer: Vec<u8>,
}

/// The identifiers of the two sides of a panel.
#[derive(Debug, Clone, Deserialize)]
pub struct Parties {
    /// The provider's, in PAS.
    pub practitioner: Vec<Identifier>,
    /// The clinic's, in PAS.
    pub organization: Vec<Identifier>,
}

/// What was found.
#[derive(Debug, Default)]
pub struct Known {
    /// Whom the caller may speak for; `None`: it is not registered, or did not prove itself.
    pub grant: Option<Grant>,
    /// The answer given before; then little else was looked for.
    pub seen: Option<Seen>,
    /// What the registries hold.
    pub records: Records,
    /// Panels, by provider's and clinic's keys in PAS.
    pub panels: HashMap<(String, String), PanelId>,
    /// Where the patients stand.
    pub entries: Vec<Entry>,
    /// Who is behind the panels that make somebody MRP.
    pub parties: HashMap<PanelId, Parties>,
}

// $1 sender, $2 Bundle key, $3 whether to take the locks, $4 practitioner tokens, $5 facility tokens, $6 PHNs, $7 client,
// $8 person.
// `seen` is materialized and asked by nearly every branch: the message's turn is taken first, the patients' locks after it,
// and a message that was answered before costs little else: the grant, and the PAS records that say whom it covers.
const LOOK: &str = "
WITH seen AS MATERIALIZED (
    SELECT header_key, digest, answer FROM inbox.seen($7, $1, $2, $3)
), allowed AS (
    SELECT c.facilities, p.practitioners
      FROM access.client c LEFT JOIN access.person p ON p.subject = $8 AND p.revoked_at IS NULL
     WHERE c.id = $7 AND c.revoked_at IS NULL
), plr_practitioner AS (
    SELECT * FROM plr.practitioner WHERE tokens && $4::text[] AND NOT EXISTS (SELECT FROM seen)
), pas_practitioner AS (
    SELECT * FROM pas.practitioner WHERE tokens && $4::text[]
), plr_organization AS (
    SELECT * FROM plr.organization WHERE tokens && $5::text[] AND NOT EXISTS (SELECT FROM seen)
), pas_organization AS (
    SELECT * FROM pas.organization WHERE tokens && $5::text[]
), role AS (
    SELECT r.* FROM pas.practitioner_role r
      JOIN pas_practitioner p ON p.key = r.practitioner_key
      JOIN pas_organization o ON o.key = r.organization_key
     WHERE NOT EXISTS (SELECT FROM seen)
), here AS (
    SELECT n.* FROM panel.panel n
      JOIN pas_practitioner p ON p.key = n.practitioner_key
      JOIN pas_organization o ON o.key = n.organization_key
     WHERE NOT EXISTS (SELECT FROM seen)
), entry AS MATERIALIZED (
    SELECT e.* FROM panel.entries($6::text[], ARRAY(SELECT id FROM here), $3) e WHERE NOT EXISTS (SELECT FROM seen)
), mrp AS (
    SELECT n.id, p.identifiers AS practitioner, o.identifiers AS organization
      FROM (SELECT DISTINCT panel_id FROM entry WHERE status = 'confirmed') c
      JOIN panel.panel n ON n.id = c.panel_id
      JOIN pas.practitioner p ON p.key = n.practitioner_key
      JOIN pas.organization o ON o.key = n.organization_key
)
SELECT 'seen' AS kind, to_jsonb(header_key) AS doc, digest, answer FROM seen
UNION ALL SELECT 'grant', to_jsonb(r), NULL, NULL FROM allowed r
UNION ALL SELECT 'plr_practitioner', to_jsonb(r), NULL, NULL FROM plr_practitioner r
UNION ALL SELECT 'pas_practitioner', to_jsonb(r), NULL, NULL FROM pas_practitioner r
UNION ALL SELECT 'plr_organization', to_jsonb(r), NULL, NULL FROM plr_organization r
UNION ALL SELECT 'pas_organization', to_jsonb(r), NULL, NULL FROM pas_organization r
UNION ALL SELECT 'role', to_jsonb(r), NULL, NULL FROM role r
UNION ALL SELECT 'panel', to_jsonb(r), NULL, NULL FROM here r
UNION ALL SELECT 'patient', to_jsonb(r), NULL, NULL FROM client_registry.patient r
           WHERE r.phn = ANY ($6::text[]) AND NOT EXISTS (SELECT FROM seen)
UNION ALL SELECT 'entry', to_jsonb(r), NULL, NULL FROM entry r
UNION ALL SELECT 'mrp', to_jsonb(r), NULL, NULL FROM mrp r";

pub(super) async fn look(
    executor: impl PgExecutor<'_>,
    question: &Question<'_>,
    locked: bool,
) -> Result<Known, sqlx::Error> {
    let rows = sqlx::query(LOOK)
        .bind(question.sender)
        .bind(question.bundle_key)
        .bind(locked)
        .bind(&question.practitioner_tokens)
        .bind(question.facility_tokens)
        .bind(&question.phns)
        .bind(question.client)
        .bind(question.subject)
        .fetch_all(executor)
        .await?;
    let mut known = Known::default();
    for row in &rows {
        known.take(row)?;
    }
    Ok(known)
}

#[derive(Deserialize)]
struct PanelRow {
    id: PanelId,
    practitioner_key: String,
    organization_key: String,
}

#[derive(Deserialize)]
struct MrpRow {
    id: PanelId,
    #[serde(flatten)]
    parties: Parties,
}

impl Known {
    fn take(&mut self, row: &PgRow) -> Result<(), sqlx::Error> {
        match row.try_get::<&str, _>("kind")? {
            "seen" => {
                let digest = Digest::from_bytes(row.try_get("digest")?);
                self.seen =
                    Some(Seen { header_key: doc(row)?, digest, answer: row.try_get("answer")? });
            }
            "grant" => self.grant = Some(doc(row)?),
            "plr_practitioner" => self.records.plr_practitioners.push(doc(row)?),
            "pas_practitioner" => self.records.pas_practitioners.push(doc(row)?),
            "plr_organization" => self.records.plr_organizations.push(doc(row)?),
            "pas_organization" => self.records.pas_organizations.push(doc(row)?),
            "role" => self.records.roles.push(doc(row)?),
            "patient" => {
                let record: PatientRecord = doc(row)?;
                self.records.patients.insert(record.phn.clone(), record);
            }
            "panel" => {
                let panel: PanelRow = doc(row)?;
                self.panels.insert((panel.practitioner_key, panel.organization_key), panel.id);
            }
            "entry" => self.entries.push(doc(row)?),
            "mrp" => {
                let mrp: MrpRow = doc(row)?;
                self.parties.insert(mrp.id, mrp.parties);
            }
            other => return Err(sqlx::Error::ColumnNotFound(other.to_owned())),
        }
        Ok(())
    }
}

fn doc<T: DeserializeOwned>(row: &PgRow) -> Result<T, sqlx::Error> {
    let Json(value) = row.try_get::<Json<T>, _>("doc")?;
    Ok(value)
}
