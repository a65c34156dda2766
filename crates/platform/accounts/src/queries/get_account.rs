//! Shows an account to administrators.

use athyper_kernel_db::{TenantConnection, TenantTx};
use athyper_kernel_http::{PathId, ProblemResponse, Read, RecordProblems, Reply};
use athyper_kernel_tenant_context::TenantContext;
use athyper_kernel_types::{Principal, PrincipalId};
use axum::extract::State;
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::error::Error;
use crate::factors::usable;
use crate::model::account::Account;
use crate::model::policy::Profile;
use crate::store::{accounts, factors};
use crate::{Deps, policy};

/// How an account stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = accounts::AccountState)]
pub(crate) enum AccountState {
    /// Nobody has set a password yet.
    Invited,
    /// It can be signed in to.
    Active,
}

/// An account as administrators see it.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = accounts::Account)]
pub(crate) struct AccountView {
    /// Id of the person.
    pub(crate) principal: PrincipalId,
    /// Name to sign in by.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "zoe")]
    pub(crate) login: Option<String>,
    /// How it stands.
    pub(crate) state: AccountState,
    /// Until when it is locked (UTC). It may lie in the past.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) locked_until: Option<DateTime<Utc>>,
    /// When the password was set (UTC).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) password_changed_at: Option<DateTime<Utc>>,
    /// Whether a second factor is required, of this person or of all.
    pub(crate) mfa_required: bool,
    /// How many second factors it has that count.
    pub(crate) factors: usize,
    /// Version, for `If-Match`.
    pub(crate) version: i64,
    /// When it was made (UTC).
    pub(crate) created_at: DateTime<Utc>,
}

/// An account with what is known of its factors.
pub(crate) async fn view(
    tx: &mut impl TenantConnection,
    account: &Account,
    login: Option<String>,
    policy: &Profile,
) -> Result<AccountView, Error> {
    let known = factors::of(tx, account.principal).await?;
    let has_password = account.password_hash.is_some();
    Ok(AccountView {
        principal: account.principal,
        login,
        state: if has_password { AccountState::Active } else { AccountState::Invited },
        locked_until: account.locked_until,
        password_changed_at: account.password_changed_at,
        mfa_required: policy.mfa_required || account.mfa_required,
        factors: usable(&known, policy).len(),
        version: account.version,
        created_at: account.created_at,
    })
}

/// The same with the person's login name, under the policy that holds.
pub(crate) async fn shown(tx: &mut TenantTx, deps: &Deps, account: &Account) -> Result<AccountView, Error> {
    let context = tx.context().clone();
    let policy = policy::effective(tx, deps, context.realm_key()).await?;
    let login = login_of(tx, deps, &context, account.principal).await?;
    view(tx, account, login, &policy).await
}

/// The login name of a person, where there still is one.
pub(crate) async fn login_of(
    tx: &mut impl TenantConnection,
    deps: &Deps,
    context: &TenantContext,
    principal: PrincipalId,
) -> Result<Option<String>, Error> {
    Ok(deps.people.by_id(tx.conn(), context, principal).await?.map(|person| person.login))
}

/// Show an account
#[utoipa::path(
    get,
    path = "/v1/accounts/people/{id}",
    operation_id = "accounts.get_account",
    tag = "accounts",
    params(("id" = String, Path, description = "Id of the person", format = Uuid)),
    responses((status = 200, description = "The account", body = AccountView,
        example = json!({"principal": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "login": "zoe", "state": "active",
            "mfaRequired": false, "factors": 1, "version": 2, "createdAt": "2026-01-15T09:00:00Z"})), RecordProblems)
)]
pub(crate) async fn get_account(
    State(deps): State<Deps>,
    PathId(id): PathId<Principal>,
    mut read: Read,
) -> Result<Reply, ProblemResponse> {
    let context = read.tx.context().clone();
    let account = accounts::find(&mut read.tx, id).await?.ok_or(Error::NotFound)?;
    let policy = policy::effective(&mut read.tx, &deps, context.realm_key()).await?;
    let login = login_of(&mut read.tx, &deps, &context, id).await?;
    let shown = view(&mut read.tx, &account, login, &policy).await?;
    Ok(Reply::ok(&shown)?.version(shown.version))
}
