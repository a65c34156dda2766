//! Takes back what an occurrence has posted.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{ChangeProblems, Command, Json, PathId, ProblemResponse, Reply};
use athyper_kernel_types::Reason;
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::Deps;
use crate::access::POST_TO_SOFT_CLOSED;
use crate::entities::OCCURRENCE;
use crate::error::{Error, problem};
use crate::making::{hold_for, source};
use crate::model::occurrence::{Occurrence, OccurrenceState, Step};
use crate::store::{entries, occurrences};

/// Why.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = recurring::UndoOccurrence)]
pub(crate) struct UndoOccurrence {
    /// Why; it is kept with the occurrence and in the audit trail.
    #[schema(value_type = String, min_length = 1, max_length = 500)]
    reason: Reason,
}

/// Undo an occurrence
///
/// Its journal is reversed, on its day or the first later one that takes postings. Its own reversal, if one was to come, is skipped; where
/// that was made already, nothing is left to undo. Of allocation keys that fall due on one day the last is undone first.
#[utoipa::path(
    post,
    path = "/v1/recurring/occurrences/{id}/undo",
    operation_id = "recurring.undo_occurrence",
    tag = "recurring",
    params(
        ("id" = String, Path, description = "Id of the occurrence", format = Uuid),
        ("if-match" = Option<String>, Header, description = "ETag of the version that is meant")
    ),
    request_body(content = UndoOccurrence, example = json!({"reason": "The invoice came before the month was closed"})),
    responses(
        (
            status = 200,
            description = "The occurrence as it is now",
            body = Occurrence,
            example = json!({"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6072", "entry": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "entity": "main",
                "number": 2, "step": "post", "dueOn": "2025-02-28", "state": "undone", "attempts": 1, "reason": "The invoice came before the month was closed", "journal": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6073",
                "journalNumber": "JE-2025-000042", "version": 2,
                "createdAt": "2025-02-28T05:20:00Z", "createdBy": "system"})
        ),
        ChangeProblems
    )
)]
pub(crate) async fn undo_occurrence(
    State(deps): State<Deps>,
    PathId(id): PathId<Occurrence>,
    mut cmd: Command<Json<UndoOccurrence>>,
) -> Result<Reply, ProblemResponse> {
    hold_for(&mut cmd.tx, &deps, id).await.map_err(problem)?;
    let found = occurrences::lock(&mut cmd.tx, id).await?.ok_or(Error::OccurrenceNotFound)?;
    let caller = cmd.caller().clone();
    deps.records.check_on(&mut cmd.tx, &caller, (OCCURRENCE, id.uuid()), Error::OccurrenceNotFound).await?;
    cmd.check_version(found.version)?;
    let into_soft_closed = cmd.caller().may(POST_TO_SOFT_CLOSED);
    let reason = cmd.body.0.reason.as_str().to_owned();
    let done = execute(&mut cmd.tx, &deps, found, &reason, into_soft_closed).await.map_err(problem)?;
    let reply = Reply::ok(&done.output)?.version(done.output.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    deps: &Deps,
    mut occurrence: Occurrence,
    reason: &str,
    into_soft_closed: bool,
) -> Result<Done<Occurrence>, Error> {
    if occurrence.state != OccurrenceState::Made {
        return Err(Error::OccurrenceState(occurrence.state));
    }
    if occurrence.step == Step::Reverse {
        return Err(Error::IsReversal);
    }
    let entry = entries::find(tx, occurrence.entry).await?.ok_or(Error::EntryNotFound)?;
    if let Some(key) = &entry.allocation {
        let after = (entry.entity.as_str(), occurrence.due_on, key.sequence);
        if let Some(name) = occurrences::made_after(tx, after).await? {
            return Err(Error::LaterKeyMade(name));
        }
    }
    let number = (occurrence.entry, occurrence.number, Step::Reverse);
    if let Some(reversal) = occurrences::of_number(tx, number).await? {
        let mut reversal = occurrences::lock(tx, reversal).await?.ok_or(Error::OccurrenceNotFound)?;
        if reversal.state == OccurrenceState::Made {
            return Err(Error::ReversedAlready);
        }
        reversal.state = OccurrenceState::Skipped;
        reversal.reason = Some(reason.to_owned());
        occurrences::update(tx, &reversal).await?;
    }
    let source = source(occurrence.id);
    let reversed = deps.ledger.reverse(tx, &source, None, Some(reason), into_soft_closed).await?;
    occurrence.state = OccurrenceState::Undone;
    occurrence.reason = Some(reason.to_owned());
    occurrences::update(tx, &occurrence).await?;

    occurrence.version += 1;
    let event = AuditEvent::info("recurring.undo_occurrence")
        .about(OCCURRENCE, occurrence.id)
        .with("dueOn", occurrence.due_on.to_string())
        .with("reversal", reversed.journal.to_string())
        .with("reason", reason);
    Ok(Done::new(occurrence, event))
}
