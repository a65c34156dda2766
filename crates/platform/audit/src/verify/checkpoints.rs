//! Where a verification takes its checkpoints from, and how it believes them.

use std::collections::VecDeque;
use std::sync::Arc;

use athyper_kernel_db::TenantConnection;
use athyper_kernel_types::TenantId;

use super::Verifier;
use crate::error::Error;
use crate::model::chain::Link;
use crate::model::checkpoint::{Checkpoint, PREFIX, object_key};
use crate::model::report::{Finding, Wrong};
use crate::ports::CheckpointStore;
use crate::store::checkpoints;

/// Where checkpoints are read.
pub(crate) enum Source {
    /// In the database.
    Table,
    /// In object storage.
    Stored(StoredCheckpoints),
}

/// The checkpoints of a tenant in object storage, in their order.
pub(crate) struct StoredCheckpoints {
    store: Arc<dyn CheckpointStore>,
    tenant: TenantId,
    keys: VecDeque<String>,
    /// Token of the next page.
    next: Option<String>,
    has_begun: bool,
}

impl Source {
    /// Those in this store.
    pub(crate) fn stored(store: Arc<dyn CheckpointStore>, tenant: TenantId) -> Self {
        Self::Stored(StoredCheckpoints { store, tenant, keys: VecDeque::new(), next: None, has_begun: false })
    }

    /// The first checkpoint behind this size.
    async fn next(
        &mut self,
        tx: &mut impl TenantConnection,
        after: i64,
    ) -> Result<Option<Checkpoint>, Error> {
        match self {
            Self::Table => Ok(checkpoints::next(tx, after).await?),
            Self::Stored(stored) => stored.next(after).await,
        }
    }
}

impl StoredCheckpoints {
    async fn next(&mut self, after: i64) -> Result<Option<Checkpoint>, Error> {
        let passed = object_key(after);
        loop {
            while let Some(key) = self.keys.front() {
                if *key <= passed {
                    self.keys.pop_front();
                    continue;
                }
                let Some(content) = self.store.get(self.tenant, key).await? else {
                    self.keys.pop_front();
                    continue;
                };
                return Ok(Some(Checkpoint::from_object(&content).unwrap_or_else(|| unreadable(after))));
            }
            if self.has_begun && self.next.is_none() {
                return Ok(None);
            }
            let (keys, next) = self.store.list(self.tenant, PREFIX, self.next.take()).await?;
            self.has_begun = true;
            self.keys.extend(keys);
            self.next = next;
        }
    }
}

/// What stands for an object that is no checkpoint: nobody signed it.
fn unreadable(after: i64) -> Checkpoint {
    Checkpoint {
        size: after.saturating_add(1),
        from_size: after,
        head_hash: Default::default(),
        links: Vec::new(),
        recorded_at: chrono::DateTime::UNIX_EPOCH,
        key_id: String::new(),
        signature: Vec::new(),
    }
}

impl Verifier {
    /// What a checkpoint says of the event at this place; none where no checkpoint covers it. The places that are asked for
    /// never go back.
    pub(super) async fn link(
        &mut self,
        tx: &mut impl TenantConnection,
        seq: i64,
    ) -> Result<Result<Option<Link>, Finding>, Error> {
        while self.signed_to < seq {
            let Some(next) = self.source.next(tx, self.signed_to).await? else { return Ok(Ok(None)) };
            if let Some(finding) = self.believe(next) {
                return Ok(Err(finding));
            }
        }
        Ok(Ok(self.checkpoint.as_ref().and_then(|checkpoint| checkpoint.link(seq))))
    }

    /// Takes the next checkpoint, if it joins the one before and is signed by a trusted key.
    fn believe(&mut self, next: Checkpoint) -> Option<Finding> {
        let finding = |wrong, detail: String| {
            Some(Finding { wrong, seq: self.signed_to + 1, event_id: None, found_id: None, detail })
        };
        if let Err(invalid) = next.check(self.tenant, &self.keys) {
            return finding(
                Wrong::BadSignature,
                format!("the checkpoint at {} is not believed: {invalid}", next.size),
            );
        }
        if next.from_size != self.signed_to {
            return finding(
                Wrong::CheckpointMissing,
                format!(
                    "no checkpoint covers {} to {}, although later ones do",
                    self.signed_to + 1,
                    next.from_size
                ),
            );
        }
        self.signed_to = next.size;
        self.checkpoints += 1;
        self.checkpoint = Some(next);
        None
    }
}
