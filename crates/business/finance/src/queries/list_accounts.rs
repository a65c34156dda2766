//! Lists accounts by code.

use athyper_kernel_db::ReadTx;
use athyper_kernel_http::{ProblemResponse, ReadProblems, Reply, Report};
use athyper_kernel_types::{Page, PageRequest};
use serde::Deserialize;

use crate::error::Error;
use crate::model::account::{Account, AccountCode, AccountType};
use crate::store::accounts::{self, Filter};

/// Which accounts.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListAccounts {
    /// Only of this type.
    #[serde(rename = "type")]
    #[param(inline)]
    kind: Option<AccountType>,
    /// Only those that take postings (`true`), or only groups (`false`).
    postable: Option<bool>,
    #[serde(flatten)]
    #[param(ignore)]
    page: PageRequest,
}

/// List accounts
///
/// In the order of their codes, so that the tree is read from top to bottom.
#[utoipa::path(
    get,
    path = "/v1/finance/accounts",
    operation_id = "finance.list_accounts",
    tag = "finance",
    params(ListAccounts, PageRequest),
    responses(
        (
            status = 200,
            description = "A page of accounts",
            body = Page<Account>,
            example = json!({"items": [{"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071",
                "code": "Assets:US:BofA:Checking", "name": "Checking", "type": "asset",
                "parent": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6070", "postable": true, "state": "active", "version": 1}],
                "nextCursor": null})
        ),
        ReadProblems
    )
)]
pub(crate) async fn list_accounts(Report(mut read): Report<ListAccounts>) -> Result<Reply, ProblemResponse> {
    Ok(Reply::ok(&execute(&mut read.tx, &read.query).await?)?)
}

pub(crate) async fn execute(tx: &mut ReadTx, query: &ListAccounts) -> Result<Page<Account>, Error> {
    let filter = Filter { kind: query.kind, postable: query.postable };
    let sort = format!("accounts code, {filter:?}");
    // Read as a code, because a cursor is input like any other.
    let after: Option<AccountCode> = query.page.keys(&sort)?;
    let rows = accounts::list(tx, filter, after.as_ref(), query.page.fetch_limit()).await?;
    Ok(Page::from_rows(rows, &query.page, &sort, |account| account.code.clone())?)
}
