//! What time it is for a scheduler.

use athyper_kernel_db::DbError;
use athyper_kernel_types::Clock;
use chrono::{DateTime, Utc};
use sqlx::PgConnection;

/// By whose clock schedules are due: always one for all schedulers, whatever their nodes' clocks say.
#[derive(Clone, Debug)]
pub struct ScheduleClock(Source);

#[derive(Clone, Debug)]
enum Source {
    Database,
    Given(Clock),
}

impl ScheduleClock {
    /// The database's clock.
    pub fn database() -> Self {
        Self(Source::Database)
    }

    /// A clock that stands in for the database's, so that a simulation decides what time it is.
    pub fn given(clock: Clock) -> Self {
        Self(Source::Given(clock))
    }

    /// The time of this transaction (UTC).
    pub(super) async fn now(&self, conn: &mut PgConnection) -> Result<DateTime<Utc>, DbError> {
        match &self.0 {
            Source::Database => Ok(sqlx::query_scalar("select now()").fetch_one(conn).await?),
            Source::Given(clock) => Ok(clock.now()),
        }
    }
}
