//! Lists the roles that the tenant made.

use athyper_kernel_db::ReadTx;
use athyper_kernel_http::{ProblemResponse, ReadProblems, Reply, Report};
use athyper_kernel_types::{Page, PageRequest};

use crate::error::Error;
use crate::model::role::Role;
use crate::store::roles;

/// List roles
///
/// The tenant's own, by name. The built-in ones are in the catalogue of permissions.
#[utoipa::path(
    get,
    path = "/v1/iam/roles",
    operation_id = "iam.list_roles",
    tag = "iam",
    params(PageRequest),
    responses((status = 200, description = "A page", body = Page<Role>, example = json!({"items": [{"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "name": "Clerk",
        "permissions": ["finance.list_journals"], "version": 1}], "nextCursor": null})), ReadProblems)
)]
pub(crate) async fn list_roles(Report(mut read): Report<PageRequest>) -> Result<Reply, ProblemResponse> {
    Ok(Reply::ok(&execute(&mut read.tx, &read.query).await?)?)
}

pub(crate) async fn execute(tx: &mut ReadTx, query: &PageRequest) -> Result<Page<Role>, Error> {
    let sort = "roles name, id".to_owned();
    let after: Option<(String, uuid::Uuid)> = query.keys(&sort)?;
    let rows = roles::list(tx, after.as_ref(), query.fetch_limit()).await?;
    Ok(Page::from_rows(rows, query, &sort, |row| (row.name.clone(), row.id.uuid()))?)
}
