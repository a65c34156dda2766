//! Table `finance.account`.

use std::collections::{BTreeSet, HashMap};

use athyper_kernel_db::{DbError, Rows, TenantConnection, TenantTx};
use athyper_kernel_types::{Currency, Id};
use chrono::NaiveDate;
use sqlx::postgres::PgRow;
use sqlx::types::Json;
use sqlx::{AssertSqlSafe, FromRow as _, Row as _};
use uuid::Uuid;

use crate::model::account::{Account, AccountCode, AccountId, AccountState, AccountType, AccountUse};
use crate::model::journal::Line;
use crate::store::bound;

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    code: String,
    name: String,
    #[sqlx(rename = "type")]
    kind: String,
    parent_id: Option<Uuid>,
    postable: bool,
    state: String,
    #[sqlx(rename = "use")]
    usage: String,
    currency: Option<String>,
    required_dimensions: Json<Vec<String>>,
    opened_on: Option<NaiveDate>,
    version: i64,
}

impl TryFrom<Row> for Account {
    type Error = DbError;

    fn try_from(row: Row) -> Result<Self, DbError> {
        let corrupt = |what: &str| DbError::Corrupt(format!("{what} of account {}", row.id));
        Ok(Self {
            id: Id::from_uuid(row.id),
            code: row.code.parse().map_err(|_| corrupt("code"))?,
            kind: AccountType::parse(&row.kind).ok_or_else(|| corrupt("type"))?,
            state: AccountState::parse(&row.state).ok_or_else(|| corrupt("state"))?,
            usage: AccountUse::parse(&row.usage).ok_or_else(|| corrupt("use"))?,
            currency: row
                .currency
                .as_deref()
                .map(Currency::parse)
                .transpose()
                .map_err(|_| corrupt("currency"))?,
            required_dimensions: row.required_dimensions.0,
            name: row.name,
            parent: row.parent_id.map(Id::from_uuid),
            postable: row.postable,
            opened_on: row.opened_on,
            version: row.version,
        })
    }
}

/// What is read of an account.
const COLUMNS: &str = "id, code, name, type, parent_id, postable, state, use, currency, required_dimensions, opened_on, version";

fn accounts(rows: Vec<Row>) -> Result<Vec<Account>, DbError> {
    rows.into_iter().map(Account::try_from).collect()
}

/// Waits until nobody else adds accounts to this tenant's chart, and keeps others waiting until the transaction ends.
pub(crate) async fn lock_chart(tx: &mut TenantTx) -> Result<(), DbError> {
    let key = format!("finance.chart {}", tx.tenant_id());
    sqlx::query("select pg_advisory_xact_lock(hashtextextended($1, 0))").bind(key).execute(tx.conn()).await?;
    Ok(())
}

/// Enters new accounts, at version 1. Parents may stand among them.
pub(crate) async fn insert(tx: &mut TenantTx, accounts: &[Account]) -> Result<(), DbError> {
    let (tenant, now, actor) = (tx.tenant_id().uuid(), tx.now(), tx.context().actor().id.clone());
    sqlx::query(
        "insert into finance.account (tenant_id, id, code, name, type, parent_id, postable, state, opened_on, use, \
         currency, required_dimensions, version, created_at, created_by) \
         select $1, new.id, new.code, new.name, new.type, new.parent_id, new.postable, new.state, new.opened_on, \
         new.use, new.currency, new.required_dimensions, 1, $2, $3 \
         from unnest($4::uuid[], $5::text[], $6::text[], $7::text[], $8::uuid[], $9::bool[], $10::text[], $11::date[], \
             $12::text[], $13::text[], $14::jsonb[]) \
         as new (id, code, name, type, parent_id, postable, state, opened_on, use, currency, required_dimensions)",
    )
    .bind(tenant)
    .bind(now)
    .bind(actor)
    .bind(accounts.iter().map(|account| account.id.uuid()).collect::<Vec<_>>())
    .bind(accounts.iter().map(|account| account.code.as_str()).collect::<Vec<_>>())
    .bind(accounts.iter().map(|account| account.name.as_str()).collect::<Vec<_>>())
    .bind(accounts.iter().map(|account| account.kind.as_str()).collect::<Vec<_>>())
    .bind(accounts.iter().map(|account| account.parent.map(Id::uuid)).collect::<Vec<_>>())
    .bind(accounts.iter().map(|account| account.postable).collect::<Vec<_>>())
    .bind(accounts.iter().map(|account| account.state.as_str()).collect::<Vec<_>>())
    .bind(accounts.iter().map(|account| account.opened_on).collect::<Vec<_>>())
    .bind(accounts.iter().map(|account| account.usage.as_str()).collect::<Vec<_>>())
    .bind(accounts.iter().map(|account| account.currency.map(Currency::code)).collect::<Vec<_>>())
    .bind(accounts.iter().map(|account| Json(&account.required_dimensions)).collect::<Vec<_>>())
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Stores what of an account may change, and gives it its next version.
pub(crate) async fn update(tx: &mut TenantTx, account: &Account) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query(
        "update finance.account set name = $3, postable = $4, state = $5, use = $6, currency = $7, \
         required_dimensions = $8, version = version + 1 where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(account.id.uuid())
    .bind(&account.name)
    .bind(account.postable)
    .bind(account.state.as_str())
    .bind(account.usage.as_str())
    .bind(account.currency.map(Currency::code))
    .bind(Json(&account.required_dimensions))
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The account with this id.
pub(crate) async fn find(tx: &mut impl TenantConnection, id: AccountId) -> Result<Option<Account>, DbError> {
    read(tx, id, "").await
}

/// The account with this id, locked against changes and against new lines until the transaction ends.
pub(crate) async fn lock(tx: &mut TenantTx, id: AccountId) -> Result<Option<Account>, DbError> {
    read(tx, id, "for update").await
}

async fn read(tx: &mut impl TenantConnection, id: AccountId, lock: &str) -> Result<Option<Account>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let statement = format!("select {COLUMNS} from finance.account where tenant_id = $1 and id = $2 {lock}");
    let query = sqlx::query_as(AssertSqlSafe(statement)).bind(tenant).bind(id.uuid());
    let row: Option<Row> = query.fetch_optional(tx.conn()).await?;
    row.map(Account::try_from).transpose()
}

/// The accounts with these codes, as far as they exist, held against [`lock`] until the transaction ends.
pub(crate) async fn hold_by_codes(
    tx: &mut TenantTx,
    codes: &[&AccountCode],
) -> Result<Vec<Account>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let rows: Vec<Row> = sqlx::query_as(
        "select id, code, name, type, parent_id, postable, state, use, currency, required_dimensions, opened_on, \
         version from finance.account where tenant_id = $1 and code = any($2) order by code for key share",
    )
    .bind(tenant)
    .bind(codes.iter().map(|code| code.as_str()).collect::<Vec<_>>())
    .fetch_all(tx.conn())
    .await?;
    accounts(rows)
}

