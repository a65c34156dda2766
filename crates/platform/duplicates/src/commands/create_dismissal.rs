//! Says of two records that they are two things.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_error::FieldError;
use athyper_kernel_http::{ChangeProblems, Command, Json, ProblemResponse, Reply};
use athyper_kernel_records::{Entity, EntityPath, Guard, RecordId, find_records};
use athyper_kernel_types::Id;
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::Deps;
use crate::access::reads;
use crate::error::Error;
use crate::model::dismissal::{Dismissal, DismissalId, MAX_REASON};
use crate::model::group::pair;
use crate::store::dismissals;

/// Two records.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = duplicates::CreateDismissal)]
pub(crate) struct CreateDismissal {
    /// The ids of the two.
    records: [Uuid; 2],
    /// Why they are two things, for whoever asks later.
    #[serde(default)]
    #[schema(nullable, max_length = 500)]
    reason: Option<String>,
}

/// Dismiss a pair of duplicates
///
/// They are two things: neither lists nor writes tell of the one as a duplicate of the other any more. A pair that was
/// dismissed already stays as it is.
#[utoipa::path(
    post,
    path = "/v1/duplicates/{entity}/dismissals",
    operation_id = "duplicates.create_dismissal",
    tag = "duplicates",
    params(("entity" = String, Path, description = "Key of the entity")),
    request_body(content = CreateDismissal, example = json!({"records": ["019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071",
        "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6072"], "reason": "father and son"})),
    responses((status = 201, description = "The pair", body = Dismissal), ChangeProblems)
)]
pub(crate) async fn create_dismissal(
    State(deps): State<Deps>,
    EntityPath(key): EntityPath,
    mut cmd: Command<Json<CreateDismissal>>,
) -> Result<Reply, ProblemResponse> {
    let caller = cmd.caller().clone();
    let entity = deps.records.entities().hold(&mut cmd.tx, &key).await?;
    reads(&caller, &entity)?;
    let done = execute(&mut cmd.tx, &entity, &Guard::of(&caller), &cmd.body.0).await?;
    let location = format!("/v1/duplicates/{key}/dismissals/{}", done.output.id);
    let reply = Reply::created(location, &done.output)?.version(1);
    cmd.finish(done.event, reply).await
}

async fn execute(
    tx: &mut TenantTx,
    entity: &Entity,
    guard: &Guard,
    input: &CreateDismissal,
) -> Result<Done<Dismissal>, Error> {
    let [one, other] = input.records;
    check(tx, entity, guard, input).await?;
    let (first_id, second_id) = pair(one, other);
    let id: DismissalId = Id::new(tx.clock());
    let new = Dismissal {
        id: id.uuid(),
        first_id,
        second_id,
        reason: input.reason.clone().filter(|reason| !reason.trim().is_empty()),
        made_at: tx.now(),
        made_by: tx.context().actor().id.clone(),
    };
    let kept = dismissals::insert(tx, entity.id, &new).await?;
    let event = event("duplicates.create_dismissal", entity, &kept);
    Ok(Done::new(kept, event))
}

async fn check(
    tx: &mut TenantTx,
    entity: &Entity,
    guard: &Guard,
    input: &CreateDismissal,
) -> Result<(), Error> {
    let ids = input.records.map(RecordId::from_uuid);
    let mut there = find_records(tx, entity, &ids).await?;
    there.retain(|record| guard.instead("records.get_record").shown(entity, record).is_some());
    for record in &there {
        guard.check(entity, record)?;
    }
    let mut errors: Vec<FieldError> = ids
        .iter()
        .enumerate()
        .filter(|(_, id)| there.iter().all(|record| record.id != **id))
        .map(|(at, _)| FieldError::new(format!("/records/{at}"), "unknown_record", "there is no such record"))
        .collect();
    let [one, other] = input.records;
    if one == other {
        errors.push(FieldError::new("/records/1", "repeated", "name two records"));
    }
    if input.reason.as_ref().is_some_and(|reason| reason.chars().count() > MAX_REASON) {
        let message = format!("at most {MAX_REASON} characters");
        errors.push(FieldError::new("/reason", "too_long", message));
    }
    if input.reason.as_ref().is_some_and(|reason| reason.contains('\0')) {
        errors.push(FieldError::new("/reason", "invalid", "a text without the character NUL is expected"));
    }
    if errors.is_empty() { Ok(()) } else { Err(Error::Invalid(errors)) }
}

/// The event of what was said of a pair. The reason is not in it: it may tell of people.
pub(crate) fn event(operation: &str, entity: &Entity, pair: &Dismissal) -> AuditEvent {
    AuditEvent::info(operation)
        .about("duplicates.dismissal", pair.id)
        .with("entity", entity.def.key.as_str())
        .with("first", pair.first_id.to_string())
        .with("second", pair.second_id.to_string())
}
