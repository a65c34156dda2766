//! Transactions that cross tenants, each with a stated reason.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_tenant_context::{Actor, TenantContext};
use athyper_kernel_types::{Clock, PLATFORM_TENANT, TenantId};
use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use crate::connections::Lease;
use crate::{Change, Changes, DbError, audit_store};

/// Why a transaction may cross tenants. A new reason is a decision, so the list is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SystemReason {
    /// Tenants of the configuration are entered in the register.
    RegisterTenants,
    /// The queue claims, renews, returns and ends jobs.
    RunQueue,
    /// The scheduler takes due schedules and enters those that modules declare.
    RunSchedules,
    /// The sealer chains, signs and, by a tenant's own rules, removes events of the trail.
    SealAudit,
    /// An operator looks across tenants.
    Diagnose,
    /// An operator makes or changes a tenant.
    ManageTenants,
    /// An operator has all data keys wrapped by another master key.
    RewrapKeys,
    /// A key says by itself which tenant it belongs to, and is looked up before anybody is signed in.
    CheckKey,
    /// Browsers sign in, are recognised and sign out; whose they are is known only then.
    KeepSessions,
    /// Decisions of policies are written down together, whatever tenants they are of. The rows are the record of it.
    LogDecisions,
}

impl SystemReason {
    /// The word for it in trail and log.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RegisterTenants => "register_tenants",
            Self::RunQueue => "run_queue",
            Self::RunSchedules => "run_schedules",
            Self::SealAudit => "seal_audit",
            Self::Diagnose => "diagnose",
            Self::ManageTenants => "manage_tenants",
            Self::RewrapKeys => "rewrap_keys",
            Self::CheckKey => "check_key",
            Self::KeepSessions => "keep_sessions",
            Self::LogDecisions => "log_decisions",
        }
    }

    /// What is set for its transactions beyond the role.
    ///
    /// The tables of the queue are empty in one moment and long in the next, and PostgreSQL keeps the plan of a prepared
    /// statement: one made for an empty table reads all of a long one, again and again. Rows of the queue are found by their
    /// keys, whatever the tables seem to hold.
    pub(crate) fn settings(self) -> &'static str {
        match self {
            Self::RunQueue => "; set local enable_seqscan = off",
            _ => "",
        }
    }

    /// Whether each transaction writes an audit event. The queue, the scheduler and the sealer turn several times a second
    /// and touch nothing but their own tables, whose rows are the record of what they did; an event for every turn would
    /// bury the trail, and an event for every sealing would never end. So would one for every request that a key signs in.
    /// What becomes of a session is [recorded](SystemTx::record) in the trail of its tenant.
    fn is_audited(self) -> bool {
        matches!(self, Self::RegisterTenants | Self::Diagnose | Self::ManageTenants | Self::RewrapKeys)
    }
}

/// Crosses tenants, as the role `athyper_system` and for one transaction.
#[derive(Debug)]
pub struct SystemTx {
    tx: Lease,
    reason: SystemReason,
    actor: Actor,
    clock: Clock,
    now: DateTime<Utc>,
    changes: Changes,
    changed: Vec<Change>,
}

impl SystemTx {
    pub(crate) fn new(tx: Lease, reason: SystemReason, actor: Actor, clock: Clock, changes: Changes) -> Self {
        let now = clock.now();
        Self { tx, reason, actor, clock, now, changes, changed: Vec::new() }
    }

    /// Keeps a change that this process takes note of at the commit, before it hears of it.
    pub(crate) fn remember_change(&mut self, change: Change) {
        self.changed.push(change);
    }

    /// The connection.
    pub fn conn(&mut self) -> &mut PgConnection {
        self.tx.conn()
    }

    /// The time of this transaction (UTC).
    pub fn now(&self) -> DateTime<Utc> {
        self.now
    }

    /// The clock that new ids take their time from.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Writes an event into the trail of a tenant, as part of this transaction.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn record(&mut self, context: &TenantContext, event: AuditEvent) -> Result<(), DbError> {
        audit_store::insert(self.tx.conn(), context, (&self.clock, self.now), None, event).await
    }

    /// Commits with an event in the trail of the tenant whose rows were changed. The crossing itself is not written down a
    /// second time: the event says what was done.
    ///
    /// # Errors
    /// When the event cannot be written or the database refuses the commit; then nothing was kept.
    pub async fn commit_for(mut self, tenant: TenantId, event: AuditEvent) -> Result<(), DbError> {
        audit_store::insert_for(self.tx.conn(), tenant, &self.actor, &self.clock, self.now, event).await?;
        self.end().await
    }

    /// Writes the audit event of the crossing, where the reason asks for one, and commits.
    ///
    /// # Errors
    /// When the event cannot be written or the database refuses the commit; then nothing was kept.
    pub async fn commit(mut self) -> Result<(), DbError> {
        if self.reason.is_audited() {
            let event = AuditEvent::info("platform.cross_tenants").with("reason", self.reason.as_str());
            audit_store::insert_for(
                self.tx.conn(),
                PLATFORM_TENANT,
                &self.actor,
                &self.clock,
                self.now,
                event,
            )
            .await?;
        }
        self.end().await
    }

    async fn end(self) -> Result<(), DbError> {
        let committed = self.tx.commit().await;
        self.changed.into_iter().for_each(|change| self.changes.note(change));
        Ok(committed?)
    }
}
