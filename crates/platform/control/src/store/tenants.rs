//! Table `platform.tenant`, the kernel's register: read as everybody may, changed while crossing tenants.

use athyper_kernel_config::TenantConfig;
use athyper_kernel_db::{Crossing, DbError, TenantConnection, TenantStatus};
use athyper_kernel_types::{Id, TenantId};
use chrono::{DateTime, Utc};
use sqlx::types::Json;
use uuid::Uuid;

use crate::model::tenant::{Origin, Tenant};

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    realm_key: String,
    tenant_key: String,
    name: String,
    status: String,
    origin: String,
    settings: Json<TenantConfig>,
    created_at: DateTime<Utc>,
    version: i64,
}

impl TryFrom<Row> for Tenant {
    type Error = DbError;

    fn try_from(row: Row) -> Result<Self, DbError> {
        let corrupt = |what: &str| DbError::Corrupt(format!("{what} of tenant {}", row.id));
        Ok(Self {
            id: Id::from_uuid(row.id),
            status: TenantStatus::parse(&row.status).ok_or_else(|| corrupt("status"))?,
            origin: Origin::parse(&row.origin).ok_or_else(|| corrupt("origin"))?,
            realm_key: row.realm_key,
            tenant_key: row.tenant_key,
            name: row.name,
            settings: row.settings.0,
            created_at: row.created_at,
            version: row.version,
        })
    }
}

/// Which tenants.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    /// Only of this realm.
    pub(crate) realm_key: Option<String>,
    /// Only those that stand so.
    pub(crate) status: Option<TenantStatus>,
    /// Only those whose key begins so.
    pub(crate) key_prefix: Option<String>,
}

/// Enters a new tenant; false when its realm has one of the key already.
pub(crate) async fn insert(crossing: &mut Crossing<'_>, tenant: &Tenant) -> Result<bool, DbError> {
    let inserted = sqlx::query(
        "insert into platform.tenant (id, realm_key, tenant_key, name, status, origin, settings, version, \
           created_at, updated_at) values ($1, $2, $3, $4, $5, 'api', $6, $7, $8, $8) \
         on conflict on constraint tenant_keys_unique do nothing",
    )
    .bind(tenant.id.uuid())
    .bind(&tenant.realm_key)
    .bind(&tenant.tenant_key)
    .bind(&tenant.name)
    .bind(tenant.status.as_str())
    .bind(Json(&tenant.settings))
    .bind(tenant.version)
    .bind(tenant.created_at)
    .execute(crossing.conn())
    .await?;
    Ok(inserted.rows_affected() == 1)
}

/// Stores name, status and settings of a tenant, and its next version.
pub(crate) async fn update(crossing: &mut Crossing<'_>, tenant: &Tenant) -> Result<(), DbError> {
    let now = crossing.now();
    sqlx::query(
        "update platform.tenant set name = $2, status = $3, settings = $4, version = $5, updated_at = $6 \
         where id = $1",
    )
    .bind(tenant.id.uuid())
    .bind(&tenant.name)
    .bind(tenant.status.as_str())
    .bind(Json(&tenant.settings))
    .bind(tenant.version)
    .bind(now)
    .execute(crossing.conn())
    .await?;
    Ok(())
}

/// The tenant with this id, locked until the transaction ends.
pub(crate) async fn lock(crossing: &mut Crossing<'_>, id: TenantId) -> Result<Option<Tenant>, DbError> {
    let row: Option<Row> = sqlx::query_as(
        "select id, realm_key, tenant_key, name, status, origin, settings, created_at, version \
         from platform.tenant where id = $1 for update",
    )
    .bind(id.uuid())
    .fetch_optional(crossing.conn())
    .await?;
    row.map(Tenant::try_from).transpose()
}

/// The tenant with this id.
pub(crate) async fn find(tx: &mut impl TenantConnection, id: TenantId) -> Result<Option<Tenant>, DbError> {
    let row: Option<Row> = sqlx::query_as(
        "select id, realm_key, tenant_key, name, status, origin, settings, created_at, version \
         from platform.tenant where id = $1",
    )
    .bind(id.uuid())
    .fetch_optional(tx.conn())
    .await?;
    row.map(Tenant::try_from).transpose()
}

/// At most `limit` tenants after this pair of keys, by realm and key.
pub(crate) async fn list(
    tx: &mut impl TenantConnection,
    filter: &Filter,
    after: Option<&(String, String)>,
    limit: u32,
) -> Result<Vec<Tenant>, DbError> {
    let (after_realm, after_key) = after.map_or(("", ""), |(realm, key)| (realm, key));
    let rows: Vec<Row> = sqlx::query_as(
        "select id, realm_key, tenant_key, name, status, origin, settings, created_at, version \
         from platform.tenant \
         where (realm_key, tenant_key) > ($1, $2) and ($3::text is null or realm_key = $3) \
           and ($4::text is null or status = $4) and ($5::text is null or starts_with(tenant_key, $5)) \
         order by realm_key, tenant_key limit $6",
    )
    .bind(after_realm)
    .bind(after_key)
    .bind(&filter.realm_key)
    .bind(filter.status.map(TenantStatus::as_str))
    .bind(&filter.key_prefix)
    .bind(i64::from(limit))
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(Tenant::try_from).collect()
}

/// How many tenants of each realm stand how: realm key, status and number.
pub(crate) async fn counts(tx: &mut impl TenantConnection) -> Result<Vec<(String, String, i64)>, DbError> {
    let query = "select realm_key, status, count(*) from platform.tenant group by realm_key, status";
    Ok(sqlx::query_as(query).fetch_all(tx.conn()).await?)
}
