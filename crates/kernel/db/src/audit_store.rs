//! The SQL of the audit trail, and the writer for events outside a business transaction.

use std::fmt::Write as _;

use async_trait::async_trait;
use athyper_kernel_audit::{AuditEvent, AuditWriter, SALT_BYTES, WriteError, personal_digest, redact};
use athyper_kernel_tenant_context::{Actor, TenantContext};
use athyper_kernel_types::{Clock, Id, PLATFORM_TENANT, TenantId};
use chrono::{DateTime, Utc};
use serde_json::{Map, Value};
use sqlx::error::BoxDynError;
use sqlx::postgres::PgArguments;
use sqlx::types::Json;
use sqlx::{Arguments as _, AssertSqlSafe, PgConnection};
use uuid::Uuid;

use crate::{Database, DbError, LastWrite};

/// Columns of an event, in the order of the values that [`Inserts`] adds.
const COLUMNS: &str = "tenant_id, id, recorded_at, type, level, class, actor_kind, actor_id, realm_key, org_key, request_id, \
     trace_id, session_id, subject_type, subject_id, message, meta, personal";
/// How many there are.
const EVENT_VALUES: usize = 18;

/// Where an event happened and who did it, as far as that is known.
struct Origin<'a> {
    tenant: TenantId,
    actor: &'a Actor,
    realm_key: Option<&'a str>,
    org_key: Option<&'a str>,
    request_id: Option<&'a str>,
    trace_id: Option<&'a str>,
}

/// Writes an event of a tenant's transaction, after the last write of its change where it has one.
pub(crate) async fn insert(
    conn: &mut PgConnection,
    context: &TenantContext,
    at: (&Clock, DateTime<Utc>),
    last: Option<LastWrite>,
    event: AuditEvent,
) -> Result<(), DbError> {
    let (write, mut values) = last.map_or_else(Default::default, |last| (Some(last.write), last.values));
    let inserts = Inserts::within(&mut values, context, at, event)?;
    execute(conn, &inserts, write, values).await
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
    let (realm_key, org_key, request_id, trace_id) = (None, None, None, None);
    let origin = Origin { tenant, actor: &actor, realm_key, org_key, request_id, trace_id };
    let mut values = PgArguments::default();
    let inserts = Inserts::of(&mut values, &origin, (clock, now), event)?;
    execute(conn, &inserts, None, values).await
}

/// Whether a tenant's trail has this event.
pub(crate) async fn is_there(conn: &mut PgConnection, tenant: TenantId, id: Uuid) -> Result<bool, DbError> {
    let found =
        sqlx::query_scalar("select exists (select from audit.event where tenant_id = $1 and id = $2)");
    Ok(found.bind(tenant.uuid()).bind(id).fetch_one(conn).await?)
}

async fn execute(
    conn: &mut PgConnection,
    inserts: &Inserts,
    last: Option<&str>,
    values: PgArguments,
) -> Result<(), DbError> {
    let (from, beside) = if last.is_some() { ("from written", "written,") } else { ("", "") };
    let written = last.map(|write| format!("written as ({write} returning true)"));
    let personal = inserts.personal(beside).map(|personal| format!("personal as ({personal})"));
    let parts: Vec<String> = written.into_iter().chain(personal).collect();
    let with = if parts.is_empty() { String::new() } else { format!("with {} ", parts.join(", ")) };
    let statement = format!("{with}{}", inserts.event(from));
    // One that writes several rows writes the event as often, which its key refuses.
    let events = sqlx::query_with(AssertSqlSafe(statement), values).execute(conn).await?.rows_affected();
    if events == 1 {
        Ok(())
    } else {
        Err(DbError::Corrupt("the last write of a change found nothing to write".to_owned()))
    }
}

/// What inserts an event: its values are those of a statement from a place on.
pub(crate) struct Inserts {
    /// Id of the event.
    pub(crate) id: Uuid,
    /// How many values the statement has before them.
    before: usize,
    has_personal: bool,
}

