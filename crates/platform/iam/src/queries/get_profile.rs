//! Reads what the tenant says about access as a whole.

use athyper_kernel_http::{NoQuery, ProblemResponse, Read, ReadProblems, Reply};
use serde::Serialize;
use utoipa::ToSchema;

use crate::store::access;

/// What the tenant says about access as a whole.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = iam::AccessProfile)]
pub(crate) struct AccessProfile {
    /// Whether the roles that a token names count beside those that are bound.
    pub(crate) trust_token_roles: bool,
    /// Version, for `If-Match`.
    pub(crate) version: i64,
}

/// Get what the tenant says about access
///
/// Until it says something else, roles of tokens count.
#[utoipa::path(
    get,
    path = "/v1/iam/profile",
    operation_id = "iam.get_profile",
    tag = "iam",
    responses((status = 200, description = "What the tenant says", body = AccessProfile, example = json!({"trustTokenRoles": true, "version": 1})), ReadProblems)
)]
pub(crate) async fn get_profile(mut read: Read<NoQuery>) -> Result<Reply, ProblemResponse> {
    let (trust_token_roles, version) = access::profile(&mut read.tx).await?.unwrap_or((true, 1));
    read.reply(version, &AccessProfile { trust_token_roles, version })
}
