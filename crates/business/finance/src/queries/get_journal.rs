//! Reads one journal with its lines.

use athyper_kernel_db::TenantConnection;
use athyper_kernel_http::{PathId, ProblemResponse, Read, RecordProblems, Reply};
use axum::extract::State;

use crate::Deps;
use crate::entities::JOURNAL;
use crate::error::Error;
use crate::model::journal::{Journal, JournalId, JournalWithLines};
use crate::store::{journals, lines};

/// Get a journal
///
/// With its lines. Its version is its `ETag`.
#[utoipa::path(
    get,
    path = "/v1/finance/journals/{id}",
    operation_id = "finance.get_journal",
    tag = "finance",
    params(("id" = String, Path, description = "Id of the journal", format = Uuid)),
    responses(
        (
            status = 200,
            description = "The journal",
            body = JournalWithLines,
            example = json!({"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "number": "JE-2024-000042",
                "date": "2024-01-04", "payee": "BANK FEES", "narration": "Monthly bank fee", "state": "posted",
                "postedAt": "2024-01-05T09:00:00Z", "postedBy": "ada", "createdAt": "2024-01-04T09:00:00Z",
                "createdBy": "ada", "version": 2, "lines": [
                    {"lineNo": 1, "account": "Expenses:Financial:Fees", "debit": "4.00", "currency": "USD"},
                    {"lineNo": 2, "account": "Assets:US:BofA:Checking", "credit": "4.00", "currency": "USD"}
                ]})
        ),
        RecordProblems
    )
)]
pub(crate) async fn get_journal(
    State(deps): State<Deps>,
    PathId(id): PathId<Journal>,
    mut read: Read,
) -> Result<Reply, ProblemResponse> {
    let caller = read.caller().clone();
    deps.records.check_on(&mut read.tx, &caller, (JOURNAL, id.uuid()), Error::JournalNotFound).await?;
    let journal = load(&mut read.tx, id).await?;
    read.reply(journal.journal.version, &journal)
}

/// The journal with its lines.
///
/// # Errors
/// [`Error::JournalNotFound`].
pub(crate) async fn load(tx: &mut impl TenantConnection, id: JournalId) -> Result<JournalWithLines, Error> {
    let journal = journals::find(tx, id).await?.ok_or(Error::JournalNotFound)?;
    let lines = lines::of_journal(tx, id).await?;
    Ok(JournalWithLines::of(journal, lines))
}
