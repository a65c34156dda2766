//! Table `banking.matching_rule`.

use athyper_kernel_db::{DbError, TenantConnection, TenantTx};
use athyper_kernel_types::Id;
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::model::bank_account::BankAccountId;
use crate::model::matching_rule::{Direction, MatchingRule, RuleBody, RuleId, RuleState};

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    name: String,
    priority: i32,
    account_id: Option<Uuid>,
    patterns: Value,
    counterparty: Option<String>,
    direction: Option<String>,
    least: Option<Decimal>,
    most: Option<Decimal>,
    ledger_account: String,
    tax_code: Option<String>,
    party: Option<Uuid>,
    dimensions: Value,
    state: String,
    version: i64,
    created_at: DateTime<Utc>,
    created_by: String,
}

impl TryFrom<Row> for MatchingRule {
    type Error = DbError;

    fn try_from(row: Row) -> Result<Self, DbError> {
        let corrupt = |what: &str| DbError::Corrupt(format!("{what} of matching rule {}", row.id));
        let direction = |word: &str| Direction::parse(word).ok_or_else(|| corrupt("direction"));
        Ok(Self {
            id: Id::from_uuid(row.id),
            state: RuleState::parse(&row.state).ok_or_else(|| corrupt("state"))?,
            rule: RuleBody {
                direction: row.direction.as_deref().map(direction).transpose()?,
                patterns: serde_json::from_value(row.patterns).map_err(|_| corrupt("patterns"))?,
                dimensions: serde_json::from_value(row.dimensions).map_err(|_| corrupt("dimensions"))?,
                name: row.name,
                priority: row.priority,
                account: row.account_id.map(Id::from_uuid),
                counterparty: row.counterparty,
                least: row.least.map(|amount| amount.normalize()),
                most: row.most.map(|amount| amount.normalize()),
                ledger_account: row.ledger_account,
                tax_code: row.tax_code,
                party: row.party,
            },
            created_at: row.created_at,
            created_by: row.created_by,
            version: row.version,
        })
    }
}

/// Writes a rule down, at version 1, or in place of what it said before, at its next version.
pub(crate) async fn put(
    tx: &mut TenantTx,
    id: RuleId,
    state: RuleState,
    says: &RuleBody,
) -> Result<(), DbError> {
    let (tenant, now, actor) = (tx.tenant_id().uuid(), tx.now(), tx.context().actor().id.clone());
    sqlx::query(
        "insert into banking.matching_rule (tenant_id, id, name, priority, account_id, patterns, counterparty, direction, least, most, \
         ledger_account, tax_code, party, dimensions, state, version, created_at, created_by) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, 1, $16, $17) \
         on conflict (tenant_id, id) do update set name = excluded.name, priority = excluded.priority, \
         account_id = excluded.account_id, patterns = excluded.patterns, counterparty = excluded.counterparty, \
         direction = excluded.direction, least = excluded.least, most = excluded.most, ledger_account = excluded.ledger_account, \
         tax_code = excluded.tax_code, party = excluded.party, dimensions = excluded.dimensions, state = excluded.state, \
         version = matching_rule.version + 1",
    )
    .bind(tenant)
    .bind(id.uuid())
    .bind(says.name.trim())
    .bind(says.priority)
    .bind(says.account.map(Id::uuid))
    .bind(json!(says.patterns))
    .bind(&says.counterparty)
    .bind(says.direction.map(Direction::as_str))
    .bind(says.least)
    .bind(says.most)
    .bind(says.ledger_account.trim())
    .bind(&says.tax_code)
    .bind(says.party)
    .bind(json!(says.dimensions))
    .bind(state.as_str())
    .bind(now)
    .bind(actor)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Removes a rule.
pub(crate) async fn delete(tx: &mut TenantTx, id: RuleId) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query("delete from banking.matching_rule where tenant_id = $1 and id = $2")
        .bind(tenant)
        .bind(id.uuid())
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// The rule with this id.
pub(crate) async fn find(
    tx: &mut impl TenantConnection,
    id: RuleId,
) -> Result<Option<MatchingRule>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let row: Option<Row> = sqlx::query_as(
        "select id, name, priority, account_id, patterns, counterparty, direction, least, most, ledger_account, tax_code, party, \
         dimensions, state, version, created_at, created_by from banking.matching_rule where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(id.uuid())
    .fetch_optional(tx.conn())
    .await?;
    row.map(MatchingRule::try_from).transpose()
}

/// The rule with this id, locked until the transaction ends.
pub(crate) async fn lock(tx: &mut TenantTx, id: RuleId) -> Result<Option<MatchingRule>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let row: Option<Row> = sqlx::query_as(
        "select id, name, priority, account_id, patterns, counterparty, direction, least, most, ledger_account, tax_code, party, \
         dimensions, state, version, created_at, created_by from banking.matching_rule where tenant_id = $1 and id = $2 for update",
    )
    .bind(tenant)
    .bind(id.uuid())
    .fetch_optional(tx.conn())
    .await?;
    row.map(MatchingRule::try_from).transpose()
}

/// The rules in force that may be of lines of an account, first to last.
pub(crate) async fn in_force(
    tx: &mut impl TenantConnection,
    account: BankAccountId,
) -> Result<Vec<MatchingRule>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let rows: Vec<Row> = sqlx::query_as(
        "select id, name, priority, account_id, patterns, counterparty, direction, least, most, ledger_account, tax_code, party, \
         dimensions, state, version, created_at, created_by from banking.matching_rule \
         where tenant_id = $1 and state = 'active' and (account_id is null or account_id = $2) order by priority, name, id limit 1000",
    )
    .bind(tenant)
    .bind(account.uuid())
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(MatchingRule::try_from).collect()
}
