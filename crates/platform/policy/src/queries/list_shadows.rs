//! Lists drafts that are asked beside what is in force, or were.

use athyper_kernel_db::ReadTx;
use athyper_kernel_http::{ProblemResponse, ReadProblems, Reply, Report};
use athyper_kernel_types::{Page, PageRequest};
use axum::extract::State;
use serde::Deserialize;
use uuid::Uuid;

use crate::Deps;
use crate::error::Error;
use crate::model::shadow::Shadow;
use crate::store::shadows;

/// Which shadows.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListShadows {
    /// Of this policy.
    #[param(format = Uuid)]
    policy: Option<Uuid>,
    #[serde(flatten)]
    #[param(ignore)]
    page: PageRequest,
}

/// List shadows
///
/// Drafts that are asked beside what is in force, and those that were, with what was counted. The newest first.
#[utoipa::path(
    get,
    path = "/v1/policy/shadows",
    operation_id = "policy.list_shadows",
    tag = "policy",
    params(ListShadows, PageRequest),
    responses((status = 200, description = "A page of shadows", body = Page<Shadow>), ReadProblems)
)]
pub(crate) async fn list_shadows(
    State(deps): State<Deps>,
    Report(mut read): Report<ListShadows>,
) -> Result<Reply, ProblemResponse> {
    Ok(Reply::ok(&execute(&mut read.tx, &deps, &read.query).await?)?)
}

pub(crate) async fn execute(
    tx: &mut ReadTx,
    deps: &Deps,
    query: &ListShadows,
) -> Result<Page<Shadow>, Error> {
    let sort = format!("shadows {:?}", query.policy);
    let before: Option<Uuid> = query.page.keys(&sort)?;
    let how = (deps.clock.now(), query.page.fetch_limit());
    let rows = shadows::list(tx, query.policy, before, how).await?;
    Ok(Page::from_rows(rows, &query.page, &sort, |shadow| shadow.id.uuid())?)
}
