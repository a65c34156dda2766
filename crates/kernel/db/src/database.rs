//! The handle from which every transaction is opened. It owns the pool and shows it to nobody.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use athyper_kernel_tenant_context::{Actor, TenantContext};
use athyper_kernel_types::{Clock, PLATFORM_TENANT, TenantId};
use chrono::{DateTime, Utc};
use sqlx::postgres::{PgArguments, PgListener, PgRow};

use crate::changes::Reader;
use crate::connections::{Connections, Lease, Opening};
use crate::pooler::Pooler;
use crate::replica::Replica;
use crate::{
    Changes, DbError, LazyReadTx, LazyTenantTx, ReadTx, Rows as _, SystemReason, SystemTx, TenantTx,
};

#[expect(clippy::disallowed_types, reason = "this is the one owner of the pool")]
type Pool = sqlx::PgPool;

#[derive(Debug)]
struct Inner {
    connections: Connections,
    clock: Clock,
    pooler: Option<Pooler>,
    replica: Option<Replica>,
    changes: Changes,
}

/// The database, to open transactions on. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Database(Arc<Inner>);

/// How the pool is used at this moment, in connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolStats {
    /// Most connections that the pool may open.
    pub max: u32,
    /// Connections open.
    pub open: u32,
    /// Connections open and free.
    pub idle: u32,
}

impl Database {
    /// Wraps a pool that logs in as the application role. Only the database adapter has one.
    pub fn new(pool: Pool, clock: Clock) -> Self {
        let connections = Connections::new(pool);
        Self(Arc::new(Inner { connections, clock, pooler: None, replica: None, changes: Changes::new() }))
    }

    /// Wraps a pool whose connections lead to a pooler in transaction mode, such as PgBouncer. The pool must keep no
    /// prepared statements (`statement_cache_capacity(0)`).
    pub fn behind_pooler(pool: Pool, clock: Clock, pooler: Pooler) -> Self {
        let (connections, pooler) = (Connections::new(pool), Some(pooler));
        Self(Arc::new(Inner { connections, clock, pooler, replica: None, changes: Changes::new() }))
    }

    /// The same database, whose lists and reports are read from a replica while that answers. Its pool logs in as the
    /// application role too, stands behind a pooler if that of the primary does, and gives up soon: its callers wait for
    /// it before they turn to the primary.
    #[must_use]
    pub fn with_replica(self, replica: Pool) -> Self {
        let Inner { connections, clock, pooler, changes, .. } = &*self.0;
        let (connections, clock, changes) = (connections.clone(), clock.clone(), changes.clone());
        let replica = Some(Replica::new(Connections::new(replica)));
        Self(Arc::new(Inner { connections, clock, pooler: *pooler, replica, changes }))
    }

    /// The clock that stamps rows.
    pub fn clock(&self) -> &Clock {
        &self.0.clock
    }

    /// What this process hears of changes: nothing until somebody [follows](crate::follow_changes) them.
    pub fn changes(&self) -> &Changes {
        &self.0.changes
    }

    /// One look at the changes that others announced.
    pub(crate) async fn look_for_changes(&self, reader: &mut Reader) -> Result<(), DbError> {
        let mut tx = self.begin(SYSTEM).await?;
        reader.look(tx.conn(), &self.0.changes).await?;
        Ok(tx.rollback().await?)
    }

    /// Opens a transaction that sees and changes the rows of this tenant alone.
    ///
    /// # Errors
    /// [`DbError::Unavailable`] when no connection can be had in time.
    pub async fn tenant_tx(&self, context: &TenantContext) -> Result<TenantTx, DbError> {
        self.tenant_tx_at(context, self.0.clock.now()).await
    }

    /// The same, which writes as of this time.
    pub(crate) async fn tenant_tx_at(
        &self,
        context: &TenantContext,
        now: DateTime<Utc>,
    ) -> Result<TenantTx, DbError> {
        let tx = self.begin(&format!("{WRITE}; {}", of_tenant(context.tenant_id()))).await?;
        Ok(TenantTx::new(tx, context.clone(), self.0.clock.clone(), now, self.0.changes.clone()))
    }

