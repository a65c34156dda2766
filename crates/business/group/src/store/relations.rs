//! Table `group_books.relation`.

use athyper_kernel_db::{DbError, TenantConnection, TenantTx};
use athyper_kernel_types::Id;
use chrono::NaiveDate;
use uuid::Uuid;

use crate::model::relation::{Relation, RelationId, Side};

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    a_entity: String,
    a_due_from: String,
    a_due_to: String,
    a_income: Option<String>,
    a_expense: Option<String>,
    a_party: Option<Uuid>,
    b_entity: String,
    b_due_from: String,
    b_due_to: String,
    b_income: Option<String>,
    b_expense: Option<String>,
    b_party: Option<Uuid>,
    valid_from: NaiveDate,
    valid_to: Option<NaiveDate>,
    version: i64,
}

impl From<Row> for Relation {
    fn from(row: Row) -> Self {
        Self {
            id: Id::from_uuid(row.id),
            a: Side {
                entity: row.a_entity,
                due_from: row.a_due_from,
                due_to: row.a_due_to,
                income: row.a_income,
                expense: row.a_expense,
                party: row.a_party,
            },
            b: Side {
                entity: row.b_entity,
                due_from: row.b_due_from,
                due_to: row.b_due_to,
                income: row.b_income,
                expense: row.b_expense,
                party: row.b_party,
            },
            valid_from: row.valid_from,
            valid_to: row.valid_to,
            version: row.version,
        }
    }
}

/// Enters a relation.
pub(crate) async fn insert(tx: &mut TenantTx, relation: &Relation) -> Result<(), DbError> {
    let (tenant, now, actor) = (tx.tenant_id().uuid(), tx.now(), tx.context().actor().id.clone());
    sqlx::query(
        "insert into group_books.relation (tenant_id, id, a_entity, a_due_from, a_due_to, a_income, a_expense, b_entity, \
         b_due_from, b_due_to, b_income, b_expense, valid_from, valid_to, version, created_at, created_by, \
         a_party, b_party) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, 1, $15, $16, $17, $18)",
    )
    .bind(tenant)
    .bind(relation.id.uuid())
    .bind(&relation.a.entity)
    .bind(&relation.a.due_from)
    .bind(&relation.a.due_to)
    .bind(&relation.a.income)
    .bind(&relation.a.expense)
    .bind(&relation.b.entity)
    .bind(&relation.b.due_from)
    .bind(&relation.b.due_to)
    .bind(&relation.b.income)
    .bind(&relation.b.expense)
    .bind(relation.valid_from)
    .bind(relation.valid_to)
    .bind(now)
    .bind(actor)
    .bind(relation.a.party)
    .bind(relation.b.party)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Stores the last day of a relation, and gives it its next version.
pub(crate) async fn set_end(tx: &mut TenantTx, id: RelationId, last: NaiveDate) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query(
        "update group_books.relation set valid_to = $3, version = version + 1 where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(id.uuid())
    .bind(last)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// All relations that one of these legal entities has, those that ended too; all of the tenant where none is named.
pub(crate) async fn of_entities(
    tx: &mut (impl TenantConnection + ?Sized),
    entities: &[String],
) -> Result<Vec<Relation>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let rows: Vec<Row> = sqlx::query_as(
        "select id, a_entity, a_due_from, a_due_to, a_income, a_expense, b_entity, b_due_from, b_due_to, b_income, b_expense, \
         a_party, b_party, valid_from, valid_to, version from group_books.relation \
         where tenant_id = $1 and (a_entity = any($2) or b_entity = any($2) or $2 = '{}') order by a_entity, b_entity, valid_from",
    )
    .bind(tenant)
    .bind(entities)
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(Relation::from).collect())
}

/// The relation of a pair on a day.
pub(crate) async fn of_pair(
    tx: &mut (impl TenantConnection + ?Sized),
    (one, other): (&str, &str),
    date: NaiveDate,
) -> Result<Option<Relation>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let row: Option<Row> = sqlx::query_as(
        "select id, a_entity, a_due_from, a_due_to, a_income, a_expense, b_entity, b_due_from, b_due_to, b_income, b_expense, \
         a_party, b_party, valid_from, valid_to, version from group_books.relation \
         where tenant_id = $1 and a_entity = least($2 collate \"C\", $3 collate \"C\") and b_entity = greatest($2 collate \"C\", $3 collate \"C\") \
         and valid_from <= $4 and coalesce(valid_to, $4) >= $4",
    )
    .bind(tenant)
    .bind(one)
    .bind(other)
    .bind(date)
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(Relation::from))
}

/// The relation with this id, locked until the transaction ends.
pub(crate) async fn lock(tx: &mut TenantTx, id: RelationId) -> Result<Option<Relation>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let row: Option<Row> = sqlx::query_as(
        "select id, a_entity, a_due_from, a_due_to, a_income, a_expense, b_entity, b_due_from, b_due_to, b_income, b_expense, \
         a_party, b_party, valid_from, valid_to, version from group_books.relation where tenant_id = $1 and id = $2 for no key update",
    )
    .bind(tenant)
    .bind(id.uuid())
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(Relation::from))
}
