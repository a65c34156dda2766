//! Changes what of an entry is still to come.

use athyper_kernel_audit::{AuditEvent, changes};
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_error::FieldError;
use athyper_kernel_http::{ChangeProblems, Command, Json, PathId, ProblemResponse, Reply};
use athyper_kernel_ledger::{Day, Narration};
use athyper_kernel_types::Name;
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::Deps;
use crate::commands::{check_key, check_named};
use crate::entities::ENTRY;
use crate::error::{Error, problem};
use crate::model::drafting::{NewLine, read_lines};
use crate::model::entry::{Entry, EntryState};
use crate::model::key_drafting::{NewKey, read_key};
use crate::store::entries;

/// What changes; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = recurring::EntryChange)]
pub(crate) struct EntryChange {
    /// What it is called.
    #[schema(value_type = Option<String>, max_length = 255)]
    name: Option<Name>,
    /// What its journals say that they are about.
    #[schema(value_type = Option<String>, max_length = 1000)]
    narration: Option<Narration>,
    /// Nothing is made after this day. Not of a deferral.
    #[schema(value_type = Option<String>, format = Date)]
    last_day: Option<Day>,
    /// All its lines anew. Those of a deferral keep their amounts; an allocation key has none.
    lines: Option<Vec<NewLine>>,
    /// What is spread over which accounts anew, if it is an allocation key.
    allocation: Option<NewKey>,
}

/// Change a recurring entry
///
/// It holds for what is not in the books yet, failed occurrences among it: those are made of the new lines. What is posted stays.
#[utoipa::path(
    patch,
    path = "/v1/recurring/entries/{id}",
    operation_id = "recurring.update_entry",
    tag = "recurring",
    params(
        ("id" = String, Path, description = "Id of the entry", format = Uuid),
        ("if-match" = String, Header, description = "ETag of the version that is changed")
    ),
    request_body(content = EntryChange, example = json!({"name": "Office rent, second floor", "lastDay": "2026-12-31"})),
    responses((status = 200, description = "The entry as it is now", body = Entry), ChangeProblems)
)]
pub(crate) async fn update_entry(
    State(deps): State<Deps>,
    PathId(id): PathId<Entry>,
    mut cmd: Command<Json<EntryChange>>,
) -> Result<Reply, ProblemResponse> {
    let found = entries::lock(&mut cmd.tx, id).await?.ok_or(Error::EntryNotFound)?;
    let caller = cmd.caller().clone();
    deps.records.check_on(&mut cmd.tx, &caller, (ENTRY, id.uuid()), Error::EntryNotFound).await?;
    cmd.require_version(found.version)?;
    let done = execute(&mut cmd.tx, &deps, found, &cmd.body.0).await.map_err(problem)?;
    let reply = Reply::ok(&done.output)?.version(done.output.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    deps: &Deps,
    before: Entry,
    input: &EntryChange,
) -> Result<Done<Entry>, Error> {
    let mut after = before.clone();
    if let Some(name) = &input.name {
        name.as_str().clone_into(&mut after.name);
    }
    if let Some(narration) = &input.narration {
        after.narration = narration.to_option();
    }
    if let Some(day) = input.last_day {
        if before.state == EntryState::Ended {
            return Err(Error::EntryState(before.state));
        }
        if before.spread.is_some() || day.date() < before.rhythm.first_day {
            let message = "a deferral keeps its days, and the last day of others is not before their first";
            return Err(refused("/lastDay", "not_changeable", message));
        }
        after.rhythm.last_day = Some(day.date());
        after.next_on = after.day(after.next_number);
        if after.next_on.is_none() {
            after.state = EntryState::Ended;
        }
    }
    if let Some(rewritten) = &input.allocation {
        if before.allocation.is_none() {
            return Err(refused("/allocation", "no_key", "the entry is no allocation key: enter one"));
        }
        let key = read_key(rewritten, "/allocation").map_err(Error::InvalidEntry)?;
        check_key(tx, deps, &key).await?;
        after.allocation = Some(key);
    }
    if let Some(rewritten) = &input.lines {
        if before.allocation.is_some() {
            return Err(refused("/lines", "key", "an allocation key has no lines: change its allocation"));
        }
        after.lines = read_lines(after.currency, rewritten).map_err(Error::InvalidEntry)?;
        let amounts = |entry: &Entry| entry.lines.iter().map(|line| line.amount).collect::<Vec<_>>();
        if before.spread.is_some() && amounts(&before) != amounts(&after) {
            let message = "the lines of a deferral keep their amounts: end it and enter another";
            return Err(refused("/lines", "amounts_differ", message));
        }
        check_named(tx, deps, &after.lines, |place| format!("/lines/{place}")).await?;
        entries::replace_lines(tx, &after).await?;
    }
    entries::update(tx, &after).await?;

    after.version += 1;
    let event = AuditEvent::info("recurring.update_entry")
        .about(ENTRY, after.id)
        .with("changes", changes(&before, &after));
    Ok(Done::new(after, event))
}

fn refused(pointer: &str, code: &str, message: &str) -> Error {
    Error::InvalidEntry(vec![FieldError::new(pointer, code, message.to_owned())])
}
