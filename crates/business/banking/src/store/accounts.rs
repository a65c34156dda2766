//! Table `banking.bank_account`.

use athyper_kernel_db::{DbError, TenantConnection, TenantTx};
use athyper_kernel_types::{Currency, Id};
use chrono::{DateTime, NaiveDate, Utc};
use serde_json::Value;
use uuid::Uuid;

use crate::model::bank_account::{BankAccount, BankAccountId, BankAccountState, letters};
use athyper_kernel_bank_files::payments::PainVersion;

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    name: String,
    holder: String,
    iban: Option<String>,
    number: Option<String>,
    bic: Option<String>,
    currency: String,
    entity: String,
    ledger_account: String,
    csv: Option<Value>,
    payment_format: String,
    signed_off_until: Option<NaiveDate>,
    state: String,
    version: i64,
    created_at: DateTime<Utc>,
    created_by: String,
}

impl TryFrom<Row> for BankAccount {
    type Error = DbError;

    fn try_from(row: Row) -> Result<Self, DbError> {
        let corrupt = |what: &str| DbError::Corrupt(format!("{what} of bank account {}", row.id));
        Ok(Self {
            id: Id::from_uuid(row.id),
            currency: Currency::parse(&row.currency).map_err(|_| corrupt("currency"))?,
            csv: row.csv.map(serde_json::from_value).transpose().map_err(|_| corrupt("csv"))?,
            payment_format: PainVersion::parse(&row.payment_format)
                .ok_or_else(|| corrupt("payment format"))?,
            state: BankAccountState::parse(&row.state).ok_or_else(|| corrupt("state"))?,
            name: row.name,
            holder: row.holder,
            iban: row.iban,
            number: row.number,
            bic: row.bic,
            entity: row.entity,
            ledger_account: row.ledger_account,
            signed_off_until: row.signed_off_until,
            version: row.version,
            created_at: row.created_at,
            created_by: row.created_by,
        })
    }
}

/// Enters an account, at version 1.
pub(crate) async fn insert(tx: &mut TenantTx, account: &BankAccount) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query(
        "insert into banking.bank_account (tenant_id, id, name, holder, iban, number, identifier, bic, currency, entity, \
         ledger_account, csv, payment_format, state, version, created_at, created_by) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, 1, $15, $16)",
    )
    .bind(tenant)
    .bind(account.id.uuid())
    .bind(&account.name)
    .bind(&account.holder)
    .bind(&account.iban)
    .bind(&account.number)
    .bind(letters(account.identifier()))
    .bind(&account.bic)
    .bind(account.currency.code())
    .bind(&account.entity)
    .bind(&account.ledger_account)
    .bind(account.csv.as_ref().map(|csv| serde_json::json!(csv)))
    .bind(account.payment_format.as_str())
    .bind(account.state.as_str())
    .bind(account.created_at)
    .bind(&account.created_by)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Stores what may change of an account, and gives it its next version.
pub(crate) async fn update(tx: &mut TenantTx, account: &BankAccount) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query(
        "update banking.bank_account set name = $3, holder = $4, bic = $5, ledger_account = $6, csv = $7, payment_format = $8, \
         state = $9, version = version + 1 where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(account.id.uuid())
    .bind(&account.name)
    .bind(&account.holder)
    .bind(&account.bic)
    .bind(&account.ledger_account)
    .bind(account.csv.as_ref().map(|csv| serde_json::json!(csv)))
    .bind(account.payment_format.as_str())
    .bind(account.state.as_str())
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Says up to which day an account is signed off.
pub(crate) async fn sign_off(tx: &mut TenantTx, id: BankAccountId, until: NaiveDate) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query(
        "update banking.bank_account set signed_off_until = $3, version = version + 1 where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(id.uuid())
    .bind(until)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The account with this id.
pub(crate) async fn find(
    tx: &mut impl TenantConnection,
    id: BankAccountId,
) -> Result<Option<BankAccount>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let row: Option<Row> = sqlx::query_as(
        "select id, name, holder, iban, number, bic, currency, entity, ledger_account, csv, payment_format, signed_off_until, state, \
         version, created_at, created_by from banking.bank_account where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(id.uuid())
    .fetch_optional(tx.conn())
    .await?;
    row.map(BankAccount::try_from).transpose()
}

/// The account with this id, locked until the transaction ends: what is done with its lines is done one after the other.
pub(crate) async fn lock(tx: &mut TenantTx, id: BankAccountId) -> Result<Option<BankAccount>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let row: Option<Row> = sqlx::query_as(
        "select id, name, holder, iban, number, bic, currency, entity, ledger_account, csv, payment_format, signed_off_until, state, \
         version, created_at, created_by from banking.bank_account where tenant_id = $1 and id = $2 for update",
    )
    .bind(tenant)
    .bind(id.uuid())
    .fetch_optional(tx.conn())
    .await?;
    row.map(BankAccount::try_from).transpose()
}

/// The active accounts of a legal entity, by name.
pub(crate) async fn active_of(
    tx: &mut impl TenantConnection,
    entity: &str,
) -> Result<Vec<BankAccount>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let rows: Vec<Row> = sqlx::query_as(
        "select id, name, holder, iban, number, bic, currency, entity, ledger_account, csv, payment_format, signed_off_until, state, \
         version, created_at, created_by from banking.bank_account \
         where tenant_id = $1 and entity = $2 and state = 'active' order by name, id",
    )
    .bind(tenant)
    .bind(entity)
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(BankAccount::try_from).collect()
}
