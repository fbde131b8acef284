//! A unit of work: one connection, and through a pooler one transaction.
//!
//! A pooler in transaction mode (PgBouncer) gives a connection to Postgres for a transaction only. Outside of one, what is prepared may be on
//! one connection and what is executed on another: somebody else's statement. Start-up options are not taken either. So each unit is
//! a transaction there, and everything that a connection is told at its start is told at the transaction's.

use std::ops::{Deref, DerefMut};

use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnection, PgPool};
use sqlx::{AssertSqlSafe, Postgres, SqlSafeStr as _, SqlStr, Transaction};

use super::pool::{died_resting, tries};

/// What stands between this process and Postgres.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pooler {
    /// Nothing, or what passes on a connection as it is.
    None,
    /// What gives a connection for the time of a transaction.
    Transaction,
}

/// The connections of a pool, for units of work.
#[derive(Debug, Clone)]
pub(super) struct Units {
    pub(super) pool: PgPool,
    /// How a transaction begins behind a pooler; `None`: there is none, and units are no transactions.
    opening: Option<SqlStr>,
}

impl Units {
    /// Directly: the connections have these settings from their start.
    pub(super) fn direct(pool: PgPool) -> Self {
        Units { pool, opening: None }
    }

    /// Through a pooler: each transaction begins with these settings, none of them a sender's.
    pub(super) fn pooled(pool: PgPool, settings: &[(&str, String)]) -> Self {
        let mut opening = "BEGIN ISOLATION LEVEL READ COMMITTED".to_owned();
        for (name, value) in settings {
            opening += &format!("; SET LOCAL {name} = '{value}'");
        }
        // Statements have names, the same ones on every server, and stay on a connection that goes to another one next.
        opening += "; DEALLOCATE ALL";
        Units { pool, opening: Some(AssertSqlSafe(opening).into_sql_str()) }
    }

    /// A connection to work on. A connection that died while it rested is found out by its first use: here, through a pooler.
    pub(super) async fn acquire(&self) -> Result<Unit, sqlx::Error> {
        let mut tries = tries(&self.pool);
        loop {
            let mut connection = self.pool.acquire().await?;
            let Some(opening) = &self.opening else { return Ok(Unit { connection, open: false }) };
            let begun = sqlx::raw_sql(opening.clone()).execute(&mut *connection).await;
            let unit = Unit { connection, open: true };
            match begun {
                Ok(_) => return Ok(unit),
                // Dropped, it is closed.
                Err(error) if died_resting(&error) && tries.next().is_some() => drop(unit),
                Err(error) => return Err(error),
            }
        }
    }

    /// A transaction.
    pub(super) async fn begin(&self) -> Result<Transaction<'static, Postgres>, sqlx::Error> {
        match &self.opening {
            Some(opening) => self.pool.begin_with(opening.clone()).await,
            None => self.pool.begin().await,
        }
    }
}

/// A connection that is worked on. Dropped before its end, nothing of its transaction, if it has one, comes to be.
#[derive(Debug)]
pub(super) struct Unit {
    connection: PoolConnection<Postgres>,
    open: bool,
}

impl Unit {
    /// Makes it so, where it is a transaction.
    pub(super) async fn end(mut self) -> Result<(), sqlx::Error> {
        if self.open {
            sqlx::raw_sql("COMMIT").execute(&mut *self.connection).await?;
            self.open = false;
        }
        Ok(())
    }

    /// Gives up a connection that died.
    pub(super) fn give_up(mut self) {
        self.connection.close_on_drop();
    }
}

impl Deref for Unit {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        &self.connection
    }
}

impl DerefMut for Unit {
    fn deref_mut(&mut self) -> &mut PgConnection {
        &mut self.connection
    }
}

impl Drop for Unit {
    fn drop(&mut self) {
        if self.open {
            // The pooler, and with it Postgres, rolls back; to connect to it again costs little.
            self.connection.close_on_drop();
        }
    }
}
