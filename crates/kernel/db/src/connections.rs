//! The connections of one pool, kept at hand between transactions.
//!
//! A pool asks each connection that comes back for a sign of life, which is a round trip for every transaction. Those that ended
//! as they should are kept here instead for a moment, and the next transaction takes one of them. A connection of which nobody
//! knows how its work ended goes back to the pool.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use athyper_kernel_types::TenantId;
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgArguments, PgRow};
use sqlx::{Arguments as _, AssertSqlSafe, PgConnection, Postgres};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout};

#[expect(clippy::disallowed_types, reason = "the database handle owns its pools through this")]
type Pool = sqlx::PgPool;

/// A connection that was not used for so long goes back to the pool, which sees whether it lives.
const FRESH: Duration = Duration::from_secs(1);
/// After so long away from the pool it goes back there in any case: the pool ends those that are too old.
const AWAY: Duration = Duration::from_mins(1);

/// The connections of a pool. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Connections(Arc<Inner>);

struct Inner {
    pool: Pool,
    kept: Mutex<Vec<Kept>>,
    /// One for each connection that the pool may have: what is kept here is none of the pool's to give.
    permits: Arc<Semaphore>,
}

/// A connection between two transactions.
struct Kept {
    connection: PoolConnection<Postgres>,
    alone: Alone,
    /// When it left the pool.
    since: Instant,
    used: Instant,
}

/// What a connection was told of statements outside a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Alone {
    /// Nobody knows: it comes from the pool, and may have been told something before.
    Unknown,
    /// They write nothing.
    Read,
    /// They may write.
    Write,
}

/// What a connection is told before it is handed out.
#[derive(Debug)]
pub(crate) enum Opening {
    /// The text that begins a transaction, and names what it may do and whose it is.
    Transaction(String),
    /// Statements outside a transaction see the rows of this tenant alone, and write nothing.
    Reads(TenantId),
}

impl Connections {
    pub(crate) fn new(pool: Pool) -> Self {
        let most = usize::try_from(pool.options().get_max_connections()).unwrap_or(usize::MAX);
        let permits = Arc::new(Semaphore::new(most.min(Semaphore::MAX_PERMITS)));
        Self(Arc::new(Inner { pool, kept: Mutex::default(), permits }))
    }

    /// The pool that they are of.
    pub(crate) fn pool(&self) -> &Pool {
        &self.0.pool
    }

    /// How many are kept here.
    pub(crate) fn kept(&self) -> usize {
        self.0.kept().len()
    }

    /// Gives all back and closes the pool: waits for work under way, then for the connections to end.
    pub(crate) async fn close(&self) {
        let closing = self.0.pool.close();
        drop(self.0.take_all());
        closing.await;
    }

    /// A connection that has been told this.
    ///
    /// # Errors
    /// When none is free in time, the server does not answer, or the connection was cut.
    pub(crate) async fn lease(&self, opening: &Opening) -> Result<Lease, sqlx::Error> {
        let mut lease = self.free(Alone::Unknown).await?;
        match opening {
            Opening::Transaction(text) => lease.begin(text).await?,
            Opening::Reads(tenant) => lease.read_for(*tenant).await?,
        }
        Ok(lease)
    }

    /// A connection that has been told whose rows statements see by the one that asks for the first of them, and these rows. Where
    /// it was never told before that it cannot write, that is a round trip more.
    ///
    /// # Errors
    /// As [`lease`](Self::lease), and when the statement is refused.
    pub(crate) async fn ask(
        &self,
        tenant: TenantId,
        select: &str,
        arguments: &PgArguments,
    ) -> Result<(Lease, Vec<PgRow>), sqlx::Error> {
        let mut lease = self.free(Alone::Read).await?;
        let (mut select, mut arguments) = (AssertSqlSafe(select.to_owned()), arguments.clone());
        if lease.alone == Alone::Read {
            arguments.add(tenant.uuid().hyphenated().to_string()).map_err(sqlx::Error::Encode)?;
            select = AssertSqlSafe(telling(&select.0, arguments.len(), Told::Connection));
        } else {
            lease.read_for(tenant).await?;
        }
        let rows = sqlx::query_with(select, arguments).fetch_all(lease.conn()).await?;
        Ok((lease, rows))
    }

