//! Writes the records of an uploaded file.
//!
//! Rows are taken in batches, each a transaction with the place in the file that it came to and what was wrong with its rows:
//! a run that was interrupted goes on from there, and nothing is lost or written twice. A dry run writes each batch and rolls
//! it back, so that all is checked as it would be; it remembers the values that come once and would have been taken. A run that
//! is atomic is one transaction.

use std::sync::Arc;

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::TenantTx;
use athyper_kernel_http::AskedBy;
use athyper_kernel_jobs::{
    JobError, JobPayload, JobRun, RowError, Upload, delete_upload, find_upload, set_progress,
    succeed_operation, upload_key,
};
use athyper_kernel_records::{Entity, Guard, Rehearsal};
use athyper_kernel_types::Id;
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::Deps;
use crate::commands::import_records::check_key;
use crate::error::Error;
use crate::jobs::batch::{Batch, Outcome};
use crate::jobs::source::Source;
use crate::model::columns::{Columns, header_of};
use crate::model::fault::Fault;
use crate::model::import::{Header, Import, MAX_KEPT_ERRORS, Tally};
use crate::model::options::Format;
use crate::model::row::{Place, Row};
use crate::store::{errors, imports};

/// Most rows of a transaction.
const BATCH: usize = 1_000;
/// About how many bytes of a file are in a transaction.
const BATCH_BYTES: usize = 2 << 20;
/// Most rows of an import that is atomic.
const MAX_ATOMIC: i64 = 10_000;
/// Most errors that the operation shows by itself.
const SHOWN: usize = 100;

/// Which file; how it is taken is stored with its import.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ImportRecords {
    /// The uploaded file.
    pub(crate) upload: Id<Upload>,
    /// Who asked for it: what they may do is worked out anew for each batch. Nobody in particular, who may do nothing, in a job
    /// that was made before this was kept.
    #[serde(default)]
    pub(crate) asked_by: AskedBy,
}

impl JobPayload for ImportRecords {
    const NAME: &'static str = "transfer.import_records";
    // With who asked for it.
    const VERSION: i16 = 2;
    // It goes on where it stopped, so trying again costs little; giving up costs a person's time.
    const MAX_ATTEMPTS: i16 = 25;
}

impl ImportRecords {
    /// A payload of the present form.
    pub(crate) fn sample() -> Self {
        Self { upload: Id::nil(), asked_by: AskedBy { principal: None, roles: vec!["agent".to_owned()] } }
    }
}

pub(crate) async fn run(run: JobRun, deps: Deps, payload: ImportRecords) -> Result<(), JobError> {
    let import = imports::of_upload(&mut run.read_tx().await?, payload.upload).await?;
    let import = import.ok_or_else(|| JobError::abort("there is no such import"))?;
    let id = import.id;
    match work(&run, &deps, (import, &payload.asked_by)).await {
        Err(JobError::Abort { message, errors }) => {
            let mut tx = run.tx().await?;
            imports::end(&mut tx, id, false).await?;
            delete_upload(&mut tx, payload.upload).await?;
            let event = event(&run).about("transfer.import", id).with("refused", message.clone());
            run.commit(tx, event).await?;
            free(&run, &deps, payload.upload).await;
            Err(JobError::Abort { message, errors })
        }
        Ok(()) => {
            free(&run, &deps, payload.upload).await;
            Ok(())
        }
        ended => ended,
    }
}

async fn work(run: &JobRun, deps: &Deps, (mut import, asked_by): (Import, &AskedBy)) -> Result<(), JobError> {
    let tenant = run.context().tenant_id();
    let kept = find_upload(&mut run.read_tx().await?, import.upload).await?;
    let kept = kept.ok_or_else(|| JobError::abort("the uploaded file is gone: send it again"))?;
    if import.options.dry_run || import.options.atomic {
        // Nothing of it was kept, so it begins anew.
        (import.place, import.tally, import.header) = (Place::default(), Tally::default(), None);
    }
    let mut source =
        Source::open(import.format, kept, Arc::clone(&deps.uploads), tenant, import.place).await?;
    if import.header.is_none() {
        import.header = Some(read_header(&mut source, &mut import).await?);
    }
    let zone = run.context().default_text("timezone").and_then(|zone| zone.parse().ok()).unwrap_or(Tz::UTC);
    let walk = Walk { run, deps, asked_by, import, source, zone, columns: None };
    if walk.import.options.dry_run {
        walk.rehearse().await
    } else if walk.import.options.atomic {
        walk.at_once().await
    } else {
        walk.in_batches().await
    }
}