    /// A change that is one statement, or a transaction that is opened later.
    pub fn lazy_tenant_tx(&self, context: &TenantContext) -> LazyTenantTx {
        LazyTenantTx::new(self.clone(), context.clone())
    }

    /// Opens a transaction that sees the rows of this tenant alone and cannot write.
    ///
    /// # Errors
    /// [`DbError::Unavailable`] when no connection can be had in time.
    pub async fn read_tx(&self, context: &TenantContext) -> Result<ReadTx, DbError> {
        let tx = self.read_on(&self.0.connections, context.tenant_id()).await?;
        Ok(ReadTx::new(tx, context.clone(), self.clone()))
    }

    /// A read that begins with its first question.
    pub fn lazy_read_tx(&self, context: &TenantContext) -> LazyReadTx {
        LazyReadTx::new(self.clone(), context.clone())
    }

    /// The same for a list or a report; where there is a replica, it is open already ([`report_tx`](Self::report_tx)).
    ///
    /// # Errors
    /// As [`read_tx`](Self::read_tx).
    pub async fn lazy_report_tx(&self, context: &TenantContext) -> Result<LazyReadTx, DbError> {
        match self.0.replica {
            Some(_) => Ok(self.report_tx(context).await?.into()),
            None => Ok(self.lazy_read_tx(context)),
        }
    }

    /// As [`read_tx`](Self::read_tx), by a statement of its own, which gives its rows: a `select` that is the program's own text.
    pub(crate) async fn read_tx_with(
        &self,
        context: &TenantContext,
        select: String,
        arguments: PgArguments,
    ) -> Result<(ReadTx, Vec<PgRow>), DbError> {
        if self.0.pooler.is_some() {
            let mut tx = self.read_tx(context).await?;
            let rows = tx.rows(select, arguments).await?;
            return Ok((tx, rows));
        }
        let asks = || self.0.connections.ask(context.tenant_id(), &select, &arguments);
        let (lease, rows) = uncut(&self.0.connections, asks).await?;
        Ok((ReadTx::new(lease, context.clone(), self.clone()), rows))
    }

    /// Whether a statement by itself has what each transaction is to have. Behind a pooler it has not.
    pub(crate) fn are_statements_alone(&self) -> bool {
        self.0.pooler.is_none()
    }

    /// The rows of a statement that may change something by itself, and whether it was asked again because a connection was cut:
    /// then nobody knows what became of it before.
    pub(crate) async fn alone(
        &self,
        statement: &str,
        arguments: &PgArguments,
    ) -> (Result<Vec<PgRow>, DbError>, bool) {
        let asked = AtomicUsize::new(0);
        let asks = || {
            asked.fetch_add(1, Ordering::Relaxed);
            self.0.connections.alone(statement, arguments)
        };
        let rows = uncut(&self.0.connections, asks).await;
        (rows, asked.into_inner() > 1)
    }

    /// Opens a transaction that reads for a list or a report: as [`read_tx`](Self::read_tx), on the replica where there is
    /// one that answers. What was committed a moment ago may not be there yet, so it is not for a read that decides
    /// about a write, nor for one that follows a write of the same request or job.
    ///
    /// # Errors
    /// As [`read_tx`](Self::read_tx).
    pub async fn report_tx(&self, context: &TenantContext) -> Result<ReadTx, DbError> {
        let now = self.0.clock.now();
        if let Some(replica) = self.0.replica.as_ref().filter(|replica| replica.may_answer(now)) {
            match self.read_on(&replica.connections, context.tenant_id()).await {
                Ok(tx) => {
                    replica.answered();
                    return Ok(ReadTx::new(tx, context.clone(), self.clone()));
                }
                Err(error) => replica.failed(now, &error),
            }
        }
        self.read_tx(context).await
    }

