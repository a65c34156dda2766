//! Undoes a netting in the books of both.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{ChangeProblems, Command, Json, PathId, ProblemResponse, Reply};
use athyper_kernel_ledger::Day;
use athyper_kernel_types::Reason;
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::Deps;
use crate::access::POST_TO_SOFT_CLOSED;
use crate::entities::NETTING;
use crate::error::{Error, problem};
use crate::model::netting::{Netting, NettingMark, NettingState};
use crate::store::nettings;

/// Why, and when.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = group::UndoNetting)]
pub(crate) struct UndoNetting {
    /// Why; it is kept.
    #[schema(value_type = String, min_length = 1, max_length = 500)]
    reason: Reason,
    /// The day in the books of both; that of the netting where it is left out.
    #[schema(value_type = Option<String>, format = Date)]
    date: Option<Day>,
}

/// Undo a netting
///
/// Its journals are reversed in the books of both on the same day, or in neither; once. What it settled is open again, and the item of the
/// rest is gone: where that was settled by something else, undo that first.
#[utoipa::path(
    post,
    path = "/v1/group/nettings/{id}/undo",
    operation_id = "group.undo_netting",
    tag = "group",
    params(
        ("id" = String, Path, description = "Id of the netting", format = Uuid),
        ("if-match" = Option<String>, Header, description = "ETag of the version that is undone")
    ),
    request_body(content = UndoNetting, example = json!({"reason": "The invoice was not due yet", "date": "2025-04-01"})),
    responses((status = 200, description = "The netting as it is now", body = Netting), ChangeProblems)
)]
pub(crate) async fn undo_netting(
    State(deps): State<Deps>,
    PathId(id): PathId<NettingMark>,
    mut cmd: Command<Json<UndoNetting>>,
) -> Result<Reply, ProblemResponse> {
    let into_soft_closed = cmd.caller().may(POST_TO_SOFT_CLOSED);
    let found = nettings::lock(&mut cmd.tx, id).await?.ok_or(Error::NettingNotFound)?;
    let caller = cmd.caller().clone();
    deps.records.check_on(&mut cmd.tx, &caller, (NETTING, id.uuid()), Error::NettingNotFound).await?;
    cmd.check_version(found.version)?;
    let done = execute(&mut cmd.tx, &deps, found, &cmd.body.0, into_soft_closed).await.map_err(problem)?;
    let reply = Reply::ok(&done.output)?.version(done.output.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    deps: &Deps,
    mut netting: Netting,
    input: &UndoNetting,
    into_soft_closed: bool,
) -> Result<Done<Netting>, Error> {
    if netting.state == NettingState::Undone {
        return Err(Error::NettingUndone);
    }
    // The ledger would look for the next day that takes postings in each of the books, and find two.
    let date = input.date.map_or(netting.date, Day::date);
    if date < netting.date {
        return Err(Error::field("/date", "before_netting", "the day is before that of the netting"));
    }
    let reason = input.reason.as_str();
    for is_partner in [false, true] {
        let source = netting.source(is_partner);
        let reversed = deps.ledger.reverse(tx, &source, Some(date), Some(reason), into_soft_closed).await?;
        let books = if is_partner { &mut netting.partner } else { &mut netting.entity };
        books.reversal = Some(reversed.journal);
    }
    netting.state = NettingState::Undone;
    netting.undone_on = Some(date);
    netting.undone_because = Some(reason.to_owned());
    nettings::set_undone(tx, &netting).await?;

    netting.version += 1;
    let event = AuditEvent::info("group.undo_netting")
        .about(NETTING, netting.id)
        .with("date", date.to_string())
        .with("reason", reason);
    Ok(Done::new(netting, event))
}
