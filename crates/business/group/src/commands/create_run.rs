//! Consolidates a group.

use std::collections::BTreeMap;

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{DbError, Done, TenantTx};
use athyper_kernel_http::{Command, CreateProblems, Json, ProblemResponse, Reply};
use athyper_kernel_ledger::Day;
use athyper_kernel_ledger_model::rate::Rate;
use athyper_kernel_types::Id;
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::Deps;
use crate::entities::RUN;
use crate::error::{Error, problem};
use crate::gathering::{StatedRates, gather};
use crate::model::group::GroupId;
use crate::model::report::Run;
use crate::model::run::{Adjustment, Kept, RunState, calculate, digest};
use crate::queries::get_agreement;
use crate::store::{groups, runs};

/// Most adjustments, and lines of one.
const MOST: usize = 500;

/// Rates that are stated for a member.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = group::StatedRates)]
pub(crate) struct NewRates {
    /// Units of presentation currency for one of the member's on the last day.
    #[schema(value_type = Option<String>, example = "0.9246")]
    closing: Option<Rate>,
    /// The average of the time.
    #[schema(value_type = Option<String>, example = "0.9100")]
    average: Option<Rate>,
}

/// What is consolidated.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = group::NewRun)]
pub(crate) struct NewRun {
    /// Id of the group.
    #[schema(value_type = String, format = Uuid)]
    group: GroupId,
    /// First day of income and expenses.
    #[schema(value_type = String, format = Date)]
    from: Day,
    /// Last day.
    #[schema(value_type = String, format = Date)]
    date: Day,
    /// Stated rates by code of the member. Others are taken as they are recorded: the closing rate as the ledger has it, the average as
    /// `group.average_rate` has it for exactly these days.
    #[serde(default)]
    rates: BTreeMap<String, NewRates>,
    /// Entries that are stated by hand.
    #[serde(default)]
    adjustments: Vec<Adjustment>,
}

/// Consolidate a group
///
/// Takes the trial balances of the members from the ledger, translates them, and eliminates what they have of each other. The answer is a
/// draft: throw it away and consolidate again, or make it final. Whatever is missing is named, and nothing is made up.
#[utoipa::path(
    post,
    path = "/v1/group/runs",
    operation_id = "group.create_run",
    tag = "group",
    request_body(
        content = NewRun,
        example = json!({"group": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "from": "2025-01-01", "date": "2025-12-31",
            "rates": {"beta": {"closing": "0.9246", "average": "0.9100"}},
            "adjustments": [{"text": "Unrealised profit in stock", "lines": [{"account": "Cost of sales", "amount": "120.00"},
                {"account": "Stock", "amount": "-120.00"}]}]})
    ),
    responses((status = 201, description = "The consolidation", body = Run), CreateProblems)
)]
pub(crate) async fn create_run(
    State(deps): State<Deps>,
    mut cmd: Command<Json<NewRun>>,
) -> Result<Reply, ProblemResponse> {
    let caller = cmd.caller().clone();
    let group = (crate::entities::GROUP, cmd.body.0.group.uuid());
    deps.records.check_on(&mut cmd.tx, &caller, group, Error::GroupUnknown).await?;
    let done = execute(&mut cmd.tx, &deps, &cmd.body.0).await.map_err(problem)?;
    let location = format!("/v1/group/runs/{}", done.output.id);
    let reply = Reply::created(location, &done.output)?.version(done.output.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(tx: &mut TenantTx, deps: &Deps, input: &NewRun) -> Result<Done<Run>, Error> {
    let (from, date) = (input.from.date(), input.date.date());
    if from > date {
        return Err(Error::field("/from", "after_last", "the first day is after the last"));
    }
    if input.adjustments.len() > MOST || input.adjustments.iter().any(|it| it.lines.len() > MOST) {
        return Err(Error::field(
            "/adjustments",
            "length",
            format!("write at most {MOST} of them, with at most {MOST} lines each"),
        ));
    }
    let group = groups::find(tx, input.group).await?.ok_or(Error::GroupUnknown)?;
    let is_member = |code: &String| group.definition.members.iter().any(|member| member.entity == *code);
    if let Some(code) = input.rates.keys().find(|code| !is_member(code)) {
        return Err(Error::field(
            format!("/rates/{code}"),
            "no_member",
            format!("{code} is no member of the group"),
        ));
    }
    let number = |rate: Option<Rate>| rate.map(Rate::number);
    let of =
        |rates: &NewRates| StatedRates { closing: number(rates.closing), average: number(rates.average) };
    let stated = input.rates.iter().map(|(code, rates)| (code.clone(), of(rates))).collect();
    let adjustments = input.adjustments.clone();
    let (inputs, relations) = gather(tx, deps, &group.definition, (from, date), &stated, adjustments).await?;
    let outcome = calculate(&inputs).map_err(Error::Invalid)?;
    let agreements = get_agreement::execute(tx, deps, &relations, date).await?;
    let run = Kept {
        id: Id::new(tx.clock()),
        group: group.id,
        group_code: group.code,
        state: RunState::Draft,
        digest: digest(&inputs, &outcome).map_err(|error| DbError::Corrupt(error.to_string()))?,
        inputs,
        outcome,
        agreements,
        final_at: None,
        final_by: None,
        created_at: tx.now(),
        created_by: tx.context().actor().id.clone(),
        version: 1,
    };
    runs::insert(tx, &run).await?;

    let event = AuditEvent::info("group.create_run")
        .about(RUN, run.id)
        .with("group", run.group_code.as_str())
        .with("date", date.to_string())
        .with("differences", run.outcome.differences.len())
        .with("digest", run.digest.as_str());
    Ok(Done::new(run.shown(), event))
}
