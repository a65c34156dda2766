//! Lists the second factors of a person to administrators.

use athyper_kernel_http::{PathId, ProblemResponse, Read, RecordProblems, Reply};
use athyper_kernel_types::Principal;
use serde::Serialize;
use utoipa::ToSchema;

use crate::error::Error;
use crate::model::factor::{Factor, FactorView};
use crate::store::{accounts, factors};

/// All factors of an account: there are only so many.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = accounts::Factors)]
pub(crate) struct Factors {
    /// The factors, the oldest first.
    items: Vec<FactorView>,
}

impl Factors {
    pub(crate) fn of(factors: &[Factor]) -> Self {
        Self { items: factors.iter().map(FactorView::from).collect() }
    }
}

/// List the second factors of a person
#[utoipa::path(
    get,
    path = "/v1/accounts/people/{id}/factors",
    operation_id = "accounts.list_factors",
    tag = "accounts",
    params(("id" = String, Path, description = "Id of the person", format = Uuid)),
    responses((status = 200, description = "The factors", body = Factors,
        example = json!({"items": [{"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "type": "totp", "label": "Phone",
            "confirmed": true, "createdAt": "2026-01-15T09:00:00Z"}]})), RecordProblems)
)]
pub(crate) async fn list_factors(
    PathId(id): PathId<Principal>,
    mut read: Read,
) -> Result<Reply, ProblemResponse> {
    accounts::find(&mut read.tx, id).await?.ok_or(Error::NotFound)?;
    Ok(Reply::ok(&Factors::of(&factors::of(&mut read.tx, id).await?))?)
}
