//! Replaces what a matching rule says.

use athyper_kernel_audit::{AuditEvent, changes};
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{ChangeProblems, Command, Json, PathId, ProblemResponse, Reply};
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::Deps;
use crate::commands::create_rule::check;
use crate::entities::RULE;
use crate::error::Error;
use crate::model::matching_rule::{MatchingRule, RuleBody, RuleState};
use crate::store::rules;

/// What it says from now on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = banking::RuleChange)]
pub(crate) struct RuleChange {
    /// Of which lines it is, and what they are.
    rule: RuleBody,
    /// Whether it is used.
    #[serde(default)]
    state: RuleState,
}

/// Replace a matching rule
///
/// Suggestions that rest on it change when matches are suggested the next time.
#[utoipa::path(
    put,
    path = "/v1/banking/rules/{id}",
    operation_id = "banking.update_rule",
    tag = "banking",
    params(
        ("id" = String, Path, description = "Id of the rule", format = Uuid),
        ("if-match" = String, Header, description = "ETag of the version that is replaced")
    ),
    request_body(
        content = RuleChange,
        example = json!({"rule": {"name": "Bank fees", "patterns": ["entgelt"], "ledgerAccount": "4970"}, "state": "active"})
    ),
    responses((status = 200, description = "The rule as it is now", body = MatchingRule), ChangeProblems)
)]
pub(crate) async fn update_rule(
    State(deps): State<Deps>,
    PathId(id): PathId<MatchingRule>,
    mut cmd: Command<Json<RuleChange>>,
) -> Result<Reply, ProblemResponse> {
    let rule = rules::lock(&mut cmd.tx, id).await?.ok_or(Error::RuleNotFound)?;
    let caller = cmd.caller().clone();
    deps.records.check_on(&mut cmd.tx, &caller, (RULE, id.uuid()), Error::RuleNotFound).await?;
    cmd.require_version(rule.version)?;
    let done = execute(&mut cmd.tx, &rule, &cmd.body.0).await?;
    let reply = Reply::ok(&done.output)?.version(done.output.version);
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    before: &MatchingRule,
    input: &RuleChange,
) -> Result<Done<MatchingRule>, Error> {
    check(tx, &input.rule).await?;

    rules::put(tx, before.id, input.state, &input.rule).await?;

    let after = rules::find(tx, before.id).await?.ok_or(Error::RuleNotFound)?;
    let event = AuditEvent::info("banking.update_rule")
        .about("banking.rule", after.id)
        .with("changes", changes(before, &after));
    Ok(Done::new(after, event))
}
