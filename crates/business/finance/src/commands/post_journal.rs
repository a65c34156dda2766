//! Posts a draft: it gets its number, counts in the balances, and never changes again.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, LastWrite, TenantTx};
use athyper_kernel_http::{ChangeProblems, Command, NoBody, PathId, ProblemResponse, Reply};
use axum::extract::State;
use serde_json::json;

use crate::Deps;
use crate::access::POST_TO_SOFT_CLOSED;
use crate::entities::JOURNAL;
use crate::error::Error;
use crate::model::journal::{Journal, JournalState, JournalWithLines};
use crate::model::legal_entity::LegalEntity;
use crate::posting::{PostingRights, Read, post_drafted};
use crate::store::{journals, lines, lines::Held};
use athyper_kernel_ledger::totals;

/// Post a journal
///
/// The draft must balance in each of its currencies, its accounts must take postings, and the period of its date must be
/// open. It gets the next number of its year. Budgets that stop refuse what goes beyond them; what those that warn have to say
/// is in `warnings`.
#[utoipa::path(
    post,
    path = "/v1/finance/journals/{id}/post",
    operation_id = "finance.post_journal",
    tag = "finance",
    params(
        ("id" = String, Path, description = "Id of the journal", format = Uuid),
        ("if-match" = Option<String>, Header, description = "ETag of the version that is posted")
    ),
    responses(
        (
            status = 200,
            description = "The posted journal",
            body = JournalWithLines,
            example = json!({"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "number": "JE-2024-000042",
                "date": "2024-01-04", "state": "posted", "postedAt": "2024-01-05T09:00:00Z", "postedBy": "ada",
                "createdAt": "2024-01-04T09:00:00Z", "createdBy": "ada", "version": 2, "lines": [
                    {"lineNo": 1, "account": "Expenses:Financial:Fees", "debit": "4.00", "currency": "USD"},
                    {"lineNo": 2, "account": "Assets:US:BofA:Checking", "credit": "4.00", "currency": "USD"}
                ]})
        ),
        ChangeProblems
    )
)]
pub(crate) async fn post_journal(
    State(deps): State<Deps>,
    PathId(id): PathId<Journal>,
    mut cmd: Command<NoBody>,
) -> Result<Reply, ProblemResponse> {
    let rights = PostingRights { into_soft_closed: cmd.caller().may(POST_TO_SOFT_CLOSED) };
    let to_post = journals::lock_to_post(&mut cmd.tx, id).await?.ok_or(Error::JournalNotFound)?;
    let journal = &to_post.0;
    let caller = cmd.caller().clone();
    deps.records.check_on(&mut cmd.tx, &caller, (JOURNAL, id.uuid()), Error::JournalNotFound).await?;
    cmd.check_version(journal.version)?;
    let (done, last) = execute(&mut cmd.tx, &deps, to_post, rights).await?;
    let reply = Reply::ok(&done.output)?.version(done.output.journal.version);
    cmd.finish_with(last, done.event, reply).await
}

async fn execute(
    tx: &mut TenantTx,
    deps: &Deps,
    (journal, entity, pattern): (Journal, LegalEntity, Option<String>),
    rights: PostingRights,
) -> Result<(Done<JournalWithLines>, LastWrite), Error> {
    if journal.state != JournalState::Draft {
        return Err(Error::JournalNotDraft);
    }
    let Held { lines, accounts, period } = lines::hold(tx, &journal, entity.base_currency).await?;
    let draft = JournalWithLines::of(journal.clone(), lines).into_new();
    let read = Read { accounts, period, pattern };
    let (done, lines, last) = post_drafted(tx, &*deps.control, &entity, &draft, rights, read).await?;

    let posted = JournalWithLines {
        journal: journal.posted(done.number, tx.now(), &tx.context().actor().id),
        lines,
        warnings: done.warnings,
    };
    let event = AuditEvent::info("finance.post_journal")
        .about("finance.journal", posted.journal.id)
        .with("number", posted.journal.number.clone())
        .with("date", posted.journal.date.to_string())
        .with("lines", posted.lines.len())
        .with("totals", json!(totals(posted.lines.iter().map(|line| line.amount))));
    Ok((Done::new(posted, event), last))
}
