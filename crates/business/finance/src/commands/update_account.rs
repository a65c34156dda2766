//! Renames an account, blocks it, or makes it a group.

use athyper_kernel_audit::{AuditEvent, changes};
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{ChangeProblems, Command, Json, PathId, ProblemResponse, Reply};
use athyper_kernel_types::{Currency, Name};
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::Deps;
use crate::entities::ACCOUNT;
use crate::error::Error;
use crate::model::account::{Account, AccountState, AccountUse};
use crate::model::text::RuleName;
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
    /// What it is used for; it stays so once it has lines.
    #[serde(rename = "use")]
    usage: Option<AccountUse>,
    /// The currency that its lines are in; it stays so once it has lines.
    currency: Option<Currency>,
    /// Keys of the dimensions that its lines must name a value of.
    #[schema(value_type = Option<Vec<String>>, max_items = 16)]
    required_dimensions: Option<Vec<RuleName>>,
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
    let changes_kind = input.usage.is_some_and(|usage| usage != account.usage)
        || input.currency.is_some_and(|currency| Some(currency) != account.currency);
    let becomes_group = account.postable && input.postable == Some(false);
    if (becomes_group || changes_kind) && accounts::has_lines(tx, account.id).await? {
        return Err(Error::AccountHasLines);
    }

    let changed = Account {
        name: input.name.as_ref().map_or_else(|| account.name.clone(), |name| name.as_str().to_owned()),
        postable: input.postable.unwrap_or(account.postable),
        usage: input.usage.unwrap_or(account.usage),
        currency: input.currency.or(account.currency),
        required_dimensions: match &input.required_dimensions {
            Some(keys) => keys.iter().map(|key| key.as_str().to_owned()).collect(),
            None => account.required_dimensions.clone(),
        },
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
