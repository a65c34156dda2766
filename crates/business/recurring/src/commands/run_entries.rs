//! Makes what is due up to a day.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{ChangeProblems, Command, Json, ProblemResponse, Reply};
use athyper_kernel_ledger::{Day, tenant_defaults};
use axum::extract::State;
use chrono::{Months, NaiveDate};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use crate::Deps;
use crate::access::POST_TO_SOFT_CLOSED;
use crate::allocating::hold;
use crate::due::Due;
use crate::error::{Error, problem};
use crate::making::write_down;
use crate::model::occurrence::{Occurrence, OccurrenceState};
use crate::store::{entries, occurrences};

/// Most occurrences of one run: it is one transaction.
const MOST: usize = 200;

/// Up to when.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = recurring::RunEntries)]
pub(crate) struct RunEntries {
    /// The last day whose occurrences are made, at most a year ahead; the day that it is where it is left out.
    #[schema(value_type = Option<String>, format = Date, example = "2025-01-31")]
    up_to: Option<Day>,
}

/// What a run has done.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = recurring::Run)]
pub(crate) struct Run {
    /// The last day whose occurrences were made.
    up_to: NaiveDate,
    /// How many are in the books now.
    made: usize,
    /// How many the ledger refused.
    failed: usize,
    /// Of how many allocation keys nothing stood on the sender, so that there was nothing to make.
    skipped: usize,
    /// Whether all was tried that is due; if not, run again.
    is_complete: bool,
    /// What was tried, in the order of days, at most 200.
    occurrences: Vec<Occurrence>,
}

/// Run recurring entries
///
/// Everything that is due up to a day is made, in the order of days, as the job does it each hour; what failed before is tried again.
/// Allocation keys come last on their day, in their order; those that wait for somebody are made by this.
/// What the ledger refuses is kept as failed with its reason and holds nothing else up.
#[utoipa::path(
    post,
    path = "/v1/recurring/runs",
    operation_id = "recurring.run_entries",
    tag = "recurring",
    request_body(content = RunEntries, example = json!({"upTo": "2025-01-31"})),
    responses(
        (
            status = 200,
            description = "What was done",
            body = Run,
            example = json!({"upTo": "2025-01-31", "made": 0, "failed": 0, "skipped": 0, "isComplete": true, "occurrences": []})
        ),
        ChangeProblems
    )
)]
pub(crate) async fn run_entries(
    State(deps): State<Deps>,
    mut cmd: Command<Json<RunEntries>>,
) -> Result<Reply, ProblemResponse> {
    let into_soft_closed = cmd.caller().may(POST_TO_SOFT_CLOSED);
    let up_to = cmd.body.0.up_to;
    let done = execute(&mut cmd.tx, &deps, up_to, into_soft_closed).await.map_err(problem)?;
    let reply = Reply::ok(&done.output)?;
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    deps: &Deps,
    up_to: Option<Day>,
    into_soft_closed: bool,
) -> Result<Done<Run>, Error> {
    let today = tenant_defaults::today(tx.context(), tx.clock());
    let up_to = up_to.map_or(today, Day::date);
    let furthest = today.checked_add_months(Months::new(12)).ok_or(Error::DayUnknown)?;
    if up_to > furthest {
        return Err(Error::TooFarAhead(furthest));
    }
    write_down(tx, up_to, MOST).await?;
    // What there was no room to write down comes before what is of its day or later.
    let left = entries::first_due(tx, up_to).await?;
    let last = match left {
        Some(day) => day.pred_opt().ok_or(Error::DayUnknown)?,
        None => up_to,
    };
    for (entity, last) in occurrences::keys_due(tx, up_to).await? {
        hold(tx, deps, &entity, last).await?;
    }
    let mut due = Due::new(last, tx.now(), true);
    let mut tried: Vec<Occurrence> = Vec::new();
    let mut is_complete = left.is_none();
    loop {
        if due.is_read_out() {
            due.read(tx).await?;
        }
        let Some(id) = due.take() else { break };
        if tried.len() >= MOST {
            is_complete = false;
            break;
        }
        tried.extend(due.make(tx, deps, id, into_soft_closed).await?);
    }
    let count = |state| tried.iter().filter(|it| it.state == state).count();
    let run = Run {
        up_to,
        made: count(OccurrenceState::Made),
        failed: count(OccurrenceState::Failed),
        skipped: count(OccurrenceState::Skipped),
        is_complete,
        occurrences: tried,
    };

    let ids: Vec<String> = run.occurrences.iter().map(|it| it.id.to_string()).collect();
    let event = AuditEvent::info("recurring.run_entries")
        .with("upTo", up_to.to_string())
        .with("made", run.made)
        .with("failed", run.failed)
        .with("skipped", run.skipped)
        .with("occurrences", json!(ids));
    Ok(Done::new(run, event))
}
