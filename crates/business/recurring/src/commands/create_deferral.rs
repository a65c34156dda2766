//! Enters an amount that is spread over time.

use std::collections::BTreeMap;

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_error::FieldError;
use athyper_kernel_http::{Command, CreateProblems, Json, ProblemResponse, Reply};
use athyper_kernel_ledger::{AccountCode, Day, LineAmount, Narration};
use athyper_kernel_types::{Currency, Name, Text};
use axum::extract::State;
use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::Deps;
use crate::commands::check_named;
use crate::entities::ENTRY;
use crate::error::{Error, problem};
use crate::model::entry::{Entry, EntryId, EntryLine, EntryState, Spread, months_touched};
use crate::model::rhythm::{Every, Rhythm};
use crate::store::entries;

/// Most months that an amount is spread over.
const MOST_MONTHS: u32 = 1_200;

/// A side of a deferral.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = recurring::DeferralSide)]
pub(crate) struct DeferralSide {
    /// Code of the account.
    #[schema(value_type = String, max_length = 255, example = "6300")]
    account: AccountCode,
    /// What it is about: value by key of the dimension.
    #[serde(default)]
    dimensions: BTreeMap<String, String>,
    /// A note.
    #[schema(value_type = Option<String>, max_length = 255)]
    memo: Option<Text<1, 255>>,
}

/// Over what an amount is spread.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = recurring::Over)]
pub(crate) enum Over {
    /// The same part for each of so many months.
    Months(OverMonths),
    /// By days: each month has the part of those of its days that are covered.
    Days(OverDays),
}

/// So many months.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = recurring::OverMonths)]
pub(crate) struct OverMonths {
    /// A day of the first month.
    #[schema(value_type = String, format = Date, example = "2025-01-01")]
    first_day: Day,
    /// How many months: 1 to 1,200.
    #[schema(minimum = 1, maximum = 1200)]
    count: u32,
}

/// From one day to another.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = recurring::OverDays)]
pub(crate) struct OverDays {
    /// The first day that is covered.
    #[schema(value_type = String, format = Date)]
    from: Day,
    /// The last day that is covered.
    #[schema(value_type = String, format = Date)]
    to: Day,
}

/// A deferral as it is written.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = recurring::NewDeferral)]
pub(crate) struct NewDeferral {
    /// Code of the legal entity; the tenant's only one, or `main`, where it is left out.
    #[schema(value_type = Option<String>, max_length = 32, example = "main")]
    entity: Option<Text<1, 32>>,
    /// What it is called.
    #[schema(value_type = String, min_length = 1, max_length = 255, example = "Insurance 2025")]
    name: Name,
    /// What its journals say that they are about; its name where it is left out.
    #[schema(value_type = Option<String>, max_length = 1000)]
    narration: Option<Narration>,
    /// Currency of the amount; that of the books where it is left out.
    currency: Option<Currency>,
    /// The amount that is spread, above zero.
    #[schema(value_type = String, max_length = 31, example = "2400.00")]
    amount: Text<1, 31>,
    /// What is debited with each part: the expense of something prepaid, or the liability of income that was received early.
    debit: DeferralSide,
    /// What is credited with each part: what was prepaid, or the income.
    credit: DeferralSide,
    /// Over what it is spread.
    over: Over,
}

