//! A read that begins with its first question: whose rows it sees is said by the statement that asks for the first of them.

use std::fmt;

use athyper_kernel_tenant_context::TenantContext;
use athyper_kernel_types::TenantId;
use sqlx::AssertSqlSafe;
use sqlx::postgres::{PgArguments, PgRow};

use crate::{Database, DbError, ReadTx, TenantConnection};

/// Reads one tenant's rows as a [`ReadTx`] does, and is one as soon as it is [`opened`](Self::opened) or asked for
/// [rows](Rows::rows). Of a read that asks once, this saves the round trip that opens it.
pub struct LazyReadTx {
    database: Database,
    context: TenantContext,
    tx: Option<ReadTx>,
}

impl LazyReadTx {
    pub(crate) fn new(database: Database, context: TenantContext) -> Self {
        Self { database, context, tx: None }
    }

    /// Whose rows are read.
    pub fn context(&self) -> &TenantContext {
        &self.context
    }

    /// The database that it reads from.
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// The transaction, for a store function that needs its connection.
    ///
    /// # Errors
    /// [`DbError::Unavailable`] when no connection can be had in time.
    pub async fn opened(&mut self) -> Result<&mut ReadTx, DbError> {
        let tx = match self.tx.take() {
            Some(tx) => tx,
            None => self.database.read_tx(&self.context).await?,
        };
        Ok(self.tx.insert(tx))
    }

    /// As [`ReadTx::done`].
    pub fn done(&mut self) {
        if let Some(tx) = &mut self.tx {
            tx.done();
        }
    }
}

impl From<ReadTx> for LazyReadTx {
    fn from(tx: ReadTx) -> Self {
        Self { database: tx.database().clone(), context: tx.context().clone(), tx: Some(tx) }
    }
}

impl fmt::Debug for LazyReadTx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LazyReadTx").field("tx", &self.tx).finish_non_exhaustive()
    }
}

/// What a store function accepts that asks for rows alone: any tenant transaction, or a read that it opens.
pub trait Rows: Send {
    /// Id of the tenant.
    fn tenant(&self) -> TenantId;

    /// The rows of a `select`, which begins with this word or with `with`. Its text is the program's own; what a caller wrote is
    /// bound.
    ///
    /// # Errors
    /// When the database does not answer, or refuses the statement.
    fn rows(
        &mut self,
        select: String,
        arguments: PgArguments,
    ) -> impl Future<Output = Result<Vec<PgRow>, DbError>> + Send;
}

impl<T: TenantConnection + ?Sized> Rows for T {
    fn tenant(&self) -> TenantId {
        self.tenant_id()
    }

    async fn rows(&mut self, select: String, arguments: PgArguments) -> Result<Vec<PgRow>, DbError> {
        Ok(sqlx::query_with(AssertSqlSafe(select), arguments).fetch_all(self.conn()).await?)
    }
}

impl Rows for LazyReadTx {
    fn tenant(&self) -> TenantId {
        self.context.tenant_id()
    }

    async fn rows(&mut self, select: String, arguments: PgArguments) -> Result<Vec<PgRow>, DbError> {
        if let Some(tx) = &mut self.tx {
            return tx.rows(select, arguments).await;
        }
        let (tx, rows) = self.database.read_tx_with(&self.context, select, arguments).await?;
        self.tx = Some(tx);
        Ok(rows)
    }
}
