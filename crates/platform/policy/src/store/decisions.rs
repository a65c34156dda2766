//! Table `policy.decision`.

use athyper_kernel_db::{DbError, SystemTx, TenantConnection, TenantTx};
use athyper_kernel_types::Id;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::decision_log::Entry;
use crate::model::decision::{LoggedDecision, word};

/// Enters decisions of whatever tenants, in one statement.
pub(crate) async fn insert(tx: &mut SystemTx, some: &[Entry]) -> Result<(), DbError> {
    let rows: Vec<Value> = some
        .iter()
        .map(|entry| {
            let id: Id<LoggedDecision> = Id::new(tx.clock());
            json!({
                "tenant_id": entry.tenant,
                "id": id,
                "decided_at": entry.at,
                "actor": entry.actor,
                "operation": entry.operation,
                "entity": entry.entity,
                "record_id": entry.record,
                "outcome": word(&entry.outcome),
                "reason": word(&entry.reason),
                "rules": entry.rules,
                "rule": entry.rules.first(),
                "obligations": entry.obligations,
                "number": entry.number,
                "request_id": entry.request,
                "principal_id": entry.facts.principal,
                "roles": entry.facts.roles,
                "is_service": entry.facts.is_service,
                "channel": entry.facts.channel,
                "sign_in": entry.facts.sign_in,
            })
        })
        .collect();
    sqlx::query(
        "insert into policy.decision (tenant_id, id, decided_at, actor, operation, entity, record_id, outcome, reason, \
         rules, rule, obligations, number, request_id, principal_id, roles, is_service, channel, sign_in) \
         select d.tenant_id, d.id, d.decided_at, d.actor, d.operation, d.entity, d.record_id, d.outcome, d.reason, \
         d.rules, d.rule, d.obligations, d.number, d.request_id, d.principal_id, d.roles, d.is_service, d.channel, \
         d.sign_in \
         from jsonb_to_recordset($1) as d (tenant_id uuid, id uuid, decided_at timestamptz, actor text, \
         operation text, entity text, record_id text, outcome text, reason text, rules text[], rule text, \
         obligations jsonb, number bigint, request_id text, principal_id uuid, roles text[], is_service boolean, \
         channel text, sign_in smallint)",
    )
    .bind(Value::Array(rows))
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Which decisions; what is none does not limit.
#[derive(Clone, Debug, Default)]
pub(crate) struct Which<'a> {
    /// Of this actor.
    pub(crate) actor: Option<&'a str>,
    /// On this record.
    pub(crate) record: Option<&'a str>,
    /// By this rule: `policy/rule`.
    pub(crate) rule: Option<&'a str>,
    /// With this answer.
    pub(crate) outcome: Option<&'a str>,
    /// About this operation.
    pub(crate) operation: Option<&'a str>,
}

/// At most `limit` decisions before this one, the newest first.
pub(crate) async fn list(
    tx: &mut impl TenantConnection,
    which: &Which<'_>,
    before: Option<Uuid>,
    limit: u32,
) -> Result<Vec<LoggedDecision>, DbError> {
    let tenant = tx.tenant_id().uuid();
    Ok(sqlx::query_as(
        "select id, decided_at, actor, operation, entity, record_id, outcome, reason, rules, obligations, number, \
         request_id from policy.decision where tenant_id = $1 and ($2::uuid is null or id < $2) \
         and ($3::text is null or actor = $3) and ($4::text is null or record_id = $4) \
         and ($5::text is null or rule = $5) and ($6::text is null or outcome = $6) \
         and ($7::text is null or operation = $7) order by id desc limit $8",
    )
    .bind(tenant)
    .bind(before)
    .bind(which.actor)
    .bind(which.record)
    .bind(which.rule)
    .bind(which.outcome)
    .bind(which.operation)
    .bind(i64::from(limit))
    .fetch_all(tx.conn())
    .await?)
}

/// Removes at most so many decisions that were made before this time. Gives back how many.
pub(crate) async fn purge(tx: &mut TenantTx, before: DateTime<Utc>, batch: i64) -> Result<u64, DbError> {
    let tenant = tx.tenant_id().uuid();
    let gone = sqlx::query(
        "delete from policy.decision where tenant_id = $1 and id in ( \
             select id from policy.decision where tenant_id = $1 and decided_at < $2 order by id limit $3)",
    )
    .bind(tenant)
    .bind(before)
    .bind(batch)
    .execute(tx.conn())
    .await?;
    Ok(gone.rows_affected())
}
