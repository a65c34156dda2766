//! Merges records into one of them.

use std::collections::{BTreeMap, BTreeSet};

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_error::{FieldError, Problem};
use athyper_kernel_http::{Caller, ChangeProblems, Command, Json, ProblemResponse, Reply};
use athyper_kernel_records::{
    Entities, Entity, Guard, Merge, Merged, Record, RecordBody, RecordId, RecordPath, lock_records,
    merge_records as merge,
};
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::Deps;
use crate::access::merges;
use crate::error::Error;
use crate::model::choice::{Choice, choose};

/// Most records that are merged into one by a request.
const MAX_OTHERS: usize = 20;

/// What is merged into the record.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = duplicates::MergeRecords)]
pub(crate) struct MergeRecords {
    /// The records that go, 1 to 20 of them.
    others: Vec<Other>,
    /// By the key of a field, the id of the record whose value it gets; `all` for all that the records have, where the field's
    /// values are lists. A field that is left out keeps its value, and gets that of the first of the others which has one
    /// where it has none.
    #[serde(default)]
    #[schema(value_type = BTreeMap<String, String>)]
    take: BTreeMap<String, Choice>,
}

/// A record that goes.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = duplicates::MergedRecord)]
pub(crate) struct Other {
    /// Its id.
    #[schema(value_type = String, format = Uuid)]
    id: RecordId,
    /// The version of it that was looked at.
    version: i64,
}

/// What became of a merge.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = duplicates::MergeResult)]
pub(crate) struct MergeResult {
    /// The record that stayed, as it is now.
    #[schema(value_type = RecordBody)]
    record: Value,
    /// The ids of those that went.
    #[schema(value_type = Vec<String>)]
    merged: Vec<RecordId>,
    /// How many records of which entities refer to the one that stayed and referred to the others.
    moved: BTreeMap<String, usize>,
}

/// Merge records into one
///
/// What refers to the others refers to the one that stays, in the same transaction; at most 1,000 records can be changed so. The
/// others are deleted and cannot be restored; reading one tells in `mergedInto` where it went. Takes the rights to change and to
/// delete records as well.
#[utoipa::path(
    post,
    path = "/v1/duplicates/{entity}/records/{id}/merge",
    operation_id = "duplicates.merge_records",
    tag = "duplicates",
    params(
        ("entity" = String, Path, description = "Key of the entity"),
        ("id" = String, Path, description = "Id of the record that stays", format = Uuid),
        ("if-match" = String, Header, description = "ETag of the version of the record that stays")
    ),
    request_body(content = MergeRecords, example = json!({
        "others": [{"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6072", "version": 3}],
        "take": {"email": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6072", "tags": "all"}
    })),
    responses((status = 200, description = "The record that stayed", body = MergeResult), ChangeProblems)
)]
pub(crate) async fn merge_records(
    State(deps): State<Deps>,
    RecordPath(key, id): RecordPath,
    mut cmd: Command<Json<MergeRecords>>,
) -> Result<Reply, ProblemResponse> {
    let caller = cmd.caller().clone();
    let entity = deps.records.entities().hold(&mut cmd.tx, &key).await?;
    merges(&caller, &entity)?;
    let guard = Guard::of(&caller);
    let (survivor, others) = locked(&mut cmd.tx, &entity, &guard, id, &cmd.body.0.others).await?;
    cmd.require_version(survivor.version)?;
    check_versions(&cmd.body.0.others, &others)?;
    let records = (survivor, others);
    let done =
        execute(&mut cmd.tx, deps.records.entities(), &entity, &caller, records, &cmd.body.0.take).await?;
    let reply = Reply::ok(&done.output.1)?.version(done.output.0);
    cmd.finish(done.event, reply).await
}

