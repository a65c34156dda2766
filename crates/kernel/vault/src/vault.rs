//! The vault: seals, opens, rotates and destroys.

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use athyper_kernel_db::{TenantConnection, TenantTx};
use athyper_kernel_types::{Clock, Id, TenantId};
use aws_lc_rs::rand;
use secrecy::SecretSlice;
use secrecy::zeroize::Zeroizing;
use uuid::Uuid;

use crate::cache::{DataKey, KeyCache};
use crate::cipher::{self, CipherKey, Context, KEY_LEN, Wrapping};
use crate::store::{self, NewKey, Row};
use crate::{MasterKeys, Sealed, Subject, VaultError};

/// How many values a key seals. SP 800-38D, section 8.3, allows 2^32 with random nonces; the margin covers counts that
/// were rolled back with their transaction or not taken because another transaction was counting.
const MAX_SEALS: u32 = 1 << 28;

/// One value of so many is counted in the database, for all of them. Which one is left to chance, so that no process has to
/// remember how many it has sealed.
const COUNT_STEP: u32 = 4_096;

/// Marker of the ids of data keys.
enum KeyMarker {}

/// Seals and opens values at rest. Cheap to clone; one for each process.
#[derive(Clone)]
pub struct Vault(Arc<Inner>);

struct Inner {
    masters: MasterKeys,
    cache: KeyCache,
    count_step: u32,
    max_seals: u32,
}

impl Vault {
    /// A vault under these master keys.
    pub fn new(masters: MasterKeys) -> Self {
        Self::with_limits(masters, COUNT_STEP, MAX_SEALS)
    }

    /// A vault whose keys end sooner than they have to: one value of `count_step` is counted, and a key is replaced once
    /// it has sealed `max_seals`.
    #[must_use]
    pub fn with_limits(masters: MasterKeys, count_step: u32, max_seals: u32) -> Self {
        let (count_step, max_seals) = (count_step.clamp(1, COUNT_STEP), max_seals.clamp(1, MAX_SEALS));
        Self(Arc::new(Inner { masters, cache: KeyCache::default(), count_step, max_seals }))
    }

    /// Lets go of the keys of a tenant that this process holds.
    pub(crate) fn forget(&self, tenant: TenantId) {
        self.0.cache.forget(tenant, None);
    }

    /// The master keys.
    pub(crate) fn masters(&self) -> &MasterKeys {
        &self.0.masters
    }

    /// Seals a value of the tenant. `purpose` says what it is for, such as `accounts.totp`, and `record` of which row it
    /// is: it opens with both again and with no other.
    ///
    /// # Errors
    /// [`VaultError::Shredded`] when the tenant's keys were destroyed; otherwise when the database or the cryptographic
    /// library fails, or the value is too long.
    pub async fn seal(
        &self,
        tx: &mut TenantTx,
        purpose: &str,
        record: &str,
        plaintext: &[u8],
    ) -> Result<Sealed, VaultError> {
        self.seal_for(tx, &Subject::TENANT, purpose, record, plaintext).await
    }

    /// As [`seal`](Self::seal), with the key of a subject, which can be destroyed alone.
    ///
    /// # Errors
    /// As [`seal`](Self::seal); [`VaultError::Shredded`] also when the subject's keys were destroyed.
    pub async fn seal_for(
        &self,
        tx: &mut TenantTx,
        subject: &Subject,
        purpose: &str,
        record: &str,
        plaintext: &[u8],
    ) -> Result<Sealed, VaultError> {
        let key = self.active(tx, subject).await?;
        let context = Context { tenant: tx.tenant_id(), purpose, record };
        let sealed = cipher::seal(&key.cipher, key.id, &context, plaintext)?;
        if self.is_counted(&sealed)? {
            self.count(tx, &key).await?;
        }
        Ok(sealed)
    }

    /// Opens a value.
    ///
    /// # Errors
    /// [`VaultError::Shredded`] when its key was destroyed; [`VaultError::Unreadable`] when it was changed or belongs to
    /// another tenant, purpose or record; [`VaultError::MasterKeyMissing`] when an operator forgot a former master key.
    pub async fn open(
        &self,
        tx: &mut impl TenantConnection,
        purpose: &str,
        record: &str,
        sealed: &Sealed,
    ) -> Result<SecretSlice<u8>, VaultError> {
        let key = self.find(tx, sealed).await?;
        let context = Context { tenant: tx.tenant_id(), purpose, record };
        cipher::open(&key.cipher, &context, sealed)
    }

    /// Seals a value anew that a former key sealed; nothing when the present key did.
    ///
    /// # Errors
    /// As [`open`](Self::open) and [`seal_for`](Self::seal_for).
    pub async fn reseal(
        &self,
        tx: &mut TenantTx,
        purpose: &str,
        record: &str,
        sealed: &Sealed,
    ) -> Result<Option<Sealed>, VaultError> {
        let key = self.find(tx, sealed).await?;
        if key.is_active {
            return Ok(None);
        }
        let value = self.open(tx, purpose, record, sealed).await?;
        let plaintext = secrecy::ExposeSecret::expose_secret(&value);
        Ok(Some(self.seal_for(tx, &key.subject, purpose, record, plaintext).await?))
    }

