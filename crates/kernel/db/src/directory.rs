//! The register of tenants: which id belongs to which pair of keys, and how the tenant stands.

use std::collections::HashMap;
use std::sync::Arc;

use athyper_kernel_config::{FreeJson, IamConfig, TenantConfig};
use athyper_kernel_tenant_context::TenantSettings;
use athyper_kernel_types::{Id, PLATFORM_TENANT, TenantId};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::types::Json;
use uuid::Uuid;

use crate::{Crossing, Database, DbError, FreshCache, SystemReason, SystemTx, announce_for};

/// Topic of changes of the register: keys are ids, and pairs of realm and tenant key.
const TENANT_TOPIC: &str = "tenant";

/// Tenants that a process keeps in memory.
const KEPT: u64 = 20_000;

/// How a tenant stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TenantStatus {
    /// It is served.
    Active,
    /// It is refused, for a while: nobody signs in, no job runs, nothing is lost.
    Suspended,
    /// It is treated as unknown; its records are kept.
    Archived,
}

impl TenantStatus {
    /// The word stored for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Archived => "archived",
        }
    }

    /// The status with this stored word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Active, Self::Suspended, Self::Archived].into_iter().find(|status| status.as_str() == word)
    }
}

/// A tenant of the register.
#[derive(Clone, Debug)]
pub struct TenantRecord {
    /// Id, the same for ever.
    pub id: TenantId,
    /// Key of the realm.
    pub realm_key: String,
    /// Key of the tenant, unique in its realm.
    pub tenant_key: String,
    /// Name for people.
    pub name: String,
    /// How it stands.
    pub status: TenantStatus,
    /// Defaults and organisations.
    pub settings: Arc<TenantSettings>,
}

/// The tenants that this process serves, looked up when they are asked for. Cheap to clone.
///
/// A tenant that the configuration once named and no longer does is not among them.
#[derive(Clone, Debug)]
pub struct TenantDirectory(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    database: Database,
    /// Defaults of the realms, by key.
    realms: HashMap<String, FreeJson>,
    /// Those of the configuration, by realm and key.
    configured: HashMap<(String, String), Arc<TenantConfig>>,
    cache: FreshCache<Option<Arc<TenantRecord>>>,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    realm_key: String,
    tenant_key: String,
    name: String,
    status: String,
    origin: String,
    settings: Json<TenantConfig>,
}

impl TenantDirectory {
    /// The register in this database, with the settings of the tenants that the configuration names.
    pub fn new(database: &Database, iam: &IamConfig) -> Self {
        let configured = iam.realms.iter().flat_map(|(realm_key, realm)| {
            let tenants = realm.tenants.iter();
            tenants.map(move |(key, tenant)| ((realm_key.clone(), key.clone()), Arc::new(tenant.clone())))
        });
        let realms = iam.realms.iter().map(|(key, realm)| (key.clone(), realm.defaults.clone()));
        Self(Arc::new(Inner {
            realms: realms.collect(),
            database: database.clone(),
            configured: configured.collect(),
            cache: FreshCache::new(database, TENANT_TOPIC, KEPT),
        }))
    }

