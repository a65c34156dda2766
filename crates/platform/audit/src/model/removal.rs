//! Removals: signed statements that a run of events was let go of by a rule, and how the chain goes on behind it.

use athyper_kernel_types::TenantId;
use chrono::{DateTime, SubsecRound as _, Utc};
use serde::Serialize;
use uuid::Uuid;

use crate::model::body::time_text;
use crate::model::chain::Hash;
use crate::model::keys::{AuditKeys, Untrusted};

/// A run of events without a gap that is removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) first_seq: i64,
    pub(crate) last_seq: i64,
    /// Hash before the first of them.
    pub(crate) prev_hash: Hash,
    /// Hash of the last of them.
    pub(crate) last_hash: Hash,
}

/// A removal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Removal {
    pub(crate) run: Run,
    /// Class of the events.
    pub(crate) class: String,
    pub(crate) recorded_at: DateTime<Utc>,
    pub(crate) key_id: String,
    pub(crate) signature: Vec<u8>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Statement<'a> {
    format: &'static str,
    tenant: Uuid,
    first_seq: i64,
    last_seq: i64,
    prev_hash: String,
    last_hash: String,
    class: &'a str,
    recorded_at: String,
    key_id: &'a str,
}

impl Removal {
    /// Signs the removal of a run.
    pub(crate) fn sign(
        keys: &AuditKeys,
        tenant: TenantId,
        run: Run,
        class: &str,
        now: DateTime<Utc>,
    ) -> Result<Self, serde_json::Error> {
        let key_id = keys.current().id().to_owned();
        let mut removal = Self {
            run,
            class: class.to_owned(),
            recorded_at: now.trunc_subsecs(6),
            key_id,
            signature: Vec::new(),
        };
        removal.signature = keys.sign(&removal.statement(tenant)?);
        Ok(removal)
    }

    fn statement(&self, tenant: TenantId) -> Result<Vec<u8>, serde_json::Error> {
        serde_json_canonicalizer::to_vec(&Statement {
            format: "athyper-audit-removal-v1",
            tenant: tenant.uuid(),
            first_seq: self.run.first_seq,
            last_seq: self.run.last_seq,
            prev_hash: hex::encode(self.run.prev_hash),
            last_hash: hex::encode(self.run.last_hash),
            class: &self.class,
            recorded_at: time_text(self.recorded_at),
            key_id: &self.key_id,
        })
    }

    /// Whether it is one of this tenant and signed by a trusted key.
    pub(crate) fn check(&self, tenant: TenantId, keys: &AuditKeys) -> Result<(), Untrusted> {
        let statement = self.statement(tenant).map_err(|_| Untrusted::Signature)?;
        keys.check(&self.key_id, &statement, &self.signature)
    }
}

/// Joins events that follow each other to runs. They come in order, each as its place, the hash before it and its own.
pub(crate) fn runs(events: &[(i64, Hash, Hash)]) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for (seq, prev_hash, hash) in events {
        match runs.last_mut() {
            Some(run) if run.last_seq + 1 == *seq => {
                run.last_seq = *seq;
                run.last_hash = *hash;
            }
            _ => runs.push(Run { first_seq: *seq, last_seq: *seq, prev_hash: *prev_hash, last_hash: *hash }),
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use athyper_kernel_types::PLATFORM_TENANT;

    use super::*;
    use crate::model::keys::SigningKey;

    #[test]
    fn neighbours_are_one_run() {
        let event = |seq: u8| (i64::from(seq), [seq - 1; 32], [seq; 32]);
        let found = runs(&[event(2), event(3), event(4), event(7), event(9), event(10)]);
        let places: Vec<_> = found.iter().map(|run| (run.first_seq, run.last_seq)).collect();
        assert_eq!(places, [(2, 4), (7, 7), (9, 10)]);
        assert_eq!((found[0].prev_hash, found[0].last_hash), ([1; 32], [4; 32]));
        assert_eq!(runs(&[]), []);
    }

    #[test]
    fn a_removal_is_believed_only_as_it_was_signed() {
        let key = SigningKey::from_base64(&SigningKey::generate().unwrap()).unwrap();
        let keys = AuditKeys::new(key, Vec::new());
        let run = Run { first_seq: 2, last_seq: 4, prev_hash: [1; 32], last_hash: [4; 32] };
        let now = "2025-01-15T09:00:00Z".parse().unwrap();
        let signed = Removal::sign(&keys, PLATFORM_TENANT, run, "data_access", now).unwrap();
        assert_eq!(signed.check(PLATFORM_TENANT, &keys), Ok(()));
        let mut wider = signed.clone();
        wider.run.last_seq = 5;
        assert_eq!(wider.check(PLATFORM_TENANT, &keys), Err(Untrusted::Signature));
    }
}
