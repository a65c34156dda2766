//! Replaces what a draft says.

use athyper_kernel_audit::{AuditEvent, changes};
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{ChangeProblems, Command, Json, PathId, ProblemResponse, Reply};
use axum::extract::State;

use crate::Deps;
use crate::commands::create_journal::check;
use crate::entities::JOURNAL;
use crate::error::Error;
use crate::model::draft::DraftJournal;
use crate::model::journal::{Journal, JournalState, JournalWithLines};
use crate::queries::get_journal;
use crate::store::{journals, lines};

/// Replace a draft
///
/// The draft says from then on what is sent, its lines included. A posted journal never changes: reverse it instead.
#[utoipa::path(
    put,
    path = "/v1/finance/journals/{id}",
    operation_id = "finance.update_journal",
    tag = "finance",
    params(
        ("id" = String, Path, description = "Id of the journal", format = Uuid),
        ("if-match" = String, Header, description = "ETag of the version that is replaced")
    ),
    request_body(
        content = DraftJournal,
        example = json!({"date": "2024-01-05", "lines": [
            {"account": "Expenses:Financial:Fees", "debit": "4.50"},
            {"account": "Assets:US:BofA:Checking", "credit": "4.50", "memo": "with the tax"}
        ]})
    ),
    responses((status = 200, description = "The draft as it is now", body = JournalWithLines), ChangeProblems)
)]
pub(crate) async fn update_journal(
    State(deps): State<Deps>,
    PathId(id): PathId<Journal>,
    mut cmd: Command<Json<DraftJournal>>,
) -> Result<Reply, ProblemResponse> {
    let journal = journals::lock(&mut cmd.tx, id).await?.ok_or(Error::JournalNotFound)?;
    let caller = cmd.caller().clone();
    deps.records.check_on(&mut cmd.tx, &caller, (JOURNAL, id.uuid()), Error::JournalNotFound).await?;
    cmd.require_version(journal.version)?;
    let done = execute(&mut cmd.tx, &journal, &cmd.body.0).await?;
    let reply = Reply::ok(&done.output)?.version(done.output.journal.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    journal: &Journal,
    input: &DraftJournal,
) -> Result<Done<JournalWithLines>, Error> {
    if journal.state != JournalState::Draft {
        return Err(Error::JournalNotDraft);
    }
    let lines = lines::take(tx, journal.id).await?;
    let before = JournalWithLines::of(journal.clone(), lines);
    let (_, _, draft) = check(tx, journal.id, input).await?;

    lines::insert(tx, &lines::of_draft(&draft)).await?;
    journals::update_draft(tx, &draft).await?;

    let after = get_journal::load(tx, journal.id).await?;
    let event = AuditEvent::info("finance.update_journal")
        .about("finance.journal", journal.id)
        .with("changes", changes(&before, &after));
    Ok(Done::new(after, event))
}
