//! The limit: the rows that an answer is made of, read by one prepared statement in psql, in the plainest form and with Postgres's own settings.

/// Families of a network that could be proposed.
pub(super) const CANDIDATES: &str = "
PREPARE bare (text, text) AS
SELECT f.id, min(r.registered_at), count(*), max(r.complexity), min(c.x_km - h.x_km), min(c.y_km - h.y_km), f.distance, f.gender, f.language, f.interpreter
  FROM area.community h, area.community c
  JOIN attachment.family f ON f.community = c.code
  JOIN attachment.registration r ON r.family_id = f.id AND r.state IN ('active', 'reconfirm-due', 'suspended', 'proposed')
 WHERE c.network = $1 AND h.code = $2
 GROUP BY f.id HAVING bool_and(r.state = 'active')";

/// Everybody on the lists of a panel.
pub(super) const LIST: &str = "
PREPARE bare (bigint) AS
SELECT l.*, p.*, r.*, f.*, k.names, k.birth_date
  FROM attachment.list l JOIN attachment.proposal p ON p.list_id = l.id
  JOIN attachment.registration r ON r.id = p.registration_id JOIN attachment.family f ON f.id = r.family_id
  JOIN client_registry.patient k ON k.phn = r.phn
 WHERE l.panel_id = $1";

/// Everybody on a panel, with what the Client Registry holds.
pub(super) const PANEL: &str = "
PREPARE bare (bigint) AS
SELECT e.status, row_to_json(k) FROM panel.entry e JOIN client_registry.patient k USING (phn)
 WHERE e.panel_id = $1 AND e.status <> 'removed' ORDER BY e.phn";

/// Who waits in the communities of a network.
pub(super) const NETWORK: &str = "
PREPARE bare (text) AS
SELECT c.code, count(*), count(DISTINCT r.family_id), percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM r.registered_at)::float8)
  FROM area.community c JOIN attachment.family f ON f.community = c.code
  JOIN attachment.registration r ON r.family_id = f.id AND r.state IN ('active', 'reconfirm-due', 'suspended', 'proposed')
 WHERE c.network = $1 GROUP BY c.code";
