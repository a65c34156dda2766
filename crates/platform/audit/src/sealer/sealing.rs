//! Gives events their places and hashes.

use athyper_kernel_db::{DbError, SystemReason};
use athyper_kernel_types::TenantId;
use uuid::Uuid;

use super::{Sealer, Turn};
use crate::error::Error;
use crate::model::chain::{self as model, Hash, as_hash};
use crate::store::chain;

impl Sealer {
    /// Seals a tenant's events, batch after batch, until none is left that may be sealed or its turn is over.
    pub(super) async fn seal_tenant(&self, tenant: TenantId, turn: &mut Turn) -> Result<(), Error> {
        for _ in 0..self.settings.batches_in_turn {
            let sealed = self.seal_batch(tenant).await?;
            turn.sealed += sealed;
            if sealed < u64::from(self.settings.batch) {
                return Ok(());
            }
        }
        turn.has_more = true;
        Ok(())
    }

    /// Seals the next events of a tenant in one transaction, and says how many. None when another sealer is at it.
    async fn seal_batch(&self, tenant: TenantId) -> Result<u64, Error> {
        let mut tx = self.database.system_tx(SystemReason::SealAudit).await?;
        let Some(held) = chain::hold(&mut tx, tenant).await? else { return Ok(0) };
        let events = chain::next_unsealed(&mut tx, tenant, self.settings.batch.into()).await?;
        if events.is_empty() {
            return Ok(0);
        }
        let broken = |what: &str| DbError::Corrupt(format!("the chain of {tenant} {what}: verify it"));
        let before = as_hash(Some(&held.head_hash)).ok_or_else(|| broken("has no head"))?;
        let mut sealed: Vec<(Uuid, Hash)> = Vec::with_capacity(events.len());
        let mut prev = before;
        for (event, seq) in events.iter().zip(held.size.saturating_add(1)..) {
            prev = model::hash(tenant, seq, &prev, &event.body()?);
            sealed.push((event.id, prev));
        }
        let done = chain::seal(&mut tx, tenant, held.size, &before, &sealed).await?;
        if usize::try_from(done) != Ok(events.len()) {
            return Err(broken("was sealed by somebody who does not hold it").into());
        }
        let size = held.size.saturating_add(i64::try_from(events.len()).unwrap_or(i64::MAX));
        chain::advance(&mut tx, tenant, size, &prev).await?;
        tx.commit().await?;
        Ok(done)
    }
}
