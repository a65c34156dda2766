//! Lists role bindings.

use athyper_kernel_db::ReadTx;
use athyper_kernel_http::{Catalogue, ProblemResponse, ReadProblems, Reply, Report};
use athyper_kernel_types::{Page, PageRequest, PrincipalId};
use axum::extract::State;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use uuid::Uuid;

use crate::Deps;
use crate::error::Error;
use crate::model::binding::RoleBinding;
use crate::model::group::GroupId;
use crate::model::role::RoleId;
use crate::queries::get_role::built_in;
use crate::store::bindings::{self, Filter};

/// Which of them.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListRoleBindings {
    /// Only of this principal itself.
    principal: Option<PrincipalId>,
    /// Only of this group.
    group: Option<GroupId>,
    /// Only of this role.
    role: Option<RoleId>,
    /// Also those that have ended or run out.
    #[serde(default)]
    #[param(required = false)]
    with_past: bool,
    #[serde(flatten)]
    #[param(ignore)]
    page: PageRequest,
}

/// List role bindings
///
/// Oldest first; those that have ended or run out only when they are asked for.
#[utoipa::path(
    get,
    path = "/v1/iam/role-bindings",
    operation_id = "iam.list_role_bindings",
    tag = "iam",
    params(ListRoleBindings, PageRequest),
    responses((status = 200, description = "A page", body = Page<RoleBinding>, example = json!({"items": [{"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071",
        "subject": {"principal": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6072"},
        "role": "6f1b4c1e-6f2b-5d0a-9b8e-0c6a2f6f7d11", "roleKey": "viewer", "scope": {"kind": "tenant"},
        "createdAt": "2025-01-15T09:00:00Z", "createdBy": "ada", "version": 1}], "nextCursor": null})), ReadProblems)
)]
pub(crate) async fn list_role_bindings(
    State(deps): State<Deps>,
    Report(mut read): Report<ListRoleBindings>,
) -> Result<Reply, ProblemResponse> {
    let page = execute(&mut read.tx, deps.clock.now(), &read.query).await?;
    Ok(Reply::ok(&page.map(|binding| with_key(&deps.catalogue, binding)))?)
}

pub(crate) async fn execute(
    tx: &mut ReadTx,
    now: DateTime<Utc>,
    query: &ListRoleBindings,
) -> Result<Page<RoleBinding>, Error> {
    let filter = Filter {
        principal: query.principal,
        group: query.group,
        role: query.role,
        with_past: query.with_past,
    };
    let sort = format!("role bindings id, {filter:?}");
    let after: Option<Uuid> = query.page.keys(&sort)?;
    let rows = bindings::list(tx, now, &filter, after, query.page.fetch_limit()).await?;
    Ok(Page::from_rows(rows, &query.page, &sort, |row| row.id)?)
}

/// A binding with the key of its role, where that is built in.
pub(crate) fn with_key(catalogue: &Catalogue, binding: RoleBinding) -> RoleBinding {
    let role_key = built_in(catalogue, binding.role).map(|table| table.key.clone());
    RoleBinding { role_key, ..binding }
}
