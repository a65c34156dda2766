//! Reads a group.

use athyper_kernel_http::{PathId, ProblemResponse, Read, RecordProblems, Reply};
use axum::extract::State;

use crate::Deps;
use crate::entities::GROUP;
use crate::error::Error;
use crate::model::group::{Group, GroupMark};
use crate::store::groups;

/// Get a group
///
/// With its definition.
#[utoipa::path(
    get,
    path = "/v1/group/groups/{id}",
    operation_id = "group.get_group",
    tag = "group",
    params(("id" = String, Path, description = "Id of the group", format = Uuid)),
    responses(
        (
            status = 200,
            description = "The group",
            body = Group,
            example = json!({"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "code": "alpha-group", "name": "Alpha Group",
                "definition": {"parent": "alpha", "currency": "EUR",
                    "members": [{"entity": "alpha", "sharePercent": "100", "since": "2020-01-01", "historical": []}],
                    "accounts": [{"code": "Assets", "name": "Assets", "type": "asset"}], "mapping": [{"prefix": "1", "to": "Assets"}],
                    "special": {"translation": "Translation", "retainedEarnings": "Retained", "goodwill": "Goodwill",
                        "bargainPurchase": "Retained", "nonControlling": "Others", "nonControllingResult": "Result of others",
                        "balanceDifference": "Balances", "resultDifference": "Results"},
                    "methods": {"asset": "closing", "liability": "closing", "equity": "historical", "income": "average", "expense": "average"}},
                "createdAt": "2025-01-02T09:00:00Z", "createdBy": "ada", "version": 1})
        ),
        RecordProblems
    )
)]
pub(crate) async fn get_group(
    State(deps): State<Deps>,
    PathId(id): PathId<GroupMark>,
    mut read: Read,
) -> Result<Reply, ProblemResponse> {
    let caller = read.caller().clone();
    deps.records.check_on(&mut read.tx, &caller, (GROUP, id.uuid()), Error::GroupNotFound).await?;
    let group = groups::find(&mut read.tx, id).await?.ok_or(Error::GroupNotFound)?;
    read.reply(group.version, &group)
}
