//! Table `policy.decision`, as it is asked again.

use athyper_kernel_db::{DbError, TenantConnection};
use chrono::{DateTime, Utc};
use uuid::Uuid;

/// A decision with all that is known of its question.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct Kept {
    /// Id.
    pub(crate) id: Uuid,
    /// When it was made (UTC).
    pub(crate) decided_at: DateTime<Utc>,
    /// Whose question it was.
    pub(crate) actor: String,
    /// The principal.
    pub(crate) principal_id: Option<Uuid>,
    /// Its roles then; none where they were not kept.
    pub(crate) roles: Option<Vec<String>>,
    /// Whether it was a service.
    pub(crate) is_service: Option<bool>,
    /// The way it came.
    pub(crate) channel: Option<String>,
    /// How strongly it had signed in.
    pub(crate) sign_in: Option<i16>,
    /// The operation.
    pub(crate) operation: String,
    /// The entity.
    pub(crate) entity: Option<String>,
    /// The record.
    pub(crate) record_id: Option<String>,
    /// The answer.
    pub(crate) outcome: String,
    /// The rules that it rested on: `policy/rule`.
    pub(crate) rules: Vec<String>,
}

/// At most `limit` decisions from a time up to another, and before this one, the newest first.
pub(crate) async fn list(
    tx: &mut impl TenantConnection,
    (from, to): (DateTime<Utc>, DateTime<Utc>),
    before: Option<Uuid>,
    limit: i64,
) -> Result<Vec<Kept>, DbError> {
    let tenant = tx.tenant_id().uuid();
    Ok(sqlx::query_as(
        "select id, decided_at, actor, principal_id, roles, is_service, channel, sign_in, operation, entity, record_id, \
         outcome, rules from policy.decision where tenant_id = $1 and decided_at >= $2 and decided_at < $3 \
         and ($4::uuid is null or id < $4) order by id desc limit $5",
    )
    .bind(tenant)
    .bind(from)
    .bind(to)
    .bind(before)
    .bind(limit)
    .fetch_all(tx.conn())
    .await?)
}
