//! Lists decisions that drafts would have made otherwise.

use athyper_kernel_db::ReadTx;
use athyper_kernel_http::{ProblemResponse, ReadProblems, Reply, Report};
use athyper_kernel_types::{Page, PageRequest};
use serde::Deserialize;
use uuid::Uuid;

use crate::error::Error;
use crate::model::change::Change;
use crate::model::decision::word;
use crate::model::shadow::ShadowDifference;
use crate::store::differences::{self, Which};

/// Which differences.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListShadowDifferences {
    /// Of this policy's drafts.
    #[param(format = Uuid)]
    policy: Option<Uuid>,
    /// Of this shadow.
    #[param(format = Uuid)]
    shadow: Option<Uuid>,
    /// Of this actor.
    actor: Option<String>,
    /// On this record.
    #[param(format = Uuid)]
    record: Option<Uuid>,
    /// Of this direction.
    change: Option<Change>,
    /// About this operation.
    operation: Option<String>,
    #[serde(flatten)]
    #[param(ignore)]
    page: PageRequest,
}

/// List what drafts would decide otherwise
///
/// The newest first, for 90 days, and the first 10,000 of each shadow. They are written shortly after the decisions are made.
#[utoipa::path(
    get,
    path = "/v1/policy/shadow-differences",
    operation_id = "policy.list_shadow_differences",
    tag = "policy",
    params(ListShadowDifferences, PageRequest),
    responses((status = 200, description = "A page of differences", body = Page<ShadowDifference>), ReadProblems)
)]
pub(crate) async fn list_shadow_differences(
    Report(mut read): Report<ListShadowDifferences>,
) -> Result<Reply, ProblemResponse> {
    Ok(Reply::ok(&execute(&mut read.tx, &read.query).await?)?)
}

pub(crate) async fn execute(
    tx: &mut ReadTx,
    query: &ListShadowDifferences,
) -> Result<Page<ShadowDifference>, Error> {
    let record = query.record.map(|id| id.to_string());
    let change = query.change.map(|change| word(&change));
    let which = Which {
        shadow: query.shadow,
        policy: query.policy,
        actor: query.actor.as_deref(),
        record: record.as_deref(),
        change: change.as_deref(),
        operation: query.operation.as_deref(),
    };
    let sort = format!("shadow differences {which:?}");
    let before: Option<Uuid> = query.page.keys(&sort)?;
    let rows = differences::list(tx, &which, before, query.page.fetch_limit()).await?;
    Ok(Page::from_rows(rows, &query.page, &sort, |difference| difference.id)?)
}
