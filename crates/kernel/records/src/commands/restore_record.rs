//! Brings a deleted record back.

use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{ChangeProblems, Command, NoBody, ProblemResponse, Reply};
use athyper_kernel_record_model::{Entity, Error, Record, RecordId};
use axum::extract::State;

use crate::body::RecordBody;
use crate::catalogue::Entities;
use crate::commands::{event, update_record};
use crate::guard::Guard;
use crate::matches::told;
use crate::path::RecordPath;
use crate::store::{matches, records};
use crate::{Deps, named, write};

/// Restore a record
///
/// It comes back as it was, unless another record has taken a value of it that comes once, or a record that it names is gone.
/// What it names and was merged into another record meanwhile is that one. A record that was merged itself does not come back.
#[utoipa::path(
    post,
    path = "/v1/records/{entity}/{id}/restore",
    operation_id = "records.restore_record",
    tag = "records",
    params(
        ("entity" = String, Path, description = "Key of the entity"),
        ("id" = String, Path, description = "Id of the record", format = Uuid),
        ("if-match" = Option<String>, Header, description = "ETag of the version that is restored")
    ),
    responses((status = 200, description = "The record", body = RecordBody), ChangeProblems)
)]
pub(crate) async fn restore_record(
    State(deps): State<Deps>,
    RecordPath(key, id): RecordPath,
    mut cmd: Command<NoBody>,
) -> Result<Reply, ProblemResponse> {
    let entity = deps.to_write(&mut cmd, &key).await?;
    let record = records::lock(&mut cmd.tx, &entity, id).await?.ok_or(Error::RecordNotFound)?;
    let guard = Guard::of(cmd.caller());
    guard.check(&entity, &record)?;
    cmd.check_version(record.version)?;
    let done = execute(&mut cmd.tx, &deps.entities, &entity, &guard, record).await;
    let done = told(&mut cmd.tx, &guard, &entity, done).await?;
    let shown = guard.answer(&entity, &done.output);
    let reply = Reply::ok(&done.output.to_json(&entity.def, &shown, None))?.version(done.output.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    entities: &Entities,
    entity: &Entity,
    guard: &Guard,
    record: Record,
) -> Result<Done<Record>, Error> {
    let shown = guard.check(entity, &record)?;
    entity.must_be_written_here()?;
    if record.deleted.is_none() {
        return Err(Error::RecordNotDeleted);
    }
    if let Some((_, survivor)) = matches::merged_into(tx, entity.id, &[record.id.uuid()]).await?.first() {
        let survivor = RecordId::from_uuid(*survivor);
        let found = records::find(tx, entity, survivor).await?;
        let is_shown = found.is_some_and(|found| guard.shown(entity, &found).is_some());
        // Where it went is not for everybody.
        let refused = Error::Refused("records.restore_record".into());
        return Err(if is_shown { Error::Merged(survivor) } else { refused });
    }
    let mut values = record.values.clone();
    named::follow(tx, entities, entity, &mut values).await?;
    let record = Record { deleted: None, ..update_record::next(tx, record, values) };
    guard.check_after(entity, &record)?;
    write::store(tx, entities, entity, &record, "restore").await.map_err(|error| shown.told(error))?;
    let event = event("records.restore_record", entity, &record);
    Ok(Done::new(record, event))
}
