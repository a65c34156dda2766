//! Says whether a person needs a second factor, whatever the tenant asks of all.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{ChangeProblems, Command, Json, PathId, ProblemResponse, Reply};
use athyper_kernel_types::Principal;
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::Deps;
use crate::error::Error;
use crate::model::account::Account;
use crate::queries::get_account::{AccountView, shown};
use crate::store::accounts;

/// Whether.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = accounts::RequireMfa)]
pub(crate) struct RequireMfa {
    /// Whether this person needs a second factor.
    required: bool,
}

/// Require a second factor of a person
///
/// Whoever has none yet gets one at the next sign-in. What the tenant's policy requires of all is not taken back by it.
#[utoipa::path(
    post,
    path = "/v1/accounts/people/{id}/require-mfa",
    operation_id = "accounts.require_mfa",
    tag = "accounts",
    params(
        ("id" = String, Path, description = "Id of the person", format = Uuid),
        ("if-match" = String, Header, description = "ETag of the version that is changed")
    ),
    request_body(content = RequireMfa, example = json!({"required": true})),
    responses((status = 200, description = "The account as it is now", body = AccountView), ChangeProblems)
)]
pub(crate) async fn require_mfa(
    State(deps): State<Deps>,
    PathId(id): PathId<Principal>,
    mut cmd: Command<Json<RequireMfa>>,
) -> Result<Reply, ProblemResponse> {
    let account = accounts::lock(&mut cmd.tx, id).await?.ok_or(Error::NotFound)?;
    cmd.require_version(account.version)?;
    let done = execute(&mut cmd.tx, &deps, account, cmd.body.0.required).await?;
    let reply = Reply::ok(&done.output)?.version(done.output.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    deps: &Deps,
    account: Account,
    required: bool,
) -> Result<Done<AccountView>, Error> {
    let changed = Account { mfa_required: required, version: account.version + 1, ..account };

    accounts::set_mfa_required(tx, &changed).await?;

    let event = AuditEvent::info("accounts.require_mfa")
        .about("accounts.account", changed.principal)
        .with("required", required);
    Ok(Done::new(shown(tx, deps, &changed).await?, event))
}
