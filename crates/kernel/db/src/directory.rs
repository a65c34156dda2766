//! The register of tenants: which id belongs to which pair of keys.

use std::collections::HashMap;
use std::sync::Arc;

use athyper_kernel_types::{Id, TenantId};
use uuid::Uuid;

use crate::{Database, DbError, SystemReason};

/// A tenant of the register.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TenantRecord {
    /// Id, the same for ever.
    pub id: TenantId,
    /// Key of the realm.
    pub realm_key: String,
    /// Key of the tenant, unique in its realm.
    pub tenant_key: String,
    /// Name for people.
    pub name: String,
}

/// The tenants that this process serves. Cheap to clone; fixed when the process starts.
#[derive(Clone, Debug, Default)]
pub struct TenantDirectory(Arc<HashMap<String, HashMap<String, TenantRecord>>>);

impl TenantDirectory {
    /// A directory of these tenants.
    pub fn new(records: Vec<TenantRecord>) -> Self {
        let mut realms: HashMap<String, HashMap<String, TenantRecord>> = HashMap::new();
        for record in records {
            realms.entry(record.realm_key.clone()).or_default().insert(record.tenant_key.clone(), record);
        }
        Self(Arc::new(realms))
    }

    /// The tenant with these keys.
    pub fn find(&self, realm_key: &str, tenant_key: &str) -> Option<&TenantRecord> {
        self.0.get(realm_key)?.get(tenant_key)
    }

    /// The tenant with this id.
    pub fn by_id(&self, id: TenantId) -> Option<&TenantRecord> {
        self.all().find(|record| record.id == id)
    }

    /// All tenants, in no order.
    pub fn all(&self) -> impl Iterator<Item = &TenantRecord> {
        self.0.values().flat_map(HashMap::values)
    }
}

/// Enters the configured tenants in the register, where they are not in it yet, and gives back all that the
/// configuration names. `wanted` is realm key, tenant key and name.
///
/// # Errors
/// When the database does not answer.
pub async fn register_tenants(
    database: &Database,
    wanted: &[(String, String, String)],
) -> Result<TenantDirectory, DbError> {
    let mut tx = database.system_tx(SystemReason::RegisterTenants).await?;
    let (now, clock) = (tx.now(), tx.clock().clone());
    let mut records = Vec::with_capacity(wanted.len());
    let mut entered = 0;
    for (realm_key, tenant_key, name) in wanted {
        entered += sqlx::query(
            "insert into platform.tenant (id, realm_key, tenant_key, name, created_at) \
             values ($1, $2, $3, $4, $5) on conflict on constraint tenant_keys_unique do nothing",
        )
        .bind(TenantId::new(&clock).uuid())
        .bind(realm_key)
        .bind(tenant_key)
        .bind(name)
        .bind(now)
        .execute(tx.conn())
        .await?
        .rows_affected();
        let id: Uuid =
            sqlx::query_scalar("select id from platform.tenant where realm_key = $1 and tenant_key = $2")
                .bind(realm_key)
                .bind(tenant_key)
                .fetch_one(tx.conn())
                .await?;
        records.push(TenantRecord {
            id: Id::from_uuid(id),
            realm_key: realm_key.clone(),
            tenant_key: tenant_key.clone(),
            name: name.clone(),
        });
    }
    if entered > 0 {
        tx.commit().await?;
    }
    Ok(TenantDirectory::new(records))
}
