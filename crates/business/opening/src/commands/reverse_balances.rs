//! Undoes opening balances: all of their journals, or none.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{ChangeProblems, Command, Json, PathId, ProblemResponse, Reply};
use athyper_kernel_ledger::{Day, Source};
use athyper_kernel_types::Reason;
use axum::extract::State;
use chrono::NaiveDate;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::Deps;
use crate::access::POST_TO_SOFT_CLOSED;
use crate::commands::problem;
use crate::entities::BALANCES;
use crate::error::Error;
use crate::model::opening_balances::{BalancesState, OpeningBalances, step};
use crate::store::balances;

/// Why, and on which day.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = opening::ReverseBalances)]
pub(crate) struct ReverseBalances {
    /// The reason: it becomes the narration of the reversals, and is kept in the audit trail.
    #[schema(value_type = String, min_length = 1, max_length = 500)]
    reason: Reason,
    /// The day of the reversals; their own where it is left out.
    #[schema(value_type = Option<String>, format = Date)]
    date: Option<Day>,
}

/// Reverse opening balances
///
/// All of their journals are reversed, or none: none where something settles an open item that they brought forward. The file may then
/// be sent again, mended.
#[utoipa::path(
    post,
    path = "/v1/opening/balances/{id}/reverse",
    operation_id = "opening.reverse_balances",
    tag = "opening",
    params(
        ("id" = String, Path, description = "Id of the opening balances", format = Uuid),
        ("if-match" = Option<String>, Header, description = "ETag of the version that is reversed")
    ),
    request_body(content = ReverseBalances, example = json!({"reason": "the stock was counted again"})),
    responses((status = 200, description = "The opening balances as they are now", body = OpeningBalances), ChangeProblems)
)]
pub(crate) async fn reverse_balances(
    State(deps): State<Deps>,
    PathId(id): PathId<OpeningBalances>,
    mut cmd: Command<Json<ReverseBalances>>,
) -> Result<Reply, ProblemResponse> {
    let into_soft_closed = cmd.caller().may(POST_TO_SOFT_CLOSED);
    let found = balances::lock(&mut cmd.tx, id).await?.ok_or(Error::BalancesNotFound)?;
    let caller = cmd.caller().clone();
    deps.records.check_on(&mut cmd.tx, &caller, (BALANCES, id.uuid()), Error::BalancesNotFound).await?;
    cmd.check_version(found.version)?;
    let done = execute(&mut cmd.tx, &deps, found, &cmd.body.0, into_soft_closed).await.map_err(problem)?;
    let reply = Reply::ok(&done.output)?.version(done.output.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    deps: &Deps,
    found: OpeningBalances,
    input: &ReverseBalances,
    into_soft_closed: bool,
) -> Result<Done<OpeningBalances>, Error> {
    if found.state == BalancesState::Reversed {
        return Err(Error::BalancesReversed);
    }
    let date: NaiveDate = input.date.map_or(found.date, Day::date);
    if date < found.date {
        return Err(Error::ReversalBeforeBalances { date: found.date });
    }
    let reason = input.reason.as_str();
    let mut reversals = Vec::with_capacity(found.journals.len());
    for index in 0..found.journals.len() {
        let source = Source::new(BALANCES, found.id.uuid(), &step(index));
        let reversal = deps.ledger.reverse(tx, &source, Some(date), Some(reason), into_soft_closed).await?;
        reversals.push(reversal.number);
    }
    balances::set_state(tx, found.id, BalancesState::Reversed).await?;
    let reversed = OpeningBalances { state: BalancesState::Reversed, version: found.version + 1, ..found };

    let event = AuditEvent::info("opening.reverse_balances")
        .about(BALANCES, reversed.id)
        .with("entity", reversed.entity.as_str())
        .with("date", date.to_string())
        .with("reversals", reversals)
        .with("reason", reason);
    Ok(Done::new(reversed, event))
}