    /// The tenant with these keys.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn find(
        &self,
        realm_key: &str,
        tenant_key: &str,
    ) -> Result<Option<Arc<TenantRecord>>, DbError> {
        let load = || async {
            let row = sqlx::query_as::<_, Row>(
                "select id, realm_key, tenant_key, name, status, origin, settings from platform.tenant \
                 where realm_key = $1 and tenant_key = $2",
            );
            let mut tx = self.0.database.register_tx().await?;
            let row = row.bind(realm_key).bind(tenant_key).fetch_optional(tx.conn()).await?;
            tx.rollback().await?;
            self.record(row)
        };
        self.0.cache.get(PLATFORM_TENANT, &keys(realm_key, tenant_key), load).await
    }

    /// The tenant with this id.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn by_id(&self, id: TenantId) -> Result<Option<Arc<TenantRecord>>, DbError> {
        let load = || async {
            let row = sqlx::query_as::<_, Row>(
                "select id, realm_key, tenant_key, name, status, origin, settings from platform.tenant \
                 where id = $1",
            );
            let mut tx = self.0.database.register_tx().await?;
            let row = row.bind(id.uuid()).fetch_optional(tx.conn()).await?;
            tx.rollback().await?;
            self.record(row)
        };
        self.0.cache.get(PLATFORM_TENANT, &id.to_string(), load).await
    }

    /// The next active tenants after this id, in the order of ids, at most `count`; and the last id that was looked at,
    /// nothing at the end.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn active_after(
        &self,
        after: TenantId,
        count: u16,
    ) -> Result<(Vec<Arc<TenantRecord>>, Option<TenantId>), DbError> {
        let rows = sqlx::query_as::<_, Row>(
            "select id, realm_key, tenant_key, name, status, origin, settings from platform.tenant \
             where id > $1 order by id limit $2",
        );
        let mut tx = self.0.database.register_tx().await?;
        let rows = rows.bind(after.uuid()).bind(i64::from(count)).fetch_all(tx.conn()).await?;
        tx.rollback().await?;
        let last = rows.last().map(|row| Id::from_uuid(row.id));
        let records: Vec<_> = rows.into_iter().map(|row| self.record(Some(row))).collect::<Result<_, _>>()?;
        let active = |record: &Arc<TenantRecord>| record.status == TenantStatus::Active;
        Ok((records.into_iter().flatten().filter(active).collect(), last))
    }

    /// The record of a row, unless only the configuration could speak for it and does not.
    fn record(&self, row: Option<Row>) -> Result<Option<Arc<TenantRecord>>, DbError> {
        let Some(row) = row else { return Ok(None) };
        let status = TenantStatus::parse(&row.status)
            .ok_or_else(|| DbError::Corrupt(format!("tenant {} has the status {}", row.id, row.status)))?;
        let at = (row.realm_key, row.tenant_key);
        let settings = match self.0.configured.get(&at) {
            Some(settings) => Arc::clone(settings),
            None if row.origin == "config" => return Ok(None),
            None => Arc::new(row.settings.0),
        };
        let (realm_key, tenant_key) = at;
        // A realm that the configuration does not name any more serves nobody.
        let nothing = FreeJson::default();
        let realm = self.0.realms.get(&realm_key).unwrap_or(&nothing);
        let settings = Arc::new(TenantSettings::new(realm, settings));
        let id = Id::from_uuid(row.id);
        Ok(Some(Arc::new(TenantRecord { id, realm_key, tenant_key, name: row.name, status, settings })))
    }
}

/// The key of a change for a pair of keys, neither of which can hold a slash.
fn keys(realm_key: &str, tenant_key: &str) -> String {
    format!("{realm_key}/{tenant_key}")
}

/// Tells every process that the tenant was made or has changed.
///
/// # Errors
/// When the database does not answer.
pub async fn announce_tenant(
    tx: &mut SystemTx,
    id: TenantId,
    realm_key: &str,
    tenant_key: &str,
) -> Result<(), DbError> {
    for key in keys_of_tenant(id, realm_key, tenant_key) {
        announce_for(tx, PLATFORM_TENANT, TENANT_TOPIC, &key).await?;
    }
    Ok(())
}

impl Crossing<'_> {
    /// As [`announce_tenant`], within a tenant's transaction.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn announce_tenant(
        &mut self,
        id: TenantId,
        realm_key: &str,
        tenant_key: &str,
    ) -> Result<(), DbError> {
        for key in keys_of_tenant(id, realm_key, tenant_key) {
            self.announce(PLATFORM_TENANT, TENANT_TOPIC, &key).await?;
        }
        Ok(())
    }
}

/// The keys under which processes keep a tenant.
fn keys_of_tenant(id: TenantId, realm_key: &str, tenant_key: &str) -> [String; 2] {
    [keys(realm_key, tenant_key), id.to_string()]
}

/// Whether a change says that some tenant was made or has changed.
pub fn is_of_tenant(change: &crate::Change) -> bool {
    change.tenant_id == PLATFORM_TENANT && &*change.topic == TENANT_TOPIC
}

