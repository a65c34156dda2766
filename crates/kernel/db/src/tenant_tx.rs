//! Transactions of one tenant: the only thing that store functions accept.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_tenant_context::TenantContext;
use athyper_kernel_types::{Clock, TenantId};
use chrono::{DateTime, Utc};
use sqlx::{AssertSqlSafe, PgConnection};

use crate::connections::Lease;
use crate::{Change, Changes, Database, DbError, LastWrite, audit_store};

/// Reads and writes one tenant's rows. Dropping it rolls back; [`TenantTx::commit`] is the only way to keep anything.
#[derive(Debug)]
pub struct TenantTx {
    tx: Lease,
    context: TenantContext,
    clock: Clock,
    now: DateTime<Utc>,
    changes: Changes,
    changed: Vec<Change>,
    /// Whether statements run as the role that crosses tenants.
    pub(crate) is_crossing: bool,
}

impl TenantTx {
    pub(crate) fn new(
        tx: Lease,
        context: TenantContext,
        clock: Clock,
        now: DateTime<Utc>,
        changes: Changes,
    ) -> Self {
        Self { tx, context, clock, now, changes, changed: Vec::new(), is_crossing: false }
    }

    /// Keeps a change that this process takes note of at the commit, before it hears of it.
    pub(crate) fn remember_change(&mut self, change: Change) {
        self.changed.push(change);
    }

    /// The connection, for a store function.
    pub fn conn(&mut self) -> &mut PgConnection {
        self.tx.conn()
    }

    /// Whose work this is.
    pub fn context(&self) -> &TenantContext {
        &self.context
    }

    /// Id of the tenant, for the first column of every row.
    pub fn tenant_id(&self) -> TenantId {
        self.context.tenant_id()
    }

    /// The time of this transaction (UTC): one instant for all that it writes.
    pub fn now(&self) -> DateTime<Utc> {
        self.now
    }

    /// The clock that new ids take their time from.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Marks what [`end_savepoint`](Self::end_savepoint) goes back to. The name is a word of the program's own.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn savepoint(&mut self, name: &'static str) -> Result<(), DbError> {
        sqlx::raw_sql(AssertSqlSafe(format!("savepoint {name}"))).execute(self.conn()).await?;
        Ok(())
    }

    /// Keeps what was done since the mark, or goes back to it.
    ///
    /// # Errors
    /// When the database does not answer, or there is no such mark.
    pub async fn end_savepoint(&mut self, name: &'static str, is_kept: bool) -> Result<(), DbError> {
        let end = if is_kept { "release savepoint" } else { "rollback to savepoint" };
        sqlx::raw_sql(AssertSqlSafe(format!("{end} {name}"))).execute(self.conn()).await?;
        Ok(())
    }

    /// Writes the audit event and commits: all of the transaction becomes true, or none of it.
    ///
    /// # Errors
    /// When the event cannot be written or the database refuses the commit; then nothing was kept.
    pub async fn commit(self, event: AuditEvent) -> Result<(), DbError> {
        self.conclude(None, event).await
    }

    /// The same, of a change that ends with a write: one statement makes it and writes the event.
    ///
    /// # Errors
    /// As [`commit`](Self::commit); also where the write finds nothing to write, or more than one row.
    pub async fn commit_with(self, last: LastWrite, event: AuditEvent) -> Result<(), DbError> {
        self.conclude(Some(last), event).await
    }

    async fn conclude(mut self, last: Option<LastWrite>, event: AuditEvent) -> Result<(), DbError> {
        if self.is_crossing {
            return Err(DbError::Corrupt("a crossing of tenants was not ended before the commit".to_owned()));
        }
        audit_store::insert(self.tx.conn(), &self.context, (&self.clock, self.now), last, event).await?;
        let committed = self.tx.commit().await;
        // Also when nobody knows whether the commit came to pass.
        self.changed.into_iter().for_each(|change| self.changes.note(change));
        Ok(committed?)
    }

    /// Gives up what was done and frees the connection at once.
    ///
    /// # Errors
    /// When the database does not answer; then the transaction ends with its connection.
    pub async fn rollback(self) -> Result<(), DbError> {
        Ok(self.tx.rollback().await?)
    }
}

/// Reads one tenant's rows. The database refuses any write. Each statement sees what was committed when it began.
#[derive(Debug)]
pub struct ReadTx {
    tx: Lease,
    context: TenantContext,
    database: Database,
}

impl ReadTx {
    pub(crate) fn new(tx: Lease, context: TenantContext, database: Database) -> Self {
        Self { tx, context, database }
    }

    /// The database that it was opened on.
    pub(crate) fn database(&self) -> &Database {
        &self.database
    }

    /// The connection, for a store function.
    pub fn conn(&mut self) -> &mut PgConnection {
        self.tx.conn()
    }

    /// Says that nothing is under way any more: the connection serves the next one at once. Whoever does not say so has the
    /// connection asked for a sign of life first.
    pub fn done(&mut self) {
        self.tx.done();
    }

    /// Whose rows are read.
    pub fn context(&self) -> &TenantContext {
        &self.context
    }
}

/// What a store function that only reads accepts: either kind of tenant transaction.
pub trait TenantConnection: Send {
    /// The connection.
    fn conn(&mut self) -> &mut PgConnection;
    /// Id of the tenant.
    fn tenant_id(&self) -> TenantId;
}

impl<T: TenantConnection + ?Sized> TenantConnection for &mut T {
    fn conn(&mut self) -> &mut PgConnection {
        T::conn(self)
    }

    fn tenant_id(&self) -> TenantId {
        T::tenant_id(self)
    }
}

impl TenantConnection for TenantTx {
    fn conn(&mut self) -> &mut PgConnection {
        self.tx.conn()
    }

    fn tenant_id(&self) -> TenantId {
        self.context.tenant_id()
    }
}

impl TenantConnection for ReadTx {
    fn conn(&mut self) -> &mut PgConnection {
        self.tx.conn()
    }

    fn tenant_id(&self) -> TenantId {
        self.context.tenant_id()
    }
}