/// Reads the names of the columns, where the form of the file has them.
async fn read_header(source: &mut Source, import: &mut Import) -> Result<Header, JobError> {
    if import.format == Format::Jsonl {
        return Ok(Header::default());
    }
    let first = source.rows(1, 1).await?.into_iter().next();
    let first = first.ok_or_else(|| JobError::abort("the file has no rows"))?;
    import.place = first.next;
    let names = header_of(&first).map_err(|fault| refused("the columns cannot be read", vec![fault]))?;
    Ok(Header { names, row: first.number })
}

fn refused(message: impl Into<String>, faults: Vec<Fault>) -> JobError {
    JobError::Abort {
        message: message.into(),
        errors: faults.into_iter().take(SHOWN).map(RowError::from).collect(),
    }
}

fn event(run: &JobRun) -> AuditEvent {
    AuditEvent::info("transfer.import_records").with("job", run.id().to_string())
}

/// Frees the room of a file whose job is done. The retention job does it where this fails.
async fn free(run: &JobRun, deps: &Deps, upload: Id<Upload>) {
    let freed = deps.uploads.delete(run.context().tenant_id(), &[upload_key(upload)]).await;
    if let Err(error) = freed {
        tracing::info!(%error, "a file that is done with stays until the retention job");
    }
}

/// An import under way.
struct Walk<'r> {
    run: &'r JobRun,
    deps: &'r Deps,
    asked_by: &'r AskedBy,
    import: Import,
    source: Source,
    zone: Tz,
    /// The columns, and the version of the definition that they were read by.
    columns: Option<(i64, Columns)>,
}

