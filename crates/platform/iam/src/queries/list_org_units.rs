//! Lists the tree of organizational units.

use athyper_kernel_db::ReadTx;
use athyper_kernel_http::{ProblemResponse, RecordProblems, Reply, Report};
use athyper_kernel_types::{Page, PageRequest};
use serde::Deserialize;

use crate::error::{Error, Thing};
use crate::model::org_unit::{OrgUnit, OrgUnitId};
use crate::store::org_units;

/// Which of them.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListOrgUnits {
    /// Only this unit and those below it.
    within: Option<OrgUnitId>,
    #[serde(flatten)]
    #[param(ignore)]
    page: PageRequest,
}

/// List organizational units
///
/// From the root down: each unit comes behind the one above it.
#[utoipa::path(
    get,
    path = "/v1/iam/org-units",
    operation_id = "iam.list_org_units",
    tag = "iam",
    params(ListOrgUnits, PageRequest),
    responses((status = 200, description = "A page", body = Page<OrgUnit>, example = json!({"items": [{"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "code": "EU", "name": "Europe", "version": 1}], "nextCursor": null})), RecordProblems)
)]
pub(crate) async fn list_org_units(Report(mut read): Report<ListOrgUnits>) -> Result<Reply, ProblemResponse> {
    Ok(Reply::ok(&execute(&mut read.tx, &read.query).await?)?)
}

pub(crate) async fn execute(tx: &mut ReadTx, query: &ListOrgUnits) -> Result<Page<OrgUnit>, Error> {
    let sort = format!("org units path, {:?}", query.within);
    let after: Option<String> = query.page.keys(&sort)?;
    let within = match query.within {
        Some(id) => Some(org_units::find(tx, id).await?.ok_or(Error::NotFound(Thing::OrgUnit))?),
        None => None,
    };
    let within = within.as_ref().map(|unit| &unit.path);
    let rows = org_units::list(tx, within, after.as_deref(), query.page.fetch_limit()).await?;
    Ok(Page::from_rows(rows, &query.page, &sort, |row| row.path.as_str().to_owned())?)
}
