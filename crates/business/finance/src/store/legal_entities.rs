//! Tables `finance.legal_entity` and `finance.book`.

use athyper_kernel_db::{DbError, Rows, TenantConnection, TenantTx};
use athyper_kernel_ledger::Book;
use athyper_kernel_types::{Currency, Id};
use rust_decimal::Decimal;
use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, FromRow as _, Row as _};
use uuid::Uuid;

use crate::model::legal_entity::{EntityId, LegalEntity};
use crate::store::bound;

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    code: String,
    name: String,
    base_currency: String,
    fiscal_year_start: i16,
    rounding_limit: Decimal,
    version: i64,
}

impl TryFrom<Row> for LegalEntity {
    type Error = DbError;

    fn try_from(row: Row) -> Result<Self, DbError> {
        let corrupt = |what: &str| DbError::Corrupt(format!("{what} of legal entity {}", row.id));
        let base_currency = Currency::parse(&row.base_currency).map_err(|_| corrupt("base currency"))?;
        let mut rounding_limit = row.rounding_limit;
        rounding_limit.rescale(base_currency.minor_units());
        Ok(Self {
            id: Id::from_uuid(row.id),
            base_currency,
            fiscal_year_start: u8::try_from(row.fiscal_year_start).map_err(|_| corrupt("fiscal year"))?,
            rounding_limit,
            code: row.code,
            name: row.name,
            version: row.version,
        })
    }
}

/// Enters a legal entity, unless there is one with its code. Says whether it was entered.
pub(crate) async fn insert(tx: &mut TenantTx, entity: &LegalEntity) -> Result<bool, DbError> {
    let (tenant, now, actor) = (tx.tenant_id().uuid(), tx.now(), tx.context().actor().id.clone());
    let inserted = sqlx::query(
        "insert into finance.legal_entity (tenant_id, id, code, name, base_currency, fiscal_year_start, \
         rounding_limit, version, created_at, created_by) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) \
         on conflict (tenant_id, code) do nothing",
    )
    .bind(tenant)
    .bind(entity.id.uuid())
    .bind(&entity.code)
    .bind(&entity.name)
    .bind(entity.base_currency.code())
    .bind(i16::from(entity.fiscal_year_start))
    .bind(entity.rounding_limit)
    .bind(entity.version)
    .bind(now)
    .bind(actor)
    .execute(tx.conn())
    .await?;
    Ok(inserted.rows_affected() == 1)
}

/// Stores name and rounding limit of a legal entity, and gives it its next version.
pub(crate) async fn update(tx: &mut TenantTx, entity: &LegalEntity) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query(
        "update finance.legal_entity set name = $3, rounding_limit = $4, version = version + 1 \
         where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(entity.id.uuid())
    .bind(&entity.name)
    .bind(entity.rounding_limit)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The legal entity with this id.
pub(crate) async fn find(
    tx: &mut (impl TenantConnection + ?Sized),
    id: EntityId,
) -> Result<Option<LegalEntity>, DbError> {
    read(tx, id, "").await
}

/// The legal entity with this id, locked until the transaction ends.
pub(crate) async fn lock(tx: &mut TenantTx, id: EntityId) -> Result<Option<LegalEntity>, DbError> {
    read(tx, id, "for update").await
}

async fn read(
    tx: &mut (impl TenantConnection + ?Sized),
    id: EntityId,
    lock: &str,
) -> Result<Option<LegalEntity>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let statement = format!(
        "select id, code, name, base_currency, fiscal_year_start, rounding_limit, version \
         from finance.legal_entity where tenant_id = $1 and id = $2 {lock}"
    );
    let query = sqlx::query_as(AssertSqlSafe(statement)).bind(tenant).bind(id.uuid());
    let row: Option<Row> = query.fetch_optional(tx.conn()).await?;
    row.map(LegalEntity::try_from).transpose()
}

/// Selects the legal entity with this code; without one the first two of the tenant, the one called `main` before all others.
pub(super) const WITH_CODE: &str = "select id, code, name, base_currency, fiscal_year_start, rounding_limit, version \
     from finance.legal_entity where tenant_id = $1 and ($2::text is null or code = $2) \
     order by code <> 'main', code limit 2";

/// What that finds.
pub(crate) async fn with_code(
    tx: &mut (impl Rows + ?Sized),
    code: Option<&str>,
) -> Result<Vec<LegalEntity>, DbError> {
    let values = bound(sqlx::query("").bind(tx.tenant().uuid()).bind(code))?;
    let rows = tx.rows(WITH_CODE.to_owned(), values).await?;
    rows.iter().map(|row| Row::from_row(row)?.try_into()).collect()
}

/// What is read of a legal entity `whose` beside something else, for [`beside`].
pub(super) const BESIDE: &str = "whose.id as whose_id, whose.code as whose_code, whose.name as whose_name, whose.base_currency, \
     whose.fiscal_year_start, whose.rounding_limit, whose.version as whose_version";

/// The legal entity of a row that has [`BESIDE`].
pub(super) fn beside(row: &PgRow) -> Result<LegalEntity, DbError> {
    Row {
        id: row.try_get("whose_id")?,
        code: row.try_get("whose_code")?,
        name: row.try_get("whose_name")?,
        base_currency: row.try_get("base_currency")?,
        fiscal_year_start: row.try_get("fiscal_year_start")?,
        rounding_limit: row.try_get("rounding_limit")?,
        version: row.try_get("whose_version")?,
    }
    .try_into()
}

/// The pattern of the numbers of a book, if the legal entity has one of its own.
pub(crate) async fn pattern(
    tx: &mut (impl TenantConnection + ?Sized),
    entity: EntityId,
    book: Book,
) -> Result<Option<String>, DbError> {
    let tenant = tx.tenant_id().uuid();
    Ok(sqlx::query_scalar(
        "select pattern from finance.book where tenant_id = $1 and entity_id = $2 and kind = $3",
    )
    .bind(tenant)
    .bind(entity.uuid())
    .bind(book.as_str())
    .fetch_optional(tx.conn())
    .await?)
}

/// Gives the numbers of a book a pattern.
pub(crate) async fn set_pattern(
    tx: &mut TenantTx,
    entity: EntityId,
    book: Book,
    pattern: &str,
) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query(
        "insert into finance.book (tenant_id, entity_id, kind, pattern) values ($1, $2, $3, $4) \
         on conflict (tenant_id, entity_id, kind) do update set pattern = excluded.pattern",
    )
    .bind(tenant)
    .bind(entity.uuid())
    .bind(book.as_str())
    .bind(pattern)
    .execute(tx.conn())
    .await?;
    Ok(())
}
