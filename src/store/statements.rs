//! The statement that keeps messages ([`super::keep`]), in three forms: Postgres prepares to run every part of a statement, also
//! those that then have nothing to do, so messages that need fewer parts are given fewer.
//!
//! Parameters: $1-$10 the messages, a column each, in the order of `inbox.message`; $11 the records; $12 how long to wait for a
//! lock. Then, by the messages' places (from 1): $13, $14 patients: place, PHN; $15-$18 of each message the panel, its provider, the author and the person.
//! Then: $19 the patients' versions; $20 steps that were decided, by message; $21-$25 entries that cease to be confirmed or listed: place, id,
//! status before and after, why; $26-$28 entries confirmed again: place, id, status before; $29, $30 new entries: place, PHN.

/// Everybody's beginning: the messages, and bounds on waiting for others' locks, which hold until the statement ends.
macro_rules! messages {
    ($more_columns:literal, $more:literal) => {
        concat!(
            "WITH patience AS MATERIALIZED (
    SELECT set_config('lock_timeout', coalesce($12, current_setting('lock_timeout')), true) AS millis
), message AS MATERIALIZED (
    SELECT *
      FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bytea[], $7::text[], $8::timestamptz[],
                  $9::text[], $10::bytea[]",
            $more,
            ") WITH ORDINALITY
        AS m (id, client, sender, bundle_key, header_key, digest, event, received_at, outcome, answer",
            $more_columns,
            ", place)
)"
        )
    };
}

/// The messages that are kept: those that fit, and whose Bundle nobody else was quicker to answer.
macro_rules! kept {
    ($fit:literal) => {
        concat!(
            ", kept AS (
    INSERT INTO inbox.message (id, client, sender, bundle_key, header_key, digest, event, received_at, outcome, answer)
    SELECT id, client, sender, bundle_key, header_key, digest, event, received_at, outcome, answer
      FROM message m, patience WHERE patience.millis IS NOT NULL ",
            $fit,
            " ORDER BY m.place
    ON CONFLICT DO NOTHING
    RETURNING id
), recorded AS (",
            // What was judged is recorded if it is kept; what is only recorded has nothing to be kept.
            super::audit::record_sql!(
                "11",
                "r WHERE r.outcome NOT IN ('ok', 'fatal-error') OR r.message_id IN (SELECT id FROM kept) \
                 ON CONFLICT ON CONSTRAINT event_id DO NOTHING"
            ),
            ")"
        )
    };
}

pub(super) const NOTE: &str = concat!(messages!("", ""), kept!(""), " SELECT id FROM kept");

// A patient whom nobody ever wanted on a panel has no row. Whoever adds it first has seen all there is.
pub(super) const OPEN: &str = concat!(
    messages!(
        ", panel_id, practitioner_key, author, person",
        ", $15::bigint[], $16::text[], $17::text[], $18::text[]"
    ),
    ", patient AS MATERIALIZED (
    SELECT * FROM unnest($13::int[], $14::text[]) AS p (place, phn)
), fresh AS (
    INSERT INTO panel.patient (phn)
    SELECT phn FROM patient, patience WHERE patience.millis IS NOT NULL ORDER BY phn
    ON CONFLICT DO NOTHING
    RETURNING phn
), stale AS MATERIALIZED (
    SELECT DISTINCT place FROM patient p WHERE NOT EXISTS (SELECT FROM fresh f WHERE f.phn = p.phn)
)",
    kept!("AND NOT EXISTS (SELECT FROM stale s WHERE s.place = m.place)"),
    ", opened AS (
    INSERT INTO panel.entry (panel_id, phn, status, started_at, status_at, author, message_id)
    SELECT m.panel_id, p.phn, 'confirmed', m.received_at, m.received_at, m.author, m.id
      FROM patient p JOIN message m USING (place) JOIN kept k ON k.id = m.id
    RETURNING id, message_id
), history AS (
    INSERT INTO panel.change (entry_id, was, became, at, author, person, on_behalf_of, message_id, reason)
    SELECT o.id, NULL, 'confirmed', m.received_at, m.author, m.person, m.practitioner_key, m.id, 'added'
      FROM opened o JOIN message m ON m.id = o.message_id
)
SELECT id FROM kept"
);

