//! Table `policy.shadow`.

use athyper_kernel_db::{DbError, SystemTx, TenantConnection, TenantTx};
use athyper_kernel_policy::PolicyDocument;
use athyper_kernel_types::{Id, TenantId};
use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::types::Json;
use uuid::Uuid;

use crate::model::policy::PolicyId;
use crate::model::shadow::{EndReason, Shadow, ShadowId};

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    policy_id: Uuid,
    policy_version: i64,
    running: bool,
    one_in: i32,
    started_at: DateTime<Utc>,
    started_by: String,
    ends_at: DateTime<Utc>,
    end_reason: Option<String>,
    ended_by: Option<String>,
    asked: i64,
    loses: i64,
    gains: i64,
    differs: i64,
    skipped: i64,
}

impl From<Row> for Shadow {
    fn from(row: Row) -> Self {
        Self {
            id: Id::from_uuid(row.id),
            policy_id: Id::from_uuid(row.policy_id),
            policy_version: row.policy_version,
            running: row.running,
            one_in: row.one_in,
            started_at: row.started_at,
            started_by: row.started_by,
            ends_at: row.ends_at,
            end_reason: row.end_reason,
            ended_by: row.ended_by,
            asked: row.asked,
            loses: row.loses,
            gains: row.gains,
            differs: row.differs,
            skipped: row.skipped,
        }
    }
}

/// Enters a shadow.
pub(crate) async fn insert(
    tx: &mut TenantTx,
    shadow: &Shadow,
    document: &PolicyDocument,
) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query(
        "insert into policy.shadow (tenant_id, id, policy_id, policy_version, document, one_in, started_at, started_by, \
         ends_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(tenant)
    .bind(shadow.id.uuid())
    .bind(shadow.policy_id.uuid())
    .bind(shadow.policy_version)
    .bind(Json(document))
    .bind(shadow.one_in)
    .bind(shadow.started_at)
    .bind(&shadow.started_by)
    .bind(shadow.ends_at)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The policies that have a shadow at this time (UTC).
pub(crate) async fn policies_in_shadow(
    tx: &mut TenantTx,
    now: DateTime<Utc>,
) -> Result<Vec<PolicyId>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let ids: Vec<Uuid> =
        sqlx::query_scalar("select policy_id from policy.shadow where tenant_id = $1 and ends_at > $2")
            .bind(tenant)
            .bind(now)
            .fetch_all(tx.conn())
            .await?;
    Ok(ids.into_iter().map(Id::from_uuid).collect())
}

/// Ends what runs of a policy. Gives it as it is then; none where nothing runs.
pub(crate) async fn end(
    tx: &mut TenantTx,
    policy: PolicyId,
    reason: EndReason,
) -> Result<Option<Shadow>, DbError> {
    let (tenant, now, actor) = (tx.tenant_id().uuid(), tx.now(), tx.context().actor().id.clone());
    let row: Option<Row> = sqlx::query_as(
        "update policy.shadow set ends_at = $3, end_reason = $4, ended_by = $5 \
         where tenant_id = $1 and policy_id = $2 and ends_at > $3 \
         returning id, policy_id, policy_version, false as running, one_in, started_at, started_by, ends_at, \
         end_reason, ended_by, asked, loses, gains, differs, skipped",
    )
    .bind(tenant)
    .bind(policy.uuid())
    .bind(now)
    .bind(reason.as_str())
    .bind(actor)
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(Shadow::from))
}

/// At most `limit` shadows before this one, of a policy where it is named, the newest first.
pub(crate) async fn list(
    tx: &mut impl TenantConnection,
    policy: Option<Uuid>,
    before: Option<Uuid>,
    (now, limit): (DateTime<Utc>, u32),
) -> Result<Vec<Shadow>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let rows: Vec<Row> = sqlx::query_as(
        "select id, policy_id, policy_version, ends_at > $4 as running, one_in, started_at, started_by, ends_at, \
         end_reason, ended_by, asked, loses, gains, differs, skipped from policy.shadow \
         where tenant_id = $1 and ($2::uuid is null or policy_id = $2) and ($3::uuid is null or id < $3) \
         order by id desc limit $5",
    )
    .bind(tenant)
    .bind(policy)
    .bind(before)
    .bind(now)
    .bind(i64::from(limit))
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(Shadow::from).collect())
}

/// A shadow that runs, as it is stored.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct StoredShadow {
    /// Id.
    pub(crate) id: Uuid,
    /// The policy.
    pub(crate) policy_id: Uuid,
    /// Its key.
    pub(crate) key: String,
    /// The number that the draft would have as a version.
    pub(crate) version: i64,
    /// Of so many decisions one is asked again.
    pub(crate) one_in: i32,
    /// Until when (UTC).
    pub(crate) ends_at: DateTime<Utc>,
    /// The draft.
    pub(crate) document: Value,
}

/// All shadows that run at this time (UTC).
pub(crate) async fn running(
    tx: &mut impl TenantConnection,
    now: DateTime<Utc>,
) -> Result<Vec<StoredShadow>, DbError> {
    let tenant = tx.tenant_id().uuid();
    Ok(sqlx::query_as(
        "select s.id, s.policy_id, p.key, coalesce(p.published_version, 0) + 1 as version, s.one_in, s.ends_at, \
         s.document from policy.shadow s join policy.policy p on p.tenant_id = s.tenant_id and p.id = s.policy_id \
         where s.tenant_id = $1 and s.ends_at > $2 order by s.id",
    )
    .bind(tenant)
    .bind(now)
    .fetch_all(tx.conn())
    .await?)
}

/// What was counted of a shadow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Decisions that were asked again.
    pub(crate) asked: i64,
    /// Of these, by what would become of them.
    pub(crate) loses: i64,
    /// As above.
    pub(crate) gains: i64,
    /// As above.
    pub(crate) differs: i64,
    /// Decisions that were not asked again.
    pub(crate) skipped: i64,
}

/// Adds what was counted. Gives how many differences the shadow had before; none where there is no such shadow.
pub(crate) async fn add(
    tx: &mut SystemTx,
    (tenant, id): (TenantId, ShadowId),
    counts: Counts,
) -> Result<Option<i64>, DbError> {
    Ok(sqlx::query_scalar(
        "update policy.shadow set asked = asked + $3, loses = loses + $4, gains = gains + $5, differs = differs + $6, \
         skipped = skipped + $7 where tenant_id = $1 and id = $2 \
         returning loses + gains + differs - ($4::bigint + $5::bigint + $6::bigint)",
    )
    .bind(tenant.uuid())
    .bind(id.uuid())
    .bind(counts.asked)
    .bind(counts.loses)
    .bind(counts.gains)
    .bind(counts.differs)
    .bind(counts.skipped)
    .fetch_optional(tx.conn())
    .await?)
}
