//! Throws a draft away.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{ChangeProblems, Command, NoBody, PathId, ProblemResponse, Reply};
use axum::extract::State;
use serde_json::json;

use crate::Deps;
use crate::entities::JOURNAL;
use crate::error::Error;
use crate::model::journal::{Journal, JournalState, JournalWithLines};
use crate::store::{journals, lines};

/// Delete a draft
///
/// A posted journal cannot be deleted: reverse it instead. The answer is the draft as it was.
#[utoipa::path(
    delete,
    path = "/v1/finance/journals/{id}",
    operation_id = "finance.delete_journal",
    tag = "finance",
    params(
        ("id" = String, Path, description = "Id of the journal", format = Uuid),
        ("if-match" = String, Header, description = "ETag of the version that is deleted")
    ),
    responses(
        (
            status = 200,
            description = "The draft as it was",
            body = JournalWithLines,
            example = json!({"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "date": "2024-01-04", "state": "draft",
                "createdAt": "2024-01-04T09:00:00Z", "createdBy": "ada", "version": 1, "lines": [
                    {"lineNo": 1, "account": "Expenses:Financial:Fees", "debit": "4.00", "currency": "USD"},
                    {"lineNo": 2, "account": "Assets:US:BofA:Checking", "credit": "4.00", "currency": "USD"}
                ]})
        ),
        ChangeProblems
    )
)]
pub(crate) async fn delete_journal(
    State(deps): State<Deps>,
    PathId(id): PathId<Journal>,
    mut cmd: Command<NoBody>,
) -> Result<Reply, ProblemResponse> {
    let journal = journals::lock(&mut cmd.tx, id).await?.ok_or(Error::JournalNotFound)?;
    let caller = cmd.caller().clone();
    deps.records.check_on(&mut cmd.tx, &caller, (JOURNAL, id.uuid()), Error::JournalNotFound).await?;
    cmd.require_version(journal.version)?;
    let done = execute(&mut cmd.tx, &journal).await?;
    let reply = Reply::ok(&done.output)?;
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(tx: &mut TenantTx, journal: &Journal) -> Result<Done<JournalWithLines>, Error> {
    if journal.state != JournalState::Draft {
        return Err(Error::JournalNotDraft);
    }
    let lines = lines::take(tx, journal.id).await?;
    let deleted = JournalWithLines::of(journal.clone(), lines);
    journals::delete_draft(tx, journal.id).await?;

    let event = AuditEvent::info("finance.delete_journal")
        .about("finance.journal", journal.id)
        .with("deleted", json!(deleted));
    Ok(Done::new(deleted, event))
}