/// The accounts with these ids, held against [`lock`] until the transaction ends.
pub(crate) async fn hold(
    tx: &mut TenantTx,
    ids: &BTreeSet<AccountId>,
) -> Result<HashMap<AccountId, Account>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let rows: Vec<Row> = sqlx::query_as(
        "select id, code, name, type, parent_id, postable, state, use, currency, required_dimensions, opened_on, \
         version from finance.account where tenant_id = $1 and id = any($2) order by id for key share",
    )
    .bind(tenant)
    .bind(ids.iter().copied().map(Id::uuid).collect::<Vec<_>>())
    .fetch_all(tx.conn())
    .await?;
    Ok(accounts(rows)?.into_iter().map(|account| (account.id, account)).collect())
}

/// What is read of an `account` beside what a line says of it, for [`beside`].
pub(crate) const BESIDE: &str = "account.name, account.type, account.parent_id, account.postable, account.state, account.use, \
     account.currency as account_currency, account.required_dimensions, account.opened_on, account.version";

/// The account of a line, of a row that has [`BESIDE`].
pub(crate) fn beside(row: &PgRow, line: &Line) -> Result<Account, DbError> {
    Row {
        id: line.account_id.uuid(),
        code: line.account.as_str().to_owned(),
        name: row.try_get("name")?,
        kind: row.try_get("type")?,
        parent_id: row.try_get("parent_id")?,
        postable: row.try_get("postable")?,
        state: row.try_get("state")?,
        usage: row.try_get("use")?,
        currency: row.try_get("account_currency")?,
        required_dimensions: row.try_get("required_dimensions")?,
        opened_on: row.try_get("opened_on")?,
        version: row.try_get("version")?,
    }
    .try_into()
}

/// Selects the accounts with the codes of this value, by code.
pub(super) fn with_codes_of(value: usize) -> String {
    format!(
        "select {COLUMNS} from finance.account where tenant_id = $1 and code = any(${value}) order by code"
    )
}

/// The accounts with these codes, as far as they exist.
pub(crate) async fn with_codes(
    tx: &mut (impl Rows + ?Sized),
    codes: &[&str],
) -> Result<Vec<Account>, DbError> {
    let values = bound(sqlx::query("").bind(tx.tenant().uuid()).bind(codes))?;
    tx.rows(with_codes_of(2), values).await?.iter().map(of_row).collect()
}

/// What is read of an account that stands by this name.
pub(super) fn columns_of(name: &str) -> String {
    COLUMNS.split(", ").map(|column| format!("{name}.{column}")).collect::<Vec<_>>().join(", ")
}

/// The account of a row that has all of it.
pub(super) fn of_row(row: &PgRow) -> Result<Account, DbError> {
    Row::from_row(row)?.try_into()
}

/// All accounts.
pub(crate) async fn all(tx: &mut (impl TenantConnection + ?Sized)) -> Result<Vec<Account>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let rows: Vec<Row> = sqlx::query_as(
        "select id, code, name, type, parent_id, postable, state, use, currency, required_dimensions, opened_on, \
         version from finance.account where tenant_id = $1 order by code",
    )
    .bind(tenant)
    .fetch_all(tx.conn())
    .await?;
    accounts(rows)
}

/// Whether any journal, a draft included, has a line on the account.
pub(crate) async fn has_lines(tx: &mut TenantTx, id: AccountId) -> Result<bool, DbError> {
    let tenant = tx.tenant_id().uuid();
    Ok(sqlx::query_scalar(
        "select exists (select 1 from finance.journal_line where tenant_id = $1 and account_id = $2)",
    )
    .bind(tenant)
    .bind(id.uuid())
    .fetch_one(tx.conn())
    .await?)
}
