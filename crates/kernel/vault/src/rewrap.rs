//! Another master key: all data keys are wrapped anew. The values that they seal are not touched.

use athyper_kernel_db::{Database, SystemReason};
use athyper_kernel_types::TenantId;
use uuid::Uuid;

use crate::cipher::Wrapping;
use crate::{Vault, VaultError, store};

/// Data keys of one transaction.
const BATCH: i64 = 500;

/// What a rewrap did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rewrapped {
    /// Data keys that are wrapped by the present master key now and were not before.
    pub keys: u64,
}

impl Vault {
    /// Wraps every data key of every tenant by the present master key. May be repeated, and stopped at any point: keys
    /// wrapped by either master key can be used meanwhile, as long as the processes have both.
    ///
    /// # Errors
    /// [`VaultError::MasterKeyMissing`] when a data key is wrapped by a master key that is not configured; what was done
    /// before stays done.
    pub async fn rewrap(&self, database: &Database) -> Result<Rewrapped, VaultError> {
        let current = self.masters().current_id().to_owned();
        let mut done = Rewrapped::default();
        loop {
            let mut tx = database.system_tx(SystemReason::RewrapKeys).await?;
            let keys = store::lock_foreign(&mut tx, &current, BATCH).await?;
            if keys.is_empty() {
                return Ok(done);
            }
            let mut wrapped: Vec<(TenantId, Uuid, Vec<u8>)> = Vec::with_capacity(keys.len());
            for key in &keys {
                let wrapping = Wrapping { tenant: key.tenant(), key: key.id, subject: &key.subject };
                let bytes = self.masters().unwrap(&key.master_key_id, &wrapping, &key.wrapped)?;
                wrapped.push((key.tenant(), key.id, self.masters().wrap(&wrapping, &bytes)?));
            }
            store::rewrap(&mut tx, &current, &wrapped).await?;
            tx.commit().await?;
            done.keys += wrapped.len() as u64;
        }
    }
}
