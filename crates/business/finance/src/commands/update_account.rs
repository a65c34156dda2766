//! Renames an account, blocks it, or makes it a group.

use athyper_kernel_audit::{AuditEvent, changes};
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{ChangeProblems, Command, Json, PathId, ProblemResponse, Reply};
use athyper_kernel_types::Name;
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::Deps;
use crate::entities::ACCOUNT;
use crate::error::Error;
use crate::model::account::{Account, AccountState};
use crate::store::accounts;

/// What to change; what is left out stays as it is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = finance::UpdateAccount)]
pub(crate) struct UpdateAccount {
    /// Name for people.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 255)]
    name: Option<Name>,
    /// Whether journals may name it. An account with lines cannot become a group.
    postable: Option<bool>,
    /// Whether it takes new postings now.
    state: Option<AccountState>,
}

/// Change an account
///
/// Code and type never change: they are what journals were posted to.
#[utoipa::path(
    patch,
    path = "/v1/finance/accounts/{id}",
    operation_id = "finance.update_account",
    tag = "finance",
    params(
        ("id" = String, Path, description = "Id of the account", format = Uuid),
        ("if-match" = String, Header, description = "ETag of the version that is changed")
    ),
    request_body(content = UpdateAccount, example = json!({"name": "Current account", "state": "blocked"})),
    responses((status = 200, description = "The account as it is now", body = Account), ChangeProblems)
)]
pub(crate) async fn update_account(
    State(deps): State<Deps>,
    PathId(id): PathId<Account>,
    mut cmd: Command<Json<UpdateAccount>>,
) -> Result<Reply, ProblemResponse> {
    let account = accounts::lock(&mut cmd.tx, id).await?.ok_or(Error::AccountNotFound)?;
    let caller = cmd.caller().clone();
    deps.records.check_on(&mut cmd.tx, &caller, (ACCOUNT, id.uuid()), Error::AccountNotFound).await?;
    cmd.require_version(account.version)?;
    let done = execute(&mut cmd.tx, account, &cmd.body.0).await?;
    let reply = Reply::ok(&done.output)?.version(done.output.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    account: Account,
    input: &UpdateAccount,
) -> Result<Done<Account>, Error> {
    let becomes_group = account.postable && input.postable == Some(false);
    if becomes_group && accounts::has_lines(tx, account.id).await? {
        return Err(Error::AccountHasLines);
    }

    let changed = Account {
        name: input.name.as_ref().map_or_else(|| account.name.clone(), |name| name.as_str().to_owned()),
        postable: input.postable.unwrap_or(account.postable),
        state: input.state.unwrap_or(account.state),
        version: account.version + 1,
        ..account.clone()
    };
    accounts::update(tx, &changed).await?;

    let event = AuditEvent::info("finance.update_account")
        .about("finance.account", account.id)
        .with("code", account.code.as_str())
        .with("changes", changes(&account, &changed));
    Ok(Done::new(changed, event))
}
