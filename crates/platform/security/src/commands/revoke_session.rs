//! Ends one session of the tenant.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{ChangeProblems, Command, NoBody, PathId, ProblemResponse, Reply};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::error::Error;
use crate::model::view::SessionView;
use crate::store::{sessions, views};

/// A session that was ended.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = security::RevokedSession)]
pub(crate) struct RevokedSession {
    /// Its id.
    pub(crate) id: Uuid,
    /// The person whose it was.
    pub(crate) subject: String,
    /// Its version now.
    pub(crate) version: i64,
}

/// Revoke a session
///
/// It lets no request in from then on: within a second on every process.
#[utoipa::path(
    post,
    path = "/v1/security/sessions/{id}/revoke",
    operation_id = "security.revoke_session",
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
pub(crate) async fn revoke_session(
    PathId(id): PathId<SessionView>,
    mut cmd: Command<NoBody>,
) -> Result<Reply, ProblemResponse> {
    let (subject, has_ended, version) =
        views::owner(&mut cmd.tx, id.uuid()).await?.ok_or(Error::SessionNotFound)?;
    cmd.check_version(version)?;
    let done = execute(&mut cmd.tx, id.uuid(), subject, has_ended, "security.revoke_session").await?;
    let output = RevokedSession { version: version + 1, ..done.output };
    let reply = Reply::ok(&output)?.version(output.version);
    cmd.finish(done.event, reply).await
}

/// Ends a session that is there.
pub(crate) async fn execute(
    tx: &mut TenantTx,
    id: Uuid,
    subject: String,
    has_ended: bool,
    operation: &'static str,
) -> Result<Done<RevokedSession>, Error> {
    if has_ended || !sessions::end(tx, id, "revoked").await? {
        return Err(Error::SessionEndedAlready);
    }
    let event = AuditEvent::info(operation).about("security.session", id).with("subject", subject.as_str());
    Ok(Done::new(RevokedSession { id, subject, version: 0 }, event))
}