/// The record that stays and those that go, in their order, locked.
async fn locked(
    tx: &mut TenantTx,
    entity: &Entity,
    guard: &Guard,
    id: RecordId,
    others: &[Other],
) -> Result<(Record, Vec<Record>), Error> {
    let mut errors = Vec::new();
    if !(1..=MAX_OTHERS).contains(&others.len()) {
        errors.push(FieldError::new("/others", "length", format!("name 1 to {MAX_OTHERS} records")));
        return Err(Error::Invalid(errors));
    }
    let ids: Vec<RecordId> = std::iter::once(id).chain(others.iter().map(|other| other.id)).collect();
    let mut found = lock_records(tx, entity, &ids).await?;
    let survivor = found.remove(&id).ok_or(athyper_kernel_records::Error::RecordNotFound)?;
    let reads = guard.instead("records.get_record");
    found.retain(|_, record| reads.shown(entity, record).is_some());
    guard.check(entity, &survivor)?;
    let mut seen = BTreeSet::from([id]);
    let mut going = Vec::with_capacity(others.len());
    for (at, other) in others.iter().enumerate() {
        let mut fault = |code: &str, message: &str| {
            errors.push(FieldError::new(format!("/others/{at}/id"), code, message));
        };
        if !seen.insert(other.id) {
            fault("repeated", "this record is named twice");
            continue;
        }
        match found.remove(&other.id) {
            None => fault("unknown_record", "there is no such record"),
            Some(record) => going.push(record),
        }
    }
    if errors.is_empty() { Ok((survivor, going)) } else { Err(Error::Invalid(errors)) }
}

/// Whether the records that go have the versions that were looked at.
fn check_versions(named: &[Other], found: &[Record]) -> Result<(), Problem> {
    for (at, (other, record)) in named.iter().zip(found).enumerate() {
        if other.version != record.version {
            let message = format!("the record has version {} now", record.version);
            let pointer = format!("/others/{at}/version");
            let field = FieldError::new(pointer, "version_changed", message);
            return Err(Problem::version_changed(record.version).with_fields(vec![field]));
        }
    }
    Ok(())
}

async fn execute(
    tx: &mut TenantTx,
    entities: &Entities,
    entity: &Entity,
    caller: &Caller,
    (survivor, others): (Record, Vec<Record>),
    take: &BTreeMap<String, Choice>,
) -> Result<Done<(i64, MergeResult)>, Error> {
    let guard = Guard::of(caller);
    let mut shown = Vec::with_capacity(others.len() + 1);
    for record in std::iter::once(&survivor).chain(&others) {
        let of_one = guard.check(entity, record)?;
        of_one.check_sent("/take", take.keys())?;
        shown.push(of_one);
    }
    let mut values = choose(entity, &survivor, &others, take).map_err(Error::Invalid)?;
    // What is hidden on one of them is not carried to where it may not be.
    values.retain(|key, _| shown.iter().all(|shown| shown.has(key)));
    let went: Vec<Value> =
        others.iter().map(|other| json!({"id": other.id, "version": other.version})).collect();
    let merged: Vec<RecordId> = others.iter().map(|other| other.id).collect();

    let Merged { record, changed, moved } =
        Box::pin(merge(tx, entities, entity, caller, Merge { survivor, others, values })).await?;

    let event = AuditEvent::info("duplicates.merge_records")
        .about(entity.def.key.as_str(), record.id)
        .with("entity", entity.def.key.as_str())
        .with("entityVersion", entity.version)
        .with("version", record.version)
        .with("merged", Value::Array(went))
        .with("changed", json!(changed))
        .with(
            "moved",
            moved.iter().map(|(entity, id)| json!({"entity": entity, "id": id})).collect::<Value>(),
        );
    let mut counted: BTreeMap<String, usize> = BTreeMap::new();
    for (key, _) in moved {
        *counted.entry(key).or_default() += 1;
    }
    let result = MergeResult {
        record: record.to_json(&entity.def, &guard.answer(entity, &record), None),
        merged,
        moved: counted,
    };
    Ok(Done::new((record.version, result), event))
}
