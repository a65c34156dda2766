//! Reads one matching rule.

use athyper_kernel_http::{PathId, ProblemResponse, Read, RecordProblems, Reply};
use axum::extract::State;

use crate::Deps;
use crate::entities::RULE;
use crate::error::Error;
use crate::model::matching_rule::MatchingRule;
use crate::store::rules;

/// Get a matching rule
///
/// Its version is its `ETag`.
#[utoipa::path(
    get,
    path = "/v1/banking/rules/{id}",
    operation_id = "banking.get_rule",
    tag = "banking",
    params(("id" = String, Path, description = "Id of the matching rule", format = Uuid)),
    responses(
        (
            status = 200,
            description = "The matching rule",
            body = MatchingRule,
            example = json!({"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "name": "Bank fees", "priority": 0, "patterns": ["entgelt"],
                "ledgerAccount": "4970", "dimensions": {}, "state": "active",
                "createdAt": "2024-01-04T09:00:00Z", "createdBy": "ada", "version": 1})
        ),
        RecordProblems
    )
)]
pub(crate) async fn get_rule(
    State(deps): State<Deps>,
    PathId(id): PathId<MatchingRule>,
    mut read: Read,
) -> Result<Reply, ProblemResponse> {
    let caller = read.caller().clone();
    deps.records.check_on(&mut read.tx, &caller, (RULE, id.uuid()), Error::RuleNotFound).await?;
    let found = rules::find(&mut read.tx, id).await?.ok_or(Error::RuleNotFound)?;
    read.reply(found.version, &found)
}