/// Enters the configured tenants in the register, where they are not in it yet. A tenant that was made while the platform
/// ran and that the configuration now names belongs to the configuration from then on.
///
/// # Errors
/// When the database does not answer.
pub async fn register_tenants(database: &Database, iam: &IamConfig) -> Result<TenantDirectory, DbError> {
    let mut tx = database.system_tx(SystemReason::RegisterTenants).await?;
    let entered = enter(&mut tx, iam).await?;
    for (id, realm_key, tenant_key) in &entered {
        announce_tenant(&mut tx, Id::from_uuid(*id), realm_key, tenant_key).await?;
    }
    if !entered.is_empty() {
        tx.commit().await?;
    }
    Ok(TenantDirectory::new(database, iam))
}

async fn enter(tx: &mut SystemTx, iam: &IamConfig) -> Result<Vec<(Uuid, String, String)>, DbError> {
    let (now, clock): (DateTime<Utc>, _) = (tx.now(), tx.clock().clone());
    let (mut ids, mut realm_keys, mut tenant_keys, mut names) = (vec![], vec![], vec![], vec![]);
    for (realm_key, realm) in &iam.realms {
        for (tenant_key, tenant) in &realm.tenants {
            ids.push(TenantId::new(&clock).uuid());
            realm_keys.push(&**realm_key);
            tenant_keys.push(&**tenant_key);
            names.push(tenant.name.as_deref().unwrap_or(tenant_key));
        }
    }
    Ok(sqlx::query_as(
        "insert into platform.tenant as present (id, realm_key, tenant_key, name, created_at, updated_at, origin) \
         select wanted.id, wanted.realm_key, wanted.tenant_key, wanted.name, $5, $5, 'config' \
         from unnest($1::uuid[], $2::text[], $3::text[], $4::text[]) as wanted(id, realm_key, tenant_key, name) \
         order by wanted.realm_key, wanted.tenant_key \
         on conflict on constraint tenant_keys_unique do update \
           set name = excluded.name, origin = 'config', updated_at = excluded.updated_at, \
             version = present.version + 1 \
           where (present.name, present.origin) is distinct from (excluded.name, 'config') \
         returning present.id, present.realm_key, present.tenant_key",
    )
    .bind(ids)
    .bind(realm_keys)
    .bind(tenant_keys)
    .bind(names)
    .bind(now)
    .fetch_all(tx.conn())
    .await?)
}

#[cfg(test)]
mod tests {
    use athyper_kernel_config::RealmConfig;
    use athyper_kernel_types::Clock;
    use serde_json::json;
    use sqlx::postgres::PgPoolOptions;

    use super::*;

    fn row(realm_key: &str, currency: &str) -> Row {
        let settings = json!({"defaults": {"currency": currency}});
        Row {
            id: Uuid::nil(),
            realm_key: realm_key.to_owned(),
            tenant_key: "tenant".to_owned(),
            name: String::new(),
            status: "active".to_owned(),
            origin: "register".to_owned(),
            settings: Json(serde_json::from_value(settings).unwrap()),
        }
    }

    #[tokio::test]
    async fn a_tenant_has_the_defaults_of_its_realm_and_of_the_row_that_was_read_last() {
        let pool = PgPoolOptions::new().connect_lazy("postgres://nobody@localhost/nowhere").unwrap();
        let realm = |key: &str| {
            let defaults = FreeJson::from(json!({"locale": key}));
            (key.to_owned(), RealmConfig { defaults, ..RealmConfig::default() })
        };
        let iam = IamConfig { realms: [realm("one"), realm("two")].into(), ..IamConfig::default() };
        let directory = TenantDirectory::new(&Database::new(pool, Clock::system()), &iam);
        let defaults = |realm_key, currency| {
            let record = directory.record(Some(row(realm_key, currency))).unwrap().unwrap();
            json!(record.settings.defaults().values)
        };
        assert_eq!(defaults("one", "EUR"), json!({"locale": "one", "currency": "EUR"}));
        assert_eq!(defaults("two", "USD"), json!({"locale": "two", "currency": "USD"}));
        assert_eq!(defaults("one", "CHF"), json!({"locale": "one", "currency": "CHF"}));
        assert_eq!(defaults("gone", "EUR"), json!({"currency": "EUR"}));
    }
}
