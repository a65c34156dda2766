//! Shows what of an entry is still to come.

use athyper_kernel_http::{PathId, ProblemResponse, Read, RecordProblems, Reply};
use athyper_kernel_types::{Currency, Money};
use axum::extract::State;
use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Deps;
use crate::entities::ENTRY;
use crate::error::{Error, problem};
use crate::model::entry::{Entry, EntryId, EntryState};
use crate::store::entries;

/// How many are shown where nothing else is asked for.
const USUAL: u32 = 12;
/// Most that are shown.
const MOST: u32 = 200;

/// How many.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PreviewEntry {
    /// How many of the coming occurrences: 1 to 200, 12 where it is left out; beyond that the nearest of these.
    #[param(minimum = 1, maximum = 200)]
    count: Option<u32>,
}

/// What is still to come.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = recurring::Preview)]
pub(crate) struct Preview {
    /// Id of the entry.
    #[schema(value_type = String, format = Uuid)]
    entry: EntryId,
    /// Where it stands: nothing is made while it is paused.
    state: EntryState,
    /// Currency of the amounts.
    currency: Currency,
    /// The coming occurrences.
    coming: Vec<Coming>,
}

/// A coming occurrence.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = recurring::Coming)]
pub(crate) struct Coming {
    /// Which it is, from 1.
    number: u32,
    /// Its day.
    due_on: NaiveDate,
    /// The day on which it is reversed; of a reversal in the next period, where periods are months.
    #[serde(skip_serializing_if = "Option::is_none")]
    reverses_on: Option<NaiveDate>,
    /// Amounts of the lines, in their order, debit positive; none of an allocation key, which has a preview of its own.
    #[schema(value_type = Vec<String>, example = json!(["1200.00", "-1200.00"]))]
    amounts: Vec<Decimal>,
}

/// Preview a recurring entry
///
/// The coming occurrences that are not due yet, with their days and amounts.
#[utoipa::path(
    get,
    path = "/v1/recurring/entries/{id}/preview",
    operation_id = "recurring.preview_entry",
    tag = "recurring",
    params(("id" = String, Path, description = "Id of the entry", format = Uuid), PreviewEntry),
    responses(
        (
            status = 200,
            description = "What is still to come",
            body = Preview,
            example = json!({"entry": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "state": "active", "currency": "EUR",
                "coming": [{"number": 3, "dueOn": "2025-03-31", "amounts": ["1200.00", "-1200.00"]}]})
        ),
        RecordProblems
    )
)]
pub(crate) async fn preview_entry(
    State(deps): State<Deps>,
    PathId(id): PathId<Entry>,
    mut read: Read<PreviewEntry>,
) -> Result<Reply, ProblemResponse> {
    let caller = read.caller().clone();
    deps.records.check_on(&mut read.tx, &caller, (ENTRY, id.uuid()), Error::EntryNotFound).await?;
    let entry = entries::find(&mut read.tx, id).await?.ok_or(Error::EntryNotFound)?;
    let count = read.query.count.unwrap_or(USUAL).clamp(1, MOST);
    let preview = preview(&entry, count).map_err(problem)?;
    read.reply(entry.version, &preview)
}

fn preview(entry: &Entry, count: u32) -> Result<Preview, Error> {
    let mut coming = Vec::new();
    if entry.next_on.is_some() {
        for number in entry.next_number..entry.next_number.saturating_add(count) {
            let Some(due_on) = entry.day(number) else { break };
            let amounts = entry.amounts(number)?.into_iter().map(Money::amount).collect();
            coming.push(Coming { number, due_on, reverses_on: entry.reverses_on(due_on, None), amounts });
        }
    }
    Ok(Preview { entry: entry.id, state: entry.state, currency: entry.currency, coming })
}
