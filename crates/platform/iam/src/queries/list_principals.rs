//! Lists principals by name.

use athyper_kernel_db::ReadTx;
use athyper_kernel_http::{ProblemResponse, ReadProblems, Reply, Report};
use athyper_kernel_types::{Page, PageRequest};
use serde::Deserialize;
use uuid::Uuid;

use crate::error::Error;
use crate::model::org_unit::OrgUnitId;
use crate::model::principal::{Principal, PrincipalKind, Status};
use crate::store::principals::{self, Filter};

/// Which of them.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListPrincipals {
    /// Only people, or only services.
    #[param(inline)]
    kind: Option<PrincipalKind>,
    /// Only in this status.
    #[param(inline)]
    status: Option<Status>,
    /// Only of this user name; case does not count.
    user_name: Option<String>,
    /// Only with this external id.
    external_id: Option<String>,
    /// Only with this mail address; case does not count.
    email: Option<String>,
    /// Only in this organizational unit or below it.
    org_unit: Option<OrgUnitId>,
    #[serde(flatten)]
    #[param(ignore)]
    page: PageRequest,
}

/// List principals
///
/// By user name. Those that are deprovisioned are shown only when they are asked for.
#[utoipa::path(
    get,
    path = "/v1/iam/principals",
    operation_id = "iam.list_principals",
    tag = "iam",
    params(ListPrincipals, PageRequest),
    responses((status = 200, description = "A page", body = Page<Principal>, example = json!({"items": [{"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "kind": "user", "status": "active",
        "authority": "local", "userName": "ada", "profile": {"givenName": "Ada"}, "version": 1,
        "createdAt": "2025-01-15T09:00:00Z", "updatedAt": "2025-01-15T09:00:00Z"}], "nextCursor": null})), ReadProblems)
)]
pub(crate) async fn list_principals(
    Report(mut read): Report<ListPrincipals>,
) -> Result<Reply, ProblemResponse> {
    Ok(Reply::ok(&execute(&mut read.tx, &read.query).await?)?)
}

pub(crate) async fn execute(tx: &mut ReadTx, query: &ListPrincipals) -> Result<Page<Principal>, Error> {
    let filter = Filter {
        kind: query.kind,
        status: query.status,
        user_name: query.user_name.clone(),
        external_id: query.external_id.clone(),
        email: query.email.clone(),
        org_unit: query.org_unit,
    };
    let sort = format!("principals user name, id, {filter:?}");
    let after: Option<(String, Uuid)> = query.page.keys(&sort)?;
    let rows = principals::list(tx, &filter, after.as_ref(), query.page.fetch_limit()).await?;
    // The last row of the page: its key is the database's own spelling in lower case.
    let limit = query.page.limit() as usize;
    let last = rows.get(limit.saturating_sub(1)).filter(|_| rows.len() > limit);
    let key = match last {
        Some(last) => Some(principals::sort_key(tx, last.id).await?),
        None => None,
    };
    Ok(Page::from_rows(rows, &query.page, &sort, |_| key)?)
}
