//! Signs checkpoints and puts them where whoever holds the database does not reach.

use athyper_kernel_db::SystemReason;
use athyper_kernel_types::TenantId;

use super::{Sealer, Turn};
use crate::error::Error;
use crate::model::checkpoint::Checkpoint;
use crate::ports::PutOutcome;
use crate::store::{chain, checkpoints};

/// Checkpoints that are put into object storage in one turn.
const MOST_STORED: i64 = 100;

impl Sealer {
    /// Signs the chains that are due.
    pub(super) async fn sign_due(&self, turn: &mut Turn) -> Result<(), Error> {
        let mut tx = self.database.system_tx(SystemReason::SealAudit).await?;
        let before = tx.now() - self.settings.checkpoint_every;
        let events = self.settings.checkpoint_events.into();
        let tenants = chain::tenants_to_sign(&mut tx, events, before).await?;
        tx.commit().await?;
        for tenant in tenants {
            for _ in 0..self.settings.batches_in_turn {
                if !self.sign(tenant).await? {
                    break;
                }
                turn.signed += 1;
            }
        }
        Ok(())
    }

    /// Signs the next checkpoint of a tenant; says whether there was one to sign. One that is neither full nor old enough is
    /// left for later.
    async fn sign(&self, tenant: TenantId) -> Result<bool, Error> {
        let mut tx = self.database.system_tx(SystemReason::SealAudit).await?;
        let Some(held) = chain::hold(&mut tx, tenant).await? else { return Ok(false) };
        let most = i64::from(self.settings.checkpoint_events);
        let is_old = held.checkpoint_at <= tx.now() - self.settings.checkpoint_every;
        let waiting = held.size - held.checkpointed;
        if waiting < most && !(is_old && waiting > 0) {
            return Ok(false);
        }
        let links = checkpoints::links(&mut tx, tenant, held.checkpointed, most).await?;
        let now = tx.now();
        let Some(signed) = Checkpoint::sign(&self.keys, tenant, held.checkpointed, &links, now)? else {
            return Ok(false);
        };
        checkpoints::note_key(&mut tx, tenant, self.keys.current()).await?;
        checkpoints::insert(&mut tx, tenant, &signed).await?;
        chain::note_checkpoint(&mut tx, tenant, signed.size).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Puts signed checkpoints into object storage. An object that is there already stays: if it is not the same, the
    /// database was put back to an earlier state or somebody signed twice, and a verification from object storage will say so.
    pub(super) async fn store_signed(&self, turn: &mut Turn) -> Result<(), Error> {
        let mut tx = self.database.system_tx(SystemReason::SealAudit).await?;
        let waiting = checkpoints::not_stored(&mut tx, MOST_STORED).await?;
        tx.commit().await?;
        turn.has_more |= i64::try_from(waiting.len()) == Ok(MOST_STORED);
        for (tenant, checkpoint) in waiting {
            let (key, content) = (checkpoint.object_key(), checkpoint.to_object(tenant)?);
            if self.store.put(tenant, &key, content.clone().into()).await? == PutOutcome::Existed {
                let kept = self.store.get(tenant, &key).await?;
                if kept.is_none_or(|kept| *kept != *content) {
                    tracing::error!(%tenant, size = checkpoint.size, "object storage holds another checkpoint of the audit trail");
                }
            }
            let mut tx = self.database.system_tx(SystemReason::SealAudit).await?;
            checkpoints::note_stored(&mut tx, tenant, checkpoint.size).await?;
            tx.commit().await?;
            turn.stored += 1;
        }
        Ok(())
    }
}
