//! Writes down a draft of a journal.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, LazyTenantTx, TenantTx};
use athyper_kernel_http::{Command, CreateProblems, Json, ProblemResponse, Reply};
use athyper_kernel_ledger::totals;
use athyper_kernel_types::Id;
use serde_json::json;

use crate::error::Error;
use crate::model::account::{Account, AccountCode};
use crate::model::draft::DraftJournal;
use crate::model::journal::{JournalId, JournalWithLines, NewJournal};
use crate::model::legal_entity::LegalEntity;
use crate::store::{accounts, drafts, journals, lines};
use crate::whose_books;

/// Write a draft of a journal
///
/// A draft may be unbalanced, counts in no balance and has no number; it changes freely until it is posted.
#[utoipa::path(
    post,
    path = "/v1/finance/journals",
    operation_id = "finance.create_journal",
    tag = "finance",
    request_body(
        content = DraftJournal,
        example = json!({"date": "2024-01-04", "payee": "BANK FEES", "narration": "Monthly bank fee", "lines": [
            {"account": "Expenses:Financial:Fees", "debit": "4.00"},
            {"account": "Assets:US:BofA:Checking", "credit": "4.00"}
        ]})
    ),
    responses((status = 201, description = "The draft", body = JournalWithLines), CreateProblems)
)]
pub(crate) async fn create_journal(
    mut cmd: Command<Json<DraftJournal>, LazyTenantTx>,
) -> Result<Reply, ProblemResponse> {
    let reply = |written: &JournalWithLines| {
        let location = format!("/v1/finance/journals/{}", written.journal.id);
        Ok::<_, ProblemResponse>(Reply::created(location, written)?.version(written.journal.version))
    };
    if let Some(written) = at_once(&mut cmd).await? {
        return reply(&written);
    }
    let mut cmd = cmd.open().await?;
    let done = execute(&mut cmd.tx, &cmd.body.0).await?;
    let reply = reply(&done.output)?;
    cmd.finish(done.event, reply).await
}

/// Writes the draft down by one statement, where its legal entity and its accounts are there. None where they are not or something
/// else is wrong, which is said of what is held.
async fn at_once(
    cmd: &mut Command<Json<DraftJournal>, LazyTenantTx>,
) -> Result<Option<JournalWithLines>, ProblemResponse> {
    if !cmd.may_finish_at_once() {
        return Ok(None);
    }
    let (tx, input) = (&mut cmd.tx, &cmd.body.0);
    let codes: Vec<&str> = input.accounts().map(AccountCode::as_str).collect();
    let (entities, accounts) = drafts::books(tx, input.entity.as_deref(), &codes).await?;
    let Ok(entity) = whose_books::meant(entities) else { return Ok(None) };
    let Ok(draft) = input.read(Id::new(tx.clock()), &entity, &accounts) else { return Ok(None) };
    let by = (tx.now(), &*tx.context().actor().id);
    let change = drafts::at_once(tx.tenant_id(), by, &draft)?;
    let written = JournalWithLines::drafted(&draft, &entity, &accounts, by);
    Ok(cmd.finish_at_once(change, event(&written)).await?.then_some(written))
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    input: &DraftJournal,
) -> Result<Done<JournalWithLines>, Error> {
    let (entity, accounts, draft) = check(tx, Id::new(tx.clock()), input).await?;

    journals::insert_drafts(tx, std::slice::from_ref(&draft)).await?;
    lines::insert(tx, &lines::of_draft(&draft)).await?;

    let written = JournalWithLines::drafted(&draft, &entity, &accounts, (tx.now(), &tx.context().actor().id));
    let event = event(&written);
    Ok(Done::new(written, event))
}

fn event(written: &JournalWithLines) -> AuditEvent {
    AuditEvent::info("finance.create_journal")
        .about("finance.journal", written.journal.id)
        .with("date", written.journal.date.to_string())
        .with("lines", written.lines.len())
        .with("totals", json!(totals(written.lines.iter().map(|line| line.amount))))
}

/// Reads what a draft says, and finds its legal entity and its accounts, which are held.
pub(crate) async fn check(
    tx: &mut TenantTx,
    id: JournalId,
    input: &DraftJournal,
) -> Result<(LegalEntity, Vec<Account>, NewJournal), Error> {
    let entity = whose_books::find_or_open(tx, input.entity.as_deref(), input.one_currency()).await?;
    let codes: Vec<&AccountCode> = input.accounts().collect();
    let accounts = accounts::hold_by_codes(tx, &codes).await?;
    let draft = input.read(id, &entity, &accounts)?;
    Ok((entity, accounts, draft))
}
