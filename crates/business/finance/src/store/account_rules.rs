//! Table `finance.account_rule`.

use std::collections::BTreeMap;

use athyper_kernel_db::{DbError, TenantConnection, TenantTx};
use athyper_kernel_ledger::RoleRule;
use athyper_kernel_types::Id;
use sqlx::types::Json;
use uuid::Uuid;

use crate::model::account::AccountId;
use crate::model::account_rule::{AccountRule, RuleBody, RuleId};
use crate::model::legal_entity::EntityId;

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    role: String,
    entity_id: Option<Uuid>,
    facts: Json<BTreeMap<String, String>>,
    account_id: Uuid,
}

/// The rules for these roles that may hold in a legal entity.
pub(crate) async fn of_roles(
    tx: &mut (impl TenantConnection + ?Sized),
    entity: EntityId,
    roles: &[&str],
) -> Result<Vec<AccountRule>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let rows: Vec<Row> = sqlx::query_as(
        "select id, role, entity_id, facts, account_id from finance.account_rule \
         where tenant_id = $1 and role = any($2) and (entity_id is null or entity_id = $3) order by role, id",
    )
    .bind(tenant)
    .bind(roles)
    .bind(entity.uuid())
    .fetch_all(tx.conn())
    .await?;
    let rule = |row: Row| AccountRule {
        id: row.id,
        role: row.role,
        is_of_entity: row.entity_id.is_some(),
        facts: row.facts.0,
        account: Id::from_uuid(row.account_id),
    };
    Ok(rows.into_iter().map(rule).collect())
}

/// A rule to enter.
#[derive(Clone, Debug)]
pub(crate) struct NewRule<'r> {
    /// Its id.
    pub(crate) id: RuleId,
    /// The part.
    pub(crate) role: &'r str,
    /// The legal entity that it holds in.
    pub(crate) entity: Option<EntityId>,
    /// What has to be known of a line.
    pub(crate) facts: &'r BTreeMap<String, String>,
    /// The account.
    pub(crate) account: AccountId,
}

/// Enters a rule, unless there is one that asks for the same. Says whether it was entered.
pub(crate) async fn insert(tx: &mut TenantTx, rule: &NewRule<'_>) -> Result<bool, DbError> {
    let (tenant, now, actor) = (tx.tenant_id().uuid(), tx.now(), tx.context().actor().id.clone());
    let inserted = sqlx::query(
        "insert into finance.account_rule (tenant_id, id, role, entity_id, facts, account_id, version, created_at, \
         created_by) values ($1, $2, $3, $4, $5, $6, 1, $7, $8) \
         on conflict on constraint account_rule_once do nothing",
    )
    .bind(tenant)
    .bind(rule.id.uuid())
    .bind(rule.role)
    .bind(rule.entity.map(Id::uuid))
    .bind(Json(rule.facts))
    .bind(rule.account.uuid())
    .bind(now)
    .bind(actor)
    .execute(tx.conn())
    .await?;
    Ok(inserted.rows_affected() == 1)
}

/// Deletes a rule. Says whether it was there.
pub(crate) async fn delete(tx: &mut TenantTx, id: RuleId) -> Result<bool, DbError> {
    let tenant = tx.tenant_id().uuid();
    let deleted = sqlx::query("delete from finance.account_rule where tenant_id = $1 and id = $2")
        .bind(tenant)
        .bind(id.uuid())
        .execute(tx.conn())
        .await?;
    Ok(deleted.rows_affected() == 1)
}

#[derive(sqlx::FromRow)]
struct BodyRow {
    id: Uuid,
    role: String,
    entity: Option<String>,
    facts: Json<BTreeMap<String, String>>,
    account: String,
    version: i64,
}

/// The rule with this id.
pub(crate) async fn find(
    tx: &mut (impl TenantConnection + ?Sized),
    id: RuleId,
) -> Result<Option<RuleBody>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let row: Option<BodyRow> = sqlx::query_as(
        "select rule.id, rule.role, entity.code as entity, rule.facts, account.code as account, rule.version \
         from finance.account_rule rule \
         join finance.account account on account.tenant_id = rule.tenant_id and account.id = rule.account_id \
         left join finance.legal_entity entity on entity.tenant_id = rule.tenant_id and entity.id = rule.entity_id \
         where rule.tenant_id = $1 and rule.id = $2",
    )
    .bind(tenant)
    .bind(id.uuid())
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|row| RuleBody {
        id: Id::from_uuid(row.id),
        role: row.role,
        entity: row.entity,
        facts: row.facts.0,
        account: row.account,
        version: row.version,
    }))
}

/// Role, legal entity, conditions and account of a rule.
type StoredRule = (String, Option<String>, Json<BTreeMap<String, String>>, String);

/// All rules of the tenant.
pub(crate) async fn all(tx: &mut (impl TenantConnection + ?Sized)) -> Result<Vec<RoleRule>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let rows: Vec<StoredRule> = sqlx::query_as(
        "select rule.role, entity.code, rule.facts, account.code from finance.account_rule rule \
         join finance.account account on account.tenant_id = rule.tenant_id and account.id = rule.account_id \
         left join finance.legal_entity entity on entity.tenant_id = rule.tenant_id and entity.id = rule.entity_id \
         where rule.tenant_id = $1 order by rule.role, rule.id",
    )
    .bind(tenant)
    .fetch_all(tx.conn())
    .await?;
    let rule = |(role, entity, facts, account): (_, _, Json<_>, _)| RoleRule {
        role,
        entity,
        facts: facts.0,
        account,
    };
    Ok(rows.into_iter().map(rule).collect())
}
