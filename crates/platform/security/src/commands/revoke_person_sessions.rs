//! Ends all sessions of a person in the tenant, by one write.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{Command, CreateProblems, Json, ProblemResponse, Reply};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::error::Error;
use crate::store::generations::{self, Scope};

/// Longest subject, in characters (OpenID Connect Core, section 2).
const LONGEST_SUBJECT: usize = 255;

/// Whose sessions end.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = security::RevokePersonSessions)]
pub(crate) struct RevokePersonSessions {
    /// The person, by the subject of the issuer. Whether there is such a person is not told.
    #[schema(min_length = 1, max_length = 255)]
    subject: String,
}

/// What was revoked.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = security::RevokedPersonSessions)]
pub(crate) struct RevokedPersonSessions {
    /// The person.
    subject: String,
}

/// Revoke all sessions of a person
///
/// However many: they let no request in from then on, within a second on every process. The person may sign in again.
#[utoipa::path(
    post,
    path = "/v1/security/sessions/revoke-of-person",
    operation_id = "security.revoke_person_sessions",
    tag = "security",
    request_body(content = RevokePersonSessions, example = json!({"subject": "u-1"})),
    responses(
        (
            status = 200,
            description = "They have ended",
            body = RevokedPersonSessions,
            example = json!({"subject": "u-1"})
        ),
        CreateProblems
    )
)]
pub(crate) async fn revoke_person_sessions(
    mut cmd: Command<Json<RevokePersonSessions>>,
) -> Result<Reply, ProblemResponse> {
    let done = execute(&mut cmd.tx, &cmd.body.0).await?;
    let reply = Reply::ok(&done.output)?;
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(
    tx: &mut TenantTx,
    input: &RevokePersonSessions,
) -> Result<Done<RevokedPersonSessions>, Error> {
    let subject = &*input.subject;
    let is_subject = !subject.trim().is_empty()
        && subject.chars().count() <= LONGEST_SUBJECT
        && !subject.chars().any(char::is_control);
    if !is_subject {
        return Err(Error::NoSubject);
    }
    generations::advance(tx, Scope::Subject(subject), "revoked").await?;
    let event = AuditEvent::info("security.revoke_person_sessions").about("security.person", subject);
    Ok(Done::new(RevokedPersonSessions { subject: subject.to_owned() }, event))
}
