//! Writes a matching rule.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_error::FieldError;
use athyper_kernel_http::{Command, CreateProblems, Json, ProblemResponse, Reply};
use serde_json::json;

use crate::error::Error;
use crate::model::matching_rule::{MatchingRule, RuleBody, RuleId, RuleState};
use crate::store::{accounts, rules};

/// Write a matching rule
///
/// Of lines that have all its patterns in their name or purpose, and what else it asks for, it suggests that they are booked on its account.
#[utoipa::path(
    post,
    path = "/v1/banking/rules",
    operation_id = "banking.create_rule",
    tag = "banking",
    request_body(
        content = RuleBody,
        example = json!({"name": "Bank fees", "patterns": ["entgelt*konto"], "direction": "out", "most": "50", "ledgerAccount": "4970",
            "dimensions": {"costCentre": "ADM"}})
    ),
    responses((status = 201, description = "The rule", body = MatchingRule), CreateProblems)
)]
pub(crate) async fn create_rule(mut cmd: Command<Json<RuleBody>>) -> Result<Reply, ProblemResponse> {
    let done = execute(&mut cmd.tx, &cmd.body.0).await?;
    let location = format!("/v1/banking/rules/{}", done.output.id);
    let reply = Reply::created(location, &done.output)?.version(done.output.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(tx: &mut TenantTx, input: &RuleBody) -> Result<Done<MatchingRule>, Error> {
    check(tx, input).await?;

    let id = RuleId::new(tx.clock());
    rules::put(tx, id, RuleState::Active, input).await?;

    let written = rules::find(tx, id).await?.ok_or(Error::RuleNotFound)?;
    let event =
        AuditEvent::info("banking.create_rule").about("banking.rule", id).with("rule", json!(written.rule));
    Ok(Done::new(written, event))
}

/// Refuses a rule with a wrong form, or of an account that there is not.
pub(crate) async fn check(tx: &mut TenantTx, rule: &RuleBody) -> Result<(), Error> {
    let fault = |(pointer, message): (&str, &str)| FieldError::new(pointer, "invalid", message);
    let mut errors: Vec<FieldError> = rule.faults().into_iter().map(fault).collect();
    if let Some(account) = rule.account
        && accounts::find(tx, account).await?.is_none()
    {
        errors.push(FieldError::new("/account", "unknown_account", "there is no such bank account"));
    }
    if errors.is_empty() { Ok(()) } else { Err(Error::InvalidRule(errors)) }
}
