//! Says who the caller is and what they may do.

use std::collections::BTreeSet;

use athyper_kernel_http::{NoQuery, ProblemResponse, Read, ReadProblems, Reply};
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::Deps;
use crate::error::Error;
use crate::model::principal::Principal;
use crate::queries::get_effective_permissions::{Entry, entries};
use crate::rights::{Found, Who, load};
use crate::store::principals;

/// Who the caller is.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = iam::Me)]
pub(crate) struct Me {
    /// Key of the realm.
    realm: String,
    /// Key of the tenant.
    tenant: String,
    /// Subject of the token, as in the audit trail.
    subject: String,
    /// The principal, where the tenant knows one.
    #[serde(skip_serializing_if = "Option::is_none")]
    principal: Option<Principal>,
    /// Roles that count, of the token and of bindings.
    roles: Vec<String>,
    /// What they give.
    permissions: Vec<Entry>,
}

/// Get the caller
///
/// Who they are, with their roles and what these give.
#[utoipa::path(
    get,
    path = "/v1/iam/me",
    operation_id = "iam.get_me",
    tag = "iam",
    responses((status = 200, description = "The caller", body = Me, example = json!({"realm": "athyper", "tenant": "demo", "subject": "ada@demo",
        "roles": ["viewer"], "permissions": [{"permission": "finance.list_accounts", "scope": {"kind": "tenant"},
        "own": false, "role": "viewer"}]})), ReadProblems)
)]
pub(crate) async fn get_me(
    State(deps): State<Deps>,
    mut read: Read<NoQuery>,
) -> Result<Reply, ProblemResponse> {
    let caller = read.caller().clone();
    let found = load(&mut read.tx, &deps.known(), Who::calls(&caller)).await?;
    let Found::Rights(rights) = found else { return Err(Error::ShutOut.into()) };
    let principal = match rights.principal() {
        Some(id) => principals::find(&mut read.tx, id).await?,
        None => None,
    };
    let roles: BTreeSet<String> = rights.grants.iter().map(|grant| grant.role.key.clone()).collect();
    Ok(Reply::ok(&Me {
        realm: caller.context().realm_key().to_owned(),
        tenant: caller.context().tenant_key().to_owned(),
        subject: caller.context().actor().id.clone(),
        principal,
        roles: roles.into_iter().collect(),
        permissions: entries(&mut read.tx, &rights).await?,
    })?)
}
