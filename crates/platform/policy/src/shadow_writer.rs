//! Asks decisions again with a draft in place, and writes down where the answer is another. Nobody waits for it.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::time::Duration;

use athyper_kernel_db::{Database, DbError, SystemReason};
use athyper_kernel_policy::Decision;
use athyper_kernel_types::TenantId;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::in_force::id_of;
use crate::live::LivePolicies;
use crate::model::change::{Change, change};
use crate::model::shadow::{Answer, MOST_KEPT, ShadowId};
use crate::shadow::{Case, Running};
use crate::store::differences::{self, NewDifference};
use crate::store::shadows::{self, Counts};
use crate::written::written;

/// Decisions that are asked again at once, and written in one statement where answers differ. Requests wait for its core.
const BATCH: usize = 16;
/// How long the next ones wait: the work of a process is bounded by both.
const PAUSE: Duration = Duration::from_millis(20);

/// Asks again and writes down.
pub(crate) struct Writer {
    database: Database,
    live: LivePolicies,
    waiting: mpsc::Receiver<Case>,
}

/// What was found of some decisions.
#[derive(Debug, Default)]
struct Found {
    counts: BTreeMap<(TenantId, ShadowId), Counts>,
    differences: Vec<NewDifference>,
}

impl Writer {
    pub(crate) fn new(database: Database, live: LivePolicies, waiting: mpsc::Receiver<Case>) -> Self {
        Self { database, live, waiting }
    }

    pub(crate) async fn run(mut self, stopping: CancellationToken) {
        loop {
            let mut batch = Vec::with_capacity(BATCH);
            let is_stopping = tokio::select! {
                count = self.waiting.recv_many(&mut batch, BATCH) => count == 0,
                () = stopping.cancelled() => true,
            };
            if is_stopping {
                self.waiting.close();
                while self.waiting.recv_many(&mut batch, BATCH).await > 0 {}
            }
            for some in batch.chunks(BATCH) {
                let found = self.ask(some).await;
                self.write(&found).await;
            }
            if is_stopping {
                return;
            }
            tokio::select! {
                () = tokio::time::sleep(PAUSE) => {}
                () = stopping.cancelled() => {}
            }
        }
    }

    /// Asks each of them with each draft that is to be asked.
    async fn ask(&self, some: &[Case]) -> Found {
        let mut found = Found::default();
        for case in some {
            let tenant = case.rights.context().tenant_id();
            let skipped = case.watch.skipped.swap(0, Ordering::Relaxed);
            for shadow in &case.watch.shadows {
                let counts = found.counts.entry((tenant, shadow.id)).or_default();
                counts.skipped += skipped;
                if !shadow.takes(case.draw, case.at.now) {
                    continue;
                }
                let Some(after) = self.answer(case, shadow).await else {
                    counts.skipped += 1;
                    continue;
                };
                counts.asked += 1;
                if let Some(change) = change(&case.decision, &after) {
                    *match change {
                        Change::Loses => &mut counts.loses,
                        Change::Gains => &mut counts.gains,
                        Change::Differs => &mut counts.differs,
                    } += 1;
                    found.differences.push(difference(case, shadow, (change, &after)));
                }
            }
            // Requests come first.
            tokio::task::yield_now().await;
        }
        found
    }

    /// The answer with the draft; none where there is none, or it would differ by more than the draft.
    async fn answer(&self, case: &Case, shadow: &Running) -> Option<Decision> {
        let candidate = shadow.candidate.as_ref()?;
        let draft = (shadow.id, candidate, &shadow.entities);
        let set = self.live.in_shadow(&self.database, case.rights.context(), draft).await;
        let set = set.inspect_err(|error| tracing::warn!(error = %error, "a draft cannot be asked")).ok()?;
        if set.version() != case.decision.version {
            return None;
        }
        let subject = case.rights.granted().subject_now();
        let asker = set.asker(subject, case.rights.asker().circumstances().clone());
        Some(asker.decide(&case.question()))
    }

    async fn write(&self, found: &Found) {
        if let Err(error) = written(|| self.try_write(found)).await {
            tracing::warn!(error = %error, "what drafts would answer otherwise cannot be written");
        }
    }

    async fn try_write(&self, found: &Found) -> Result<(), DbError> {
        if found.counts.is_empty() {
            return Ok(());
        }
        let mut tx = self.database.system_tx(SystemReason::LogDecisions).await?;
        let mut kept = Vec::new();
        // In the order of their ids on every node, so that no two wait for each other.
        for (shadow, counts) in &found.counts {
            let Some(had) = shadows::add(&mut tx, *shadow, *counts).await? else { continue };
            let room = usize::try_from(MOST_KEPT - had).unwrap_or(0);
            let own = found.differences.iter().filter(|one| (one.tenant, one.shadow) == *shadow);
            kept.extend(own.take(room).cloned());
        }
        if !kept.is_empty() {
            differences::insert(&mut tx, &kept).await?;
        }
        tx.commit().await
    }
}

fn difference(case: &Case, shadow: &Running, (change, after): (Change, &Decision)) -> NewDifference {
    let (context, question) = (case.rights.context(), case.question());
    NewDifference {
        tenant: context.tenant_id(),
        shadow: shadow.id,
        policy: shadow.policy,
        at: case.at.now,
        actor: context.actor().id.clone(),
        principal: case.rights.principal().map(|id| id.to_string()),
        operation: question.operation.to_owned(),
        entity: case.entity.clone(),
        record: case.record.as_ref().and_then(id_of),
        change,
        answers: [Answer::from(&case.decision), Answer::from(after)],
        number: case.decision.version,
        request: context.request_id().to_owned(),
    }
}
