//! Shows what the tenant asks of its accounts, and what the platform asks at least.

use athyper_kernel_http::{ProblemResponse, Read, ReadProblems, Reply};
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::Deps;
use crate::model::policy::{Profile, stricter};
use crate::policy::floor_of;
use crate::store::policies;

/// The policy of a tenant.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = accounts::Policy)]
pub(crate) struct PolicyView {
    /// What the tenant says itself; the platform's suggestion where it says nothing.
    profile: Profile,
    /// The least that the platform asks.
    minimum: Profile,
    /// What applies: the stricter of both, field by field.
    effective: Profile,
    /// Version, for `If-Match`; 0 where the tenant says nothing.
    pub(crate) version: i64,
}

pub(crate) fn view(profile: Profile, version: i64, floor: &Profile) -> PolicyView {
    PolicyView { effective: stricter(&profile, floor), minimum: floor.clone(), profile, version }
}

/// Show the policy of accounts
#[utoipa::path(
    get,
    path = "/v1/accounts/policy",
    operation_id = "accounts.get_policy",
    tag = "accounts",
    responses(
        (status = 200, description = "The policy", body = PolicyView,
            example = json!({"profile": {"mfaRequired": false, "allowedMfaTypes": ["totp", "webauthn"],
                "maxLoginFailures": 5, "lockoutDurationMinutes": 15, "passwordPolicy": {"minLength": 12, "history": 5,
                "upper": true, "lower": true, "digit": true, "special": true}}, "version": 0})),
        ReadProblems
    )
)]
pub(crate) async fn get_policy(State(deps): State<Deps>, mut read: Read) -> Result<Reply, ProblemResponse> {
    let floor = floor_of(&deps, read.tx.context().realm_key());
    let (profile, version) = policies::find(&mut read.tx).await?.unwrap_or_default();
    Ok(Reply::ok(&view(profile, version, &floor))?.version(version))
}
