//! Names what is wrong with an event, or with the place where one is missing.

use athyper_kernel_db::TenantConnection;

use super::Verifier;
use crate::error::Error;
use crate::model::body::TrailEvent;
use crate::model::chain::{self, Link, as_hash};
use crate::model::report::{Finding, Wrong};
use crate::store::trail;

/// How far away from its place an event is looked for that no checkpoint covers.
const REACH: i64 = 10_000;

impl Verifier {
    /// Says what is wrong with an event that does not fit the chain.
    pub(super) async fn name_damage(
        &self,
        tx: &mut impl TenantConnection,
        event: &TrailEvent,
        body: &[u8],
        link: Option<Link>,
    ) -> Result<Finding, Error> {
        let seq = event.seq.unwrap_or_default();
        let finding = |wrong, detail: &str| Finding {
            wrong,
            seq,
            event_id: Some(link.map_or(event.id, |link| link.id)),
            found_id: link.filter(|link| link.id != event.id).map(|_| event.id),
            detail: detail.to_owned(),
        };
        Ok(match link {
            Some(link) if link.id != event.id && trail::has_event(tx, link.id).await? => {
                finding(Wrong::Reordered, "another event stands at this place than was sealed there")
            }
            Some(link) if link.id != event.id => finding(
                Wrong::Deleted,
                "the event that was sealed at this place is gone, and another took its place",
            ),
            None if self.was_moved(event, body) => {
                finding(Wrong::Reordered, "the event was sealed at another place")
            }
            _ => finding(Wrong::Edited, "the event does not say what was sealed"),
        })
    }

    /// Whether the event fits a place nearby, so that it was moved and not edited.
    fn was_moved(&self, event: &TrailEvent, body: &[u8]) -> bool {
        let seq = event.seq.unwrap_or_default();
        let (Some(prev), Some(own)) = (as_hash(event.prev_hash.as_deref()), as_hash(event.hash.as_deref()))
        else {
            return false;
        };
        let places = seq.saturating_sub(REACH).max(1)..=seq.saturating_add(REACH);
        places.into_iter().any(|place| place != seq && chain::hash(self.tenant, place, &prev, body) == own)
    }

    /// Goes over events that are not there before `seq`, if a removal that is believed covers them.
    pub(super) async fn cross_gap(
        &mut self,
        tx: &mut impl TenantConnection,
        seq: i64,
    ) -> Result<Option<Finding>, Error> {
        let first = self.last_seq + 1;
        let link = match self.link(tx, first).await? {
            Ok(link) => link,
            Err(finding) => return Ok(Some(finding)),
        };
        let finding = |wrong, detail: String| {
            let event_id = link.map(|link| link.id);
            Ok(Some(Finding { wrong, seq: first, event_id, found_id: None, detail }))
        };
        let Some(removal) = trail::removal_at(tx, first).await? else {
            return finding(Wrong::Deleted, "the event is gone, and no removal covers it".to_owned());
        };
        if let Err(untrusted) = removal.check(self.tenant, &self.keys) {
            return finding(
                Wrong::BadSignature,
                format!("the removal that covers it is not believed: {untrusted}"),
            );
        }
        let run = removal.run;
        if run.prev_hash != self.head || run.last_seq >= seq {
            return finding(
                Wrong::Deleted,
                "the event is gone, and its removal does not fit the chain".to_owned(),
            );
        }
        match self.link(tx, run.last_seq).await? {
            Err(finding) => return Ok(Some(finding)),
            Ok(Some(link)) if link.hash != run.last_hash => {
                return finding(
                    Wrong::Recomputed,
                    "its removal does not fit what a checkpoint signed".to_owned(),
                );
            }
            Ok(_) => {}
        }
        self.removed += run.last_seq - run.first_seq + 1;
        self.last_seq = run.last_seq;
        self.head = run.last_hash;
        Ok(None)
    }
}