    /// The rows of a statement that may change something, by itself and not within a transaction.
    ///
    /// # Errors
    /// As [`lease`](Self::lease), and when the statement is refused.
    pub(crate) async fn alone(
        &self,
        statement: &str,
        arguments: &PgArguments,
    ) -> Result<Vec<PgRow>, sqlx::Error> {
        let mut lease = self.free(Alone::Write).await?;
        lease.may_write().await?;
        let statement = AssertSqlSafe(statement.to_owned());
        let rows = sqlx::query_with(statement, arguments.clone()).fetch_all(lease.conn()).await?;
        lease.done();
        Ok(rows)
    }

    /// A connection that nobody else works on, one that was told this where there is such a one.
    #[expect(clippy::disallowed_methods, reason = "what transactions are opened on is had here")]
    async fn free(&self, alone: Alone) -> Result<Lease, sqlx::Error> {
        let patience = self.0.pool.options().get_acquire_timeout();
        let permit = match timeout(patience, Arc::clone(&self.0.permits).acquire_owned()).await {
            Ok(Ok(permit)) => permit,
            Ok(Err(_)) => return Err(sqlx::Error::PoolClosed),
            Err(_) => return Err(sqlx::Error::PoolTimedOut),
        };
        let (connection, since, alone) = match self.0.take(alone) {
            Some(kept) => (kept.connection, kept.since, kept.alone),
            // What makes a connection is large, and whoever waits for this future carries it about: it has a place of its own.
            None => (Box::pin(self.0.pool.acquire()).await?, Instant::now(), Alone::Unknown),
        };
        let (connection, permit, home) = (Some(connection), Some(permit), Arc::clone(&self.0));
        Ok(Lease { connection, since, alone, home, state: State::Unknown, permit })
    }
}

/// Who is told whose rows are seen.
#[derive(Clone, Copy)]
pub(crate) enum Told {
    /// The connection, until it is told otherwise.
    Connection,
    /// The transaction that the statement is.
    Transaction,
}

/// The statement that says whose rows it sees, as the argument of this number has it, and then selects them.
///
/// The selection is made for each row that says whose it is: it can be neither before that nor apart from it, as it depends on it and
/// `offset 0` keeps it from becoming part of anything else. Row security asks for the setting whenever it looks at a table.
pub(crate) fn telling(select: &str, tenant: usize, told: Told) -> String {
    let is_local = matches!(told, Told::Transaction);
    format!(
        "select read.* from (select set_config('athyper.tenant_id', ${tenant}::text, {is_local}) as tenant offset 0) told \
         cross join lateral (select read.* from ({select}) read where told.tenant is not null offset 0) read"
    )
}

impl fmt::Debug for Connections {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connections").field("pool", &self.0.pool).field("kept", &self.kept()).finish()
    }
}

impl Inner {
    fn kept(&self) -> MutexGuard<'_, Vec<Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take_all(&self) -> Vec<Kept> {
        std::mem::take(&mut *self.kept())
    }

    /// The connection that was used last, of those that were told this where there are any. Those that were not used for long go back
    /// to the pool.
    fn take(&self, alone: Alone) -> Option<Kept> {
        let mut kept = self.kept();
        let first_fresh = kept.iter().position(|one| one.used.elapsed() < FRESH).unwrap_or(kept.len());
        let stale: Vec<Kept> = kept.drain(..first_fresh).collect();
        let alike = kept.iter().rposition(|one| one.alone == alone);
        let taken = alike.or(kept.len().checked_sub(1)).map(|at| kept.remove(at));
        drop(kept);
        for one in stale {
            give_back(one.connection);
        }
        taken
    }

    /// Keeps a connection of which nothing is under way.
    fn keep(&self, connection: PoolConnection<Postgres>, since: Instant, alone: Alone) {
        let mut kept = self.kept();
        // Looked at while it is locked: whoever closes the pool takes what is kept after that.
        if since.elapsed() >= AWAY || self.pool.is_closed() {
            drop(kept);
            return give_back(connection);
        }
        kept.push(Kept { connection, alone, since, used: Instant::now() });
    }

    /// Rolls back what was left open. The permit is held until that is done.
    fn roll_back(
        self: &Arc<Self>,
        mut connection: PoolConnection<Postgres>,
        (since, alone): (Instant, Alone),
        permit: Option<OwnedSemaphorePermit>,
    ) {
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            return drop(connection.detach());
        };
        let home = Arc::clone(self);
        runtime.spawn(async move {
            if sqlx::raw_sql("rollback").execute(&mut *connection).await.is_ok() {
                home.keep(connection, since, alone);
            }
            drop(permit);
        });
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        for one in self.take_all() {
            give_back(one.connection);
        }
    }
}

