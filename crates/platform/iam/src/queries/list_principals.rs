//! Lists principals by name.

use athyper_kernel_db::ReadTx;
use athyper_kernel_http::{Limits, ProblemResponse, ReadProblems, Reply, Report};
use athyper_kernel_types::{Id, Page, PageRequest};
use serde::Deserialize;
use uuid::Uuid;

use crate::error::Error;
use crate::model::org_unit::OrgUnitId;
use crate::model::principal::{Principal, PrincipalKind, Status};
use crate::queries::get_principal::{KIND, resource};
use crate::store::principals::{self, Filter, Reach};

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
/// By user name. Those that are deprovisioned are shown only when they are asked for. A caller whose role holds in some
/// units or on some records sees those alone.
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
    let reach = read.caller().reach();
    Ok(Reply::ok(&execute(&mut read.tx, &read.query, &reach).await?)?)
}

pub(crate) async fn execute(
    tx: &mut ReadTx,
    query: &ListPrincipals,
    reach: &[Limits],
) -> Result<Page<Principal>, Error> {
    let mut filter = Filter {
        kind: query.kind,
        status: query.status,
        user_name: query.user_name.clone(),
        external_id: query.external_id.clone(),
        email: query.email.clone(),
        org_unit: query.org_unit,
        reach: None,
    };
    let sort = format!("principals user name, id, {filter:?}");
    let after: Option<(String, Uuid)> = query.page.keys(&sort)?;
    filter.reach = reached(tx, reach).await?;
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

/// Which principals these limits leave, each as a single check of it would say; none where they leave all.
async fn reached(tx: &mut ReadTx, limits: &[Limits]) -> Result<Option<Reach>, Error> {
    if limits.iter().any(Limits::is_wide) {
        return Ok(None);
    }
    let mut reach = Reach::default();
    // A principal has no owner, so that what is one's own is none.
    for limits in limits.iter().filter(|limits| !limits.own) {
        match (&limits.org_units, &limits.record) {
            (_, Some((kind, id))) if kind == KIND => {
                let found = principals::find(tx, Id::from_uuid(*id)).await?;
                let fits = found.is_some_and(|principal| {
                    let unit = resource(&principal).org_unit;
                    limits
                        .org_units
                        .as_ref()
                        .is_none_or(|units| unit.is_some_and(|unit| units.contains(&unit)))
                });
                reach.ids.extend(fits.then_some(*id));
            }
            (Some(units), None) => reach.org_units.extend(units.iter().copied()),
            _ => {}
        }
    }
    Ok(Some(reach))
}
