//! Reverses an entry in the books of both.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{ChangeProblems, Command, Json, PathId, ProblemResponse, Reply};
use athyper_kernel_ledger::{Day, Source};
use athyper_kernel_types::Reason;
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::Deps;
use crate::access::POST_TO_SOFT_CLOSED;
use crate::entities::ENTRY;
use crate::error::{Error, problem};
use crate::model::entry::{Entry, EntryMark, EntryState};
use crate::store::entries;

/// Why, and when.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = group::ReverseEntry)]
pub(crate) struct ReverseEntry {
    /// Why; it is kept.
    #[schema(value_type = String, min_length = 1, max_length = 1000)]
    reason: Reason,
    /// The day in the books of both; that of the entry where it is left out.
    #[schema(value_type = Option<String>, format = Date)]
    date: Option<Day>,
}

/// Reverse an entry
///
/// In the books of both on the same day, or in neither; once.
#[utoipa::path(
    post,
    path = "/v1/group/entries/{id}/reverse",
    operation_id = "group.reverse_entry",
    tag = "group",
    params(
        ("id" = String, Path, description = "Id of the entry", format = Uuid),
        ("if-match" = Option<String>, Header, description = "ETag of the version that is reversed")
    ),
    request_body(content = ReverseEntry, example = json!({"reason": "Charged twice", "date": "2025-04-01"})),
    responses((status = 200, description = "The entry as it is now", body = Entry), ChangeProblems)
)]
pub(crate) async fn reverse_entry(
    State(deps): State<Deps>,
    PathId(id): PathId<EntryMark>,
    mut cmd: Command<Json<ReverseEntry>>,
) -> Result<Reply, ProblemResponse> {
    let into_soft_closed = cmd.caller().may(POST_TO_SOFT_CLOSED);
    let found = entries::lock(&mut cmd.tx, id).await?.ok_or(Error::EntryNotFound)?;
    let caller = cmd.caller().clone();
    deps.records.check_on(&mut cmd.tx, &caller, (ENTRY, id.uuid()), Error::EntryNotFound).await?;
    cmd.check_version(found.version)?;
    let done = execute(&mut cmd.tx, &deps, found, &cmd.body.0, into_soft_closed).await.map_err(problem)?;
    let reply = Reply::ok(&done.output)?.version(done.output.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    deps: &Deps,
    mut entry: Entry,
    input: &ReverseEntry,
    into_soft_closed: bool,
) -> Result<Done<Entry>, Error> {
    if entry.state == EntryState::Reversed {
        return Err(Error::EntryReversed);
    }
    // The ledger would look for the next day that takes postings in each of the books, and find two.
    let date = input.date.map_or(entry.date, Day::date);
    if date < entry.date {
        return Err(Error::field("/date", "before_entry", "the day is before that of the entry"));
    }
    let reason = input.reason.as_str();
    let is_ordered = entry.from.entity < entry.to.entity;
    for step in if is_ordered { ["from", "to"] } else { ["to", "from"] } {
        let source = Source::new(ENTRY, entry.id.uuid(), step);
        let reversed = deps.ledger.reverse(tx, &source, Some(date), Some(reason), into_soft_closed).await?;
        let books = if step == "from" { &mut entry.from } else { &mut entry.to };
        books.reversal = Some(reversed.journal);
    }
    entry.state = EntryState::Reversed;
    entry.reversed_on = Some(date);
    entry.reversed_because = Some(reason.to_owned());
    entries::set_reversed(tx, &entry).await?;

    entry.version += 1;
    let event = AuditEvent::info("group.reverse_entry")
        .about(ENTRY, entry.id)
        .with("date", date.to_string())
        .with("reason", reason);
    Ok(Done::new(entry, event))
}
