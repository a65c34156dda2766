//! Tables `governance.separation_rule` and `governance.separation_exception`.

use athyper_kernel_db::{DbError, TenantConnection, TenantTx};
use athyper_kernel_types::{Id, PrincipalId};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::model::separation::{Duty, ExceptionId, RuleId, SeparationException, SeparationRule};

#[derive(sqlx::FromRow)]
struct RuleRow {
    id: Uuid,
    name: String,
    left_kind: String,
    left_name: String,
    right_kind: String,
    right_name: String,
    version: i64,
}

impl From<RuleRow> for SeparationRule {
    fn from(row: RuleRow) -> Self {
        Self {
            id: Id::from_uuid(row.id),
            name: row.name,
            left: Duty::stored(&row.left_kind, row.left_name),
            right: Duty::stored(&row.right_kind, row.right_name),
            version: row.version,
        }
    }
}

/// Enters a rule, at version 1.
pub(crate) async fn insert_rule(tx: &mut TenantTx, new: &SeparationRule) -> Result<(), DbError> {
    let (tenant, now, actor) = (tx.tenant_id().uuid(), tx.now(), tx.context().actor().id.clone());
    let ((left_kind, left_name), (right_kind, right_name)) = (new.left.parts(), new.right.parts());
    sqlx::query(
        "insert into governance.separation_rule (tenant_id, id, name, left_kind, left_name, right_kind, right_name, \
         created_at, created_by, version) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 1)",
    )
    .bind(tenant)
    .bind(new.id.uuid())
    .bind(&new.name)
    .bind(left_kind)
    .bind(left_name)
    .bind(right_kind)
    .bind(right_name)
    .bind(now)
    .bind(actor)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Removes a rule with its exceptions.
pub(crate) async fn delete_rule(tx: &mut TenantTx, id: RuleId) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query("delete from governance.separation_rule where tenant_id = $1 and id = $2")
        .bind(tenant)
        .bind(id.uuid())
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// The rule with this id.
pub(crate) async fn find_rule(
    tx: &mut impl TenantConnection,
    id: RuleId,
) -> Result<Option<SeparationRule>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let row: Option<RuleRow> = sqlx::query_as(
        "select id, name, left_kind, left_name, right_kind, right_name, version from governance.separation_rule \
         where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(id.uuid())
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(SeparationRule::from))
}

/// Whether the tenant has rules.
pub(crate) async fn has_rules(tx: &mut dyn TenantConnection) -> Result<bool, DbError> {
    let tenant = tx.tenant_id().uuid();
    Ok(sqlx::query_scalar("select exists (select 1 from governance.separation_rule where tenant_id = $1)")
        .bind(tenant)
        .fetch_one(tx.conn())
        .await?)
}

/// All rules of the tenant.
pub(crate) async fn all_rules(tx: &mut dyn TenantConnection) -> Result<Vec<SeparationRule>, DbError> {
    list_rules(tx, None, u32::MAX).await
}

/// At most `limit` rules whose id comes after `after`, by id.
pub(crate) async fn list_rules(
    tx: &mut dyn TenantConnection,
    after: Option<Uuid>,
    limit: u32,
) -> Result<Vec<SeparationRule>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let rows: Vec<RuleRow> = sqlx::query_as(
        "select id, name, left_kind, left_name, right_kind, right_name, version from governance.separation_rule \
         where tenant_id = $1 and ($2::uuid is null or id > $2) order by id limit $3",
    )
    .bind(tenant)
    .bind(after)
    .bind(i64::from(limit))
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(SeparationRule::from).collect())
}

#[derive(sqlx::FromRow)]
struct ExceptionRow {
    id: Uuid,
    rule_id: Uuid,
    principal_id: Uuid,
    reason: String,
    expires_at: DateTime<Utc>,
    created_by: String,
}

/// Records an exception.
pub(crate) async fn insert_exception(tx: &mut TenantTx, new: &SeparationException) -> Result<(), DbError> {
    let (tenant, now) = (tx.tenant_id().uuid(), tx.now());
    sqlx::query(
        "insert into governance.separation_exception (tenant_id, id, rule_id, principal_id, reason, expires_at, created_at, \
         created_by) values ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(tenant)
    .bind(new.id.uuid())
    .bind(new.rule.uuid())
    .bind(new.principal.uuid())
    .bind(&new.reason)
    .bind(new.expires_at)
    .bind(now)
    .bind(&new.created_by)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Removes an exception of a rule. Gives back whether there was one.
pub(crate) async fn delete_exception(
    tx: &mut TenantTx,
    rule: RuleId,
    id: ExceptionId,
) -> Result<bool, DbError> {
    let tenant = tx.tenant_id().uuid();
    let gone = sqlx::query(
        "delete from governance.separation_exception where tenant_id = $1 and rule_id = $2 and id = $3",
    )
    .bind(tenant)
    .bind(rule.uuid())
    .bind(id.uuid())
    .execute(tx.conn())
    .await?;
    Ok(gone.rows_affected() > 0)
}

/// At most `limit` exceptions of a rule whose id comes after `after`, by id.
pub(crate) async fn list_exceptions(
    tx: &mut impl TenantConnection,
    rule: RuleId,
    after: Option<Uuid>,
    limit: u32,
) -> Result<Vec<SeparationException>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let rows: Vec<ExceptionRow> = sqlx::query_as(
        "select id, rule_id, principal_id, reason, expires_at, created_by from governance.separation_exception \
         where tenant_id = $1 and rule_id = $2 and ($3::uuid is null or id > $3) order by id limit $4",
    )
    .bind(tenant)
    .bind(rule.uuid())
    .bind(after)
    .bind(i64::from(limit))
    .fetch_all(tx.conn())
    .await?;
    let exception = |row: ExceptionRow| SeparationException {
        id: Id::from_uuid(row.id),
        rule: Id::from_uuid(row.rule_id),
        principal: Id::from_uuid(row.principal_id),
        reason: row.reason,
        expires_at: row.expires_at,
        created_by: row.created_by,
    };
    Ok(rows.into_iter().map(exception).collect())
}

/// The exceptions that hold at this time: pairs of rule and principal.
pub(crate) async fn exceptions_at(
    tx: &mut dyn TenantConnection,
    now: DateTime<Utc>,
) -> Result<Vec<(RuleId, PrincipalId)>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let pairs: Vec<(Uuid, Uuid)> = sqlx::query_as(
        "select rule_id, principal_id from governance.separation_exception where tenant_id = $1 and expires_at > $2",
    )
    .bind(tenant)
    .bind(now)
    .fetch_all(tx.conn())
    .await?;
    Ok(pairs.into_iter().map(|(rule, principal)| (Id::from_uuid(rule), Id::from_uuid(principal))).collect())
}