    /// Asks the replica for an answer; none where there is no replica.
    ///
    /// # Errors
    /// When there is no answer.
    pub async fn ping_replica(&self) -> Result<(), DbError> {
        if let Some(replica) = &self.0.replica {
            self.begin_on(&replica.connections, &format!("{READ}; select 1")).await?.rollback().await?;
        }
        Ok(())
    }

    /// Opens a transaction that crosses tenants, for a stated reason.
    ///
    /// # Errors
    /// [`DbError::Unavailable`] when no connection can be had in time; [`DbError::Failed`] when the login role is not
    /// a member of `athyper_system`.
    pub async fn system_tx(&self, reason: SystemReason) -> Result<SystemTx, DbError> {
        let tx = self.begin(&format!("{SYSTEM}{}", reason.settings())).await?;
        let (actor, clock) = (Actor::system(reason.as_str()), self.0.clock.clone());
        Ok(SystemTx::new(tx, reason, actor, clock, self.0.changes.clone()))
    }

    /// Opens a transaction that names no tenant and so sees the register alone.
    pub(crate) async fn register_tx(&self) -> Result<Lease, DbError> {
        self.begin(&format!("{READ}; set local athyper.tenant_id = ''")).await
    }

    /// Opens a transaction on the platform's own trail; for the audit writer alone.
    pub(crate) async fn platform_tx(&self) -> Result<Lease, DbError> {
        self.begin(&format!("{WRITE}; {}", of_tenant(PLATFORM_TENANT))).await
    }

    /// Asks the database for an answer.
    ///
    /// # Errors
    /// When there is none.
    pub async fn ping(&self) -> Result<(), DbError> {
        Ok(self.begin(&format!("{READ}; select 1")).await?.rollback().await?)
    }

    /// Whether notifications can be heard. A pooler takes the connection away that would hear them.
    pub fn can_listen(&self) -> bool {
        self.0.pooler.is_none()
    }

    /// A connection beside the pool that hears notifications on these channels, and connects again when it is lost. Ask
    /// [`can_listen`](Self::can_listen) first.
    ///
    /// # Errors
    /// [`DbError::Unavailable`] when no connection can be had.
    pub async fn listen(&self, channels: &[&str]) -> Result<PgListener, DbError> {
        let pool = self.0.connections.pool();
        let one = pool.options().clone().max_connections(1).min_connections(0);
        let own = one.connect_lazy_with(pool.connect_options().as_ref().clone());
        let mut listener = PgListener::connect_with(&own).await?;
        listener.listen_all(channels.iter().copied()).await?;
        Ok(listener)
    }

    /// How the pool is used at this moment.
    pub fn stats(&self) -> PoolStats {
        stats(&self.0.connections)
    }

    /// How the replica's pool is used at this moment, where there is a replica.
    pub fn replica_stats(&self) -> Option<PoolStats> {
        self.0.replica.as_ref().map(|replica| stats(&replica.connections))
    }

    /// Closes the pools: waits for transactions under way, then for the connections to end.
    pub async fn close(&self) {
        self.0.connections.close().await;
        if let Some(replica) = &self.0.replica {
            replica.connections.close().await;
        }
    }

    /// One round trip opens the transaction and says whose it is. The text holds nothing but a UUID or a constant.
    async fn begin(&self, text: &str) -> Result<Lease, DbError> {
        self.begin_on(&self.0.connections, text).await
    }

    async fn begin_on(&self, connections: &Connections, text: &str) -> Result<Lease, DbError> {
        let text = match self.0.pooler {
            Some(pooler) => text.replacen("; ", &format!("; {}", pooler.opening()), 1),
            None => text.to_owned(),
        };
        open(connections, &Opening::Transaction(text)).await
    }

