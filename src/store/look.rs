//! One statement gathers what messages need besides what changes rarely ([`super::directory`]): the answers given before, the Client
//! Registry's records, and where patients stand. It takes no lock and is shared by all messages that ask at the same time.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use serde::Deserialize;
use sqlx::Row as _;
use sqlx::postgres::{PgExecutor, PgRow};

use crate::message::Digest;
use crate::panel::{Entry, PanelId};
use crate::registry::{Identifier, PatientRecord, PatientRecords};

use super::directory::{Directory, doc};
use super::question::Question;

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
#[derive(Debug)]
pub struct Known {
    /// Caller, provider and clinic.
    pub directory: Arc<Directory>,
    /// Everything else.
    pub looked: Looked,
    /// Since when something may be missing of that, where it was read from a replica.
    pub since: Option<Instant>,
}

/// What one look finds for one message.
#[derive(Debug, Default)]
pub struct Looked {
    /// The edition of the directory in the same snapshot.
    pub edition: i64,
    /// The answer given before.
    pub seen: Option<Seen>,
    /// What the Client Registry holds.
    pub patients: PatientRecords,
    /// How often each patient's standing has changed; one whom nobody ever wanted on a panel is not in it.
    pub versions: HashMap<String, i64>,
    /// Those of whom the attachment workflow knows: what happens to them, happens to their registration.
    pub registered: Vec<String>,
    /// Where the patients stand.
    pub entries: Vec<Entry>,
    /// Who is behind the panels that make somebody MRP.
    pub parties: HashMap<PanelId, Parties>,
}

/// A message's part in a look.
#[derive(Debug)]
pub(super) struct Look {
    client: String,
    sender: String,
    bundle_key: Option<String>,
    pub(super) phns: Vec<String>,
    /// The panels that it may be about: one, unless the registries are ambiguous.
    panels: Vec<i64>,
}

impl Look {
    pub(super) fn new(question: &Question<'_>, directory: &Directory) -> Self {
        Look {
            client: question.client().to_owned(),
            sender: question.sender().to_owned(),
            bundle_key: question.bundle_key().map(str::to_owned),
            phns: question.phns().map(str::to_owned).collect(),
            panels: directory.panels.values().map(|panel| panel.0).collect(),
        }
    }
}

// A message is known by its place. $1-$4 clients, senders, Bundle keys and places of messages that can be recognised; $5, $6
// patients: place, PHN; $7, $8 panels: place, number.
const LOOK: &str = "
WITH asked AS MATERIALIZED (
    SELECT * FROM unnest($5::int[], $6::text[]) AS a (place, phn)
), entry AS (
    SELECT a.place, e.*
      FROM asked a JOIN panel.entry e ON e.phn = a.phn AND e.status <> 'removed'
    UNION ALL
    SELECT a.place, e.*
      FROM asked a JOIN unnest($7::int[], $8::bigint[]) AS h (place, panel_id) USING (place)
     CROSS JOIN LATERAL (SELECT * FROM panel.entry e
                          WHERE e.phn = a.phn AND e.panel_id = h.panel_id AND e.status = 'removed'
                          ORDER BY e.id DESC LIMIT 1) e
)
SELECT 'edition' AS kind, NULL::int AS place, number, NULL::json AS doc, NULL::bytea AS digest, NULL::bytea AS answer
  FROM directory.edition
UNION ALL
SELECT 'seen', k.place, NULL, to_json(m.header_key), m.digest, m.answer
  FROM unnest($1::text[], $2::text[], $3::text[], $4::int[]) AS k (client, sender, bundle_key, place)
  JOIN inbox.message m ON m.client = k.client AND m.sender = k.sender AND m.bundle_key = k.bundle_key
UNION ALL
SELECT CASE WHEN p.registered THEN 'registered' ELSE 'patient' END, a.place, coalesce(p.version, 0), row_to_json(r), NULL, NULL
  FROM asked a JOIN client_registry.patient r USING (phn) LEFT JOIN panel.patient p USING (phn)
