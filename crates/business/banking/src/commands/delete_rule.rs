//! Removes a matching rule.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{ChangeProblems, Command, NoBody, PathId, ProblemResponse, Reply};
use axum::extract::State;
use serde_json::json;

use crate::Deps;
use crate::entities::RULE;
use crate::error::Error;
use crate::model::matching_rule::MatchingRule;
use crate::store::rules;

/// Remove a matching rule
///
/// What was matched by it stays as it is.
#[utoipa::path(
    delete,
    path = "/v1/banking/rules/{id}",
    operation_id = "banking.delete_rule",
    tag = "banking",
    params(
        ("id" = String, Path, description = "Id of the rule", format = Uuid),
        ("if-match" = String, Header, description = "ETag of the version that is removed")
    ),
    responses(
        (
            status = 200,
            description = "The rule as it was",
            body = MatchingRule,
            example = json!({"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "name": "Bank fees", "priority": 0, "patterns": ["entgelt"],
                "ledgerAccount": "4970", "dimensions": {}, "state": "active", "createdAt": "2024-01-04T09:00:00Z", "createdBy": "ada",
                "version": 1})
        ),
        ChangeProblems
    )
)]
pub(crate) async fn delete_rule(
    State(deps): State<Deps>,
    PathId(id): PathId<MatchingRule>,
    mut cmd: Command<NoBody>,
) -> Result<Reply, ProblemResponse> {
    let rule = rules::lock(&mut cmd.tx, id).await?.ok_or(Error::RuleNotFound)?;
    let caller = cmd.caller().clone();
    deps.records.check_on(&mut cmd.tx, &caller, (RULE, id.uuid()), Error::RuleNotFound).await?;
    cmd.require_version(rule.version)?;
    let done = execute(&mut cmd.tx, rule).await?;
    let reply = Reply::ok(&done.output)?;
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(tx: &mut TenantTx, rule: MatchingRule) -> Result<Done<MatchingRule>, Error> {
    rules::delete(tx, rule.id).await?;

    let event =
        AuditEvent::info("banking.delete_rule").about("banking.rule", rule.id).with("rule", json!(rule.rule));
    Ok(Done::new(rule, event))
}
