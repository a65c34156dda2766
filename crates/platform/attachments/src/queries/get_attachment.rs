//! Reads what is known of a file.

use athyper_kernel_http::{NoQuery, PathId, ProblemResponse, Read, RecordProblems, Reply};
use athyper_kernel_records::EntityId;
use axum::extract::State;

use crate::Deps;
use crate::body::{AttachmentBody, Holder};
use crate::queries::{AttachmentMarker, find};
use crate::store::attachments::Attachment;

/// Read what is known of a file
#[utoipa::path(
    get,
    path = "/v1/records/attachments/{id}",
    operation_id = "attachments.get_attachment",
    tag = "attachments",
    params(("id" = String, Path, description = "Id of the file", format = Uuid)),
    responses((status = 200, description = "What is known of the file", body = AttachmentBody), RecordProblems)
)]
pub(crate) async fn get_attachment(
    State(deps): State<Deps>,
    PathId(id): PathId<AttachmentMarker>,
    mut read: Read<NoQuery>,
) -> Result<Reply, ProblemResponse> {
    let caller = read.caller().clone();
    let file = find(&mut read.tx, &deps, &caller, id).await?;
    let holder = match (file.entity_id, file.record_id) {
        (Some(entity), Some(id)) => {
            let entity = EntityId::from_uuid(entity);
            let keys = deps.records.entities().keys_of(&mut read.tx, &[entity]).await?;
            keys.get(&entity).map(|entity| Holder { entity: entity.clone(), id })
        }
        _ => None,
    };
    read.reply(version(&file), &AttachmentBody::of(&file, holder))
}

/// What tells one state of a file from another: only who holds it changes.
fn version(file: &Attachment) -> i64 {
    let holder = file.record_id.map_or(1, |record| record.as_u128() & u128::from(u32::MAX));
    i64::try_from(holder).unwrap_or(1)
}
