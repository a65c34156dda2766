//! Takes an exception of a rule of separation back.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_http::{ChangeProblems, Command, NoBody, PathIds, ProblemResponse, Reply};
use axum::extract::State;

use crate::Deps;
use crate::error::{Error, Thing};
use crate::model::separation::{SeparationException, SeparationRule};
use crate::store::separation;

/// Take an exception back
///
/// Who has both duties by it keeps them until a binding ends; no more is given. The answer is the rule.
#[utoipa::path(
    delete,
    path = "/v1/governance/separation-rules/{id}/exceptions/{exception}",
    operation_id = "governance.delete_separation_exception",
    tag = "governance",
    params(("id" = String, Path, description = "Id of the rule", format = Uuid), ("exception" = String, Path, description = "Id of the exception", format = Uuid), ("if-match" = String, Header, description = "ETag of the version that is changed")),
    responses((status = 200, description = "The rule", body = SeparationRule, example = json!({"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "name": "Enter and post",
        "left": {"permission": "finance.create_journal"}, "right": {"permission": "finance.post_journal"}, "version": 1})), ChangeProblems)
)]
pub(crate) async fn delete_separation_exception(
    State(deps): State<Deps>,
    PathIds(id, exception): PathIds<SeparationRule, SeparationException>,
    mut cmd: Command<NoBody>,
) -> Result<Reply, ProblemResponse> {
    deps.access.lock(&mut cmd.tx).await?;
    let found = separation::find_rule(&mut cmd.tx, id).await?;
    let rule = found.ok_or(Error::NotFound(Thing::Rule))?;
    cmd.require_version(rule.version)?;
    if !separation::delete_exception(&mut cmd.tx, rule.id, exception).await? {
        return Err(Error::NotFound(Thing::Exception).into());
    }
    deps.access.changed(&mut cmd.tx).await?;
    let event = AuditEvent::info("governance.delete_separation_exception")
        .about("governance.separation_rule", rule.id)
        .with("exception", exception.to_string());
    let reply = Reply::ok(&rule)?;
    cmd.finish(event, reply).await
}
