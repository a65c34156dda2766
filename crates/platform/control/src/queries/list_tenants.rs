//! Lists tenants by realm and key.

use athyper_kernel_db::{ReadTx, TenantStatus};
use athyper_kernel_http::{ProblemResponse, ReadProblems, Reply, Report};
use athyper_kernel_types::{Page, PageRequest};
use serde::Deserialize;

use crate::error::Error;
use crate::model::tenant::Tenant;
use crate::store::tenants::{self, Filter};

/// Which tenants.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListTenants {
    /// Only of this realm.
    realm_key: Option<String>,
    /// Only those that stand so: `active`, `suspended` or `archived`.
    #[param(value_type = Option<String>)]
    status: Option<TenantStatus>,
    /// Only those whose key begins so.
    key_prefix: Option<String>,
    #[serde(flatten)]
    #[param(ignore)]
    page: PageRequest,
}

/// List tenants
///
/// Of all realms, by realm and key.
#[utoipa::path(
    get,
    path = "/v1/control/tenants",
    operation_id = "control.list_tenants",
    tag = "control",
    params(ListTenants, PageRequest),
    responses(
        (
            status = 200,
            description = "A page of tenants",
            body = Page<Tenant>,
            example = json!({"items": [{"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "realmKey": "athyper",
                "tenantKey": "initech", "name": "Initech Inc", "status": "active", "origin": "api",
                "settings": {"defaults": {"currency": "USD"}, "orgs": {}},
                "createdAt": "2026-01-05T09:00:00Z", "version": 1}], "nextCursor": null})
        ),
        ReadProblems
    )
)]
pub(crate) async fn list_tenants(Report(mut read): Report<ListTenants>) -> Result<Reply, ProblemResponse> {
    Ok(Reply::ok(&execute(&mut read.tx, &read.query).await?)?)
}

pub(crate) async fn execute(tx: &mut ReadTx, query: &ListTenants) -> Result<Page<Tenant>, Error> {
    let ListTenants { realm_key, status, key_prefix, page } = query;
    let filter = Filter { realm_key: realm_key.clone(), status: *status, key_prefix: key_prefix.clone() };
    let sort = format!("tenants keys, {filter:?}");
    let after: Option<(String, String)> = page.keys(&sort)?;
    let rows = tenants::list(tx, &filter, after.as_ref(), page.fetch_limit()).await?;
    Ok(Page::from_rows(rows, page, &sort, |tenant| (tenant.realm_key.clone(), tenant.tenant_key.clone()))?)
}
