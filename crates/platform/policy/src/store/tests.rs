//! Table `policy.test_case`.

use athyper_kernel_db::{DbError, TenantConnection, TenantTx};
use athyper_kernel_types::Id;
use chrono::{DateTime, Utc};
use sqlx::types::Json;
use uuid::Uuid;

use crate::model::policy::PolicyId;
use crate::model::test_case::{StoredTest, TestCase, TestId};

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    name: String,
    test: Json<TestCase>,
    created_at: DateTime<Utc>,
    created_by: String,
}

impl From<Row> for StoredTest {
    fn from(row: Row) -> Self {
        Self {
            id: Id::from_uuid(row.id),
            name: row.name,
            test: row.test.0,
            created_at: row.created_at,
            created_by: row.created_by,
        }
    }
}

/// How many tests a policy has.
pub(crate) async fn count(tx: &mut TenantTx, policy: PolicyId) -> Result<i64, DbError> {
    let tenant = tx.tenant_id().uuid();
    Ok(sqlx::query_scalar("select count(*) from policy.test_case where tenant_id = $1 and policy_id = $2")
        .bind(tenant)
        .bind(policy.uuid())
        .fetch_one(tx.conn())
        .await?)
}

/// Enters a test.
pub(crate) async fn insert(tx: &mut TenantTx, policy: PolicyId, test: &StoredTest) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query(
        "insert into policy.test_case (tenant_id, policy_id, id, name, test, created_at, created_by) \
         values ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(tenant)
    .bind(policy.uuid())
    .bind(test.id.uuid())
    .bind(&test.name)
    .bind(Json(&test.test))
    .bind(test.created_at)
    .bind(&test.created_by)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Removes a test of a policy. Gives back whether there was one.
pub(crate) async fn delete(tx: &mut TenantTx, policy: PolicyId, id: TestId) -> Result<bool, DbError> {
    let tenant = tx.tenant_id().uuid();
    let gone =
        sqlx::query("delete from policy.test_case where tenant_id = $1 and policy_id = $2 and id = $3")
            .bind(tenant)
            .bind(policy.uuid())
            .bind(id.uuid())
            .execute(tx.conn())
            .await?;
    Ok(gone.rows_affected() > 0)
}

/// All tests of a policy, oldest first.
pub(crate) async fn all(
    tx: &mut impl TenantConnection,
    policy: PolicyId,
) -> Result<Vec<StoredTest>, DbError> {
    list(tx, policy, None, u32::MAX).await
}

/// At most `limit` tests of a policy whose id comes after `after`, by id.
pub(crate) async fn list(
    tx: &mut impl TenantConnection,
    policy: PolicyId,
    after: Option<Uuid>,
    limit: u32,
) -> Result<Vec<StoredTest>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let rows: Vec<Row> = sqlx::query_as(
        "select id, name, test, created_at, created_by from policy.test_case \
         where tenant_id = $1 and policy_id = $2 and ($3::uuid is null or id > $3) order by id limit $4",
    )
    .bind(tenant)
    .bind(policy.uuid())
    .bind(after)
    .bind(i64::from(limit))
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(StoredTest::from).collect())
}
