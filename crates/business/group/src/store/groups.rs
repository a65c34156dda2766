//! Tables `group_books.consolidation_group` and `group_books.average_rate`.

use athyper_kernel_db::{DbError, TenantConnection, TenantTx};
use athyper_kernel_types::{Currency, Id};
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use sqlx::types::Json;
use uuid::Uuid;

use crate::model::group::{Definition, Group, GroupId};

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    code: String,
    name: String,
    definition: Json<Definition>,
    version: i64,
    created_at: DateTime<Utc>,
    created_by: String,
}

impl From<Row> for Group {
    fn from(row: Row) -> Self {
        Self {
            id: Id::from_uuid(row.id),
            code: row.code,
            name: row.name,
            definition: row.definition.0,
            created_at: row.created_at,
            created_by: row.created_by,
            version: row.version,
        }
    }
}

/// Enters a group, unless there is one with its code. Says whether it was entered.
pub(crate) async fn insert(tx: &mut TenantTx, group: &Group) -> Result<bool, DbError> {
    let tenant = tx.tenant_id().uuid();
    let inserted = sqlx::query(
        "insert into group_books.consolidation_group (tenant_id, id, code, name, parent, currency, definition, version, created_at, \
         created_by) values ($1, $2, $3, $4, $5, $6, $7, 1, $8, $9) on conflict (tenant_id, code) do nothing",
    )
    .bind(tenant)
    .bind(group.id.uuid())
    .bind(&group.code)
    .bind(&group.name)
    .bind(&group.definition.parent)
    .bind(group.definition.currency.code())
    .bind(Json(&group.definition))
    .bind(group.created_at)
    .bind(&group.created_by)
    .execute(tx.conn())
    .await?;
    Ok(inserted.rows_affected() == 1)
}

/// Stores what of a group changes, and gives it its next version.
pub(crate) async fn update(tx: &mut TenantTx, group: &Group) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query(
        "update group_books.consolidation_group set name = $3, parent = $4, currency = $5, definition = $6, version = version + 1 \
         where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(group.id.uuid())
    .bind(&group.name)
    .bind(&group.definition.parent)
    .bind(group.definition.currency.code())
    .bind(Json(&group.definition))
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The group with this id.
pub(crate) async fn find(
    tx: &mut (impl TenantConnection + ?Sized),
    id: GroupId,
) -> Result<Option<Group>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let row: Option<Row> = sqlx::query_as(
        "select id, code, name, definition, version, created_at, created_by from group_books.consolidation_group \
         where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(id.uuid())
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(Group::from))
}

/// The group with this id, locked until the transaction ends.
pub(crate) async fn lock(tx: &mut TenantTx, id: GroupId) -> Result<Option<Group>, DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query(
        "select 1 from group_books.consolidation_group where tenant_id = $1 and id = $2 for no key update",
    )
    .bind(tenant)
    .bind(id.uuid())
    .execute(tx.conn())
    .await?;
    find(tx, id).await
}

/// The average rate that is recorded for exactly these days: units of the presentation currency for one of the other.
pub(crate) async fn average_rate(
    tx: &mut (impl TenantConnection + ?Sized),
    (currency, presentation): (Currency, Currency),
    (first, last): (NaiveDate, NaiveDate),
) -> Result<Option<Decimal>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let rate: Option<Decimal> = sqlx::query_scalar(
        "select rate from group_books.average_rate where tenant_id = $1 and currency = $2 and presentation_currency = $3 \
         and first_day = $4 and last_day = $5 and deleted_at is null",
    )
    .bind(tenant)
    .bind(currency.code())
    .bind(presentation.code())
    .bind(first)
    .bind(last)
    .fetch_optional(tx.conn())
    .await?;
    Ok(rate.map(|rate| rate.normalize()))
}