    /// A connection whose statements see the rows of a tenant and cannot write. Each of them is a transaction of its own: nothing
    /// has to be begun or ended for it. A pooler lends connections for transactions alone, so that there has to be one.
    async fn read_on(&self, connections: &Connections, tenant: TenantId) -> Result<Lease, DbError> {
        if self.0.pooler.is_some() {
            return self.begin_on(connections, &format!("{READ}; {}", of_tenant(tenant))).await;
        }
        open(connections, &Opening::Reads(tenant)).await
    }
}

/// A connection that was opened so.
async fn open(connections: &Connections, opening: &Opening) -> Result<Lease, DbError> {
    uncut(connections, || connections.lease(opening)).await
}

/// What a connection is asked first. Those that were in use a moment ago are handed out untried: one that was cut since then fails
/// here, where nothing has been done yet, and another is asked. All that are open may have been cut at once.
async fn uncut<T, F>(connections: &Connections, ask: impl Fn() -> F) -> Result<T, DbError>
where
    F: Future<Output = Result<T, sqlx::Error>>,
{
    let mut others = connections.pool().size();
    loop {
        match ask().await {
            Err(error) if others > 0 && is_cut(&error) => others -= 1,
            answered => return Ok(answered?),
        }
    }
}

/// Begins a transaction that cannot write.
const READ: &str = "begin read only";
/// Begins a transaction that writes: the connection may have been told that statements outside of one do not.
const WRITE: &str = "begin read write";
/// Begins a transaction that crosses tenants.
const SYSTEM: &str = "begin read write; set local athyper.tenant_id = ''; set local role athyper_system";

/// Whether the server or the network ended the connection: SQLSTATE `57P01` to `57P05` without `57P03`, which a new connection
/// is told while the server starts.
fn is_cut(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
    matches!(error, sqlx::Error::Io(_))
        || code.is_some_and(|code| matches!(&*code, "57P01" | "57P02" | "57P04" | "57P05"))
}

fn of_tenant(tenant: TenantId) -> String {
    format!("set local athyper.tenant_id = '{}'", tenant.uuid().hyphenated())
}

fn stats(connections: &Connections) -> PoolStats {
    let (pool, kept) = (connections.pool(), connections.kept());
    PoolStats {
        max: pool.options().get_max_connections(),
        open: pool.size(),
        idle: u32::try_from(pool.num_idle() + kept).unwrap_or(u32::MAX),
    }
}

#[cfg(test)]
mod tests {
    use athyper_kernel_tenant_context::{Resolved, Source};
    use athyper_kernel_types::Id;
    use sqlx::postgres::PgPoolOptions;

    use super::*;
    use crate::FreshCache;

    /// Every request moves the futures that it waits for from place to place several times. What makes a connection is a hundred
    /// times as large as this.
    #[tokio::test]
    async fn what_a_request_waits_for_is_small_to_carry_about() {
        let pool = PgPoolOptions::new().connect_lazy("postgres://nobody@localhost/nowhere").unwrap();
        let database = Database::new(pool, Clock::system());
        let resolved = Resolved {
            realm_key: "realm".to_owned(),
            tenant_key: Some("tenant".to_owned()),
            org_key: None,
            realm_source: Source::Claim,
            tenant_source: None,
            org_source: None,
            defaults: Arc::default(),
        };
        let (clock, actor) = (Clock::system(), Actor::system("test"));
        let context = TenantContext::new(Id::new(&clock), resolved, actor, "test").unwrap();
        let cache = FreshCache::<u8>::new(&database, "test", 1);
        let load = || async {
            database.read_tx(&context).await?;
            Ok::<_, DbError>(1)
        };
        let sizes = [
            size_of_val(&database.read_tx(&context)),
            size_of_val(&database.report_tx(&context)),
            size_of_val(&database.tenant_tx(&context)),
            size_of_val(&database.system_tx(SystemReason::CheckKey)),
            size_of_val(&cache.get(context.tenant_id(), "key", load)),
        ];
        assert!(sizes.iter().all(|size| *size <= 2_048), "{sizes:?} bytes");
    }
}
