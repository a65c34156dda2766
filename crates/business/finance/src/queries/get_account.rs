//! Reads one account.

use athyper_kernel_http::{PathId, ProblemResponse, Read, RecordProblems, Reply};
use axum::extract::State;

use crate::Deps;
use crate::entities::ACCOUNT;
use crate::error::Error;
use crate::model::account::Account;
use crate::store::accounts;

/// Get an account
///
/// Its version is its `ETag`.
#[utoipa::path(
    get,
    path = "/v1/finance/accounts/{id}",
    operation_id = "finance.get_account",
    tag = "finance",
    params(("id" = String, Path, description = "Id of the account", format = Uuid)),
    responses(
        (
            status = 200,
            description = "The account",
            body = Account,
            example = json!({"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "code": "Assets:US:BofA:Checking",
                "name": "Checking", "type": "asset", "parent": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6070",
                "postable": true, "state": "active", "openedOn": "2022-01-01", "version": 1})
        ),
        RecordProblems
    )
)]
pub(crate) async fn get_account(
    State(deps): State<Deps>,
    PathId(id): PathId<Account>,
    mut read: Read,
) -> Result<Reply, ProblemResponse> {
    let caller = read.caller().clone();
    deps.records.check_on(&mut read.tx, &caller, (ACCOUNT, id.uuid()), Error::AccountNotFound).await?;
    let account = accounts::find(&mut read.tx, id).await?.ok_or(Error::AccountNotFound)?;
    read.reply(account.version, &account)
}
