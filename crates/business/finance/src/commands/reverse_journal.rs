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
use crate::model::balance::totals;
use crate::model::day::Day;
use crate::model::journal::{Journal, JournalState, JournalWithLines};
use crate::model::period::first_open_day;
use crate::model::text::Narration;
use crate::posting::{PostingRights, enter_periods, post};
use crate::queries::get_journal;
use crate::store::{journals, lines, periods};

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
    match journal.state {
        JournalState::Draft => return Err(Error::JournalNotPosted),
        JournalState::Reversed => return Err(Error::JournalAlreadyReversed),
        JournalState::Posted => {}
    }
    let date = match input.date.map(Day::date) {
        Some(date) if date < journal.date => return Err(Error::ReversalBeforeJournal { date: journal.date }),
        Some(date) => date,
        None => default_date(tx, journal.date).await?,
    };
    enter_periods(tx, [date], rights).await?;

    let id = Id::new(tx.clock());
    let original = get_journal::load(tx, journal.id).await?;
    let mirror = [original.mirrored(id, date, input.narration.as_ref().and_then(Text::to_option))];
    journals::insert_drafts(tx, &mirror).await?;
    lines::insert(tx, &mirror).await?;
    post(tx, deps, &[(id, date)]).await?;
    journals::mark_reversed(tx, journal.id, id).await?;

    let reversal = get_journal::load(tx, id).await?;
    let event = AuditEvent::info("finance.reverse_journal")
        .about("finance.journal", journal.id)
        .with("number", journal.number.clone())
        .with("reversal", id.to_string())
        .with("reversalNumber", reversal.journal.number.clone())
        .with("date", date.to_string())
        .with("totals", json!(totals(reversal.lines.iter().map(|line| line.amount))));
    Ok(Done::new(reversal, event))
}

/// The journal's own date if it still takes postings, else the first later day that does.
async fn default_date(tx: &mut TenantTx, date: NaiveDate) -> Result<NaiveDate, Error> {
    let calendar = periods::all(tx).await?;
    first_open_day(&calendar, date)
        .filter(|day| Day::try_from(*day).is_ok())
        .ok_or(Error::NoOpenPeriod { date })
}
