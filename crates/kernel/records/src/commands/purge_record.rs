//! Removes a deleted record and its past for good.

use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{ChangeProblems, Command, NoBody, ProblemResponse, Reply};
use athyper_kernel_record_model::{Entity, Error, Record};
use axum::extract::State;

use crate::Deps;
use crate::catalogue::Entities;
use crate::commands::event;
use crate::guard::Guard;
use crate::path::RecordPath;
use crate::ports::Holder;
use crate::store::{matches, records, revisions, traces};

/// Purge a deleted record
///
/// It and its history are gone after that. Only a record that is deleted can be purged.
#[utoipa::path(
    post,
    path = "/v1/records/{entity}/{id}/purge",
    operation_id = "records.purge_record",
    tag = "records",
    params(
        ("entity" = String, Path, description = "Key of the entity"),
        ("id" = String, Path, description = "Id of the record", format = Uuid),
        ("if-match" = Option<String>, Header, description = "ETag of the version that is purged")
    ),
    responses((status = 204, description = "It is gone"), ChangeProblems)
)]
pub(crate) async fn purge_record(
    State(deps): State<Deps>,
    RecordPath(key, id): RecordPath,
    mut cmd: Command<NoBody>,
) -> Result<Reply, ProblemResponse> {
    let entity = deps.to_write(&mut cmd, &key).await?;
    let record = records::lock(&mut cmd.tx, &entity, id).await?.ok_or(Error::RecordNotFound)?;
    let guard = Guard::of(cmd.caller());
    guard.check(&entity, &record)?;
    cmd.check_version(record.version)?;
    let done = execute(&mut cmd.tx, &deps.entities, &entity, &record).await?;
    cmd.finish(done.event, Reply::no_content()).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    entities: &Entities,
    entity: &Entity,
    record: &Record,
) -> Result<Done<()>, Error> {
    entity.must_be_written_here()?;
    if record.deleted.is_none() {
        return Err(Error::RecordNotDeleted);
    }
    entities.attachments().release(tx, Holder { entity: entity.id, record: record.id }).await?;
    traces::clear(tx, entity.id, record.id).await?;
    revisions::purge(tx, entity.id, record.id).await?;
    matches::forget(tx, entity.id, record.id).await?;
    records::purge(tx, entity, record.id).await?;
    Ok(Done::new((), event("records.purge_record", entity, record)))
}
