//! Lists decisions that were written down.

use athyper_kernel_db::ReadTx;
use athyper_kernel_http::{ProblemResponse, ReadProblems, Reply, Report};
use athyper_kernel_types::{Page, PageRequest};
use serde::Deserialize;
use uuid::Uuid;

use crate::error::Error;
use crate::model::decision::LoggedDecision;
use crate::store::decisions::{self, Which};

/// Which decisions.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListDecisions {
    /// Of this actor.
    actor: Option<String>,
    /// On this record.
    #[param(format = Uuid)]
    record: Option<Uuid>,
    /// By this rule first: `policy/rule`.
    rule: Option<String>,
    /// With this answer: `allowed`, `denied` or `depends`.
    outcome: Option<String>,
    /// About this operation.
    operation: Option<String>,
    #[serde(flatten)]
    #[param(ignore)]
    page: PageRequest,
}

/// List decisions
///
/// The newest first: all refusals, and some of what was allowed, for 90 days. They are written shortly after they are made.
#[utoipa::path(
    get,
    path = "/v1/policy/decisions",
    operation_id = "policy.list_decisions",
    tag = "policy",
    params(ListDecisions, PageRequest),
    responses((status = 200, description = "A page of decisions", body = Page<LoggedDecision>), ReadProblems)
)]
pub(crate) async fn list_decisions(
    Report(mut read): Report<ListDecisions>,
) -> Result<Reply, ProblemResponse> {
    Ok(Reply::ok(&execute(&mut read.tx, &read.query).await?)?)
}

pub(crate) async fn execute(tx: &mut ReadTx, query: &ListDecisions) -> Result<Page<LoggedDecision>, Error> {
    let record = query.record.map(|id| id.to_string());
    let which = Which {
        actor: query.actor.as_deref(),
        record: record.as_deref(),
        rule: query.rule.as_deref(),
        outcome: query.outcome.as_deref(),
        operation: query.operation.as_deref(),
    };
    let sort = format!("decisions {which:?}");
    let before: Option<Uuid> = query.page.keys(&sort)?;
    let rows = decisions::list(tx, &which, before, query.page.fetch_limit()).await?;
    Ok(Page::from_rows(rows, &query.page, &sort, |decision| decision.id.0.uuid())?)
}
