//! Reads one bank account.

use athyper_kernel_http::{PathId, ProblemResponse, Read, RecordProblems, Reply};
use axum::extract::State;

use crate::Deps;
use crate::entities::ACCOUNT;
use crate::error::Error;
use crate::model::bank_account::BankAccount;
use crate::store::accounts;

/// Get a bank account
///
/// Its version is its `ETag`.
#[utoipa::path(
    get,
    path = "/v1/banking/accounts/{id}",
    operation_id = "banking.get_account",
    tag = "banking",
    params(("id" = String, Path, description = "Id of the bank account", format = Uuid)),
    responses(
        (
            status = 200,
            description = "The bank account",
            body = BankAccount,
            example = json!({"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6072", "name": "Main account", "holder": "Demo GmbH",
                "iban": "DE89370400440532013000", "currency": "EUR", "entity": "MAIN", "ledgerAccount": "1200",
                "paymentFormat": "pain.001.001.09", "state": "active",
                "createdAt": "2024-01-04T09:00:00Z", "createdBy": "ada", "version": 1})
        ),
        RecordProblems
    )
)]
pub(crate) async fn get_account(
    State(deps): State<Deps>,
    PathId(id): PathId<BankAccount>,
    mut read: Read,
) -> Result<Reply, ProblemResponse> {
    let caller = read.caller().clone();
    deps.records.check_on(&mut read.tx, &caller, (ACCOUNT, id.uuid()), Error::AccountNotFound).await?;
    let found = accounts::find(&mut read.tx, id).await?.ok_or(Error::AccountNotFound)?;
    read.reply(found.version, &found)
}