// New patients first, then those that are known: everybody takes locks in this order, each kind by number, and skips whom
// somebody else is changing; so nobody waits in a circle. `ended` comes before the other two steps by being counted in them: whoever
// stops being MRP must have stopped before another starts.
pub(super) const TURN: &str = concat!(
    messages!(
        ", panel_id, practitioner_key, author, person, asked",
        ", $15::bigint[], $16::text[], $17::text[], $18::text[], $20::bigint[]"
    ),
    ", patient AS MATERIALIZED (
    SELECT * FROM unnest($13::int[], $14::text[], $19::bigint[]) AS p (place, phn, version)
), fresh AS (
    INSERT INTO panel.patient (phn)
    SELECT phn FROM patient, patience WHERE version = 0 AND patience.millis IS NOT NULL ORDER BY phn
    ON CONFLICT DO NOTHING
    RETURNING phn
), locked AS MATERIALIZED (
    SELECT k.phn, k.version
      FROM panel.patient k
     WHERE k.phn = ANY (ARRAY(SELECT phn FROM patient WHERE version > 0)) AND (SELECT count(*) FROM fresh) >= 0
     ORDER BY k.phn
       FOR NO KEY UPDATE SKIP LOCKED
), stale AS MATERIALIZED (
    SELECT DISTINCT p.place
      FROM patient p LEFT JOIN fresh f ON f.phn = p.phn AND p.version = 0
                     LEFT JOIN locked l ON l.phn = p.phn AND l.version = p.version
     WHERE f.phn IS NULL AND l.phn IS NULL
)",
    kept!("AND NOT EXISTS (SELECT FROM stale s WHERE s.place = m.place)"),
    ", now AS MATERIALIZED (
    SELECT m.* FROM message m JOIN kept USING (id)
), raised AS (
    UPDATE panel.patient k SET version = k.version + 1
      FROM locked l JOIN patient p USING (phn) JOIN now m USING (place)
     WHERE k.phn = l.phn AND m.asked > 0
), ended AS (
    UPDATE panel.entry e
       SET status = s.became, status_at = greatest(m.received_at, e.started_at), author = m.author, message_id = m.id,
           ended_at = CASE WHEN s.became = 'removed' THEN greatest(m.received_at, e.started_at) END
      FROM unnest($21::int[], $22::bigint[], $23::text[]::panel.status[], $24::text[]::panel.status[], $25::text[])
           AS s (place, id, was, became, reason) JOIN now m USING (place)
     WHERE e.id = s.id AND e.status = s.was
    RETURNING s.place, e.id, e.panel_id, s.was, s.became, s.reason
), confirmed AS (
    UPDATE panel.entry e
       SET status = 'confirmed', status_at = m.received_at, started_at = m.received_at, author = m.author, message_id = m.id
      FROM unnest($26::int[], $27::bigint[], $28::text[]::panel.status[]) AS s (place, id, was) JOIN now m USING (place)
     WHERE e.id = s.id AND e.status = s.was AND (SELECT count(*) FROM ended) >= 0
    RETURNING s.place, e.id, s.was
), opened AS (
    INSERT INTO panel.entry (panel_id, phn, status, started_at, status_at, author, message_id)
    SELECT m.panel_id, s.phn, 'confirmed', m.received_at, m.received_at, m.author, m.id
      FROM unnest($29::int[], $30::text[]) AS s (place, phn) JOIN now m USING (place)
     WHERE (SELECT count(*) FROM ended) >= 0
    RETURNING id, message_id
), step AS (
    SELECT place, id, was, became, reason FROM ended
    UNION ALL SELECT place, id, was, 'confirmed', 'confirmed-again' FROM confirmed
    UNION ALL SELECT m.place, o.id, NULL, 'confirmed', 'added' FROM opened o JOIN now m ON m.id = o.message_id
), history AS (
    INSERT INTO panel.change (entry_id, was, became, at, author, person, on_behalf_of, message_id, reason)
    SELECT s.id, s.was, s.became, m.received_at, m.author, m.person, m.practitioner_key, m.id, s.reason
      FROM step s JOIN now m USING (place)
), notice AS (
    INSERT INTO panel.notice (panel_id, entry_id, kind, at, message_id)
    SELECT e.panel_id, e.id, 'mrp-moved', m.received_at, m.id
      FROM ended e JOIN now m USING (place) WHERE e.reason = 'mrp-moved'
), taken AS (
    SELECT place, count(*) AS steps FROM step GROUP BY place
)
SELECT m.id, panel.all_taken(m.asked, coalesce(t.steps, 0)) FROM now m LEFT JOIN taken t USING (place)"
);
