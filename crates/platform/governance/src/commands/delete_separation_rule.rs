//! Lets two duties be had together again.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_http::{ChangeProblems, Command, NoBody, PathId, ProblemResponse, Reply};
use axum::extract::State;
use serde_json::json;

use crate::Deps;
use crate::error::{Error, Thing};
use crate::model::separation::SeparationRule;
use crate::store::separation;

/// Delete a rule of separation
///
/// With its exceptions. The answer is the rule as it was.
#[utoipa::path(
    delete,
    path = "/v1/governance/separation-rules/{id}",
    operation_id = "governance.delete_separation_rule",
    tag = "governance",
    params(("id" = String, Path, description = "Id of the rule", format = Uuid), ("if-match" = String, Header, description = "ETag of the version that is changed")),
    responses((status = 200, description = "The rule as it was", body = SeparationRule, example = json!({"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "name": "Enter and post",
        "left": {"permission": "finance.create_journal"}, "right": {"permission": "finance.post_journal"}, "version": 1})), ChangeProblems)
)]
pub(crate) async fn delete_separation_rule(
    State(deps): State<Deps>,
    PathId(id): PathId<SeparationRule>,
    mut cmd: Command<NoBody>,
) -> Result<Reply, ProblemResponse> {
    deps.access.lock(&mut cmd.tx).await?;
    let rule = separation::find_rule(&mut cmd.tx, id).await?.ok_or(Error::NotFound(Thing::Rule))?;
    cmd.require_version(rule.version)?;
    separation::delete_rule(&mut cmd.tx, id).await?;
    deps.access.changed(&mut cmd.tx).await?;
    let event = AuditEvent::info("governance.delete_separation_rule")
        .about("governance.separation_rule", id)
        .with("deleted", json!(rule));
    let reply = Reply::ok(&rule)?;
    cmd.finish(event, reply).await
}
