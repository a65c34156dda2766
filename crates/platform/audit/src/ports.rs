//! What this service needs of others.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use athyper_kernel_db::{DbError, TenantTx};
use athyper_kernel_types::TenantId;
use bytes::Bytes;

/// What became of an object that was put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PutOutcome {
    /// It is stored.
    Stored,
    /// There was one of that key already, and it stays.
    Existed,
}

/// The store did not do what was asked.
#[derive(Debug, thiserror::Error)]
#[error("checkpoints cannot be kept or read now: {0}")]
pub struct CheckpointStoreError(#[source] pub Box<dyn std::error::Error + Send + Sync>);

/// Keeps checkpoints where whoever holds the database does not reach. The object storage implements it.
#[async_trait]
pub trait CheckpointStore: Send + Sync {
    /// Stores an object of a tenant, unless there is one of that key.
    ///
    /// # Errors
    /// When the store does not answer or refuses.
    async fn put(
        &self,
        tenant: TenantId,
        key: &str,
        content: Bytes,
    ) -> Result<PutOutcome, CheckpointStoreError>;

    /// Reads an object of a tenant; none where there is none.
    ///
    /// # Errors
    /// When the store does not answer or refuses.
    async fn get(&self, tenant: TenantId, key: &str) -> Result<Option<Bytes>, CheckpointStoreError>;

    /// A page of the keys that begin with `prefix`, in their order, and the token of the next page.
    ///
    /// # Errors
    /// When the store does not answer or refuses.
    async fn list(
        &self,
        tenant: TenantId,
        prefix: &str,
        after: Option<String>,
    ) -> Result<(Vec<String>, Option<String>), CheckpointStoreError>;
}

/// Knows by which names the trail knows a person. The domain that keeps the persons implements it.
#[async_trait]
pub trait Persons: Send + Sync {
    /// All names of the person that this one is of, itself among them.
    ///
    /// # Errors
    /// When the database does not answer.
    async fn names(&self, tx: &mut TenantTx, name: &str) -> Result<Vec<String>, DbError>;
}

impl fmt::Debug for dyn Persons {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Persons")
    }
}

/// Knows each person by one name; for a trail that is tested by itself.
#[derive(Clone, Copy, Debug)]
pub struct OneName;

#[async_trait]
impl Persons for OneName {
    async fn names(&self, _tx: &mut TenantTx, name: &str) -> Result<Vec<String>, DbError> {
        Ok(vec![name.to_owned()])
    }
}

/// Keeps objects in memory; for tests that look at them. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct MemoryCheckpoints(Arc<Mutex<BTreeMap<(TenantId, String), Bytes>>>);

impl MemoryCheckpoints {
    /// Lets somebody look at the objects, and change them.
    pub fn with<T>(&self, look: impl FnOnce(&mut BTreeMap<(TenantId, String), Bytes>) -> T) -> T {
        look(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[async_trait]
impl CheckpointStore for MemoryCheckpoints {
    async fn put(
        &self,
        tenant: TenantId,
        key: &str,
        content: Bytes,
    ) -> Result<PutOutcome, CheckpointStoreError> {
        Ok(self.with(|objects| {
            let key = (tenant, key.to_owned());
            if objects.contains_key(&key) {
                return PutOutcome::Existed;
            }
            objects.insert(key, content);
            PutOutcome::Stored
        }))
    }

    async fn get(&self, tenant: TenantId, key: &str) -> Result<Option<Bytes>, CheckpointStoreError> {
        Ok(self.with(|objects| objects.get(&(tenant, key.to_owned())).cloned()))
    }

    async fn list(
        &self,
        tenant: TenantId,
        prefix: &str,
        after: Option<String>,
    ) -> Result<(Vec<String>, Option<String>), CheckpointStoreError> {
        /// Keys of a page: few, so that a test meets several.
        const PAGE: usize = 3;
        let keys: Vec<String> = self.with(|objects| {
            let own = objects.keys().filter(|(owner, key)| *owner == tenant && key.starts_with(prefix));
            let behind =
                own.map(|(_, key)| key.clone()).filter(|key| after.as_ref().is_none_or(|after| key > after));
            behind.take(PAGE + 1).collect()
        });
        let next = (keys.len() > PAGE).then(|| keys.get(PAGE - 1).cloned()).flatten();
        Ok((keys.into_iter().take(PAGE).collect(), next))
    }
}
