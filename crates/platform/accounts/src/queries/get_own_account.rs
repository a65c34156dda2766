//! Shows callers their own account.

use athyper_kernel_db::TenantConnection;
use athyper_kernel_http::{Caller, ProblemResponse, Read, ReadProblems, Reply};
use axum::extract::State;
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::error::Error;
use crate::ports::Person;
use crate::store::{accounts, recovery_codes};
use crate::{Deps, me, policy};

/// One's own account.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = accounts::OwnAccount)]
pub(crate) struct OwnAccount {
    /// Name to sign in by.
    #[schema(example = "zoe")]
    login: String,
    /// When the password was set (UTC).
    #[serde(skip_serializing_if = "Option::is_none")]
    password_changed_at: Option<DateTime<Utc>>,
    /// Whether a second factor is required.
    mfa_required: bool,
    /// How many recovery codes are left.
    recovery_codes_left: i64,
}

/// What a person sees of their account; none where there is none.
pub(crate) async fn view(
    tx: &mut impl TenantConnection,
    deps: &Deps,
    realm: &str,
    person: &Person,
) -> Result<Option<OwnAccount>, Error> {
    let Some(account) = accounts::find(tx, person.id).await? else { return Ok(None) };
    let policy = policy::effective(tx, deps, realm).await?;
    Ok(Some(OwnAccount {
        login: person.login.clone(),
        password_changed_at: account.password_changed_at,
        mfa_required: account.mfa_required || policy.mfa_required,
        recovery_codes_left: recovery_codes::left(tx, person.id).await?,
    }))
}

/// Show your account
#[utoipa::path(
    get,
    path = "/v1/accounts/me",
    operation_id = "accounts.get_own_account",
    tag = "accounts",
    responses(
        (status = 200, description = "Your account", body = OwnAccount,
            example = json!({"login": "zoe", "passwordChangedAt": "2026-01-15T09:00:00Z", "mfaRequired": false,
                "recoveryCodesLeft": 10})),
        (status = 404, description = "You have no local account", body = athyper_kernel_http::ProblemBody,
            content_type = "application/problem+json"),
        ReadProblems
    )
)]
pub(crate) async fn get_own_account(
    State(deps): State<Deps>,
    caller: Caller,
    mut read: Read,
) -> Result<Reply, ProblemResponse> {
    let person = me::person(&mut read.tx, &deps, &caller).await?;
    let account = view(&mut read.tx, &deps, caller.context().realm_key(), &person).await?;
    Ok(Reply::ok(&account.ok_or(Error::NoAccount)?)?)
}
