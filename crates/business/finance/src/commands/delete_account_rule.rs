//! Takes a rule that chooses accounts back.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{ChangeProblems, Command, NoBody, PathId, ProblemResponse, Reply};
use axum::extract::State;
use serde_json::json;

use crate::Deps;
use crate::entities::ACCOUNT_RULE;
use crate::error::Error;
use crate::model::account_rule::{Rule, RuleBody};
use crate::store::account_rules;

/// Delete an account rule
///
/// What was posted by it stays as it is. The answer is the rule as it was.
#[utoipa::path(
    delete,
    path = "/v1/finance/account-rules/{id}",
    operation_id = "finance.delete_account_rule",
    tag = "finance",
    params(
        ("id" = String, Path, description = "Id of the rule", format = Uuid),
        ("if-match" = String, Header, description = "ETag of the version that is deleted")
    ),
    responses(
        (
            status = 200,
            description = "The rule as it was",
            body = RuleBody,
            example = json!({"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "role": "output_tax",
                "facts": {"taxCode": "S20"}, "account": "2200 Output tax", "version": 1})
        ),
        ChangeProblems
    )
)]
pub(crate) async fn delete_account_rule(
    State(deps): State<Deps>,
    PathId(id): PathId<Rule>,
    mut cmd: Command<NoBody>,
) -> Result<Reply, ProblemResponse> {
    let rule = account_rules::find(&mut cmd.tx, id).await?.ok_or(Error::RuleNotFound)?;
    let caller = cmd.caller().clone();
    deps.records.check_on(&mut cmd.tx, &caller, (ACCOUNT_RULE, id.uuid()), Error::RuleNotFound).await?;
    cmd.require_version(rule.version)?;
    let done = execute(&mut cmd.tx, rule).await?;
    let reply = Reply::ok(&done.output)?;
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(tx: &mut TenantTx, rule: RuleBody) -> Result<Done<RuleBody>, Error> {
    // Somebody else may have been faster.
    if !account_rules::delete(tx, rule.id).await? {
        return Err(Error::RuleNotFound);
    }

    let event = AuditEvent::info("finance.delete_account_rule")
        .about("finance.account_rule", rule.id)
        .with("deleted", json!(rule));
    Ok(Done::new(rule, event))
}
