//! Invites a person to set a password.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{ChangeProblems, Command, Json, ProblemResponse, Reply};
use athyper_kernel_types::PrincipalId;
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::Deps;
use crate::error::Error;
use crate::letters;
use crate::model::secret::random_bytes;
use crate::queries::get_account::{AccountView, shown};
use crate::store::accounts;
use crate::store::links::LinkPurpose;

/// Whom to invite.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = accounts::Invite)]
pub(crate) struct Invite {
    /// Id of the person.
    principal: PrincipalId,
}

/// Invite a person
///
/// Makes the account where there is none, and sends a link to set the first password. An invitation that was not taken is
/// replaced.
#[utoipa::path(
    post,
    path = "/v1/accounts/people",
    operation_id = "accounts.invite",
    tag = "accounts",
    request_body(content = Invite, example = json!({"principal": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071"})),
    responses(
        (status = 201, description = "The account, whose invitation is on its way", body = AccountView),
        ChangeProblems
    )
)]
pub(crate) async fn invite(
    State(deps): State<Deps>,
    mut cmd: Command<Json<Invite>>,
) -> Result<Reply, ProblemResponse> {
    let done = execute(&mut cmd.tx, &deps, cmd.body.0.principal).await?;
    let place = format!("/v1/accounts/people/{}", done.output.principal);
    let reply = Reply::created(place, &done.output)?.version(done.output.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    deps: &Deps,
    principal: PrincipalId,
) -> Result<Done<AccountView>, Error> {
    let context = tx.context().clone();
    let person = deps.people.by_id(tx.conn(), &context, principal).await?.ok_or(Error::PersonNotFound)?;
    if !person.is_active {
        return Err(Error::NotActive);
    }
    accounts::insert(tx, principal, &*random_bytes::<32>()?).await?;
    let account = accounts::lock(tx, principal).await?.ok_or(Error::NotFound)?;
    if account.password_hash.is_some() {
        return Err(Error::HasPassword);
    }

    letters::send_link(tx, deps, &person, LinkPurpose::Invitation).await?;

    let event = AuditEvent::info("accounts.invite").about("accounts.account", principal);
    Ok(Done::new(shown(tx, deps, &account).await?, event))
}