impl Walk<'_> {
    /// Batch after batch, each kept by itself.
    async fn in_batches(mut self) -> Result<(), JobError> {
        loop {
            let rows = self.source.rows(BATCH, BATCH_BYTES).await?;
            let mut tx = self.run.tx().await?;
            let Some(place) = rows.last().map(|row| row.next) else { return self.end(tx).await };
            let outcome = self.write(&mut tx, rows, None).await?;
            self.note(&mut tx, place, outcome).await?;
            self.run.commit(tx, self.event()).await?;
        }
    }

    /// Batch after batch, each rolled back.
    async fn rehearse(mut self) -> Result<(), JobError> {
        let entity =
            self.deps.records.entities().find(&mut self.run.read_tx().await?, &self.import.entity).await?;
        let entity = entity.ok_or(Error::Records(athyper_kernel_records::Error::EntityNotFound))?;
        let mut rehearsal = Rehearsal::new(&entity, self.import.options.by.as_deref());
        let mut tx = self.run.tx().await?;
        errors::clear(&mut tx, self.import.id).await?;
        imports::advance(&mut tx, &self.import).await?;
        self.run.commit(tx, self.event()).await?;
        loop {
            let rows = self.source.rows(BATCH, BATCH_BYTES).await?;
            let mut tx = self.run.tx().await?;
            let Some(place) = rows.last().map(|row| row.next) else { return self.end(tx).await };
            let outcome = self.write(&mut tx, rows, Some(&mut rehearsal)).await?;
            tx.rollback().await?;
            let mut tx = self.run.tx().await?;
            self.note(&mut tx, place, outcome).await?;
            self.run.commit(tx, self.event()).await?;
        }
    }

    /// All of it in one transaction, or nothing.
    async fn at_once(mut self) -> Result<(), JobError> {
        let mut tx = self.run.tx().await?;
        let mut all = Outcome::default();
        loop {
            let rows = self.source.rows(BATCH, BATCH_BYTES).await?;
            let Some(place) = rows.last().map(|row| row.next) else { break };
            let outcome = self.write(&mut tx, rows, None).await?;
            all.tally = sum(all.tally, outcome.tally);
            all.faults.extend(outcome.faults);
            all.faults.truncate(usize::try_from(MAX_KEPT_ERRORS).unwrap_or(usize::MAX));
            self.import.place = place;
            if all.tally.rows > MAX_ATOMIC {
                let message = format!("an atomic import takes at most {MAX_ATOMIC} rows: split the file");
                return Err(JobError::abort(message));
            }
        }
        let place = self.import.place;
        if all.tally.failed == 0 {
            self.note(&mut tx, place, all).await?;
            return self.end(tx).await;
        }
        tx.rollback().await?;
        let (failed, shown) = (all.tally.failed, all.faults.iter().take(SHOWN).cloned().collect());
        (all.tally.created, all.tally.updated, all.tally.unchanged) = (0, 0, 0);
        let mut tx = self.run.tx().await?;
        errors::clear(&mut tx, self.import.id).await?;
        self.note(&mut tx, place, all).await?;
        self.run.commit(tx, self.event()).await?;
        Err(refused(format!("{failed} rows cannot be taken, so that nothing was written"), shown))
    }

    async fn write(
        &mut self,
        tx: &mut TenantTx,
        rows: Vec<Row>,
        rehearsal: Option<&mut Rehearsal>,
    ) -> Result<Outcome, JobError> {
        let held = self.deps.records.entities().hold(tx, &self.import.entity).await;
        let entity = held.map_err(Error::from)?;
        // They may have been shut out, or another policy be in force, since they asked.
        let rights = self.deps.judge.rights_of(self.run.context(), self.asked_by).await?;
        let guard = Guard::with(rights, "transfer.import_records");
        check_key(&guard, &entity, &self.import.options)?;
        let columns = self.columns(&entity)?;
        let batch = Batch {
            deps: self.deps,
            import: &self.import,
            entity: &entity,
            guard: &guard,
            columns: &columns,
            zone: self.zone,
        };
        let outcome = batch.write(tx, rows, rehearsal).await?;
        self.columns = Some((entity.version, columns));
        Ok(outcome)
    }

    /// What the columns stand for, by the definition in force.
    fn columns(&mut self, entity: &Entity) -> Result<Columns, JobError> {
        if let Some((version, columns)) = self.columns.take()
            && version == entity.version
        {
            return Ok(columns);
        }
        if self.import.format == Format::Jsonl {
            return Ok(Columns(Vec::new()));
        }
        let header = self.import.header.clone().unwrap_or_default();
        Columns::of(entity, &self.import.options, &header.names, header.row)
            .map_err(|faults| refused("the columns of the file cannot be used", faults))
    }

    /// Keeps how far it is and what was wrong, in the transaction of the rows.
    async fn note(&mut self, tx: &mut TenantTx, place: Place, outcome: Outcome) -> Result<(), JobError> {
        errors::insert(tx, self.import.id, self.import.tally.errors, &outcome.faults).await?;
        self.import.place = place;
        self.import.tally = sum(self.import.tally, outcome.tally);
        imports::advance(tx, &self.import).await?;
        set_progress(tx, self.run.id(), self.import.tally.rows, None).await?;
        Ok(())
    }

    /// Ends the import and its operation.
    async fn end(self, mut tx: TenantTx) -> Result<(), JobError> {
        let (id, tally) = (self.import.id, self.import.tally);
        set_progress(&mut tx, self.run.id(), tally.rows, Some(tally.rows)).await?;
        let mut result = serde_json::to_value(tally).map_err(JobError::retry)?;
        if let Some(result) = result.as_object_mut() {
            result.insert("dryRun".to_owned(), json!(self.import.options.dry_run));
        }
        succeed_operation(&mut tx, self.run.id(), result).await?;
        imports::end(&mut tx, id, true).await?;
        delete_upload(&mut tx, self.import.upload).await?;
        self.run.complete(tx, self.event().with("isDone", true)).await
    }

    fn event(&self) -> AuditEvent {
        let tally = self.import.tally;
        event(self.run)
            .about("transfer.import", self.import.id)
            .with("entity", self.import.entity.as_str())
            .with("dryRun", self.import.options.dry_run)
            .with("rows", tally.rows)
            .with("created", tally.created)
            .with("updated", tally.updated)
            .with("unchanged", tally.unchanged)
            .with("failed", tally.failed)
    }
}

fn sum(one: Tally, other: Tally) -> Tally {
    Tally {
        rows: one.rows + other.rows,
        created: one.created + other.created,
        updated: one.updated + other.updated,
        unchanged: one.unchanged + other.unchanged,
        failed: one.failed + other.failed,
        errors: one.errors + other.errors,
    }
}
