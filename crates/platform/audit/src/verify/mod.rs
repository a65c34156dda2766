//! Verification: walks a tenant's trail from its first event to its last, in bounded memory, and stops at the first thing
//! that is wrong.
//!
//! Each event's hash is computed anew from what its row says now, and held against its own hash, the hash of the event
//! before, and what a checkpoint signed of it. Where a checkpoint covers an event, its id and hash are known for certain,
//! so that even a chain that was computed anew names the event that it begins with.

mod checkpoints;
mod damage;
mod end;

use std::sync::Arc;

use athyper_kernel_audit::personal_digest;
use athyper_kernel_db::{Database, TenantConnection};
use athyper_kernel_tenant_context::TenantContext;
use athyper_kernel_types::TenantId;

use crate::error::Error;
use crate::model::body::TrailEvent;
use crate::model::chain::{self, GENESIS, Hash, Link, as_hash};
use crate::model::checkpoint::Checkpoint;
use crate::model::keys::AuditKeys;
use crate::model::report::{Finding, Report, Wrong};
use crate::ports::CheckpointStore;
use crate::store::trail::{self, PersonalValue};

pub(crate) use checkpoints::Source;

/// Events that are read at once.
const PAGE: usize = 500;

/// Verifies a tenant's trail. With a store, the checkpoints that it keeps are believed, and not those of the database.
///
/// # Errors
/// When the database or the store does not answer.
pub async fn verify_trail(
    database: &Database,
    context: &TenantContext,
    keys: Arc<AuditKeys>,
    store: Option<Arc<dyn CheckpointStore>>,
) -> Result<Report, Error> {
    let source = store.map_or(Source::Table, |store| Source::stored(store, context.tenant_id()));
    let mut verifier = Verifier::new(context.tenant_id(), keys, source);
    loop {
        let mut tx = database.read_tx(context).await?;
        if !verifier.step(&mut tx).await? {
            return verifier.report(&mut tx).await;
        }
    }
}

/// A verification under way.
pub(crate) struct Verifier {
    tenant: TenantId,
    keys: Arc<AuditKeys>,
    source: Source,
    /// Place of the last event that was passed.
    last_seq: i64,
    /// Hash of it.
    head: Hash,
    /// The checkpoint that covers the event at hand, if any does.
    checkpoint: Option<Checkpoint>,
    /// Up to where checkpoints were read.
    signed_to: i64,
    events: i64,
    removed: i64,
    checkpoints: i64,
    finding: Option<Finding>,
}

impl Verifier {
    /// A verification from the first event on.
    pub(crate) fn new(tenant: TenantId, keys: Arc<AuditKeys>, source: Source) -> Self {
        Self {
            tenant,
            keys,
            source,
            last_seq: 0,
            head: GENESIS,
            checkpoint: None,
            signed_to: 0,
            events: 0,
            removed: 0,
            checkpoints: 0,
            finding: None,
        }
    }

    /// Verifies the next events; says whether to go on.
    pub(crate) async fn step(&mut self, tx: &mut impl TenantConnection) -> Result<bool, Error> {
        let page = trail::page(tx, self.last_seq, i64::try_from(PAGE).unwrap_or(i64::MAX)).await?;
        let with_personal = page.iter().filter(|event| event.personal.is_some());
        let ids: Vec<_> = with_personal.map(|event| event.id).collect();
        let personal = if ids.is_empty() { Vec::new() } else { trail::personal_values(tx, &ids).await? };
        for event in &page {
            let finding = self.pass(tx, event, &personal).await?;
            if finding.is_some() {
                self.finding = finding;
                return Ok(false);
            }
        }
        if page.len() == PAGE {
            return Ok(true);
        }
        let finding = self.end(tx).await?;
        // What was sealed since the page was read is no contradiction, but more to verify.
        if !trail::page(tx, self.last_seq, 1).await?.is_empty() {
            return Ok(true);
        }
        self.finding = finding;
        Ok(false)
    }

    /// Verifies one event, which then is the last that was passed.
    async fn pass(
        &mut self,
        tx: &mut impl TenantConnection,
        event: &TrailEvent,
        personal: &[PersonalValue],
    ) -> Result<Option<Finding>, Error> {
        let seq = event.seq.unwrap_or_default();
        while self.last_seq + 1 < seq {
            if let Some(finding) = self.cross_gap(tx, seq).await? {
                return Ok(Some(finding));
            }
        }
        let link = match self.link(tx, seq).await? {
            Ok(link) => link,
            Err(finding) => return Ok(Some(finding)),
        };
        let body = event.body()?;
        let hash = chain::hash(self.tenant, seq, &self.head, &body);
        let is_whole = as_hash(event.hash.as_deref()) == Some(hash)
            && as_hash(event.prev_hash.as_deref()) == Some(self.head);
        if !is_whole {
            return Ok(Some(self.name_damage(tx, event, &body, link).await?));
        }
        if let Some(link) = link.filter(|link| link.hash != hash) {
            return Ok(Some(recomputed(seq, event, link)));
        }
        if let Some(finding) = check_personal(seq, event, personal) {
            return Ok(Some(finding));
        }
        self.last_seq = seq;
        self.head = hash;
        self.events += 1;
        Ok(None)
    }

    /// Place of the last event that was passed.
    pub(crate) fn passed(&self) -> i64 {
        self.last_seq
    }

    /// What was found, once there is nothing left to verify.
    pub(crate) async fn report(&self, tx: &mut impl TenantConnection) -> Result<Report, Error> {
        Ok(Report {
            intact: self.finding.is_none(),
            events: self.events,
            removed: self.removed,
            checkpoints: self.checkpoints,
            unsealed: crate::store::chain::count_unsealed(tx).await?,
            size: self.last_seq,
            head_hash: hex::encode(self.head),
            finding: self.finding.clone(),
        })
    }
}

/// The chain agrees with itself and not with a checkpoint.
fn recomputed(seq: i64, event: &TrailEvent, link: Link) -> Finding {
    Finding {
        wrong: Wrong::Recomputed,
        seq,
        event_id: Some(link.id),
        found_id: (link.id != event.id).then_some(event.id),
        detail: "the chain was computed anew from this event on: a checkpoint signed another hash".to_owned(),
    }
}

/// Holds the values that are kept apart against the digests that the event has of them.
fn check_personal(seq: i64, event: &TrailEvent, kept: &[PersonalValue]) -> Option<Finding> {
    let digests = event.personal.as_ref()?.as_object()?;
    digests.iter().find_map(|(field, digest)| {
        let own = kept.iter().find(|value| value.event_id == event.id && value.field == *field);
        let detail = match own {
            None => format!("its personal value {field} is gone without an erasure"),
            Some(PersonalValue { value: Some(value), salt: Some(salt), .. }) => {
                let is_same =
                    Some(hex::encode(personal_digest(field, salt, value)).as_str()) == digest.as_str();
                if is_same {
                    return None;
                }
                format!("its personal value {field} is not the one that was sealed")
            }
            Some(value) if value.is_erased => return None,
            Some(_) => format!("its personal value {field} is gone without an erasure that is written down"),
        };
        Some(Finding { wrong: Wrong::PersonalValue, seq, event_id: Some(event.id), found_id: None, detail })
    })
}
