//! Data keys in memory, for a moment only. What is let go of is wiped.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use athyper_kernel_types::TenantId;
use uuid::Uuid;

use crate::Subject;
use crate::cipher::CipherKey;

/// For how long a key is used without looking at the database, which may say that it was destroyed.
const FRESH: Duration = Duration::from_secs(1);

/// Most keys that are held.
const CAPACITY: usize = 10_000;

/// A data key that can be used.
#[derive(Debug)]
pub(crate) struct DataKey {
    pub(crate) id: Uuid,
    pub(crate) subject: Subject,
    pub(crate) cipher: CipherKey,
    /// Whether it seals; otherwise it only opens.
    pub(crate) is_active: bool,
}

#[derive(Debug)]
struct Entry {
    key: Arc<DataKey>,
    asked_at: Instant,
}

impl Entry {
    fn is_fresh(&self) -> bool {
        self.asked_at.elapsed() < FRESH
    }
}

#[derive(Debug, Default)]
struct Entries {
    by_id: HashMap<(TenantId, Uuid), Entry>,
    active: HashMap<(TenantId, Subject), Uuid>,
    swept_at: Option<Instant>,
}

impl Entries {
    /// Lets go of what is too old to be used.
    fn sweep(&mut self) {
        self.by_id.retain(|_, entry| entry.is_fresh());
        let by_id = &self.by_id;
        self.active.retain(|(tenant, _), id| by_id.contains_key(&(*tenant, *id)));
        self.swept_at = Some(Instant::now());
    }
}

/// The keys of this process.
#[derive(Debug, Default)]
pub(crate) struct KeyCache(Mutex<Entries>);

impl KeyCache {
    /// The key with this id, if it was looked at a moment ago.
    pub(crate) fn find(&self, tenant: TenantId, id: Uuid) -> Option<Arc<DataKey>> {
        let entries = self.lock();
        let entry = entries.by_id.get(&(tenant, id))?;
        entry.is_fresh().then(|| Arc::clone(&entry.key))
    }

    /// The key that seals for a subject, if it was looked at a moment ago.
    pub(crate) fn active(&self, tenant: TenantId, subject: &Subject) -> Option<Arc<DataKey>> {
        let id = *self.lock().active.get(&(tenant, subject.clone()))?;
        self.find(tenant, id).filter(|key| key.is_active)
    }

    /// Keeps a key that the database was asked for at this instant.
    pub(crate) fn put(&self, tenant: TenantId, key: Arc<DataKey>, asked_at: Instant) {
        let mut entries = self.lock();
        if entries.swept_at.is_none_or(|at| at.elapsed() > FRESH) {
            entries.sweep();
        }
        if entries.by_id.len() >= CAPACITY {
            *entries = Entries::default();
        }
        if key.is_active {
            entries.active.insert((tenant, key.subject.clone()), key.id);
        }
        entries.by_id.insert((tenant, key.id), Entry { key, asked_at });
    }

    /// Lets go of the keys of one subject, or of the whole tenant.
    pub(crate) fn forget(&self, tenant: TenantId, subject: Option<&Subject>) {
        let mut entries = self.lock();
        let is_meant =
            |of: TenantId, whose: &Subject| of == tenant && subject.is_none_or(|subject| subject == whose);
        entries.by_id.retain(|(of, _), entry| !is_meant(*of, &entry.key.subject));
        entries.active.retain(|(of, whose), _| !is_meant(*of, whose));
    }

    fn lock(&self) -> MutexGuard<'_, Entries> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
