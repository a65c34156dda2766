//! Takes back that two records are two things.

use athyper_kernel_entity::EntityKey;
use athyper_kernel_error::Problem;
use athyper_kernel_http::{ChangeProblems, Command, NoBody, ProblemResponse, Reply};
use athyper_kernel_records::{Guard, RecordId, find_records};
use athyper_kernel_types::Id;
use axum::extract::{Path, State};
use uuid::Uuid;

use crate::Deps;
use crate::access::reads;
use crate::commands::create_dismissal::event;
use crate::error::Error;
use crate::store::dismissals;

/// Take a dismissal back
///
/// The two records are told of as duplicates again, as far as rules find them so.
#[utoipa::path(
    delete,
    path = "/v1/duplicates/{entity}/dismissals/{id}",
    operation_id = "duplicates.delete_dismissal",
    tag = "duplicates",
    params(
        ("entity" = String, Path, description = "Key of the entity"),
        ("id" = String, Path, description = "Id of the dismissal", format = Uuid),
        ("if-match" = String, Header, description = "ETag of the dismissal, which never changes: \"1\"")
    ),
    responses((status = 204, description = "It is taken back"), ChangeProblems)
)]
pub(crate) async fn delete_dismissal(
    State(deps): State<Deps>,
    path: Result<Path<(String, Uuid)>, axum::extract::rejection::PathRejection>,
    mut cmd: Command<NoBody>,
) -> Result<Reply, ProblemResponse> {
    let Path((key, id)) = path.map_err(|_| Problem::not_found("dismissal"))?;
    let key = EntityKey::parse(&key).map_err(|_| Problem::not_found("entity"))?;
    let caller = cmd.caller().clone();
    let entity = deps.records.entities().hold(&mut cmd.tx, &key).await?;
    reads(&caller, &entity)?;
    let id = Id::from_uuid(id);
    let pair = dismissals::lock(&mut cmd.tx, entity.id, id).await?.ok_or(Error::DismissalNotFound)?;
    let guard = Guard::of(&caller);
    if !guard.is_free(&entity) {
        // Nothing is told of a record that the caller may not read, or that is gone.
        let ids = [pair.first_id, pair.second_id].map(RecordId::from_uuid);
        let records = find_records(&mut cmd.tx, &entity, &ids).await.map_err(Error::from)?;
        if records.len() < 2 {
            return Err(Error::DismissalNotFound.into());
        }
        for record in &records {
            guard.check(&entity, record).map_err(|error| match error {
                athyper_kernel_records::Error::RecordNotFound => Error::DismissalNotFound,
                error => error.into(),
            })?;
        }
    }
    // A dismissal never changes: its one version is 1.
    cmd.require_version(1)?;
    dismissals::delete(&mut cmd.tx, id).await?;
    let event = event("duplicates.delete_dismissal", &entity, &pair);
    cmd.finish(event, Reply::no_content()).await
}
