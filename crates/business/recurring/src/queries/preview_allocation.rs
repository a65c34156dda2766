//! Shows what an allocation key would post, and how each share of it comes about.

use athyper_kernel_http::{PathId, ProblemResponse, Read, RecordProblems, Reply};
use athyper_kernel_ledger::Day;
use athyper_kernel_types::Currency;
use axum::extract::State;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Deps;
use crate::allocating::{check_turn, work_out};
use crate::entities::ENTRY;
use crate::error::{Error, problem};
use crate::model::allocation::{Allocation, Sender};
use crate::model::entry::{Entry, EntryId};
use crate::store::{entries, occurrences};

/// Of which day.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PreviewAllocation {
    /// The day; that of the first occurrence that is not made where it is left out, else that of the next one.
    #[param(value_type = Option<String>, format = Date)]
    on: Option<Day>,
}

/// What a key would post.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = recurring::AllocationPreview)]
pub(crate) struct AllocationPreview {
    /// Id of the entry.
    #[schema(value_type = String, format = Uuid)]
    entry: EntryId,
    /// The day of the journal.
    due_on: NaiveDate,
    /// Currency of the amounts: the base currency of the legal entity.
    currency: Currency,
    /// What is credited.
    sender: Sender,
    /// What it comes to, of the books as they are now.
    allocation: Allocation,
    /// Which key with a lower place is to be made before; what that one brings to the sender is not counted yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    waits_for: Option<String>,
}

/// Preview an allocation
///
/// What the key would post on a day, of the books as they are now: what stands on the sender, and each share with its weight, its exact
/// amount and what it has after rounding. Nothing is posted or kept.
#[utoipa::path(
    get,
    path = "/v1/recurring/entries/{id}/allocation-preview",
    operation_id = "recurring.preview_allocation",
    tag = "recurring",
    params(("id" = String, Path, description = "Id of the entry", format = Uuid), PreviewAllocation),
    responses(
        (
            status = 200,
            description = "What it comes to",
            body = AllocationPreview,
            example = json!({"entry": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "dueOn": "2025-01-31", "currency": "EUR",
                "sender": {"account": "6100", "dimensions": {"costCentre": "ADMIN"}, "span": "period"},
                "allocation": {"from": "2025-01-01", "to": "2025-01-31", "amount": "100.00", "weight": "3", "shares": [
                    {"account": "6100", "dimensions": {"costCentre": "PREPARATION"}, "weight": "2", "exact": "66.66666667", "amount": "66.67"},
                    {"account": "6100", "dimensions": {"costCentre": "FINISHING"}, "weight": "1", "exact": "33.33333333", "amount": "33.33"}]}})
        ),
        RecordProblems
    )
)]
pub(crate) async fn preview_allocation(
    State(deps): State<Deps>,
    PathId(id): PathId<Entry>,
    mut read: Read<PreviewAllocation>,
) -> Result<Reply, ProblemResponse> {
    let caller = read.caller().clone();
    deps.records.check_on(&mut read.tx, &caller, (ENTRY, id.uuid()), Error::EntryNotFound).await?;
    let entry = entries::find(&mut read.tx, id).await?.ok_or(Error::EntryNotFound)?;
    let key = entry.allocation.as_ref().ok_or(Error::NotAKey)?;
    let due_on = if let Some(day) = read.query.on {
        day.date()
    } else {
        let open = occurrences::first_open(&mut read.tx, id).await?;
        open.or(entry.next_on).ok_or(Error::NoDay)?
    };
    let waits_for = match check_turn(&mut read.tx, &entry, key, due_on).await {
        Err(Error::WaitsForKey { name, .. }) => Some(name),
        other => other.map(|()| None).map_err(problem)?,
    };
    let allocation = work_out(&mut read.tx, &deps, (&entry, key), due_on).await.map_err(problem)?;
    let (sender, currency) = (key.sender.clone(), entry.currency);
    let preview = AllocationPreview { entry: entry.id, due_on, currency, sender, allocation, waits_for };
    Ok(Reply::ok(&preview)?.version(entry.version))
}
