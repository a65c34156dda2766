//! Leaves an occurrence out.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{ChangeProblems, Command, Json, PathId, ProblemResponse, Reply};
use athyper_kernel_types::Reason;
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::Deps;
use crate::entities::OCCURRENCE;
use crate::error::{Error, problem};
use crate::model::occurrence::{Occurrence, OccurrenceState};
use crate::store::occurrences;

/// Why.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = recurring::SkipOccurrence)]
pub(crate) struct SkipOccurrence {
    /// Why; it is kept with the occurrence and in the audit trail.
    #[schema(value_type = String, min_length = 1, max_length = 500)]
    reason: Reason,
}

/// Skip an occurrence
///
/// One that is planned or failed is not made, for a stated reason. It stays in the list.
#[utoipa::path(
    post,
    path = "/v1/recurring/occurrences/{id}/skip",
    operation_id = "recurring.skip_occurrence",
    tag = "recurring",
    params(
        ("id" = String, Path, description = "Id of the occurrence", format = Uuid),
        ("if-match" = Option<String>, Header, description = "ETag of the version that is meant")
    ),
    request_body(content = SkipOccurrence, example = json!({"reason": "The landlord waived the rent of February"})),
    responses(
        (
            status = 200,
            description = "The occurrence as it is now",
            body = Occurrence,
            example = json!({"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6072", "entry": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "entity": "main",
                "number": 2, "step": "post", "dueOn": "2025-02-28", "state": "skipped", "attempts": 1, "reason": "The landlord waived the rent of February",
                "version": 2,
                "createdAt": "2025-02-28T05:20:00Z", "createdBy": "system"})
        ),
        ChangeProblems
    )
)]
pub(crate) async fn skip_occurrence(
    State(deps): State<Deps>,
    PathId(id): PathId<Occurrence>,
    mut cmd: Command<Json<SkipOccurrence>>,
) -> Result<Reply, ProblemResponse> {
    let found = occurrences::lock(&mut cmd.tx, id).await?.ok_or(Error::OccurrenceNotFound)?;
    let caller = cmd.caller().clone();
    deps.records.check_on(&mut cmd.tx, &caller, (OCCURRENCE, id.uuid()), Error::OccurrenceNotFound).await?;
    cmd.check_version(found.version)?;
    let reason = cmd.body.0.reason.as_str().to_owned();
    let done = execute(&mut cmd.tx, found, &reason).await.map_err(problem)?;
    let reply = Reply::ok(&done.output)?.version(done.output.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    mut occurrence: Occurrence,
    reason: &str,
) -> Result<Done<Occurrence>, Error> {
    if !occurrence.state.is_open() {
        return Err(Error::OccurrenceState(occurrence.state));
    }
    occurrence.state = OccurrenceState::Skipped;
    occurrence.reason = Some(reason.to_owned());
    occurrences::update(tx, &occurrence).await?;

    occurrence.version += 1;
    let event = AuditEvent::info("recurring.skip_occurrence")
        .about(OCCURRENCE, occurrence.id)
        .with("dueOn", occurrence.due_on.to_string())
        .with("reason", reason);
    Ok(Done::new(occurrence, event))
}
