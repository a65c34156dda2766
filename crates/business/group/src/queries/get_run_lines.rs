//! What stands behind the figures of a consolidation.

use athyper_kernel_http::{PathId, ProblemResponse, Read, RecordProblems, Reply};
use athyper_kernel_types::Currency;
use axum::extract::State;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Deps;
use crate::entities::RUN;
use crate::error::Error;
use crate::model::run::{Line, RunId, RunMark};
use crate::store::runs;

/// Which figures.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct GetRunLines {
    /// Only on this account of the group.
    #[param(max_length = 255)]
    account: Option<String>,
    /// Only of this member, by its code.
    #[param(max_length = 32)]
    entity: Option<String>,
}

/// The lines of a consolidation.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = group::RunLines)]
pub(crate) struct RunLines {
    /// Id of the consolidation.
    #[schema(value_type = String, format = Uuid)]
    run: RunId,
    /// The presentation currency.
    currency: Currency,
    /// What the lines sum up to in it.
    #[schema(value_type = String, example = "924.60")]
    sum: Decimal,
    /// The lines.
    lines: Vec<Line>,
}

/// Get what stands behind a consolidation
///
/// Each account of each member with its amount in the member's currency, rate and method, and each line of each entry. Behind an account
/// of a member is its ledger: `/v1/finance/reports/account-ledger`.
#[utoipa::path(
    get,
    path = "/v1/group/runs/{id}/lines",
    operation_id = "group.get_run_lines",
    tag = "group",
    params(("id" = String, Path, description = "Id of the consolidation", format = Uuid), GetRunLines),
    responses(
        (
            status = 200,
            description = "The lines",
            body = RunLines,
            example = json!({"run": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "currency": "EUR", "sum": "924.60", "lines": [
                {"part": "member", "entity": "beta", "account": "1000 Bank", "name": "Bank", "local": "1000.00", "rate": "0.9246",
                    "method": "closing", "groupAccount": "Cash", "amount": "924.60"}]})
        ),
        RecordProblems
    )
)]
pub(crate) async fn get_run_lines(
    State(deps): State<Deps>,
    PathId(id): PathId<RunMark>,
    mut read: Read<GetRunLines>,
) -> Result<Reply, ProblemResponse> {
    let caller = read.caller().clone();
    deps.records.check_on(&mut read.tx, &caller, (RUN, id.uuid()), Error::RunNotFound).await?;
    let run = runs::find(&mut read.tx, id).await?.ok_or(Error::RunNotFound)?;
    let (account, entity) = (read.query.account.as_deref(), read.query.entity.as_deref());
    let currency = run.inputs.definition.currency;
    let mut lines = run.outcome.lines;
    lines.retain(|line| {
        account.is_none_or(|account| line.group_account == account)
            && entity.is_none_or(|entity| line.entity.as_deref() == Some(entity))
    });
    let zero = Decimal::new(0, currency.minor_units());
    let sum = lines.iter().fold(zero, |sum, line| sum + line.amount);
    read.reply(run.version, &RunLines { run: id, currency, sum, lines })
}
