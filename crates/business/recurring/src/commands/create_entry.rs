//! Enters what is posted again and again, or once and reversed.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_error::FieldError;
use athyper_kernel_http::{Command, CreateProblems, Json, ProblemResponse, Reply};
use athyper_kernel_ledger::{Day, Narration};
use athyper_kernel_types::{Currency, Name, Text};
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::Deps;
use crate::commands::check_named;
use crate::entities::ENTRY;
use crate::error::{Error, problem};
use crate::model::drafting::{NewLine, NewRhythm, read_lines, read_rhythm};
use crate::model::entry::{Entry, EntryId, EntryState, Reversal};
use crate::model::rhythm::Every;
use crate::store::entries;

/// A recurring entry as it is written.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = recurring::NewEntry)]
pub(crate) struct NewEntry {
    /// Code of the legal entity; the tenant's only one, or `main`, where it is left out.
    #[schema(value_type = Option<String>, max_length = 32, example = "main")]
    entity: Option<Text<1, 32>>,
    /// What it is called.
    #[schema(value_type = String, min_length = 1, max_length = 255, example = "Office rent")]
    name: Name,
    /// What its journals say that they are about; its name where it is left out.
    #[schema(value_type = Option<String>, max_length = 1000)]
    narration: Option<Narration>,
    /// Currency of its lines; that of the books where it is left out.
    currency: Option<Currency>,
    /// When it comes back.
    rhythm: NewRhythm,
    /// When each occurrence is reversed: `{"nextPeriod": {}}`, or `{"on": "2025-02-01"}` for one that is made once.
    reversal: Option<Reversal>,
    /// Its lines, 2 to 200, which balance.
    lines: Vec<NewLine>,
}

/// Enter a recurring entry
///
/// What is due is posted by a job when its day has come, or by a run. An accrual is an entry with a reversal: each occurrence is
/// reversed on its day, once. What the ledger refuses is kept as failed and tried again.
#[utoipa::path(
    post,
    path = "/v1/recurring/entries",
    operation_id = "recurring.create_entry",
    tag = "recurring",
    request_body(
        content = NewEntry,
        example = json!({"name": "Office rent", "rhythm": {"every": "month", "dayOfMonth": 31, "firstDay": "2025-01-31"},
            "lines": [{"account": "6100", "debit": "1200.00"}, {"account": "1600", "credit": "1200.00"}]})
    ),
    responses((status = 201, description = "The entry", body = Entry), CreateProblems)
)]
pub(crate) async fn create_entry(
    State(deps): State<Deps>,
    mut cmd: Command<Json<NewEntry>>,
) -> Result<Reply, ProblemResponse> {
    let done = execute(&mut cmd.tx, &deps, &cmd.body.0).await.map_err(problem)?;
    let location = format!("/v1/recurring/entries/{}", done.output.id);
    let reply = Reply::created(location, &done.output)?.version(done.output.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(tx: &mut TenantTx, deps: &Deps, input: &NewEntry) -> Result<Done<Entry>, Error> {
    let books = deps.ledger.entity(tx, input.entity.as_ref().map(Text::as_str)).await?;
    let currency = input.currency.unwrap_or(books.base_currency);
    let rhythm = read_rhythm(&input.rhythm).map_err(Error::InvalidEntry)?;
    let lines = read_lines(currency, &input.lines).map_err(Error::InvalidEntry)?;
    if let Some(Reversal::On(day)) = input.reversal {
        let refuse = |code: &str, message: &str| {
            Error::InvalidEntry(vec![FieldError::new("/reversal/on", code, message.to_owned())])
        };
        if rhythm.every != Every::Once {
            return Err(refuse(
                "not_once",
                "a day is stated for an entry that is made once: take nextPeriod",
            ));
        }
        if day <= rhythm.first_day || Day::try_from(day).is_err() {
            return Err(refuse("not_after", "state a day after the first day, up to the year 2199"));
        }
    }
    check_named(tx, deps, &lines, |place| format!("/lines/{place}")).await?;

    let entry = Entry {
        id: EntryId::new(tx.clock()),
        entity: books.code,
        name: input.name.as_str().to_owned(),
        narration: input.narration.as_ref().and_then(Text::to_option),
        currency,
        rhythm,
        reversal: input.reversal,
        spread: None,
        allocation: None,
        state: EntryState::Active,
        next_number: 1,
        next_on: rhythm.day(1),
        version: 1,
        created_at: tx.now(),
        created_by: tx.context().actor().id.clone(),
        lines,
    };
    entries::insert(tx, &entry).await?;

    let event = AuditEvent::info("recurring.create_entry")
        .about(ENTRY, entry.id)
        .with("entity", entry.entity.as_str())
        .with("name", entry.name.as_str())
        .with("every", rhythm.every.as_str())
        .with("lines", entry.lines.len());
    Ok(Done::new(entry, event))
}
