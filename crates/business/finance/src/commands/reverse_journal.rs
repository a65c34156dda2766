//! Reverses a posted journal: posts its mirror, and leaves the journal as it is.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{ChangeProblems, Command, Json, PathId, ProblemResponse, Reply};
use athyper_kernel_types::{Id, Text};
use axum::extract::State;
use chrono::NaiveDate;
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use crate::Deps;
use crate::access::POST_TO_SOFT_CLOSED;
use crate::entities::JOURNAL;
use crate::error::Error;
use crate::model::journal::{Journal, JournalState, JournalWithLines};
use crate::model::legal_entity::LegalEntity;
use crate::model::period::first_open_day;
use crate::model::text::Narration;
use crate::posting::{PostingRights, post};
use crate::queries::get_journal;
use crate::store::{items, journals, legal_entities, periods};
use athyper_kernel_ledger::{Day, PostingControl, totals};

/// How a journal is reversed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = finance::ReverseJournal)]
pub(crate) struct ReverseJournal {
    /// Date of the reversal, not before the journal's. Left out: the journal's date if it still takes
    /// postings, else the first later day that does.
    #[schema(value_type = Option<String>, format = Date)]
    date: Option<Day>,
    /// What the reversal is about; left out, it names the journal.
    #[schema(value_type = Option<String>, max_length = 1000)]
    narration: Option<Narration>,
}

/// Reverse a journal
///
/// Posts a journal with the same lines on the other side. Both stay in the books. An account that was blocked since does
/// not stand in the way, because what was posted to it must be mendable.
#[utoipa::path(
    post,
    path = "/v1/finance/journals/{id}/reverse",
    operation_id = "finance.reverse_journal",
    tag = "finance",
    params(
        ("id" = String, Path, description = "Id of the journal", format = Uuid),
        ("if-match" = Option<String>, Header, description = "ETag of the version that is reversed")
    ),
    request_body(content = ReverseJournal, example = json!({"date": "2024-02-01", "narration": "Charged twice"})),
    responses((status = 201, description = "The reversal", body = JournalWithLines), ChangeProblems)
)]
pub(crate) async fn reverse_journal(
    State(deps): State<Deps>,
    PathId(id): PathId<Journal>,
    mut cmd: Command<Json<ReverseJournal>>,
) -> Result<Reply, ProblemResponse> {
    let rights = PostingRights { into_soft_closed: cmd.caller().may(POST_TO_SOFT_CLOSED) };
    let journal = journals::lock(&mut cmd.tx, id).await?.ok_or(Error::JournalNotFound)?;
    let caller = cmd.caller().clone();
    deps.records.check_on(&mut cmd.tx, &caller, (JOURNAL, id.uuid()), Error::JournalNotFound).await?;
    cmd.check_version(journal.version)?;
    let done = execute(&mut cmd.tx, &deps, &journal, &cmd.body.0, rights).await?;
    let reversal = &done.output.journal;
    let location = format!("/v1/finance/journals/{}", reversal.id);
    let reply = Reply::created(location, &done.output)?.version(reversal.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    deps: &Deps,
    journal: &Journal,
    input: &ReverseJournal,
    rights: PostingRights,
) -> Result<Done<JournalWithLines>, Error> {
    // What takes a document's journal back is the document's affair as well.
    let reversed = match journal.reverses {
        Some(id) => journals::lock(tx, id).await?,
        None => None,
    };
    if journal.source.is_some() || reversed.is_some_and(|original| original.source.is_some()) {
        return Err(Error::JournalOfDocument);
    }
    let narration = input.narration.as_ref().and_then(Text::to_option);
    let how = (input.date.map(Day::date), narration);
    let reversal = reverse(tx, &*deps.control, journal, how, rights).await?;
    let event = AuditEvent::info("finance.reverse_journal")
        .about("finance.journal", journal.id)
        .with("number", journal.number.clone())
        .with("reversal", reversal.journal.id.to_string())
        .with("reversalNumber", reversal.journal.number.clone())
        .with("date", reversal.journal.date.to_string())
        .with("totals", json!(totals(reversal.lines.iter().map(|line| line.amount))));
    Ok(Done::new(reversal, event))
}

/// Posts the mirror of a locked journal and marks it as reversed. What it opened is settled by that, and what it settled is open
/// again.
///
/// # Errors
/// When it is no posted one or reversed already, what it opened is settled by something else, or the day takes no postings.
pub(crate) async fn reverse(
    tx: &mut TenantTx,
    control: &dyn PostingControl,
    journal: &Journal,
    (date, narration): (Option<NaiveDate>, Option<String>),
    rights: PostingRights,
) -> Result<JournalWithLines, Error> {
    match journal.state {
        JournalState::Draft => return Err(Error::JournalNotPosted),
        JournalState::Reversed => return Err(Error::JournalAlreadyReversed),
        JournalState::Posted => {}
    }
    let entity = legal_entities::find(tx, journal.entity).await?.ok_or(Error::EntityNotFound)?;
    let date = match date {
        Some(date) if date < journal.date => return Err(Error::ReversalBeforeJournal { date: journal.date }),
        Some(date) => date,
        None => default_date(tx, &entity, journal.date).await?,
    };
    let made = items::made_by(tx, journal.id).await?;
    let found = items::find(tx, made.values().copied()).await?;
    if found.iter().any(|item| item.open != item.amount) {
        return Err(Error::ItemSettled);
    }
    let id = Id::new(tx.clock());
    let original = get_journal::load(tx, journal.id).await?;
    let mirror = [original.mirrored(id, date, narration, &made)];
    journals::insert_drafts(tx, &mirror).await?;
    post(tx, control, &entity, &mirror, rights).await?;
    journals::mark_reversed(tx, journal.id, id).await?;
    get_journal::load(tx, id).await
}

/// The day itself where it takes postings, or else the first later one that does.
///
/// # Errors
/// [`Error::NoOpenPeriod`].
pub(crate) async fn default_date(
    tx: &mut TenantTx,
    entity: &LegalEntity,
    date: NaiveDate,
) -> Result<NaiveDate, Error> {
    let calendar = periods::all(tx, entity.id).await?;
    first_open_day(&calendar, date)
        .filter(|day| Day::try_from(*day).is_ok())
        .ok_or(Error::NoOpenPeriod { date })
}
