//! The SQL of the audit trail, and the writer for events outside a business transaction.

use async_trait::async_trait;
use athyper_kernel_audit::{AuditEvent, AuditWriter, WriteError, redact};
use athyper_kernel_tenant_context::{Actor, TenantContext};
use athyper_kernel_types::{Clock, Id, PLATFORM_TENANT, TenantId};
use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use sqlx::types::Json;

use crate::{Database, DbError};

const INSERT: &str = "insert into audit.event (tenant_id, id, recorded_at, type, level, actor_kind, actor_id, \
     realm_key, org_key, request_id, trace_id, subject_type, subject_id, message, meta) \
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)";

/// Where an event happened, as far as that is known.
#[derive(Default)]
struct Origin<'a> {
    realm_key: Option<&'a str>,
    org_key: Option<&'a str>,
    request_id: Option<&'a str>,
    trace_id: Option<&'a str>,
}

/// Writes an event of a tenant's transaction.
pub(crate) async fn insert(
    conn: &mut PgConnection,
    context: &TenantContext,
    clock: &Clock,
    now: DateTime<Utc>,
    event: AuditEvent,
) -> Result<(), DbError> {
    let actor = event.actor_in(context).clone();
    let origin = Origin {
        realm_key: Some(context.realm_key()),
        org_key: context.org_key(),
        request_id: Some(context.request_id()),
        trace_id: context.trace_id(),
    };
    write_row(conn, context.tenant_id(), &actor, &origin, clock, now, event).await
}

/// Writes an event that has no context.
pub(crate) async fn insert_for(
    conn: &mut PgConnection,
    tenant: TenantId,
    actor: &Actor,
    clock: &Clock,
    now: DateTime<Utc>,
    event: AuditEvent,
) -> Result<(), DbError> {
    let actor = event.actor.clone().unwrap_or_else(|| actor.clone());
    write_row(conn, tenant, &actor, &Origin::default(), clock, now, event).await
}

async fn write_row(
    conn: &mut PgConnection,
    tenant: TenantId,
    actor: &Actor,
    origin: &Origin<'_>,
    clock: &Clock,
    now: DateTime<Utc>,
    event: AuditEvent,
) -> Result<(), DbError> {
    let event = redact(event);
    sqlx::query(INSERT)
        .bind(tenant.uuid())
        .bind(Id::<athyper_kernel_types::AuditEvent>::new(clock).uuid())
        .bind(now)
        .bind(&event.kind)
        .bind(event.level.as_str())
        .bind(actor.kind.as_str())
        .bind(&actor.id)
        .bind(origin.realm_key)
        .bind(origin.org_key)
        .bind(origin.request_id)
        .bind(origin.trace_id)
        .bind(&event.subject_type)
        .bind(&event.subject_id)
        .bind(&event.message)
        .bind(Json(&event.meta))
        .execute(conn)
        .await?;
    Ok(())
}

/// Writes events that belong to no tenant's transaction to the platform's own trail.
#[derive(Clone, Debug)]
pub struct DatabaseAuditWriter(Database);

impl DatabaseAuditWriter {
    /// A writer to this database.
    pub fn new(database: Database) -> Self {
        Self(database)
    }
}

#[async_trait]
impl AuditWriter for DatabaseAuditWriter {
    async fn write(&self, actor: &Actor, event: AuditEvent) -> Result<(), WriteError> {
        let mut tx = self.0.platform_tx().await?;
        let clock = self.0.clock();
        insert_for(&mut tx, PLATFORM_TENANT, actor, clock, clock.now(), event).await?;
        Ok(tx.commit().await?)
    }
}
