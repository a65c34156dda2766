//! Reads one record.

use athyper_kernel_db::{DbError, LazyReadTx, ReadTx};
use athyper_kernel_http::{ProblemResponse, Read, RecordProblems, Reply};
use athyper_kernel_record_model::{Entity, Error, Members, RecordId, Stored, listed, names};
use axum::extract::State;
use serde::Deserialize;
use uuid::Uuid;

use crate::Deps;
use crate::body::RecordBody;
use crate::expand::expand;
use crate::guard::Guard;
use crate::path::RecordPath;
use crate::queries::list_records::ROOM;
use crate::store::{matches, records};

/// How much of a record.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct GetRecord {
    /// Fields to give, separated by commas; all when left out.
    fields: Option<String>,
    /// What is given too, in `expanded`, as in a list.
    expand: Option<String>,
}

/// Read a record
///
/// A deleted one too: its `deletedAt` says so, and `mergedInto` which record has taken its place.
#[utoipa::path(
    get,
    path = "/v1/records/{entity}/{id}",
    operation_id = "records.get_record",
    tag = "records",
    params(
        ("entity" = String, Path, description = "Key of the entity"),
        ("id" = String, Path, description = "Id of the record", format = Uuid),
        GetRecord
    ),
    responses((status = 200, description = "The record", body = RecordBody), RecordProblems)
)]
pub(crate) async fn get_record(
    State(deps): State<Deps>,
    RecordPath(key, id): RecordPath,
    mut read: Read<GetRecord, LazyReadTx>,
) -> Result<Reply, ProblemResponse> {
    let entity = deps.to_read(&mut read, &key).await?;
    let guard = Guard::of(read.caller());
    let row = records::row(&mut read.tx, &entity, id, "").await?.ok_or(Error::RecordNotFound)?;
    let stored = records::stored(&row, 0)?;
    let names =
        |fields: &Option<String>| fields.as_deref().map(|text| names(&entity, "fields", text)).transpose();
    if stored.deleted.is_none() && read.query.expand.is_none() && guard.is_unasked(&entity) {
        let fields = names(&read.query.fields)?;
        return Ok(as_stored(&mut read, &stored, &Members::of(&entity, fields.as_deref()))?);
    }
    let record = stored.into_record(&entity)?;
    let shown = guard.check(&entity, &record)?;
    let fields = names(&read.query.fields)?;
    let mut json = record.as_shown(&entity.def, &shown, fields.as_deref());
    if record.deleted.is_some()
        && let Some(survivor) = survivor(read.tx.opened().await?, &entity, &guard, id).await?
    {
        json = json.with("mergedInto", survivor.to_string().into());
    }
    let Some(asked) = read.query.expand.as_deref() else {
        // What is withheld may be another part tomorrow, and the version says nothing of that.
        let reply = if shown.is_whole() { read.reply(record.version, &json)? } else { Reply::ok(&json)? };
        return Ok(reply.version(record.version));
    };

    let expanded = listed("expand", asked)?;
    shown.check_named(&expanded)?;
    let rows = std::slice::from_ref(&record);
    let others = expand(read.tx.opened().await?, &deps.entities, &entity, &guard, rows, &expanded).await?;
    // What others are now is not told by this record's version.
    Ok(Reply::ok(&json.with("expanded", others.of(&record, &expanded)))?.version(record.version))
}

/// The answer with a record of which nothing is withheld and nobody looks into.
fn as_stored(
    read: &mut Read<GetRecord, LazyReadTx>,
    stored: &Stored<'_>,
    members: &Members<'_>,
) -> Result<Reply, DbError> {
    read.tx.done();
    if read.has(stored.version) {
        return Ok(Reply::not_modified().version(stored.version));
    }
    let mut json = Vec::with_capacity(ROOM);
    members.write(stored, &mut json)?;
    Ok(Reply::written(json).version(stored.version))
}

/// The record that this one was merged into, where the caller may read it.
async fn survivor(
    tx: &mut ReadTx,
    entity: &Entity,
    guard: &Guard,
    id: RecordId,
) -> Result<Option<Uuid>, Error> {
    let Some((_, survivor)) = matches::merged_into(tx, entity.id, &[id.uuid()]).await?.pop() else {
        return Ok(None);
    };
    let record = records::find(tx, entity, RecordId::from_uuid(survivor)).await?;
    Ok(record.filter(|record| guard.shown(entity, record).is_some()).map(|record| record.id.uuid()))
}
