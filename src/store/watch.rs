//! How old it is what a replica tells.
//!
//! A standby cannot know: without news from its primary, nothing has happened or the line is cut. So the server notes, twice a second,
//! how far the primary's log has come: a mark. A replica that has replayed up to a mark holds everything that was durable when
//! the mark was asked for, so what it tells is as old as that at most. No clock but this server's is read, and a replica that
//! has lost its primary grows old by itself.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use sqlx::Row as _;
use sqlx::postgres::{PgExecutor, PgRow};

/// Time between two marks.
pub(super) const INTERVAL: Duration = Duration::from_millis(500);
/// A replica that is further behind is asked nothing, whatever is accepted.
pub(super) const OLDEST: Duration = Duration::from_mins(10);
/// Marks within that time.
const KEPT: usize = 1_200;
/// Without a mark for so long, nobody asks the replica: the directory may have changed.
const FRESH: Duration = Duration::from_secs(2);

/// A place in the log of a cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    /// Which cluster, and which of its histories: a standby that was promoted begins a new one.
    line: (i64, String),
    /// Bytes since the beginning.
    position: i64,
}

// What is durable on the primary. It fails on a standby.
const PRIMARY: &str = "
SELECT (pg_current_wal_flush_lsn() - '0/0'::pg_lsn)::bigint AS position, left(pg_walfile_name(pg_current_wal_flush_lsn()), 8) AS timeline,
       (SELECT system_identifier FROM pg_control_system()) AS system, (SELECT number FROM directory.edition) AS edition";

// What is visible on a standby; no row anywhere else. Its timeline is that of its last restart point, so for some minutes after
// another one was promoted it is not asked.
const STANDBY: &str = "
SELECT (pg_last_wal_replay_lsn() - '0/0'::pg_lsn)::bigint AS position, lpad(upper(to_hex(c.timeline_id)), 8, '0') AS timeline,
       s.system_identifier AS system
  FROM pg_control_checkpoint() c, pg_control_system() s WHERE pg_is_in_recovery()";

/// How far the primary has come, and in which edition its directory is.
pub(super) async fn primary(executor: impl PgExecutor<'_>) -> Result<(Place, i64), sqlx::Error> {
    let row = sqlx::query(PRIMARY).fetch_one(executor).await?;
    Ok((Place::of(&row)?, row.try_get("edition")?))
}

/// How far a standby has come; `None`: it is none. What is read by a later statement is from there, or later.
pub(super) async fn standby(executor: impl PgExecutor<'_>) -> Result<Option<Place>, sqlx::Error> {
    let row = sqlx::query(STANDBY).fetch_optional(executor).await?;
    row.as_ref().map(Place::of).transpose()
}

impl Place {
    fn of(row: &PgRow) -> Result<Self, sqlx::Error> {
        let line = (row.try_get("system")?, row.try_get("timeline")?);
        Ok(Place { line, position: row.try_get("position")? })
    }
}

/// What is known of primary and replica at this moment.
#[derive(Debug, Default)]
pub(super) struct Watch(Mutex<Noted>);

#[derive(Debug, Default)]
struct Noted {
    line: Option<(i64, String)>,
    marks: VecDeque<(Instant, i64)>,
    edition: i64,
    /// `None`: it was not asked yet.
    replica_answers: Option<bool>,
}

impl Watch {
    fn noted(&self) -> MutexGuard<'_, Noted> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes what the primary said, having been asked at this instant.
    pub(super) fn mark(&self, at: Instant, place: Place, edition: i64) {
        let mut noted = self.noted();
        if noted.line.as_ref() != Some(&place.line) {
            noted.marks.clear();
            noted.line = Some(place.line);
        }
        noted.marks.push_back((at, place.position));
        if noted.marks.len() > KEPT {
            noted.marks.pop_front();
        }
        noted.edition = edition;
    }

    /// Notes whether the replica answers; tells whether that is news.
    pub(super) fn replica_answers(&self, answers: bool) -> bool {
        self.noted().replica_answers.replace(answers) != Some(answers)
    }

    /// Whether the replica may be asked for somebody whose directory is of this edition: it answers, the primary was seen
    /// lately, and the edition was current then.
    pub(super) fn may_ask(&self, edition: i64) -> bool {
        let noted = self.noted();
        let seen_lately = noted.marks.back().is_some_and(|(at, _)| at.elapsed() < FRESH);
        noted.replica_answers == Some(true) && seen_lately && noted.edition == edition
    }

    /// Since when, at the latest, something may be missing of what a replica tells that has come this far. `None`: nobody knows.
    pub(super) fn since(&self, place: &Place) -> Option<Instant> {
        self.since_at(place, Instant::now())
    }

    /// The same, at this instant.
    fn since_at(&self, place: &Place, now: Instant) -> Option<Instant> {
        let noted = self.noted();
        let marks =
            noted.line.as_ref().filter(|line| **line == place.line).map(|_| &noted.marks)?;
        let mark = marks.iter().rev().find(|(_, position)| *position <= place.position)?;
        Some(mark.0).filter(|at| now.saturating_duration_since(*at) <= OLDEST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(position: i64, timeline: &str) -> Place {
        Place { line: (7, timeline.to_owned()), position }
    }

    #[test]
    fn what_a_replica_tells_is_as_old_as_the_last_mark_that_it_has_reached() {
        let watch = Watch::default();
        let last = Instant::now();
        let first = last - Duration::from_secs(1);
        watch.mark(first, place(100, "1"), 1);
        watch.mark(last, place(200, "1"), 1);
        let since = |position, timeline| watch.since(&place(position, timeline));
        assert_eq!(
            [since(99, "1"), since(100, "1"), since(199, "1")],
            [None, Some(first), Some(first)]
        );
        assert_eq!([since(200, "1"), since(900, "1")], [Some(last); 2]);
        assert_eq!(since(900, "2"), None, "another history");
        watch.mark(last, place(150, "2"), 1);
        assert_eq!([since(900, "1"), since(149, "2"), since(150, "2")], [None, None, Some(last)]);
    }

    #[test]
    fn a_mark_that_is_too_old_tells_nothing() {
        let watch = Watch::default();
        let at = Instant::now();
        watch.mark(at, place(100, "1"), 1);
        // Later, rather than a mark of long ago: a machine that was started lately has no such instant.
        let since = |age| watch.since_at(&place(100, "1"), at + age);
        assert_eq!([since(OLDEST), since(OLDEST + INTERVAL)], [Some(at), None]);
    }

    #[test]
    fn a_replica_is_asked_while_it_answers_and_the_primary_was_seen_in_the_same_edition() {
        let watch = Watch::default();
        watch.mark(Instant::now(), place(100, "1"), 4);
        assert!(!watch.may_ask(4), "nobody knows whether it answers");
        assert!(watch.replica_answers(true), "news");
        assert!(!watch.replica_answers(true));
        assert!(watch.may_ask(4));
        assert!(watch.replica_answers(false), "news");
        assert!(!watch.may_ask(4));
        watch.replica_answers(true);
        assert!(!watch.may_ask(3));
        watch.mark(Instant::now() - FRESH, place(100, "1"), 4);
        assert!(!watch.may_ask(4));
    }
}
