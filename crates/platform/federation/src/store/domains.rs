//! Table `federation.domain`.

use athyper_kernel_db::{DbError, TenantConnection, TenantTx};
use athyper_kernel_types::Id;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::error::Error;
use crate::model::domain::{DomainId, DomainStatus, MailDomain, proof_url};

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    name: String,
    provider_id: Option<Uuid>,
    token: String,
    status: String,
    problem: Option<String>,
    checked_at: Option<DateTime<Utc>>,
    verified_at: Option<DateTime<Utc>>,
    version: i64,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl TryFrom<Row> for MailDomain {
    type Error = DbError;

    fn try_from(row: Row) -> Result<Self, DbError> {
        let corrupt = || DbError::Corrupt(format!("status of mail domain {}", row.id));
        Ok(Self {
            id: Id::from_uuid(row.id),
            status: DomainStatus::parse(&row.status).ok_or_else(corrupt)?,
            proof_url: proof_url(&row.name),
            name: row.name,
            provider: row.provider_id.map(Id::from_uuid),
            proof: row.token,
            problem: row.problem,
            checked_at: row.checked_at,
            verified_at: row.verified_at,
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}

/// How many domains the tenant has.
pub(crate) async fn count(tx: &mut impl TenantConnection) -> Result<i64, Error> {
    let tenant = tx.tenant_id().uuid();
    Ok(sqlx::query_scalar("select count(*) from federation.domain where tenant_id = $1")
        .bind(tenant)
        .fetch_one(tx.conn())
        .await?)
}

/// Enters a domain, at version 1.
pub(crate) async fn insert(tx: &mut TenantTx, new: &MailDomain) -> Result<(), Error> {
    let (tenant, actor) = (tx.tenant_id().uuid(), tx.context().actor().id.clone());
    sqlx::query(
        "insert into federation.domain (tenant_id, id, name, provider_id, token, status, version, created_at, \
         created_by, updated_at) values ($1, $2, $3, $4, $5, $6, 1, $7, $8, $7)",
    )
    .bind(tenant)
    .bind(new.id.uuid())
    .bind(&new.name)
    .bind(new.provider.map(Id::uuid))
    .bind(&new.proof)
    .bind(new.status.as_str())
    .bind(new.created_at)
    .bind(actor)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Stores where a domain leads to, and gives it its next version.
pub(crate) async fn update(tx: &mut TenantTx, changed: &MailDomain) -> Result<(), Error> {
    let (tenant, now) = (tx.tenant_id().uuid(), tx.now());
    sqlx::query(
        "update federation.domain set provider_id = $3, updated_at = $4, version = version + 1 \
         where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(changed.id.uuid())
    .bind(changed.provider.map(Id::uuid))
    .bind(now)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Stores what came of looking for the proof: verified where there is no problem. The domain gets its next version.
pub(crate) async fn note_check(tx: &mut TenantTx, id: DomainId, problem: Option<&str>) -> Result<(), Error> {
    let (tenant, now) = (tx.tenant_id().uuid(), tx.now());
    let status = if problem.is_none() { DomainStatus::Verified } else { DomainStatus::Pending };
    sqlx::query(
        "update federation.domain set status = $3, problem = $4, checked_at = $5, updated_at = $5, \
         verified_at = case when $3 = 'verified' then $5 end, version = version + 1 \
         where tenant_id = $1 and id = $2 and status = 'pending'",
    )
    .bind(tenant)
    .bind(id.uuid())
    .bind(status.as_str())
    .bind(problem)
    .bind(now)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Removes a domain.
pub(crate) async fn delete(tx: &mut TenantTx, id: DomainId) -> Result<(), Error> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query("delete from federation.domain where tenant_id = $1 and id = $2")
        .bind(tenant)
        .bind(id.uuid())
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// The domain with this id.
pub(crate) async fn find(
    tx: &mut impl TenantConnection,
    id: DomainId,
) -> Result<Option<MailDomain>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let row: Option<Row> = sqlx::query_as(
        "select id, name, provider_id, token, status, problem, checked_at, verified_at, version, created_at, updated_at \
         from federation.domain where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(id.uuid())
    .fetch_optional(tx.conn())
    .await?;
    row.map(MailDomain::try_from).transpose()
}

/// The domain with this id, locked against changes until the transaction ends.
pub(crate) async fn lock(tx: &mut TenantTx, id: DomainId) -> Result<Option<MailDomain>, DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query("select 1 from federation.domain where tenant_id = $1 and id = $2 for update")
        .bind(tenant)
        .bind(id.uuid())
        .execute(tx.conn())
        .await?;
    find(tx, id).await
}

/// At most `limit` domains whose name and id come after `after`, by name.
pub(crate) async fn list(
    tx: &mut impl TenantConnection,
    after: Option<&(String, Uuid)>,
    limit: u32,
) -> Result<Vec<MailDomain>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let rows: Vec<Row> = sqlx::query_as(
        "select id, name, provider_id, token, status, problem, checked_at, verified_at, version, created_at, updated_at \
         from federation.domain where tenant_id = $1 and ($2::text is null or (name, id) > ($2, $3)) \
         order by name, id limit $4",
    )
    .bind(tenant)
    .bind(after.map(|(name, _)| name))
    .bind(after.map(|(_, id)| id))
    .bind(i64::from(limit))
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(MailDomain::try_from).collect()
}