/// What is known of the work on a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Nothing is under way.
    Done,
    /// Statements outside a transaction, of which one may be under way.
    Unknown,
    /// A transaction that has not ended.
    Open,
}

/// A connection that somebody works on. Dropped with its transaction open, that is rolled back.
pub(crate) struct Lease {
    connection: Option<PoolConnection<Postgres>>,
    since: Instant,
    alone: Alone,
    home: Arc<Inner>,
    state: State,
    permit: Option<OwnedSemaphorePermit>,
}

impl Lease {
    /// The connection.
    #[expect(clippy::expect_used, reason = "it is there until the lease is dropped")]
    pub(crate) fn conn(&mut self) -> &mut PgConnection {
        if self.state == State::Done {
            self.state = State::Unknown;
        }
        self.connection.as_mut().expect("a connection")
    }

    async fn begin(&mut self, text: &str) -> Result<(), sqlx::Error> {
        self.state = State::Open;
        sqlx::raw_sql(AssertSqlSafe(text.to_owned())).execute(self.conn()).await?;
        Ok(())
    }

    /// One round trip, also where the connection knows it already: it shows that nobody cut it since.
    async fn read_for(&mut self, tenant: TenantId) -> Result<(), sqlx::Error> {
        let text = format!(
            "set athyper.tenant_id = '{}'; set default_transaction_read_only = on",
            tenant.uuid().hyphenated()
        );
        sqlx::raw_sql(AssertSqlSafe(text)).execute(self.conn()).await?;
        self.alone = Alone::Read;
        Ok(())
    }

    /// A round trip where the connection was not told it before.
    async fn may_write(&mut self) -> Result<(), sqlx::Error> {
        if self.alone != Alone::Write {
            sqlx::raw_sql("set default_transaction_read_only = off").execute(self.conn()).await?;
            self.alone = Alone::Write;
        }
        Ok(())
    }

    /// Says that nothing is under way on the connection.
    pub(crate) fn done(&mut self) {
        if self.state == State::Unknown {
            self.state = State::Done;
        }
    }

    /// Commits the transaction.
    pub(crate) async fn commit(mut self) -> Result<(), sqlx::Error> {
        self.end("commit").await
    }

    /// Rolls the transaction back, if there is one.
    pub(crate) async fn rollback(mut self) -> Result<(), sqlx::Error> {
        if self.state == State::Open { self.end("rollback").await } else { Ok(()) }
    }

    async fn end(&mut self, statement: &'static str) -> Result<(), sqlx::Error> {
        sqlx::raw_sql(statement).execute(self.conn()).await?;
        self.state = State::Done;
        Ok(())
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let Some(connection) = self.connection.take() else { return };
        match self.state {
            State::Done => self.home.keep(connection, self.since, self.alone),
            State::Unknown => give_back(connection),
            State::Open => self.home.roll_back(connection, (self.since, self.alone), self.permit.take()),
        }
    }
}

/// Gives a connection back to its pool, which asks it for a sign of life. Where there is no runtime to do so, it ends.
fn give_back(connection: PoolConnection<Postgres>) {
    match tokio::runtime::Handle::try_current() {
        Ok(_) => drop(connection),
        Err(_) => drop(connection.detach()),
    }
}

impl fmt::Debug for Lease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lease").field("state", &self.state).finish_non_exhaustive()
    }
}
