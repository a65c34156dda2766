//! Lists the caller's second factors.

use athyper_kernel_http::{Caller, ProblemResponse, Read, ReadProblems, Reply};
use axum::extract::State;

use super::list_factors::Factors;
use crate::store::factors;
use crate::{Deps, me};

/// List your second factors
#[utoipa::path(
    get,
    path = "/v1/accounts/me/factors",
    operation_id = "accounts.list_own_factors",
    tag = "accounts",
    responses(
        (status = 200, description = "The factors", body = Factors,
            example = json!({"items": [{"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "type": "totp",
                "label": "Phone", "confirmed": true, "createdAt": "2026-01-15T09:00:00Z"}]})),
        (status = 404, description = "You have no local account", body = athyper_kernel_http::ProblemBody,
            content_type = "application/problem+json"),
        ReadProblems
    )
)]
pub(crate) async fn list_own_factors(
    State(deps): State<Deps>,
    caller: Caller,
    mut read: Read,
) -> Result<Reply, ProblemResponse> {
    let person = me::person(&mut read.tx, &deps, &caller).await?;
    Ok(Reply::ok(&Factors::of(&factors::of(&mut read.tx, person.id).await?))?)
}
