//! The SQL of the audit trail, and the writer for events outside a business transaction.

use async_trait::async_trait;
use athyper_kernel_audit::{AuditEvent, AuditWriter, SALT_BYTES, WriteError, personal_digest, redact};
use athyper_kernel_tenant_context::{Actor, TenantContext};
use athyper_kernel_types::{Clock, Id, PLATFORM_TENANT, TenantId};
use chrono::{DateTime, Utc};
use serde_json::{Map, Value};
use sqlx::PgConnection;
use sqlx::types::Json;

use crate::{Database, DbError};

/// Values `$1` to `$18` of an event.
const INSERT: &str = "insert into audit.event (tenant_id, id, recorded_at, type, level, class, actor_kind, actor_id, \
     realm_key, org_key, request_id, trace_id, session_id, subject_type, subject_id, message, meta, personal) \
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)";

/// As [`INSERT`], with the personal values beside the event: one statement all the same.
const INSERT_PERSONAL: &str = "with event as (insert into audit.event (tenant_id, id, recorded_at, type, level, class, \
     actor_kind, actor_id, realm_key, org_key, request_id, trace_id, session_id, subject_type, subject_id, message, \
     meta, personal) \
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)) \
     insert into audit.personal_value (tenant_id, event_id, field, person, value, salt) \
     select $1, $2, own.field, own.person, own.value, own.salt \
     from unnest($19::text[], $20::text[], $21::text[], $22::bytea[]) as own (field, person, value, salt)";

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
    let kept_apart = KeptApart::of(&event, actor)?;
    let query = sqlx::query(if event.personal.is_empty() { INSERT } else { INSERT_PERSONAL })
        .bind(tenant.uuid())
        .bind(Id::<athyper_kernel_types::AuditEvent>::new(clock).uuid())
        .bind(now)
        .bind(&event.kind)
        .bind(event.level.as_str())
        .bind(event.class_for(actor).as_str())
        .bind(actor.kind.as_str())
        .bind(&actor.id)
        .bind(origin.realm_key)
        .bind(origin.org_key)
        .bind(origin.request_id)
        .bind(origin.trace_id)
        .bind(&event.session_id)
        .bind(&event.subject_type)
        .bind(&event.subject_id)
        .bind(&event.message)
        .bind(Json(&event.meta));
    let query = match kept_apart {
        None => query.bind(None::<Json<Map<String, Value>>>),
        Some(apart) => query
            .bind(Some(Json(apart.digests)))
            .bind(apart.fields)
            .bind(apart.persons)
            .bind(apart.values)
            .bind(apart.salts),
    };
    query.execute(conn).await?;
    Ok(())
}

/// The personal values of an event, column by column, and what the event itself holds of them.
struct KeptApart {
    /// The digest of each value, in hexadecimal, by its field.
    digests: Map<String, Value>,
    fields: Vec<String>,
    persons: Vec<String>,
    values: Vec<String>,
    salts: Vec<Vec<u8>>,
}

impl KeptApart {
    /// None for an event that says nothing about people.
    fn of(event: &AuditEvent, actor: &Actor) -> Result<Option<Self>, DbError> {
        if event.personal.is_empty() {
            return Ok(None);
        }
        let mut apart = Self {
            digests: Map::new(),
            fields: Vec::new(),
            persons: Vec::new(),
            values: Vec::new(),
            salts: Vec::new(),
        };
        for personal in &event.personal {
            let mut salt = vec![0; SALT_BYTES];
            aws_lc_rs::rand::fill(&mut salt).map_err(|_| DbError::Corrupt("no random bytes".to_owned()))?;
            let digest = personal_digest(&personal.field, &salt, &personal.value);
            apart.digests.insert(personal.field.clone(), hex::encode(digest).into());
            apart.fields.push(personal.field.clone());
            apart.persons.push(personal.person.clone().unwrap_or_else(|| actor.id.clone()));
            apart.values.push(personal.value.clone());
            apart.salts.push(salt);
        }
        Ok(Some(apart))
    }
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
        insert_for(tx.conn(), PLATFORM_TENANT, actor, clock, clock.now(), event).await?;
        Ok(tx.commit().await?)
    }
}
