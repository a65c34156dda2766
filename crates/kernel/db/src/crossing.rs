//! A stretch of a tenant's transaction that crosses tenants: for those who run the platform.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_types::{PLATFORM_TENANT, TenantId};
use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use crate::changes::announce_on;
use crate::{Change, DbError, SystemReason, TenantTx, audit_store};

/// Statements that run as the role `athyper_system` within a tenant's transaction, so that what they change, the change
/// of the tenant and its audit event are one commit. End it with [`Crossing::end`]: a transaction that is still crossing
/// cannot be committed.
#[derive(Debug)]
pub struct Crossing<'a> {
    tx: &'a mut TenantTx,
}

impl TenantTx {
    /// Begins to cross tenants, for a stated reason, which the platform's own trail is told.
    ///
    /// # Errors
    /// When the database does not answer, or the login role is not a member of `athyper_system`.
    pub async fn cross(&mut self, reason: SystemReason) -> Result<Crossing<'_>, DbError> {
        self.is_crossing = true;
        sqlx::raw_sql("set local role athyper_system").execute(self.conn()).await?;
        let mut crossing = Crossing { tx: self };
        let event = AuditEvent::info("platform.cross_tenants").with("reason", reason.as_str());
        crossing.record(PLATFORM_TENANT, event).await?;
        Ok(crossing)
    }
}

impl Crossing<'_> {
    /// The connection.
    pub fn conn(&mut self) -> &mut PgConnection {
        self.tx.conn()
    }

    /// The time of the transaction (UTC).
    pub fn now(&self) -> DateTime<Utc> {
        self.tx.now()
    }

    /// Writes an event to the trail of this tenant, by the actor of the transaction.
    ///
    /// # Errors
    /// When the event cannot be written.
    pub async fn record(&mut self, tenant: TenantId, event: AuditEvent) -> Result<(), DbError> {
        let (actor, clock, now) = (self.tx.context().actor().clone(), self.tx.clock().clone(), self.tx.now());
        audit_store::insert_for(self.tx.conn(), tenant, &actor, &clock, now, event).await
    }

    /// Tells every process that this key of this topic has changed for a tenant.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn announce(
        &mut self,
        tenant: TenantId,
        topic: &'static str,
        key: &str,
    ) -> Result<(), DbError> {
        let now = self.tx.now();
        announce_on(self.tx.conn(), tenant, topic, key, now).await?;
        self.tx.remember_change(Change { tenant_id: tenant, topic: topic.into(), key: key.into() });
        Ok(())
    }

    /// Ends it: from here on the transaction is its tenant's alone again.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn end(self) -> Result<(), DbError> {
        sqlx::raw_sql("reset role").execute(self.tx.conn()).await?;
        self.tx.is_crossing = false;
        Ok(())
    }
}
