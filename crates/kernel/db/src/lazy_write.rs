//! A change that is one statement where it can be, and a transaction where it must be.

use std::{fmt, io};

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_tenant_context::TenantContext;
use athyper_kernel_types::{Clock, TenantId};
use chrono::{DateTime, Utc};
use sqlx::Arguments as _;
use sqlx::postgres::{PgArguments, PgRow};
use uuid::Uuid;

use crate::audit_store::{self, Inserts};
use crate::connections::{Told, telling};
use crate::{Database, DbError, Rows, TenantTx};

/// A change of one tenant's rows that has no connection yet. It is made [at once](Self::at_once), or is a [`TenantTx`] as soon as it
/// is [`opened`](Self::opened).
pub struct LazyTenantTx {
    database: Database,
    context: TenantContext,
    now: DateTime<Utc>,
    tx: Option<TenantTx>,
}

/// A change that is one statement. All texts are the program's own; what a caller wrote is bound.
#[derive(Debug)]
pub struct AtOnce {
    /// Selects the one row that has to be there for it, by its key and locked as need be.
    pub here: &'static str,
    /// What is written where that row is there: parts of a `with` that write `from here`, or from what another one of them returns.
    pub writes: &'static str,
    /// The values of both.
    pub values: PgArguments,
}

impl LazyTenantTx {
    pub(crate) fn new(database: Database, context: TenantContext) -> Self {
        let now = database.clock().now();
        Self { database, context, now, tx: None }
    }

    /// Whose work this is.
    pub fn context(&self) -> &TenantContext {
        &self.context
    }

    /// Id of the tenant, for the first column of every row.
    pub fn tenant_id(&self) -> TenantId {
        self.context.tenant_id()
    }

    /// The time of the change (UTC), as [`TenantTx::now`] has it once it is opened.
    pub fn now(&self) -> DateTime<Utc> {
        self.now
    }

    /// The clock that new ids take their time from.
    pub fn clock(&self) -> &Clock {
        self.database.clock()
    }

    /// The transaction, for whatever needs its connection.
    ///
    /// # Errors
    /// [`DbError::Unavailable`] when no connection can be had in time.
    pub async fn opened(&mut self) -> Result<&mut TenantTx, DbError> {
        let tx = match self.tx.take() {
            Some(tx) => tx,
            None => self.database.tenant_tx_at(&self.context, self.now).await?,
        };
        Ok(self.tx.insert(tx))
    }

    /// The same for good.
    ///
    /// # Errors
    /// As [`opened`](Self::opened).
    pub async fn into_opened(self) -> Result<TenantTx, DbError> {
        match self.tx {
            Some(tx) => Ok(tx),
            None => self.database.tenant_tx_at(&self.context, self.now).await,
        }
    }

    /// Makes the change and writes its event by one statement, which is a transaction of its own: all of it becomes true, or none.
    /// Says whether it did. It did not where the row is not here that has to be, and where there has to be a transaction because one
    /// was opened or a pooler stands between.
    ///
    /// Where a connection is cut meanwhile, the statement is asked again. What it did before is not done twice, as the event of a change
    /// has one id.
    ///
    /// # Errors
    /// When the database does not answer, or refuses the statement; then nothing was kept.
    pub async fn at_once(&self, change: AtOnce, event: AuditEvent) -> Result<bool, DbError> {
        if self.tx.is_some() || !self.database.are_statements_alone() {
            return Ok(false);
        }
        let AtOnce { here, writes, mut values } = change;
        let inserts = Inserts::within(&mut values, &self.context, (self.clock(), self.now), event)?;
        let tenant = self.tenant_id().uuid().hyphenated().to_string();
        values.add(tenant).map_err(sqlx::Error::Encode)?;
        let here = telling(here, values.len(), Told::Transaction);
        let (event, id) = (inserts.event("from here"), inserts.id);
        let personal =
            inserts.personal("here,").map_or_else(String::new, |text| format!(", personal as ({text})"));
        let statement =
            format!("with here as ({here}), {writes}, event as ({event}){personal} select true from here");
        match self.database.alone(&statement, &values).await {
            (Ok(rows), _) if !rows.is_empty() => Ok(true),
            (Ok(_) | Err(DbError::Constraint { .. }), true) => self.settled(id).await,
            (rows, _) => rows.map(|_| false),
        }
    }

    /// Whether the change was made that has this event, which found nothing to do or was refused when it was asked again.
    async fn settled(&self, event: Uuid) -> Result<bool, DbError> {
        let mut tx = self.database.read_tx(&self.context).await?;
        let is_done = audit_store::is_there(tx.conn(), self.tenant_id(), event).await?;
        tx.done();
        // What was sent on the connection that was cut may be on its way still: the caller is not to do it in another way.
        let cut = || DbError::Unavailable(io::Error::from(io::ErrorKind::ConnectionReset).into());
        is_done.then_some(true).ok_or_else(cut)
    }
}

/// What is asked before it is opened is a statement of its own, and sees what is committed then.
impl Rows for LazyTenantTx {
    fn tenant(&self) -> TenantId {
        self.tenant_id()
    }

    async fn rows(&mut self, select: String, mut arguments: PgArguments) -> Result<Vec<PgRow>, DbError> {
        if self.tx.is_some() || !self.database.are_statements_alone() {
            return self.opened().await?.rows(select, arguments).await;
        }
        arguments.add(self.tenant_id().uuid().hyphenated().to_string()).map_err(sqlx::Error::Encode)?;
        let select = telling(&select, arguments.len(), Told::Transaction);
        self.database.alone(&select, &arguments).await.0
    }
}

impl fmt::Debug for LazyTenantTx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LazyTenantTx").field("tx", &self.tx).finish_non_exhaustive()
    }
}
