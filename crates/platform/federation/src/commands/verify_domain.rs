//! Starts a look for the proof of a mail domain.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_http::{ChangeProblems, Command, NoBody, PathId, ProblemResponse, Reply, accepted};
use athyper_kernel_jobs::{NewJob, Operation, start_operation};

use crate::error::{Error, Thing};
use crate::jobs::verify_domain::VerifyDomain;
use crate::model::domain::{DomainStatus, MailDomain};
use crate::store::domains;

/// Verify a mail domain
///
/// A job looks for the proof, and again for some hours while it is not there. Follow the operation that is answered; the domain says why the last
/// look found nothing. A domain belongs to one tenant of a realm: the first that proves it.
#[utoipa::path(
    post,
    path = "/v1/federation/domains/{id}/verify",
    operation_id = "federation.verify_domain",
    tag = "federation",
    params(("id" = String, Path, description = "Id of the domain", format = Uuid)),
    responses((status = 202, description = "The operation to follow", body = Operation), ChangeProblems)
)]
pub(crate) async fn verify_domain(
    PathId(id): PathId<MailDomain>,
    mut cmd: Command<NoBody>,
) -> Result<Reply, ProblemResponse> {
    let domain = domains::find(&mut cmd.tx, id).await?.ok_or(Error::NotFound(Thing::Domain))?;
    let done = execute(&mut cmd.tx, &domain).await?;
    let reply = accepted(&done.output)?;
    cmd.finish(done.event, reply).await
}

pub(crate) async fn execute(tx: &mut TenantTx, domain: &MailDomain) -> Result<Done<Operation>, Error> {
    if domain.status == DomainStatus::Verified {
        return Err(Error::VerifiedAlready);
    }
    let job = NewJob::new(&VerifyDomain { domain: domain.id.uuid() })?.limit("federation.verify_domain", 2);
    let operation = start_operation(tx, "federation.verify_domain", job).await?;

    let event = AuditEvent::info("federation.verify_domain")
        .about("federation.domain", domain.id)
        .with("name", domain.name.as_str())
        .with("operation", operation.id.to_string());
    Ok(Done::new(operation, event))
}
