//! The end of the trail: whether it is where checkpoints and the note of the chain say.

use athyper_kernel_db::TenantConnection;

use super::{Source, Verifier};
use crate::error::Error;
use crate::model::chain::as_hash;
use crate::model::report::{Finding, Wrong};
use crate::store::{chain, trail};

impl Verifier {
    /// Looks for what should come behind the last event.
    pub(super) async fn end(&mut self, tx: &mut impl TenantConnection) -> Result<Option<Finding>, Error> {
        let note = chain::find(tx).await?;
        // The last events may be removed as well.
        while trail::removal_at(tx, self.last_seq + 1).await?.is_some() {
            if let Some(finding) = self.cross_gap(tx, i64::MAX).await? {
                return Ok(Some(finding));
            }
        }
        // Checkpoints that were signed since the events that they cover were passed.
        match self.link(tx, self.last_seq).await? {
            Err(finding) => return Ok(Some(finding)),
            Ok(Some(link)) if link.hash != self.head => {
                let detail = "a checkpoint signed another head of the chain".to_owned();
                return Ok(Some(at_end(Wrong::Recomputed, self.last_seq, Some(link.id), detail)));
            }
            Ok(_) => {}
        }
        let missing = self.last_seq + 1;
        match self.link(tx, missing).await? {
            Err(finding) => return Ok(Some(finding)),
            Ok(Some(link)) => {
                let detail =
                    format!("the trail ends here, and a checkpoint covers {} events", self.signed_to);
                return Ok(Some(at_end(Wrong::CutTail, missing, Some(link.id), detail)));
            }
            Ok(None) => {}
        }
        let Some(note) = note else {
            let detail = "there is no note of where the chain stands".to_owned();
            let has_any = self.last_seq > 0;
            return Ok(has_any.then(|| at_end(Wrong::HeadDiffers, self.last_seq, None, detail)));
        };
        if note.size > self.last_seq {
            let detail = format!("the trail ends here, and {} events were sealed", note.size);
            return Ok(Some(at_end(Wrong::CutTail, missing, None, detail)));
        }
        if note.size < self.last_seq || as_hash(Some(&note.head_hash)) != Some(self.head) {
            let detail = format!("the note of the chain says {} events with another head", note.size);
            return Ok(Some(at_end(Wrong::HeadDiffers, self.last_seq, None, detail)));
        }
        // Object storage may lack the last ones for a while.
        if matches!(self.source, Source::Table) && note.checkpointed > self.signed_to {
            let detail = format!("there were checkpoints up to {} events", note.checkpointed);
            return Ok(Some(at_end(Wrong::CheckpointMissing, self.signed_to + 1, None, detail)));
        }
        Ok(None)
    }
}

fn at_end(wrong: Wrong, seq: i64, event_id: Option<uuid::Uuid>, detail: String) -> Finding {
    Finding { wrong, seq, event_id, found_id: None, detail }
}
