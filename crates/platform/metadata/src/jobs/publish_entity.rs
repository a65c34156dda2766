//! Brings the records of an entity to its new definition, and puts that in force.
//!
//! Records are taken in batches, each a transaction with the place that it came to: a run that was interrupted goes on from
//! there. What is written meanwhile is named by the records service and taken again, until little is left; then the entity
//! is locked, the rest is taken, and the definition comes in force. Until then the one before is in force, and stays so when
//! a record turns up that does not fit. At last the records are walked through once more, and what only the definition before
//! needed of them is taken away.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_jobs::{JobError, JobPayload, JobRun, set_progress, succeed_operation};
use athyper_kernel_records::{
    Entity, EntityId, Redesign, Redo, SystemEntities, count_all, end_redesign, entity_of, look_up,
};
use athyper_kernel_types::Id;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::deps::Deps;
use crate::error::Error;
use crate::publishing;
use crate::store::publications::{self, Publication};

/// Records of a transaction.
const BATCH: u32 = 100;
/// So few may be left when the entity is locked.
const LAST: usize = 50;
/// How often what was written meanwhile is taken again before the entity is locked whatever is left.
const ROUNDS: usize = 1_000;

/// Which entity; what becomes of it is stored with it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PublishEntity {
    /// The entity.
    pub(crate) entity: EntityId,
}

impl JobPayload for PublishEntity {
    const NAME: &'static str = "metadata.publish_entity";
    // It goes on where it stopped, so trying again costs little.
    const MAX_ATTEMPTS: i16 = 25;
}

impl PublishEntity {
    /// A payload of the present form.
    pub(crate) fn sample() -> Self {
        Self { entity: Id::nil() }
    }
}

pub(crate) async fn run(run: JobRun, deps: Deps, payload: PublishEntity) -> Result<(), JobError> {
    match work(&run, &deps.system, payload.entity).await {
        Err(JobError::Abort { message, errors }) => {
            // What was added for the new definition is redone when it is published again; until then nobody looks at it.
            let mut tx = run.tx().await?;
            end_redesign(&mut tx, payload.entity).await?;
            publications::delete(&mut tx, payload.entity).await?;
            let event = event(&run, payload.entity).with("refused", message.clone());
            run.commit(tx, event).await?;
            Err(JobError::Abort { message, errors })
        }
        ended => ended,
    }
}

async fn work(run: &JobRun, system: &SystemEntities, entity: EntityId) -> Result<(), JobError> {
    let mut tx = run.read_tx().await?;
    let publication = publications::find(&mut tx, entity).await?;
    let mut publication = publication.ok_or_else(|| JobError::abort("there is nothing to publish"))?;
    let base = look_up(&mut tx, system, entity).await?.ok_or_else(|| JobError::from(Error::NotFound))?;
    let count = count_all(&mut tx, &base).await?.all;
    drop(tx);
    let mut walk = Walk { run, system, entity, total: count.saturating_mul(2) };

    if !publication.in_force {
        let redesign = redesign(system, base, &publication)?;
        walk.through(&redesign, &mut publication, Redo::Beside).await?;
        walk.again(&redesign).await?;
        walk.put_in_force(&redesign, &publication).await?;
        (publication.in_force, publication.after, publication.done) = (true, None, 0);
        return clear(&mut walk, redesign.clearing(), &mut publication).await;
    }
    // The one in force is the new one already.
    let clearing = Redesign { before: base.clone(), after: base, moves: Vec::new(), defaults: Vec::new() };
    clear(&mut walk, clearing, &mut publication).await
}

/// Takes away what only the definition before needed, and ends the operation.
async fn clear(
    walk: &mut Walk<'_>,
    clearing: Redesign,
    publication: &mut Publication,
) -> Result<(), JobError> {
    walk.through(&clearing, publication, Redo::Instead).await?;
    let mut tx = walk.run.tx().await?;
    publications::delete(&mut tx, walk.entity).await?;
    let result =
        json!({"entity": walk.entity, "version": clearing.after.version, "records": publication.done});
    succeed_operation(&mut tx, walk.run.id(), result.clone()).await?;
    walk.run.complete(tx, event(walk.run, walk.entity).with("result", result)).await
}

/// A walk through the records of an entity.
struct Walk<'r> {
    run: &'r JobRun,
    system: &'r SystemEntities,
    entity: EntityId,
    /// Steps in all: each record is walked by twice.
    total: i64,
}

impl Walk<'_> {
    /// Redoes all records behind the place where the publication is.
    async fn through(
        &self,
        redesign: &Redesign,
        publication: &mut Publication,
        how: Redo,
    ) -> Result<(), JobError> {
        loop {
            let mut tx = self.run.tx().await?;
            let redone = redesign.redo_page(&mut tx, publication.after, BATCH, how).await;
            let (count, last) = redone.map_err(Error::from)?;
            if count == 0 {
                return Ok(());
            }
            publication.after = last;
            publication.done += i64::try_from(count).unwrap_or(0);
            publications::advance(&mut tx, self.entity, last, publication.done).await?;
            let before = if publication.in_force { self.total / 2 } else { 0 };
            let done = before + publication.done;
            set_progress(&mut tx, self.run.id(), done, Some(self.total.max(done))).await?;
            let event = event(self.run, self.entity).with("done", done).with("total", self.total);
            self.run.commit(tx, event).await?;
        }
    }

    /// Redoes what was written meanwhile, until little is left.
    async fn again(&self, redesign: &Redesign) -> Result<(), JobError> {
        for _ in 0..ROUNDS {
            let mut tx = self.run.tx().await?;
            let count = redesign.redo_touched(&mut tx, BATCH).await.map_err(Error::from)?;
            if count == 0 {
                return Ok(());
            }
            self.run.commit(tx, event(self.run, self.entity).with("again", count)).await?;
            if count <= LAST {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Locks the entity, redoes the rest, and puts the definition in force.
    async fn put_in_force(&self, redesign: &Redesign, publication: &Publication) -> Result<(), JobError> {
        let mut tx = self.run.tx().await?;
        let locked = entity_of(&mut tx, self.system, self.entity).await.map_err(Error::from)?;
        if locked.version != publication.base_version {
            return Err(Error::Overtaken.into());
        }
        while redesign.redo_touched(&mut tx, BATCH).await.map_err(Error::from)? > 0 {}
        let published = publishing::end(&mut tx, self.system, publication).await?;
        let event = event(self.run, self.entity).with("version", published.version);
        self.run.commit(tx, event).await
    }
}

fn redesign(system: &SystemEntities, base: Entity, publication: &Publication) -> Result<Redesign, JobError> {
    if base.version != publication.base_version {
        return Err(Error::Overtaken.into());
    }
    let slots = publication.slots.clone();
    let after =
        publication.document.entity(system, base.id, base.version + 1, slots).map_err(Error::Faulty)?;
    let (moves, defaults) = (publication.work.moves.clone(), publication.work.defaults.clone());
    Ok(Redesign { before: base, after, moves, defaults })
}

fn event(run: &JobRun, entity: EntityId) -> AuditEvent {
    AuditEvent::info("metadata.publish_entity")
        .about("metadata.entity", entity)
        .with("job", run.id().to_string())
}
