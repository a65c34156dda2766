//! Table `policy.shadow_difference`.

use athyper_kernel_db::{DbError, SystemTx, TenantConnection, TenantTx};
use athyper_kernel_types::{Id, TenantId};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::model::change::Change;
use crate::model::decision::word;
use crate::model::policy::PolicyId;
use crate::model::shadow::{Answer, ShadowDifference, ShadowId};

/// A difference to enter.
#[derive(Clone, Debug)]
pub(crate) struct NewDifference {
    /// In which tenant.
    pub(crate) tenant: TenantId,
    /// Of which shadow.
    pub(crate) shadow: ShadowId,
    /// And policy.
    pub(crate) policy: PolicyId,
    /// When the decision was made (UTC).
    pub(crate) at: DateTime<Utc>,
    /// Whose question it was.
    pub(crate) actor: String,
    /// The principal, where the tenant knows one.
    pub(crate) principal: Option<String>,
    /// The operation.
    pub(crate) operation: String,
    /// The entity.
    pub(crate) entity: Option<String>,
    /// The record.
    pub(crate) record: Option<String>,
    /// What would become of it.
    pub(crate) change: Change,
    /// The answer in force, and that with the draft.
    pub(crate) answers: [Answer; 2],
    /// Number of what was in force.
    pub(crate) number: i64,
    /// The request.
    pub(crate) request: String,
}

/// Enters differences of whatever tenants, in one statement.
pub(crate) async fn insert(tx: &mut SystemTx, some: &[NewDifference]) -> Result<(), DbError> {
    let rows: Vec<Value> = some
        .iter()
        .map(|one| {
            let id: Id<ShadowDifference> = Id::new(tx.clock());
            let [before, after] = &one.answers;
            json!({
                "tenant_id": one.tenant,
                "id": id,
                "shadow_id": one.shadow,
                "policy_id": one.policy,
                "decided_at": one.at,
                "actor": one.actor,
                "principal_id": one.principal,
                "operation": one.operation,
                "entity": one.entity,
                "record_id": one.record,
                "change": word(&one.change),
                "before": before,
                "after": after,
                "number": one.number,
                "request_id": one.request,
            })
        })
        .collect();
    sqlx::query(
        "insert into policy.shadow_difference (tenant_id, id, shadow_id, policy_id, decided_at, actor, principal_id, \
         operation, entity, record_id, change, before, after, number, request_id) \
         select d.tenant_id, d.id, d.shadow_id, d.policy_id, d.decided_at, d.actor, d.principal_id, d.operation, \
         d.entity, d.record_id, d.change, d.before, d.after, d.number, d.request_id \
         from jsonb_to_recordset($1) as d (tenant_id uuid, id uuid, shadow_id uuid, policy_id uuid, \
         decided_at timestamptz, actor text, principal_id uuid, operation text, entity text, record_id text, \
         change text, before jsonb, after jsonb, number bigint, request_id text)",
    )
    .bind(Value::Array(rows))
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Which differences; what is none does not limit.
#[derive(Clone, Debug, Default)]
pub(crate) struct Which<'a> {
    /// Of this shadow.
    pub(crate) shadow: Option<Uuid>,
    /// Of this policy.
    pub(crate) policy: Option<Uuid>,
    /// Of this actor.
    pub(crate) actor: Option<&'a str>,
    /// On this record.
    pub(crate) record: Option<&'a str>,
    /// Of this direction.
    pub(crate) change: Option<&'a str>,
    /// About this operation.
    pub(crate) operation: Option<&'a str>,
}

/// At most `limit` differences before this one, the newest first.
pub(crate) async fn list(
    tx: &mut impl TenantConnection,
    which: &Which<'_>,
    before: Option<Uuid>,
    limit: u32,
) -> Result<Vec<ShadowDifference>, DbError> {
    let tenant = tx.tenant_id().uuid();
    Ok(sqlx::query_as(
        "select id, shadow_id, policy_id, decided_at, actor, principal_id, operation, entity, record_id, change, \
         before, after, number, request_id from policy.shadow_difference \
         where tenant_id = $1 and ($2::uuid is null or id < $2) \
         and ($3::uuid is null or shadow_id = $3) and ($4::uuid is null or policy_id = $4) \
         and ($5::text is null or actor = $5) and ($6::text is null or record_id = $6) \
         and ($7::text is null or change = $7) and ($8::text is null or operation = $8) order by id desc limit $9",
    )
    .bind(tenant)
    .bind(before)
    .bind(which.shadow)
    .bind(which.policy)
    .bind(which.actor)
    .bind(which.record)
    .bind(which.change)
    .bind(which.operation)
    .bind(i64::from(limit))
    .fetch_all(tx.conn())
    .await?)
}

/// Removes at most so many differences of decisions that were made before this time. Gives back how many.
pub(crate) async fn purge(tx: &mut TenantTx, before: DateTime<Utc>, batch: i64) -> Result<u64, DbError> {
    let tenant = tx.tenant_id().uuid();
    let gone = sqlx::query(
        "delete from policy.shadow_difference where tenant_id = $1 and id in ( \
             select id from policy.shadow_difference where tenant_id = $1 and decided_at < $2 order by id limit $3)",
    )
    .bind(tenant)
    .bind(before)
    .bind(batch)
    .execute(tx.conn())
    .await?;
    Ok(gone.rows_affected())
}
