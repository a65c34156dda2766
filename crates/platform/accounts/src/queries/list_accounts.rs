//! Lists accounts by the id of their person.

use athyper_kernel_http::{ProblemResponse, Read, ReadProblems, Reply};
use athyper_kernel_types::{Page, PageRequest, PrincipalId};
use axum::extract::State;

use super::get_account::{AccountView, login_of, view};
use crate::error::Error;
use crate::store::accounts;
use crate::{Deps, policy};

/// The order of the list.
const SORT: &str = "accounts principal";

/// List accounts
#[utoipa::path(
    get,
    path = "/v1/accounts/people",
    operation_id = "accounts.list_accounts",
    tag = "accounts",
    params(PageRequest),
    responses(
        (status = 200, description = "A page of accounts", body = Page<AccountView>,
            example = json!({"items": [{"principal": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "login": "zoe",
                "state": "active", "mfaRequired": false, "factors": 1, "version": 2,
                "createdAt": "2026-01-15T09:00:00Z"}], "nextCursor": null})),
        ReadProblems
    )
)]
pub(crate) async fn list_accounts(
    State(deps): State<Deps>,
    mut read: Read<PageRequest>,
) -> Result<Reply, ProblemResponse> {
    let context = read.tx.context().clone();
    let policy = policy::effective(&mut read.tx, &deps, context.realm_key()).await?;
    let after: Option<PrincipalId> = read.query.keys(SORT).map_err(Error::from)?;
    let found = accounts::list(&mut read.tx, after, read.query.fetch_limit()).await?;
    let mut rows = Vec::with_capacity(found.len());
    for account in &found {
        let login = login_of(&mut read.tx, &deps, &context, account.principal).await?;
        rows.push(view(&mut read.tx, account, login, &policy).await?);
    }
    let page =
        Page::from_rows(rows, &read.query, SORT, |row: &AccountView| row.principal).map_err(Error::from)?;
    Ok(Reply::ok(&page)?)
}
