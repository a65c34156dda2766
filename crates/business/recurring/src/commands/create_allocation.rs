//! Enters an allocation key.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_error::FieldError;
use athyper_kernel_http::{Command, CreateProblems, Json, ProblemResponse, Reply};
use athyper_kernel_ledger::Narration;
use athyper_kernel_types::{Name, Text};
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::Deps;
use crate::commands::check_key;
use crate::entities::ENTRY;
use crate::error::{Error, problem};
use crate::model::drafting::{NewRhythm, read_rhythm};
use crate::model::entry::{Entry, EntryId, EntryState};
use crate::model::key_drafting::{NewKey, read_key};
use crate::model::rhythm::Every;
use crate::store::entries;

/// An allocation as it is written.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = recurring::NewAllocation)]
pub(crate) struct NewAllocation {
    /// Code of the legal entity; the tenant's only one, or `main`, where it is left out.
    #[schema(value_type = Option<String>, max_length = 32, example = "main")]
    entity: Option<Text<1, 32>>,
    /// What it is called.
    #[schema(value_type = String, min_length = 1, max_length = 255, example = "Administration by heads")]
    name: Name,
    /// What its journals say that they are about; its name where it is left out.
    #[schema(value_type = Option<String>, max_length = 1000)]
    narration: Option<Narration>,
    /// When it comes back; not each week, since it is made once in a period.
    rhythm: NewRhythm,
    /// What is spread over which accounts.
    allocation: NewKey,
}

/// Enter an allocation key
///
/// What stands on an account, or on it for a value of a dimension, goes to others: the sender is credited with all, and each target
/// debited with its share, in base currency. Shares are by the largest remainder, so they sum up exactly; of equal remainders the
/// earlier target has the minor unit that is left over. Each occurrence is made once, skipped where nothing stands on the sender, and
/// undone by a reversal, as those of other recurring entries are.
#[utoipa::path(
    post,
    path = "/v1/recurring/allocations",
    operation_id = "recurring.create_allocation",
    tag = "recurring",
    request_body(
        content = NewAllocation,
        example = json!({"name": "Administration by heads", "rhythm": {"every": "month", "dayOfMonth": 31, "firstDay": "2025-01-31"},
            "allocation": {"sender": {"account": "6100", "dimensions": {"costCentre": "ADMIN"}, "span": "period"},
                "targets": [{"dimensions": {"costCentre": "PREPARATION"}, "weight": "300"},
                    {"dimensions": {"costCentre": "FINISHING"}, "weight": "150"}]}})
    ),
    responses((status = 201, description = "The entry", body = Entry), CreateProblems)
)]
pub(crate) async fn create_allocation(
    State(deps): State<Deps>,
    mut cmd: Command<Json<NewAllocation>>,
) -> Result<Reply, ProblemResponse> {
    let done = execute(&mut cmd.tx, &deps, &cmd.body.0).await.map_err(problem)?;
    let location = format!("/v1/recurring/entries/{}", done.output.id);
    let reply = Reply::created(location, &done.output)?.version(done.output.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    deps: &Deps,
    input: &NewAllocation,
) -> Result<Done<Entry>, Error> {
    let books = deps.ledger.entity(tx, input.entity.as_ref().map(Text::as_str)).await?;
    let rhythm = read_rhythm(&input.rhythm).map_err(Error::InvalidEntry)?;
    if rhythm.every == Every::Week {
        let message = "a key is made once in a period: take month, quarter, year or once";
        let error = FieldError::new("/rhythm/every", "too_often", message.to_owned());
        return Err(Error::InvalidEntry(vec![error]));
    }
    let key = read_key(&input.allocation, "/allocation").map_err(Error::InvalidEntry)?;
    check_key(tx, deps, &key).await?;
    let entry = Entry {
        id: EntryId::new(tx.clock()),
        entity: books.code,
        name: input.name.as_str().to_owned(),
        narration: input.narration.as_ref().and_then(Text::to_option),
        currency: books.base_currency,
        rhythm,
        reversal: None,
        spread: None,
        allocation: Some(key),
        state: EntryState::Active,
        next_number: 1,
        next_on: rhythm.day(1),
        version: 1,
        created_at: tx.now(),
        created_by: tx.context().actor().id.clone(),
        lines: Vec::new(),
    };
    entries::insert(tx, &entry).await?;

    let targets = entry.allocation.as_ref().map_or(0, |key| key.targets.len());
    let event = AuditEvent::info("recurring.create_allocation")
        .about(ENTRY, entry.id)
        .with("entity", entry.entity.as_str())
        .with("name", entry.name.as_str())
        .with("every", rhythm.every.as_str())
        .with("targets", targets);
    Ok(Done::new(entry, event))
}