/// Enter a deferral
///
/// An amount that was prepaid or received early is brought to the months that it is of, straight-line by months or by days, on the
/// last day of each month. The parts sum up to the amount exactly: what does not divide goes to the largest remainders.
#[utoipa::path(
    post,
    path = "/v1/recurring/deferrals",
    operation_id = "recurring.create_deferral",
    tag = "recurring",
    request_body(
        content = NewDeferral,
        example = json!({"name": "Insurance 2025", "amount": "2400.00", "debit": {"account": "6300"}, "credit": {"account": "1300"},
            "over": {"months": {"firstDay": "2025-01-01", "count": 12}}})
    ),
    responses((status = 201, description = "The entry", body = Entry), CreateProblems)
)]
pub(crate) async fn create_deferral(
    State(deps): State<Deps>,
    mut cmd: Command<Json<NewDeferral>>,
) -> Result<Reply, ProblemResponse> {
    let done = execute(&mut cmd.tx, &deps, &cmd.body.0).await.map_err(problem)?;
    let location = format!("/v1/recurring/entries/{}", done.output.id);
    let reply = Reply::created(location, &done.output)?.version(done.output.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    deps: &Deps,
    input: &NewDeferral,
) -> Result<Done<Entry>, Error> {
    let books = deps.ledger.entity(tx, input.entity.as_ref().map(Text::as_str)).await?;
    let currency = input.currency.unwrap_or(books.base_currency);
    let amount = LineAmount::parse(Some(input.amount.as_str()), None, currency)
        .map_err(|error| invalid("/amount", error.code(), error.to_string()))?
        .signed();
    let (spread, rhythm) = read_over(&input.over)?;
    let mut entry = Entry {
        id: EntryId::new(tx.clock()),
        entity: books.code,
        name: input.name.as_str().to_owned(),
        narration: input.narration.as_ref().and_then(Text::to_option),
        currency,
        rhythm,
        reversal: None,
        spread: Some(spread),
        allocation: None,
        state: EntryState::Active,
        next_number: 1,
        next_on: None,
        version: 1,
        created_at: tx.now(),
        created_by: tx.context().actor().id.clone(),
        lines: vec![line(&input.debit, amount), line(&input.credit, -amount)],
    };
    entry.next_on = entry.day(1);
    check_parts(&entry)?;
    let side = |place| if place == 0 { "/debit".to_owned() } else { "/credit".to_owned() };
    check_named(tx, deps, &entry.lines, side).await?;
    entries::insert(tx, &entry).await?;

    let event = AuditEvent::info("recurring.create_deferral")
        .about(ENTRY, entry.id)
        .with("entity", entry.entity.as_str())
        .with("name", entry.name.as_str())
        .with("amount", amount.to_string())
        .with("spread", spread.as_str());
    Ok(Done::new(entry, event))
}

fn invalid(pointer: &str, code: &str, message: String) -> Error {
    Error::InvalidEntry(vec![FieldError::new(pointer, code, message)])
}

fn line(side: &DeferralSide, amount: Decimal) -> EntryLine {
    EntryLine {
        account: side.account.as_str().to_owned(),
        amount,
        party: None,
        dimensions: side.dimensions.clone(),
        memo: side.memo.as_ref().map(|memo| memo.as_str().to_owned()),
    }
}

fn read_over(over: &Over) -> Result<(Spread, Rhythm), Error> {
    let rhythm = |first_day: NaiveDate, last_day, occurrences| Rhythm {
        every: Every::Month,
        interval: 1,
        day_of_month: 31,
        first_day,
        last_day,
        occurrences,
    };
    match over {
        Over::Months(OverMonths { first_day, count }) => {
            if !(1..=MOST_MONTHS).contains(count) {
                let message = format!("name 1 to {MOST_MONTHS} months");
                return Err(invalid("/over/months/count", "out_of_range", message));
            }
            Ok((Spread::Months, rhythm(first_day.date(), None, Some(*count))))
        }
        Over::Days(OverDays { from, to }) => {
            let (from, to) = (from.date(), to.date());
            if to < from || months_touched(from, to) > i64::from(MOST_MONTHS) {
                let message = format!("name a last day from the first day on, within {MOST_MONTHS} months");
                return Err(invalid("/over/days/to", "out_of_range", message));
            }
            Ok((Spread::Days, rhythm(from, Some(to), None)))
        }
    }
}

/// A journal has no lines of zero, so each part has to be something, and each month has to be within the calendar of the ledger.
fn check_parts(entry: &Entry) -> Result<(), Error> {
    let parts = entry.parts().and_then(|count| u32::try_from(count).ok()).unwrap_or(0);
    if entry.next_on.is_none() || entry.rhythm.occurrences.is_some_and(|count| count != parts) {
        return Err(Error::DayUnknown);
    }
    for number in 1..=parts {
        if entry.amounts(number)?.iter().any(|amount| amount.is_zero()) {
            let message = format!("the amount is too small for {parts} parts: spread it over fewer");
            return Err(invalid("/amount", "too_small", message));
        }
    }
    Ok(())
}
