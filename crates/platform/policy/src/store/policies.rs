//! Tables `policy.policy` and `policy.live`.

use athyper_kernel_db::{DbError, TenantConnection, TenantTx};
use athyper_kernel_policy::PolicyDocument;
use athyper_kernel_types::Id;
use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::types::Json;
use uuid::Uuid;

use crate::model::policy::{DraftState, PolicyId, PolicyState, StoredPolicy};

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    key: String,
    title: String,
    description: String,
    draft: Option<Json<PolicyDocument>>,
    draft_state: Option<String>,
    draft_authors: Vec<String>,
    submitted_by: Option<String>,
    published_version: Option<i64>,
    archived_at: Option<DateTime<Utc>>,
    version: i64,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    updated_by: String,
}

impl From<Row> for StoredPolicy {
    fn from(row: Row) -> Self {
        Self {
            id: Id::from_uuid(row.id),
            key: row.key,
            title: row.title,
            description: row.description,
            state: PolicyState::of(row.published_version, row.archived_at),
            draft: row.draft.map(|draft| draft.0),
            draft_state: row.draft_state.as_deref().and_then(DraftState::parse),
            draft_authors: row.draft_authors,
            submitted_by: row.submitted_by,
            published_version: row.published_version,
            archived_at: row.archived_at,
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
            updated_by: row.updated_by,
        }
    }
}

/// How many policies there are.
pub(crate) async fn count(tx: &mut TenantTx) -> Result<i64, DbError> {
    let tenant = tx.tenant_id().uuid();
    Ok(sqlx::query_scalar("select count(*) from policy.policy where tenant_id = $1")
        .bind(tenant)
        .fetch_one(tx.conn())
        .await?)
}

/// Enters a policy.
pub(crate) async fn insert(tx: &mut TenantTx, policy: &StoredPolicy) -> Result<(), DbError> {
    let (tenant, actor) = (tx.tenant_id().uuid(), tx.context().actor().id.clone());
    sqlx::query(
        "insert into policy.policy (tenant_id, id, key, title, description, draft, draft_state, draft_authors, version, \
         created_at, created_by, updated_at, updated_by) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $10, $11)",
    )
    .bind(tenant)
    .bind(policy.id.uuid())
    .bind(&policy.key)
    .bind(&policy.title)
    .bind(&policy.description)
    .bind(policy.draft.as_ref().map(Json))
    .bind(policy.draft_state.map(DraftState::as_str))
    .bind(&policy.draft_authors)
    .bind(policy.version)
    .bind(policy.created_at)
    .bind(actor)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Stores what a policy is now, as its next version.
pub(crate) async fn update(tx: &mut TenantTx, policy: StoredPolicy) -> Result<StoredPolicy, DbError> {
    let (tenant, now, actor) = (tx.tenant_id().uuid(), tx.now(), tx.context().actor().id.clone());
    let policy = StoredPolicy {
        state: PolicyState::of(policy.published_version, policy.archived_at),
        version: policy.version + 1,
        updated_at: now,
        updated_by: actor,
        ..policy
    };
    sqlx::query(
        "update policy.policy set title = $3, description = $4, draft = $5, draft_state = $6, draft_authors = $7, \
         submitted_by = $8, published_version = $9, archived_at = $10, version = $11, updated_at = $12, \
         updated_by = $13 where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(policy.id.uuid())
    .bind(&policy.title)
    .bind(&policy.description)
    .bind(policy.draft.as_ref().map(Json))
    .bind(policy.draft_state.map(DraftState::as_str))
    .bind(&policy.draft_authors)
    .bind(&policy.submitted_by)
    .bind(policy.published_version)
    .bind(policy.archived_at)
    .bind(policy.version)
    .bind(policy.updated_at)
    .bind(&policy.updated_by)
    .execute(tx.conn())
    .await?;
    Ok(policy)
}

/// The policy with this id.
pub(crate) async fn find(
    tx: &mut impl TenantConnection,
    id: PolicyId,
) -> Result<Option<StoredPolicy>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let row: Option<Row> = sqlx::query_as(
        "select id, key, title, description, draft, draft_state, draft_authors, submitted_by, published_version, \
         archived_at, version, created_at, updated_at, updated_by from policy.policy where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(id.uuid())
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(StoredPolicy::from))
}

/// As [`find`], locked until the transaction ends.
pub(crate) async fn lock(tx: &mut TenantTx, id: PolicyId) -> Result<Option<StoredPolicy>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let row: Option<Row> = sqlx::query_as(
        "select id, key, title, description, draft, draft_state, draft_authors, submitted_by, published_version, \
         archived_at, version, created_at, updated_at, updated_by from policy.policy where tenant_id = $1 and id = $2 \
         for update",
    )
    .bind(tenant)
    .bind(id.uuid())
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(StoredPolicy::from))
}

/// At most `limit` policies whose key comes after `after`, by key.
pub(crate) async fn list(
    tx: &mut impl TenantConnection,
    after: Option<&str>,
    limit: u32,
) -> Result<Vec<StoredPolicy>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let rows: Vec<Row> = sqlx::query_as(
        "select id, key, title, description, draft, draft_state, draft_authors, submitted_by, published_version, \
         archived_at, version, created_at, updated_at, updated_by from policy.policy \
         where tenant_id = $1 and ($2::text is null or key > $2) order by key limit $3",
    )
    .bind(tenant)
    .bind(after)
    .bind(i64::from(limit))
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(StoredPolicy::from).collect())
}

/// A policy in force, as it is stored.
#[derive(Debug)]
pub(crate) struct InForce {
    /// Its key.
    pub(crate) key: String,
    /// The version in force.
    pub(crate) version: i64,
    /// Its document.
    pub(crate) document: Value,
}

/// How often what is in force has changed, with a policy in force where there is one.
type InForceRow = (i64, Option<String>, Option<i64>, Option<Value>);

/// How often what is in force has changed, and all policies in force, by key. One statement: both are of one moment.
pub(crate) async fn in_force(tx: &mut impl TenantConnection) -> Result<(i64, Vec<InForce>), DbError> {
    let tenant = tx.tenant_id().uuid();
    let rows: Vec<InForceRow> = sqlx::query_as(
        "select coalesce(l.number, 0), p.key, v.version, v.document from (select $1::uuid as tenant_id) one \
         left join policy.live l on l.tenant_id = one.tenant_id \
         left join (policy.policy p join policy.version v \
             on v.tenant_id = p.tenant_id and v.policy_id = p.id and v.version = p.published_version) \
         on p.tenant_id = one.tenant_id and p.archived_at is null order by p.key",
    )
    .bind(tenant)
    .fetch_all(tx.conn())
    .await?;
    let number = rows.first().map(|(number, ..)| *number).unwrap_or_default();
    let policy =
        |(_, key, version, document)| Some(InForce { key: key?, version: version?, document: document? });
    Ok((number, rows.into_iter().filter_map(policy).collect()))
}

/// Counts a change of what is in force; others who change it wait from here on.
pub(crate) async fn next_number(tx: &mut TenantTx) -> Result<i64, DbError> {
    let tenant = tx.tenant_id().uuid();
    Ok(sqlx::query_scalar(
        "insert into policy.live (tenant_id, number) values ($1, 1) \
         on conflict (tenant_id) do update set number = policy.live.number + 1 returning number",
    )
    .bind(tenant)
    .fetch_one(tx.conn())
    .await?)
}
