//! What is asked when somebody's access is worked out: who they are, which groups they are in, and what the tenant trusts.

use athyper_kernel_db::{DbError, TenantConnection, TenantTx};
use athyper_kernel_types::Id;
use athyper_kernel_types::PrincipalId;
use uuid::Uuid;

/// How a caller stands in the tenant.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct Standing {
    /// The principal, where the tenant knows one.
    pub(crate) id: Option<Uuid>,
    /// Its status.
    pub(crate) status: Option<String>,
    /// Its organizational unit.
    pub(crate) org_unit_id: Option<Uuid>,
    /// Whether roles of tokens count.
    pub(crate) trusts_tokens: bool,
}

/// Finds out how a caller stands: by principal where that is known, else by the subject of a provider.
pub(crate) async fn standing(
    tx: &mut impl TenantConnection,
    principal: Option<PrincipalId>,
    provider: &str,
    subject: &str,
) -> Result<Standing, DbError> {
    let tenant = tx.tenant_id().uuid();
    Ok(sqlx::query_as(
        "select p.id, p.status, p.org_unit_id, \
         coalesce((select trust_token_roles from iam.tenant_profile where tenant_id = $1), true) as trusts_tokens \
         from (select $1::uuid as tenant_id) one left join iam.principal p on p.tenant_id = one.tenant_id \
         and p.id = coalesce($2::uuid, (select principal_id from iam.principal_link \
             where tenant_id = $1 and provider = $3 and subject = $4))",
    )
    .bind(tenant)
    .bind(principal.map(Id::uuid))
    .bind(provider)
    .bind(subject)
    .fetch_one(tx.conn())
    .await?)
}

/// The groups that a principal is in, through any number of others.
pub(crate) async fn groups_of(tx: &mut impl TenantConnection, principal: Uuid) -> Result<Vec<Uuid>, DbError> {
    Ok(memberships(tx, &[principal]).await?.into_iter().map(|(_, group)| group).collect())
}

/// The groups that principals are in, through any number of others: pairs of principal and group.
pub(crate) async fn memberships(
    tx: &mut impl TenantConnection,
    principals: &[Uuid],
) -> Result<Vec<(Uuid, Uuid)>, DbError> {
    let tenant = tx.tenant_id().uuid();
    Ok(sqlx::query_as(
        "with recursive inside (principal_id, group_id) as ( \
             select principal_id, group_id from iam.group_member \
             where tenant_id = $1 and principal_id = any($2) \
             union \
             select inside.principal_id, c.group_id from iam.group_child c join inside \
             on c.tenant_id = $1 and c.child_id = inside.group_id) \
         select principal_id, group_id from inside",
    )
    .bind(tenant)
    .bind(principals)
    .fetch_all(tx.conn())
    .await?)
}

/// Waits until nobody else changes who may do what in this tenant, and keeps others waiting until the transaction ends.
pub(crate) async fn lock(tx: &mut TenantTx) -> Result<(), DbError> {
    let key = format!("iam.access {}", tx.tenant_id());
    sqlx::query("select pg_advisory_xact_lock(hashtextextended($1, 0))").bind(key).execute(tx.conn()).await?;
    Ok(())
}

/// Whether roles of tokens count, and the version of that word; none where it was never said.
pub(crate) async fn profile(tx: &mut impl TenantConnection) -> Result<Option<(bool, i64)>, DbError> {
    let tenant = tx.tenant_id().uuid();
    Ok(sqlx::query_as("select trust_token_roles, version from iam.tenant_profile where tenant_id = $1")
        .bind(tenant)
        .fetch_optional(tx.conn())
        .await?)
}

/// Says whether roles of tokens count.
pub(crate) async fn set_profile(tx: &mut TenantTx, trusts: bool) -> Result<(), DbError> {
    let (tenant, now) = (tx.tenant_id().uuid(), tx.now());
    sqlx::query(
        "insert into iam.tenant_profile (tenant_id, trust_token_roles, version, updated_at) values ($1, $2, 2, $3) \
         on conflict (tenant_id) do update set trust_token_roles = excluded.trust_token_roles, \
         version = iam.tenant_profile.version + 1, updated_at = excluded.updated_at",
    )
    .bind(tenant)
    .bind(trusts)
    .bind(now)
    .execute(tx.conn())
    .await?;
    Ok(())
}