impl Inserts {
    /// Those of an event of a tenant's, with the values added.
    pub(crate) fn within(
        values: &mut PgArguments,
        context: &TenantContext,
        at: (&Clock, DateTime<Utc>),
        event: AuditEvent,
    ) -> Result<Self, DbError> {
        let actor = event.actor_in(context).clone();
        let origin = Origin {
            tenant: context.tenant_id(),
            actor: &actor,
            realm_key: Some(context.realm_key()),
            org_key: context.org_key(),
            request_id: Some(context.request_id()),
            trace_id: context.trace_id(),
        };
        Self::of(values, &origin, at, event)
    }

    fn of(
        values: &mut PgArguments,
        origin: &Origin<'_>,
        at: (&Clock, DateTime<Utc>),
        event: AuditEvent,
    ) -> Result<Self, DbError> {
        let event = redact(event);
        let kept_apart = KeptApart::of(&event, origin.actor)?;
        let id = Id::<athyper_kernel_types::AuditEvent>::new(at.0).uuid();
        let inserts = Self { id, before: values.len(), has_personal: kept_apart.is_some() };
        add(values, id, origin, at.1, &event, kept_apart).map_err(sqlx::Error::Encode)?;
        Ok(inserts)
    }

    /// What inserts the event, `from` something or by itself. Each change makes it anew; writing to a `String` cannot fail.
    pub(crate) fn event(&self, from: &str) -> String {
        let mut text = String::with_capacity(512);
        let _ = write!(text, "insert into audit.event ({COLUMNS}) select ${}", self.before + 1);
        for place in 2..=EVENT_VALUES {
            let _ = write!(text, ", ${}", self.before + place);
        }
        let _ = write!(text, " {from}");
        text
    }

    /// What inserts its personal values, beside something or by themselves; none where it has none.
    pub(crate) fn personal(&self, beside: &str) -> Option<String> {
        let [tenant, event] = [1, 2].map(|place| self.before + place);
        let [fields, persons, values, salts] = [1, 2, 3, 4].map(|place| self.before + EVENT_VALUES + place);
        self.has_personal.then(|| {
            format!(
                "insert into audit.personal_value (tenant_id, event_id, field, person, value, salt) \
                 select ${tenant}, ${event}, own.field, own.person, own.value, own.salt from {beside} \
                 unnest(${fields}::text[], ${persons}::text[], ${values}::text[], ${salts}::bytea[]) \
                 as own (field, person, value, salt)"
            )
        })
    }
}

/// Adds the values of an event, in the order of [`COLUMNS`], and then those that are kept apart.
fn add(
    values: &mut PgArguments,
    id: Uuid,
    origin: &Origin<'_>,
    now: DateTime<Utc>,
    event: &AuditEvent,
    kept_apart: Option<KeptApart>,
) -> Result<(), BoxDynError> {
    let actor = origin.actor;
    values.add(origin.tenant.uuid())?;
    values.add(id)?;
    values.add(now)?;
    values.add(&event.kind)?;
    values.add(event.level.as_str())?;
    values.add(event.class_for(actor).as_str())?;
    values.add(actor.kind.as_str())?;
    values.add(&actor.id)?;
    values.add(origin.realm_key)?;
    values.add(origin.org_key)?;
    values.add(origin.request_id)?;
    values.add(origin.trace_id)?;
    values.add(&event.session_id)?;
    values.add(&event.subject_type)?;
    values.add(&event.subject_id)?;
    values.add(&event.message)?;
    values.add(Json(&event.meta))?;
    let Some(apart) = kept_apart else { return values.add(None::<Json<Map<String, Value>>>) };
    values.add(Some(Json(apart.digests)))?;
    values.add(apart.fields)?;
    values.add(apart.persons)?;
    values.add(apart.values)?;
    values.add(apart.salts)
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