UNION ALL
SELECT 'entry', e.place, NULL, json_build_object('phn', e.phn, 'entry_id', e.id, 'panel_id', e.panel_id,
       'practitioner_key', n.practitioner_key, 'status', e.status, 'started_at', e.started_at, 'status_at', e.status_at,
       'practitioner', p.identifiers, 'organization', o.identifiers), NULL, NULL
  FROM entry e JOIN panel.panel n ON n.id = e.panel_id
  LEFT JOIN pas.practitioner p ON p.key = n.practitioner_key AND e.status = 'confirmed'
  LEFT JOIN pas.organization o ON o.key = n.organization_key AND e.status = 'confirmed'";

/// Looks for several messages at once; gives what was found in their order. One round trip.
pub(super) async fn look(
    executor: impl PgExecutor<'_>,
    asked: &[Look],
) -> Result<Vec<Looked>, sqlx::Error> {
    let (mut clients, mut senders, mut keys, mut keyed) = (vec![], vec![], vec![], vec![]);
    let (mut places, mut phns, mut panel_places, mut panels) = (vec![], vec![], vec![], vec![]);
    for (place, look) in (0_i32..).zip(asked) {
        if let Some(key) = &look.bundle_key {
            clients.push(look.client.as_str());
            senders.push(look.sender.as_str());
            keys.push(key.as_str());
            keyed.push(place);
        }
        places.extend(std::iter::repeat_n(place, look.phns.len()));
        phns.extend(look.phns.iter().map(String::as_str));
        panel_places.extend(std::iter::repeat_n(place, look.panels.len()));
        panels.extend(look.panels.iter().copied());
    }
    let rows = sqlx::query(LOOK)
        .bind(clients)
        .bind(senders)
        .bind(keys)
        .bind(keyed)
        .bind(places)
        .bind(phns)
        .bind(panel_places)
        .bind(panels)
        .fetch_all(executor)
        .await?;
    let mut found: Vec<Looked> = asked.iter().map(|_| Looked::default()).collect();
    for row in &rows {
        match row.try_get::<Option<i32>, _>("place")? {
            Some(place) => {
                let looked = usize::try_from(place).ok().and_then(|place| found.get_mut(place));
                looked.ok_or(sqlx::Error::RowNotFound)?.take(row)?;
            }
            None => {
                let edition = row.try_get("number")?;
                found.iter_mut().for_each(|looked| looked.edition = edition);
            }
        }
    }
    Ok(found)
}

/// An entry, and who is behind its panel if it makes somebody MRP.
#[derive(Deserialize)]
struct EntryRow {
    #[serde(flatten)]
    entry: Entry,
    practitioner: Option<Vec<Identifier>>,
    organization: Option<Vec<Identifier>>,
}

impl Looked {
    fn take(&mut self, row: &PgRow) -> Result<(), sqlx::Error> {
        match row.try_get::<&str, _>("kind")? {
            "seen" => {
                let digest = Digest::from_bytes(row.try_get("digest")?);
                let answer = row.try_get("answer")?;
                self.seen = Some(Seen { header_key: doc(row)?, digest, answer });
            }
            kind @ ("patient" | "registered") => {
                let record: PatientRecord = doc(row)?;
                if kind == "registered" {
                    self.registered.push(record.phn.clone());
                }
                let version: i64 = row.try_get("number")?;
                if version > 0 {
                    self.versions.insert(record.phn.clone(), version);
                }
                self.patients.insert(record.phn.clone(), record);
            }
            "entry" => {
                let EntryRow { entry, practitioner, organization } = doc(row)?;
                if let (Some(practitioner), Some(organization)) = (practitioner, organization) {
                    self.parties.insert(entry.panel_id, Parties { practitioner, organization });
                }
                self.entries.push(entry);
            }
            other => return Err(sqlx::Error::ColumnNotFound(other.to_owned())),
        }
        Ok(())
    }
}