    /// Gives a subject a new key. What the former one sealed stays readable.
    ///
    /// # Errors
    /// [`VaultError::Shredded`] when the subject's keys were destroyed; otherwise when the database fails.
    pub async fn rotate(&self, tx: &mut TenantTx, subject: &Subject) -> Result<(), VaultError> {
        if store::is_shredded(tx, subject).await? {
            return Err(VaultError::Shredded);
        }
        store::retire(tx, subject).await?;
        self.0.cache.forget(tx.tenant_id(), Some(subject));
        self.make(tx, subject).await?;
        Ok(())
    }

    /// Destroys the keys of a subject for ever: what they sealed can be read by nobody any more, and nothing is sealed for
    /// the subject again. For [`Subject::TENANT`] the keys of all its persons go too. Gives how many keys were destroyed.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn shred(&self, tx: &mut TenantTx, subject: &Subject) -> Result<u64, VaultError> {
        let one = Some(subject).filter(|subject| **subject != Subject::TENANT);
        let shredded = store::shred(tx, one).await?;
        let tombstone = new_id(tx.clock());
        store::bury(tx, subject, tombstone).await?;
        self.0.cache.forget(tx.tenant_id(), one);
        Ok(shredded)
    }

    /// The key that seals for a subject; made if there is none.
    async fn active(&self, tx: &mut TenantTx, subject: &Subject) -> Result<Arc<DataKey>, VaultError> {
        if let Some(key) = self.0.cache.active(tx.tenant_id(), subject) {
            return Ok(key);
        }
        let asked_at = Instant::now();
        if let Some(row) = store::active(tx, subject).await? {
            return self.take(tx.tenant_id(), row, asked_at);
        }
        if store::is_shredded(tx, subject).await? {
            return Err(VaultError::Shredded);
        }
        self.make(tx, subject).await
    }

    /// Makes the active key of a subject, in this transaction: it is not kept here, because the transaction may be rolled
    /// back, and whoever used it then would have sealed with a key that never was.
    async fn make(&self, tx: &mut TenantTx, subject: &Subject) -> Result<Arc<DataKey>, VaultError> {
        let id = new_id(tx.clock());
        let mut bytes = Zeroizing::new([0; KEY_LEN]);
        rand::fill(&mut *bytes).map_err(|_| VaultError::Crypto("making a key"))?;
        let wrapping = Wrapping { tenant: tx.tenant_id(), key: id, subject };
        let wrapped = self.masters().wrap(&wrapping, &*bytes)?;
        let new = NewKey { id, subject, wrapped: &wrapped, master_key_id: self.masters().current_id() };
        if store::insert(tx, &new).await? {
            let cipher = CipherKey::new(&*bytes)?;
            return Ok(Arc::new(DataKey { id, subject: subject.clone(), cipher, is_active: true }));
        }
        // Another transaction was first, and has ended.
        let asked_at = Instant::now();
        let row = store::active(tx, subject).await?.ok_or(VaultError::Shredded)?;
        self.take(tx.tenant_id(), row, asked_at)
    }

    /// The key that a value names.
    async fn find(
        &self,
        tx: &mut impl TenantConnection,
        sealed: &Sealed,
    ) -> Result<Arc<DataKey>, VaultError> {
        let (id, _, _) = sealed.split()?;
        if let Some(key) = self.0.cache.find(tx.tenant_id(), id) {
            return Ok(key);
        }
        let asked_at = Instant::now();
        let row = store::find(tx, id).await?.ok_or(VaultError::Unreadable)?;
        self.take(tx.tenant_id(), row, asked_at)
    }

    /// Unwraps a stored key, and keeps it when it is settled.
    fn take(&self, tenant: TenantId, row: Row, asked_at: Instant) -> Result<Arc<DataKey>, VaultError> {
        let (Some(wrapped), Some(master)) = (row.wrapped, row.master_key_id) else {
            return Err(VaultError::Shredded);
        };
        let wrapping = Wrapping { tenant, key: row.id, subject: &row.subject };
        let bytes = self.masters().unwrap(&master, &wrapping, &wrapped)?;
        let cipher = CipherKey::new(&bytes)?;
        let key = Arc::new(DataKey { id: row.id, subject: row.subject, cipher, is_active: row.is_active });
        if row.is_settled {
            self.0.cache.put(tenant, Arc::clone(&key), asked_at);
        }
        Ok(key)
    }

    /// Whether this value stands for `count_step` values. Its nonce is random, so that one of so many does.
    fn is_counted(&self, sealed: &Sealed) -> Result<bool, VaultError> {
        let (_, nonce, _) = sealed.split()?;
        let drawn = nonce.first_chunk().map_or(0, |bytes| u32::from_be_bytes(*bytes));
        Ok(drawn.is_multiple_of(self.0.count_step))
    }

    /// Adds to the count in the database, and replaces a key that has sealed enough.
    async fn count(&self, tx: &mut TenantTx, key: &DataKey) -> Result<(), VaultError> {
        let seals = store::count(tx, key.id, i64::from(self.0.count_step)).await?;
        match seals.filter(|seals| *seals >= i64::from(self.0.max_seals)) {
            Some(seals) => {
                tracing::info!(tenant = %tx.tenant_id(), key = %key.id, seals, "a data key has sealed enough");
                self.rotate(tx, &key.subject).await
            }
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vault").field("masters", &self.0.masters).finish_non_exhaustive()
    }
}

fn new_id(clock: &Clock) -> Uuid {
    Id::<KeyMarker>::new(clock).uuid()
}
