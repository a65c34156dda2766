//! Persons by the names that they sign in by.

use athyper_kernel_db::{DbError, TenantTx};
use athyper_kernel_types::{PrincipalId, TenantId};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::people::PersonRecord;

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    user_name: String,
    email: Option<String>,
    is_active: bool,
    is_name: bool,
}

impl From<Row> for PersonRecord {
    fn from(row: Row) -> Self {
        Self {
            id: PrincipalId::from_uuid(row.id),
            user_name: row.user_name,
            email: row.email,
            is_active: row.is_active,
        }
    }
}

/// The person of this name, else the only one with this mail address. Case does not count.
pub(crate) async fn by_login(
    conn: &mut PgConnection,
    tenant: TenantId,
    login: &str,
) -> Result<Option<PersonRecord>, DbError> {
    let mut rows: Vec<Row> = sqlx::query_as(
        "select p.id, p.user_name, (select c.value from iam.principal_contact c where c.tenant_id = p.tenant_id \
             and c.principal_id = p.id and c.kind = 'email' order by c.is_primary desc, c.position limit 1) as email, \
         p.status = 'active' as is_active, lower(p.user_name) = lower($2) as is_name \
         from iam.principal p where p.tenant_id = $1 and p.kind = 'user' and p.status <> 'deprovisioned' \
         and (lower(p.user_name) = lower($2) or exists (select 1 from iam.principal_contact m \
             where m.tenant_id = p.tenant_id and m.principal_id = p.id and m.kind = 'email' \
             and lower(m.value) = lower($2))) \
         order by is_name desc limit 2",
    )
    .bind(tenant.uuid())
    .bind(login)
    .fetch_all(conn)
    .await?;
    // An address that two have says nothing of who it is.
    let is_clear = rows.len() == 1 || rows.first().is_some_and(|row| row.is_name);
    Ok(is_clear.then(|| rows.swap_remove(0).into()))
}

/// The person with this id.
pub(crate) async fn by_id(
    conn: &mut PgConnection,
    tenant: TenantId,
    id: PrincipalId,
) -> Result<Option<PersonRecord>, DbError> {
    let row: Option<Row> = sqlx::query_as(
        "select p.id, p.user_name, (select c.value from iam.principal_contact c where c.tenant_id = p.tenant_id \
             and c.principal_id = p.id and c.kind = 'email' order by c.is_primary desc, c.position limit 1) as email, \
         p.status = 'active' as is_active, true as is_name \
         from iam.principal p \
         where p.tenant_id = $1 and p.id = $2 and p.kind = 'user' and p.status <> 'deprovisioned'",
    )
    .bind(tenant.uuid())
    .bind(id.uuid())
    .fetch_optional(conn)
    .await?;
    Ok(row.map(PersonRecord::from))
}

/// The id and the subjects of the only principal that has this id, or this subject with some provider.
pub(crate) async fn names(tx: &mut TenantTx, name: &str) -> Result<Vec<String>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let id: Option<Uuid> = name.parse().ok();
    Ok(sqlx::query_scalar(
        "with found as ( \
             select id from iam.principal where tenant_id = $1 and id = $2 \
             union select principal_id from iam.principal_link where tenant_id = $1 and subject = $3), \
         one as (select id from found where (select count(*) from found) = 1) \
         select one.id::text from one \
         union select l.subject from iam.principal_link l join one on l.tenant_id = $1 and l.principal_id = one.id",
    )
    .bind(tenant)
    .bind(id)
    .bind(name)
    .fetch_all(tx.conn())
    .await?)
}
