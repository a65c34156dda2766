//! Reads one occurrence.

use athyper_kernel_http::{PathId, ProblemResponse, Read, RecordProblems, Reply};
use axum::extract::State;

use crate::Deps;
use crate::entities::OCCURRENCE;
use crate::error::Error;
use crate::model::occurrence::Occurrence;
use crate::store::occurrences;

/// Get an occurrence
#[utoipa::path(
    get,
    path = "/v1/recurring/occurrences/{id}",
    operation_id = "recurring.get_occurrence",
    tag = "recurring",
    params(("id" = String, Path, description = "Id of the occurrence", format = Uuid)),
    responses(
        (
            status = 200,
            description = "The occurrence",
            body = Occurrence,
            example = json!({"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6072", "entry": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "entity": "main",
                "number": 2, "step": "post", "dueOn": "2025-02-28", "state": "made", "attempts": 1, "journal": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6073",
                "journalNumber": "JE-2025-000042", "version": 2,
                "createdAt": "2025-02-28T05:20:00Z", "createdBy": "system"})
        ),
        RecordProblems
    )
)]
pub(crate) async fn get_occurrence(
    State(deps): State<Deps>,
    PathId(id): PathId<Occurrence>,
    mut read: Read,
) -> Result<Reply, ProblemResponse> {
    let caller = read.caller().clone();
    deps.records.check_on(&mut read.tx, &caller, (OCCURRENCE, id.uuid()), Error::OccurrenceNotFound).await?;
    let found = occurrences::find(&mut read.tx, id).await?.ok_or(Error::OccurrenceNotFound)?;
    read.reply(found.version, &found)
}
