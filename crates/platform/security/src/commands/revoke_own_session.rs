//! Ends one of the caller's own sessions.

use athyper_kernel_http::{ChangeProblems, Command, NoBody, PathId, ProblemResponse, Reply};

use super::revoke_session::{RevokedSession, execute};
use crate::error::Error;
use crate::model::view::SessionView;
use crate::store::views;

/// Revoke an own session
///
/// It may be the one that this request came with.
#[utoipa::path(
    post,
    path = "/v1/security/own-sessions/{id}/revoke",
    operation_id = "security.revoke_own_session",
    tag = "security",
    params(
        ("id" = String, Path, description = "Id of the session", format = Uuid),
        ("if-match" = Option<String>, Header, description = "ETag of the version that is revoked")
    ),
    responses(
        (
            status = 200,
            description = "The session, ended",
            body = RevokedSession,
            example = json!({"id": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "subject": "u-1", "version": 4})
        ),
        ChangeProblems
    )
)]
pub(crate) async fn revoke_own_session(
    PathId(id): PathId<SessionView>,
    mut cmd: Command<NoBody>,
) -> Result<Reply, ProblemResponse> {
    let found = views::owner(&mut cmd.tx, id.uuid()).await?;
    let caller = cmd.caller().context().actor().id.clone();
    // Somebody else's is not there.
    let own = found.filter(|(subject, ..)| *subject == caller);
    let (subject, has_ended, version) = own.ok_or(Error::SessionNotFound)?;
    cmd.check_version(version)?;
    let done = execute(&mut cmd.tx, id.uuid(), subject, has_ended, "security.revoke_own_session").await?;
    let output = RevokedSession { version: version + 1, ..done.output };
    let reply = Reply::ok(&output)?.version(output.version);
    cmd.finish(done.event, reply).await
}
