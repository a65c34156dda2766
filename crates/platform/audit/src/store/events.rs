//! Table `audit.event`, as it is searched.

use std::collections::BTreeMap;

use athyper_kernel_db::{DbError, TenantConnection};
use athyper_kernel_types::AuditEventId;
use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::types::Json;
use uuid::Uuid;

use crate::model::event::{Event, EventClass, EventLevel, event_id};
use crate::model::filter::EventFilter;

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    recorded_at: DateTime<Utc>,
    #[sqlx(rename = "type")]
    kind: String,
    level: String,
    class: String,
    actor_kind: String,
    actor_id: String,
    realm_key: Option<String>,
    org_key: Option<String>,
    request_id: Option<String>,
    trace_id: Option<String>,
    session_id: Option<String>,
    subject_type: Option<String>,
    subject_id: Option<String>,
    message: Option<String>,
    meta: Value,
    seq: Option<i64>,
    prev_hash: Option<Vec<u8>>,
    hash: Option<Vec<u8>>,
    personal: Option<Json<BTreeMap<String, Option<String>>>>,
}

impl TryFrom<Row> for Event {
    type Error = DbError;

    fn try_from(row: Row) -> Result<Self, DbError> {
        let corrupt = |what: &str| DbError::Corrupt(format!("{what} of audit event {}", row.id));
        Ok(Self {
            id: event_id(row.id),
            class: EventClass::parse(&row.class).ok_or_else(|| corrupt("class"))?,
            level: EventLevel::parse(&row.level).ok_or_else(|| corrupt("level"))?,
            recorded_at: row.recorded_at,
            kind: row.kind,
            actor_kind: row.actor_kind,
            actor_id: row.actor_id,
            realm_key: row.realm_key,
            org_key: row.org_key,
            request_id: row.request_id,
            trace_id: row.trace_id,
            session_id: row.session_id,
            subject_type: row.subject_type,
            subject_id: row.subject_id,
            message: row.message,
            meta: row.meta,
            personal: row.personal.map(|personal| personal.0).unwrap_or_default(),
            seq: row.seq,
            prev_hash: row.prev_hash.map(hex::encode),
            hash: row.hash.map(hex::encode),
        })
    }
}

/// Which way a list goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// Newest first.
    Newest,
    /// Oldest first.
    Oldest,
}

/// What is selected of an event `e`, its personal values included.
const COLUMNS: &str = "select e.id, e.recorded_at, e.type, e.level, e.class, e.actor_kind, e.actor_id, e.realm_key, \
     e.org_key, e.request_id, e.trace_id, e.session_id, e.subject_type, e.subject_id, e.message, e.meta, e.seq, \
     e.prev_hash, e.hash, (select jsonb_object_agg(p.field, p.value) from audit.personal_value p \
         where e.personal is not null and p.tenant_id = e.tenant_id and p.event_id = e.id) as personal \
     from audit.event e where e.tenant_id = ";

/// Events that fit the filter, behind the one with this id. Only criteria that are given become part of the statement, so
/// that each kind of search finds its index.
pub(crate) async fn search(
    tx: &mut impl TenantConnection,
    filter: &EventFilter,
    order: Order,
    after: Option<AuditEventId>,
    limit: u32,
) -> Result<Vec<Event>, DbError> {
    let mut query = sqlx::QueryBuilder::<sqlx::Postgres>::new(COLUMNS);
    query.push_bind(tx.tenant_id().uuid());
    let texts = [
        (" and e.type = ", filter.kind.as_deref()),
        (" and e.class = ", filter.class.map(EventClass::as_str)),
        (" and e.level = ", filter.level.map(EventLevel::as_str)),
        (" and e.actor_id = ", filter.actor.as_deref()),
        (" and e.subject_type = ", filter.subject_type.as_deref()),
        (" and e.subject_id = ", filter.subject_id.as_deref()),
        (" and e.request_id = ", filter.request_id.as_deref()),
        (" and e.trace_id = ", filter.trace_id.as_deref()),
    ];
    for (condition, value) in texts {
        if let Some(value) = value {
            query.push(condition).push_bind(value.to_owned());
        }
    }
    for (condition, value) in
        [(" and e.recorded_at >= ", filter.from), (" and e.recorded_at < ", filter.until)]
    {
        if let Some(value) = value {
            query.push(condition).push_bind(value);
        }
    }
    if let Some(after) = after {
        query.push(if order == Order::Newest { " and e.id < " } else { " and e.id > " });
        query.push_bind(after.uuid());
    }
    query.push(if order == Order::Newest { " order by e.id desc limit " } else { " order by e.id limit " });
    query.push_bind(i64::from(limit));
    let rows: Vec<Row> = query.build_query_as().fetch_all(tx.conn()).await?;
    rows.into_iter().map(Event::try_from).collect()
}

/// The event with this id.
pub(crate) async fn find(tx: &mut impl TenantConnection, id: AuditEventId) -> Result<Option<Event>, DbError> {
    let mut query = sqlx::QueryBuilder::<sqlx::Postgres>::new(COLUMNS);
    query.push_bind(tx.tenant_id().uuid()).push(" and e.id = ").push_bind(id.uuid());
    let row: Option<Row> = query.build_query_as().fetch_optional(tx.conn()).await?;
    row.map(Event::try_from).transpose()
}
